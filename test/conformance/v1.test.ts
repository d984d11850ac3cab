/** Version 1 transactions (SIMD-0385) on Agave's runtime and on ours: every field of the format, and what its config limits. */
import { createHash } from "node:crypto";
import { getBase58Decoder, getBase58Encoder } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, keyBytes, SYSTEM, type TransactionInput, testKey } from "./harness.ts";
import { type RawV1, rawV1 } from "./harness-message.ts";
import { advanceNonce, move, RECENT_BLOCKHASHES, u32, u64, withdrawNonce } from "./harness-system.ts";
import { v1Config } from "./random-wire.ts";

const payer = testKey(1);
const to = testKey(3);
const SOL = 10n ** 9n;
const BUDGET = "ComputeBudget111111111111111111111111111111";
const AMPLE = v1Config({ units: 100_000, loaded: 1 << 20 });
const pay = (amount = SOL) => move(payer, to, amount);
const TRANSFER = { program: 2, accounts: [0, 1], data: [2, 0, 0, 0, ...u64(SOL)] };

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 100n * SOL);
});

const run = (config: TransactionInput["config"], error: TransactionErrorJson | null, instructions = [pay()]) =>
  c.expect(c.transaction({ payer, instructions, version: 1, config: config! }), error);
/** Any bytes of a config, and of the rest. */
const raw = (given: Partial<RawV1>, error: TransactionErrorJson | null) =>
  c.expect(
    rawV1({
      header: [1, 0, 1],
      keys: [payer, to, SYSTEM],
      blockhash: c.latestBlockhash(),
      instructions: [TRANSFER],
      ...AMPLE,
      ...given,
    }),
    error,
  );
const paid = (): bigint => 100n * SOL - c.lamports(payer);

describe("config", () => {
  it("a transfer", () => {
    const { ours } = run({ computeUnitLimit: 1_000, loadedAccountsDataSizeLimit: 10_000 }, null);
    expect([ours.computeUnits, ours.fee, ours.loadedAccountsDataSize]).toEqual([150, 5_000n, 149]);
    expect(paid()).toBe(SOL + 5_000n);
  });
  it("nothing given is nothing to use: no loaded data, no units", () => {
    run({}, "MaxLoadedAccountsDataSizeExceeded");
    expect(paid()).toBe(5_000n);
    raw(v1Config({ loaded: 1 << 20 }), { InstructionError: [0, "ComputationalBudgetExceeded"] });
    raw(v1Config({ units: 0, loaded: 1 << 20 }), { InstructionError: [0, "ComputationalBudgetExceeded"] });
    raw(v1Config({ units: 1_000, loaded: 0 }), "MaxLoadedAccountsDataSizeExceeded");
  });
  it("units and loaded data to the last one", () => {
    raw(v1Config({ units: 150, loaded: 149 }), null);
    raw(v1Config({ units: 149, loaded: 1_000 }), { InstructionError: [0, "ComputationalBudgetExceeded"] });
    raw(v1Config({ units: 150, loaded: 212 }), "MaxLoadedAccountsDataSizeExceeded"); // the receiver exists now
    raw(v1Config({ units: 150, loaded: 213 }), null);
  });
  it("more than the maximum is the maximum", () => {
    const { ours } = raw(v1Config({ units: 0xffff_ffff, loaded: 0xffff_ffff }), null);
    expect(ours.computeUnits).toBe(150);
  });
  it("the priority fee is what it says, to the lamport, whatever the units", () => {
    raw(v1Config({ priorityFee: 77n, units: 1_000, loaded: 1_000 }), null);
    expect(paid()).toBe(SOL + 5_077n);
    raw(v1Config({ priorityFee: 2n ** 64n - 1n, units: 1_000, loaded: 1_000 }), "InsufficientFundsForFee");
    raw(v1Config({ priorityFee: 2n ** 33n, units: 0, loaded: 1_000 }), {
      InstructionError: [0, "ComputationalBudgetExceeded"],
    });
    expect(paid()).toBe(SOL + 5_077n + 5_000n + 2n ** 33n);
  });
  it.each([32 * 1024, 33 * 1024, 256 * 1024])("heap of %i bytes", (heap) => {
    raw(v1Config({ units: 1_000, loaded: 1_000, heap }), null);
  });
  it.each([0, 1, 31 * 1024, 32 * 1024 + 1, 257 * 1024, 0xffff_fc00])("no heap of %i bytes", (heap) => {
    raw(v1Config({ units: 1_000, loaded: 1_000, heap }), "SanitizeFailure");
    expect(paid()).toBe(0n);
  });
});

describe("compute budget instructions", () => {
  const budget = (data: number[]) => instruction(BUDGET, [], data);
  const ample = { computeUnitLimit: 1_000, loadedAccountsDataSizeLimit: 10_000 };
  it.each([
    ["a limit", [2, ...u32(1)]],
    ["a price", [3, ...u64(10n ** 12n)]],
    ["a heap", [1, ...u32(7)]],
    ["loaded data", [4, ...u32(0)]],
    ["nonsense", [9, 9]],
    ["nothing", []],
  ] as [string, number[]][])("say nothing but take 150 units: %s", (_, data) => {
    const { ours } = run(ample, null, [budget(data), pay()]);
    expect([ours.computeUnits, ours.fee]).toEqual([300, 5_000n]);
  });
  it("twice", () => void run(ample, null, [budget([2, ...u32(1)]), budget([2, ...u32(1)]), pay()]));
});

describe("what is no version 1 transaction", () => {
  const sanitize = (given: Partial<RawV1>) => raw(given, "SanitizeFailure");
  it("header", () => {
    sanitize({ header: [1, 1, 1] });
    sanitize({ header: [1, 0, 3] });
    sanitize({ header: [0, 0, 1] });
    sanitize({ header: [4, 0, 0] });
  });
  it("13 signers", () => {
    const many = (n: number) => ({
      header: [n, 0, 1] as const,
      keys: [payer, to, SYSTEM, ...Array.from({ length: n - 2 }, (_, i) => testKey(100 + i))].sort((a, b) =>
        a === SYSTEM ? 1 : b === SYSTEM ? -1 : 0,
      ),
      instructions: [{ ...TRANSFER, program: n }],
    });
    raw(many(12), null);
    sanitize(many(13));
  });
  it("an address twice, and a 65th", () => {
    sanitize({ keys: [payer, payer, SYSTEM] });
    const keys = (n: number) => [payer, to, ...Array.from({ length: n - 3 }, (_, i) => testKey(100 + i)), SYSTEM];
    raw({ keys: keys(64), instructions: [{ ...TRANSFER, program: 63 }] }, null);
    sanitize({ keys: keys(65), instructions: [{ ...TRANSFER, program: 64 }] });
  });
  it("program and accounts of an instruction", () => {
    sanitize({ instructions: [{ ...TRANSFER, program: 0 }] });
    sanitize({ instructions: [{ ...TRANSFER, program: 3 }] });
    sanitize({ instructions: [{ ...TRANSFER, accounts: [0, 3] }] });
  });
  it("65 instructions; 64, and none at all, are fine", () => {
    raw({ instructions: [] }, null);
    const small = { program: 2, accounts: [0, 1], data: [2, 0, 0, 0, ...u64(1n)] };
    c.fund(to, SOL);
    raw({ instructions: new Array(64).fill(small) }, null);
    sanitize({ instructions: new Array(65).fill(small) });
  });
  it("255 accounts in an instruction", () => {
    raw({ instructions: [{ ...TRANSFER, accounts: [0, 1, ...new Array(253).fill(0)] }] }, null);
  });
});

describe("a durable nonce", () => {
  const nonce = testKey(2);
  const authority = testKey(4);
  const other = testKey(5);
  const STORED = new Uint8Array(32).fill(9);
  const state = (version = 1): Uint8Array =>
    Uint8Array.from([...u32(version), ...u32(1), ...keyBytes(authority), ...STORED, ...u64(5_000n)]);
  const advance = (by = authority, role = "w") =>
    advanceNonce([
      [nonce, role],
      [RECENT_BLOCKHASHES, "r"],
      [by, "rs"],
    ]);
  const data = (): Uint8Array => c.account(nonce)!.data;
  const value = (): string => getBase58Decoder().decode(data().slice(40, 72));
  const config = { computeUnitLimit: 1_000, loadedAccountsDataSizeLimit: 10_000, priorityFeeLamports: 77n };
  const withNonce = (
    instructions: TransactionInput["instructions"],
    error: TransactionErrorJson | null,
    { blockhash = value(), ...more }: Partial<TransactionInput> = {},
  ) => c.expect(c.transaction({ payer, instructions, version: 1, config, blockhash, ...more }), error);
  /** The nonce is derived from this slot's blockhash, and says what a signature costs. */
  const expectAdvanced = (): void => {
    const newest = new Uint8Array(getBase58Encoder().encode(c.latestBlockhash()));
    expect(data().slice(40, 72)).toEqual(
      new Uint8Array(createHash("sha256").update("DURABLE_NONCE").update(newest).digest()),
    );
    expect(data().slice(72, 80)).toEqual(Uint8Array.from(u64(5_000n)));
  };

  beforeEach(() => {
    c.setAccount(nonce, { lamports: SOL, data: state() });
    c.fund(authority, SOL);
  });

  it("stands for the blockhash, once, and advances", () => {
    const blockhash = value();
    const { ours } = withNonce([advance(), pay()], null);
    expect([ours.fee, ours.computeUnits]).toEqual([10_077n, 300]);
    expect(paid()).toBe(SOL + 10_077n);
    expectAdvanced();
    withNonce([advance(), pay()], "BlockhashNotFound", { blockhash });
    // Nor the value of this very slot.
    withNonce([advance(), pay()], "BlockhashNotFound");
    expect(paid()).toBe(SOL + 10_077n);
    c.advance();
    withNonce([advance(), pay()], null);
    expectAdvanced();
  });
  it("advances and takes the fee where an instruction fails, and nothing else of it stays", () => {
    withNonce(
      [
        advance(),
        withdrawNonce(
          [
            [nonce, "w"],
            [to, "w"],
            [RECENT_BLOCKHASHES, "r"],
            ["SysvarRent111111111111111111111111111111111", "r"],
            [authority, "rs"],
          ],
          1_000n,
        ),
        pay(1_000n * SOL),
      ],
      { InstructionError: [2, { Custom: 1 }] },
    );
    expect(paid()).toBe(10_077n);
    expect(c.lamports(nonce)).toBe(SOL);
    expectAdvanced();
  });
  it("advances and takes the fee where the units end in the advance itself", () => {
    const short = { ...config, computeUnitLimit: 100 };
    withNonce([advance(), pay()], { InstructionError: [0, "ComputationalBudgetExceeded"] }, { config: short });
    expect(paid()).toBe(10_077n);
    expectAdvanced();
  });
  it("advances and takes the fee where nothing can be loaded", () => {
    withNonce([advance(), instruction(testKey(77), [], [])], "ProgramAccountNotFound");
    expect(paid()).toBe(10_077n);
    expectAdvanced();
    c.advance();
    const small = { ...config, loadedAccountsDataSizeLimit: 200 };
    withNonce([advance(), pay()], "MaxLoadedAccountsDataSizeExceeded", { config: small });
    expect(paid()).toBe(2n * 10_077n);
    expectAdvanced();
  });
  it("stays, and costs nothing, where the payer cannot pay", () => {
    const blockhash = value();
    withNonce([advance(), pay()], "InsufficientFundsForFee", {
      config: { ...config, priorityFeeLamports: 200n * SOL },
    });
    expect([paid(), value()]).toEqual([0n, blockhash]);
  });
  it("is no nonce behind another instruction, read-only, of another authority, of another program or of old", () => {
    const refused = "BlockhashNotFound";
    withNonce([pay(), advance()], refused);
    withNonce([advance(authority, "r"), pay()], refused);
    withNonce([advance(other), pay()], refused);
    withNonce([advance(), pay()], refused, { blockhash: getBase58Decoder().decode(new Uint8Array(32).fill(8)) });
    c.setAccount(nonce, { lamports: SOL, data: state(0) });
    withNonce([advance(), pay()], refused);
    c.setAccount(nonce, { lamports: SOL, data: state(), owner: other });
    withNonce([advance(), pay()], refused);
    c.setAccount(nonce, { lamports: 0n });
    withNonce([advance(), pay()], refused, { blockhash: getBase58Decoder().decode(STORED) });
    expect(paid()).toBe(0n);
  });
  it("that pays keeps its rent", () => {
    c.setAccount(nonce, {
      lamports: SOL,
      data: Uint8Array.from([...state().slice(0, 8), ...keyBytes(nonce), ...state().slice(40)]),
    });
    const own = advanceNonce([
      [nonce, "ws"],
      [RECENT_BLOCKHASHES, "r"],
    ]);
    withNonce([own], null, { payer: nonce });
    expect(c.lamports(nonce)).toBe(SOL - 5_077n);
    expectAdvanced();
  });
});

describe("what is larger than a packet", () => {
  const large = (program: string, data: number[], accounts: [string, string][], error: TransactionErrorJson | null) =>
    c.expect(
      c.transaction({
        payer,
        instructions: [instruction(program, accounts, data)],
        version: 1,
        config: { computeUnitLimit: 1_400_000, loadedAccountsDataSizeLimit: 64 << 20 },
      }),
      error,
    );
  it("a memo of 3,500 bytes", () => {
    const { ours } = large("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", new Array(3_500).fill(97), [], null);
    expect(ours.logs.join("\n")).toContain("a".repeat(1_000));
  });
  it.each([1_200, 1_216, 1_217, 3_000])(
    "a write of %i bytes to a buffer, as Agave's limit of instruction data has it",
    (size) => {
      const LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";
      const buffer = testKey(50);
      const data = new Uint8Array(37 + 4_000);
      data.set([1, 0, 0, 0, 1, ...keyBytes(payer)]);
      c.setAccount(buffer, { lamports: 100n * SOL, owner: LOADER, data });
      const write = [1, 0, 0, 0, ...u32(0), ...u64(BigInt(size)), ...new Array(size).fill(7)];
      const accounts: [string, string][] = [
        [buffer, "w"],
        [payer, "rs"],
      ];
      large(LOADER, write, accounts, size <= 1_216 ? null : { InstructionError: [0, "InvalidInstructionData"] });
    },
  );
  it("4,096 bytes run", () => {
    const base = rawV1({
      header: [1, 0, 1],
      keys: [payer, to, SYSTEM],
      blockhash: c.latestBlockhash(),
      instructions: [TRANSFER],
      ...AMPLE,
    });
    const data = [...TRANSFER.data, ...new Array(4096 - base.length).fill(1)];
    const { ours } = raw({ instructions: [{ ...TRANSFER, data }] }, null);
    expect(ours.landed).toBe(true);
  });
});
