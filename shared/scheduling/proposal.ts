/** A shard proposal (docs/interfaces.md section 7) as plain objects, for tests, tools and cold paths. */
import { viewOf } from "../protocol/bytes.ts";
import { LEASE, PLACED, PROP, PROP_MAGIC_VALUE, TAG } from "../protocol/layouts/proposal.ts";
import { REC } from "../protocol/layouts/record.ts";
import { CONTEXT_SIZE } from "../protocol/limits.ts";
import { PROPOSAL_HEADER_SIZE } from "./proposal-row.ts";

export interface Lease {
  /** Who borrows (of a lend) or who lends (of a borrow). */
  readonly shard: number;
  readonly writable: boolean;
  readonly key: Uint8Array;
}

/** A transaction whose fee payer this shard lends to the shard that runs it. */
export interface Tag {
  readonly tag: bigint;
  /** Of its blockhash. */
  readonly height: number;
  readonly shard: number;
}

export interface ShardProposal {
  readonly slot: bigint;
  readonly view: bigint;
  readonly digest: Uint8Array;
  readonly prevSlot: bigint;
  readonly stableSlot: bigint;
  readonly shard: number;
  readonly flags: number;
  readonly context: Uint8Array;
  readonly lends: readonly Lease[];
  readonly borrows: readonly Lease[];
  readonly tags: readonly Tag[];
  readonly records: readonly { readonly blockIndex: number; readonly record: Uint8Array }[];
}

/** Throws RangeError when the bytes are not one whole proposal. */
export function decodeProposal(bytes: Uint8Array): ShardProposal {
  const view = viewOf(bytes);
  if (view.getUint32(PROP.LEN, true) !== bytes.length || view.getUint32(PROP.MAGIC, true) !== PROP_MAGIC_VALUE)
    throw new RangeError("no shard proposal");
  let at: number = PROPOSAL_HEADER_SIZE + CONTEXT_SIZE;
  const leases = (count: number): Lease[] =>
    Array.from({ length: count }, () => {
      const start = at;
      at += LEASE.SIZE;
      return {
        shard: view.getUint16(start + LEASE.SHARD, true),
        writable: view.getUint8(start + LEASE.WRITABLE) === 1,
        key: bytes.subarray(start + LEASE.KEY, at),
      };
    });
  const lends = leases(view.getUint32(PROP.NUM_LENDS, true));
  const borrows = leases(view.getUint32(PROP.NUM_BORROWS, true));
  const tags = Array.from({ length: view.getUint32(PROP.NUM_TAGS, true) }, () => {
    const start = at;
    at += TAG.SIZE;
    return {
      tag: view.getBigUint64(start + TAG.VALUE, true),
      height: view.getUint32(start + TAG.HEIGHT, true),
      shard: view.getUint16(start + TAG.SHARD, true),
    };
  });
  const records = Array.from({ length: view.getUint32(PROP.NUM_RECORDS, true) }, () => {
    const start = at + PLACED.HEADER;
    const blockIndex = view.getUint32(at + PLACED.BLOCK_INDEX, true);
    at = start + view.getUint32(start + REC.LEN, true);
    return { blockIndex, record: bytes.subarray(start, at) };
  });
  if (at !== bytes.length) throw new RangeError("bytes after the end of a shard proposal");
  return {
    slot: view.getBigUint64(PROP.SLOT, true),
    view: view.getBigUint64(PROP.VIEW, true),
    digest: bytes.subarray(PROP.DIGEST, PROP.DIGEST + 32),
    prevSlot: view.getBigUint64(PROP.PREVIOUS, true),
    stableSlot: view.getBigUint64(PROP.STABLE, true),
    shard: view.getUint32(PROP.SHARD, true),
    flags: view.getUint32(PROP.FLAGS, true),
    context: bytes.subarray(PROPOSAL_HEADER_SIZE, PROPOSAL_HEADER_SIZE + CONTEXT_SIZE),
    lends,
    borrows,
    tags,
    records,
  };
}
