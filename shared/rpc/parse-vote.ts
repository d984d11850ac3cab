/**
 * `jsonParsed` of the Vote program: its accounts (Agave account-decoder/src/parse_vote.rs) and its instructions
 * (transaction-status/src/parse_vote.rs). Layouts: solana-sdk vote-interface; what a state is made of: wasm/svm/programs/vote/state.ts.
 */
import { encodeBase58 } from "./base58.ts";
import { encodeBase64 } from "./base64.ts";
import type { Accounts, Fields, Members, Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const BLS_KEY_SIZE = 48;
const BLS_PROOF_SIZE = 96;
const PRIOR_VOTERS_SIZE = 32 * 48 + 8 + 1;

// ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What version 4 has behind the keys of node and withdrawer, or what it would have. */
function commissions(f: Fields, version: number, voteAccount: string, node: string): Members {
  if (version === 3) {
    return {
      inflationRewardsCollector: f.key(),
      blockRevenueCollector: f.key(),
      inflationRewardsCommissionBps: f.u16(),
      blockRevenueCommissionBps: f.u16(),
      pendingDelegatorRewards: String(f.u64()),
      blsPubkeyCompressed: f.option(() => encodeBase58(f.bytes(BLS_KEY_SIZE))),
    };
  }
  return {
    inflationRewardsCollector: voteAccount,
    blockRevenueCollector: node,
    inflationRewardsCommissionBps: f.u8() * 100,
    blockRevenueCommissionBps: 10_000,
    pendingDelegatorRewards: "0",
    blsPubkeyCompressed: null,
  };
}

/** In the order of their epochs; of two of an epoch the later one. */
function authorizedVoters(f: Fields): Json {
  const voters = new Map(f.list(40, (): [bigint, string] => [f.u64(), f.key()]));
  return [...voters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([epoch, authorizedVoter]) => ({ epoch, authorizedVoter }));
}

/** A state of any version, shown as version 4. `null`: none. Throws RangeError where the data end too early. */
export function parseVoteAccount(f: Fields, voteAccount: string): Json {
  const version = f.u32();
  if (version < 1 || version > 3) return null;
  const nodePubkey = f.key();
  const authorizedWithdrawer = f.key();
  const more = commissions(f, version, voteAccount, nodePubkey);
  const votes = f.list(version === 1 ? 12 : 13, () => ({
    latency: version === 1 ? 0 : f.u8(),
    slot: f.u64(),
    confirmationCount: f.u32(),
  }));
  const rootSlot = f.option(() => f.u64());
  const voters = authorizedVoters(f);
  if (version !== 3) f.bytes(PRIOR_VOTERS_SIZE);
  const epochCredits = f.list(24, () => ({
    epoch: f.u64(),
    credits: String(f.u64()),
    previousCredits: String(f.u64()),
  }));
  return {
    type: "vote",
    info: {
      nodePubkey,
      authorizedWithdrawer,
      commission: Math.floor(Number(more.inflationRewardsCommissionBps) / 100) & 255,
      votes,
      rootSlot,
      authorizedVoters: voters,
      priorVoters: [],
      epochCredits,
      lastTimestamp: { slot: f.u64(), timestamp: f.i64() },
      ...more,
    },
  };
}

// ── instructions ───────────────────────────────────────────────────────────────────────────────────────────────────

function authorityType(f: Fields): Json {
  const roles = ["Voter", "Withdrawer", "VoterWithBLS"];
  const role = f.variant(roles);
  if (role !== "VoterWithBLS") return role;
  const bls_pubkey = [...f.bytes(BLS_KEY_SIZE)];
  return { VoterWithBLS: { bls_pubkey, bls_proof_of_possession: [...f.bytes(BLS_PROOF_SIZE)] } };
}
const commissionKind = (f: Fields): Json => f.variant(["InflationRewards", "BlockRevenue"]);

interface Lockout {
  readonly [key: string]: Json;
  readonly slot: bigint;
  readonly confirmation_count: number;
}
const timestamp = (f: Fields): Json => f.option(() => f.i64());

function votesOf(f: Fields): Json {
  return { slots: f.list(8, () => f.u64()), hash: f.key(), timestamp: timestamp(f) };
}
function stateUpdate(f: Fields): Members {
  const lockouts = f.list(12, (): Lockout => ({ slot: f.u64(), confirmation_count: f.u32() }));
  return { lockouts, root: f.option(() => f.u64()), hash: f.key(), timestamp: timestamp(f) };
}
/** Slots as differences from the one before, the first from the root; no root is the largest number. */
function compactUpdate(f: Fields): Members {
  const first = f.u64();
  const root = first === U64_MAX ? null : first;
  let slot = root ?? 0n;
  const lockouts = Array.from({ length: f.shortLength() }, (): Lockout => {
    slot += f.varint();
    if (slot > U64_MAX) throw new RangeError("slots beyond 64 bits");
    return { slot, confirmation_count: f.u8() };
  });
  return { lockouts, root, hash: f.key(), timestamp: timestamp(f) };
}
const towerSync = (f: Fields): Json => ({ ...compactUpdate(f), blockId: f.key() });

const voting = (a: Accounts): Members => ({
  voteAccount: a[0],
  slotHashesSysvar: a[1],
  clockSysvar: a[2],
  voteAuthority: a[3],
});
const updating = (a: Accounts): Members => ({ voteAccount: a[0], voteAuthority: a[1] });
const withdrawing = (a: Accounts): Members => ({ voteAccount: a[0], withdrawAuthority: a[1] });
const seeded = (f: Fields, a: Accounts): Members => ({
  voteAccount: a[0],
  clockSysvar: a[1],
  authorityBaseKey: a[2],
  authorityType: authorityType(f),
  authorityOwner: f.key(),
  authoritySeed: f.text(),
});

function initialize(f: Fields, a: Accounts): Members {
  f.key(); // the node, which is an account too
  return {
    voteAccount: a[0],
    rentSysvar: a[1],
    clockSysvar: a[2],
    node: a[3],
    authorizedVoter: f.key(),
    authorizedWithdrawer: f.key(),
    commission: f.u8(),
  };
}
function initializeV2(f: Fields, a: Accounts): Members {
  f.key(); // the node, which is an account too
  return {
    voteAccount: a[0],
    node: a[1],
    inflationRewardsCollector: a[2],
    blockRevenueCollector: a[3],
    authorizedVoter: f.key(),
    authorizedVoterBlsPubkey: encodeBase64(f.bytes(BLS_KEY_SIZE)),
    authorizedVoterBlsProofOfPossession: encodeBase64(f.bytes(BLS_PROOF_SIZE)),
    authorizedWithdrawer: f.key(),
    inflationRewardsCommissionBps: f.u16(),
    blockRevenueCommissionBps: f.u16(),
  };
}

export const VOTE_INSTRUCTIONS: readonly Shape[] = [
  ["initialize", 4, initialize],
  [
    "authorize",
    3,
    (f, a) => ({
      voteAccount: a[0],
      clockSysvar: a[1],
      authority: a[2],
      newAuthority: f.key(),
      authorityType: authorityType(f),
    }),
  ],
  ["vote", 4, (f, a) => ({ ...voting(a), vote: votesOf(f) })],
  ["withdraw", 3, (f, a) => ({ voteAccount: a[0], destination: a[1], withdrawAuthority: a[2], lamports: f.u64() })],
  [
    "updateValidatorIdentity",
    3,
    (_, a) => ({ voteAccount: a[0], newValidatorIdentity: a[1], withdrawAuthority: a[2] }),
  ],
  ["updateCommission", 2, (f, a) => ({ ...withdrawing(a), commission: f.u8() })],
  ["voteSwitch", 4, (f, a) => ({ ...voting(a), vote: votesOf(f), hash: f.key() })],
  [
    "authorizeChecked",
    4,
    (f, a) => ({
      voteAccount: a[0],
      clockSysvar: a[1],
      authority: a[2],
      newAuthority: a[3],
      authorityType: authorityType(f),
    }),
  ],
  ["updatevotestate", 2, (f, a) => ({ ...updating(a), voteStateUpdate: stateUpdate(f) })],
  ["updatevotestateswitch", 2, (f, a) => ({ ...updating(a), voteStateUpdate: stateUpdate(f), hash: f.key() })],
  ["authorizeWithSeed", 3, (f, a) => ({ ...seeded(f, a), newAuthority: f.key() })],
  ["authorizeCheckedWithSeed", 4, (f, a) => ({ ...seeded(f, a), newAuthority: a[3] })],
  ["compactupdatevotestate", 2, (f, a) => ({ ...updating(a), voteStateUpdate: compactUpdate(f) })],
  ["compactupdatevotestateswitch", 2, (f, a) => ({ ...updating(a), voteStateUpdate: compactUpdate(f), hash: f.key() })],
  ["towersync", 2, (f, a) => ({ ...updating(a), towerSync: towerSync(f) })],
  ["towersyncswitch", 2, (f, a) => ({ ...updating(a), towerSync: towerSync(f), hash: f.key() })],
  ["initializeV2", 4, initializeV2],
  [
    "updateCommissionCollector",
    3,
    (f, a) => ({ voteAccount: a[0], newCollector: a[1], withdrawAuthority: a[2], commissionKind: commissionKind(f) }),
  ],
  [
    "updateCommissionBps",
    2,
    (f, a) => ({ ...withdrawing(a), commissionBps: f.u16(), commissionKind: commissionKind(f) }),
  ],
  ["depositDelegatorRewards", 2, (f, a) => ({ voteAccount: a[0], source: a[1], deposit: f.u64() })],
];
