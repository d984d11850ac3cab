/**
 * What stakes are in an epoch, worked out once more from Agave's rules (solana-stake-interface, runtime/src/stakes.rs), one account after
 * another and one epoch after another, with nothing of shared/stake.
 */
import { decodeBase58 } from "../../shared/rpc/base58.ts";

export const STAKE = decodeBase58("Stake11111111111111111111111111111111111111")!;
export const VOTE = decodeBase58("Vote111111111111111111111111111111111111111")!;

const FOREVER = 2n ** 64n - 1n;
const text = (key: Uint8Array): string => Buffer.from(key).toString("hex");

/** [effective, activating, deactivating], lamports. */
export type Amounts = readonly [bigint, bigint, bigint];
export type History = ReadonlyMap<bigint, Amounts>;

export interface ReferenceStake {
  readonly voter: string;
  readonly stake: bigint;
  readonly from: bigint;
  readonly until: bigint;
}

/** How much of `portion` one account may move: its share of 9 % of what the cluster had. */
function share(portion: bigint, [effective]: Amounts, wanted: bigint): bigint {
  const moved = (Number(portion) / Number(wanted)) * (Number(effective) * 0.09);
  return moved < 1 ? 1n : BigInt(Math.floor(moved));
}

export function amountsIn(epoch: bigint, { stake, from, until }: ReferenceStake, history: History): Amounts {
  let grown = 0n;
  let waits = 0n;
  if (from === FOREVER) grown = stake;
  else if (from === until || epoch < from) grown = 0n;
  else if (epoch === from) waits = stake;
  else if (!history.has(from)) grown = stake;
  else {
    for (let at = from; at < epoch && (at === from || at < until); at += 1n) {
      const cluster = history.get(at);
      if (!cluster || cluster[1] === 0n) break;
      grown += share(stake - grown, cluster, cluster[1]);
      if (grown > stake) grown = stake;
      if (grown === stake) break;
    }
    waits = stake - grown;
  }
  if (epoch < until) return [grown, waits, 0n];
  if (epoch === until) return [grown, 0n, grown];
  if (!history.has(until)) return [0n, 0n, 0n];
  let left = grown;
  for (let at = until; at < epoch && left > 0n; at += 1n) {
    const cluster = history.get(at);
    if (!cluster || cluster[2] === 0n) break;
    const gone = share(left, cluster, cluster[2]);
    left = gone > left ? 0n : left - gone;
  }
  return [left, 0n, left];
}

/** The delegation of an encoded account, if it is a delegated stake account. */
export function stakeOf(account: Uint8Array): ReferenceStake | undefined {
  const view = new DataView(account.buffer, account.byteOffset, account.byteLength);
  const length = view.getUint32(80, true);
  if (text(account.subarray(32, 64)) !== text(STAKE) || length < 197 || view.getUint32(88, true) !== 2)
    return undefined;
  const u64 = (at: number): bigint => view.getBigUint64(88 + at, true);
  return { voter: text(account.subarray(88 + 124, 88 + 156)), stake: u64(156), from: u64(164), until: u64(172) };
}

function isVote(account: Uint8Array): boolean {
  const view = new DataView(account.buffer, account.byteOffset, account.byteLength);
  if (text(account.subarray(32, 64)) !== text(VOTE)) return false;
  const [length, version] = [view.getUint32(80, true), view.getUint32(88, true)];
  const nonZero = (end: number): boolean => account.subarray(92, 88 + end).some((byte) => byte !== 0);
  if (version === 3) return length === 3762;
  if (version === 2) return length === 3762 && nonZero(118);
  return version === 1 && length === 3731 && nonZero(86);
}

export class StakeReference {
  epoch = 0;
  /** By epoch; only the last 512 are visible. */
  #history = new Map<bigint, Amounts>();
  #voters: [string, bigint][] = [];

  /** `accounts`: encoded stake and vote accounts of the genesis. */
  constructor(accounts: readonly Uint8Array[]) {
    this.#settleVoters(accounts);
  }

  /** The chain goes from this epoch to `epoch`; the accounts are as of its last block before. */
  advance(epoch: number, accounts: readonly Uint8Array[]): void {
    const stakes = accounts.map(stakeOf).filter((one) => one !== undefined);
    for (; this.epoch < epoch; this.epoch++) {
      const sum = [0n, 0n, 0n] as [bigint, bigint, bigint];
      for (const stake of stakes) {
        const amounts = amountsIn(BigInt(this.epoch), stake, this.#history);
        for (const i of [0, 1, 2] as const) sum[i] += amounts[i];
      }
      this.#history.set(BigInt(this.epoch), sum);
      this.#history.delete(BigInt(this.epoch - 512));
    }
    this.#settleVoters(accounts);
  }

  get history(): History {
    return this.#history;
  }

  #settleVoters(accounts: readonly Uint8Array[]): void {
    const votes = accounts.filter(isVote).map((account) => text(account.subarray(0, 32)));
    const stakes = accounts.map(stakeOf).filter((one) => one !== undefined);
    this.#voters = votes
      .map((key): [string, bigint] => {
        const own = stakes.filter(({ voter }) => voter === key);
        return [key, own.reduce((sum, one) => sum + amountsIn(BigInt(this.epoch), one, this.#history)[0], 0n)];
      })
      .filter(([, stake]) => stake > 0n)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** docs/interfaces.md section 3. */
  record(): Uint8Array {
    const entries = [...this.#history].sort(([a], [b]) => (a < b ? 1 : -1));
    if (entries.length + this.#voters.length === 0) return new Uint8Array(0);
    const out = Buffer.alloc(32 + entries.length * 32 + this.#voters.length * 40);
    out.write("EPC1", "latin1");
    out.writeUInt32LE(out.length, 4);
    out.writeBigUInt64LE(BigInt(this.epoch), 8);
    out.writeBigUInt64LE(
      this.#voters.reduce((sum, [, stake]) => sum + stake, 0n),
      16,
    );
    out.writeUInt32LE(entries.length, 24);
    out.writeUInt32LE(this.#voters.length, 28);
    let at = 32;
    for (const [epoch, amounts] of entries) {
      for (const value of [epoch, ...amounts]) at = out.writeBigUInt64LE(value, at);
    }
    for (const [key, stake] of this.#voters) {
      out.write(key, at, "hex");
      at = out.writeBigUInt64LE(stake, at + 32);
    }
    return new Uint8Array(out);
  }
}
