/** What the builder is configured with, what it hears, and what it tells of its tip. */
import type { MessageEvent, TimerEvent } from "../protocol/actor.ts";
import type { BlockHeader } from "../protocol/header.ts";
import type { ClockCommand } from "./dev-clock.ts";
import type { ChainPart } from "./hash-chain.ts";

/** Somebody looks at the tip: keep an idle chain ticking for a while. */
export interface WatchEvent {
  readonly type: "watch";
}
/** The clock of a development network is set. */
export interface ClockEvent {
  readonly type: "clock";
  readonly command: ClockCommand;
}
export type BuilderEvent = WatchEvent | ClockEvent | TimerEvent | MessageEvent;

export interface BuilderConfig {
  readonly shardCount: number;
  /** Shortest time between two blocks, milliseconds. */
  readonly slotMs: number;
  /** Time between empty blocks while an idle chain is watched, milliseconds. */
  readonly heartbeatMs: number;
  /** Slots after which a block with transactions raises the block height: 1 to MAX_HEIGHT_STRIDE. */
  readonly heightStride: number;
  /** Known messages of a shard beyond which frames are taken as fast as old ones go. Unset: MAX_KNOWN. */
  readonly maxKnown?: number;
  readonly genesisHash: Uint8Array;
  /** Unix seconds. */
  readonly genesisTimestamp: number;
  /** Of every slot context (shared/protocol/context.ts). Unset: none. */
  readonly contextFlags?: number;
  /** The address that may decree on a network for development. Unset: there is none. */
  readonly developer?: Uint8Array;
  /** Whether it may now. */
  readonly development?: boolean;
  /** The epoch record of the genesis (shared/stake/epoch-record.ts): asked for once. Unset: the empty one. */
  readonly genesisEpoch?: () => Uint8Array;
  /** Bytes of large accounts that blocks in flight may write together. Unset: the usual limit. */
  readonly accountBytes?: number;
  /** Sizes of the large accounts of the genesis (shared/state/account-sizes.ts): asked for once. Unset: there are none. */
  readonly genesisSizes?: () => Uint8Array;
}

/** The tip of the stored chain, and the context in which the next slot would execute. */
export interface BuilderHead {
  readonly header: BlockHeader;
  readonly context: Uint8Array;
}

export interface TipAnswer {
  readonly header: BlockHeader;
  readonly part: ChainPart;
  /** Unix seconds that a next slot would have. */
  readonly unixTimestamp: number;
  /** The epoch record of the tip, empty bytes for the empty one. Absent: the caller knows it. */
  readonly epochRecord: Uint8Array | undefined;
  /** For how long the tip may be used without asking again, milliseconds from before it was asked for (tip-lease.ts). */
  readonly leaseMs: number;
}
