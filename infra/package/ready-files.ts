/** Stands for files.ts in the package: all is beside the code. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const FOLDER = dirname(fileURLToPath(import.meta.url));

export const VERSION = (
  JSON.parse(readFileSync(join(FOLDER, "../package.json"), "utf8")) as { readonly version: string }
).version;
export const WASM = join(FOLDER, "infinisvm.wasm");
export const ISOLATE = join(FOLDER, "isolate.cjs");
export const SIGNER = join(FOLDER, "signer.js");
export const STANDARD_ACCOUNTS = join(FOLDER, "standard-accounts.bin");
