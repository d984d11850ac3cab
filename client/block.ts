/**
 * Blocks that are checked instead of believed: every signature of every transaction, that the blockhash commits to exactly these
 * transactions in this order, the results to their hash, and that the block follows the one before. What the results should be, and who
 * agreed to the block, it does not say: there are no proofs and no votes yet.
 */
import { verifyAsync } from "@noble/ed25519";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Block, decodeBlock, frameOffsets } from "../shared/protocol/block.ts";
import { concatBytes, equalBytes, viewOf } from "../shared/protocol/bytes.ts";
import { blockhashOf } from "../shared/protocol/context.ts";
import { decodeHeader } from "../shared/protocol/header.ts";
import { REC } from "../shared/protocol/layouts/record.ts";
import { encodeBase58 } from "../shared/rpc/base58.ts";
import { signedParts } from "./signed.ts";

/** The end of a chain that the next block has to follow. */
export interface BlockLink {
  readonly slot: number;
  /** 32 bytes. */
  readonly blockhash: Uint8Array;
  /** SHA-256 of the header, 32 bytes; unset: it is not known, as of a genesis. */
  readonly headerHash?: Uint8Array;
}

export interface CheckedBlock extends Required<BlockLink> {
  readonly parentSlot: number;
  /** Unix seconds. */
  readonly blockTime: number;
  /** Wire bytes of all transactions that the block is made of, in order; some may not have landed. */
  readonly transactions: readonly Uint8Array[];
}

export type Verified =
  | { readonly ok: true; readonly block: CheckedBlock }
  | { readonly ok: false; readonly reason: string };

const hash = (...parts: Uint8Array[]): Uint8Array => sha256(concatBytes(...parts));
const no = (reason: string): Verified => ({ ok: false, reason });

function transactionsOf(frame: Uint8Array): Uint8Array[] {
  const view = viewOf(frame);
  return Array.from(frameOffsets(frame), (at) => {
    const start = at + REC.HEADER;
    return frame.subarray(start, start + view.getUint16(at + REC.TX_LEN, true));
  });
}

async function unsigned(wire: Uint8Array): Promise<string | undefined> {
  const { message, signers } = signedParts(wire);
  for (const { key, signature } of signers) {
    const isSigned = await verifyAsync(signature, message, key, { zip215: false }).catch(() => false);
    if (!isSigned) return encodeBase58(signature);
  }
  return undefined;
}

/** `bytes`: a block as `fetchBlock` gets it. `parent`: the block that it has to follow; unset: that is not checked. */
export async function verifyBlock(bytes: Uint8Array, parent?: BlockLink): Promise<Verified> {
  let block: Block;
  let header: ReturnType<typeof decodeHeader>;
  let transactions: Uint8Array[];
  try {
    block = decodeBlock(bytes);
    header = decodeHeader(block.header);
    transactions = transactionsOf(block.frame);
  } catch (error) {
    return no(`not a block: ${(error as Error).message}`);
  }
  const { slot, view, parentSlot, unixTimestamp, parentBlockhash, blockhash } = header;
  if (!equalBytes(blockhashOf(hash, parentBlockhash, slot, view, unixTimestamp, block.frame), blockhash)) {
    return no("its blockhash is not that of its transactions");
  }
  if (!equalBytes(hash(block.results), header.resultsHash)) return no("its results are not those of its header");
  if (parent) {
    if (parent.slot !== parentSlot) return no(`it follows slot ${parentSlot}, not ${parent.slot}`);
    if (!equalBytes(parent.blockhash, parentBlockhash)) return no("it follows another block of that slot");
    if (parent.headerHash && !equalBytes(parent.headerHash, header.parentHeaderHash)) {
      return no("it follows a block with another header");
    }
  }
  try {
    for (const wire of transactions) {
      const signature = await unsigned(wire);
      if (signature !== undefined) return no(`a signature does not hold: ${signature}`);
    }
  } catch (error) {
    return no((error as Error).message);
  }
  const headerHash = hash(block.header);
  return { ok: true, block: { slot, parentSlot, blockhash, headerHash, blockTime: unixTimestamp, transactions } };
}

/** The block of a slot, from the network at `url`; undefined: there is none. Throws where the network refuses. */
export async function fetchBlock(url: string, slot: number): Promise<Uint8Array | undefined> {
  const response = await fetch(new URL(`/v1/blocks/${slot}`, url));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`block ${slot}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}
