/**
 * The reference executor: one engine that owns every account, no planner, no leases, no messages. It is given a stored block and executes
 * its transactions in their order. Context and proposal are put together here from docs/interfaces.md, not with the builder's code.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { compareBytes, concatBytes } from "../../shared/protocol/bytes.ts";
import {
  type Account,
  encodeAccountList,
  encodeScanRequest,
  type ShardSeeds,
  virtualShardOf,
} from "../../shared/state/accounts.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { CARRIED } from "../carried-programs.ts";
import { wasmModule } from "./cluster.ts";

export interface ReferenceBlock {
  readonly slot: number;
  readonly unixTimestamp: number;
  readonly epochStartTimestamp: number;
  readonly blockhash: Uint8Array;
  readonly frame: Uint8Array;
  readonly parentBlockhash: Uint8Array;
  /** Of slot-1, slot-2, ... as many as there are, 512 at most; zeros where a slot was skipped. */
  readonly hashes: readonly Uint8Array[];
  /** Usable blockhashes, newest first, 150 at most, and the height of the newest. */
  readonly recent: readonly Uint8Array[];
  readonly height: number;
  readonly parentSlot: number;
  /** The epoch record that the context names; empty for the empty one. */
  readonly epochRecord: Uint8Array;
}

export interface ReferenceOutcome {
  readonly results: Uint8Array;
  /** Encoded accounts that the block changed, sorted by key. */
  readonly changed: readonly Uint8Array[];
}

const HEADER = 96;
const RECENT = 128 + 512 * 32;
const EPOCH = RECENT + 150 * 32;
const CONTEXT = EPOCH + 64;

/** Encoded accounts of a list. */
export function splitList(list: Uint8Array, at = 8): Uint8Array[] {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const out: Uint8Array[] = [];
  for (let from = at; from < list.length; ) {
    // In a loan a hash may stand for the data.
    const size = 88 + (list[from + 85] === 1 ? 32 : (view.getUint32(from + 80, true) + 7) & ~7);
    out.push(list.subarray(from, from + size));
    from += size;
  }
  return out;
}

export class Reference {
  readonly engine: ShardEngine;
  #previous = 0;

  readonly #flags: number;

  /** `flags`: of every slot context. */
  constructor(accounts: readonly Account[], flags: number) {
    this.#flags = flags;
    const only = { shardIndex: 0, shardCount: 1, seed0: 1n, seed1: 2n };
    this.engine = new ShardEngine(wasmModule(), { ...only, realPrograms: flags, carried: CARRIED });
    this.engine.load(encodeAccountList(accounts), 0);
  }

  /** Executes a block; one without transactions changes nothing. */
  execute(block: ReferenceBlock): ReferenceOutcome {
    const count = new DataView(block.frame.buffer, block.frame.byteOffset).getUint32(0, true);
    if (count === 0) return { results: new Uint8Array(0), changed: [] };
    const { engine } = this;
    const must = (what: string, code: number): void => {
      if (code !== 0) throw new Error(`the reference executor cannot ${what} slot ${block.slot}: code ${code}`);
    };
    if (block.epochRecord.length > 0) engine.keepEpoch(block.epochRecord);
    must("begin", engine.begin(this.#proposal(block, count)));
    engine.stable(this.#previous);
    must("execute", engine.execute());
    const row = engine.commit().slice();
    this.#previous = block.slot;
    const lenWrites = new DataView(row.buffer, row.byteOffset).getUint32(120, true);
    return {
      results: engine.outcomeAt(block.slot)!.results.slice(8),
      changed: splitList(row.slice(144, 144 + lenWrites)),
    };
  }

  read(key: Uint8Array): Uint8Array {
    return this.engine.read(key, Number.MAX_SAFE_INTEGER).slice(8);
  }

  /** All accounts of an owner, by key. */
  scan(owner: Uint8Array): Uint8Array[] {
    return splitList(this.engine.scan(encodeScanRequest(owner, { memcmp: [] }), Number.MAX_SAFE_INTEGER)!);
  }

  #proposal(block: ReferenceBlock, count: number): Uint8Array {
    const out = new Uint8Array(HEADER + CONTEXT + (block.frame.length - 4) + 8 * count);
    const view = new DataView(out.buffer);
    view.setUint32(0, out.length, true);
    view.setUint32(4, 0x50524f50, true);
    view.setBigUint64(8, BigInt(block.slot), true);
    out.set(block.blockhash, 24);
    view.setBigUint64(56, BigInt(this.#previous), true);
    view.setBigUint64(64, BigInt(this.#previous), true);
    view.setUint32(76, 1, true);
    view.setUint32(80, count, true);
    view.setBigUint64(HEADER, BigInt(block.slot), true);
    view.setBigInt64(HEADER + 16, BigInt(block.unixTimestamp), true);
    view.setBigUint64(HEADER + 24, BigInt(Math.floor(block.slot / 432_000)), true);
    view.setBigInt64(HEADER + 40, BigInt(block.epochStartTimestamp), true);
    view.setBigUint64(HEADER + 48, 5000n, true);
    view.setBigUint64(HEADER + 32, BigInt(block.height), true);
    view.setUint32(HEADER + 56, block.hashes.length, true);
    view.setUint32(HEADER + 60, block.recent.length, true);
    out.set(block.parentBlockhash, HEADER + 64);
    view.setUint32(HEADER + 96, this.#flags, true);
    for (const [i, hash] of block.hashes.entries()) out.set(hash, HEADER + 128 + 32 * i);
    for (const [i, hash] of block.recent.entries()) out.set(hash, HEADER + RECENT + 32 * i);
    if (block.epochRecord.length > 0) out.set(sha256(block.epochRecord), HEADER + EPOCH);
    view.setBigUint64(HEADER + EPOCH + 32, BigInt(block.parentSlot), true);
    const frame = new DataView(block.frame.buffer, block.frame.byteOffset);
    let to = HEADER + CONTEXT;
    for (let i = 0, at = 4; i < count; i++) {
      const size = frame.getUint32(at, true);
      view.setUint32(to, i, true);
      out.set(block.frame.subarray(at, at + size), to + 8);
      to += 8 + size;
      at += size;
    }
    return out;
  }
}

/** What a block commits to of the accounts that it changed: for each virtual shard, its number and the hash of its accounts by key. */
export function effectsOf(changed: readonly Uint8Array[], seeds: ShardSeeds): Uint8Array {
  const byVirtual = new Map<number, Uint8Array[]>();
  for (const account of [...changed].sort(compareBytes)) {
    const virtual = virtualShardOf(account.subarray(0, 32), seeds);
    byVirtual.set(virtual, [...(byVirtual.get(virtual) ?? []), account]);
  }
  const parts = [...byVirtual]
    .sort(([a], [b]) => a - b)
    .map(([virtual, accounts]) => [Uint8Array.of(virtual & 255, virtual >> 8), blake3(concatBytes(...accounts))]);
  return concatBytes(...parts.flat());
}
