/** Slot context and blockhash (docs/interfaces.md section 3). */
import type { Sha256 } from "./actor.ts";
import { ByteWriter, concatBytes, equalBytes, viewOf } from "./bytes.ts";
import { CONTEXT, CONTEXT_FLAG_DEVELOPMENT, CONTEXT_FLAG_ENDED, CONTEXT_FLAG_SIMULATION } from "./layouts/context.ts";
import { BLOCKHASH_WINDOW, CONTEXT_HASHES, CONTEXT_SIZE, epochOf, LAMPORTS_PER_SIGNATURE } from "./limits.ts";

export interface SlotContextFields {
  readonly slot: number;
  readonly view: number;
  /** Unix seconds. */
  readonly unixTimestamp: number;
  readonly epochStartTimestamp: number;
  /** Blockhashes of slot-1, slot-2, ...: newest first, at least one, at most CONTEXT_HASHES are used; zeros for a skipped slot. */
  readonly hashes: readonly Uint8Array[];
  /** Blockhash of the newest block. Unset: the first of `hashes`. */
  readonly parent?: Uint8Array;
  /** Slot of the newest block. Unset: the newest of `hashes` that is not zeros. */
  readonly parentSlot?: number;
  /** On a network for development, the address that may decree (wasm/svm/programs/dev-network). Unset: nobody may. */
  readonly developer?: Uint8Array | undefined;
  /** Bits 0 to 3: programs that run from their real ELFs (real-programs.ts). Unset: none. */
  readonly flags?: number;
  /** Usable blockhashes, newest first, and the height of the newest. Unset: every slot raised the height. */
  readonly recent?: { readonly hashes: readonly Uint8Array[]; readonly height: number };
  /** Hash of the epoch record (shared/stake/epoch-record.ts). Unset: of the empty one. */
  readonly epochHash?: Uint8Array;
  /**
   * "simulation": what is run in it sees the Clock of slot - 1, and is in its epoch, but all else as the block of `slot` will.
   * "ended": sysvars as they are after the block of `slot`. Unset: of the block of `slot`.
   */
  readonly purpose?: "simulation" | "ended";
}

/** How much of its address has room. */
const DEVELOPER_BYTES = CONTEXT.HASHES - CONTEXT.DEVELOPER;

export function encodeContext(fields: SlotContextFields): Uint8Array {
  const out = new Uint8Array(CONTEXT_SIZE);
  const view = viewOf(out);
  const count = Math.min(fields.hashes.length, CONTEXT_HASHES);
  view.setBigUint64(CONTEXT.SLOT, BigInt(fields.slot), true);
  view.setBigUint64(CONTEXT.VIEW, BigInt(fields.view), true);
  view.setBigInt64(CONTEXT.UNIX_TIMESTAMP, BigInt(fields.unixTimestamp), true);
  const { purpose } = fields;
  view.setBigUint64(
    CONTEXT.EPOCH_NUMBER,
    BigInt(epochOf(purpose === "simulation" ? fields.slot - 1 : fields.slot)),
    true,
  );
  view.setBigInt64(CONTEXT.EPOCH_START, BigInt(fields.epochStartTimestamp), true);
  view.setBigUint64(CONTEXT.LAMPORTS_PER_SIGNATURE, LAMPORTS_PER_SIGNATURE, true);
  const recent = fields.recent ?? { hashes: fields.hashes, height: fields.slot - 1 };
  const recentCount = Math.min(recent.hashes.length, BLOCKHASH_WINDOW);
  view.setBigUint64(CONTEXT.HEIGHT, BigInt(recent.height), true);
  view.setUint32(CONTEXT.HASH_COUNT, count, true);
  view.setUint32(CONTEXT.RECENT_COUNT, recentCount, true);
  const parent = fields.parent ?? fields.hashes[0];
  if (parent) out.set(parent, CONTEXT.PARENT_HASH);
  const { developer, flags = 0 } = fields;
  const kind = purpose === "simulation" ? CONTEXT_FLAG_SIMULATION : purpose === "ended" ? CONTEXT_FLAG_ENDED : 0;
  view.setUint32(CONTEXT.FLAGS, (flags | kind | (developer ? CONTEXT_FLAG_DEVELOPMENT : 0)) >>> 0, true);
  if (developer) out.set(developer.subarray(0, DEVELOPER_BYTES), CONTEXT.DEVELOPER);
  for (let i = 0; i < count; i++) out.set(fields.hashes[i]!, CONTEXT.HASHES + i * 32);
  for (let i = 0; i < recentCount; i++) out.set(recent.hashes[i]!, CONTEXT.RECENT + i * 32);
  if (fields.epochHash) out.set(fields.epochHash, CONTEXT.EPOCH_HASH);
  view.setBigUint64(CONTEXT.PARENT_SLOT, BigInt(fields.parentSlot ?? newestSlot(fields.slot, fields.hashes)), true);
  return out;
}

/** Of the slots before `slot`, newest first, the first one that has a hash. */
function newestSlot(slot: number, hashes: readonly Uint8Array[]): number {
  const age = hashes.findIndex((hash) => hash.some((byte) => byte !== 0));
  return Math.max(0, age < 0 ? slot - 1 : slot - 1 - age);
}

/** Whether a transaction with this blockhash can be in the block of the context's slot. */
export function isUsableBlockhash(context: Uint8Array, blockhash: Uint8Array): boolean {
  return blockhashHeight(context, blockhash) !== undefined;
}

/** Block height of a blockhash that transactions can use; undefined: it is none. */
export function blockhashHeight(context: Uint8Array, blockhash: Uint8Array): bigint | undefined {
  const view = viewOf(context);
  const count = Math.min(view.getUint32(CONTEXT.RECENT_COUNT, true), BLOCKHASH_WINDOW);
  const first = blockhash[0];
  for (let i = 0; i < count; i++) {
    const at = CONTEXT.RECENT + i * 32;
    const isSame = context[at] === first && equalBytes(context.subarray(at, at + 32), blockhash);
    if (isSame) return view.getBigUint64(CONTEXT.HEIGHT, true) - BigInt(i);
  }
  return undefined;
}

const BLOCKHASH_DOMAIN = new TextEncoder().encode("infinisvm-blockhash");

export function blockhashOf(
  sha256: Sha256,
  parent: Uint8Array,
  slot: number,
  view: number,
  unixTimestamp: number,
  frame: Uint8Array,
): Uint8Array {
  const numbers = new ByteWriter().u64(slot).u64(view).i64(unixTimestamp).bytes();
  return sha256(BLOCKHASH_DOMAIN, parent, numbers, sha256(frame));
}

const SEED_DOMAIN = new TextEncoder().encode("infinisvm-shard-seed");

/** Key of the keyed hash that spreads accounts over shards: nobody can grind keys onto one shard before the genesis exists. */
export function shardSeeds(sha256: Sha256, genesisHash: Uint8Array): { seed0: bigint; seed1: bigint } {
  const view = viewOf(sha256(concatBytes(SEED_DOMAIN, genesisHash)));
  const [seed0, seed1] = [0, 1].map((i) => view.getBigUint64(i * 8, true)) as [bigint, bigint];
  return { seed0, seed1 };
}
