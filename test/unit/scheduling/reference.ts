/** The planner once more, naive: quadratic, on plain objects, from docs/interfaces.md sections 5, 7 and 8. */
import { decodeRecord, requestsWrite } from "../../../shared/protocol/record.ts";
import { keyBytes } from "../../../shared/rpc/keys.ts";
import { carriedAddresses } from "../../../shared/state/carried.ts";

export const LIMITS = {
  blockCost: 100_000_000n,
  accountCost: 40_000_000,
  transactions: 16_384,
  bytes: 8 << 20,
  accountBytes: 256,
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** SipHash-c-d. */
export function siphash(c: number, d: number, k0: bigint, k1: bigint, bytes: Uint8Array): bigint {
  const M = (1n << 64n) - 1n;
  const rotl = (x: bigint, n: bigint): bigint => ((x << n) | (x >> (64n - n))) & M;
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const round = (): void => {
    v0 = (v0 + v1) & M;
    v1 = rotl(v1, 13n) ^ v0;
    v0 = rotl(v0, 32n);
    v2 = (v2 + v3) & M;
    v3 = rotl(v3, 16n) ^ v2;
    v0 = (v0 + v3) & M;
    v3 = rotl(v3, 21n) ^ v0;
    v2 = (v2 + v1) & M;
    v1 = rotl(v1, 17n) ^ v2;
    v2 = rotl(v2, 32n);
  };
  const padded = new Uint8Array((bytes.length & ~7) + 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 255;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const word = view.getBigUint64(at, true);
    v3 ^= word;
    for (let i = 0; i < c; i++) round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < d; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

export function shardOf(key: Uint8Array, shardCount: number, seed0: bigint, seed1: bigint): number {
  return (Number(siphash(2, 4, seed0, seed1, key) & 4095n) * shardCount) >> 12;
}

/** The tag of a record's message. */
export function tagOf(record: Uint8Array, seed0: bigint, seed1: bigint): bigint {
  return siphash(1, 3, seed0, seed1, decodeRecord(record).message);
}

interface Tx {
  readonly record: Uint8Array;
  readonly cost: number;
  /** Key in hex -> written. */
  readonly accounts: ReadonlyMap<string, boolean>;
  readonly payer: string;
}

export interface ReferencePlan {
  readonly chosen: readonly Uint8Array[];
  readonly waiting: readonly Uint8Array[];
  readonly shardOfChosen: readonly number[];
  readonly numGroups: number;
  readonly numCrossShard: number;
  readonly largestGroup: number;
  /** "owner>borrower key w|r", sorted. */
  readonly leases: readonly string[];
  /** "owner>runner message", in block order: fee payers that are lent. */
  readonly tags: readonly string[];
}

/** Programs that every instance carries: only who writes one needs its account. */
const CARRIED = new Set(carriedAddresses(0).map((address) => hex(keyBytes(address))));

function transaction(record: Uint8Array, wellKnown: ReadonlySet<string>): Tx {
  const decoded = decodeRecord(record);
  const accounts = new Map<string, boolean>();
  const add = (key: Uint8Array, written: boolean): void => {
    if (!wellKnown.has(hex(key)) && (written || !CARRIED.has(hex(key))))
      accounts.set(hex(key), written || accounts.get(hex(key)) === true);
  };
  for (const [i, key] of decoded.accountKeys.entries()) add(key, requestsWrite(decoded, i));
  for (const key of decoded.implicitKeys) add(key, false);
  for (const lookup of decoded.lookups) add(lookup.table, false);
  return { record, cost: decoded.cost, accounts, payer: hex(decoded.accountKeys[0]!) };
}

const conflict = (a: Tx, b: Tx): boolean =>
  [...a.accounts].some(([key, w]) => b.accounts.has(key) && (w || b.accounts.get(key)!));

export function referencePlan(
  records: readonly Uint8Array[],
  shardCount: number,
  seed0: bigint,
  seed1: bigint,
  wellKnown: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number> = new Map(),
): ReferencePlan {
  const chosen: Tx[] = [];
  const delayed: Tx[] = [];
  let full = false;
  let cost = 0n;
  let bytes = 4;
  const writeCost = new Map<string, number>();
  for (const tx of records.map((record) => transaction(record, wellKnown))) {
    full ||=
      chosen.length === LIMITS.transactions ||
      cost + BigInt(tx.cost) > LIMITS.blockCost ||
      bytes + tx.record.length > LIMITS.bytes;
    const written = [...tx.accounts].filter(([, w]) => w).map(([key]) => key);
    const hot = written.some((key) => (writeCost.get(key) ?? 0) + tx.cost > LIMITS.accountCost);
    if (full || hot || delayed.some((earlier) => conflict(earlier, tx))) {
      delayed.push(tx);
      continue;
    }
    chosen.push(tx);
    cost += BigInt(tx.cost);
    bytes += tx.record.length;
    for (const key of written) writeCost.set(key, (writeCost.get(key) ?? 0) + tx.cost);
  }

  // Groups: the smallest group number among those a transaction conflicts with spreads until nothing changes.
  const group = chosen.map((_, i) => i);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < chosen.length; i++) {
      for (let j = 0; j < i; j++) {
        if (group[i] === group[j] || !conflict(chosen[i]!, chosen[j]!)) continue;
        group[i] = group[j] = Math.min(group[i]!, group[j]!);
        changed = true;
      }
    }
  }
  const numbers = [...new Set(group)].sort((a, b) => a - b);
  const writtenKeys = new Set(writeCost.keys());
  const owner = (key: string): number => shardOf(Uint8Array.from(Buffer.from(key, "hex")), shardCount, seed0, seed1);
  const loads = new Array<number>(shardCount).fill(0);
  const shardOfChosen = new Array<number>(chosen.length).fill(0);
  const leases = new Set<string>();
  for (const number of numbers) {
    const members = chosen.flatMap((_, i) => (group[i] === number ? [i] : []));
    const keys = new Set(members.flatMap((i) => [...chosen[i]!.accounts.keys()]));
    const weights = new Array<number>(shardCount).fill(0);
    for (const key of keys)
      weights[owner(key)]! += (LIMITS.accountBytes + (sizes.get(key) ?? 0)) * (writtenKeys.has(key) ? 2 : 1);
    let best = 0;
    for (let s = 1; s < shardCount; s++) {
      if (weights[s]! > weights[best]! || (weights[s] === weights[best] && loads[s]! < loads[best]!)) best = s;
    }
    loads[best]! += members.reduce((sum, i) => sum + chosen[i]!.cost, 0);
    for (const i of members) shardOfChosen[i] = best;
    for (const key of keys)
      if (owner(key) !== best) leases.add(`${owner(key)}>${best} ${key} ${writtenKeys.has(key) ? "w" : "r"}`);
  }
  return {
    chosen: chosen.map((tx) => tx.record),
    waiting: delayed.map((tx) => tx.record),
    shardOfChosen,
    numGroups: numbers.length,
    numCrossShard: chosen.filter((tx) => new Set([...tx.accounts.keys()].map(owner)).size > 1).length,
    largestGroup: Math.max(0, ...numbers.map((n) => group.filter((g) => g === n).length)),
    leases: [...leases].sort(),
    tags: chosen.flatMap((tx, i) => {
      const lender = owner(tx.payer);
      return lender === shardOfChosen[i] ? [] : [`${lender}>${shardOfChosen[i]} ${tagOf(tx.record, seed0, seed1)}`];
    }),
  };
}
