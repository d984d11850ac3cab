/** Upgrade, ExtendProgram and the authority of a program on Agave's runtime and on ours: success and every way they are refused. */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { SYSTEM, testKey } from "./harness.ts";
import { type Accounts, RENT } from "./harness-system.ts";
import {
  authority,
  buffer,
  bufferData,
  CLOCK,
  close,
  extend,
  extendAccounts,
  failed,
  instead,
  LOADER,
  LoaderWorld,
  other,
  PROGRAM_SIZE,
  PROGRAMDATA_METADATA,
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
  upgrade,
  upgradeAccounts,
} from "./loader-fixture.ts";

let w: LoaderWorld;
beforeEach(async () => {
  w = await LoaderWorld.create();
});
const data = (key: Parameters<typeof w.c.account>[0]) => w.c.account(key)?.data;
const zeros = (n: number) => new Uint8Array(n);

describe("Upgrade", () => {
  it("puts the new program, zeros behind it, this slot; what is left over goes to the spill account", () => {
    w.setProgram(w.memoV1);
    w.setBuffer(w.memo);
    const { ours } = w.run(upgrade(upgradeAccounts), null);
    expect(ours.computeUnits).toBe(UNITS);
    const bytes = [...w.memo, ...zeros(w.memoV1.length - w.memo.length)];
    expect(data(programdata)).toEqual(programdataData(w.c.currentSlot(), authority, bytes));
    expect(w.c.account(buffer)).toBeNull();
    expect(w.c.lamports(spill)).toBe(rent(37 + w.memo.length));
  });
  it("takes a program as long as there is room, not a byte more", () => {
    w.setProgram(w.memo, authority, 100);
    w.setBuffer([...w.memo, ...zeros(100)]);
    w.run(upgrade(upgradeAccounts), null);
    w.c.advance();
    w.setBuffer([...w.memo, ...zeros(101)]);
    w.run(upgrade(upgradeAccounts), failed("AccountDataTooSmall"));
  });
  it("takes from the buffer what programdata lacks", () => {
    w.setProgram(w.memo);
    w.set(programdata, programdataData(5, authority, w.memo), rent(PROGRAMDATA_METADATA + w.memo.length) - 1_000n);
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), null);
    expect(w.c.lamports(programdata)).toBe(rent(PROGRAMDATA_METADATA + w.memo.length));
  });
  it("is refused a second time in a slot, and in the slot of the deployment", () => {
    w.setProgram(w.memo);
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), null);
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), failed("InvalidArgument"));
    w.c.advance();
    w.run(upgrade(upgradeAccounts), null);
  });
  it.each([
    ["2 accounts", upgradeAccounts.slice(0, 2), "MissingAccount"],
    ["3 accounts", upgradeAccounts.slice(0, 3), "MissingAccount"],
    ["5 accounts", upgradeAccounts.slice(0, 5), "MissingAccount"],
    ["6 accounts", upgradeAccounts.slice(0, 6), "MissingAccount"],
    ["another account for rent", instead(upgradeAccounts, { 4: [CLOCK, "r"] }), "InvalidArgument"],
    ["another account for the clock", instead(upgradeAccounts, { 5: [RENT, "r"] }), "InvalidArgument"],
    ["the wrong authority", instead(upgradeAccounts, { 6: [other, "rs"] }), "IncorrectAuthority"],
    ["no signature", instead(upgradeAccounts, { 6: [authority, "r"] }), "MissingRequiredSignature"],
    ["a read-only program", instead(upgradeAccounts, { 1: [program, "r"] }), "InvalidArgument"],
    ["a read-only buffer", instead(upgradeAccounts, { 2: [buffer, "r"] }), "InvalidArgument"],
    ["read-only programdata", instead(upgradeAccounts, { 0: [programdata, "r"] }), "ReadonlyDataModified"],
    ["a read-only spill account", instead(upgradeAccounts, { 3: [spill, "r"] }), "ReadonlyLamportChange"],
    ["the buffer as spill account", instead(upgradeAccounts, { 3: [buffer, "w"] }), "AccountBorrowFailed"],
    ["programdata as spill account", instead(upgradeAccounts, { 3: [programdata, "w"] }), "AccountBorrowFailed"],
    ["programdata of another program", instead(upgradeAccounts, { 0: [other, "w"] }), "InvalidArgument"],
    ["programdata as program", instead(upgradeAccounts, { 1: [programdata, "w"] }), "InvalidAccountData"],
    ["the program as buffer", instead(upgradeAccounts, { 2: [program, "w"] }), "InvalidArgument"],
    ["programdata as buffer", instead(upgradeAccounts, { 2: [programdata, "w"] }), "InvalidArgument"],
  ] as [string, Accounts, string][])("is refused with %s", (_, accounts, error) => {
    w.setProgram(w.memoV1);
    w.setBuffer();
    w.run(upgrade(accounts), failed(error));
  });
  it.each([
    ["a buffer without a program", bufferData(authority), LOADER, "InvalidAccountData"],
    ["an immutable buffer", bufferData(null, [1]), LOADER, "IncorrectAuthority"],
    ["the buffer of somebody else", bufferData(other, [1]), LOADER, "IncorrectAuthority"],
    ["a buffer that is not initialized", zeros(100), LOADER, "InvalidArgument"],
    ["a buffer of another program", bufferData(authority, [1]), SYSTEM, "IncorrectProgramId"],
    ["an empty buffer account", zeros(0), LOADER, "InvalidAccountData"],
    ["what is no ELF", bufferData(authority, new Uint8Array(200).fill(1)), LOADER, "InvalidAccountData"],
  ] as [string, Uint8Array, string, string][])("is refused with %s", (_, bytes, owner, error) => {
    w.setProgram(w.memoV1);
    w.set(buffer, bytes, rent(bytes.length), owner);
    w.run(upgrade(upgradeAccounts), failed(error));
  });
  it("is refused with a program that runs but calls sol_alloc_free_: none such is deployed any more", () => {
    w.setProgram(w.memo, authority, 20_000);
    w.setBuffer(w.memoV1);
    w.run(upgrade(upgradeAccounts), failed("InvalidAccountData"));
  });
  it("is refused for a program that is immutable", () => {
    w.setProgram(w.memoV1, null);
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), failed("Immutable"));
  });
  it("is refused for a program of another authority, whose buffer it would be", () => {
    w.setProgram(w.memoV1, other);
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), failed("IncorrectAuthority"));
  });
  it("is refused where both together hold too little", () => {
    w.setProgram(w.memoV1);
    w.set(programdata, programdataData(5, authority, w.memoV1), 1_000_000n);
    w.set(buffer, bufferData(authority, w.memo), 1_000_000n);
    w.run(upgrade(upgradeAccounts), failed("InsufficientFunds"));
  });
  it.each([
    ["a program of another owner", program, programData(programdata), SYSTEM, "IncorrectProgramId"],
    ["a program that is a buffer", program, bufferData(authority), LOADER, "InvalidAccountData"],
    ["a program cut short", program, programData(programdata).slice(0, 35), LOADER, "InvalidAccountData"],
    ["programdata that is a buffer", programdata, bufferData(authority, zeros(18_000)), LOADER, "InvalidAccountData"],
  ] as [string, string, Uint8Array, string, string][])("is refused with %s", (_, key, bytes, owner, error) => {
    w.setProgram(w.memoV1);
    w.setBuffer();
    w.set(key, bytes, rent(bytes.length), owner);
    w.run(upgrade(upgradeAccounts), failed(error));
  });
});

describe("ExtendProgram", () => {
  const length = () => PROGRAMDATA_METADATA + w.memo.length;
  it("adds zeros, paid by the payer, and this slot", () => {
    w.setProgram();
    const before = w.c.lamports(payer);
    const { ours } = w.run(extend(extendAccounts, 10_240), null);
    expect(ours.computeUnits).toBe(UNITS + 150);
    expect(data(programdata)).toEqual(programdataData(w.c.currentSlot(), authority, [...w.memo, ...zeros(10_240)]));
    expect(w.c.lamports(payer)).toBe(before - 5_000n - 10_240n * 6_960n);
  });
  it("needs no payer where programdata can pay", () => {
    w.setProgram();
    w.set(programdata, programdataData(5, authority, w.memo), rent(length() + 20_000));
    expect(w.run(extend(extendAccounts.slice(0, 2), 20_000), null).ours.computeUnits).toBe(UNITS);
  });
  it("takes less than 10,240 bytes only up to the length an account may have", () => {
    const room = 10 * 1024 * 1024 - length();
    w.setProgram(w.memo, authority, room - 5_000);
    w.run(extend(extendAccounts, 4_999), failed("InvalidArgument"));
    w.run(extend(extendAccounts, 5_001), failed("InvalidRealloc"));
    w.run(extend(extendAccounts, 5_000), null);
    expect(data(programdata)?.length).toBe(10 * 1024 * 1024);
    w.c.advance();
    w.run(extend(extendAccounts, 1), failed("InvalidRealloc"));
  });
  it("is refused a second time in a slot, and with an upgrade in it", () => {
    w.setProgram();
    w.run(extend(extendAccounts, 10_240), null);
    w.run(extend(extendAccounts, 10_240), failed("InvalidArgument"));
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), failed("InvalidArgument"));
    w.c.advance();
    w.run(extend(extendAccounts, 10_240), null);
  });
  it.each([
    ["no bytes", extend(extendAccounts, 0), "InvalidInstructionData"],
    ["no bytes and no accounts", extend([], 0), "InvalidInstructionData"],
    ["too few bytes", extend(extendAccounts, 10_239), "InvalidArgument"],
    ["too many bytes", extend(extendAccounts, 2 ** 32 - 1), "InvalidRealloc"],
    ["no accounts", extend([], 10_240), "MissingAccount"],
    ["1 account", extend(extendAccounts.slice(0, 1), 10_240), "MissingAccount"],
    ["no payer", extend(extendAccounts.slice(0, 3), 10_240), "MissingAccount"],
    ["no signature of the payer", extend(instead(extendAccounts, { 3: [other, "w"] }), 10_240), "PrivilegeEscalation"],
    ["a read-only payer", extend(instead(extendAccounts, { 3: [other, "rs"] }), 10_240), "PrivilegeEscalation"],
    ["read-only programdata", extend(instead(extendAccounts, { 0: [programdata, "r"] }), 10_240), "InvalidArgument"],
    ["a read-only program", extend(instead(extendAccounts, { 1: [program, "r"] }), 10_240), "InvalidArgument"],
    [
      "programdata as program",
      extend(instead(extendAccounts, { 1: [programdata, "w"] }), 10_240),
      "AccountBorrowFailed",
    ],
    [
      "the program as programdata",
      extend(instead(extendAccounts, { 0: [program, "w"] }), 10_240),
      "AccountBorrowFailed",
    ],
    [
      "another account as programdata",
      extend(instead(extendAccounts, { 0: [other, "w"] }), 10_240),
      "InvalidAccountOwner",
    ],
    ["another account as program", extend(instead(extendAccounts, { 1: [other, "w"] }), 10_240), "InvalidAccountOwner"],
    ["a buffer as programdata", extend(instead(extendAccounts, { 0: [buffer, "w"] }), 10_240), "InvalidArgument"],
    ["a buffer as program", extend(instead(extendAccounts, { 1: [buffer, "w"] }), 10_240), "InvalidAccountData"],
    [
      "System missing from the transaction",
      extend(instead(extendAccounts, { 2: [spill, "r"] }), 10_240),
      "MissingAccount",
    ],
  ] as [string, Instruction, string][])("is refused with %s", (_, ix, error) => {
    w.setProgram();
    w.setBuffer();
    w.run(ix, failed(error));
  });
  it("is refused for a program that is immutable", () => {
    w.setProgram(w.memo, null);
    w.run(extend(extendAccounts, 10_240), failed("Immutable"));
  });
  it("is refused where programdata is a buffer", () => {
    w.setProgram();
    w.set(programdata, bufferData(authority, w.memo));
    w.run(extend(extendAccounts, 10_240), failed("InvalidAccountData"));
  });
  it("is refused where programdata is no ELF any more", () => {
    w.setProgram();
    w.set(programdata, programdataData(5, authority, zeros(1_000)));
    w.run(extend(extendAccounts, 10_240), failed("InvalidAccountData"));
  });
  it("is refused where the payer cannot pay", () => {
    w.setProgram();
    const poor = testKey(77);
    w.c.fund(poor, rent(0));
    w.run(extend(instead(extendAccounts, { 3: [poor, "ws"] }), 10_240), failed({ Custom: 1 }));
  });
});

describe("the authority of a program", () => {
  const accounts: Accounts = [
    [programdata, "w"],
    [authority, "rs"],
    [other, "r"],
  ];
  const both = instead(accounts, { 2: [other, "rs"] });
  it("is handed on, checked and unchecked; the slot stays", () => {
    w.setProgram();
    w.run(setAuthority(accounts), null);
    expect(data(programdata)).toEqual(programdataData(w.c.currentSlot() - 1, other, w.memo));
    w.setProgram();
    w.run(setAuthorityChecked(both), null);
    expect(data(programdata)).toEqual(programdataData(w.c.currentSlot() - 1, other, w.memo));
  });
  it("is given up for ever; the key behind stays where it is", () => {
    w.setProgram();
    w.run(setAuthority(accounts.slice(0, 2)), null);
    const given = programdataData(w.c.currentSlot() - 1, authority, w.memo);
    given[12] = 0;
    expect(data(programdata)).toEqual(given);
    w.run(setAuthority(accounts), failed("Immutable"));
    w.run(setAuthorityChecked(both), failed("Immutable"));
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), failed("Immutable"));
    w.run(extend(extendAccounts, 10_240), failed("Immutable"));
    w.run(close([...closeAccounts]), failed("Immutable"));
  });
  it.each([
    ["the wrong authority", setAuthority(instead(accounts, { 1: [other, "rs"] })), "IncorrectAuthority"],
    ["no signature", setAuthority(instead(accounts, { 1: [authority, "r"] })), "MissingRequiredSignature"],
    ["read-only programdata", setAuthority(instead(accounts, { 0: [programdata, "r"] })), "ReadonlyDataModified"],
    ["the program account", setAuthority(instead(accounts, { 0: [program, "w"] })), "InvalidArgument"],
    ["the wrong authority, checked", setAuthorityChecked(instead(both, { 1: [other, "rs"] })), "IncorrectAuthority"],
    ["no signature, checked", setAuthorityChecked(instead(both, { 1: [authority, "r"] })), "MissingRequiredSignature"],
    ["no new signature, checked", setAuthorityChecked(accounts), "MissingRequiredSignature"],
    ["no new authority, checked", setAuthorityChecked(accounts.slice(0, 2)), "MissingAccount"],
  ] as [string, Instruction, string][])("stays with %s", (_, ix, error) => {
    w.setProgram();
    w.run(ix, failed(error));
  });
});

const closeAccounts: Accounts = [
  [programdata, "w"],
  [spill, "w"],
  [authority, "rs"],
  [program, "w"],
];

describe("Close of a program", () => {
  it("gives programdata's lamports to the recipient; the program account stays", () => {
    w.setProgram();
    w.run(close(closeAccounts), null);
    expect(w.c.account(programdata)).toBeNull();
    expect(w.c.lamports(spill)).toBe(rent(PROGRAMDATA_METADATA + w.memo.length));
    expect(w.c.account(program)?.data).toEqual(programData(programdata));
  });
  it.each([
    ["without the program", closeAccounts.slice(0, 3), "MissingAccount"],
    ["with a read-only program", instead(closeAccounts, { 3: [program, "r"] }), "InvalidArgument"],
    ["with another account as program", instead(closeAccounts, { 3: [other, "w"] }), "IncorrectProgramId"],
    ["with a buffer as program", instead(closeAccounts, { 3: [buffer, "w"] }), "InvalidArgument"],
    ["with programdata as program", instead(closeAccounts, { 3: [programdata, "w"] }), "InvalidAccountData"],
    ["with the wrong authority", instead(closeAccounts, { 2: [other, "rs"] }), "IncorrectAuthority"],
    ["without a signature", instead(closeAccounts, { 2: [authority, "r"] }), "MissingRequiredSignature"],
    ["with read-only programdata", instead(closeAccounts, { 0: [programdata, "r"] }), "ReadonlyDataModified"],
    ["with a read-only recipient", instead(closeAccounts, { 1: [spill, "r"] }), "ReadonlyLamportChange"],
    ["with the program as recipient", instead(closeAccounts, { 1: [program, "w"] }), null],
  ] as [string, Accounts, string | null][])("%s", (_, accounts, error) => {
    w.setProgram();
    w.setBuffer();
    w.run(close(accounts), error === null ? null : failed(error));
  });
  it("is refused in the slot of its deployment", () => {
    w.setProgram(w.memo, authority, 0, w.c.currentSlot());
    w.run(close(closeAccounts), failed("InvalidArgument"));
  });
  it("is refused for a program of other programdata", () => {
    w.setProgram();
    w.set(program, programData(other), rent(PROGRAM_SIZE));
    w.run(close(closeAccounts), failed("InvalidArgument"));
  });
  it("is refused for an immutable program", () => {
    w.setProgram(w.memo, null);
    w.run(close(closeAccounts), failed("Immutable"));
  });
});
