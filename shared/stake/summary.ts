/**
 * What a shard knows of stakes, as it tells the builder when an epoch ends.
 *
 * What is deactivated for good is left out. All three have a limit; where one is reached the largest count (votes: the lowest keys).
 */
import { ByteReader, ByteWriter, compareBytes, equalBytes, viewOf } from "../protocol/bytes.ts";
import { SUMMARY_MAGIC_VALUE } from "../protocol/layouts/stored.ts";
import { decodeBase58 } from "../rpc/base58.ts";
import { type Account, accountAt, accountOffsets, keyText } from "../state/accounts.ts";
import { type Delegation, stakeAmounts, U64_MAX } from "./delegation.ts";
import { type EpochRecord, entryOf } from "./epoch-record.ts";

/** Entries of each kind in a summary. Policy: Agave has no limit; each takes an account's rent. Consensus. */
export const MAX_SUMMARY = 131_072;

export const STAKE_OWNER = decodeBase58("Stake11111111111111111111111111111111111111")!;
export const VOTE_OWNER = decodeBase58("Vote111111111111111111111111111111111111111")!;

/** Of stake state (bincode): u32 kind 2 = delegated, then meta of 120 bytes, then the delegation. */
const STAKE_KIND = 0;
const DELEGATED = 2;
const VOTER = 124;
const STAKE = 156;
const ACTIVATION = 164;
const DEACTIVATION = 172;
/** Delegation (with the rate, 8 bytes), u64 credits observed, u8 flags. */
const STAKE_END = 197;

export interface MovingStake extends Delegation {
  readonly voter: Uint8Array;
}

export interface StakeSummary {
  readonly settled: readonly { readonly voter: Uint8Array; readonly stake: bigint }[];
  readonly moving: readonly MovingStake[];
  readonly votes: readonly Uint8Array[];
}

/** Whether an account has to do with stakes. */
export function isStaking(owner: Uint8Array): boolean {
  return equalBytes(owner, STAKE_OWNER) || equalBytes(owner, VOTE_OWNER);
}

/** The delegation of a stake account, or undefined. */
export function delegationOf({ owner, data }: Pick<Account, "owner" | "data">): MovingStake | undefined {
  if (!equalBytes(owner, STAKE_OWNER) || data.length < STAKE_END) return undefined;
  const view = viewOf(data);
  if (view.getUint32(STAKE_KIND, true) !== DELEGATED) return undefined;
  return {
    voter: data.slice(VOTER, VOTER + 32),
    stake: view.getBigUint64(STAKE, true),
    activationEpoch: view.getBigUint64(ACTIVATION, true),
    deactivationEpoch: view.getBigUint64(DEACTIVATION, true),
  };
}

const VOTE_VERSION = 0;
const VOTE_BODY = 4;
/** Versions of a vote account's state, by their u32 tag: bytes of the account, and of the part that is not all zeros. */
const VOTE_STATES: Readonly<Record<number, { readonly size: number; readonly used: number }>> = {
  1: { size: 3731, used: 82 },
  2: { size: 3762, used: 114 },
  3: { size: 3762, used: 0 },
};

/** Whether it is an initialized vote account: VoteStateVersions::is_correct_size_and_initialized. */
export function isVoteAccount({ owner, data }: Pick<Account, "owner" | "data">): boolean {
  if (!equalBytes(owner, VOTE_OWNER) || data.length < VOTE_BODY) return false;
  const state = VOTE_STATES[viewOf(data).getUint32(VOTE_VERSION, true)];
  if (state?.size !== data.length) return false;
  return state.used === 0 || data.subarray(VOTE_BODY, VOTE_BODY + state.used).some((byte) => byte !== 0);
}

/** Collects accounts into a summary. `known`: a record that is at hand, of this epoch or one before; it only makes the answer shorter. */
export class StakeCollector {
  readonly #epoch: bigint;
  readonly #entry: ReturnType<typeof entryOf>;
  readonly #settled = new Map<string, { readonly voter: Uint8Array; stake: bigint }>();
  readonly #moving: MovingStake[] = [];
  readonly #votes: Uint8Array[] = [];

  constructor(known: Pick<EpochRecord, "epoch" | "history">) {
    this.#epoch = BigInt(known.epoch);
    this.#entry = entryOf(known);
  }

  add(account: Account): void {
    const delegation = delegationOf(account);
    if (delegation) this.#delegation(delegation);
    else if (isVoteAccount(account)) this.#votes.push(account.key.slice());
  }

  addList(list: Uint8Array): void {
    const offsets = accountOffsets(list);
    if (!offsets) throw new RangeError("not an account list");
    for (const at of offsets.slice(0, -1)) this.add(accountAt(list, at));
  }

  #delegation(delegation: MovingStake): void {
    const { voter, stake, activationEpoch, deactivationEpoch } = delegation;
    const isBegun = activationEpoch === U64_MAX || activationEpoch < this.#epoch;
    const { effective } = stakeAmounts(delegation, this.#epoch, this.#entry);
    if (deactivationEpoch === U64_MAX && isBegun && effective === stake) {
      const sum = this.#settled.get(keyText(voter));
      if (sum) sum.stake += stake;
      else this.#settled.set(keyText(voter), { voter, stake });
      return;
    }
    const isGone = isBegun && deactivationEpoch < this.#epoch && effective === 0n;
    const isOver = isGone || (activationEpoch === deactivationEpoch && activationEpoch !== U64_MAX);
    if (!isOver) this.#moving.push(delegation);
  }

  finish(): StakeSummary {
    const larger = (a: { stake: bigint; voter: Uint8Array }, b: { stake: bigint; voter: Uint8Array }): number =>
      a.stake === b.stake ? compareBytes(a.voter, b.voter) : a.stake > b.stake ? -1 : 1;
    const settled = [...this.#settled.values()];
    const moving = this.#moving;
    return {
      settled: settled.length > MAX_SUMMARY ? settled.sort(larger).slice(0, MAX_SUMMARY) : settled,
      moving: moving.length > MAX_SUMMARY ? moving.sort(larger).slice(0, MAX_SUMMARY) : moving,
      votes: this.#votes.sort(compareBytes).slice(0, MAX_SUMMARY),
    };
  }
}

export function encodeSummary({ settled, moving, votes }: StakeSummary): Uint8Array {
  const writer = new ByteWriter().u32(SUMMARY_MAGIC_VALUE).u32(settled.length).u32(moving.length).u32(votes.length);
  for (const { voter, stake } of settled) writer.raw(voter).u64(stake);
  for (const one of moving) writer.raw(one.voter).u64(one.stake).u64(one.activationEpoch).u64(one.deactivationEpoch);
  for (const key of votes) writer.raw(key);
  return writer.bytes();
}

/** Throws RangeError on anything that is not a summary. */
export function decodeSummary(bytes: Uint8Array): StakeSummary {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== SUMMARY_MAGIC_VALUE) throw new RangeError("not a summary of stakes");
  const [numSettled, numMoving, numVotes] = [reader.u32(), reader.u32(), reader.u32()];
  const key = (): Uint8Array => reader.raw(32).slice();
  const u64 = (): bigint => reader.u64();
  const settled = Array.from({ length: numSettled }, () => ({ voter: key(), stake: u64() }));
  const moving = Array.from({ length: numMoving }, () => ({
    voter: key(),
    stake: u64(),
    activationEpoch: u64(),
    deactivationEpoch: u64(),
  }));
  const votes = Array.from({ length: numVotes }, key);
  if (!reader.done) throw new RangeError("trailing bytes after a summary of stakes");
  return { settled, moving, votes };
}
