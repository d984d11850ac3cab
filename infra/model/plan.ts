/**
 * What the planner makes of a block, by drawing its transfers: conflict groups by union-find, each on the shard that owns
 * most of its accounts, the others leased (wasm/scheduling/place.ts does it in the chain).
 */
import { prng } from "../../test/bench/prng.ts";

export interface Workload {
  readonly accounts: number;
  /** Exponent of Zipf's law; 0: all accounts alike. */
  readonly skew: number;
  /** Share of the transfers between shards, 0 to 1. */
  readonly crossShare: number;
  readonly shards: number;
  readonly seed: number;
}

export interface BlockPlan {
  /** Transactions of each shard. */
  readonly transactions: Uint32Array;
  /** Accounts leased, at [lender * shards + borrower]. */
  readonly leases: Uint32Array;
  readonly groups: number;
  /** Share of the block in its largest group. */
  readonly largestGroup: number;
}

const TWO_32 = 2 ** 32;

export class Planner {
  readonly #workload: Workload;
  readonly #below: (limit: number) => number;
  readonly #sums: Float64Array | undefined;
  readonly #parent: Int32Array;

  constructor(workload: Workload) {
    this.#workload = workload;
    this.#below = prng(workload.seed);
    this.#parent = new Int32Array(workload.accounts).fill(-1);
    if (workload.skew > 0) this.#sums = zipfSums(workload.accounts, workload.skew);
  }

  #account(): number {
    const { accounts } = this.#workload;
    if (!this.#sums) return this.#below(accounts);
    const wanted = ((this.#below(65_536) * 65_536 + this.#below(65_536)) / TWO_32) * this.#sums[accounts - 1]!;
    let low = 0;
    let high = accounts - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The other side of a transfer from `from`: on another shard or on the same, as the share of crossing ones says. */
  #partner(from: number): number {
    const { shards, crossShare, accounts } = this.#workload;
    const home = from % shards;
    const crosses = shards > 1 && this.#below(1_000_000) < crossShare * 1_000_000;
    const shard = crosses ? (home + 1 + this.#below(shards - 1)) % shards : home;
    const drawn = this.#account();
    let to = drawn - (drawn % shards) + shard;
    while (to >= accounts) to -= shards;
    if (to === from) to = to >= shards ? to - shards : to + shards;
    return to;
  }

  #root(account: number): number {
    const parent = this.#parent;
    let i = account;
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!;
      i = parent[i]!;
    }
    return i;
  }

  #meet(account: number, met: number[]): number {
    if (this.#parent[account] === -1) {
      this.#parent[account] = account;
      met.push(account);
    }
    return this.#root(account);
  }

  block(count: number): BlockPlan {
    const { shards } = this.#workload;
    const met: number[] = [];
    const payers = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const from = this.#account();
      const a = this.#meet(from, met);
      const b = this.#meet(this.#partner(from), met);
      this.#parent[b] = a;
      payers[i] = from;
    }
    const groups = new Map<number, { transactions: number; owned: Uint32Array }>();
    for (const account of met) {
      const root = this.#root(account);
      const group = groups.get(root) ?? { transactions: 0, owned: new Uint32Array(shards) };
      group.owned[account % shards]!++;
      groups.set(root, group);
    }
    for (const payer of payers) groups.get(this.#root(payer))!.transactions++;
    for (const account of met) this.#parent[account] = -1;
    return place([...groups.values()], shards, count);
  }
}

function place(
  groups: readonly { transactions: number; owned: Uint32Array }[],
  shards: number,
  count: number,
): BlockPlan {
  const transactions = new Uint32Array(shards);
  const leases = new Uint32Array(shards * shards);
  let largest = 0;
  for (const group of groups) {
    let best = 0;
    for (let s = 1; s < shards; s++) {
      const more = group.owned[s]! - group.owned[best]!;
      if (more > 0 || (more === 0 && transactions[s]! < transactions[best]!)) best = s;
    }
    transactions[best]! += group.transactions;
    largest = Math.max(largest, group.transactions);
    for (let s = 0; s < shards; s++) if (s !== best) leases[s * shards + best]! += group.owned[s]!;
  }
  return { transactions, leases, groups: groups.length, largestGroup: count > 0 ? largest / count : 0 };
}

function zipfSums(accounts: number, exponent: number): Float64Array {
  const sums = new Float64Array(accounts);
  let sum = 0;
  for (let k = 0; k < accounts; k++) {
    sum += 1 / (k + 1) ** exponent;
    sums[k] = sum;
  }
  return sums;
}
