/** Stake that is delegated to a vote account: the Stake program from its ELF, the Vote program native, both compared with Agave's runtime. */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { STAKE_PROGRAM } from "../../shared/rpc/keys.ts";
import { instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { type Accounts, createAccount, RENT, u32, u64 } from "./harness-system.ts";
import { CLOCK, failed, rent } from "./loader-fixture.ts";
import {
  create,
  EPOCH,
  initialize,
  other,
  payer,
  SOL,
  syncTower,
  updateCommission,
  type VoteState,
  VoteWorld,
  vote,
  withdraw,
} from "./vote-fixture.ts";

const STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111";
const SYSVARS = "Sysvar1111111111111111111111111111111111111";
const STAKE_CONFIG = "StakeConfig11111111111111111111111111111111";
const SIZE = 200;
const [stake, staker, reference] = [20, 21, 22].map(testKey) as [Key, Key, Key];

let w: VoteWorld;
beforeEach(async () => {
  w = await VoteWorld.create(1);
  w.c.fund(staker, 100n * SOL);
  // As long as on a network; the runtime that is compared with begins with a shorter one, which other paths of the program read.
  const history = { lamports: rent(16_392), data: new Uint8Array(16_392), executable: false, rentEpoch: 0n };
  w.c.agave.setAccount(keyBytes(STAKE_HISTORY), { ...history, owner: keyBytes(SYSVARS) });
});
const ix = (accounts: Accounts, data: number[]): Instruction => instruction(STAKE_PROGRAM, accounts, data);
const staked = (lamports: bigint): Instruction[] => [
  createAccount(
    [
      [payer, "ws"],
      [stake, "ws"],
    ],
    lamports,
    BigInt(SIZE),
    STAKE_PROGRAM,
  ),
  ix(
    [
      [stake, "w"],
      [RENT, "r"],
    ],
    [...u32(0), ...keyBytes(staker), ...keyBytes(staker), ...new Array<number>(48).fill(0)],
  ),
];
const delegate = (to: Key = vote): Instruction =>
  ix(
    [
      [stake, "w"],
      [to, "r"],
      [CLOCK, "r"],
      [STAKE_HISTORY, "r"],
      [STAKE_CONFIG, "r"],
      [staker, "rs"],
    ],
    u32(2),
  );
const deactivate: Instruction = ix(
  [
    [stake, "w"],
    [CLOCK, "r"],
    [staker, "rs"],
  ],
  u32(5),
);
const withdrawStake = (lamports: bigint): Instruction =>
  ix(
    [
      [stake, "w"],
      [other, "w"],
      [CLOCK, "r"],
      [STAKE_HISTORY, "r"],
      [staker, "rs"],
    ],
    [...u32(4), ...u64(lamports)],
  );
const deactivateDelinquent: Instruction = ix(
  [
    [stake, "w"],
    [vote, "r"],
    [reference, "r"],
  ],
  u32(14),
);
/** Credits that the stake has seen. */
const creditsObserved = (): bigint => {
  const { data } = w.c.account(stake)!;
  return new DataView(data.buffer, data.byteOffset).getBigUint64(188, true);
};

describe("a stake", () => {
  it("is delegated to a vote account, and begins to count with the credits it has", () => {
    w.run([create(), initialize()]);
    w.run([...staked(5n * SOL), delegate()]);
    expect(w.c.account(stake)?.data.slice(124, 156)).toEqual(keyBytes(vote));
    expect(creditsObserved()).toBe(0n);
    for (const version of [1, 2, 3] as const) {
      w.c.setAccount(stake, { lamports: 0n });
      w.set({ version, credits: [[0n, 777n, 5n]] } as VoteState);
      w.run([...staked(5n * SOL), delegate()]);
      expect(creditsObserved()).toBe(777n);
    }
  });
  it("counts the credits that votes earned", () => {
    const now = BigInt(w.c.currentSlot());
    w.c.advance(40);
    w.set({ votes: [[1, now, 3]], root: now - 5n, credits: [[0n, 100n, 0n]] });
    const slot = now + 35n;
    w.run(syncTower({ votes: [[slot, 1]], root: now + 2n, hash: w.hash(slot) }));
    w.run([...staked(5n * SOL), delegate()]);
    expect(creditsObserved()).toBe(116n);
  });
  it("is not delegated to what is no vote account, or none any more", () => {
    w.run(staked(5n * SOL));
    w.run(delegate(other), failed("IncorrectProgramId"));
    w.set(new Uint8Array(3762));
    w.run(delegate(), failed("InvalidAccountData"));
    w.set({}, SOL);
    w.run(delegate());
    w.run(withdraw(SOL));
    w.run(delegate(), failed("IncorrectProgramId"));
  });
  it("is deactivated, and its lamports come back", () => {
    w.run([create(), initialize()]);
    w.run([...staked(5n * SOL), delegate()]);
    w.run(delegate());
    w.run(deactivate);
    w.run(deactivate, failed({ Custom: 2 }));
    w.c.skip(EPOCH);
    w.run(updateCommission(7));
    w.run(withdrawStake(5n * SOL));
    expect(w.c.account(stake)).toBeNull();
  });
  it("of a validator that does not vote is deactivated by anybody", () => {
    w.run([create(), initialize()]);
    w.run([...staked(5n * SOL), delegate()]);
    w.c.skip(9 * EPOCH);
    const epoch = BigInt(Math.floor(w.c.currentSlot() / EPOCH));
    w.run(deactivateDelinquent, failed("IncorrectProgramId"));
    w.set({ credits: [[epoch - 6n, 5n, 0n]] });
    const data = w.data();
    const voting: VoteState = {
      credits: Array.from({ length: 6 }, (_, i) => [epoch - 5n + BigInt(i), 5n, 0n] as const),
    };
    w.set(voting);
    w.c.setAccount(reference, { ...w.c.account(vote)!, owner: w.c.account(vote)!.owner });
    w.c.expectSame(w.c.transaction({ payer, instructions: [deactivateDelinquent] }));
    w.set(data);
    w.run(deactivateDelinquent);
  });
});
