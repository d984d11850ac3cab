/** Limits and constants of the protocol, each with its unit and whether consensus depends on it. */

import { CONTEXT, CONTEXT_MAX_HASHES, CONTEXT_MAX_RECENT } from "./layouts/context.ts";

/** Version of the rules that a header follows. Consensus. */
export const PROTOCOL_VERSION = 1;

/** Block heights for which a blockhash can be used after its own. Consensus. */
export const BLOCKHASH_WINDOW = CONTEXT_MAX_RECENT;
/**
 * A block raises the block height, and its hash becomes one that transactions can use, when it is empty or so many slots
 * after the last one that did: a blockhash lives for 150 of these steps, a minute with slots of 50 ms, however busy it is.
 */
export const MAX_HEIGHT_STRIDE = 8;
/** The stride is chosen so that a busy chain raises its height about as often as Solana makes a block, milliseconds. */
export const HEIGHT_STEP_MS = 400;
/** Blockhashes in a slot context (the SlotHashes sysvar holds as many). Consensus. */
export const CONTEXT_HASHES = CONTEXT_MAX_HASHES;
/** Bytes of a slot context: fixed part and hashes. Consensus. */
export const CONTEXT_HEADER_SIZE = CONTEXT.HASHES;
export const CONTEXT_SIZE = CONTEXT.SIZE;
/** Slots of an epoch, as Solana's mainnet without warm-up. Consensus. */
export const SLOTS_PER_EPOCH = 432_000;
export const epochOf = (slot: number): number => Math.floor(slot / SLOTS_PER_EPOCH);
export const LAMPORTS_PER_SIGNATURE = 5_000n;

/** Slots between proposal and the ledger's answer that may be under way at once. Not consensus. */
export const PIPELINE_DEPTH = 4;
/** Slots for which a shard keeps messages that came before their slot began there. More than the pipeline can hold. */
export const EARLY_SLOTS = PIPELINE_DEPTH * 4;
/** The builder saves the chain of blockhashes every so many slots; the proposals since then have the rest. */
export const SAVE_HASHES_EVERY = 64;
/** Proposals that the builder keeps: those since the chain was saved, among them those under way. */
export const PROPOSAL_RING = 128;
/** Blocks over which it is remembered where slots were skipped: longer than any blockhash can be used. */
export const KEEP_GAPS = 1280;
/**
 * Messages that a shard keeps from landing again, beyond which the builder takes frames only as fast as old ones go: 8 bytes each, in
 * tables that are at least 3/5 full, are at most 17.5 MB (docs/architecture.md, Memory). Not consensus.
 */
export const MAX_KNOWN = 5 << 18;

/** Bytes of one lane frame on its way to the builder. */
export const MAX_FRAME_BYTES = 1 << 20;
/** Bytes that wait in a lane, not yet taken by the builder; beyond it the lane answers busy. */
export const MAX_LANE_BYTES = 32 << 20;
/** Bytes of records in a lane whose signatures are not checked yet: a tenth of a second's work, in transfers. */
export const MAX_UNVERIFIED_BYTES = 2 << 20;
/** Unanswered bytes a lane has on the wire to the builder or in its pool: eight lanes fill the pool. */
export const LANE_WINDOW_BYTES = 3 << 20;

/** After this the builder asks again whoever has not answered, milliseconds. */
export const RETRY_MS = 400;
/** How long a client's look at the tip keeps an idle chain ticking, milliseconds. */
export const WATCH_MS = 15_000;

if (PROPOSAL_RING <= SAVE_HASHES_EVERY + PIPELINE_DEPTH)
  throw new Error("the proposal ring must cover what the saved chain lacks");
if (KEEP_GAPS <= BLOCKHASH_WINDOW * MAX_HEIGHT_STRIDE + PIPELINE_DEPTH)
  throw new Error("skipped slots must be remembered as long as a blockhash can be used");
