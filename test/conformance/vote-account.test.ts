/** Vote accounts: how they begin and end, their node, commission and who collects it, here and on Agave's runtime. */
import { beforeEach, describe, expect, it } from "vitest";
import { keyBytes, SYSTEM } from "./harness.ts";
import { move, RENT, u32, u64 } from "./harness-system.ts";
import { CLOCK, failed, rent } from "./loader-fixture.ts";
import {
  collector,
  create,
  EPOCH,
  initialize,
  initializeAccounts,
  limit,
  node,
  other,
  payer,
  SOL,
  signedBy,
  UNITS,
  updateCollector,
  updateCommission,
  updateCommissionBps,
  updateIdentity,
  VOTE,
  VOTE_SIZE,
  type VoteState,
  VoteWorld,
  vote,
  voteInit,
  voteIx,
  voter,
  voteState,
  withdraw,
  withdrawer,
} from "./vote-fixture.ts";

let w: VoteWorld;
beforeEach(async () => {
  w = await VoteWorld.create();
});
const commissionOf = (data: Uint8Array): number => new DataView(data.buffer, data.byteOffset).getUint16(132, true);

describe("the program", () => {
  it("costs 2,100 compute units and writes nothing to the log", () => {
    w.set();
    const { ours } = w.run(updateCommission(5));
    expect(ours.computeUnits).toBe(UNITS);
    expect(ours.logs).toEqual([`Program ${VOTE} invoke [1]`, `Program ${VOTE} success`]);
  });
  it("needs an account of its own", () => {
    w.run(voteIx([], u32(4)), failed("MissingAccount"));
    w.run(voteIx([[other, "w"]], u32(4)), failed("InvalidAccountOwner"));
    w.run(voteIx([[other, "w"]], []), failed("InvalidAccountOwner"));
  });
  it("refuses what is not well-formed, and what is not active", () => {
    w.set();
    const bytes = [
      [],
      [1, 0, 0],
      u32(20),
      u32(2 ** 32 - 1),
      u32(0),
      [...u32(5)],
      [...u32(3), 1, 0],
      [...u32(18), 1, 0],
    ];
    for (const data of bytes) w.run(voteIx(signedBy(withdrawer), data), failed("InvalidInstructionData"));
    // InitializeAccountV2 of both layouts that there were, DepositDelegatorRewards
    for (const length of [276, 340]) {
      const init = new Array<number>(length).fill(3);
      w.run(voteIx(initializeAccounts, [...u32(16), ...init]), failed("InvalidInstructionData"));
    }
    const deposit = [...u32(19), ...u64(5n)];
    w.run(
      voteIx(
        [
          [vote, "w"],
          [payer, "ws"],
          [SYSTEM, "r"],
        ],
        deposit,
      ),
      failed("InvalidInstructionData"),
    );
  });
  it("ignores bytes behind an instruction", () => {
    w.set();
    w.run(
      voteIx(
        [
          [vote, "w"],
          [withdrawer, "rs"],
        ],
        [...u32(5), 9, 1, 2, 3],
      ),
    );
    expect(commissionOf(w.data())).toBe(900);
  });
  it("fails without the compute units", () => {
    w.set();
    w.run([limit(2_249), updateCommission(5)], failed("ComputationalBudgetExceeded", 1));
  });
  it("has the account of a native program, which nobody can write", () => {
    w.run(move(payer, VOTE, 5n), failed("ReadonlyLamportChange"));
    const name = w.c.agave.account(keyBytes(VOTE))!.data;
    expect(new TextDecoder().decode(name)).toBe("solana_vote_program");
    w.set();
    const { ours } = w.run(updateCommission(5));
    // payer, withdrawer, vote account, program: 64 bytes each, and data
    expect(ours.loadedAccountsDataSize).toBe(4 * 64 + VOTE_SIZE + name.length);
  });
});

describe("InitializeAccount", () => {
  it("makes a vote account of version 4", () => {
    w.run([create(), initialize()]);
    const data = w.data();
    expect([...data.slice(0, 4)]).toEqual(u32(3));
    expect(commissionOf(data)).toBe(1_000);
    w.run(initialize(), failed("AccountAlreadyInitialized"));
  });
  it("takes any commission", () => {
    w.run([create(), initialize(initializeAccounts, voteInit(255))]);
    expect(commissionOf(w.data())).toBe(25_500);
  });
  it("checks its accounts, the rent, the size, the node's signature", () => {
    w.run([create(), initialize([[vote, "w"]])], failed("MissingAccount", 1));
    const wrongRent = initialize([
      [vote, "w"],
      [CLOCK, "r"],
      [RENT, "r"],
      [node, "rs"],
    ]);
    w.run([create(), wrongRent], failed("InvalidArgument", 1));
    const noClock = initialize([
      [vote, "w"],
      [RENT, "r"],
    ]);
    w.run([create(), noClock], failed("MissingAccount", 1));
    const wrongClock = initialize([
      [vote, "w"],
      [RENT, "r"],
      [node, "rs"],
    ]);
    w.run([create(), wrongClock], failed("InvalidArgument", 1));
    w.run([create(rent(VOTE_SIZE) - 1n), initialize()], failed("InsufficientFunds", 1));
    w.run([create(10n * SOL, VOTE_SIZE - 1), initialize()], failed("InvalidAccountData", 1));
    w.run([create(10n * SOL, VOTE_SIZE + 1), initialize()], failed("InvalidAccountData", 1));
    const unsigned = initialize([
      [vote, "w"],
      [RENT, "r"],
      [CLOCK, "r"],
      [node, "r"],
    ]);
    w.run([create(), unsigned], failed("MissingRequiredSignature", 1));
    w.set(new Uint8Array(VOTE_SIZE));
    const readonly = initialize([
      [vote, "r"],
      [RENT, "r"],
      [CLOCK, "r"],
      [node, "rs"],
    ]);
    w.run(readonly, failed("ReadonlyDataModified"));
  });
  it("takes an account whose state has no voters, and no other bytes", () => {
    const junk = new Uint8Array(VOTE_SIZE).fill(7);
    const cases: [Uint8Array, string | null][] = [
      [junk.map((byte, i) => (i < 4 ? 0 : byte)), null],
      [junk, "InvalidAccountData"],
      [voteState({ version: 1, voters: [], size: VOTE_SIZE }), null],
      [voteState({ version: 2, voters: [] }), null],
      [voteState({ version: 3, voters: [] }), "AccountAlreadyInitialized"],
      [voteState({ version: 1, size: VOTE_SIZE }), "AccountAlreadyInitialized"],
      [voteState({ version: 2 }), "AccountAlreadyInitialized"],
      [voteState({ version: 2, voters: [], priorEmpty: 2 }), "InvalidAccountData"],
    ];
    for (const [data, error] of cases) {
      w.set(data);
      w.run(initialize(), error === null ? null : failed(error));
    }
  });
});

describe("UpdateValidatorIdentity", () => {
  const change = (...by: [typeof node, string][]) => updateIdentity([[vote, "w"], ...by]);
  it("sets the node, which signs, for the withdrawer; the collector of block revenue stays", () => {
    w.set();
    w.run(change([other, "rs"], [withdrawer, "rs"]));
    const [before, after] = [voteState(), w.data()];
    expect(after.slice(100, 132)).toEqual(before.slice(100, 132));
    expect(after.slice(4, 36)).not.toEqual(before.slice(4, 36));
  });
  it("is refused without one of them", () => {
    w.set();
    w.run(change(), failed("MissingAccount"));
    w.run(change([other, "rs"]), failed("MissingRequiredSignature"));
    w.run(change([other, "r"], [withdrawer, "rs"]), failed("MissingRequiredSignature"));
    w.run(change([other, "rs"], [withdrawer, "r"]), failed("MissingRequiredSignature"));
    w.set(new Uint8Array(VOTE_SIZE));
    w.run(change([other, "rs"], [withdrawer, "rs"]), failed("InvalidAccountData"));
  });
});

describe("UpdateCommission and UpdateCommissionBps", () => {
  it("set it for the withdrawer, in percent and in basis points, also late in an epoch", () => {
    w.set();
    w.c.skip(EPOCH - 5_000);
    for (const percent of [0, 1, 100, 255]) {
      w.run(updateCommission(percent));
      expect(commissionOf(w.data())).toBe(percent * 100);
    }
    for (const bps of [0, 1, 9_999, 65_535]) {
      w.run(updateCommissionBps(bps));
      expect(commissionOf(w.data())).toBe(bps);
    }
  });
  it("are refused to others, and for block revenue", () => {
    w.set();
    w.run(updateCommission(5, voter), failed("MissingRequiredSignature"));
    w.run(updateCommissionBps(5, 0, voter), failed("MissingRequiredSignature"));
    w.run(updateCommissionBps(5, 1), failed("InvalidInstructionData"));
    w.run(updateCommissionBps(5, 2), failed("InvalidInstructionData"));
    w.set(new Uint8Array(VOTE_SIZE));
    w.run(updateCommission(5), failed("InvalidAccountData"));
    w.run(updateCommissionBps(5), failed("InvalidAccountData"));
    w.run(updateCommissionBps(5, 1), failed("InvalidInstructionData"));
  });
});

describe("UpdateCommissionCollector", () => {
  it("sets the collector of inflation rewards and of block revenue", () => {
    for (const state of [{}, { version: 1, size: VOTE_SIZE }, { version: 2 }] as VoteState[]) {
      w.set(state);
      w.run(updateCollector(collector(other)));
      w.run(updateCollector(collector(node), 1));
      w.run(updateCollector(collector(vote), 1));
      w.run(updateCollector(collector(vote)));
    }
  });
  it("needs a wallet that is rent-exempt and not reserved, and the withdrawer's signature", () => {
    w.set();
    w.run(updateCollector(collector(other).slice(0, 2)), failed("MissingAccount"));
    const [a, b] = collector(other);
    w.run(updateCollector([a!, b!, [voter, "rs"]]), failed("MissingRequiredSignature"));
    w.run(updateCollector(collector(other, "r")), failed("InvalidArgument"));
    w.run(updateCollector(collector(CLOCK)), failed("InvalidAccountOwner"));
    w.c.setAccount(node, { lamports: rent(10) - 1n, data: new Uint8Array(10) });
    w.run(updateCollector(collector(node)), failed("InsufficientFunds"));
    w.c.setAccount(node, { lamports: rent(10), data: new Uint8Array(10) });
    w.run(updateCollector(collector(node)));
    w.run(updateCollector(collector(other), 2), failed("InvalidInstructionData"));
    w.set(new Uint8Array(VOTE_SIZE));
    w.run(updateCollector(collector(other, "r")), failed("InvalidAccountData"));
  });
});

describe("Withdraw", () => {
  it("takes what is not needed for the rent", () => {
    w.set({}, 10n * SOL);
    w.run(withdraw(0n));
    w.run(withdraw(10n * SOL - rent(VOTE_SIZE) + 1n), failed("InsufficientFunds"));
    w.run(withdraw(10n * SOL - rent(VOTE_SIZE)));
    w.run(withdraw(rent(VOTE_SIZE) + 1n), failed("InsufficientFunds"));
    expect(w.c.lamports(vote)).toBe(rent(VOTE_SIZE));
  });
  it("closes an account that earns no credits any more", () => {
    w.set({}, SOL);
    w.run(withdraw(SOL));
    expect(w.c.account(vote)).toBeNull();
    w.c.skip(5 * EPOCH);
    const epoch = BigInt(Math.floor(w.c.currentSlot() / EPOCH));
    for (const [last, error] of [
      [epoch + 3n, { Custom: 18 }],
      [epoch, { Custom: 18 }],
      [epoch - 1n, { Custom: 18 }],
      [epoch - 2n, null],
    ] as const) {
      w.set({ credits: [[last, 9n, 0n]] }, SOL);
      w.run(withdraw(SOL), error && failed(error));
    }
  });
  it("leaves a closed account without a state, for those that put lamports in within the same transaction", () => {
    w.set({}, SOL);
    w.run([withdraw(SOL), move(payer, vote, SOL)]);
    expect(w.data()).toEqual(new Uint8Array(VOTE_SIZE));
    w.run(withdraw(1n), failed("InvalidAccountData"));
  });
  it("keeps what the delegators are to get", () => {
    w.set({ pending: 5n }, SOL);
    w.run(withdraw(SOL), failed("InsufficientFunds"));
    w.run(withdraw(SOL - rent(VOTE_SIZE)), failed("InsufficientFunds"));
    w.run(withdraw(SOL - rent(VOTE_SIZE) - 5n));
    w.set({ pending: 2n ** 64n - 1n }, SOL);
    w.run(withdraw(1n), failed("ArithmeticOverflow"));
  });
  it("is the withdrawer's, and checks its accounts", () => {
    w.set({}, SOL);
    w.run(withdraw(1n, other, voter), failed("MissingRequiredSignature"));
    w.run(voteIx([[vote, "w"]], [...u32(3), ...u64(1n)]), failed("MissingAccount"));
    w.run(withdraw(1n, vote));
    const readonly = (a: string, b: string) =>
      voteIx(
        [
          [vote, a],
          [other, b],
          [withdrawer, "rs"],
        ],
        [...u32(3), ...u64(1n)],
      );
    w.run(readonly("r", "w"), failed("ReadonlyLamportChange"));
    w.run(readonly("w", "r"), failed("ReadonlyLamportChange"));
    const all = voteIx(
      [
        [vote, "r"],
        [other, "w"],
        [withdrawer, "rs"],
      ],
      [...u32(3), ...u64(SOL)],
    );
    w.run(all, failed("ReadonlyDataModified"));
    w.c.setAccount(other, { lamports: 2n ** 64n - 5n });
    w.run(withdraw(SOL - rent(VOTE_SIZE)), failed("ArithmeticOverflow"));
  });
});
