/**
 * The code of an isolate: edge worker and all objects as one script, a function of what stands for the isolate's globals. It is bundled as
 * for workerd, with three modules in the place of others: cloudflare:workers, the storage of objects, the WASM module.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import type { Plugin } from "esbuild";
import { buildWasm } from "../../infra/build/wasm.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const SCRIPT = join(ROOT, "build/isolate.js");
/** What the script was made of, and when that was changed. */
const INPUTS = join(ROOT, "build/isolate.json");
const WASM = join(ROOT, "build/infinisvm.wasm");

/** Names that the script has from whoever runs it. */
const GLOBALS = [
  "Date",
  "setTimeout",
  "clearTimeout",
  "crypto",
  "console",
  "navigator",
  "Request",
  "Response",
  "ReadableStream",
  "WebSocketPair",
  "WebSocketRequestResponsePair",
  "WASM_MODULE",
] as const;
export type IsolateGlobals = Readonly<Record<Exclude<(typeof GLOBALS)[number], "WASM_MODULE">, unknown>>;

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

const changedAt = (file: string): number => statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? -1;

function isFresh(): boolean {
  if (!existsSync(SCRIPT) || !existsSync(INPUTS)) return false;
  try {
    const { files } = JSON.parse(readFileSync(INPUTS, "utf8")) as Inputs;
    return Object.entries(files).every(([file, at]) => changedAt(file) === at);
  } catch {
    return false;
  }
}

/** Whoever reads it meanwhile sees a whole one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
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
    "testing/isolate/code.ts",
  ];
  const files = Object.fromEntries(names.map((file) => [file, changedAt(file)]));
  mkdirSync(dirname(SCRIPT), { recursive: true });
  replace(SCRIPT, outputFiles[0]!.text);
  replace(INPUTS, JSON.stringify({ files } satisfies Inputs));
}

export interface IsolateExports {
  readonly default: { fetch(request: unknown, env: unknown): Promise<unknown> };
  readonly [className: string]: unknown;
}

type Run = (module: { exports: unknown }, require: NodeJS.Require, ...globals: unknown[]) => void;

// The types of Workers call WebAssembly.Module abstract: there, modules only come from imports.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
const require = createRequire(import.meta.url);

let loaded: Promise<(globals: IsolateGlobals) => IsolateExports> | undefined;

async function load(): Promise<(globals: IsolateGlobals) => IsolateExports> {
  await buildWasm();
  await buildIsolate();
  const source = `(function (module, require, ${GLOBALS.join(", ")}) {${readFileSync(SCRIPT, "utf8")}\n})`;
  const run = new Script(source, { filename: SCRIPT }).runInThisContext() as Run;
  const wasm = new Module(readFileSync(WASM));
  return (globals) => {
    const module = { exports: {} };
    run(module, require, ...GLOBALS.map((name) => (name === "WASM_MODULE" ? wasm : globals[name])));
    return module.exports as IsolateExports;
  };
}

/** Runs the script with these globals: an isolate of its own. Script and WASM module are compiled once a process. */
export function isolateCode(): Promise<(globals: IsolateGlobals) => IsolateExports> {
  loaded ??= load();
  return loaded;
}
