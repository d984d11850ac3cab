/**
 * Walks over all accounts of a shard: those in storage in parts, so that others have their turn in between, then those in memory.
 *
 *   stored lists, one after another ── those not in memory ──▶ found ──┐
 *        (slots go on: accounts come to memory, none leaves it)         ├─ found and still not in memory ─▶ answer
 *   at the end, at once: memory, as of the slot that is asked for ──────┘
 *
 * An account that comes to memory while the walk goes on is found there, whether or not its list had its turn. What is not in memory at the end
 * never was meanwhile, so it is as stored. When memory gets too full, or storage has too much to delete, the walk gives up what it reads and
 * is done once more without a break.
 */
import { compareBytes, concatBytes } from "../protocol/bytes.ts";
import { LIST } from "../protocol/layouts/account.ts";
import {
  accountOffsets,
  encodeLargest,
  keyText,
  largestOf,
  mergeAccountLists,
  mergeLargest,
  pickAccounts,
  splitKeys,
} from "./accounts.ts";
import { ListBuilder } from "./run-reader.ts";
import type { ShardEnginePort } from "./shard-port.ts";

/** While a walk goes on memory may be so much fuller than otherwise, and so many parts of old runs are left in storage. */
const MEMORY = 1.25;
const PARTS = 64;

/** Bytes of accounts in storage that are one part: about 3 ms, small accounts. */
export const PART_BYTES = 256 << 10;

/** `yield`: others may have their turn. */
export type InParts<T> = Generator<void, T>;

type Engine = Pick<ShardEnginePort, "scan" | "scanCold" | "largest" | "largestCold" | "coldOfKeys">;

export class AccountWalks {
  #open: { isBroken: boolean } | undefined;

  /** Whether a walk goes on: what it reads had better stay. */
  get isOpen(): boolean {
    return this.#open !== undefined && !this.#open.isBroken;
  }

  /** Something that it reads has to go. */
  break(): void {
    if (this.#open) this.#open.isBroken = true;
  }

  /** Whether nothing may leave memory, of which so many bytes are in use. */
  keepMemory(bytes: number, limit: number): boolean {
    if (this.isOpen && bytes <= limit * MEMORY) return true;
    this.break();
    return false;
  }

  /** Whether the parts of old runs, so many, stay in storage. */
  keepParts(count: number): boolean {
    if (this.isOpen && count <= PARTS) return true;
    this.break();
    return false;
  }

  /** One at a time goes on in parts; a second one is done at once. */
  *inParts<T>(walk: () => InParts<T>): InParts<T> {
    if (!this.#open) {
      const own = { isBroken: false };
      this.#open = own;
      try {
        const parts = walk();
        while (!own.isBroken) {
          const part = parts.next();
          if (part.done) return part.value;
          yield;
        }
      } finally {
        this.#open = undefined;
      }
    }
    return atOnce(walk());
  }
}

/** Runs it without a break. */
export function atOnce<T>(parts: InParts<T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done) return part.value;
  }
}

/** Account list of what the request lets through, sorted by key; null: larger than `limit` bytes. */
export function* scanParts(
  engine: Engine,
  stored: Iterable<Uint8Array>,
  request: Uint8Array,
  asOf: number,
  limit: number,
): InParts<Uint8Array | null> {
  const found = new ListBuilder();
  for (const list of stored) {
    found.addList(engine.scanCold(request, list));
    if (found.bytes > limit) return null;
    yield;
  }
  const inMemory = engine.scan(request, asOf);
  if (inMemory === null) return null;
  const cold = stillCold(engine, found.finish());
  return inMemory.length + cold.length - LIST.HEADER > limit ? null : mergeAccountLists([inMemory, cold]);
}

function stillCold(engine: Engine, list: Uint8Array): Uint8Array {
  const offsets = accountOffsets(list)!.slice(0, -1);
  const keys = new Uint8Array(offsets.length * 32);
  for (const [i, at] of offsets.entries()) keys.set(list.subarray(at, at + 32), i * 32);
  const cold = engine.coldOfKeys(keys);
  return cold.length === keys.length ? list : pickAccounts([list], splitKeys(cold));
}

/** LargestAccount entries, descending. */
export function* largestParts(engine: Engine, stored: Iterable<Uint8Array>, asOf: number): InParts<Uint8Array> {
  let seen = engine.largest(asOf);
  for (const list of stored) {
    seen = engine.largestCold(list);
    yield;
  }
  const own = mergeLargest([seen]);
  const keys = own.map(({ key }) => key).sort(compareBytes);
  const cold = new Set(splitKeys(engine.coldOfKeys(concatBytes(...keys))).map(keyText));
  const inMemory = mergeLargest([engine.largest(asOf)]);
  return encodeLargest(largestOf([...own.filter(({ key }) => cold.has(keyText(key))), ...inMemory]));
}
