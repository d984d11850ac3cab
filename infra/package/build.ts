/**
 * `npm run build:package`, part of `npm pack`: makes dist/, which is all that the package has beside package.json, README and licences.
 *
 *   cli.js, index.js, testing.js, ...  what runs in Node, bundled, with what they share in chunks
 *   client.js                          for browsers, Workers and Node alike; kit is the user's
 *   *.worker.js, infinisvm.wasm, ...   what workerd runs
 *   types/                             declarations
 */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { build, transform } from "esbuild";
import { compareBytes } from "../../shared/protocol/bytes.ts";
import { encodeAccountList } from "../../shared/state/accounts.ts";
import { buildIsolate } from "../../testing/isolate/build.ts";
import { buildWasm } from "../build/wasm.mjs";
import { standardAccounts } from "../genesis/litesvm-accounts.ts";
import { bundle } from "../network/bundle.ts";
import { readDeployable } from "../network/deployable.ts";
import { splitSource } from "../network/split/setup.ts";
import { storedSource } from "../network/worker-code.ts";
import { ISOLATE, WASM } from "./files.ts";
import { DEPLOYABLE, GENESIS, MAIN } from "./names.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const DIST = join(ROOT, "dist");
const at = (...path: string[]) => join(DIST, ...path);

/** What stands for what in the package. */
const READY: Readonly<Record<string, string>> = {
  "infra/build/wasm.mjs": "infra/package/ready-wasm.ts",
  "infra/genesis/litesvm-accounts.ts": "infra/package/ready-standard.ts",
  "infra/network/worker-code.ts": "infra/package/ready-code.ts",
  "infra/package/files.ts": "infra/package/ready-files.ts",
  "testing/isolate/build.ts": "infra/package/ready-isolate.ts",
};

const ready: Plugin = {
  name: "ready",
  setup({ onResolve }) {
    onResolve({ filter: /^\..*\.(ts|mjs)$/ }, ({ path, resolveDir }) => {
      const instead = READY[relative(ROOT, resolve(resolveDir, path))];
      return instead === undefined ? undefined : { path: join(ROOT, instead) };
    });
  },
};

/** Entry points in Node, by the name of their file. */
const NODE = {
  cli: "infra/cli/main.ts",
  index: "infra/package/index.ts",
  testing: "testing/index.ts",
  "testing-vitest": "testing/vitest.ts",
  signer: "infra/load/signer.ts",
};

/** What whoever writes a test brings along; the command has its own copy of kit. */
const BROUGHT = /^(@solana\/kit|vitest)$/;

const brought: Plugin = {
  name: "brought",
  setup({ onResolve }) {
    onResolve({ filter: BROUGHT }, ({ path, importer }) =>
      relative(ROOT, importer).startsWith("testing/") ? { path, external: true } : undefined,
    );
  },
};

async function buildNode(): Promise<void> {
  await build({
    entryPoints: Object.fromEntries(Object.entries(NODE).map(([name, file]) => [name, join(ROOT, file)])),
    outdir: DIST,
    absWorkingDir: ROOT,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    chunkNames: "chunk-[hash]",
    minify: true,
    keepNames: true,
    external: ["workerd", "esbuild", "litesvm"],
    // What is CommonJS among what is bundled asks for Node's modules so.
    banner: {
      js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
    },
    logLevel: "warning",
    plugins: [ready, brought],
  });
  chmodSync(at("cli.js"), 0o755);
}

/** Names stay, for whoever reads a stack. */
async function smaller(text: string, format: "esm" | "cjs"): Promise<string> {
  return (await transform(text, { format, target: "es2024", minifyWhitespace: true, minifySyntax: true })).code;
}

async function buildClient(): Promise<void> {
  await build({
    entryPoints: [join(ROOT, "client/index.ts")],
    outfile: at("client.js"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    minify: true,
    external: ["@solana/kit"],
    logLevel: "warning",
  });
}

async function buildWorkers(): Promise<void> {
  const deployable = readDeployable(join(ROOT, "wrangler.toml"));
  const { main } = deployable;
  const stored = join(ROOT, "infra/check/worker.ts");
  // One of two processes has the whole worker as a module beside what splits it.
  const whole = `./${MAIN.whole}`;
  const made = {
    whole: await bundle(main),
    split: await bundle(main, { source: splitSource({ ...deployable, main: whole }), external: [whole] }),
    stored: await bundle(stored, { source: storedSource(stored, deployable) }),
  };
  for (const kind of ["whole", "split", "stored"] as const) {
    writeFileSync(at(MAIN[kind]), await smaller(made[kind].text, "esm"));
  }
  // Where it was read from is of this machine.
  writeFileSync(at(DEPLOYABLE), JSON.stringify({ ...deployable, main: MAIN.whole }));
  copyFileSync(WASM, at("infinisvm.wasm"));
  writeFileSync(at(GENESIS), "");
}

async function buildStandardAccounts(): Promise<void> {
  const accounts = await standardAccounts();
  const list = encodeAccountList(accounts.sort((a, b) => compareBytes(a.key, b.key)));
  writeFileSync(at("standard-accounts.bin"), list);
}

function buildTypes(): void {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(ROOT, "infra/package/tsconfig.json")], { stdio: "inherit" });
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });
await buildWasm();
await buildIsolate();
writeFileSync(at("isolate.cjs"), await smaller(readFileSync(ISOLATE, "utf8"), "cjs"));
await buildNode();
await buildClient();
await buildWorkers();
await buildStandardAccounts();
buildTypes();
