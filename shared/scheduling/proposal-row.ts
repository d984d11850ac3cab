/**
 * The builder's durable record of a slot: all that is needed to send the same proposals again after a crash. What follows
 * from the rest is left out: the slot context (16 KiB, the same for all shards) from the chain of blockhashes, the
 * records of each proposal from the block's frame and their places in it.
 */
import type { Effect } from "../protocol/actor.ts";
import { frameOffsets } from "../protocol/block.ts";
import { ByteReader, ByteWriter, concatBytes, u32Bytes, viewOf } from "../protocol/bytes.ts";
import { PLAN, PLAN_FLAG_DEVELOPMENT, PLAN_FLAG_RAISES, readPlan, writePlan } from "../protocol/layouts/block.ts";
import { LEASE, PLACED, PROP, TAG } from "../protocol/layouts/proposal.ts";
import { REC } from "../protocol/layouts/record.ts";
import { CONTEXT_SIZE } from "../protocol/limits.ts";

/** Bytes of a shard proposal before its slot context. */
export const PROPOSAL_HEADER_SIZE = PROP.HEADER;
/** The last slot in which the shard of a proposal had a part; 0: none. */
export function proposalPrevSlot(proposal: Uint8Array): number {
  return Number(viewOf(proposal).getBigUint64(PROP.PREVIOUS, true));
}

/**
 * What the header takes from votes, fixed when the block is cut: a header is a function of its proposal row and the results, so a builder that
 * seals again after a crash seals the same.
 */
export interface Justification {
  /** View, slot and header hash of the block that the newest certificate known to the builder certifies; zeros without votes. */
  readonly justifyView: number;
  readonly justifySlot: number;
  readonly justify: Uint8Array;
  /** SHA-256 of the certificate that opened the view, in its first block; else zeros. */
  readonly election: Uint8Array;
}

/** There are no votes. */
export const UNJUSTIFIED: Justification = {
  justifyView: 0,
  justifySlot: 0,
  justify: new Uint8Array(32),
  election: new Uint8Array(32),
};

export interface ProposalRow {
  readonly slot: number;
  readonly view: number;
  readonly unixTimestamp: number;
  readonly blockhash: Uint8Array;
  readonly justification: Justification;
  /** Whether the slot raises the block height. */
  readonly raises: boolean;
  /** Whether what the developer decrees is done in it (shared/protocol/context.ts). */
  readonly development: boolean;
  readonly frame: Uint8Array;
  readonly shards: readonly { readonly shard: number; readonly proposal: Uint8Array }[];
  /** For each lane: everything up to this sequence number is taken. */
  readonly lanes: ReadonlyMap<number, number>;
}

export function encodeProposalRow(row: ProposalRow): Uint8Array {
  const { slot, view, unixTimestamp, blockhash, justification, raises, development, frame, shards, lanes } = row;
  const fixed = new Uint8Array(PLAN.HEADER);
  const flags = (raises ? PLAN_FLAG_RAISES : 0) | (development ? PLAN_FLAG_DEVELOPMENT : 0);
  writePlan(fixed, { slot, view, unixTimestamp, blockhash, flags, ...justification });
  const parts = [fixed, u32Bytes(frame.length), frame, u32Bytes(shards.length)];
  for (const { shard, proposal } of shards) {
    const records = recordsStart(proposal);
    const header = proposal.subarray(0, PROPOSAL_HEADER_SIZE);
    const leases = proposal.subarray(PROPOSAL_HEADER_SIZE + CONTEXT_SIZE, records);
    const indexes = blockIndexes(proposal, records);
    parts.push(u32Bytes(shard), header, u32Bytes(leases.length), leases, u32Bytes(indexes.length), indexes);
  }
  const taken = new ByteWriter().u32(lanes.size);
  for (const [lane, seq] of lanes) taken.u32(lane).u64(seq);
  return concatBytes(...parts, taken.bytes());
}

/** Where the records of a shard proposal start: behind its leases and tags. */
function recordsStart(proposal: Uint8Array): number {
  const view = viewOf(proposal);
  const leases = view.getUint32(PROP.NUM_LENDS, true) + view.getUint32(PROP.NUM_BORROWS, true);
  return PROPOSAL_HEADER_SIZE + CONTEXT_SIZE + leases * LEASE.SIZE + view.getUint32(PROP.NUM_TAGS, true) * TAG.SIZE;
}

/** u32 each: the places in the block of a shard proposal's records. */
function blockIndexes(proposal: Uint8Array, start: number): Uint8Array {
  const view = viewOf(proposal);
  const count = view.getUint32(PROP.NUM_RECORDS, true);
  const out = new Uint8Array(count * 4);
  const indexes = viewOf(out);
  for (let i = 0, at = start; i < count; i++) {
    indexes.setUint32(i * 4, view.getUint32(at + PLACED.BLOCK_INDEX, true), true);
    at += PLACED.HEADER + view.getUint32(at + PLACED.HEADER + REC.LEN, true);
  }
  return out;
}

/** The records at these places of the block, each behind its place, as a shard proposal has them. */
function recordsOf(frame: Uint8Array, offsets: Uint32Array, indexes: Uint8Array): Uint8Array {
  const places = viewOf(indexes);
  const source = viewOf(frame);
  const count = indexes.length / 4;
  let size = count * PLACED.HEADER;
  for (let i = 0; i < count; i++) size += source.getUint32(offsets[places.getUint32(i * 4, true)]! + REC.LEN, true);
  const out = new Uint8Array(size);
  const view = viewOf(out);
  for (let i = 0, at = 0; i < count; i++) {
    const index = places.getUint32(i * 4, true);
    const from = offsets[index]!;
    const length = source.getUint32(from + REC.LEN, true);
    view.setUint32(at + PLACED.BLOCK_INDEX, index, true);
    out.set(frame.subarray(from, from + length), at + PLACED.HEADER);
    at += PLACED.HEADER + length;
  }
  return out;
}

/** `contextOf` gives the slot context of the row's slot. */
export function decodeProposalRow(
  bytes: Uint8Array,
  contextOf: (slot: number, view: number, unixTimestamp: number, development: boolean) => Uint8Array,
): ProposalRow {
  const reader = new ByteReader(bytes);
  const { slot, view, unixTimestamp, blockhash, flags, ...justification } = readPlan(reader.raw(PLAN.HEADER));
  const raises = (flags & PLAN_FLAG_RAISES) !== 0;
  const development = (flags & PLAN_FLAG_DEVELOPMENT) !== 0;
  const frame = reader.blob().slice();
  const offsets = frameOffsets(frame);
  const numShards = reader.u32();
  const context = numShards > 0 ? contextOf(slot, view, unixTimestamp, development) : new Uint8Array(0);
  const shards = Array.from({ length: numShards }, () => {
    const shard = reader.u32();
    const header = reader.raw(PROPOSAL_HEADER_SIZE);
    const leases = reader.blob();
    return { shard, proposal: concatBytes(header, context, leases, recordsOf(frame, offsets, reader.blob())) };
  });
  const lanes = new Map<number, number>();
  for (let n = reader.u32(); n > 0; n--) lanes.set(reader.u32(), Number(reader.u64()));
  return { slot, view, unixTimestamp, blockhash, justification, raises, development, frame, shards, lanes };
}

/** Slot of a row without decoding the rest. */
export function proposalRowSlot(bytes: Uint8Array): number {
  return Number(viewOf(bytes).getBigUint64(PLAN.SLOT, true));
}
/** Whether a row's slot raises the block height, without decoding the rest. */
export function proposalRowRaises(bytes: Uint8Array): boolean {
  return (viewOf(bytes).getUint32(PLAN.FLAGS, true) & PLAN_FLAG_RAISES) !== 0;
}
/** Slot and blockhash of a row without decoding the rest. */
export function proposalRowHash(bytes: Uint8Array): Uint8Array {
  return bytes.slice(PLAN.BLOCKHASH, PLAN.BLOCKHASH + 32);
}

/** Its write; rows are in a ring, `id` is the row's place. */
export function putProposal(id: number, row: ProposalRow): Effect {
  return { type: "put", table: "proposals", id, bytes: encodeProposalRow(row) };
}
