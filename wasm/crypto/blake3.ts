/**
 * BLAKE3, hash mode, 32 bytes out (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere",
 * 2021, sections 2.1 to 2.6).
 *
 *   input -> chunks of 1024 bytes -> chaining value each -> binary tree, left subtrees full and as large as possible
 *
 * While chunks come in, the stack holds one chaining value for every 1 bit in the number of chunks done: a finished
 * subtree is merged as soon as its sibling is (section 5.1.2).
 */

import { BLAKE3_IV, BLOCK_BYTES, CHUNK_BYTES, CHUNK_END, CHUNK_START, compressBlock, PARENT, ROOT } from "./blake3-core";
import { hashChunks4 } from "./blake3-lanes";

// 2^32 bytes of memory are 2^22 chunks, so the stack never holds more than 23 values and three that
// are being merged.
const stack: usize = memory.data(32 * 27, 16);
const chaining: usize = memory.data(32, 16);
const block: usize = memory.data(64, 16);

/** The chaining value of one chunk of `len` <= 1024 bytes, to `out`; `finalFlags` is ROOT for a message of one chunk. */
function hashChunk(ptr: usize, len: u32, index: u64, finalFlags: u32, out: usize): void {
  memory.copy(chaining, BLAKE3_IV, 32);
  let flags = CHUNK_START;
  for (; len > BLOCK_BYTES; len -= BLOCK_BYTES, ptr += BLOCK_BYTES) {
    compressBlock(chaining, ptr, index, BLOCK_BYTES, flags, chaining);
    flags = 0;
  }
  if (len < BLOCK_BYTES) {
    memory.fill(block, 0, BLOCK_BYTES);
    memory.copy(block, ptr, len);
    ptr = block;
  }
  compressBlock(chaining, ptr, index, len, flags | CHUNK_END | finalFlags, out);
}

/** BLAKE3 of `len` bytes at `ptr`; 32 bytes to `out`. */
export function blake3(ptr: usize, len: u32, out: usize): void {
  if (len <= CHUNK_BYTES) return hashChunk(ptr, len, 0, ROOT, out);
  let top = stack;
  let chunk: u64 = 0;
  // All chunks but the last: it is merged below, where the root is.
  // Four whole chunks at a time while the number done is a multiple of four: they are a full subtree.
  for (; len > 4 * CHUNK_BYTES; len -= 4 * CHUNK_BYTES, ptr += 4 * CHUNK_BYTES) {
    hashChunks4(ptr, ptr + CHUNK_BYTES, ptr + 2 * CHUNK_BYTES, ptr + 3 * CHUNK_BYTES, CHUNK_BYTES, <u32>chunk, 1, 0, top, top + 32, top + 64, top + 96);
    compressBlock(BLAKE3_IV, top, 0, BLOCK_BYTES, PARENT, top);
    compressBlock(BLAKE3_IV, top + 64, 0, BLOCK_BYTES, PARENT, top + 32);
    compressBlock(BLAKE3_IV, top, 0, BLOCK_BYTES, PARENT, top);
    top += 32;
    chunk += 4;
    for (let done = chunk >> 2; (done & 1) == 0; done >>= 1) {
      top -= 32;
      compressBlock(BLAKE3_IV, top - 32, 0, BLOCK_BYTES, PARENT, top - 32);
    }
  }
  for (; len > CHUNK_BYTES; len -= CHUNK_BYTES, ptr += CHUNK_BYTES) {
    hashChunk(ptr, CHUNK_BYTES, chunk, 0, top);
    top += 32;
    chunk += 1;
    for (let done = chunk; (done & 1) == 0; done >>= 1) {
      top -= 32;
      compressBlock(BLAKE3_IV, top - 32, 0, BLOCK_BYTES, PARENT, top - 32);
    }
  }
  hashChunk(ptr, len, chunk, 0, top);
  for (; top > stack; top -= 32) {
    compressBlock(BLAKE3_IV, top - 32, 0, BLOCK_BYTES, top == stack + 32 ? PARENT | ROOT : PARENT, top - 32);
  }
  memory.copy(out, stack, 32);
}
