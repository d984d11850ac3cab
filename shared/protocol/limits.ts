/** Limits and constants of the protocol, each with its unit and whether consensus depends on it. */

/** Blocks for which a blockhash can be used after its own. Consensus. */
export const BLOCKHASH_WINDOW = 150;
/** Blockhashes in a slot context (the SlotHashes sysvar holds as many). Consensus. */
export const CONTEXT_HASHES = 512;
/** Bytes of a slot context: fixed part and hashes. Consensus. */
export const CONTEXT_HEADER_SIZE = 128;
export const CONTEXT_SIZE = CONTEXT_HEADER_SIZE + CONTEXT_HASHES * 32;
/** Slots of an epoch, as Solana's mainnet without warm-up. Consensus. */
export const SLOTS_PER_EPOCH = 432_000;
export const LAMPORTS_PER_SIGNATURE = 5_000n;

/** Slots between proposal and the ledger's answer that may be under way at once. Not consensus. */
export const PIPELINE_DEPTH = 4;
/** Slots for which a shard keeps messages that came before their slot began there. More than the pipeline can hold. */
export const EARLY_SLOTS = PIPELINE_DEPTH * 4;
/** Proposals that the builder keeps: more than the blockhash window, so that signatures stay known after a restart. */
export const PROPOSAL_RING = 192;

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

if (PROPOSAL_RING <= BLOCKHASH_WINDOW + PIPELINE_DEPTH)
  throw new Error("the proposal ring must cover the blockhash window");
