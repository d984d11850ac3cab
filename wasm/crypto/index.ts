/** Cryptography: what the rest of the WASM and the host may call. */
import { heapKeep } from "../memory/heap";
export { sha256, sha256Init, sha256Update, sha256Final } from "./sha256";
export { sha512, sha512Init, sha512Update, sha512Final } from "./sha512";
export { siphash13, siphash24, siphash24Pair, siphash24Second } from "./siphash";
export { keccak256Init, keccak256Update, keccak256Final } from "./keccak256";
export { blake3 } from "./blake3";
export { blake3Many4 } from "./blake3-lanes";
export { isOnCurve } from "./curve";
export { ed25519Verify } from "./ed25519";
export { ed25519VerifyBatch } from "./ed25519-batch";
export { keyCacheClear as ed25519KeyCacheClear } from "./key-cache";

/** Memory for a caller outside of WASM: `size` bytes, 16-aligned, never freed. */
export function cryptoScratch(size: usize): usize {
  return heapKeep(size);
}
