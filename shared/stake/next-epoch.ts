/**
 * The record of an epoch from the one before and what all shards know of stakes at its end: Agave runtime/src/stakes.rs
 * (calculate_activated_stake, refresh_vote_accounts). No reward is paid and no stake changes at that moment.
 *
 * Policy: where the clock of a development network skips epochs, each of them gets the entry that it would have had with a block and no
 * transaction in it. Agave leaves such entries out; its Stake program, which takes the history for a list without holes, then panics.
 */
import { compareBytes } from "../protocol/bytes.ts";
import { keyText } from "../state/accounts.ts";
import { addAmounts, least, type StakeAmounts, stakeAmounts, U64_MAX } from "./delegation.ts";
import { type EpochRecord, encodeEpochRecord, entryOf, MAX_HISTORY, MAX_VOTERS, type Voter } from "./epoch-record.ts";
import { type MovingStake, StakeCollector, type StakeSummary } from "./summary.ts";

interface Stakes {
  /** Of those that count in full, by vote account. */
  readonly settled: Map<string, { readonly voter: Uint8Array; stake: bigint }>;
  moving: readonly MovingStake[];
}

function settle(stakes: Stakes, { voter, stake }: { readonly voter: Uint8Array; readonly stake: bigint }): void {
  const sum = stakes.settled.get(keyText(voter));
  if (sum) sum.stake += stake;
  else stakes.settled.set(keyText(voter), { voter, stake });
}

/** What all delegations are in `epoch`; those that will not change any more leave `moving`. */
function takeEntry(stakes: Stakes, epoch: number, history: readonly StakeAmounts[]): StakeAmounts {
  const entry = entryOf({ epoch, history });
  const target = BigInt(epoch);
  let effective = 0n;
  for (const { stake } of stakes.settled.values()) effective += stake;
  let sum: StakeAmounts = { effective: least(effective, U64_MAX), activating: 0n, deactivating: 0n };
  stakes.moving = stakes.moving.filter((one) => {
    const amounts = stakeAmounts(one, target, entry);
    sum = addAmounts(sum, amounts);
    const isBegun = one.activationEpoch < target || one.activationEpoch === U64_MAX;
    const isFull = isBegun && one.deactivationEpoch === U64_MAX && amounts.effective === one.stake;
    if (isFull) settle(stakes, one);
    return !isFull && !(isBegun && one.deactivationEpoch < target && amounts.effective === 0n);
  });
  return sum;
}

function votersIn(stakes: Stakes, epoch: number, history: readonly StakeAmounts[], votes: ReadonlySet<string>) {
  const entry = entryOf({ epoch, history });
  const byVoter = new Map([...stakes.settled].map(([name, { voter, stake }]) => [name, { key: voter, stake }]));
  for (const one of stakes.moving) {
    const { effective } = stakeAmounts(one, BigInt(epoch), entry);
    const name = keyText(one.voter);
    byVoter.set(name, { key: one.voter, stake: (byVoter.get(name)?.stake ?? 0n) + effective });
  }
  return [...byVoter].filter(([name, { stake }]) => stake > 0n && votes.has(name)).map(([, voter]) => voter);
}

const isLarger = (a: Voter, b: Voter): number =>
  a.stake === b.stake ? compareBytes(a.key, b.key) : a.stake > b.stake ? -1 : 1;

/** `summaries`: of all shards, as of the last block before `epoch`; `before`: the record of that block's epoch. */
export function nextEpoch(
  before: Pick<EpochRecord, "epoch" | "history">,
  epoch: number,
  summaries: readonly StakeSummary[],
): EpochRecord {
  const stakes: Stakes = { settled: new Map(), moving: summaries.flatMap(({ moving }) => moving) };
  for (const { settled } of summaries) for (const one of settled) settle(stakes, one);
  let { history } = before;
  for (let at = before.epoch; at < epoch; at++) {
    history = [takeEntry(stakes, at, history), ...history.slice(0, MAX_HISTORY - 1)];
  }
  const votes = new Set(summaries.flatMap((summary) => summary.votes.map(keyText)));
  const voters = votersIn(stakes, epoch, history, votes).sort(isLarger);
  const totalStake = voters.reduce((sum, { stake }) => sum + stake, 0n);
  return {
    epoch,
    totalStake: least(totalStake, U64_MAX),
    history,
    voters: voters.slice(0, MAX_VOTERS).sort((a, b) => compareBytes(a.key, b.key)),
  };
}

/** The record of epoch 0, encoded. `lists`: account lists of all that the genesis has. */
export function genesisEpochRecord(lists: readonly Uint8Array[]): Uint8Array {
  const nothing = { epoch: 0, history: [] };
  const collector = new StakeCollector(nothing);
  for (const list of lists) collector.addList(list);
  return encodeEpochRecord(nextEpoch(nothing, 0, [collector.finish()]));
}
