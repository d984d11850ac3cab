/** What a network inside a test can be started with. */
import type { Address } from "@solana/kit";
import { checkForkOptions, type ForkOptions } from "../infra/fork/index.ts";
import { Failure } from "../infra/network/failure.ts";

/** A program that is there from the genesis on. */
export interface ProgramOption {
  readonly address: Address | string;
  /** The ELF, as `cargo build-sbf` makes it: its path, or its bytes. */
  readonly elf: string | Uint8Array;
  /** Who may upgrade it. Unset: nobody. */
  readonly upgradeAuthority?: Address | string;
}

/** An account that is there from the genesis on. */
export interface AccountOption {
  readonly address: Address | string;
  /** Unset: as many as make it rent-exempt. */
  readonly lamports?: bigint | number;
  /** Unset: the System program. */
  readonly owner?: Address | string;
  readonly data?: Uint8Array;
  readonly executable?: boolean;
}

export interface TestNetworkOptions {
  readonly programs?: readonly ProgramOption[];
  /** Accounts, or paths of files as `solana account ADDRESS --output json` writes them. */
  readonly accounts?: readonly (AccountOption | string)[];
  /** Account shards, 1 to 64. Unset: 1. */
  readonly shards?: number;
  /** Keys and all randomness of the network come from it; unset: 0. With a manual clock the same seed gives the same chain. */
  readonly seed?: number | bigint;
  /**
   * "manual": time stands still but when work needs it or the test moves it; whatever was sent is confirmed when the call that sent it
   * returns. "real": the process's. Unset: "manual" in process, "real" on workerd, which knows no other.
   */
  readonly clock?: "manual" | "real";
  /** "in-process": in this Node process, without workerd and without a port. "workerd": as it is deployed. Unset: "in-process". */
  readonly engine?: "in-process" | "workerd";
  /** Of a manual clock, milliseconds since 1970. Unset: the beginning of 2026. */
  readonly startTime?: number | Date;
  /** Slot time, milliseconds, 10 to 10,000. Unset: 50. */
  readonly slotMs?: number;
  /** Keeps what accounts were before and after each transaction that `rpc` sends, for `trace`. Costs two reads each. */
  readonly recordAccounts?: boolean;
  /** What the network has to say about faults of its own. Unset: standard error. */
  readonly log?: (line: string) => void;
  /**
   * Accounts that nobody here has come from another cluster when they are needed: its URL, or that and more. Without `url` from the folder
   * `cache` alone. In process, without a folder, what was fetched is kept in memory.
   */
  readonly fork?: string | ForkOptions;
}

export interface CheckedOptions extends Omit<TestNetworkOptions, "fork"> {
  readonly programs: readonly ProgramOption[];
  readonly accounts: readonly (AccountOption | string)[];
  readonly shards: number;
  readonly seed: bigint;
  readonly clock: "manual" | "real";
  readonly engine: "in-process" | "workerd";
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly slotMs: number;
  readonly recordAccounts: boolean;
  readonly fork?: ForkOptions;
  readonly log: (line: string) => void;
}

/** 2026-01-01T00:00:00Z */
const START_TIME = 1_767_225_600_000;
const DEFAULT_SLOT_MS = 50;
const U64 = 1n << 64n;

const NAMES: readonly (keyof TestNetworkOptions)[] = [
  "programs",
  "accounts",
  "shards",
  "seed",
  "clock",
  "engine",
  "startTime",
  "slotMs",
  "recordAccounts",
  "log",
  "fork",
];

function checkWhole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new Failure("bad-option", `${name} must be a whole number from ${low} to ${high}, not ${value}`);
}

function checkOneOf(name: string, value: string, values: readonly string[]): void {
  if (values.includes(value)) return;
  throw new Failure("bad-option", `${name} must be ${values.map((one) => `"${one}"`).join(" or ")}, not "${value}"`);
}

function seedOf(seed: number | bigint): bigint {
  const value = typeof seed === "bigint" || Number.isSafeInteger(seed) ? BigInt(seed) : -1n;
  if (value >= 0n && value < U64) return value;
  throw new Failure("bad-option", `seed must be a whole number from 0 to 2^64 - 1, not ${seed}`);
}

/** Throws a Failure "bad-option" for what cannot be. */
export function checkOptions(options: TestNetworkOptions): CheckedOptions {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name as keyof TestNetworkOptions));
  if (unknown !== undefined) throw new Failure("bad-option", `no option "${unknown}": ${NAMES.join(", ")}`);
  const fork = typeof options.fork === "string" ? { url: options.fork } : options.fork;
  if (fork) checkForkOptions(fork);
  const { engine = "in-process", shards = 1, slotMs = DEFAULT_SLOT_MS, startTime = START_TIME } = options;
  const clock = options.clock ?? (engine === "workerd" ? "real" : "manual");
  checkOneOf("engine", engine, ["in-process", "workerd"]);
  checkOneOf("clock", clock, ["manual", "real"]);
  if (engine === "workerd" && clock === "manual") {
    throw new Failure("bad-option", 'clock "manual": workerd runs by the real clock; use engine "in-process"');
  }
  checkWhole("shards", shards, 1, 64);
  checkWhole("slotMs", slotMs, 10, 10_000);
  const time = Number(startTime);
  checkWhole("startTime", time, 0, 1e14);
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  return {
    programs: options.programs ?? [],
    accounts: options.accounts ?? [],
    shards,
    seed: seedOf(options.seed ?? 0),
    clock,
    engine,
    startTime: clock === "manual" ? time : Date.now(),
    slotMs,
    recordAccounts: options.recordAccounts ?? false,
    ...(fork && { fork }),
    log,
  };
}
