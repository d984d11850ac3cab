/**
 * Makes the script of an isolate (code.ts): edge worker and all objects, bundled as for workerd, with modules in the place of others:
 * cloudflare:workers, the storage of objects, the WASM module. The package that is installed has it ready.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { changedAt, replaceFile } from "../../infra/network/whole-file.ts";
import { ISOLATE } from "../../infra/package/files.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
/** What the script was made of, and when that was changed. */
const INPUTS = join(ROOT, "build/isolate.json");

/** What stands for a module, by its name or by its file. */
const STAND_INS: Readonly<Record<string, string>> = {
  "cloudflare:workers": "testing/isolate/workers.ts",
  "durable-objects/faucet/given-table.ts": "testing/isolate/given-table.ts",
  "durable-objects/host/blob-store.ts": "testing/isolate/blob-store.ts",
  "durable-objects/host/zstd.ts": "testing/isolate/zstd.ts",
  "durable-objects/subscriptions/subscription-table.ts": "testing/isolate/subscription-table.ts",
};

const standIns: Plugin = {
  name: "stand-ins",
  setup(build) {
    build.onResolve({ filter: /^cloudflare:|\.ts$/ }, ({ path, resolveDir }) => {
      const instead = STAND_INS[path.startsWith(".") ? relative(ROOT, resolve(resolveDir, path)) : path];
      return instead === undefined ? undefined : { path: join(ROOT, instead) };
    });
    build.onResolve({ filter: /\.(wasm|bin)$/ }, ({ path }) => ({
      path: path.endsWith(".wasm") ? "wasm" : "bytes",
      namespace: "isolate",
    }));
    build.onLoad({ filter: /.*/, namespace: "isolate" }, ({ path }) => ({
      contents: path === "wasm" ? "export default WASM_MODULE;" : "export default new ArrayBuffer(0);",
    }));
  },
};

interface Inputs {
  readonly files: Readonly<Record<string, number>>;
}

function isFresh(): boolean {
  if (!existsSync(ISOLATE) || !existsSync(INPUTS)) return false;
  try {
    const { files } = JSON.parse(readFileSync(INPUTS, "utf8")) as Inputs;
    return Object.entries(files).every(([file, at]) => changedAt(join(ROOT, file)) === at);
  } catch {
    return false;
  }
}

/** Makes build/isolate.js anew where one of its sources has changed. */
export async function buildIsolate(): Promise<void> {
  if (isFresh()) return;
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [join(ROOT, "workers/index.ts")],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    format: "cjs",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*"],
    keepNames: false,
    logLevel: "silent",
    plugins: [standIns],
  });
  const names = [
    ...Object.keys(metafile.inputs).filter((file) => !file.startsWith("isolate:")),
    "testing/isolate/build.ts",
  ];
  const files = Object.fromEntries(names.map((file) => [file, changedAt(join(ROOT, file))]));
  mkdirSync(dirname(ISOLATE), { recursive: true });
  replaceFile(ISOLATE, outputFiles[0]!.text);
  replaceFile(INPUTS, JSON.stringify({ files } satisfies Inputs));
}
