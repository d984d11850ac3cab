/** Messages of one blockhash window: all are taken and land once, whatever is offered again and whoever dies meanwhile. */
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import { BLOCKHASH_WINDOW, MAX_HEIGHT_STRIDE, MAX_KNOWN } from "../../shared/protocol/limits.ts";
import { Chain, GENESIS_HASH } from "./chain.ts";
import { Feed } from "./feed.ts";
import { Landed } from "./landed.ts";
import type { RunInput } from "./run.ts";
import { Transfers } from "./transfers.ts";

/** Of the window's slots: so many for the messages, the rest for those that are offered again. */
const SLOTS = BLOCKHASH_WINDOW * MAX_HEIGHT_STRIDE - 250;
const MIN_PER_SLOT = 500;
const WALLETS = 20_000;
const LANES = 8;
/** In each slot this part of its messages is offered again, from all that have landed. */
const AGAIN_EACH_SLOT = 100;
/** And at the end this part of all. */
const AGAIN_AT_END = 20;
/** Hashing to shards is uneven by some per mille. */
const SPREAD = 1.02;

export interface WindowReport {
  readonly messages: number;
  readonly landed: number;
  readonly offeredAgain: number;
  /** Of these: came while the same one waited, and were offered once more. */
  readonly waited: number;
  readonly refused: number;
  /** Sent again by lanes after a crash, and refused. */
  readonly resent: number;
  readonly heights: number;
  readonly slots: number;
  readonly crashes: number;
}

export async function windowRun({ count, folder, say }: RunInput): Promise<WindowReport> {
  const transfers = new Transfers(WALLETS);
  const landed = new Landed(transfers, count);
  const keys = [...transfers.keys, transfers.rare];
  const onBlock = (slot: number, block: Uint8Array) => landed.block(slot, block);
  const shards = Math.max(4, Math.ceil((count * SPREAD) / MAX_KNOWN));
  const chain = new Chain({ folder, shards, lanes: LANES, keys, ledger: ledgerShape(), onBlock });
  try {
    const feed = new Feed(chain, transfers, landed);
    const perSlot = Math.max(MIN_PER_SLOT, Math.ceil(count / SLOTS));
    const crashEvery = Math.max(1, Math.floor(count / perSlot / 20));
    const blockhash = () => GENESIS_HASH;
    let offeredAgain = 0;
    const again = (share: number) => {
      offeredAgain += feed.again(share, GENESIS_HASH, landed.landed);
    };
    await feed.run({
      first: 1,
      last: count,
      perSlot,
      blockhash,
      crashEvery,
      onSlot: () => {
        again(Math.ceil(perSlot / AGAIN_EACH_SLOT));
        say(landed.landed);
      },
    });
    again(Math.ceil(count / AGAIN_AT_END));
    chain.rest();
    // What a lane had sent again at that moment waited once, so it is in no block twice: now nothing waits.
    const waited = landed.takeMissing();
    feed.repeat(waited, GENESIS_HASH);
    chain.rest();
    const { height, slot } = chain.builder.machine.tip!;
    // The last ones are refused because they have landed, not because their blockhash is too old.
    if (height > BLOCKHASH_WINDOW) throw new Error(`the blockhash ended before the run: height ${height}`);
    landed.demandAll(count);
    return {
      messages: count,
      landed: landed.landed,
      offeredAgain,
      waited: waited.length,
      refused: landed.refused,
      resent: landed.resent,
      heights: height,
      slots: slot,
      crashes: feed.crashes,
    };
  } finally {
    chain.close();
  }
}
