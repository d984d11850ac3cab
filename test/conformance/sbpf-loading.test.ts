/** What programs count against a transaction's limits, and against a shard's memory: loaded bytes, kept programs, inputs. */
import type { Address } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { u32 } from "./harness-system.ts";
import { failed, LOADER_V2, programdataOf } from "./loader-fixture.ts";
import { caller, places } from "./sbpf-call.ts";
import { compile, first, payer, SbpfWorld, second } from "./sbpf-fixture.ts";

const BUDGET = "ComputeBudget111111111111111111111111111111";
const limit = (units: number) => instruction(BUDGET, [], [2, ...u32(units)]);
const bytes = (most: number) => instruction(BUDGET, [], [4, ...u32(most)]);
const NOTHING = "entrypoint:\n mov64 r0, 0\n exit";
const elf = compile(NOTHING);
/** An account counts 64 bytes beside its data; the budget program's data are its name. */
const ACCOUNT = 64;
const PAYER = ACCOUNT;
const BUDGET_PROGRAM = ACCOUNT + 22;

describe("loaded accounts data size", () => {
  /** On our side: litesvm does not count what a transaction does not name. */
  async function size(w: SbpfWorld, accounts: [Key, string][], most?: number) {
    const instructions = [instruction(first, accounts, []), ...(most === undefined ? [] : [bytes(most)])];
    return w.c.both(w.c.transaction({ payer, instructions })).ours;
  }

  it("of a program of loader v2 is its file's", async () => {
    const w = await SbpfWorld.create();
    await w.deploy(first, elf);
    expect((await size(w, [])).loadedAccountsDataSize).toBe(PAYER + ACCOUNT + elf.length);
  });

  it("of an upgradeable program includes its programdata, named or not, once", async () => {
    const w = await SbpfWorld.create();
    await w.deploy(first, elf, "v3");
    const expected = PAYER + (ACCOUNT + 36) + (ACCOUNT + 45 + elf.length);
    expect((await size(w, [])).loadedAccountsDataSize).toBe(expected);
    expect((await size(w, [[await programdataOf(first), "r"]])).loadedAccountsDataSize).toBe(expected);
  });

  it("counts every upgradeable program that is named, called or not", async () => {
    const w = await SbpfWorld.create();
    await w.deploy(first, elf, "v3");
    await w.deploy(second, elf, "v3");
    expect((await size(w, [[second, "r"]])).loadedAccountsDataSize).toBe(
      PAYER + 2 * (2 * ACCOUNT + 36 + 45 + elf.length),
    );
  });

  it("of an upgradeable program without programdata is its account's", async () => {
    const w = await SbpfWorld.create();
    await w.deploy(first, elf, "v3");
    w.c.ours.accounts.delete(Buffer.from(keyBytes(await programdataOf(first))).toString("hex"));
    const ours = await size(w, []);
    expect(ours.error).toEqual(failed("UnsupportedProgramId"));
    expect(ours.loadedAccountsDataSize).toBe(PAYER + ACCOUNT + 36);
  });

  it("beyond the limit fails the transaction before anything runs", async () => {
    const w = await SbpfWorld.create();
    await w.deploy(first, elf, "v3");
    const exact = PAYER + BUDGET_PROGRAM + (ACCOUNT + 36) + (ACCOUNT + 45 + elf.length);
    expect((await size(w, [], exact)).error).toBe(null);
    const ours = await size(w, [], exact - 1);
    expect(ours.error).toBe("MaxLoadedAccountsDataSizeExceeded");
    expect([ours.landed, ours.fee, ours.logs]).toEqual([true, 5000n, []]);
  });
});

describe("programs that are kept", () => {
  const MARK = 0x5eed_5eed;
  const file = compile(`entrypoint:
  lddw r1, data
  ldxw r0, [r1+0]
  exit
.rodata
data: .word ${MARK}
.zero 3000000`);
  const at = Buffer.from(file).indexOf(Buffer.from(u32(MARK)));
  /** A program of three megabytes that answers its own number. */
  function large(n: number): Uint8Array {
    const copy = file.slice();
    copy.set(u32(n), at);
    return copy;
  }

  it("are bounded in bytes, and one that was dropped runs again", async () => {
    const w = await SbpfWorld.create();
    const programs = Array.from({ length: 20 }, (_, i) => testKey(600 + i));
    const answer = (i: number): unknown => {
      const data = large(i + 1);
      const key = keyBytes(programs[i]!);
      w.c.ours.setAccount(key, {
        lamports: 10n ** 12n,
        owner: keyBytes(LOADER_V2),
        data,
        executable: true,
        rentEpoch: 0n,
      });
      const wire = w.c.transaction({ payer, instructions: [instruction(programs[i]!, [], [])] });
      const { error } = w.c.ours.execute(wire, w.c.context()).result;
      w.c.ours.accounts.delete(Buffer.from(key).toString("hex"));
      return error;
    };
    const size = (): number => w.c.ours.wasm.memory.buffer.byteLength;
    for (let i = 0; i < 9; i++) expect(answer(i)).toEqual(failed({ Custom: i + 1 }));
    const full = size();
    for (let i = 9; i < 20; i++) expect(answer(i)).toEqual(failed({ Custom: i + 1 }));
    expect(answer(0)).toEqual(failed({ Custom: 1 }));
    expect(size() - full).toBeLessThan(16 << 20);
  });
});

describe("programs that call each other", () => {
  const MB = 1_000_000;
  const keys = Array.from({ length: 5 }, (_, i) => testKey(800 + i));
  /** The i-th calls the next one, as many as there are sizes. */
  async function chain(...megabytes: number[]): Promise<SbpfWorld> {
    const w = await SbpfWorld.create();
    for (const [i, size] of megabytes.entries()) {
      const rest = keys.slice(i + 2, megabytes.length).map((key): [Key, string] => [key, "r"]);
      const steps = i + 1 < megabytes.length ? [{ program: keys[i + 1]!, metas: rest }] : [];
      const file = new Uint8Array(size * MB);
      file.set(compile(caller(steps)));
      await w.deploy(keys[i]!, file, "v3");
    }
    return w;
  }
  const run = (w: SbpfWorld, depth: number) =>
    w.c.transaction({
      payer,
      instructions: [
        limit(1_400_000),
        instruction(
          keys[0]!,
          keys.slice(1, depth).map((key): [Key, string] => [key, "r"]),
          [],
        ),
      ],
    });

  it("may have 32 MiB together", async () => {
    const w = await chain(6, 6, 6, 6, 6);
    w.c.expect(run(w, 5), null);
  });

  it("beyond 32 MiB the called program does not start, which is a rule of this chain, whatever is kept", async () => {
    const w = await chain(9, 9, 9, 9);
    for (let n = 0; n < 2; n++) {
      const { ours } = w.c.both(run(w, 4));
      expect(ours.error).toEqual(failed("ProgramEnvironmentSetupFailure", 1));
      expect(ours.logs).toContain("Failed to create SBF VM: no memory for another program");
    }
    const alone = w.c.transaction({ payer, instructions: [instruction(keys[3]!, [], [])] });
    w.c.expect(alone, null);
  });
});

describe("inputs", () => {
  const MIB = 1 << 20;
  const keys = Array.from({ length: 5 }, (_, i) => testKey(700 + i));
  async function world(passed: number): Promise<SbpfWorld> {
    const w = await SbpfWorld.create();
    const all = places(keys.map(() => ({ len: 10 * MIB })));
    const infos = all.slice(0, passed).map((place) => ({ ...place, len: 10 * MIB }));
    await w.program(first, caller([{ program: second, metas: keys.slice(0, passed).map((key) => [key, "r"]), infos }]));
    await w.program(second, NOTHING);
    for (const key of keys) w.c.setAccount(key, { lamports: 10n ** 12n, owner: first, data: new Uint8Array(10 * MIB) });
    return w;
  }
  const call = (w: SbpfWorld) =>
    w.c.transaction({
      payer,
      instructions: [
        limit(1_400_000),
        instruction(first, [...keys.map((key): [Address, string] => [key, "r"]), [second, "r"]], []),
      ],
    });

  it("of a program and of one that it calls may have 80 MiB together", async () => {
    const w = await world(3);
    w.c.expect(call(w), null);
  });

  it("beyond 88 MiB the called program does not start, which is a rule of this chain", async () => {
    const w = await world(4);
    const { ours } = w.c.both(call(w));
    expect(ours.error).toEqual(failed("ProgramEnvironmentSetupFailure", 1));
    expect(ours.logs).toContain("Failed to create SBF VM: no memory for the accounts of another program");
    // Nothing of it stays: the next transaction has all of the room again.
    expect(w.c.ours.execute(call(w), w.c.context()).result.error).toEqual(failed("ProgramEnvironmentSetupFailure", 1));
  });
});
