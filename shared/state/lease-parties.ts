/** Which shards a shard proposal makes exchange accounts (docs/interfaces.md section 7). */
import { viewOf } from "../protocol/bytes.ts";
import { LEASE, PROP } from "../protocol/layouts/proposal.ts";
import { CONTEXT_SIZE } from "../protocol/limits.ts";

const LEASES = PROP.HEADER + CONTEXT_SIZE;

export interface LeaseParties {
  readonly lendsTo: number[];
  readonly borrowsFrom: number[];
  /** Shards that were lent something writable: each sends it back. */
  readonly returnsFrom: number[];
  /** Shards that lent something writable to this one. */
  readonly returnsTo: number[];
}

export function leaseParties(proposal: Uint8Array): LeaseParties {
  const view = viewOf(proposal);
  const lends = view.getUint32(PROP.NUM_LENDS, true);
  const borrows = view.getUint32(PROP.NUM_BORROWS, true);
  const [lendsTo, returnsFrom] = parties(view, LEASES, lends);
  const [borrowsFrom, returnsTo] = parties(view, LEASES + lends * LEASE.SIZE, borrows);
  return { lendsTo, borrowsFrom, returnsFrom, returnsTo };
}

function parties(view: DataView, start: number, count: number): [number[], number[]] {
  const all: number[] = [];
  const writable: number[] = [];
  // Leases are ordered by shard: a party is new when it differs from the last one.
  for (let i = 0, at = start; i < count; i++, at += LEASE.SIZE) {
    const shard = view.getUint16(at + LEASE.SHARD, true);
    if (all.at(-1) !== shard) all.push(shard);
    if (view.getUint8(at + LEASE.WRITABLE) !== 0 && writable.at(-1) !== shard) writable.push(shard);
  }
  return [all, writable];
}
