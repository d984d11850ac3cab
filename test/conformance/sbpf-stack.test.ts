/** The stack of instructions: depth, re-entry, how many may begin, heaps and budgets of what is called, programs that cannot run. */
import type { Address, Instruction } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { instruction, type Key, SYSTEM, testKey } from "./harness.ts";
import { createAccount, u32, u64 } from "./harness-system.ts";
import { failed, LOADER, LOADER_V2, programData, programdataData, programdataOf, rent } from "./loader-fixture.ts";
import {
  type CallSpec,
  caller,
  copyImage,
  HEAP,
  Image,
  imageData,
  invoke,
  type Place,
  places,
  prepare,
} from "./sbpf-call.ts";
import { compile, first, payer, SbpfWorld, second, third } from "./sbpf-fixture.ts";

const programdata = await programdataOf(first);
const BUDGET = "ComputeBudget111111111111111111111111111111";
const limit = (units: number): Instruction => instruction(BUDGET, [], [2, ...u32(units)]);
const heap = (bytes: number): Instruction => instruction(BUDGET, [], [1, ...u32(bytes)]);
const NOTHING = "entrypoint:\n mov64 r0, 0\n exit";
const names = (...keys: Key[]): [Key, string][] => keys.map((key) => [key, "r"]);

/** Calls a program `count` times. */
function repeated(program: Address, count: number): string {
  const image = new Image();
  const call: CallSpec = { program };
  const prepared = prepare(image, call);
  return `entrypoint:
  ${copyImage(image)}
  mov64 r6, ${count}
loop:
  jeq r6, 0, done
  ${invoke(call, prepared)}
  sub64 r6, 1
  ja loop
done:
  mov64 r0, 0
  exit
.rodata
${imageData(image)}`;
}

describe("depth", () => {
  const keys = Array.from({ length: 6 }, (_, i) => testKey(200 + i));
  async function chain(length: number): Promise<SbpfWorld> {
    const w = await SbpfWorld.create();
    for (let i = 0; i < length; i++) {
      const last = "entrypoint:\n call sol_get_stack_height\n exit";
      const next = keys[i + 1]!;
      await w.program(
        keys[i]!,
        i + 1 === length ? last : caller([{ program: next, metas: names(...keys.slice(0, length)) }]),
      );
    }
    return w;
  }

  it.each([1, 2, 3, 4, 5])("%s programs, each called by the one before", async (length) => {
    const w = await chain(length);
    const { ours } = w.call(keys[0]!, names(...keys.slice(0, length)), [], failed({ Custom: length }));
    expect(ours.inner.map(({ stackHeight }) => stackHeight)).toEqual(
      Array.from({ length: length - 1 }, (_, i) => i + 2),
    );
  });

  it("a sixth is too deep, and stands in the record of calls", async () => {
    const w = await chain(6);
    const { ours } = w.call(keys[0]!, names(...keys), [], failed("CallDepth"));
    expect(ours.inner.length).toBe(5);
    expect(ours.computeUnits).toBe(5000);
  });

  it("a program may call itself, as deep", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, caller([{ program: first, metas: names(first) }]));
    w.call(first, names(first), [], failed("CallDepth"));
  });

  it("but not through another one", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, caller([{ program: second, metas: names(first, second) }]));
    await w.program(second, caller([{ program: first, metas: names(first, second) }]));
    const { ours } = w.call(first, names(first, second), [], failed("ReentrancyNotAllowed"));
    expect(ours.inner.length).toBe(1);
  });
});

describe("instructions that begin", () => {
  async function world(calls: number): Promise<SbpfWorld> {
    const w = await SbpfWorld.create();
    await w.program(first, repeated(second, calls));
    await w.program(second, NOTHING);
    return w;
  }
  const many = (count: number): Instruction[] => Array.from({ length: count }, () => instruction(second, [], []));
  const calling = instruction(first, names(second), []);

  it("are 64 at most", async () => {
    const w = await world(62);
    const { ours } = w.run([limit(1_400_000), calling], null);
    expect(ours.inner.length).toBe(62);
  });

  it("a call is one too many", async () => {
    const w = await world(63);
    const { ours } = w.run([limit(1_400_000), calling], failed("MaxInstructionTraceLengthExceeded", 1));
    expect(ours.inner.length).toBe(62);
  });

  it("an instruction of the transaction is one too many", async () => {
    const w = await world(54);
    w.run([limit(1_400_000), calling, ...many(9)], failed("MaxInstructionTraceLengthExceeded", 10));
    w.run([limit(1_400_000), calling, ...many(8)], null);
  });

  it("what comes later does not count for a call", async () => {
    const w = await world(60);
    w.run([limit(1_400_000), calling, ...many(9)], failed("MaxInstructionTraceLengthExceeded", 4));
  });
});

describe("compute units over calls", () => {
  const [mine, theirs] = places([{ len: 0 }, { len: 0 }]) as [Place, Place];
  const other = testKey(50);
  const transfer: CallSpec = {
    program: SYSTEM,
    metas: [
      [payer, "ws"],
      [other, "w"],
    ],
    data: [...u32(2), ...u64(1_000_000_000n)],
    infos: [
      { ...mine, len: 0 },
      { ...theirs, len: 0 },
    ],
  };
  // 150 of them for the budget's own instruction.
  it("are enough or not at each step of a call of the System program", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, caller([transfer]));
    const accounts: [Key, string][] = [
      [payer, "ws"],
      [other, "w"],
      [SYSTEM, "r"],
    ];
    const outcome = (units: number): unknown =>
      w.c.expectSame(w.c.transaction({ payer, instructions: [limit(150 + units), instruction(first, accounts, [])] }))
        .ours.error;
    const dry = failed("ComputationalBudgetExceeded", 1);
    const stopped = failed("ProgramFailedToComplete", 1);
    expect([0, 5, 19].map(outcome)).toEqual([stopped, dry, stopped]);
    expect([945, 965, 966, 1115].map(outcome)).toEqual([dry, dry, dry, dry]);
    expect([1116, 1117].map(outcome)).toEqual([stopped, stopped]);
    expect(outcome(1118)).toBe(null);
  });

  it("a called program's loop takes those of its caller", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, caller([{ program: second }]));
    await w.program(second, "entrypoint:\n ja -1");
    const { ours } = w.call(first, names(second), [], failed("ProgramFailedToComplete"));
    expect(ours.computeUnits).toBe(200_000);
  });

  it("every program on the stack pays for its heap", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, caller([{ program: second }]));
    await w.program(second, `entrypoint:\n lddw r1, ${HEAP + 262_136n}\n ldxdw r0, [r1+0]\n exit`);
    const small = w.run([heap(32_768), instruction(first, names(second), [])], failed("ProgramFailedToComplete", 1));
    expect(small.ours.computeUnits).toBe(400_000 - 197_000);
    const { ours } = w.run([heap(262_144), instruction(first, names(second), [])], null);
    expect(ours.computeUnits).toBe(150 + 2 * 56 + 968 + 3);
  });

  it("a heap that cannot be paid for keeps a program from starting", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, NOTHING);
    const run = (units: number, error: unknown) =>
      w.run([limit(300 + units), heap(262_144), instruction(first, [], [])], error === null ? null : failed(error, 2));
    const { ours } = run(55, "ProgramEnvironmentSetupFailure");
    expect(ours.logs.slice(-2)[0]).toBe("Failed to create SBF VM: Computational budget exceeded");
    run(57, "ProgramFailedToComplete");
    run(58, null);
  });
});

describe("programs that cannot run", () => {
  /** On our side only: litesvm loads a program when its account is set, and refuses what is none. */
  async function only(w: SbpfWorld, set: (set: (key: Key, owner: Key, data: Uint8Array) => void) => void) {
    set((key, owner, data) => w.c.setAccount(key, { lamports: rent(data.length), owner, data }));
    const { ours } = w.c.both(w.c.transaction({ payer, instructions: [instruction(first, [], [])] }));
    return { error: ours.error, logs: ours.logs.slice(1) };
  }
  const refused = {
    error: failed("UnsupportedProgramId"),
    logs: ["Program is not deployed", `Program ${first} failed: Unsupported program id`],
  };
  const elf = compile(NOTHING);
  const broken = elf.slice(0, elf.length - 40);

  it("an account of loader v2 that holds no ELF file", async () => {
    expect(await only(await SbpfWorld.create(), (set) => set(first, LOADER_V2, broken))).toEqual(refused);
  });

  it("the same again: what fails verification is remembered", async () => {
    const w = await SbpfWorld.create();
    for (let i = 0; i < 2; i++) expect(await only(w, (set) => set(first, LOADER_V2, broken))).toEqual(refused);
  });

  it.each([
    ["whose programdata does not exist", null],
    ["whose programdata is a buffer", Uint8Array.from([1, 0, 0, 0, 0, ...new Uint8Array(40), ...elf])],
    ["whose programdata was closed", new Uint8Array(4)],
    ["whose programdata is too short", programdataData(0, null).slice(0, 44)],
    ["whose programdata has a bad option", Uint8Array.from([...u32(3), ...u64(0n), 2, ...new Uint8Array(32), ...elf])],
    ["whose programdata has no ELF file", programdataData(0, null, broken)],
    ["that was deployed in this slot", programdataData(1003, null, elf)],
  ])("a program of the upgradeable loader %s", async (_name, data) => {
    const outcome = await only(await SbpfWorld.create(), (set) => {
      if (data) set(programdata, LOADER, data);
      set(first, LOADER, programData(programdata));
    });
    expect(outcome).toEqual(refused);
  });

  it.each([
    ["an uninitialized account", new Uint8Array(36)],
    ["a buffer", Uint8Array.from([1, 0, 0, 0, ...new Uint8Array(33), ...elf])],
    ["an account with less than a key", programData(programdata).slice(0, 35)],
  ])("%s of the upgradeable loader", async (_name, data) => {
    expect(await only(await SbpfWorld.create(), (set) => set(first, LOADER, data))).toEqual(refused);
  });

  it("the slot after it was deployed a program runs", async () => {
    const w = await SbpfWorld.create();
    await w.deploy(first, elf, "v3", w.c.currentSlot());
    w.c.advance();
    w.call(first, [], [], null);
  });

  it("an account that the transaction itself gave to a loader", async () => {
    const w = await SbpfWorld.create();
    const fresh = testKey(300);
    await w.program(third, caller([{ program: fresh }]));
    const create = createAccount(
      [
        [payer, "ws"],
        [fresh, "ws"],
      ],
      rent(0),
      0n,
      LOADER_V2,
    );
    const { ours } = w.run([create, instruction(third, names(fresh), [])], failed("UnsupportedProgramId", 1));
    expect(ours.logs).toContain("Program is not cached");
  });
});
