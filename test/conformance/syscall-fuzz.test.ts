/**
 * Random arguments, memory, budgets, versions and loaders for each system call, on Agave's runtime and on ours.
 * SYSCALL_FUZZ is the number of calls of each kind, SYSCALL_SEED where the random numbers begin.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { keyBytes } from "./harness.ts";
import { u64 } from "./harness-system.ts";
import { Random } from "./random-prng.ts";
import {
  type CallOptions,
  HEAP,
  HEAP_BYTES,
  HEAP_LENGTH,
  INPUT,
  LOADER_1,
  LOADER_2,
  PROGRAM,
  STACK,
  STACK_BYTES,
  Syscalls,
} from "./syscall-fixture.ts";

const RUNS = Number(process.env.SYSCALL_FUZZ ?? 150);
const SEED = Number(process.env.SYSCALL_SEED ?? 1);

type Kind = "address" | "length" | "count" | "small" | "any";
const CALLS: readonly [string, readonly Kind[], string?][] = [
  ["sol_log_", ["address", "length"]],
  ["sol_log_64_", ["any", "any", "any", "any", "any"]],
  ["sol_log_pubkey", ["address"]],
  ["sol_log_compute_units_", []],
  ["sol_log_data", ["address", "count"]],
  ["sol_panic_", ["address", "length", "any", "any"]],
  ["sol_create_program_address", ["address", "count", "address", "address"]],
  ["sol_try_find_program_address", ["address", "count", "address", "address", "address"]],
  ["sol_sha256", ["address", "count", "address"]],
  ["sol_keccak256", ["address", "count", "address"]],
  ["sol_memcpy_", ["address", "address", "length"]],
  ["sol_memmove_", ["address", "address", "length"]],
  ["sol_memset_", ["address", "any", "length"]],
  ["sol_memcmp_", ["address", "address", "length", "address"]],
  ["sol_alloc_free_", ["length", "small"]],
  ["sol_get_clock_sysvar", ["address"]],
  ["sol_get_epoch_schedule_sysvar", ["address"]],
  ["sol_get_rent_sysvar", ["address"]],
  ["sol_get_last_restart_slot", ["address"]],
  ["sol_get_epoch_rewards_sysvar", ["address"]],
  ["sol_get_sysvar", ["address", "address", "length", "length"]],
  ["sol_get_epoch_stake", ["address"]],
  ["sol_get_stack_height", []],
  ["sol_set_return_data", ["address", "length"]],
  [
    "sol_get_return_data",
    ["address", "length", "address"],
    `lddw r1, ${HEAP}\nldxdw r2, [r6+32]\nand64 r2, 255\ncall sol_set_return_data`,
  ],
  ["sol_get_processed_sibling_instruction", ["small", "address", "address", "address", "address"]],
];

const SYSVARS = ["C1ock", "Rent", "EpochSchedu1e", "EpochRewards", "S1otHashes", "LastRestartS1ot", "S1otHistory"].map(
  (name) => keyBytes(`Sysvar${name}`.padEnd(43, "1")),
);
const TEXTS = ["ascii", "ünïcode", "日本語", "😀🎉"].map((text) => new TextEncoder().encode(text));
const REGIONS = [HEAP, HEAP, HEAP, HEAP, STACK, STACK, INPUT, PROGRAM];

class Case extends Random {
  wide(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  address(): bigint {
    if (this.chance(0.04)) return this.wide();
    if (this.chance(0.04)) return this.pick([0n, 1n, 5n << 32n, 2n ** 64n - 1n, 2n ** 63n]);
    const region = this.pick(REGIONS);
    const around = BigInt(this.below(80)) - 40n;
    if (this.chance(0.08)) return region + this.pick([0x1000n, 0x2000n, HEAP_LENGTH, 0x40000n]) + around;
    if (this.chance(0.05)) return region + BigInt(this.below(40_000));
    const at = BigInt(this.below(region === STACK ? STACK_BYTES : HEAP_BYTES));
    return region + (this.chance(0.7) ? at & ~15n : at);
  }

  length(): bigint {
    if (this.chance(0.05)) return this.wide() >> BigInt(this.below(64));
    if (this.chance(0.05))
      return this.pick([1_024n, 1_025n, 32_768n, 32_769n, 9_900n, 10_000n, 12_000n, 2n ** 63n, 2n ** 63n - 1n]);
    return BigInt(this.chance(0.7) ? this.below(48) : this.below(700));
  }

  of(kind: Kind): bigint {
    if (this.chance(0.02)) return this.wide();
    if (kind === "address") return this.address();
    if (kind === "length") return this.length();
    if (kind === "small") return BigInt(this.below(4));
    if (kind === "any") return this.chance(0.5) ? this.wide() : BigInt(this.below(300));
    return this.chance(0.06)
      ? this.pick([16n, 17n, 40n, 2_000n, 20_000n, 20_001n, 2n ** 59n, 2n ** 59n - 1n, 2n ** 60n])
      : BigInt(this.below(8));
  }

  /** Slices at every 16 bytes for the most part, and between them texts, keys and noise. */
  memory(length: number): Uint8Array {
    const bytes = Uint8Array.from({ length }, () => (this.chance(0.5) ? this.below(128) : 0));
    for (let at = 0; at + 16 <= length; at += 16) {
      const what = this.below(10);
      if (what < 6)
        bytes.set([...u64(this.address()), ...u64(this.chance(0.9) ? BigInt(this.below(36)) : this.length())], at);
      else if (what === 6) bytes.set(this.pick(TEXTS), at);
      else if (what === 7)
        bytes.set([...u64(5n), ...u64(0n)], at); // the sizes of the budget's instruction
      else if (what === 8 && at + 32 <= length) bytes.set(this.pick(SYSVARS), at);
    }
    return bytes;
  }
}

let s: Syscalls;
beforeAll(async () => {
  s = await Syscalls.create();
});

describe("random calls", () => {
  it.each(CALLS)("of %s", (name, kinds, before) => {
    let calls = 0;
    for (let run = 0; run < RUNS; run++) {
      const seed = SEED * 1_000_003 + run;
      const random = new Case(seed);
      const args = kinds.map((kind) => random.of(kind));
      if (before) args[4] = BigInt(random.below(256));
      const options: CallOptions = {
        heap: random.memory(HEAP_BYTES),
        stack: random.memory(STACK_BYTES),
        version: random.pick([0, 0, 3]),
        loader: random.chance(0.2) ? LOADER_1 : LOADER_2,
        ...(random.chance(0.15) ? { limit: 150 + random.below(2_500) } : {}),
        ...(before ? { before } : {}),
      };
      try {
        const { r0, fault } = s.call(name, args, options);
        // A call that panics does all there is to do.
        if (r0 !== null || fault?.startsWith("SBF program Panicked")) calls += 1;
      } catch (error) {
        throw new Error(`${name}(${args.join(", ")}), seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    // Otherwise the random numbers say nothing about this call.
    expect(calls).toBeGreaterThan(RUNS / 20);
  });
});
