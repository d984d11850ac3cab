/**
 * The blockhashes that an isolate knows. A tip comes with those it lacks only (a slot context is 21 KiB), and the context
 * is put together when somebody needs it: most calls do not.
 */
import type { HeadAnswer } from "../../durable-objects/builder/builder.ts";
import { sha256 } from "../../durable-objects/host/sha256.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import { BLOCKHASH_WINDOW, CONTEXT_HASHES, epochOf } from "../../shared/protocol/limits.ts";
import type { Head } from "../../shared/rpc/backend.ts";
import { HashChain } from "../../shared/scheduling/hash-chain.ts";
import { epochHash, NO_RECORD, NO_RECORD_HASH } from "../../shared/stake/epoch-record.ts";

type ContextOf = Pick<
  HeadAnswer,
  "slot" | "view" | "blockTime" | "nextTimestamp" | "epochStartTimestamp" | "epochRecord"
>;
type Purpose = "simulation" | "ended";

/**
 * A tip so many seconds old is that of a chain that rested: a simulation then runs at the time that the next block would have. Policy: on
 * Agave there always is a younger bank.
 */
const RESTED_SECONDS = 2;

interface Kept {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}
const NOTHING: Kept = { bytes: NO_RECORD, hash: NO_RECORD_HASH };

export class TipCache {
  readonly #chain: HashChain;
  readonly #flags: number;
  readonly #developer: Uint8Array | undefined;
  /** The contexts that were put together last, and what for. */
  readonly #last = new Map<Purpose, { readonly bytes: Uint8Array; readonly of: ContextOf }>();
  #epoch = -1;
  /** The newest answer. */
  #newest: HeadAnswer | undefined;
  #record: Kept = NOTHING;
  /** Of the epoch before, as far as it was seen: for answers that were overtaken at its end. */
  #before: Kept = NOTHING;

  /** `flags`, `developer`: of every slot context. */
  constructor(genesisHash: Uint8Array, flags: number, developer?: Uint8Array) {
    this.#chain = new HashChain(genesisHash);
    this.#flags = flags;
    this.#developer = developer;
  }

  /** Newest slot whose blockhash is known here. */
  get knownSlot(): number {
    return this.#chain.tip;
  }
  /** Newest epoch whose record is known here, -1: none. */
  get knownEpoch(): number {
    return this.#epoch;
  }
  /** The record of that epoch (shared/stake/epoch-record.ts). */
  get epochRecord(): Uint8Array {
    return this.#record.bytes;
  }

  /** Answers may overtake each other: each is complete from the slot and epoch that were known when it was asked for. */
  head(answer: HeadAnswer): Head {
    const { slot } = answer;
    const chain = this.#chain;
    chain.absorb(answer.part);
    const { epochRecord } = answer;
    if (epochRecord && epochOf(slot) > this.#epoch) {
      this.#before = epochOf(slot) === this.#epoch + 1 ? this.#record : NOTHING;
      this.#epoch = epochOf(slot);
      this.#record = { bytes: epochRecord, hash: epochHash(sha256, epochRecord) };
    }
    if (slot >= (this.#newest?.slot ?? 0)) this.#newest = answer;
    const { hash, height } = chain.stepAt(slot);
    const contextOf = (purpose: Purpose) => this.#contextOf(answer, purpose);
    return {
      slot: BigInt(slot),
      blockHeight: BigInt(height),
      blockhash: hash,
      blockTime: BigInt(answer.blockTime),
      transactionCount: answer.transactionCount,
      capitalization: answer.capitalization,
      get context() {
        return contextOf("simulation");
      },
      get sysvars() {
        return contextOf("ended");
      },
    };
  }

  /** Many calls see the same tip; nobody writes to it. */
  #contextOf(of: ContextOf, purpose: Purpose): Uint8Array {
    const last = this.#last.get(purpose);
    const same =
      last?.of.slot === of.slot &&
      last.of.view === of.view &&
      last.of.blockTime === of.blockTime &&
      last.of.nextTimestamp === of.nextTimestamp &&
      last.of.epochStartTimestamp === of.epochStartTimestamp;
    if (same) return last!.bytes;
    const bytes = purpose === "ended" ? this.#ended(of) : this.#simulation(of);
    this.#last.set(purpose, { bytes, of });
    return bytes;
  }

  #withRecord(slot: number, encode: (hash: Uint8Array) => Uint8Array): Uint8Array {
    const { bytes, hash } = epochOf(slot) === this.#epoch ? this.#record : this.#before;
    return concatBytes(encode(hash), bytes);
  }

  /** What is run on the accounts as they are after block `slot`. */
  #simulation({ slot, view, blockTime, nextTimestamp, epochStartTimestamp }: ContextOf): Uint8Array {
    const chain = this.#chain;
    return this.#withRecord(slot, (hash) =>
      encodeContext({
        slot: slot + 1,
        view,
        unixTimestamp: nextTimestamp - blockTime > RESTED_SECONDS ? nextTimestamp : blockTime,
        epochStartTimestamp,
        flags: this.#flags,
        developer: this.#developer,
        hashes: chain.before(slot + 1),
        parent: chain.parentOf(slot + 1)!,
        parentSlot: slot,
        recent: chain.recentBefore(slot + 1),
        epochHash: hash,
        purpose: "simulation",
      }),
    );
  }

  /** Sysvars after an earlier block than the newest that was seen here; undefined in another epoch, or where its hashes are forgotten. */
  sysvarsOf(slot: number, blockTime: number): Uint8Array | undefined {
    const newest = this.#newest;
    if (!newest || epochOf(slot) !== epochOf(newest.slot) || !this.#chain.get(slot)) return undefined;
    const recent = this.#chain.recentBefore(slot + 1);
    const usable = Math.min(recent.height + 1, BLOCKHASH_WINDOW);
    const isShort = this.#chain.before(slot).length < Math.min(slot, CONTEXT_HASHES) || recent.hashes.length < usable;
    if (isShort) return undefined;
    const { view, epochStartTimestamp } = newest;
    return this.#ended({ slot, view, blockTime, epochStartTimestamp });
  }

  #ended(block: Pick<ContextOf, "slot" | "view" | "blockTime" | "epochStartTimestamp">): Uint8Array {
    const { slot, view, blockTime, epochStartTimestamp } = block;
    const chain = this.#chain;
    return this.#withRecord(slot, (hash) =>
      encodeContext({
        slot,
        view,
        unixTimestamp: blockTime,
        epochStartTimestamp,
        flags: this.#flags,
        developer: this.#developer,
        hashes: chain.before(slot),
        parent: chain.parentOf(slot + 1)!,
        parentSlot: slot === 0 ? 0 : chain.slotBefore(slot),
        recent: chain.recentBefore(slot + 1),
        epochHash: hash,
        purpose: "ended",
      }),
    );
  }
}
