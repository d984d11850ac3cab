/** Stakes of the simulated network: the Stake program from its ELF, vote accounts, a stake of the genesis that counts at once, accounts to stake. */
import { programDataAddress } from "../../infra/genesis/program-accounts.ts";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import { type Account, decodeAccountList } from "../../shared/state/accounts.ts";
import { STANDARD_PROGRAMS } from "../carried-programs.ts";
import { hex, type Ix, u32, u64 } from "../conformance/random-wire.ts";
import { voteState } from "../conformance/vote-fixture.ts";
import type { Dice } from "./dice.ts";
import { STAKE, VOTE } from "./stake-reference.ts";
import type { Batch } from "./workload.ts";
import { account, HOT, key, keys, legacy, plainAccounts } from "./world.ts";

const sysvar = (name: string): Uint8Array => decodeBase58(name)!;
const CLOCK = sysvar("SysvarC1ock11111111111111111111111111111111");
const HISTORY = sysvar("SysvarStakeHistory1111111111111111111111111");
const CONFIG = sysvar("StakeConfig11111111111111111111111111111111");

const SOL = 1_000_000_000n;
const RESERVE = 2_282_880n;
const FOREVER = (1n << 64n) - 1n;
const SIZE = 200;

export const VOTES = keys("vote account", 3);
/** The last one is no vote account any more. */
const GENESIS_STAKES = keys("genesis stake", VOTES.length);
export const STAKES = keys("stake account", 12);
/** Of the right size and the Stake program's, but nobody's yet: what a split fills. */
export const PARTS = keys("part of a stake", 6);
const PURSE = key("what was withdrawn");

function stakeData(kind: number, tail: readonly number[]): Uint8Array {
  const data = new Uint8Array(SIZE);
  const meta = [...u64(RESERVE), ...HOT[0]!, ...HOT[0]!, ...new Array<number>(48).fill(0)];
  data.set([...u32(kind), ...meta, ...tail]);
  return data;
}
const delegated = (voter: Uint8Array, stake: bigint): Uint8Array =>
  stakeData(2, [...voter, ...u64(stake), ...u64(FOREVER), ...u64(FOREVER), ...u64(0), ...u64(0), 0]);

const PROGRAM = new Set([STAKE, programDataAddress(STAKE), CONFIG].map(hex));

export function stakingAccounts(): Account[] {
  return [
    ...plainAccounts(),
    ...decodeAccountList(STANDARD_PROGRAMS)!.filter(({ key: id }) => PROGRAM.has(hex(id))),
    ...VOTES.slice(0, -1).map((id) => account(id, 30_000_000n, VOTE, voteState())),
    account(VOTES.at(-1)!, 30_000_000n, VOTE, new Uint8Array(3762)),
    ...GENESIS_STAKES.map((id, i) => account(id, RESERVE + 40n * SOL, STAKE, delegated(VOTES[i]!, 40n * SOL))),
    ...STAKES.map((id, i) => account(id, RESERVE + BigInt(i + 1) * 7n * SOL + 3n, STAKE, stakeData(1, []))),
    ...PARTS.map((id) => account(id, RESERVE, STAKE, new Uint8Array(SIZE))),
    account(PURSE, SOL),
  ];
}

const w = (id: Uint8Array) => ({ key: id, writable: true });
const r = (id: Uint8Array) => ({ key: id });
const AUTHORITY = { key: HOT[0]!, signer: true };

export const delegate = (stake: Uint8Array, vote: Uint8Array): Ix => ({
  program: STAKE,
  accounts: [w(stake), r(vote), r(CLOCK), r(HISTORY), r(CONFIG), AUTHORITY],
  data: u32(2),
});
export const deactivate = (stake: Uint8Array): Ix => ({
  program: STAKE,
  accounts: [w(stake), r(CLOCK), AUTHORITY],
  data: u32(5),
});
export const split = (stake: Uint8Array, part: Uint8Array, lamports: bigint): Ix => ({
  program: STAKE,
  accounts: [w(stake), w(part), AUTHORITY],
  data: [...u32(3), ...u64(lamports)],
});
export const merge = (stake: Uint8Array, part: Uint8Array): Ix => ({
  program: STAKE,
  accounts: [w(stake), w(part), r(CLOCK), r(HISTORY), AUTHORITY],
  data: u32(7),
});
export const withdraw = (stake: Uint8Array, lamports: bigint): Ix => ({
  program: STAKE,
  accounts: [w(stake), w(PURSE), r(CLOCK), r(HISTORY), AUTHORITY],
  data: [...u32(4), ...u64(lamports)],
});

const ANY = [...STAKES, ...STAKES, ...PARTS, ...GENESIS_STAKES];

function action(dice: Dice, name: string): Ix {
  const stake = dice.pick(`stake of ${name}`, ANY);
  const lamports = BigInt(dice.between(`lamports of ${name}`, 1, 9_000)) * 1_000_001n;
  switch (dice.below(`kind of ${name}`, 9)) {
    case 0:
    case 1:
    case 2:
      return delegate(dice.pick(`new of ${name}`, STAKES), dice.pick(`vote of ${name}`, VOTES));
    case 3:
    case 4:
      return deactivate(stake);
    case 5:
      return split(stake, dice.pick(`part of ${name}`, PARTS), lamports);
    case 6:
      return merge(stake, dice.pick(`other of ${name}`, ANY));
    default:
      return withdraw(stake, dice.chance(`all of ${name}`, 0.3) ? RESERVE + 7n * SOL + 3n : lamports);
  }
}

/** `count` batches of one to three transactions, `everyMs` apart. */
export function stakingWorkload(dice: Dice, count: number, everyMs: number): Batch[] {
  return Array.from({ length: count }, (_, b) => ({
    atMs: b * everyMs,
    submissions: [{ afterMs: 0, lane: 0 }],
    transactions: Array.from({ length: dice.between(`size of batch ${b}`, 1, 3) }, (_, i) => ({
      number: b * 10 + i,
      wire: legacy(HOT[0]!, [action(dice, `stake transaction ${b} ${i}`)]),
      freshness: "recent" as const,
    })),
  }));
}
