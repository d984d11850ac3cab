/** The slot contexts of a chain (docs/interfaces.md section 3), from its blockhashes, the clock and the beginning of the epoch. */
import { encodeContext } from "../protocol/context.ts";
import type { BlockHeader } from "../protocol/header.ts";
import { epochOf } from "../protocol/limits.ts";
import type { HashChain } from "./hash-chain.ts";

export interface ContextConfig {
  /** Of every slot context (shared/protocol/context.ts). */
  readonly flags: number;
  /** The address that may decree on a network for development. */
  readonly developer: Uint8Array | undefined;
  /** Of an epoch's record, as far as it is known. The same array as long as it is the same record. */
  readonly epochHash: (epoch: number) => Uint8Array;
}

interface Made {
  readonly slot: number;
  readonly view: number;
  readonly unixTimestamp: number;
  readonly development: boolean;
  readonly epochHash: Uint8Array;
  readonly bytes: Uint8Array;
}

export class SlotContexts {
  readonly #config: ContextConfig;
  #epoch = 0;
  /** Unix seconds. */
  #epochStart = 0;
  #last: Made | undefined;

  constructor(config: ContextConfig) {
    this.#config = config;
  }

  /** The chain goes on from this block. */
  begin(header: BlockHeader): void {
    this.#epoch = epochOf(header.slot);
    this.#epochStart = header.epochStartTimestamp;
    this.#last = undefined;
  }

  /** The block of `slot` is proposed. */
  proposed(slot: number, unixTimestamp: number): void {
    this.#epochStart = this.epochStart(slot, unixTimestamp);
    this.#epoch = Math.max(this.#epoch, epochOf(slot));
  }

  /** When the epoch of `slot` began, if `slot` is the next one: Unix seconds. */
  epochStart(slot: number, unixTimestamp: number): number {
    return epochOf(slot) > this.#epoch ? unixTimestamp : this.#epochStart;
  }

  /** The last one is kept: every frame that comes in and every look at the tip asks for the same until the next block. */
  of(chain: HashChain, slot: number, view: number, unixTimestamp: number, development: boolean): Uint8Array {
    const last = this.#last;
    const same = last?.slot === slot && last.view === view && last.unixTimestamp === unixTimestamp;
    const epochHash = this.#config.epochHash(epochOf(slot));
    if (same && last.development === development && last.epochHash === epochHash) return last.bytes;
    const bytes = encodeContext({
      slot,
      view,
      unixTimestamp,
      epochStartTimestamp: this.epochStart(slot, unixTimestamp),
      hashes: chain.before(slot),
      parent: chain.parentOf(slot)!,
      parentSlot: chain.slotBefore(slot),
      epochHash,
      recent: chain.recentBefore(slot),
      flags: this.#config.flags,
      developer: development ? this.#config.developer : undefined,
    });
    this.#last = { slot, view, unixTimestamp, development, epochHash, bytes };
    return bytes;
  }
}
