/** What a call between programs checks, in both ABIs: sizes, seeds, rights, programs that cannot be called, what the caller changed. */
import type { Address } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { type Key, SYSTEM, testKey } from "./harness.ts";
import { u32, u64 } from "./harness-system.ts";
import { failed, LOADER, LOADER_V1, LOADER_V2 } from "./loader-fixture.ts";
import { type CallSpec, caller, places, poke, type Step, show } from "./sbpf-call.ts";
import { first, payer, SbpfWorld, second } from "./sbpf-fixture.ts";

const other = testKey(50);
const owned = testKey(51);
const unknown = testKey(99);
const [mine, theirs, data] = places([{ len: 0 }, { len: 0 }, { len: 100 }]) as [Place, Place, Place];
type Place = ReturnType<typeof places>[number];
const at = (place: Place, len = 0) => ({ ...place, len });

/** A transfer, and a call that hands the caller's own account on; both are good. */
const transfer: CallSpec = {
  program: SYSTEM,
  metas: [
    [payer, "ws"],
    [other, "w"],
  ],
  data: [...u32(2), ...u64(1_000_000_000n)],
  infos: [at(mine), at(theirs)],
};
const hand: CallSpec = { program: second, metas: [[owned, "w"]], infos: [at(data, 100)] };

type Case = readonly [name: string, step: Step, error: unknown, units: number, line?: string];
const STOPPED = "ProgramFailedToComplete";

async function check(abi: "c" | "rust", [, step, error, units, line]: Case, named: Key[]): Promise<void> {
  const w = await SbpfWorld.create();
  await w.program(first, caller([{ ...step, abi }]));
  await w.program(second, "entrypoint:\n mov64 r0, 0\n exit");
  w.c.setAccount(owned, { lamports: 10n ** 9n, owner: first, data: new Uint8Array(100).fill(3) });
  const expected = error === null ? null : failed(error);
  const accounts: [Key, string][] = [
    [payer, "ws"],
    [other, "w"],
    [owned, "w"],
    [SYSTEM, "r"],
    [payer, "ws"],
    [owned, "w"],
    [second, "r"],
    ...named.map((key): [Key, string] => [key, "r"]),
  ];
  const { ours } = w.call(first, accounts, [1, 2, 3], expected);
  expect(ours.computeUnits).toBe(units);
  if (line !== undefined) expect(ours.logs.slice(-3).map((text) => text.replace(first, "FIRST"))).toContain(line);
}

function table(cases: readonly Case[], named: Key[] = []): void {
  describe.each(["c", "rust"] as const)("in the %s ABI", (abi) => {
    it.each(cases.map((row) => [row[0], row] as const))("%s", (_name, row) => check(abi, row, named));
  });
}

describe("sizes", () => {
  table([
    ["within the limits", transfer, null, 1118],
    ["10,240 bytes of data", { ...transfer, dataLen: 10_240n }, null, 1158],
    [
      "one byte more",
      { ...transfer, dataLen: 10_241n },
      STOPPED,
      966,
      "Program FIRST failed: Invoked an instruction with data that is too large (10241 > 10240)",
    ],
    [
      "a length of data that no slice can have",
      { ...transfer, dataLen: 1n << 63n },
      STOPPED,
      966,
      "Program FIRST failed: InvalidLength",
    ],
    [
      "more data than there are",
      { ...transfer, dataLen: (1n << 63n) - 1n },
      STOPPED,
      966,
      "Program FIRST failed: Access violation reading 9223372036854775807 bytes at address 0x300000000 (in heap region)",
    ],
    [
      "256 accounts",
      { ...transfer, numMetas: 256n },
      STOPPED,
      966,
      "Program FIRST failed: Invoked an instruction with too many accounts (256 > 255)",
    ],
    [
      "a number of accounts that overflows",
      { ...transfer, numMetas: 2n ** 64n - 1n },
      STOPPED,
      966,
      "Program FIRST failed: InvalidLength",
    ],
    [
      "256 account infos",
      { ...transfer, numInfos: 256n },
      STOPPED,
      966,
      "Program FIRST failed: Invoked an instruction with too many account info's (256 > 255)",
    ],
    [
      "255 account infos, most of them empty: they are paid for first",
      { ...transfer, numInfos: 255n },
      STOPPED,
      1047,
      "Program FIRST failed: Access violation reading 32 bytes at address 0x0 (in unallocated region)",
    ],
    [
      "account infos that reach the input",
      { ...transfer, numInfos: 1n << 62n },
      STOPPED,
      966,
      "Program FIRST failed: Invalid pointer",
    ],
  ]);
});

describe("signer seeds", () => {
  const BAD = "Program FIRST failed: Could not create program address with signer seeds: ";
  table([
    ["16 seeds", { ...transfer, seeds: [new Array(16).fill([1])] }, null, 1118],
    ["17 seeds", { ...transfer, seeds: [new Array(17).fill([1])] }, "MaxSeedLengthExceeded", 966],
    ["17 signers", { ...transfer, numSeeds: 17n }, STOPPED, 966, "Program FIRST failed: Too many signers"],
    [
      "a number of signers that overflows",
      { ...transfer, numSeeds: 1n << 60n },
      STOPPED,
      966,
      "Program FIRST failed: InvalidLength",
    ],
    [
      "a seed of 33 bytes",
      { ...transfer, seeds: [[new Array(33).fill(1)]] },
      STOPPED,
      966,
      `${BAD}Length of the seed is too long for address generation`,
    ],
    [
      "seeds that lead to a point of the curve",
      { ...transfer, seeds: [1, 2, 3, 4, 5, 6].map((n) => [[n]]) },
      STOPPED,
      966,
      `${BAD}Provided seeds do not result in a valid address`,
    ],
  ]);
});

describe("accounts and rights", () => {
  table([
    ["an account named twice", { ...transfer, metas: [...transfer.metas!, [payer, "r"], [other, "r"]] }, null, 1118],
    ["a program's account", { ...transfer, metas: [...transfer.metas!, [SYSTEM, "r"]] }, null, 1118],
    [
      "an account that the transaction does not have",
      {
        ...transfer,
        metas: [
          [payer, "ws"],
          [unknown, "w"],
        ],
      },
      "MissingAccount",
      966,
      `Instruction references an unknown account ${unknown}`,
    ],
    [
      "a program that the transaction does not have",
      { ...transfer, program: unknown },
      "MissingAccount",
      966,
      `Unknown program ${unknown}`,
    ],
    [
      "an account without its info",
      { ...transfer, infos: [at(mine)] },
      "MissingAccount",
      966,
      `Instruction references an unknown account ${other}`,
    ],
    [
      "a signer that is none",
      {
        ...transfer,
        metas: [
          [payer, "ws"],
          [other, "ws"],
        ],
      },
      "PrivilegeEscalation",
      966,
      `${other}'s signer privilege escalated`,
    ],
    [
      "a read-only account as writable",
      {
        ...transfer,
        metas: [
          [payer, "ws"],
          [SYSTEM, "w"],
        ],
      },
      "PrivilegeEscalation",
      966,
      `${SYSTEM}'s writable privilege escalated`,
    ],
  ]);
});

describe("programs that cannot be called", () => {
  const refused = [
    "NativeLoader1111111111111111111111111111111",
    LOADER_V1,
    LOADER_V2,
    "Ed25519SigVerify111111111111111111111111111",
    "KeccakSecp256k11111111111111111111111111111",
    "Secp256r1SigVerify1111111111111111111111111",
  ].map((program) => ({ program: program as Address, data: [1] }));
  const loader = (n: number) => ({ program: LOADER, data: [n, 0, 0, 0] });
  const named = [...refused.map(({ program }) => program), LOADER];
  table(
    [...refused, { program: LOADER, data: [] }, ...[0, 1, 2, 6, 8, 9, 10].map(loader)].map(
      (call): Case => [
        `${call.program}, data ${call.data.join(" ")}`,
        { ...transfer, ...call },
        STOPPED,
        966,
        `Program FIRST failed: Program ${call.program} not supported by inner instructions`,
      ],
    ),
    named,
  );
  describe("but upgrade, set authority, close, set authority checked are carried out", () => {
    table(
      [
        ["upgrade", { ...transfer, ...loader(3) }, "MissingAccount", 3336],
        ["set authority", { ...transfer, ...loader(4) }, "InvalidAccountData", 3336],
        ["close", { ...transfer, ...loader(5) }, "InvalidAccountData", 3336],
        ["set authority checked", { ...transfer, ...loader(7) }, "MissingAccount", 3336],
      ],
      named,
    );
  });
});

describe("what the caller changed", () => {
  const length = (len: bigint | number): Step => ({ ...hand, before: (p) => poke(p.lengths[0]!, len) });
  table([
    ["nothing", hand, null, 970],
    ["data of its own account", { ...hand, before: poke(data.data, 77) }, null, 973],
    ["data of an account that is not part of the call", { ...transfer, before: poke(data.data, 5) }, null, 1121],
    [
      "data of its own account, which the callee only reads",
      { ...hand, metas: [[owned, "r"]], before: poke(data.data, 5), after: show(data.data) },
      null,
      1076,
    ],
    ["the length: grown", { ...length(200), after: show(data.dataLen) }, null, 1076],
    ["the length: grown by 10,240", { ...length(10_340), after: show(data.dataLen) }, null, 1117],
    ["the length: grown by more", length(10_341), "InvalidRealloc", 969],
    ["the length: far away", length(1n << 40n), "InvalidRealloc", 969],
    ["the length: shrunk", { ...length(50), after: show(data.dataLen) }, null, 1076],
    ["the length: nothing is left", { ...length(0), after: show(data.dataLen) }, null, 1076],
    ["the owner of an account with data", { ...hand, before: poke(data.owner, 5) }, "ModifiedProgramId", 969],
    ["lamports of its own account", { ...hand, before: poke(data.lamports, 5) }, "UnbalancedInstruction", 969],
    [
      "lamports given to another's account",
      { ...transfer, before: poke(theirs.lamports, 5) },
      "UnbalancedInstruction",
      969,
    ],
    [
      "lamports of another's account",
      { ...transfer, before: poke(mine.lamports, 5) },
      "ExternalAccountLamportSpend",
      969,
    ],
    [
      "the length of another's account",
      { ...transfer, before: (p) => poke(p.lengths[1]!, 5) },
      "ExternalAccountDataModified",
      969,
    ],
    ["the owner of another's account", { ...transfer, before: poke(theirs.owner, 5) }, "ModifiedProgramId", 969],
  ]);
});
