/** Sysvars and stakes by system call: units, bytes, errors as on Agave, each case also with what it must be. */

import { createHash } from "node:crypto";
import { SlotHistory } from "litesvm/dist/internal.js";
import { beforeAll, describe, expect, it } from "vitest";
import { EMPTY_EPOCH, encodeEpochRecord } from "../../shared/stake/epoch-record.ts";
import { instruction, keyAddress, keyBytes, testKey } from "./harness.ts";
import { RECENT_BLOCKHASHES, u64 } from "./harness-system.ts";
import {
  FAILED,
  HEAP,
  HEAP_BYTES,
  HEAP_LENGTH,
  INPUT,
  LOADER_1,
  OVER_BUDGET,
  PROGRAM,
  STACK,
  Syscalls,
} from "./syscall-fixture.ts";

const OWNER = keyBytes("Sysvar1111111111111111111111111111111111111");
const sysvar = (name: string): Uint8Array => keyBytes(`Sysvar${name}`.padEnd(43, "1"));

let s: Syscalls;
beforeAll(async () => {
  s = await Syscalls.create();
  s.c.advance(20);
  // litesvm makes it as long as its entries; on Agave it has its full size.
  const data = new Uint8Array(16_392);
  s.c.agave.setAccount(sysvar("StakeHistory"), { lamports: 1n, owner: OWNER, data, executable: false, rentEpoch: 0n });
});

const clock = () => {
  const { slot, unixTimestamp } = s.c.context();
  return [slot, 0, 0, 1, unixTimestamp].flatMap((n) => u64(BigInt(n)));
};
const RENT = [...u64(6_960n), 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 50];
const SCHEDULE = [...u64(432_000n), ...u64(432_000n)];

describe("getters", () => {
  const GETTERS: readonly [string, number, bigint, () => number[]][] = [
    ["sol_get_clock_sysvar", 40, 8n, clock],
    ["sol_get_epoch_schedule_sysvar", 40, 8n, () => [...SCHEDULE, ...u64(0n), ...u64(0n), ...u64(0n)]],
    ["sol_get_rent_sysvar", 24, 8n, () => [...RENT, 0, 0, 0, 0, 0, 0, 0]],
    ["sol_get_last_restart_slot", 8, 8n, () => u64(0n)],
    ["sol_get_epoch_rewards_sysvar", 96, 16n, () => new Array(96).fill(0)],
  ];
  const FULL = new Uint8Array(HEAP_BYTES).fill(255);

  describe.each(GETTERS)("%s", (name, size, align, contents) => {
    it("writes the struct with its padding zero for 100 units and one a byte", () => {
      const expected = contents();
      const outcome = s.call(name, [HEAP + 32n], { heap: FULL });
      expect(outcome).toMatchObject({ r0: 0n, units: 100 + size, logs: [] });
      expect([...outcome.heap.slice(32, 32 + size)]).toEqual(expected);
      expect(outcome.heap.slice(0, 32)).toEqual(FULL.slice(0, 32));
      expect(outcome.heap.slice(32 + size)).toEqual(FULL.slice(32 + size));
    });

    it("writes to the stack and up to the end of the heap", () => {
      expect(s.call(name, [STACK + 16n])).toMatchObject({ r0: 0n });
      expect(s.call(name, [HEAP + HEAP_LENGTH - BigInt(size)])).toMatchObject({ r0: 0n });
      expect(s.call(name, [STACK + 16n], { version: 3 })).toMatchObject({ r0: 0n, units: 100 + size });
    });

    it("asks for alignment", () => {
      for (let off = 1n; off < align; off *= 2n) {
        expect(s.call(name, [HEAP + off])).toMatchObject({
          error: FAILED,
          fault: "Unaligned pointer",
          units: 100 + size,
        });
      }
      expect(s.call(name, [HEAP + align]).r0).toBe(0n);
    });

    it("refuses the input region and above, whatever is there", () => {
      for (const address of [INPUT, INPUT + 1n, 5n << 32n, 2n ** 64n - 1n]) {
        expect(s.call(name, [address])).toMatchObject({ error: FAILED, fault: "Invalid pointer", units: 100 + size });
      }
    });

    it("refuses what cannot be written", () => {
      for (const address of [0n, 1n, PROGRAM, STACK + 0x1000n, HEAP + HEAP_LENGTH - BigInt(size) + 1n]) {
        const outcome = s.call(name, [address]);
        expect(outcome).toMatchObject({ error: FAILED, units: 100 + size });
        expect(outcome.fault).toMatch(/^Access violation/);
      }
    });

    it("is not for programs of the first loader", () => {
      for (const address of [HEAP, 0n, INPUT]) {
        const outcome = s.call(name, [address], { loader: LOADER_1 });
        expect(outcome).toMatchObject({ error: FAILED, fault: "Unaligned pointer", units: 100 + size });
      }
    });

    it("charges first", () => {
      expect(s.call(name, [0n], { limit: 270 })).toMatchObject({ r0: null, error: OVER_BUDGET });
    });
  });
});

describe("sol_get_sysvar", () => {
  const ID = HEAP + 608n;
  const get = (key: Uint8Array, offset: bigint, length: bigint, out = HEAP) => {
    const heap = new Uint8Array(HEAP_BYTES).fill(255);
    heap.set(key, 608);
    return s.call("sol_get_sysvar", [ID, out, offset, length], { heap });
  };
  const SIZES: readonly [string, number][] = [
    ["C1ock", 40],
    ["EpochSchedu1e", 33],
    ["EpochRewards", 81],
    ["Rent", 17],
    ["S1otHashes", 20_488],
    ["StakeHistory", 16_392],
    ["LastRestartS1ot", 8],
  ];

  it.each(SIZES)("%s has %i bytes, any range of which is given", (name, size) => {
    const key = sysvar(name);
    const total = BigInt(size);
    for (const [offset, length] of [
      [0n, 8n],
      [1n, 7n],
      [total - 5n, 5n],
      [0n, total < 600n ? total : 600n],
      [total, 0n],
      [0n, 0n],
    ] as const) {
      const outcome = get(key, offset, length);
      expect(outcome).toMatchObject({ r0: 0n, units: 110, logs: [] });
      expect(outcome.heap.slice(Number(length), 608)).toEqual(new Uint8Array(608 - Number(length)).fill(255));
    }
    for (const [offset, length] of [
      [0n, total + 1n],
      [total, 1n],
      [total + 1n, 0n],
      [1n, total],
      [2n ** 63n, 8n],
      [2n ** 64n - 9n, 8n],
    ] as const) {
      const outcome = get(key, offset, length, HEAP + 1_024n);
      expect(outcome).toMatchObject({ r0: 1n, units: 100 + Math.max(10, Math.floor(Number(length) / 250)) });
    }
  });

  it("gives the bytes of the accounts", () => {
    expect([...get(sysvar("Rent"), 0n, 17n).heap.slice(0, 17)]).toEqual(RENT);
    expect([...get(sysvar("EpochSchedu1e"), 3n, 13n).heap.slice(0, 13)]).toEqual(SCHEDULE.slice(3));
    const expected = clock();
    expect([...get(sysvar("C1ock"), 0n, 40n).heap.slice(0, 40)]).toEqual(expected);
    const { slot, hashes } = s.c.context();
    const entry = [...u64(BigInt(slot - 2)), ...hashes[1]!];
    expect([...get(sysvar("S1otHashes"), 48n, 40n).heap.slice(0, 40)]).toEqual(entry);
  });

  it("takes one unit for 250 bytes, when that is more than 10", () => {
    const out = HEAP + 4_096n;
    expect(get(sysvar("S1otHashes"), 0n, 20_488n, out)).toMatchObject({ r0: 0n, units: 100 + 81 });
    expect(get(sysvar("S1otHashes"), 0n, 2_749n, out)).toMatchObject({ r0: 0n, units: 110 });
    expect(get(sysvar("S1otHashes"), 0n, 2_750n, out)).toMatchObject({ r0: 0n, units: 111 });
  });

  it("answers 2 for any other key, a range beyond everything included", () => {
    const others = ["S1otHistory", "RecentB1ockHashes", "1nstructions", "Fees", "Rewards"].map((name) =>
      name === "RecentB1ockHashes" ? keyBytes("SysvarRecentB1ockHashes11111111111111111111") : sysvar(name),
    );
    for (const key of [...others, keyBytes(testKey(5)), OWNER, new Uint8Array(32)]) {
      expect(get(key, 0n, 8n)).toMatchObject({ r0: 2n, units: 110 });
      expect(get(key, 2n ** 63n, 8n)).toMatchObject({ r0: 2n, units: 110 });
    }
  });

  it("takes any address for key and bytes, also over each other", () => {
    expect(get(sysvar("Rent"), 0n, 17n, HEAP + 3n).heap.slice(3, 20)).toEqual(Uint8Array.from(RENT));
    expect(get(sysvar("Rent"), 0n, 17n, ID + 2n).heap.slice(610, 627)).toEqual(Uint8Array.from(RENT));
    const stack = [0, ...sysvar("Rent")];
    expect(s.call("sol_get_sysvar", [STACK + 1n, HEAP, 0n, 17n], { stack }).heap.slice(0, 17)).toEqual(
      Uint8Array.from(RENT),
    );
  });

  it("refuses in this order: units, loader, input region, target, key, overflow of the range", () => {
    const call = (id: bigint, out: bigint, offset: bigint, length: bigint, loader?: string) =>
      s.call("sol_get_sysvar", [id, out, offset, length], loader ? { loader } : {});
    const END = 2n ** 64n - 1n;
    expect(call(0n, INPUT, END, 2n ** 63n)).toMatchObject({ error: OVER_BUDGET });
    expect(call(0n, INPUT, END, 1n, LOADER_1)).toMatchObject({ error: FAILED, fault: "Unaligned pointer", units: 110 });
    expect(call(0n, INPUT, END, 1n)).toMatchObject({ error: FAILED, fault: "Invalid pointer", units: 110 });
    expect(call(0n, INPUT, END, 0n)).toMatchObject({ error: FAILED, fault: "Invalid pointer", units: 110 });
    expect(call(0n, PROGRAM, END, 1n).fault).toMatch(/^Access violation writing 1 bytes/);
    expect(call(0n, HEAP, END, 1n).fault).toMatch(/^Access violation reading 32 bytes/);
    expect(call(HEAP + HEAP_LENGTH - 31n, 0n, END, 0n).fault).toMatch(/^Access violation reading 32 bytes/);
    expect(call(HEAP, HEAP, END, 1n)).toMatchObject({
      error: { InstructionError: [1, "ArithmeticOverflow"] },
      fault: "Program arithmetic overflowed",
      units: 110,
    });
    expect(call(HEAP, 0n, END, 0n)).toMatchObject({ r0: 2n, units: 110 });
  });
});

describe("sol_get_epoch_stake", () => {
  it("is 0 for all and for each, for 100 and 110 units", () => {
    expect(s.call("sol_get_epoch_stake", [0n])).toMatchObject({ r0: 0n, units: 100 });
    expect(s.call("sol_get_epoch_stake", [HEAP], { heap: keyBytes(testKey(5)) })).toMatchObject({ r0: 0n, units: 110 });
    expect(s.call("sol_get_epoch_stake", [HEAP + 1n])).toMatchObject({ r0: 0n, units: 110 });
  });

  it("is what the epoch record says: of one vote account, of none, of all", () => {
    const stakes = [5, 6, 7].map((n) => ({ key: keyBytes(testKey(n)), stake: BigInt(n) * 1_000n }));
    s.c.setStakes(encodeEpochRecord({ ...EMPTY_EPOCH, epoch: 1, totalStake: 2n ** 64n - 1n, voters: stakes }));
    // Agave's runtime has no stakes to ask for: ours alone.
    const ask = (key: Uint8Array) => s.ours("sol_get_epoch_stake", [HEAP], { heap: key }).r0;
    expect(stakes.map(({ key }) => ask(key))).toEqual([5_000n, 6_000n, 7_000n]);
    expect(ask(keyBytes(testKey(8)))).toBe(0n);
    expect(ask(new Uint8Array(32))).toBe(0n);
    expect(ask(new Uint8Array(32).fill(255))).toBe(0n);
    expect(s.ours("sol_get_epoch_stake", [0n])).toMatchObject({ r0: 2n ** 64n - 1n, units: 100 });
    s.c.setStakes(new Uint8Array(0));
  });

  it("stops a program whose key is not in memory", () => {
    for (const address of [1n, HEAP + HEAP_LENGTH - 31n, 5n << 32n]) {
      const outcome = s.call("sol_get_epoch_stake", [address]);
      expect(outcome).toMatchObject({ r0: null, error: FAILED, units: 110 });
      expect(outcome.fault).toMatch(/^Access violation reading 32 bytes/);
    }
  });
});

describe("sysvar accounts as programs see them", () => {
  /** Logs the SHA-256 of the data of its only account. */
  const HASH_DATA = `
    lddw r6, ${INPUT}
    lddw r7, ${HEAP}
    mov64 r1, r6
    add64 r1, 96
    stxdw [r7], r1
    ldxdw r1, [r6+88]
    stxdw [r7+8], r1
    mov64 r1, r7
    mov64 r2, 1
    mov64 r3, r7
    add64 r3, 16
    call sol_sha256
    mov64 r1, r7
    add64 r1, 16
    call sol_log_pubkey
    mov64 r0, 0
    exit`;

  it.each([
    "C1ock",
    "EpochSchedu1e",
    "EpochRewards",
    "Rent",
    "S1otHashes",
    "StakeHistory",
    "LastRestartS1ot",
    "S1otHistory",
    "1nstructions",
    "Recent",
  ])("%s", (name) => {
    const { c } = s;
    const key = name === "Recent" ? keyBytes(RECENT_BLOCKHASHES) : sysvar(name);
    if (name === "S1otHistory") {
      const history = SlotHistory.default();
      for (let slot = 0n; slot < BigInt(c.currentSlot()); slot += 1n) history.add(slot);
      c.agave.svm.setSlotHistory(history);
    }
    if (name === "Recent") {
      // litesvm shows its newest only.
      const data = new Uint8Array(6_008);
      const { hashes } = c.context();
      data.set(u64(BigInt(hashes.length)));
      for (const [i, hash] of hashes.entries()) data.set([...hash, ...u64(5_000n)], 8 + i * 40);
      c.agave.setAccount(key, { lamports: 1n, owner: OWNER, data, executable: false, rentEpoch: 0n });
    }
    const { error, logs } = s.run([instruction(s.deploy(HASH_DATA), [[key, "r"]], [])]);
    expect(error).toBeNull();
    const data = c.agave.account(key)?.data;
    if (data)
      expect(logs).toContain(`Program log: ${keyAddress(new Uint8Array(createHash("sha256").update(data).digest()))}`);
  });
});
