/** A shard proposal (docs/interfaces.md section 7) as plain objects, for tests, tools and cold paths. */
import { viewOf } from "../protocol/bytes.ts";
import { CONTEXT_SIZE } from "../protocol/limits.ts";
import { PROPOSAL_HEADER_SIZE } from "./proposal-row.ts";

const MAGIC = 0x50524f50;
const LEASE_SIZE = 40;
const TAG_SIZE = 16;

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
  if (view.getUint32(0, true) !== bytes.length || view.getUint32(4, true) !== MAGIC)
    throw new RangeError("no shard proposal");
  let at = PROPOSAL_HEADER_SIZE + CONTEXT_SIZE;
  const leases = (count: number): Lease[] =>
    Array.from({ length: count }, () => {
      const start = at;
      at += LEASE_SIZE;
      return {
        shard: view.getUint16(start, true),
        writable: view.getUint8(start + 2) === 1,
        key: bytes.subarray(start + 8, at),
      };
    });
  const lends = leases(view.getUint32(84, true));
  const borrows = leases(view.getUint32(88, true));
  const tags = Array.from({ length: view.getUint32(92, true) }, () => {
    const start = at;
    at += TAG_SIZE;
    const tag = view.getBigUint64(start, true);
    return { tag, height: view.getUint32(start + 8, true), shard: view.getUint16(start + 12, true) };
  });
  const records = Array.from({ length: view.getUint32(80, true) }, () => {
    const start = at + 8;
    const blockIndex = view.getUint32(at, true);
    at = start + view.getUint32(start, true);
    return { blockIndex, record: bytes.subarray(start, at) };
  });
  if (at !== bytes.length) throw new RangeError("bytes after the end of a shard proposal");
  return {
    slot: view.getBigUint64(8, true),
    view: view.getBigUint64(16, true),
    digest: bytes.subarray(24, 56),
    prevSlot: view.getBigUint64(56, true),
    stableSlot: view.getBigUint64(64, true),
    shard: view.getUint32(72, true),
    flags: view.getUint32(76, true),
    context: bytes.subarray(PROPOSAL_HEADER_SIZE, PROPOSAL_HEADER_SIZE + CONTEXT_SIZE),
    lends,
    borrows,
    tags,
    records,
  };
}
