/** Compute budget on Agave's runtime and on ours: the instructions themselves, and what they limit. */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, testKey } from "./harness.ts";
import { move, u32, u64 } from "./harness-system.ts";

const payer = testKey(1);
const to = testKey(3);
const SOL = 10n ** 9n;
const budget = (data: number[], accounts: [string, string][] = []): Instruction =>
  instruction("ComputeBudget111111111111111111111111111111", accounts, data);
const units = (n: number): Instruction => budget([2, ...u32(n)]);
const pay = (): Instruction => move(payer, to, SOL);
const invalid = (index: number): TransactionErrorJson => ({ InstructionError: [index, "InvalidInstructionData"] });

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 100n * SOL);
});
const run = (instructions: Instruction[], error: TransactionErrorJson | null) =>
  c.expect(c.transaction({ payer, instructions }), error);

describe("compute budget", () => {
  it("an instruction costs 150 units", () => {
    expect(run([units(1_000), pay()], null).ours.computeUnits).toBe(300);
    expect(run([units(300), pay()], null).ours.computeUnits).toBe(300);
  });
  it("too few units", () => {
    run([units(299), pay()], { InstructionError: [1, "ComputationalBudgetExceeded"] });
    run([units(149), pay()], { InstructionError: [0, "ComputationalBudgetExceeded"] });
    run([units(0), pay()], { InstructionError: [0, "ComputationalBudgetExceeded"] });
  });
  it("more than the maximum is the maximum", () => run([units(0xffffffff), pay()], null));
  it.each([
    ["no data", []],
    ["unknown", [5]],
    ["the deprecated request", [0, ...u32(1), ...u32(1)]],
    ["units cut short", [2, 1, 2, 3]],
    ["price cut short", [3, 1, 2, 3, 4, 5, 6, 7]],
    ["heap of no multiple of 1,024", [1, ...u32(32 * 1024 + 1)]],
    ["heap too small", [1, ...u32(31 * 1024)]],
    ["heap too large", [1, ...u32(257 * 1024)]],
    ["size limit cut short", [4, 1, 2]],
  ] as [string, number[]][])("invalid: %s", (_, data) => {
    run([budget(data), pay()], invalid(0));
    run([pay(), budget(data)], invalid(1));
    expect(c.lamports(payer)).toBe(100n * SOL);
  });
  it("valid: heap, size limit, trailing bytes", () => {
    run([budget([1, ...u32(32 * 1024)]), budget([4, ...u32(1_000)]), budget([2, ...u32(1_000), 7, 7]), pay()], null);
    run([budget([1, ...u32(256 * 1024)]), budget([3, ...u64(0n)]), pay()], null);
  });
  it("accounts are no matter", () => run([budget([2, ...u32(1_000)], [[to, "w"]]), pay()], null));
  it("twice the same kind", () => {
    run([units(1_000), pay(), units(1_000)], { DuplicateInstruction: 2 });
    run([budget([3, ...u64(1n)]), budget([3, ...u64(1n)])], { DuplicateInstruction: 1 });
    run([budget([1, ...u32(32 * 1024)]), budget([1, ...u32(64 * 1024)])], { DuplicateInstruction: 1 });
    run([budget([4, ...u32(1_000)]), budget([4, ...u32(1_000)])], { DuplicateInstruction: 1 });
  });
  it("a wrong blockhash comes first", () => {
    const blockhash = testKey(99) as string;
    c.expect(c.transaction({ payer, instructions: [budget([]), pay()], blockhash }), "BlockhashNotFound");
  });
});

describe("limit of loaded account data", () => {
  const limit = (n: number): Instruction => budget([4, ...u32(n)]);
  it("of nothing", () => {
    run([limit(0), pay()], "InvalidLoadedAccountsDataSizeLimit");
    expect(c.lamports(payer)).toBe(100n * SOL);
  });
  // payer 64, System program 64 + 21, compute budget program 64 + 22; the receiver does not exist: 0
  it("to the byte", () => {
    expect(run([limit(235), pay()], null).ours.loadedAccountsDataSize).toBe(235);
    run([limit(298), pay()], "MaxLoadedAccountsDataSizeExceeded"); // the receiver exists now
    expect(run([limit(299), pay()], null).ours.loadedAccountsDataSize).toBe(299);
  });
  it("exceeded: the fee is paid", () => {
    run([limit(234), pay()], "MaxLoadedAccountsDataSizeExceeded");
    expect(c.lamports(payer)).toBe(100n * SOL - 5_000n);
  });
  it("counts data, of read-only accounts and sysvars too", () => {
    c.setAccount(to, { lamports: SOL, data: new Uint8Array(1_000) });
    run([limit(1_298), pay()], "MaxLoadedAccountsDataSizeExceeded");
    run([limit(1_299), pay()], null);
    const clock = "SysvarC1ock11111111111111111111111111111111";
    run([budget([4, ...u32(1_402)], [[clock, "r"]]), pay()], "MaxLoadedAccountsDataSizeExceeded");
    run([budget([4, ...u32(1_403)], [[clock, "r"]]), pay()], null);
    const instructions = "Sysvar1nstructions1111111111111111111111111";
    run([budget([4, ...u32(1_299)], [[instructions, "r"]]), pay()], null);
  });
});
