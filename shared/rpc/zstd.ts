/**
 * Zstandard frames (RFC 8878) out of raw and run-length blocks only: every decoder reads them, and zero-filled account data
 * shrinks to almost nothing, without a compressor in the bundle.
 *
 *   magic | descriptor 0xA0 (single segment, 4-byte size) | u32 size | blocks: u24 (last | type << 1 | size << 3), bytes
 */
const MAX_BLOCK = 128 * 1024;
/** A run shorter than this costs more as a block of its own than inside a raw one. */
const MIN_RUN = 16;
const RAW = 0;
const RUN = 1;

interface Block {
  readonly type: typeof RAW | typeof RUN;
  readonly from: number;
  readonly size: number;
}

function runLength(data: Uint8Array, from: number): number {
  let end = from + 1;
  while (end < data.length && data[end] === data[from]) end++;
  return end - from;
}

function split(blocks: Block[], type: typeof RAW | typeof RUN, from: number, size: number): void {
  for (let done = 0; done < size; done += MAX_BLOCK) {
    blocks.push({ type, from: from + done, size: Math.min(MAX_BLOCK, size - done) });
  }
}

function plan(data: Uint8Array): Block[] {
  const blocks: Block[] = [];
  let rawFrom = 0;
  let at = 0;
  while (at < data.length) {
    const run = runLength(data, at);
    if (run >= MIN_RUN) {
      split(blocks, RAW, rawFrom, at - rawFrom);
      split(blocks, RUN, at, run);
      rawFrom = at + run;
    }
    at += run;
  }
  split(blocks, RAW, rawFrom, data.length - rawFrom);
  if (blocks.length === 0) blocks.push({ type: RAW, from: 0, size: 0 });
  return blocks;
}

export function zstdFrame(data: Uint8Array): Uint8Array {
  const blocks = plan(data);
  const body = blocks.reduce((sum, block) => sum + 3 + (block.type === RUN ? 1 : block.size), 0);
  const out = new Uint8Array(9 + body);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  out[4] = 0xa0;
  view.setUint32(5, data.length, true);
  let at = 9;
  for (const [index, block] of blocks.entries()) {
    const header = (index === blocks.length - 1 ? 1 : 0) | (block.type << 1) | (block.size << 3);
    out[at] = header & 0xff;
    out[at + 1] = (header >> 8) & 0xff;
    out[at + 2] = header >> 16;
    const bytes = data.subarray(block.from, block.from + (block.type === RUN ? 1 : block.size));
    out.set(bytes, at + 3);
    at += 3 + bytes.length;
  }
  return out;
}
