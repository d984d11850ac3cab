/** Makes a block of a proposal and the answers of its shards. */
import type { Sha256 } from "../protocol/actor.ts";
import { encodeBlock, encodeCarry, type ShardCarry } from "../protocol/block.ts";
import { type BlockHeader, encodeHeader } from "../protocol/header.ts";
import { epochOf } from "../protocol/limits.ts";
import { type BlockId, type Message, sameBlock } from "../protocol/messages.ts";
import type { Deferred } from "./deferred-book.ts";
import { mergeResults } from "./merge-results.ts";
import type { ProposalRow } from "./proposal-row.ts";

export type Committed = Extract<Message, { type: "committed" }>;

/** The end of the chain that the block extends. */
export interface Parent {
  readonly header: BlockHeader;
  /** SHA-256 of the encoded header. */
  readonly hash: Uint8Array;
  readonly carry: readonly ShardCarry[];
}

export interface SealedBlock {
  readonly header: BlockHeader;
  readonly hash: Uint8Array;
  readonly carry: ShardCarry[];
  readonly block: Uint8Array;
  readonly deferred: Deferred | undefined;
}

/**
 * `committed`: the answer of each shard of the row. `epochHash`: of the record that its context names. Throws where lamports were made or
 * lost.
 */
export function sealBlock(
  sha256: Sha256,
  { header: parent, hash: parentHeaderHash, carry: before }: Parent,
  row: ProposalRow,
  committed: ReadonlyMap<number, Committed>,
  epochHash: Uint8Array,
): SealedBlock {
  const involved = [...committed.entries()].sort(([a], [b]) => a - b);
  const merged = mergeResults(
    involved.map(([, message]) => message.results),
    row.frame,
  );
  const carry = before.map((shard, i) => {
    const message = committed.get(i);
    if (!message) return shard;
    return { prevSlot: row.slot, lamports: message.lamports };
  });
  const capitalization = carry.reduce((sum, shard) => sum + shard.lamports, 0n);
  if (capitalization + merged.fees !== parent.capitalization) {
    throw new Error(
      `slot ${row.slot}: ${parent.capitalization} lamports became ${capitalization} with ${merged.fees} burned`,
    );
  }
  // Shards own ascending ranges of virtual shards: their effects behind each other are in order.
  const effectHash = sha256(...involved.map(([, message]) => message.effects)).slice();
  const isNewEpoch = epochOf(row.slot) > epochOf(parent.slot);
  const header: BlockHeader = {
    slot: row.slot,
    view: row.view,
    parentSlot: parent.slot,
    unixTimestamp: row.unixTimestamp,
    parentBlockhash: parent.blockhash,
    blockhash: row.blockhash,
    parentHeaderHash,
    effectHash,
    stateRoot: sha256(parent.stateRoot, effectHash).slice(),
    resultsHash: sha256(merged.results).slice(),
    numTransactions: merged.landed,
    fees: merged.fees,
    capitalization,
    transactionCount: parent.transactionCount + BigInt(merged.landed),
    epochStartTimestamp: isNewEpoch ? row.unixTimestamp : parent.epochStartTimestamp,
    height: parent.height + (row.raises ? 1 : 0),
    development: row.development,
    epochHash,
    ...row.justification,
  };
  const encoded = encodeHeader(header);
  const { frame } = row;
  const block = encodeBlock({ header: encoded, carry: encodeCarry(carry), frame, results: merged.results });
  return { header, hash: sha256(encoded).slice(), carry, block, deferred: merged.deferred };
}

/** Whether a message is about another block than the one that was sealed for its slot; undefined: none was sealed. */
export function isOtherBlock(sealed: BlockHeader | undefined, id: BlockId): boolean {
  return sealed !== undefined && !sameBlock({ ...sealed, digest: sealed.blockhash }, id);
}
