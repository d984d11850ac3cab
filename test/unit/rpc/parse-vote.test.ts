/** `jsonParsed` of the Vote program, in the shapes of Agave's account-decoder and transaction-status. */
import { expect, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { encodeBase64 } from "../../../shared/rpc/base64.ts";
import { VOTE_PROGRAM } from "../../../shared/rpc/keys.ts";
import { parseAccountData } from "../../../shared/rpc/parse-account.ts";
import { parsedInstruction } from "../../../shared/rpc/parse-instruction.ts";

const key = (n: number) => new Uint8Array(32).fill(n);
const name = (n: number) => encodeBase58(key(n));
const u16 = (n: number) => [n & 255, n >> 8];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n >>> 16)];
const u64 = (n: number) => [...u32(n), 0, 0, 0, 0];
const NONE = new Array<number>(8).fill(255);
const bls = new Array<number>(48).fill(5);
const proof = new Array<number>(96).fill(6);

const owner = decodeBase58(VOTE_PROGRAM)!;
const account = (...data: number[]) =>
  parseAccountData(
    { key: key(9), owner, lamports: 1n, rentEpoch: 0n, executable: false, data: Uint8Array.from(data) },
    undefined,
  );
const credits = [...u64(1), ...u64(4), ...u64(50), ...u64(40)];
const voters = [...u64(3), ...u64(7), ...key(7), ...u64(2), ...key(3), ...u64(2), ...key(4)];
const common = {
  nodePubkey: name(1),
  authorizedWithdrawer: name(2),
  authorizedVoters: [
    { epoch: 2n, authorizedVoter: name(4) },
    { epoch: 7n, authorizedVoter: name(7) },
  ],
  priorVoters: [],
  epochCredits: [{ epoch: 4n, credits: "50", previousCredits: "40" }],
  lastTimestamp: { slot: 99n, timestamp: -1n },
};
const end = [...credits, ...u64(99), ...NONE];
const prior = new Array<number>(32 * 48 + 9).fill(8);
const version4 = [
  ...u32(3),
  ...key(1),
  ...key(2),
  ...key(3),
  ...key(4),
  ...u16(1_234),
  ...u16(10_000),
  ...u64(77),
  ...[1, ...bls],
  ...[...u64(1), 3, ...u64(12), ...u32(31)],
  ...[1, ...u64(11)],
  ...voters,
  ...end,
];

test("a vote account of version 4 is parsed", () => {
  expect(account(...version4, 0, 0)).toEqual({
    program: "vote",
    space: version4.length + 2,
    parsed: {
      type: "vote",
      info: {
        ...common,
        commission: 12,
        votes: [{ latency: 3, slot: 12n, confirmationCount: 31 }],
        rootSlot: 11n,
        inflationRewardsCollector: name(3),
        blockRevenueCollector: name(4),
        inflationRewardsCommissionBps: 1_234,
        blockRevenueCommissionBps: 10_000,
        pendingDelegatorRewards: "77",
        blsPubkeyCompressed: encodeBase58(Uint8Array.from(bls)),
      },
    },
  });
});

test("vote accounts of older versions are shown as version 4", () => {
  for (const version of [1, 2]) {
    const votes = [...u64(1), ...(version === 1 ? [] : [3]), ...u64(12), ...u32(31)];
    const data = [...u32(version), ...key(1), ...key(2), 12, ...votes, 0, ...voters, ...prior, ...end];
    expect(account(...data)).toMatchObject({
      parsed: {
        type: "vote",
        info: {
          ...common,
          commission: 12,
          votes: [{ latency: version === 1 ? 0 : 3, slot: 12n, confirmationCount: 31 }],
          rootSlot: null,
          inflationRewardsCollector: name(9),
          blockRevenueCollector: name(1),
          inflationRewardsCommissionBps: 1_200,
          blockRevenueCommissionBps: 10_000,
          pendingDelegatorRewards: "0",
          blsPubkeyCompressed: null,
        },
      },
    });
  }
});

test("what is no vote state, or ends too early, is not parsed", () => {
  expect(account(...new Array<number>(3762).fill(0))).toBeNull();
  expect(account(...u32(4), ...version4.slice(4))).toBeNull();
  expect(account(...version4.slice(0, 144), 2, ...version4.slice(145))).toBeNull();
  for (let length = 0; length < version4.length; length += 7) expect(account(...version4.slice(0, length))).toBeNull();
});

const KEYS = [...Array.from({ length: 9 }, (_, i) => name(i + 1)), VOTE_PROGRAM];
const [a, b, c, d] = KEYS as [string, string, string, string];
const parse = (accounts: number, ...data: number[]) =>
  parsedInstruction(
    { programIdIndex: 9, accounts: Array.from({ length: accounts }, (_, i) => i), data: Uint8Array.from(data) },
    KEYS,
    1,
  ) as { parsed?: unknown; program?: unknown };

const seed = [...u64(2), 104, 105];
const authorizing = { voteAccount: a, clockSysvar: b, authority: c };
const base = { voteAccount: a, clockSysvar: b, authorityBaseKey: c, authorityOwner: name(8), authoritySeed: "hi" };
const vote = [...u64(2), ...u64(3), ...u64(4), ...key(7), 1, ...u64(55)];
const voteInfo = {
  voteAccount: a,
  slotHashesSysvar: b,
  clockSysvar: c,
  voteAuthority: d,
  vote: { slots: [3n, 4n], hash: name(7), timestamp: 55n },
};
const update = [...u64(2), ...u64(3), ...u32(2), ...u64(300), ...u32(1), 1, ...u64(2), ...key(7), 0];
const compact = [...u64(2), 2, 1, 2, 0xa9, 0x02, 1, ...key(7), 0];
const lockouts = [
  { slot: 3n, confirmation_count: 2 },
  { slot: 300n, confirmation_count: 1 },
];
const updateInfo = { lockouts, root: 2n, hash: name(7), timestamp: null };
const updating = { voteAccount: a, voteAuthority: b };
const hash = name(6);

test.each([
  [
    4,
    [...u32(0), ...key(4), ...key(5), ...key(6), 9],
    "initialize",
    {
      voteAccount: a,
      rentSysvar: b,
      clockSysvar: c,
      node: d,
      authorizedVoter: name(5),
      authorizedWithdrawer: name(6),
      commission: 9,
    },
  ],
  [
    3,
    [...u32(1), ...key(8), ...u32(0)],
    "authorize",
    { ...authorizing, newAuthority: name(8), authorityType: "Voter" },
  ],
  [
    3,
    [...u32(1), ...key(8), ...u32(2), ...bls, ...proof],
    "authorize",
    {
      ...authorizing,
      newAuthority: name(8),
      authorityType: { VoterWithBLS: { bls_pubkey: bls, bls_proof_of_possession: proof } },
    },
  ],
  [4, [...u32(2), ...vote], "vote", voteInfo],
  [3, [...u32(3), ...u64(5)], "withdraw", { voteAccount: a, destination: b, withdrawAuthority: c, lamports: 5n }],
  [3, u32(4), "updateValidatorIdentity", { voteAccount: a, newValidatorIdentity: b, withdrawAuthority: c }],
  [2, [...u32(5), 77], "updateCommission", { voteAccount: a, withdrawAuthority: b, commission: 77 }],
  [4, [...u32(6), ...vote, ...key(6)], "voteSwitch", { ...voteInfo, hash }],
  [4, [...u32(7), ...u32(1)], "authorizeChecked", { ...authorizing, newAuthority: d, authorityType: "Withdrawer" }],
  [2, [...u32(8), ...update], "updatevotestate", { ...updating, voteStateUpdate: updateInfo }],
  [2, [...u32(9), ...update, ...key(6)], "updatevotestateswitch", { ...updating, voteStateUpdate: updateInfo, hash }],
  [
    3,
    [...u32(10), ...u32(0), ...key(8), ...seed, ...key(5)],
    "authorizeWithSeed",
    { ...base, authorityType: "Voter", newAuthority: name(5) },
  ],
  [
    4,
    [...u32(11), ...u32(1), ...key(8), ...seed],
    "authorizeCheckedWithSeed",
    { ...base, authorityType: "Withdrawer", newAuthority: d },
  ],
  [2, [...u32(12), ...compact], "compactupdatevotestate", { ...updating, voteStateUpdate: updateInfo }],
  [
    2,
    [...u32(13), ...compact, ...key(6)],
    "compactupdatevotestateswitch",
    { ...updating, voteStateUpdate: updateInfo, hash },
  ],
  [
    2,
    [...u32(14), ...compact, ...key(5)],
    "towersync",
    { ...updating, towerSync: { ...updateInfo, blockId: name(5) } },
  ],
  [
    2,
    [...u32(15), ...NONE, 1, 3, 1, ...key(7), 1, ...u64(8), ...key(5), ...key(6)],
    "towersyncswitch",
    {
      ...updating,
      towerSync: {
        lockouts: [{ slot: 3n, confirmation_count: 1 }],
        root: null,
        hash: name(7),
        timestamp: 8n,
        blockId: name(5),
      },
      hash,
    },
  ],
  [
    4,
    [...u32(16), ...key(2), ...key(5), ...bls, ...proof, ...key(6), ...u16(750), ...u16(250)],
    "initializeV2",
    {
      voteAccount: a,
      node: b,
      inflationRewardsCollector: c,
      blockRevenueCollector: d,
      authorizedVoter: name(5),
      authorizedVoterBlsPubkey: encodeBase64(Uint8Array.from(bls)),
      authorizedVoterBlsProofOfPossession: encodeBase64(Uint8Array.from(proof)),
      authorizedWithdrawer: name(6),
      inflationRewardsCommissionBps: 750,
      blockRevenueCommissionBps: 250,
    },
  ],
  [
    3,
    [...u32(17), ...u32(1)],
    "updateCommissionCollector",
    { voteAccount: a, newCollector: b, withdrawAuthority: c, commissionKind: "BlockRevenue" },
  ],
  [
    2,
    [...u32(18), ...u16(1_234), ...u32(0)],
    "updateCommissionBps",
    { voteAccount: a, withdrawAuthority: b, commissionBps: 1_234, commissionKind: "InflationRewards" },
  ],
  [2, [...u32(19), ...u64(6)], "depositDelegatorRewards", { voteAccount: a, source: b, deposit: 6n }],
])("with %i accounts: %j is %s", (accounts, data, type, info) => {
  expect(parse(accounts, ...data)).toMatchObject({ program: "vote", parsed: { type, info } });
  expect(parse(accounts - 1, ...data).parsed).toBeUndefined();
  if (data.length > 4) expect(parse(accounts, ...data.slice(0, -1)).parsed).toBeUndefined();
});

test("numbers that are not well-formed are not parsed", () => {
  const rest = new Array<number>(80).fill(0);
  for (const bytes of [
    [0x80, 0],
    [0xff, 0xff, 4],
    [0xff, 0xff, 0x80],
    [1, 0x80, 0, 1],
    [1, ...new Array<number>(9).fill(0xff), 2, 1],
    [1, ...new Array<number>(10).fill(0x80), 1],
    [1, ...new Array<number>(9).fill(0xff), 1, 1],
  ]) {
    expect(parse(2, ...u32(14), ...u64(5), ...bytes, ...rest).parsed).toBeUndefined();
  }
  expect(parse(2, ...u32(8), ...NONE, ...rest).parsed).toBeUndefined();
  expect(parse(3, ...u32(1), ...key(8), ...u32(3)).parsed).toBeUndefined();
  expect(parse(2, ...u32(20)).parsed).toBeUndefined();
});
