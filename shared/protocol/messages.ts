/**
 * Every message between the actors. Each may be lost, repeated, delayed or overtaken: a receiver acts on (slot, view,
 * digest) and a repetition changes nothing. Byte formats: docs/interfaces.md.
 */
import { equalBytes } from "./bytes.ts";

export type NodeId =
  | "builder"
  | "subscriptions"
  | `lane-${number}`
  | `shard-${number}`
  /** A generation of the ledger. */
  | `ledger-${number}`
  /** A partition of a generation of the index. */
  | `index-${number}`;

/** The number at the end of a node's name. */
export function nodeNumber(node: NodeId): number {
  return Number(node.slice(node.indexOf("-") + 1));
}

/** Which block a message is about: there may be another of the slot in another view. */
export interface BlockId {
  readonly slot: number;
  readonly view: number;
  /** Its blockhash. */
  readonly digest: Uint8Array;
}

export function sameBlock(a: BlockId, b: BlockId): boolean {
  return a.slot === b.slot && a.view === b.view && equalBytes(a.digest, b.digest);
}

export type Message =
  /** lane -> builder. `oldest`: everything before it was reported taken. */
  | {
      readonly type: "frames";
      readonly seq: number;
      readonly oldest: number;
      readonly frame: Uint8Array;
    }
  /** builder -> lane: all frames up to `seq` are in durable proposals, rejected or expired. */
  | { readonly type: "taken"; readonly seq: number }
  /** builder -> lane: `seq` was not taken in (no room, a frame before it is missing, not ready after a start); send again soon. */
  | { readonly type: "busy"; readonly seq: number }
  /**
   * builder -> shard: its part of a slot. `epoch`: the epoch record that its context names, if the shard has had no part in this
   * epoch yet; absent for the empty record.
   */
  | (BlockId & { readonly type: "proposal"; readonly proposal: Uint8Array; readonly epoch?: Uint8Array })
  /** builder -> shard, when an epoch ends: what of all stakes is yours, as of block `slot`? `prevSlot`: the last one with a part of the shard. */
  | { readonly type: "stakesWanted"; readonly slot: number; readonly prevSlot: number }
  /** shard -> builder: shared/stake/summary.ts. */
  | { readonly type: "stakes"; readonly slot: number; readonly summary: Uint8Array }
  /** shard -> shard: the accounts lent for a slot. */
  | (BlockId & { readonly type: "loan"; readonly accounts: Uint8Array })
  /** shard -> shard: send me your loan for this slot again. */
  | (BlockId & { readonly type: "loanWanted" })
  /** shard -> shard: send me what these hashes (32 bytes each) of your loan for this slot stand for. */
  | (BlockId & { readonly type: "codeWanted"; readonly hashes: Uint8Array })
  /** shard -> shard: a hash (32 bytes) and the data of a lent program that it stands for. */
  | (BlockId & { readonly type: "code"; readonly code: Uint8Array })
  /** shard -> shard: the accounts that were lent writable, after execution. */
  | (BlockId & { readonly type: "return"; readonly accounts: Uint8Array })
  /** shard -> builder: the slot is executed and durable here. */
  | (BlockId & {
      readonly type: "committed";
      readonly results: Uint8Array;
      /** A hash for each virtual shard of it that changed (wasm/state/effects.ts). */
      readonly effects: Uint8Array;
      /** Total lamports of the shard's own accounts after the slot. */
      readonly lamports: bigint;
      /** Messages that the shard keeps from landing again, as it answers: how full it is. */
      readonly known: number;
      /** Sizes of the large accounts that the slot used (shared/state/account-sizes.ts); absent: none, or the slot is older. */
      readonly sizes?: Uint8Array;
    })
  /** builder -> ledger */
  | (BlockId & { readonly type: "block"; readonly block: Uint8Array })
  /** builder -> ledger, after a restart: what is the newest block? Answered with `stored`. `asked`: number of the restart. */
  | { readonly type: "tipWanted"; readonly asked: number }
  /**
   * ledger -> builder: blocks up to `slot` are durable. `header` and `carry` are those of that block. `asked`: of the question
   * that this answers, 0 when it answers a block: an answer to an earlier incarnation may be older than what the shards still know.
   */
  | (BlockId & {
      readonly type: "stored";
      readonly asked: number;
      readonly header: Uint8Array;
      readonly carry: Uint8Array;
    })
  /** ledger -> subscriptions */
  | (BlockId & { readonly type: "blockStored"; readonly block: Uint8Array })
  /** ledger -> builder: this generation is full; blocks and questions go to `generation`. */
  | { readonly type: "moved"; readonly generation: number }
  /**
   * ledger -> the next generation: it begins behind the block of this header. `catalog`, `samples`: shared/ledger/catalog.ts,
   * shared/ledger/performance-samples.ts.
   */
  | {
      readonly type: "handover";
      readonly catalog: Uint8Array;
      readonly header: Uint8Array;
      readonly carry: Uint8Array;
      readonly samples: Uint8Array;
    }
  /** A generation -> the one before it: it has begun, durably. */
  | { readonly type: "begun" }
  /**
   * ledger -> index: the entries of the slots after `after` up to `upTo`. `begin`: where the partition's first batch begins. Taken
   * only where it follows on what the partition has.
   */
  | {
      readonly type: "entries";
      readonly begin: number;
      readonly after: number;
      readonly upTo: number;
      readonly signatures: Uint8Array;
      readonly addresses: Uint8Array;
    }
  /** index -> ledger: entries up to slot `upTo` are durable here; `bytes` that all take. */
  | { readonly type: "indexed"; readonly upTo: number; readonly bytes: number }
  /** ledger -> a generation or an index partition: nobody reads you any more, forget everything. */
  | { readonly type: "drop" }
  /** Answer to `drop`. */
  | { readonly type: "dropped" };
