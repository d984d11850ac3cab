/** Buffers of the upgradeable loader on Agave's runtime and on ours: every instruction that takes one, every way it is refused. */
import { beforeEach, describe, expect, it } from "vitest";
import { instruction, type keyBytes, SYSTEM } from "./harness.ts";
import { type Accounts, u32, u64 } from "./harness-system.ts";
import {
  authority,
  BUFFER_METADATA,
  buffer,
  bufferData,
  close,
  failed,
  initializeBuffer,
  instead,
  LOADER,
  LOADER_V1,
  LOADER_V2,
  LoaderWorld,
  loader,
  other,
  payer,
  program,
  programData,
  programdata,
  programdataData,
  rent,
  setAuthority,
  setAuthorityChecked,
  spill,
  UNITS,
  write,
} from "./loader-fixture.ts";

let w: LoaderWorld;
beforeEach(async () => {
  w = await LoaderWorld.create();
});
const data = (key: Parameters<typeof keyBytes>[0]) => w.c.account(key)?.data;

describe("an instruction", () => {
  it("costs 2,370 compute units whatever becomes of it", () => {
    w.setBuffer();
    const good = w.run(write(writeAccounts, 0, [1, 2, 3]), null);
    expect(good.ours.computeUnits).toBe(UNITS);
    expect(w.run(loader([], u32(99)), failed("InvalidInstructionData")).ours.computeUnits).toBe(UNITS);
  });
  it.each([
    ["no bytes", []],
    ["three bytes", [0, 0, 0]],
    ["number 8", u32(8)],
    ["number 9 with a field", [...u32(9), ...u32(20_000)]],
    ["number 10", u32(10)],
    ["a write without its length", [...u32(1), ...u32(0)]],
    ["a write with fewer bytes than it says", [...u32(1), ...u32(0), ...u64(4n), 1, 2, 3]],
    ["a write that says 2^63 bytes", [...u32(1), ...u32(0), ...u64(2n ** 63n), 1]],
    ["a deployment without its length", [...u32(2), 1, 2, 3]],
    ["an extension without its length", [...u32(6), 1, 2]],
  ] as [string, number[]][])("of %s is refused", (_, bytes) => {
    w.setBuffer();
    w.run(loader(writeAccounts, bytes), failed("InvalidInstructionData"));
  });
  it("ignores bytes behind its fields", () => {
    w.setBuffer();
    const bytes = [...u32(1), ...u32(0), ...u64(1n), 7, 8, 9];
    w.run(loader(writeAccounts, bytes), null);
    expect(data(buffer)?.[BUFFER_METADATA]).toBe(7);
  });
  it("to loaders v1 and v2 is refused: they deploy nothing more", () => {
    const accounts: Accounts = [[authority, "rs"]];
    expect(w.run(instruction(LOADER_V1, accounts, u32(0)), failed("UnsupportedProgramId")).ours.computeUnits).toBe(
      1140,
    );
    expect(w.run(instruction(LOADER_V2, accounts, u32(1)), failed("UnsupportedProgramId")).ours.computeUnits).toBe(570);
  });
  it("to loader v4 finds no program", () => {
    w.run(instruction("LoaderV411111111111111111111111111111111111", [], u32(0)), "ProgramAccountNotFound");
  });
});

describe("InitializeBuffer", () => {
  const accounts: Accounts = [
    [buffer, "w"],
    [authority, "r"],
  ];
  it("makes a new account a buffer of the authority, with its program zero", () => {
    w.run(w.createBuffer(100), null);
    expect(data(buffer)).toEqual(bufferData(authority, new Uint8Array(100)));
  });
  it.each([
    ["without an authority", [[buffer, "w"]], "MissingAccount"],
    ["without accounts", [], "MissingAccount"],
    [
      "a read-only account",
      [
        [buffer, "r"],
        [authority, "r"],
      ],
      "ReadonlyDataModified",
    ],
  ] as [string, Accounts, string][])("refuses %s", (_, changed, error) => {
    w.set(buffer, new Uint8Array(BUFFER_METADATA));
    w.run(initializeBuffer(changed), failed(error));
  });
  it.each([
    ["a buffer", bufferData(authority), LOADER, "AccountAlreadyInitialized"],
    ["a program", programData(programdata), LOADER, "AccountAlreadyInitialized"],
    ["programdata", programdataData(1, null), LOADER, "AccountAlreadyInitialized"],
    ["36 bytes", new Uint8Array(36), LOADER, "AccountDataTooSmall"],
    ["4 bytes", new Uint8Array(4), LOADER, "AccountDataTooSmall"],
    ["3 bytes", new Uint8Array(3), LOADER, "InvalidAccountData"],
    ["no bytes", new Uint8Array(0), LOADER, "InvalidAccountData"],
    ["an unknown state", Uint8Array.from(u32(4)), LOADER, "InvalidAccountData"],
    ["an account of another program", new Uint8Array(37), SYSTEM, "ExternalAccountDataModified"],
  ] as [string, Uint8Array, string, string][])("refuses %s", (_, bytes, owner, error) => {
    w.set(buffer, bytes, rent(bytes.length), owner);
    w.run(initializeBuffer(accounts), failed(error));
  });
});

const writeAccounts: Accounts = [
  [buffer, "w"],
  [authority, "rs"],
];

describe("Write", () => {
  it("puts bytes at its place, many in any order", () => {
    w.run(w.createBuffer(2_304), null);
    const order = [2, 0, 1];
    for (const part of order) {
      w.run(write(writeAccounts, part * 900, w.memo.slice(part * 900, (part + 1) * 900)), null);
    }
    expect(data(buffer)).toEqual(bufferData(authority, w.memo));
  });
  it("writes nothing, also at the end", () => {
    w.setBuffer([1, 2, 3]);
    w.run(write(writeAccounts, 0, []), null);
    w.run(write(writeAccounts, 3, []), null);
    expect(data(buffer)).toEqual(bufferData(authority, [1, 2, 3]));
  });
  it("undoes the writes of a transaction that fails", () => {
    w.setBuffer([1, 2, 3]);
    w.run([write(writeAccounts, 0, [9, 9]), write(writeAccounts, 2, [9, 9])], failed("AccountDataTooSmall", 1));
    expect(data(buffer)).toEqual(bufferData(authority, [1, 2, 3]));
  });
  it.each([
    ["beyond the end", 2, [1, 2]],
    ["from behind the end", 4, []],
    ["from the end of all numbers", 2 ** 32 - 1, [1]],
  ] as [string, number, number[]][])("refuses to write %s", (_, offset, bytes) => {
    w.setBuffer([1, 2, 3]);
    w.run(write(writeAccounts, offset, bytes), failed("AccountDataTooSmall"));
  });
  it.each([
    ["without an authority", [[buffer, "w"]], "MissingAccount"],
    [
      "the wrong authority",
      [
        [buffer, "w"],
        [other, "rs"],
      ],
      "IncorrectAuthority",
    ],
    [
      "no signature",
      [
        [buffer, "w"],
        [authority, "r"],
      ],
      "MissingRequiredSignature",
    ],
    [
      "a read-only buffer",
      [
        [buffer, "r"],
        [authority, "rs"],
      ],
      "ReadonlyDataModified",
    ],
  ] as [string, Accounts, string][])("refuses %s", (_, accounts, error) => {
    w.setBuffer([1, 2, 3]);
    w.run(write(accounts, 0, [1]), failed(error));
  });
  it.each([
    ["what is not initialized", new Uint8Array(40), LOADER, "InvalidAccountData"],
    ["a program", programData(programdata), LOADER, "InvalidAccountData"],
    ["programdata", programdataData(1, authority, [1]), LOADER, "InvalidAccountData"],
    ["an immutable buffer", bufferData(null, [1, 2]), LOADER, "Immutable"],
    ["an immutable buffer of 5 bytes", Uint8Array.from([...u32(1), 0]), LOADER, "Immutable"],
    ["a buffer cut short", bufferData(authority).slice(0, 36), LOADER, "InvalidAccountData"],
    [
      "an authority that is neither there nor not",
      Uint8Array.from([...u32(1), 2, ...new Uint8Array(40)]),
      LOADER,
      "InvalidAccountData",
    ],
    ["a buffer of another program", bufferData(authority, [1, 2]), SYSTEM, "ExternalAccountDataModified"],
  ] as [string, Uint8Array, string, string][])("refuses %s", (_, bytes, owner, error) => {
    w.set(buffer, bytes, rent(bytes.length), owner);
    w.run(write(writeAccounts, 0, [1]), failed(error));
  });
});

describe("the authority of a buffer", () => {
  const accounts: Accounts = [
    [buffer, "w"],
    [authority, "rs"],
    [other, "r"],
  ];
  const both = instead(accounts, { 2: [other, "rs"] });
  it("is changed by SetAuthority, without the new one's signature", () => {
    w.setBuffer([1]);
    w.run(setAuthority(accounts), null);
    expect(data(buffer)).toEqual(bufferData(other, [1]));
  });
  it("is changed by SetAuthorityChecked with both signatures", () => {
    w.setBuffer([1]);
    w.run(setAuthorityChecked(both), null);
    expect(data(buffer)).toEqual(bufferData(other, [1]));
  });
  it("may be set to what it is", () => {
    w.setBuffer([1]);
    w.run(setAuthorityChecked(instead(accounts, { 2: [authority, "rs"] })), null);
  });
  it.each([
    ["the new authority missing", setAuthority(accounts.slice(0, 2)), "IncorrectAuthority"],
    ["the present authority missing", setAuthority(accounts.slice(0, 1)), "MissingAccount"],
    ["the wrong authority", setAuthority(instead(accounts, { 1: [other, "rs"] })), "IncorrectAuthority"],
    ["no signature", setAuthority(instead(accounts, { 1: [authority, "r"] })), "MissingRequiredSignature"],
    ["a read-only buffer", setAuthority(instead(accounts, { 0: [buffer, "r"] })), "ReadonlyDataModified"],
    ["the new authority missing, checked", setAuthorityChecked(accounts.slice(0, 2)), "MissingAccount"],
    ["the wrong authority, checked", setAuthorityChecked(instead(both, { 1: [other, "rs"] })), "IncorrectAuthority"],
    ["no signature, checked", setAuthorityChecked(instead(both, { 1: [authority, "r"] })), "MissingRequiredSignature"],
    ["no new signature, checked", setAuthorityChecked(accounts), "MissingRequiredSignature"],
    ["a read-only buffer, checked", setAuthorityChecked(instead(both, { 0: [buffer, "r"] })), "ReadonlyDataModified"],
  ] as [string, ReturnType<typeof loader>, string][])("stays with %s", (_, ix, error) => {
    w.setBuffer([1]);
    w.run(ix, failed(error));
  });
  it.each([
    ["an immutable buffer", bufferData(null, [1]), "Immutable"],
    ["what is not initialized", new Uint8Array(37), "InvalidArgument"],
    ["a program", programData(programdata), "InvalidArgument"],
    ["no bytes", new Uint8Array(0), "InvalidAccountData"],
  ] as [string, Uint8Array, string][])("is not set on %s", (_, bytes, error) => {
    w.set(buffer, bytes);
    w.run(setAuthority(accounts), failed(error));
    w.run(setAuthorityChecked(both), failed(error));
  });
});

describe("Close", () => {
  const accounts: Accounts = [
    [buffer, "w"],
    [spill, "w"],
    [authority, "rs"],
  ];
  it("of a buffer gives its lamports to the recipient", () => {
    w.setBuffer();
    w.run(close(accounts), null);
    expect(w.c.account(buffer)).toBeNull();
    expect(w.c.lamports(spill)).toBe(rent(BUFFER_METADATA + 2_304));
  });
  it("of what was never initialized needs no authority", () => {
    w.set(buffer, new Uint8Array(500));
    w.run(close(accounts.slice(0, 2)), null);
    expect(w.c.account(buffer)).toBeNull();
  });
  it("gives to the payer, to the authority", () => {
    w.setBuffer();
    w.run(close(instead(accounts, { 1: [payer, "w"] })), null);
    w.setBuffer();
    w.run(close(instead(accounts, { 1: [authority, "w"] })), null);
  });
  it("closes twice in a transaction: the second finds 4 bytes that are not initialized", () => {
    w.setBuffer();
    w.run([close(accounts), close(accounts)], null);
  });
  it.each([
    ["a recipient that is the buffer", instead(accounts, { 1: [buffer, "w"] }), "InvalidArgument"],
    ["no recipient", accounts.slice(0, 1), "MissingAccount"],
    ["no authority", accounts.slice(0, 2), "MissingAccount"],
    ["the wrong authority", instead(accounts, { 2: [other, "rs"] }), "IncorrectAuthority"],
    ["no signature", instead(accounts, { 2: [authority, "r"] }), "MissingRequiredSignature"],
    ["a read-only buffer", instead(accounts, { 0: [buffer, "r"] }), "ReadonlyDataModified"],
    ["a read-only recipient", instead(accounts, { 1: [spill, "r"] }), "ReadonlyLamportChange"],
  ] as [string, Accounts, string][])("refuses %s", (_, changed, error) => {
    w.setBuffer();
    w.run(close(changed), failed(error));
  });
  it.each([
    ["an immutable buffer", bufferData(null, [1]), LOADER, "Immutable"],
    ["a program", programData(programdata), LOADER, "InvalidArgument"],
    ["no bytes", new Uint8Array(0), LOADER, "InvalidAccountData"],
    ["a buffer of another program", bufferData(authority), SYSTEM, "ExternalAccountDataModified"],
    ["4 bytes of another program", new Uint8Array(4), SYSTEM, "ExternalAccountDataModified"],
  ] as [string, Uint8Array, string, string][])("refuses %s", (_, bytes, owner, error) => {
    w.set(buffer, bytes, rent(bytes.length), owner);
    w.run(close(accounts), failed(error));
  });
  it("refuses a read-only buffer of another program as read-only", () => {
    w.set(buffer, bufferData(authority), rent(BUFFER_METADATA), SYSTEM);
    w.run(close(instead(accounts, { 0: [buffer, "r"] })), failed("ReadonlyDataModified"));
  });
  it("refuses a recipient that would have too much", () => {
    w.setBuffer();
    w.c.setAccount(spill, { lamports: 2n ** 64n - 1n });
    w.run(close(accounts), failed("ArithmeticOverflow"));
  });
  it("of a program is not done through its program account", () => {
    w.setProgram();
    w.run(close(instead(accounts, { 0: [program, "w"] })), failed("InvalidArgument"));
  });
});
