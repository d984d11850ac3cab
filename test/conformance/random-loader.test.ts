/**
 * Random instructions of the upgradeable loader, here and on Agave's runtime, everything compared: mostly right ones, with wrong accounts,
 * signers, sizes, states and bytes mixed in.
 *   LOADER_TRANSACTIONS (1000), LOADER_SEED (1): a failure is found again by running its seed alone
 */
import { describe, expect, it } from "vitest";
import { type Key, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { RENT } from "./harness-system.ts";
import {
  BUFFER_METADATA,
  bufferData,
  CLOCK,
  LOADER,
  LoaderWorld,
  PROGRAM_SIZE,
  programData,
  programdataData,
  programdataOf,
  rent,
} from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import { encodeTransaction, type Ix, type Meta, u32, u64 } from "./random-wire.ts";

const TRANSACTIONS = Number(process.env.LOADER_TRANSACTIONS ?? 1_000);
const SEED = Number(process.env.LOADER_SEED ?? 1);
/** Transactions of one seed, and of one state of the accounts: they wear out soon. */
const CHUNK = 200;
const FRESH = 8;

const wallets = [testKey(1), testKey(2), testKey(3)];
const [A, B] = [wallets[1]!, wallets[2]!];
const buffers = Array.from({ length: 12 }, (_, i) => testKey(100 + i));
const programs = Array.from({ length: 6 }, (_, i) => testKey(200 + i));
const datas = await Promise.all(programs.map(programdataOf));
const spill = testKey(300);
const nobody = testKey(301);
const everything: Key[] = [...wallets, ...buffers, ...programs, ...datas, spill, nobody, RENT, CLOCK, SYSTEM, LOADER];

/** All accounts as they are at first; slots of programs around the present one. */
function reset(w: LoaderWorld, r: Random): void {
  const junk = r.bytes(300);
  const states: [Uint8Array, bigint?, Key?][] = [
    [bufferData(A, w.memo)],
    [bufferData(B, w.memo)],
    [bufferData(null, w.memo)],
    [bufferData(A, junk)],
    [bufferData(A)],
    [new Uint8Array(200)],
    [new Uint8Array(BUFFER_METADATA)],
    [new Uint8Array(4)],
    [bufferData(A, [...w.memo, ...new Uint8Array(500)])],
    [bufferData(A, w.memo), undefined, SYSTEM],
    [bufferData(A, w.memo), 5n * 10n ** 9n],
    [bufferData(A, w.memo).slice(0, 30)],
  ];
  for (const [i, [data, lamports, owner]] of states.entries()) {
    w.set(buffers[i]!, data, lamports ?? rent(data.length), owner ?? LOADER);
  }
  const holders = [A, B, null, A, A];
  for (const [i, holder] of holders.entries()) {
    const slot = w.c.currentSlot() - r.pick([0, 1, 1, 5]);
    const room = i === 3 ? 20_000 : i === 4 ? 500 : 0;
    const data = programdataData(slot, holder, [...w.memo, ...new Uint8Array(room)]);
    w.set(datas[i]!, data, rent(data.length) + (i === 4 ? 10n ** 9n : 0n));
    w.set(programs[i]!, programData(datas[i]!), rent(PROGRAM_SIZE), LOADER, true);
  }
  w.c.setAccount(datas[5]!, { lamports: 0n });
  w.set(programs[5]!, new Uint8Array(PROGRAM_SIZE));
  for (const wallet of wallets) w.c.fund(wallet, 10n ** 11n);
  for (const key of [spill, nobody]) w.c.setAccount(key, { lamports: 0n });
}

const as = (key: Key, role: string): Meta => ({
  key: keyBytes(key),
  writable: role.startsWith("w"),
  signer: role.endsWith("s"),
});
const ix = (data: number[], accounts: [Key, string][]): Ix => ({
  program: keyBytes(LOADER),
  data,
  accounts: accounts.map(([key, role]) => as(key, role)),
});

/** Nearly always one that makes sense. */
function sensible(r: Random): Ix {
  const i = r.below(programs.length);
  const [program, data] = [programs[i]!, datas[i]!];
  const holder = i === 1 ? B : A;
  const buffer = r.chance(0.6) ? buffers[i === 1 ? 1 : 0]! : r.pick(buffers);
  const owner = buffer === buffers[1] ? B : A;
  const other = r.pick([A, B]);
  const room = r.pick([2_304, 2_304, 2_804, 5_000, 2_303, 0, 10 * 1024 * 1024 - 45, 10 * 1024 * 1024]);
  const more = r.pick([10_240, 10_240, 30_000, 10_239, 0, 1, 2 ** 32 - 1, 10 * 1024 * 1024 - 2_349]);
  const bytes = [...r.bytes(r.below(40))];
  return r.weighted<() => Ix>([
    [
      2,
      () =>
        ix(u32(0), [
          [buffer, "w"],
          [other, "r"],
        ]),
    ],
    [
      3,
      () =>
        ix(
          [...u32(1), ...u32(r.below(2_400)), ...u64(bytes.length), ...bytes],
          [
            [buffer, "w"],
            [owner, "rs"],
          ],
        ),
    ],
    [
      4,
      () =>
        ix(
          [...u32(2), ...u64(room)],
          [
            [wallets[0]!, "ws"],
            [datas[5]!, "w"],
            [programs[5]!, "w"],
            [buffer, "w"],
            [RENT, "r"],
            [CLOCK, "r"],
            [SYSTEM, "r"],
            [owner, "rs"],
          ],
        ),
    ],
    [
      5,
      () =>
        ix(u32(3), [
          [data, "w"],
          [program, "w"],
          [buffer, "w"],
          [spill, "w"],
          [RENT, "r"],
          [CLOCK, "r"],
          [holder, "rs"],
        ]),
    ],
    [
      2,
      () =>
        ix(u32(4), [
          [buffer, "w"],
          [owner, "rs"],
          [other, "r"],
        ]),
    ],
    [
      2,
      () =>
        ix(u32(r.pick([4, 7])), [
          [data, "w"],
          [holder, "rs"],
          [other, "rs"],
        ]),
    ],
    [
      1,
      () =>
        ix(u32(4), [
          [data, "w"],
          [holder, "rs"],
        ]),
    ],
    [
      1,
      () =>
        ix(u32(7), [
          [buffer, "w"],
          [owner, "rs"],
          [other, "rs"],
        ]),
    ],
    [
      2,
      () =>
        ix(u32(5), [
          [buffer, "w"],
          [spill, "w"],
          [owner, "rs"],
        ]),
    ],
    [
      2,
      () =>
        ix(u32(5), [
          [data, "w"],
          [spill, "w"],
          [holder, "rs"],
          [program, "w"],
        ]),
    ],
    [
      3,
      () =>
        ix(
          [...u32(6), ...u32(more)],
          [
            [data, "w"],
            [program, "w"],
            [SYSTEM, "r"],
            [wallets[0]!, "ws"],
          ],
        ),
    ],
  ])();
}

function damage(r: Random, instruction: Ix): void {
  const { accounts } = instruction;
  const data = [...instruction.data];
  const at = r.below(Math.max(accounts.length, 1));
  const change = (fields: Partial<Meta>): void => {
    if (accounts[at]) accounts[at] = { ...accounts[at], ...fields };
  };
  r.weighted<() => unknown>([
    [4, () => accounts.splice(at, 1)],
    [4, () => change({ signer: false })],
    [4, () => change({ writable: false })],
    [2, () => change({ writable: true })],
    [8, () => change({ key: keyBytes(r.pick(everything)) })],
    [3, () => accounts.splice(r.below(accounts.length + 1), 0, as(r.pick(everything), r.pick(["r", "w"])))],
    [2, () => data.splice(r.below(data.length + 1))],
    [2, () => data.splice(r.below(data.length), 1, r.below(12))],
    [1, () => accounts.splice(r.below(accounts.length + 1))],
  ])();
  instruction.data = data;
}

function transaction(r: Random, w: LoaderWorld): Uint8Array {
  const instructions = Array.from(
    {
      length: r.weighted([
        [8, 1],
        [2, 2],
        [1, 3],
      ]),
    },
    () => {
      const instruction = sensible(r);
      for (
        let n = r.weighted([
          [6, 0],
          [4, 1],
          [1, 2],
        ]);
        n;
        n--
      )
        damage(r, instruction);
      return instruction;
    },
  );
  const blockhash = w.c.context().hashes[0]!;
  return encodeTransaction(keyBytes(wallets[0]!), instructions, blockhash, () => r.bytes(64));
}

describe("random instructions of the upgradeable loader", () => {
  it(`${TRANSACTIONS} transactions have the same effects as on Agave, from seed ${SEED}`, { timeout: 0 }, async () => {
    const outcomes = new Map<string, number>();
    const lines = new Set<string>();
    for (let done = 0; done < TRANSACTIONS; done += CHUNK) {
      const seed = SEED + done / CHUNK;
      const r = new Random(seed);
      const w = await LoaderWorld.create();
      for (let step = 0; step < Math.min(CHUNK, TRANSACTIONS - done); step++) {
        if (step % FRESH === 0) reset(w, r);
        if (r.chance(0.2)) w.c.advance();
        try {
          const { ours } = w.c.expectSame(transaction(r, w));
          const outcome = JSON.stringify(ours.error);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          for (const line of ours.logs) if (!line.startsWith("Program ")) lines.add(line.replace(/\w{32,}/, "KEY"));
        } catch (error) {
          const again = `LOADER_SEED=${seed} LOADER_TRANSACTIONS=${CHUNK}`;
          throw new Error(`seed ${seed}, step ${step} (${again}): ${(error as Error).message}`, { cause: error });
        }
      }
    }
    console.log(
      `${outcomes.get("null")} of ${TRANSACTIONS} succeeded, ${outcomes.size} outcomes, ${lines.size} log lines`,
    );
    // A workload that only fails, or never fails in new ways, shows nothing.
    expect(outcomes.get("null")).toBeGreaterThan(TRANSACTIONS / 10);
    expect(lines.size).toBeGreaterThan(Math.min(25, TRANSACTIONS / 50));
  });
});
