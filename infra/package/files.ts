/** Files that belong to the code and are not code, where the repository has them. In the package ready-files.ts stands for this. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");

export const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string })
  .version;
export const WASM = join(ROOT, "build/infinisvm.wasm");
/** Edge worker and objects as a script for an isolate in this process (testing/isolate/code.ts). */
export const ISOLATE = join(ROOT, "build/isolate.js");
/** Run by a thread of the load generator. */
export const SIGNER = join(ROOT, "infra/load/signer.ts");
