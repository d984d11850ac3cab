/** Limits and constants of the protocol, each with its unit and whether consensus depends on it. */

/** Block heights for which a blockhash can be used after its own. Consensus. */
export const BLOCKHASH_WINDOW = 150;
/**
 * A block raises the block height, and its hash becomes one that transactions can use, when it is empty or so many slots
 * after the last one that did: a blockhash lives for 150 of these steps, a minute with slots of 50 ms, however busy it is.
 */
export const MAX_HEIGHT_STRIDE = 8;
/** The stride is chosen so that a busy chain raises its height about as often as Solana makes a block, milliseconds. */
export const HEIGHT_STEP_MS = 400;
/** Blockhashes in a slot context (the SlotHashes sysvar holds as many). Consensus. */
export const CONTEXT_HASHES = 512;
/** Bytes of a slot context: fixed part and hashes. Consensus. */
export const CONTEXT_HEADER_SIZE = 128;
/** Where the blockhashes begin that transactions can use, and how many there can be. */
export const CONTEXT_RECENT = CONTEXT_HEADER_SIZE + CONTEXT_HASHES * 32;
/** Where the hash of the epoch record is, and behind it the slot of the block before, and 24 bytes of zeros. */
export const CONTEXT_EPOCH = CONTEXT_RECENT + BLOCKHASH_WINDOW * 32;
export const CONTEXT_SIZE = CONTEXT_EPOCH + 64;
/** Slots of an epoch, as Solana's mainnet without warm-up. Consensus. */
export const SLOTS_PER_EPOCH = 432_000;
export const epochOf = (slot: number): number => Math.floor(slot / SLOTS_PER_EPOCH);
export const LAMPORTS_PER_SIGNATURE = 5_000n;

/** Slots between proposal and the ledger's answer that may be under way at once. Not consensus. */
export const PIPELINE_DEPTH = 4;
/** Slots for which a shard keeps messages that came before their slot began there. More than the pipeline can hold. */
export const EARLY_SLOTS = PIPELINE_DEPTH * 4;
/** Proposals that the builder keeps: more than the blockhash window, so that signatures stay known after a restart. */
export const PROPOSAL_RING = 1280;

/** Bytes of one lane frame on its way to the builder. */
export const MAX_FRAME_BYTES = 1 << 20;
/** Bytes that wait in a lane, not yet taken by the builder; beyond it the lane answers busy. */
export const MAX_LANE_BYTES = 32 << 20;
/** Unanswered bytes a lane has on the wire to the builder. */
export const LANE_WINDOW_BYTES = 8 << 20;

/** After this the builder asks again whoever has not answered, milliseconds. */
export const RETRY_MS = 400;
/** How long a client's look at the tip keeps an idle chain ticking, milliseconds. */
export const WATCH_MS = 15_000;

if (PROPOSAL_RING <= BLOCKHASH_WINDOW * MAX_HEIGHT_STRIDE + PIPELINE_DEPTH)
  throw new Error("the proposal ring must cover the blockhash window");
