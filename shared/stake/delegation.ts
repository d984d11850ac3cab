/**
 * How much of a delegation counts in an epoch: Agave's solana-stake-interface state.rs (Delegation::stake_activating_and_deactivating) with
 * the rate of 9 % an epoch from epoch 0 on (feature reduce_stake_warmup_cooldown), as the Stake program of the genesis computes it.
 *
 * Agave multiplies and divides doubles here. Those of IEEE 754 are the same everywhere, also in JavaScript: no order or precision is free.
 */

/** Lamports that counted, and that began to count or ceased to, in an epoch. */
export interface StakeAmounts {
  readonly effective: bigint;
  readonly activating: bigint;
  readonly deactivating: bigint;
}

export interface Delegation {
  /** Lamports. */
  readonly stake: bigint;
  /** U64_MAX: a stake of the genesis, which counts from the beginning. */
  readonly activationEpoch: bigint;
  /** U64_MAX: not deactivated. */
  readonly deactivationEpoch: bigint;
}

/** The amounts of an epoch over all delegations; undefined where the history does not reach. */
export type HistoryEntry = (epoch: bigint) => StakeAmounts | undefined;

export const U64_MAX = 0xffff_ffff_ffff_ffffn;
const RATE = 0.09;
const NOTHING: StakeAmounts = { effective: 0n, activating: 0n, deactivating: 0n };

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What of `portion` changes in an epoch, when `cluster` lamports want to and `effective` lamports count: at least 1 lamport. */
function change(portion: bigint, cluster: bigint, effective: bigint): bigint {
  const weight = Number(portion) / Number(cluster);
  const lamports = Math.trunc(weight * (Number(effective) * RATE));
  if (lamports < 1) return 1n;
  return least(BigInt(lamports), U64_MAX);
}

/** Lamports of a delegation that count in `target`, before any deactivation. */
function warmedUp(delegation: Delegation, target: bigint, history: HistoryEntry): bigint {
  const { stake, activationEpoch, deactivationEpoch } = delegation;
  if (activationEpoch === U64_MAX) return stake;
  if (activationEpoch === deactivationEpoch || target <= activationEpoch) return 0n;
  let before = history(activationEpoch);
  if (!before) return stake;
  let effective = 0n;
  for (let epoch = activationEpoch + 1n; before && before.activating > 0n; epoch++) {
    effective += change(stake - effective, before.activating, before.effective);
    if (effective >= stake) return stake;
    if (epoch >= target || epoch >= deactivationEpoch) break;
    before = history(epoch);
  }
  return effective;
}

/** What is left in `target` of lamports that counted when they were deactivated, in an epoch before. */
function cooledDown(lamports: bigint, deactivationEpoch: bigint, target: bigint, history: HistoryEntry): bigint {
  let before = history(deactivationEpoch);
  if (!before) return 0n;
  let effective = lamports;
  for (let epoch = deactivationEpoch + 1n; before && before.deactivating > 0n; epoch++) {
    effective -= least(effective, change(effective, before.deactivating, before.effective));
    if (effective === 0n || epoch >= target) break;
    before = history(epoch);
  }
  return effective;
}

/** `history`: of the epochs before `target`. */
export function stakeAmounts(delegation: Delegation, target: bigint, history: HistoryEntry): StakeAmounts {
  const { stake, activationEpoch, deactivationEpoch } = delegation;
  const effective = warmedUp(delegation, target, history);
  if (target < deactivationEpoch) {
    const never = activationEpoch === U64_MAX || activationEpoch === deactivationEpoch || target < activationEpoch;
    return { effective, activating: never ? 0n : stake - effective, deactivating: 0n };
  }
  if (target === deactivationEpoch) return { effective, activating: 0n, deactivating: effective };
  const left = cooledDown(effective, deactivationEpoch, target, history);
  return left === 0n ? NOTHING : { effective: left, activating: 0n, deactivating: left };
}

export function addAmounts(a: StakeAmounts, b: StakeAmounts): StakeAmounts {
  return {
    effective: least(a.effective + b.effective, U64_MAX),
    activating: least(a.activating + b.activating, U64_MAX),
    deactivating: least(a.deactivating + b.deactivating, U64_MAX),
  };
}
