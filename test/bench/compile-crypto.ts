/** wasm/crypto by itself, with the compiler's options of the whole module: its exports are not all in that one's. */
import { join } from "node:path";
import asc from "assemblyscript/asc";

export async function compileCrypto(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const root = join(import.meta.dirname, "../..");
  const options = ["--baseDir", root, "--runtime", "stub", "-O3", "--enable", "simd", "--enable", "bulk-memory"];
  const { error, stderr } = await asc.main(["wasm/crypto/index.ts", ...options, "--outFile", "crypto.wasm"], {
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name.endsWith(".wasm") && typeof contents !== "string") binary = contents;
    },
  });
  if (error || !binary) throw new Error(`wasm/crypto does not compile: ${error?.message}\n${stderr.toString()}`);
  return binary;
}
