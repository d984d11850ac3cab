/**
 * Encodings waiting for decompression, so that the lanes of decompress-lanes.ts are full: keys and commitments as they
 * come. What is queued is done when eight are there or at the flush.
 */
import { decompress4, decompress8 } from "./decompress-lanes";
import { keyCacheInsert } from "./key-cache";
import { laneNegateCached } from "./lane-point";

// Eight u32 addresses each.
const pendingEncodings: usize = memory.data(32, 16);
const pendingOutputs: usize = memory.data(32, 16);
const pendingOkay: usize = memory.data(32, 16);
const pendingKeys: usize = memory.data(32, 16);
const spare: usize = memory.data(160, 16);
let pendingCount: u32 = 0;

/** Queues one decompression; `okay` is the address of a byte that becomes 0 if it fails, `pubkey` the key to remember, or 0. `out` takes the cached point and its negative. */
export function enqueueDecompression(encoding: usize, out: usize, okay: usize, pubkey: usize): void {
  const at = pendingCount << 2;
  store<u32>(pendingEncodings + at, <u32>encoding);
  store<u32>(pendingOutputs + at, <u32>out);
  store<u32>(pendingOkay + at, <u32>okay);
  store<u32>(pendingKeys + at, <u32>pubkey);
  if (++pendingCount == 8) flushDecompressions();
}

export function flushDecompressions(): void {
  const count = pendingCount;
  if (count == 0) return;
  pendingCount = 0;
  // Free places repeat the first encoding.
  const places: u32 = count <= 4 ? 4 : 8;
  for (let i = count; i < places; i++) {
    store<u32>(pendingEncodings + (i << 2), load<u32>(pendingEncodings));
    store<u32>(pendingOutputs + (i << 2), <u32>spare);
  }
  const found = count <= 4 ? decompress4(pendingEncodings, pendingOutputs) : decompress8(pendingEncodings, pendingOutputs);
  for (let i: u32 = 0; i < count; i++) {
    const out = <usize>load<u32>(pendingOutputs + (i << 2));
    if ((found >> i) & 1) {
      laneNegateCached(out + 160, out);
      const pubkey = <usize>load<u32>(pendingKeys + (i << 2));
      if (pubkey != 0) keyCacheInsert(pubkey, out);
    } else {
      store<u8>(load<u32>(pendingOkay + (i << 2)), 0);
    }
  }
}
