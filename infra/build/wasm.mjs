/**
 * Builds build/infinisvm.wasm from wasm/index.ts, unless it is newer than every source file. Beside it an empty build/genesis.bin, where
 * there is none: what is deployed with a network's programs has them there (infra/deploy/genesis.ts).
 * Usage: node infra/build/wasm.mjs [--force]
 */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const output = join(root, "build/infinisvm.wasm");
const genesis = join(root, "build/genesis.bin");

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Whether anything is missing, or older than what it is made from. */
export function isStale() {
  if (!existsSync(genesis) || !existsSync(output)) return true;
  return statSync(output).mtimeMs <= Math.max(newest(join(root, "wasm")), newest(fileURLToPath(import.meta.url)));
}

export async function buildWasm({ force = false } = {}) {
  if (!force && !isStale()) return false;
  mkdirSync(dirname(output), { recursive: true });
  if (!existsSync(genesis)) writeFileSync(genesis, "");
  if (!force && !isStale()) return false;
  // Whoever reads the module meanwhile, or builds it too, sees a whole one.
  const unfinished = `${output}.${process.pid}`;
  // Loaded only when there is something to build: the compiler takes a while to load.
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr } = await asc.main([
    join(root, "wasm/index.ts"),
    "--outFile",
    unfinished,
    "--textFile",
    join(root, "build/infinisvm.wat"),
    "--runtime",
    "stub",
    "-O3",
    "--enable",
    "simd",
    "--enable",
    "bulk-memory",
    "--use",
    "abort=",
  ]);
  if (error) throw new Error(`the WASM build failed\n${stderr}`);
  renameSync(unfinished, output);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await buildWasm({ force: process.argv.includes("--force") });
  console.log(
    built ? `built ${statSync(output).size} bytes: build/infinisvm.wasm` : "build/infinisvm.wasm is up to date",
  );
}
