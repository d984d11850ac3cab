/** Programs that upgrade or close a program, themselves for one, and go on: what runs is what ran, what is called is what is there then. */
import type { Address, Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { instruction, type Key, testKey } from "./harness.ts";
import { type Accounts, RENT, u32 } from "./harness-system.ts";
import {
  authority,
  BUFFER_METADATA,
  buffer,
  CLOCK,
  failed,
  LOADER,
  LoaderWorld,
  PROGRAM_SIZE,
  PROGRAMDATA_METADATA,
  program,
  programdata,
  rent,
  spill,
} from "./loader-fixture.ts";
import { type CallSpec, caller, places, type Step } from "./sbpf-call.ts";
import { compile } from "./sbpf-fixture.ts";

const ROOM = 3_000;
const MARK = "lddw r1, 0x77\n mov64 r2, 0\n mov64 r3, 0\n mov64 r4, 0\n mov64 r5, 0\n call sol_log_64_";
const LOGGED = "Program log: 0x77, 0x0, 0x0, 0x0, 0x0";
const accounts: Accounts = [
  [programdata, "w"],
  [program, "w"],
  [buffer, "w"],
  [spill, "w"],
  [RENT, "r"],
  [CLOCK, "r"],
  [authority, "rs"],
  [LOADER, "r"],
];

let w: LoaderWorld;
beforeEach(async () => {
  w = await LoaderWorld.create();
  w.c.fund(spill, 10n ** 9n);
});

/** A program whose accounts are those above and that makes these calls, for its own programdata. */
function programOf(steps: (infos: NonNullable<CallSpec["infos"]>) => Step[]): Uint8Array {
  const withSize = (size: number): Uint8Array => {
    const lens = [PROGRAMDATA_METADATA + size + ROOM, PROGRAM_SIZE, BUFFER_METADATA + w.memo.length, 0, 17, 40, 0];
    const infos = places(lens.map((len) => ({ len }))).map((place, i) => ({ ...place, len: lens[i]! }));
    return compile(caller(steps(infos)));
  };
  // The size of the file does not depend on the numbers in it.
  return withSize(withSize(0).length);
}
const upgradeStep = (infos: NonNullable<CallSpec["infos"]>): Step => ({
  program: LOADER,
  metas: accounts.slice(0, 7) as [Key, string][],
  infos,
  data: u32(3),
  after: `\n${MARK}`,
});
const closeStep = (infos: NonNullable<CallSpec["infos"]>): Step => ({
  program: LOADER,
  metas: [0, 3, 6, 1].map((i) => accounts[i]!) as [Key, string][],
  infos,
  data: u32(5),
  after: `\n${MARK}`,
});
const callStep: Step = { program };
const run = (): Instruction => instruction(program, accounts, []);
const again = (target: Address = program): Instruction =>
  instruction(target, [[authority, "rs"]], Buffer.from("hello"));

describe.each([
  ["upgrades", upgradeStep],
  ["closes", closeStep],
])("a program that %s itself", (_, step) => {
  const set = (steps: (infos: NonNullable<CallSpec["infos"]>) => Step[]): void => {
    w.setProgram(programOf(steps), authority, ROOM);
    w.setBuffer();
  };

  it("goes on as it was", () => {
    set((infos) => [step(infos)]);
    const { ours } = w.run(run(), null);
    expect(ours.logs).toContain(LOGGED);
  });

  it("cannot call itself any more", () => {
    set((infos) => [step(infos), callStep]);
    const { ours } = w.run(run(), failed("UnsupportedProgramId"));
    expect(ours.logs).toContain(LOGGED);
    expect(ours.logs).toContain("Program is not deployed");
  });

  it("cannot be called by a later instruction", () => {
    set((infos) => [step(infos)]);
    w.run([run(), again()], failed("UnsupportedProgramId", 1));
  });

  it("is as it was when the transaction fails", () => {
    set((infos) => [step(infos), callStep]);
    for (let n = 0; n < 2; n++) {
      const { ours } = w.run(run(), failed("UnsupportedProgramId"));
      expect(ours.logs).toContain(LOGGED);
    }
  });
});

it("a program that another one upgrades runs from the next slot on", () => {
  const upgrader = testKey(77);
  w.setProgram(w.memoV1, authority, ROOM);
  w.setBuffer();
  const lens = [
    PROGRAMDATA_METADATA + w.memoV1.length + ROOM,
    PROGRAM_SIZE,
    BUFFER_METADATA + w.memo.length,
    0,
    17,
    40,
    0,
  ];
  const infos = places(lens.map((len) => ({ len }))).map((place, i) => ({ ...place, len: lens[i]! }));
  const data = compile(caller([upgradeStep(infos)]));
  w.c.setAccount(upgrader, {
    lamports: rent(data.length),
    owner: "BPFLoader2111111111111111111111111111111111",
    data,
    executable: true,
  });
  const { ours } = w.run([instruction(upgrader, accounts, []), again()], failed("UnsupportedProgramId", 1));
  expect(ours.logs).toContain(LOGGED);
  w.run(instruction(upgrader, accounts, []), null);
  w.c.advance();
  w.run(again(), null);
});
