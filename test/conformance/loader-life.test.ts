/**
 * The whole life of a program on Agave's runtime and on ours: buffer, writes, deployment, calls, upgrade, extension, authorities, closing; what
 * is visible in which slot. Agave's runtime as the tests have it keeps programs without regard to slots from one transaction to the next, and
 * looks at the executable flag, which Agave does not any more. So what a chain refuses in the slot of a change is checked on our side
 * (`refusedHere`), and within one transaction on both where it can be.
 */
import type { Address, Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { instruction } from "./harness.ts";
import {
  authority,
  buffer,
  close,
  deploy,
  deployAccounts,
  extend,
  extendAccounts,
  failed,
  LOADER,
  LoaderWorld,
  other,
  PROGRAM_SIZE,
  PROGRAMDATA_METADATA,
  program,
  programdata,
  setAuthority,
  setAuthorityChecked,
  spill,
  upgrade,
  upgradeAccounts,
  write,
} from "./loader-fixture.ts";

let w: LoaderWorld;
beforeEach(async () => {
  w = await LoaderWorld.create();
});

/** Calls the Memo program at its new address. */
const call = (target: Address = program): Instruction => instruction(target, [[authority, "rs"]], Buffer.from("hello"));
const CALLED = ["Program log: Memo (len 5)", "Program log: hello"];
const writeAccounts = [
  [buffer, "w"],
  [authority, "rs"],
] as [string, string][];
const closeAccounts = [
  [programdata, "w"],
  [spill, "w"],
  [authority, "rs"],
  [program, "w"],
] as [string, string][];

/** Sends the writes of a program in pieces of `size` bytes, as clients do. */
function writeAll(elf: Uint8Array, size = 900): void {
  for (let at = 0; at < elf.length; at += size) {
    w.run(write(writeAccounts, at, elf.slice(at, at + size)), null);
  }
}

/** A call that a chain refuses in this slot, after `first`: only on our side, see above, and only to look. */
function refusedHere(target: Address = program, first: Instruction[] = []): void {
  const before = [...w.c.ours.accounts];
  const { result } = w.c.ours.execute(w.wire([...first, call(target)]), w.c.context());
  expect(result.error).toEqual(failed("UnsupportedProgramId", first.length));
  const last = ["Program is not deployed", `Program ${target} failed: Unsupported program id`];
  expect(result.logs.slice(-2)).toEqual(last);
  w.c.ours.accounts.clear();
  for (const [key, account] of before) w.c.ours.accounts.set(key, account);
}

function called(): void {
  expect(w.run(call(), null).ours.logs).toEqual(expect.arrayContaining(CALLED));
}

describe("a program", () => {
  it("is written, deployed, called, upgraded, extended, handed on and closed", () => {
    w.run(w.createBuffer(w.memo.length), null);
    writeAll(w.memo);
    w.run([w.createProgram(), deploy(deployAccounts, w.memo.length)], null);
    w.c.advance();
    called();

    w.run(w.createBuffer(w.memo.length), null);
    writeAll(w.memo);
    w.run(upgrade(upgradeAccounts), null);
    w.c.advance();
    called();

    w.run(extend(extendAccounts, 10_240), null);
    expect(w.c.account(programdata)?.data.length).toBe(PROGRAMDATA_METADATA + w.memo.length + 10_240);
    w.c.advance();
    called();

    w.run(
      setAuthorityChecked([
        [programdata, "w"],
        [authority, "rs"],
        [other, "rs"],
      ]),
      null,
    );
    called();
    w.run(close(closeAccounts), failed("IncorrectAuthority"));
    const byOther = closeAccounts.map(([key, role]) => [key === authority ? other : key, role]) as [string, string][];
    w.run(close(byOther), null);
    w.c.advance();
    refusedHere();
  });

  it("runs for ever when nobody may change it any more", () => {
    w.setProgram();
    w.run(setAuthority(closeAccounts.slice(0, 1).concat([[authority, "rs"]])), null);
    w.c.advance();
    called();
    w.setBuffer();
    w.run(upgrade(upgradeAccounts), failed("Immutable"));
  });

  it("of 105,032 bytes is deployed out of 117 writes", () => {
    const elf = w.elf("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
    expect(elf.length).toBe(105_032);
    // More than an account may grow by in a transaction of its own program, but System gives it at once.
    w.run(w.createBuffer(elf.length), null);
    writeAll(elf);
    w.run([w.createProgram(), deploy(deployAccounts, elf.length)], null);
    w.c.advance();
    w.run(call(), failed("InvalidInstructionData"));
  });
});

describe("in the slot of a change", () => {
  it("a deployed program is not there yet, in the same transaction and in later ones", () => {
    w.setBuffer();
    const deployment = [w.createProgram(), deploy(deployAccounts, w.memo.length)];
    // Before anything runs, the programs of a transaction must exist.
    w.run([...deployment, call()], "ProgramAccountNotFound");
    w.set(program, new Uint8Array(PROGRAM_SIZE));
    refusedHere(program, deployment.slice(1));
    w.run(deployment.slice(1), null);
    refusedHere();
    w.c.advance();
    called();
  });
  it("an upgraded one is not there, as it was or as it is", () => {
    w.setProgram(w.memoV1);
    w.setBuffer();
    w.run([upgrade(upgradeAccounts), call()], failed("UnsupportedProgramId", 1));
    w.run([call(), upgrade(upgradeAccounts)], null);
    refusedHere();
    w.c.advance();
    called();
  });
  it("an extended one neither", () => {
    w.setProgram();
    w.run([extend(extendAccounts, 10_240), call()], failed("UnsupportedProgramId", 1));
    w.run([call(), extend(extendAccounts, 10_240)], null);
    refusedHere();
    w.c.advance();
    called();
  });
  it("a closed one is gone at once", () => {
    w.setProgram();
    w.run([close(closeAccounts), call()], failed("UnsupportedProgramId", 1));
    w.run([call(), close(closeAccounts)], null);
    refusedHere();
  });
  it("one whose authority changes stays", () => {
    w.setProgram();
    const handOn = setAuthority([
      [programdata, "w"],
      [authority, "rs"],
      [other, "r"],
    ]);
    w.run([handOn, call()], null);
    called();
  });
});

describe("what is no program", () => {
  it("cannot be called: a buffer, programdata, an account of the loader that holds nothing", () => {
    w.setProgram();
    w.setBuffer();
    w.set(other, new Uint8Array(36));
    for (const target of [buffer, programdata, other]) refusedHere(target);
  });
  it("a program without its programdata, or with that of nothing", () => {
    w.setProgram();
    w.c.setAccount(programdata, { lamports: 0n });
    refusedHere();
    w.set(programdata, new Uint8Array(100));
    refusedHere();
    w.set(programdata, new Uint8Array(100), 10n ** 9n, LOADER);
    refusedHere();
  });
});
