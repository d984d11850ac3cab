/**
 * `jsonParsed` of the Stake program: its accounts (Agave account-decoder/src/parse_stake.rs) and its instructions
 * (transaction-status/src/parse_stake.rs). The program takes its sysvars as accounts or not, and tells by the keys which it is.
 */
import type { Accounts, Fields, Members, Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import { STAKE_CONFIG, SYSVAR_CLOCK, SYSVAR_RENT } from "./keys.ts";

// ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────

const lockup = (f: Fields): Members => ({ unixTimestamp: f.i64(), epoch: f.u64(), custodian: f.key() });
const authorized = (f: Fields): Members => ({ staker: f.key(), withdrawer: f.key() });
const meta = (f: Fields): Members => ({
  rentExemptReserve: String(f.u64()),
  authorized: authorized(f),
  lockup: lockup(f),
});

function stake(f: Fields): Members {
  const delegation = {
    voter: f.key(),
    stake: String(f.u64()),
    activationEpoch: String(f.u64()),
    deactivationEpoch: String(f.u64()),
  };
  f.bytes(8); // the rate of warm-up, which is not shown any more
  const creditsObserved = f.u64();
  f.u8(); // flags
  return { delegation, creditsObserved };
}

/** `null`: no stake account. Throws RangeError where the data end too early. */
export function parseStakeAccount(f: Fields): Json {
  switch (f.u32()) {
    case 0:
      return { type: "uninitialized" };
    case 1:
      return { type: "initialized", info: { meta: meta(f), stake: null } };
    case 2:
      return { type: "delegated", info: { meta: meta(f), stake: stake(f) } };
    case 3:
      return { type: "rewardsPool" };
    default:
      return null;
  }
}

// ── instructions ───────────────────────────────────────────────────────────────────────────────────────────────────

const authorityType = (f: Fields): Json => f.variant(["Staker", "Withdrawer"]);

/** Names for the accounts from the `from`-th on; all of the first `needed` must be there. */
function named(a: Accounts, from: number, needed: number, ...names: string[]): Members {
  if (a.length < from + needed) throw new RangeError("accounts end too early");
  return Object.fromEntries(names.map((name, i) => [name, a[from + i]]));
}

/** What comes at `at`, where the Clock may stand before it, with or without StakeHistory behind the Clock. */
function withClock(a: Accounts, at: number, needed: number, history: boolean, ...names: string[]): Members {
  if (a[at] !== SYSVAR_CLOCK) return named(a, at, needed, ...names);
  const sysvars = history ? ["clockSysvar", "stakeHistorySysvar"] : ["clockSysvar"];
  return named(a, at, needed + sysvars.length, ...sysvars, ...names);
}

function initialize(f: Fields, a: Accounts): Members {
  const rentSysvar = a[1] === SYSVAR_RENT ? a[1] : undefined;
  return { stakeAccount: a[0], authorized: authorized(f), lockup: lockup(f), rentSysvar };
}

function delegate(_: Fields, a: Accounts): Members {
  const accounts = { stakeAccount: a[0], voteAccount: a[1] };
  if (a[2] !== SYSVAR_CLOCK) return { ...accounts, stakeAuthority: a[2] };
  // The config's place may hold the authority: the program reads neither from it.
  const rest = a[4] === STAKE_CONFIG ? ["stakeConfigAccount", "stakeAuthority"] : ["stakeAuthority"];
  return { ...accounts, ...named(a, 2, 3, "clockSysvar", "stakeHistorySysvar", ...rest) };
}

function setLockup(f: Fields, a: Accounts): Members {
  const changed = {
    unixTimestamp: f.option(() => f.i64()) ?? undefined,
    epoch: f.option(() => f.u64()) ?? undefined,
    custodian: f.option(() => f.key()) ?? undefined,
  };
  return { stakeAccount: a[0], custodian: a[1], lockup: changed };
}
function setLockupChecked(f: Fields, a: Accounts): Members {
  const changed = {
    unixTimestamp: f.option(() => f.i64()) ?? undefined,
    epoch: f.option(() => f.u64()) ?? undefined,
    custodian: a[2],
  };
  return { stakeAccount: a[0], custodian: a[1], lockup: changed };
}

function initializeChecked(_: Fields, a: Accounts): Members {
  const rent = a[1] === SYSVAR_RENT ? ["rentSysvar"] : [];
  return { stakeAccount: a[0], ...named(a, 1, rent.length + 2, ...rent, "staker", "withdrawer") };
}

const moved = (f: Fields, a: Accounts): Members => ({
  source: a[0],
  destination: a[1],
  stakeAuthority: a[2],
  lamports: f.u64(),
});

export const STAKE_INSTRUCTIONS: readonly Shape[] = [
  ["initialize", 1, initialize],
  [
    "authorize",
    2,
    (f, a) => ({
      stakeAccount: a[0],
      newAuthority: f.key(),
      authorityType: authorityType(f),
      ...withClock(a, 1, 1, false, "authority", "custodian"),
    }),
  ],
  ["delegate", 3, delegate],
  ["split", 2, (f, a) => ({ stakeAccount: a[0], newSplitAccount: a[1], lamports: f.u64(), stakeAuthority: a[2] })],
  [
    "withdraw",
    3,
    (f, a) => ({
      stakeAccount: a[0],
      destination: a[1],
      lamports: f.u64(),
      ...withClock(a, 2, 1, true, "withdrawAuthority", "custodian"),
    }),
  ],
  ["deactivate", 2, (_, a) => ({ stakeAccount: a[0], ...withClock(a, 1, 0, false, "stakeAuthority") })],
  ["setLockup", 2, setLockup],
  ["merge", 3, (_, a) => ({ destination: a[0], source: a[1], ...withClock(a, 2, 0, true, "stakeAuthority") })],
  [
    "authorizeWithSeed",
    2,
    (f, a) => ({
      stakeAccount: a[0],
      authorityBase: a[1],
      newAuthorized: f.key(),
      authorityType: authorityType(f),
      authoritySeed: f.text(),
      authorityOwner: f.key(),
      ...withClock(a, 2, 0, false, "custodian"),
    }),
  ],
  ["initializeChecked", 3, initializeChecked],
  [
    "authorizeChecked",
    3,
    (f, a) => ({
      stakeAccount: a[0],
      authorityType: authorityType(f),
      ...withClock(a, 1, 2, false, "authority", "newAuthority", "custodian"),
    }),
  ],
  [
    "authorizeCheckedWithSeed",
    3,
    (f, a) => ({
      stakeAccount: a[0],
      authorityBase: a[1],
      authorityType: authorityType(f),
      authoritySeed: f.text(),
      authorityOwner: f.key(),
      ...withClock(a, 2, 1, false, "newAuthorized", "custodian"),
    }),
  ],
  ["setLockupChecked", 2, setLockupChecked],
  ["getMinimumDelegation", 1, () => null],
  ["deactivateDelinquent", 3, (_, a) => ({ stakeAccount: a[0], voteAccount: a[1], referenceVoteAccount: a[2] })],
  [
    "redelegate",
    5,
    (_, a) => ({
      stakeAccount: a[0],
      newStakeAccount: a[1],
      voteAccount: a[2],
      stakeConfigAccount: a[3],
      stakeAuthority: a[4],
    }),
  ],
  ["moveStake", 3, moved],
  ["moveLamports", 3, moved],
];
