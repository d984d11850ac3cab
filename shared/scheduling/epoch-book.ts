/**
 * The epoch records of the chain (shared/stake/epoch-record.ts), and how the builder makes the next one.
 *
 *   the next block begins an epoch ─▶ nothing in flight ─▶ stakesWanted to all shards ─▶ stakes of all ─▶ row, durable ─▶ the block
 *
 * All shards stand at the last block until the next is proposed, so what they answer follows from the chain; after a crash they are asked
 * again and answer the same. A record is kept until the stored chain has left its epoch: proposals in flight may still need it.
 */
import type { Effect, Sha256, StorageView } from "../protocol/actor.ts";
import type { BlockHeader } from "../protocol/header.ts";
import { epochOf, RETRY_MS } from "../protocol/limits.ts";
import type { Message } from "../protocol/messages.ts";
import {
  decodeEpochRecord,
  EMPTY_EPOCH,
  encodeEpochRecord,
  epochHash,
  MAX_HISTORY,
  NO_RECORD,
  NO_RECORD_HASH,
} from "../stake/epoch-record.ts";
import { nextEpoch } from "../stake/next-epoch.ts";
import { decodeSummary, type StakeSummary } from "../stake/summary.ts";
import { elapsed } from "./elapsed.ts";

interface Kept {
  /** Empty for the empty record. */
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

/** The end of an epoch: what the shards have answered so far. */
interface Turn {
  /** The epoch that begins. */
  readonly epoch: number;
  /** The last block before it. */
  readonly slot: number;
  /** Of each shard. */
  readonly prevSlots: readonly number[];
  readonly summaries: Map<number, StakeSummary>;
  askedAt: number;
}

const TABLE = "epochs";
const NOTHING = { effective: 0n, activating: 0n, deactivating: 0n };

export class EpochBook {
  readonly #sha256: Sha256;
  /** The record of epoch 0. */
  readonly #genesis: () => Uint8Array;
  /** By epoch. */
  #kept = new Map<number, Kept>();
  #turn: Turn | undefined;

  constructor(sha256: Sha256, genesis: () => Uint8Array) {
    this.#sha256 = sha256;
    this.#genesis = genesis;
  }

  /** After a start: the stored chain ends with `tip`. */
  restore(storage: StorageView, tip: BlockHeader): Effect[] {
    const epoch = epochOf(tip.slot);
    for (const { id, bytes } of storage.list(TABLE, epoch)) this.#keep(id, bytes);
    if (this.#kept.has(epoch)) return [];
    return this.#store(epoch, epoch === 0 ? this.#genesis() : unrecorded(epoch), epoch);
  }

  #keep(epoch: number, bytes: Uint8Array): void {
    this.#kept.set(epoch, { bytes, hash: epochHash(this.#sha256, bytes) });
  }

  #store(epoch: number, bytes: Uint8Array, tipEpoch: number): Effect[] {
    this.#keep(epoch, bytes);
    for (const old of this.#kept.keys()) if (old < tipEpoch) this.#kept.delete(old);
    const effects: Effect[] = [{ type: "put", table: TABLE, id: epoch, bytes }];
    if (tipEpoch > 0) effects.push({ type: "delete", table: TABLE, from: 0, to: tipEpoch - 1 });
    return effects;
  }

  has(epoch: number): boolean {
    return this.#kept.has(epoch);
  }
  /** Zeros for the empty record, and where none is known yet. */
  hashOf(epoch: number): Uint8Array {
    return this.#kept.get(epoch)?.hash ?? NO_RECORD_HASH;
  }
  bytesOf(epoch: number): Uint8Array {
    return this.#kept.get(epoch)?.bytes ?? NO_RECORD;
  }
  /** What a proposal carries to a shard whose last part was in `prevSlot`. */
  bytesFor(slot: number, prevSlot: number): Uint8Array | undefined {
    const bytes = this.bytesOf(epochOf(slot));
    return bytes.length > 0 && (prevSlot === 0 || epochOf(prevSlot) !== epochOf(slot)) ? bytes : undefined;
  }

  /** Whether shards are asked for their stakes. */
  get turning(): boolean {
    return this.#turn !== undefined;
  }

  /** `slot` is the last block, nothing is in flight, and the next block is in `epoch`. Asked again it goes on as it was. */
  turn(epoch: number, slot: number, prevSlots: readonly number[], now: number): Effect[] {
    if (this.#turn?.epoch === epoch && this.#turn.slot === slot) return [];
    this.#turn = { epoch, slot, prevSlots: [...prevSlots], summaries: new Map(), askedAt: now };
    return this.#questions(this.#turn);
  }

  #questions({ slot, prevSlots, summaries }: Turn): Effect[] {
    return prevSlots.flatMap((prevSlot, shard): Effect[] =>
      summaries.has(shard)
        ? []
        : [{ type: "send", to: `shard-${shard}`, message: { type: "stakesWanted", slot, prevSlot } }],
    );
  }

  /** Asks again whoever has not answered in time. */
  retry(now: number): Effect[] {
    const turn = this.#turn;
    if (!turn || elapsed(turn.askedAt, now) < RETRY_MS) return [];
    turn.askedAt = now;
    return this.#questions(turn);
  }

  /** With the last answer: the row of the record. */
  answer(shard: number, { slot, summary }: Extract<Message, { type: "stakes" }>): Effect[] {
    const turn = this.#turn;
    if (!turn || turn.slot !== slot || shard >= turn.prevSlots.length || turn.summaries.has(shard)) return [];
    turn.summaries.set(shard, decodeSummary(summary));
    if (turn.summaries.size < turn.prevSlots.length) return [];
    this.#turn = undefined;
    const last = epochOf(slot);
    const { history } = decodeEpochRecord(this.bytesOf(last));
    const summaries = turn.prevSlots.map((_, one) => turn.summaries.get(one)!);
    const record = nextEpoch({ epoch: last, history }, turn.epoch, summaries);
    return this.#store(turn.epoch, encodeEpochRecord(record), last);
  }
}

/** Of a chain that came to `epoch` before there were records: nobody had stake. */
function unrecorded(epoch: number): Uint8Array {
  const history = Array.from({ length: Math.min(epoch, MAX_HISTORY) }, () => NOTHING);
  return encodeEpochRecord({ ...EMPTY_EPOCH, epoch, history });
}
