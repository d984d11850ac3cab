/**
 * A block as the builder sends it to the ledger: header, the builder's carry-over (what the next block needs to know of
 * the shards), the frame of all its transactions in block order, and one result for each.
 */
import { ByteReader, concatBytes, u32Bytes, viewOf } from "./bytes.ts";
import { HEADER_SIZE } from "./header.ts";
import { CARRY } from "./layouts/block.ts";
import { FRAME, REC } from "./layouts/record.ts";
import { RESULT } from "./layouts/result.ts";

export interface Block {
  readonly header: Uint8Array;
  readonly carry: Uint8Array;
  /** Section 2: u32 count, records. Includes the transactions that did not land. */
  readonly frame: Uint8Array;
  /** Section 4: results in block order, one for each record. */
  readonly results: Uint8Array;
}

export function encodeBlock(block: Block): Uint8Array {
  const { header, carry, frame, results } = block;
  return concatBytes(
    header,
    u32Bytes(carry.length),
    carry,
    u32Bytes(frame.length),
    frame,
    u32Bytes(results.length),
    results,
  );
}

export function decodeBlock(bytes: Uint8Array): Block {
  const reader = new ByteReader(bytes);
  const block = {
    header: reader.raw(HEADER_SIZE),
    carry: reader.blob(),
    frame: reader.blob(),
    results: reader.blob(),
  };
  if (!reader.done) throw new RangeError("trailing bytes after a block");
  return block;
}

/** What a block leaves behind about each shard. */
export interface ShardCarry {
  /** Last slot in which the shard had a part; 0 if none. */
  readonly prevSlot: number;
  /** Lamports of its own accounts. */
  readonly lamports: bigint;
}

export function encodeCarry(shards: readonly ShardCarry[]): Uint8Array {
  const entries = new Uint8Array(shards.length * CARRY.SIZE);
  const view = viewOf(entries);
  for (const [i, { prevSlot, lamports }] of shards.entries()) {
    view.setBigUint64(i * CARRY.SIZE + CARRY.PREV_SLOT, BigInt(prevSlot), true);
    view.setBigUint64(i * CARRY.SIZE + CARRY.LAMPORTS, lamports, true);
  }
  return concatBytes(u32Bytes(shards.length), entries);
}

export function decodeCarry(bytes: Uint8Array): ShardCarry[] {
  const reader = new ByteReader(bytes);
  const count = reader.u32();
  const view = viewOf(reader.raw(count * CARRY.SIZE));
  return Array.from({ length: count }, (_, i) => ({
    prevSlot: Number(view.getBigUint64(i * CARRY.SIZE + CARRY.PREV_SLOT, true)),
    lamports: view.getBigUint64(i * CARRY.SIZE + CARRY.LAMPORTS, true),
  }));
}

/** Offsets of the records of a frame. */
export function frameOffsets(frame: Uint8Array): Uint32Array {
  const view = viewOf(frame);
  const offsets = new Uint32Array(view.getUint32(FRAME.COUNT, true));
  let at: number = FRAME.HEADER;
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = at;
    at += view.getUint32(at + REC.LEN, true);
  }
  if (at !== frame.length) throw new RangeError("the records do not fill the frame");
  return offsets;
}

/** Offsets of the results in a run of them. */
export function resultOffsets(results: Uint8Array, count: number): Uint32Array {
  const view = viewOf(results);
  const offsets = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    offsets[i] = at;
    at += view.getUint32(at + RESULT.LEN, true);
  }
  if (at !== results.length) throw new RangeError("the results do not fill their bytes");
  return offsets;
}

export const EMPTY_FRAME = new Uint8Array(FRAME.HEADER);
