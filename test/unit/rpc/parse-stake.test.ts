/** `jsonParsed` of the Stake program, in the shapes of Agave's account-decoder and transaction-status. */
import { expect, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import {
  SYSVAR_CLOCK as CLOCK,
  SYSVAR_STAKE_HISTORY as HISTORY,
  SYSVAR_RENT as RENT,
  STAKE_CONFIG,
  STAKE_PROGRAM,
} from "../../../shared/rpc/keys.ts";
import { parseAccountData } from "../../../shared/rpc/parse-account.ts";
import { parsedInstruction } from "../../../shared/rpc/parse-instruction.ts";

const key = (n: number) => new Uint8Array(32).fill(n);
const name = (n: number) => encodeBase58(key(n));
const u32 = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
const u64 = (n: number) => [...u32(n), 0, 0, 0, 0];
const NONE = new Array<number>(8).fill(255);

const owner = decodeBase58(STAKE_PROGRAM)!;
const account = (...data: number[]) =>
  parseAccountData(
    { key: key(9), owner, lamports: 1n, rentEpoch: 0n, executable: false, data: Uint8Array.from(data) },
    undefined,
  );
const authorized = [...key(1), ...key(2)];
const lockup = [...NONE, ...u64(6), ...key(3)];
const authorizedInfo = { staker: name(1), withdrawer: name(2) };
const lockupInfo = { unixTimestamp: -1n, epoch: 6n, custodian: name(3) };
const meta = [...u64(42), ...authorized, ...lockup];
const metaInfo = { rentExemptReserve: "42", authorized: authorizedInfo, lockup: lockupInfo };
const stake = [...key(4), ...u64(20), ...u64(2), ...NONE, ...u64(0), ...u64(10), 0];
const shown = (parsed: unknown, space: number) => ({ program: "stake", parsed, space });

test("stake accounts are parsed", () => {
  expect(account(...u32(0))).toEqual(shown({ type: "uninitialized" }, 4));
  expect(account(...u32(1), ...meta)).toEqual(
    shown({ type: "initialized", info: { meta: metaInfo, stake: null } }, 124),
  );
  expect(account(...u32(2), ...meta, ...stake, 0, 0, 0)).toEqual(
    shown(
      {
        type: "delegated",
        info: {
          meta: metaInfo,
          stake: {
            delegation: {
              voter: name(4),
              stake: "20",
              activationEpoch: "2",
              deactivationEpoch: "18446744073709551615",
            },
            creditsObserved: 10n,
          },
        },
      },
      200,
    ),
  );
  expect(account(...u32(3))).toEqual(shown({ type: "rewardsPool" }, 4));
});

test("what is no stake account, or ends too early, is not parsed", () => {
  const whole = [...u32(2), ...meta, ...stake];
  for (const data of [[], [1, 0, 0], u32(4), [...u32(1), ...meta.slice(0, -1)], whole.slice(0, -1)]) {
    expect(account(...data)).toBeNull();
  }
});

const [a, b, c, d] = [1, 2, 3, 4].map(name) as [string, string, string, string];
function parse(accounts: readonly string[], ...data: number[]) {
  const indices = accounts.map((_, i) => i);
  const instruction = { programIdIndex: accounts.length, accounts: indices, data: Uint8Array.from(data) };
  return parsedInstruction(instruction, [...accounts, STAKE_PROGRAM], 1) as { parsed?: unknown };
}
const seed = [...u64(2), 104, 105];
const seeded = { stakeAccount: a, authorityBase: b, authoritySeed: "hi", authorityOwner: name(8) };
const moved = { source: a, destination: b, stakeAuthority: c, lamports: 7n };
const clock = { clockSysvar: CLOCK };
const history = { clockSysvar: CLOCK, stakeHistorySysvar: HISTORY };
type Case = [accounts: string[], data: number[], type: string, info: unknown];

const cases: Case[] = [
  [
    [a, RENT],
    [0, ...authorized, ...lockup],
    "initialize",
    { stakeAccount: a, rentSysvar: RENT, authorized: authorizedInfo, lockup: lockupInfo },
  ],
  [
    [a],
    [0, ...authorized, ...lockup],
    "initialize",
    { stakeAccount: a, authorized: authorizedInfo, lockup: lockupInfo },
  ],
  [
    [a, CLOCK, b],
    [1, ...key(8), ...u32(0)],
    "authorize",
    { stakeAccount: a, newAuthority: name(8), authorityType: "Staker", ...clock, authority: b },
  ],
  [
    [a, CLOCK, b, c],
    [1, ...key(8), ...u32(1)],
    "authorize",
    { stakeAccount: a, newAuthority: name(8), authorityType: "Withdrawer", ...clock, authority: b, custodian: c },
  ],
  [
    [a, b],
    [1, ...key(8), ...u32(0)],
    "authorize",
    { stakeAccount: a, newAuthority: name(8), authorityType: "Staker", authority: b },
  ],
  [
    [a, b, CLOCK, HISTORY, STAKE_CONFIG, c],
    [2],
    "delegate",
    { stakeAccount: a, voteAccount: b, ...history, stakeConfigAccount: STAKE_CONFIG, stakeAuthority: c },
  ],
  [[a, b, CLOCK, HISTORY, c], [2], "delegate", { stakeAccount: a, voteAccount: b, ...history, stakeAuthority: c }],
  [[a, b, c], [2], "delegate", { stakeAccount: a, voteAccount: b, stakeAuthority: c }],
  [[a, b, c], [3, ...u64(7)], "split", { stakeAccount: a, newSplitAccount: b, stakeAuthority: c, lamports: 7n }],
  [
    [a, b, CLOCK, HISTORY, c, d],
    [4, ...u64(7)],
    "withdraw",
    { stakeAccount: a, destination: b, ...history, withdrawAuthority: c, custodian: d, lamports: 7n },
  ],
  [[a, b, c], [4, ...u64(7)], "withdraw", { stakeAccount: a, destination: b, withdrawAuthority: c, lamports: 7n }],
  [[a, CLOCK, b], [5], "deactivate", { stakeAccount: a, ...clock, stakeAuthority: b }],
  [[a, b], [5], "deactivate", { stakeAccount: a, stakeAuthority: b }],
  [
    [a, b],
    [6, 1, ...u64(5), 0, 1, ...key(8)],
    "setLockup",
    { stakeAccount: a, custodian: b, lockup: { unixTimestamp: 5n, custodian: name(8) } },
  ],
  [[a, b], [6, 0, 1, ...u64(5), 0], "setLockup", { stakeAccount: a, custodian: b, lockup: { epoch: 5n } }],
  [[a, b, CLOCK, HISTORY, c], [7], "merge", { destination: a, source: b, ...history, stakeAuthority: c }],
  [[a, b, c], [7], "merge", { destination: a, source: b, stakeAuthority: c }],
  [
    [a, b, CLOCK, c],
    [8, ...key(7), ...u32(0), ...seed, ...key(8)],
    "authorizeWithSeed",
    { ...seeded, newAuthorized: name(7), authorityType: "Staker", ...clock, custodian: c },
  ],
  [
    [a, b],
    [8, ...key(7), ...u32(1), ...seed, ...key(8)],
    "authorizeWithSeed",
    { ...seeded, newAuthorized: name(7), authorityType: "Withdrawer" },
  ],
  [[a, RENT, b, c], [9], "initializeChecked", { stakeAccount: a, rentSysvar: RENT, staker: b, withdrawer: c }],
  [[a, b, c], [9], "initializeChecked", { stakeAccount: a, staker: b, withdrawer: c }],
  [
    [a, CLOCK, b, c, d],
    [10, ...u32(0)],
    "authorizeChecked",
    { stakeAccount: a, authorityType: "Staker", ...clock, authority: b, newAuthority: c, custodian: d },
  ],
  [
    [a, b, c],
    [10, ...u32(0)],
    "authorizeChecked",
    { stakeAccount: a, authorityType: "Staker", authority: b, newAuthority: c },
  ],
  [
    [a, b, CLOCK, c, d],
    [11, ...u32(1), ...seed, ...key(8)],
    "authorizeCheckedWithSeed",
    { ...seeded, authorityType: "Withdrawer", ...clock, newAuthorized: c, custodian: d },
  ],
  [
    [a, b, c],
    [11, ...u32(1), ...seed, ...key(8)],
    "authorizeCheckedWithSeed",
    { ...seeded, authorityType: "Withdrawer", newAuthorized: c },
  ],
  [
    [a, b, c],
    [12, 1, ...u64(5), 1, ...u64(6)],
    "setLockupChecked",
    { stakeAccount: a, custodian: b, lockup: { unixTimestamp: 5n, epoch: 6n, custodian: c } },
  ],
  [[a], [13], "getMinimumDelegation", null],
  [[a, b, c], [14], "deactivateDelinquent", { stakeAccount: a, voteAccount: b, referenceVoteAccount: c }],
  [
    [a, b, c, STAKE_CONFIG, d],
    [15],
    "redelegate",
    { stakeAccount: a, newStakeAccount: b, voteAccount: c, stakeConfigAccount: STAKE_CONFIG, stakeAuthority: d },
  ],
  [[a, b, c], [16, ...u64(7)], "moveStake", moved],
  [[a, b, c], [17, ...u64(7)], "moveLamports", moved],
];

test.each(cases)("%j with %j is %s", (accounts, [variant, ...rest], type, info) => {
  const data = [...u32(variant!), ...rest];
  expect(parse(accounts, ...data)).toMatchObject({ program: "stake", parsed: { type, info } });
  expect((parse(accounts, ...data).parsed as { info: unknown }).info).toEqual(info);
  if (rest.length) expect(parse(accounts, ...data.slice(0, -1)).parsed).toBeUndefined();
});

test.each<[string[], number]>([
  [[], 13],
  [[a], 5],
  [[a, CLOCK], 9],
  [[a, b, CLOCK, HISTORY], 2],
  [[a, b, CLOCK], 7],
  [[a, b, c], 15],
  [[a, b, c], 18],
])("%j does not make an instruction %i", (accounts, variant) => {
  expect(parse(accounts, ...u32(variant)).parsed).toBeUndefined();
});
