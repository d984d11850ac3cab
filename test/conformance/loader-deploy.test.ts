/** DeployWithMaxDataLen on Agave's runtime and on ours: what a deployment leaves, and every way it is refused. */
import { beforeEach, describe, expect, it } from "vitest";
import { SYSTEM, testKey } from "./harness.ts";
import { type Accounts, RENT, u32, u64 } from "./harness-system.ts";
import {
  authority,
  BUFFER_METADATA,
  buffer,
  bufferData,
  CLOCK,
  deploy,
  deployAccounts,
  failed,
  instead,
  LOADER,
  LoaderWorld,
  loader,
  other,
  PROGRAM_SIZE,
  PROGRAMDATA_METADATA,
  payer,
  program,
  programData,
  programdata,
  programdataData,
  rent,
  spill,
  UNITS,
} from "./loader-fixture.ts";

let w: LoaderWorld;
beforeEach(async () => {
  w = await LoaderWorld.create();
  w.setBuffer();
});
const MAX = 10 * 1024 * 1024;
const space = (length: number) => PROGRAMDATA_METADATA + length;

describe("DeployWithMaxDataLen", () => {
  it("leaves a program, programdata of this slot and an empty buffer account; the buffer pays", () => {
    const length = w.memo.length;
    const before = w.c.lamports(payer);
    const { ours } = w.run([w.createProgram(), deploy(deployAccounts, length)], null);
    expect(ours.computeUnits).toBe(150 + UNITS + 150);
    const made = w.c.account(program)!;
    expect([made.executable, made.lamports, made.data]).toEqual([true, rent(PROGRAM_SIZE), programData(programdata)]);
    const data = w.c.account(programdata)!;
    expect(data.data).toEqual(programdataData(w.c.currentSlot(), authority, w.memo));
    expect([data.executable, data.lamports]).toEqual([false, rent(space(length))]);
    expect(w.c.account(buffer)).toBeNull();
    // Two signatures of the payer and the program, one of the authority.
    const difference = rent(space(length)) + rent(PROGRAM_SIZE) - rent(BUFFER_METADATA + length);
    expect(w.c.lamports(payer)).toBe(before - difference - 15_000n);
  });
  it("leaves room for a longer program, as much as an account may have", () => {
    w.run([w.createProgram(), deploy(deployAccounts, 100_000)], null);
    expect(w.c.account(programdata)?.data.length).toBe(space(100_000));
    w.setBuffer();
    w.c.setAccount(program, { lamports: 0n });
    w.c.setAccount(programdata, { lamports: 0n });
    w.run([w.createProgram(), deploy(deployAccounts, MAX - PROGRAMDATA_METADATA)], null);
    expect(w.c.account(programdata)?.data.length).toBe(MAX);
  });
  it("pays the payer back what the buffer has too much", () => {
    w.set(buffer, bufferData(authority, w.memo), 5n * 10n ** 9n);
    w.run([w.createProgram(), deploy(deployAccounts, w.memo.length)], null);
  });
  it("takes the authority as payer", () => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.run(deploy(instead(deployAccounts, { 0: [authority, "ws"] }), w.memo.length), null);
  });
  it("takes a program account that is longer than it has to be", () => {
    w.set(program, new Uint8Array(50));
    w.run(deploy(deployAccounts, w.memo.length), null);
    expect(w.c.account(program)?.data.length).toBe(50);
  });
  it.each([
    ["a byte 0", [0]],
    ["a byte 1", [1]],
    ["a byte 2", [2]],
  ] as [string, number[]][])("with %s behind the length", (_, more) => {
    const bytes = [...u32(2), ...u64(BigInt(w.memo.length)), ...more];
    w.run([w.createProgram(), loader(deployAccounts, bytes)], null);
  });
  it.each([["another loader's program data", "programdata", [programdata, "r"], "PrivilegeEscalation"]] as [
    string,
    string,
    [string, string],
    string,
  ][])("refuses a read-only %s", (_, __, entry, error) => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.run(deploy(instead(deployAccounts, { 1: entry as never }), w.memo.length), failed(error));
  });
});

describe("a deployment is refused with", () => {
  const read = (n: number): Accounts => deployAccounts.slice(0, n);
  it.each([
    ["3 accounts", read(3), "MissingAccount"],
    ["4 accounts", read(4), "MissingAccount"],
    ["5 accounts", read(5), "MissingAccount"],
    ["7 accounts", read(7), "MissingAccount"],
    ["another account for rent", instead(deployAccounts, { 4: [CLOCK, "r"] }), "InvalidArgument"],
    ["another account for the clock", instead(deployAccounts, { 5: [RENT, "r"] }), "InvalidArgument"],
    ["the wrong authority", instead(deployAccounts, { 7: [other, "rs"] }), "IncorrectAuthority"],
    ["no signature of the authority", instead(deployAccounts, { 7: [authority, "r"] }), "MissingRequiredSignature"],
    ["programdata that is not derived", instead(deployAccounts, { 1: [spill, "w"] }), "InvalidArgument"],
    ["no signature of the payer", instead(deployAccounts, { 0: [other, "w"] }), "PrivilegeEscalation"],
    ["a read-only payer", instead(deployAccounts, { 0: [other, "rs"] }), "ReadonlyLamportChange"],
    ["a read-only buffer", instead(deployAccounts, { 3: [buffer, "r"] }), "InvalidArgument"],
    ["a read-only program", instead(deployAccounts, { 2: [program, "r"] }), "ReadonlyDataModified"],
    ["the buffer as payer", instead(deployAccounts, { 0: [buffer, "w"] }), "AccountBorrowFailed"],
    ["another account for System", instead(deployAccounts, { 6: [spill, "r"] }), "MissingAccount"],
  ] as [string, Accounts, string][])("%s", (_, accounts, error) => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.run(deploy(accounts, w.memo.length), failed(error));
  });
  it("the program as buffer", () => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.run(deploy(instead(deployAccounts, { 3: [program, "w"] }), 100), failed("InvalidArgument"));
  });
  it.each([
    ["a program of 35 bytes", new Uint8Array(35), LOADER, undefined, "AccountDataTooSmall"],
    ["a program of 3 bytes", new Uint8Array(3), LOADER, undefined, "InvalidAccountData"],
    ["a program that is one already", programData(programdata), LOADER, undefined, "AccountAlreadyInitialized"],
    ["a buffer as program", bufferData(authority), LOADER, undefined, "AccountAlreadyInitialized"],
    ["a program that is not rent-exempt", new Uint8Array(36), LOADER, rent(35), "ExecutableAccountNotRentExempt"],
    ["a program of another owner", new Uint8Array(36), SYSTEM, undefined, "ExternalAccountDataModified"],
  ] as [string, Uint8Array, string, bigint | undefined, string][])("%s", (_, bytes, owner, lamports, error) => {
    w.set(program, bytes, lamports ?? rent(bytes.length), owner);
    w.run(deploy(deployAccounts, w.memo.length), failed(error));
  });
  it.each([
    ["a buffer without a program", bufferData(authority), LOADER, "InvalidAccountData"],
    ["an immutable buffer", bufferData(null, [1]), LOADER, "IncorrectAuthority"],
    ["a buffer that is not initialized", new Uint8Array(100), LOADER, "InvalidArgument"],
    ["programdata as buffer", programdataData(1, authority, [1]), LOADER, "InvalidArgument"],
    ["no bytes in the buffer", new Uint8Array(0), LOADER, "InvalidAccountData"],
    ["a buffer of another program", bufferData(authority, [1]), SYSTEM, "IncorrectProgramId"],
  ] as [string, Uint8Array, string, string][])("%s", (_, bytes, owner, error) => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.set(buffer, bytes, rent(bytes.length), owner);
    w.run(deploy(deployAccounts, 5_000), failed(error));
  });
  it.each([
    ["less room than the program takes", 2_303, "AccountDataTooSmall"],
    ["no room", 0, "AccountDataTooSmall"],
    ["more room than an account may have", MAX - PROGRAMDATA_METADATA + 1, "InvalidArgument"],
    ["more room than there is", 2n ** 64n - 1n, "InvalidArgument"],
  ] as [string, number | bigint, string][])("%s", (_, room, error) => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.run(deploy(deployAccounts, room), failed(error));
  });
  it("programdata that exists", () => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.c.fund(programdata, rent(0));
    w.run(deploy(deployAccounts, w.memo.length), failed({ Custom: 0 }));
  });
  it("a payer who cannot pay", () => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    const poor = testKey(77);
    w.c.fund(poor, rent(0));
    w.run(deploy(instead(deployAccounts, { 0: [poor, "ws"] }), 1_000_000), failed({ Custom: 1 }));
  });
  it("a buffer without lamports to spare, the payer pays all", () => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.set(buffer, bufferData(authority, w.memo), 1n);
    w.run(deploy(deployAccounts, w.memo.length), null);
  });
  it("a payer that is another program's", () => {
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    const foreign = testKey(78);
    w.c.setAccount(foreign, { lamports: 10n ** 11n, owner: spill });
    w.run(
      deploy(instead(deployAccounts, { 0: [foreign, "ws"] }), w.memo.length),
      failed("ExternalAccountLamportSpend"),
    );
  });
});

describe("a program that is no program is refused, and nothing stays", () => {
  const bad = (): Record<string, Uint8Array> => {
    const changed = (at: number, value: number) => {
      const bytes = w.memo.slice();
      bytes[at] = value;
      return bytes;
    };
    return {
      "one byte": Uint8Array.of(127),
      "no ELF": new Uint8Array(500).fill(65),
      "half of one": w.memo.slice(0, 1_000),
      "another machine": changed(18, 62),
      "big-endian": changed(5, 2),
      "an entry point outside": changed(24, 255),
      "an unknown version": changed(48, 9),
    };
  };
  it.each([
    "one byte",
    "no ELF",
    "half of one",
    "another machine",
    "big-endian",
    "an entry point outside",
    "an unknown version",
  ])("%s", (name) => {
    const elf = bad()[name]!;
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    w.setBuffer(elf);
    w.run(deploy(deployAccounts, elf.length), failed("InvalidAccountData"));
    expect(w.c.account(buffer)?.data).toEqual(bufferData(authority, elf));
    expect(w.c.account(programdata)).toBeNull();
  });
});
