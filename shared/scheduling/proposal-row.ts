/**
 * The builder's durable record of a slot: all that is needed to send the same proposals again after a crash. The slot
 * context (16 KiB, the same for all shards) is left out of it: it follows from the chain of blockhashes.
 */
import { ByteReader, ByteWriter, concatBytes, u32Bytes } from "../protocol/bytes.ts";
import { CONTEXT_SIZE } from "../protocol/limits.ts";

/** Bytes of a shard proposal before its slot context. */
export const PROPOSAL_HEADER_SIZE = 96;

export interface ProposalRow {
  readonly slot: number;
  readonly view: number;
  readonly unixTimestamp: number;
  readonly blockhash: Uint8Array;
  readonly numGroups: number;
  readonly frame: Uint8Array;
  readonly shards: readonly { readonly shard: number; readonly proposal: Uint8Array }[];
  /** For each lane: everything up to this sequence number is taken. */
  readonly lanes: ReadonlyMap<number, number>;
}

export function encodeProposalRow(row: ProposalRow): Uint8Array {
  const { slot, view, unixTimestamp, blockhash, numGroups, frame, shards, lanes } = row;
  const fixed = new ByteWriter().u64(slot).u64(view).i64(unixTimestamp).raw(blockhash).u32(numGroups).bytes();
  const parts = [fixed, u32Bytes(frame.length), frame, u32Bytes(shards.length)];
  for (const { shard, proposal } of shards) {
    const header = proposal.subarray(0, PROPOSAL_HEADER_SIZE);
    const body = proposal.subarray(PROPOSAL_HEADER_SIZE + CONTEXT_SIZE);
    parts.push(u32Bytes(shard), u32Bytes(header.length), header, u32Bytes(body.length), body);
  }
  const taken = new ByteWriter().u32(lanes.size);
  for (const [lane, seq] of lanes) taken.u32(lane).u64(seq);
  return concatBytes(...parts, taken.bytes());
}

/** `contextOf` gives the slot context of the row's slot. */
export function decodeProposalRow(
  bytes: Uint8Array,
  contextOf: (slot: number, view: number, unixTimestamp: number) => Uint8Array,
): ProposalRow {
  const reader = new ByteReader(bytes);
  const slot = Number(reader.u64());
  const view = Number(reader.u64());
  const unixTimestamp = Number(reader.i64());
  const blockhash = reader.raw(32).slice();
  const numGroups = reader.u32();
  const frame = reader.blob().slice();
  const numShards = reader.u32();
  const context = numShards > 0 ? contextOf(slot, view, unixTimestamp) : new Uint8Array(0);
  const shards = Array.from({ length: numShards }, () => {
    const shard = reader.u32();
    const header = reader.blob();
    return { shard, proposal: concatBytes(header, context, reader.blob()) };
  });
  const lanes = new Map<number, number>();
  for (let n = reader.u32(); n > 0; n--) lanes.set(reader.u32(), Number(reader.u64()));
  return { slot, view, unixTimestamp, blockhash, numGroups, frame, shards, lanes };
}

/** Slot of a row without decoding the rest. */
export function proposalRowSlot(bytes: Uint8Array): number {
  return Number(new ByteReader(bytes).u64());
}
/** Slot and blockhash of a row without decoding the rest. */
export function proposalRowHash(bytes: Uint8Array): Uint8Array {
  return bytes.slice(24, 56);
}
