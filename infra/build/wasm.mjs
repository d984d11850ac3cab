/**
 * Builds build/infinisvm.wasm from wasm/index.ts, unless it is newer than every source file.
 * Usage: node infra/build/wasm.mjs [--force]
 */
import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const output = join(root, "build/infinisvm.wasm");

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export async function buildWasm({ force = false } = {}) {
  const sources = [join(root, "wasm"), join(root, "infra/build/wasm.mjs")].map(newest);
  try {
    if (!force && statSync(output).mtimeMs > Math.max(...sources)) return false;
  } catch {
    // no output yet: build it
  }
  mkdirSync(dirname(output), { recursive: true });
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
