/** Generations of a size, one after the other: no object grows beyond its size, and reads answer over all of them. */
import type { Position } from "../../shared/ledger/address-page.ts";
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import { readNow } from "../../shared/ledger/reading.ts";
import { type Block, decodeBlock } from "../../shared/protocol/block.ts";
import { decodeHeader } from "../../shared/protocol/header.ts";
import { recordSignature } from "../../shared/protocol/record.ts";
import { Chain } from "./chain.ts";
import { Feed } from "./feed.ts";
import { Landed } from "./landed.ts";
import { recentBlockhash } from "./lookups.ts";
import { INDEX_SHARE, OBJECT_SHARE, type RunInput } from "./run.ts";
import { Transfers } from "./transfers.ts";

const PER_SLOT = 4_000;
const WALLETS = 10_000;
/** Transactions, blocks and unknown signatures that are asked for, evenly over the history. */
const SAMPLES = 500;
const PAGE = 1_000;
const UNKNOWN = 3_000_000_000;
/** What does not grow with history: at most 128 proposals of 8 MiB at the builder, 32 MiB of frames at a lane, accounts and their log. */
const OTHERS_BYTES = 1_200_000_000;
const isHistory = (object: string): boolean => /^(ledger|index)-/.test(object);

export interface ObjectSize {
  readonly object: string;
  readonly bytes: number;
}

export interface HistoryReport {
  readonly transactions: number;
  readonly slots: number;
  readonly generations: number;
  readonly indexGenerations: number;
  readonly objects: number;
  readonly bytes: number;
  /** What an object may have, and the largest of each kind. */
  readonly limit: number;
  readonly largestLedger: ObjectSize;
  readonly largestIndex: ObjectSize;
  readonly largestOther: ObjectSize;
  readonly readTransactions: number;
  readonly readBlocks: number;
  readonly addressEntries: number;
  readonly crashes: number;
}

export async function historyRun(input: RunInput): Promise<HistoryReport> {
  const { count: most, generationBytes, folder, say } = input;
  const transfers = new Transfers(WALLETS);
  const landed = new Landed(transfers, most);
  const chain = new Chain({
    folder,
    shards: 4,
    lanes: 4,
    keys: [...transfers.keys, transfers.rare],
    ledger: ledgerShape({ generationBytes, indexBytes: Math.ceil(generationBytes * INDEX_SHARE) }),
    onBlock: (slot, block) => landed.block(slot, block),
  });
  try {
    const feed = new Feed(chain, transfers, landed);
    const perSlot = Math.min(PER_SLOT, Math.max(1, Math.ceil(most / 100)));
    const crashEvery = Math.max(1, Math.floor(most / perSlot / 50));
    const blockhash = recentBlockhash(chain);
    const count = await feed.run({
      first: 1,
      last: most,
      perSlot,
      blockhash,
      crashEvery,
      onSlot: () => say(landed.landed),
      ...(input.stops && { stops: input.stops }),
    });
    landed.demandAll(count);
    const limit = Math.ceil(generationBytes * OBJECT_SHARE);
    const sizes = objectSizes(chain);
    for (const { object, bytes } of sizes) {
      const most = isHistory(object) ? limit : OTHERS_BYTES;
      if (bytes > most) throw new Error(`${object} has ${bytes} bytes, more than ${most}`);
    }
    const reads = checkReads(chain, transfers, landed, count);
    const { catalog } = chain.newest.machine;
    const largest = (is: (object: string) => boolean) =>
      sizes.filter(({ object }) => is(object)).reduce((a, b) => (a.bytes >= b.bytes ? a : b));
    return {
      transactions: count,
      slots: chain.builder.machine.tip!.slot,
      generations: catalog.generation + 1,
      indexGenerations: catalog.indexes.length,
      objects: sizes.length,
      bytes: chain.bytes,
      limit,
      largestLedger: largest((object) => object.startsWith("ledger-")),
      largestIndex: largest((object) => object.startsWith("index-")),
      largestOther: largest((object) => !isHistory(object)),
      ...reads,
      crashes: feed.crashes,
    };
  } finally {
    chain.close();
  }
}

function objectSizes(chain: Chain): ObjectSize[] {
  return [...chain.hosts].map(({ id, file }) => {
    file.commit();
    return { object: id, bytes: file.bytes };
  });
}

/** Transactions, statuses, blocks and an address's history, over all generations. Throws at the first wrong answer. */
function checkReads(chain: Chain, transfers: Transfers, landed: Landed, count: number) {
  const reader = chain.reader();
  const step = Math.max(1, Math.floor(count / SAMPLES));
  const numbers: number[] = [];
  for (let number = 1; number <= count; number += step) numbers.push(number);
  const signatures = numbers.map((number) => transfers.signature(number));
  for (const [i, number] of numbers.entries()) {
    const found = readNow(reader.transaction(signatures[i]!));
    const slot = Number(found?.slot ?? 0);
    if (slot !== landed.slots[number]) throw new Error(`transfer ${number} is found in slot ${slot}`);
    if (!same(recordSignature(found!.record), signatures[i]!))
      throw new Error(`transfer ${number} is found as another`);
  }
  for (let at = 0; at < numbers.length; at += 256) {
    const part = signatures.slice(at, at + 256);
    const strangers = part.map((_, i) => transfers.signature(UNKNOWN + at + i));
    const statuses = readNow(reader.statuses([...part, ...strangers], true));
    for (const [i, status] of statuses.entries()) {
      const should = i < part.length ? landed.slots[numbers[at + i]!]! : 0;
      if (Number(status?.slot ?? 0) !== should) throw new Error(`a status says slot ${status?.slot}, not ${should}`);
    }
  }
  const readBlocks = checkBlocks(chain);
  const addressEntries = checkAddress(chain, transfers, landed, count);
  return { readTransactions: numbers.length, readBlocks, addressEntries };
}

/** All slots are listed and counted, and the sampled blocks are those of their slots, linked to the ones before. */
function checkBlocks(chain: Chain): number {
  const reader = chain.reader();
  const { slot: tip } = chain.builder.machine.tip!;
  const listed = readNow(reader.blocks(0, tip, tip + 1));
  if (listed.length !== tip + 1) throw new Error(`${listed.length} of ${tip + 1} blocks are listed`);
  const counted = readNow(reader.countBlocks(0, tip));
  if (counted !== tip + 1) throw new Error(`${counted} of ${tip + 1} blocks are counted`);
  const read = (slot: number): Block => {
    const bytes = readNow(
      reader.block(slot, (number) => chain.generation(number).file.store.get("blocks", slot) ?? null),
    );
    if (!bytes) throw new Error(`block ${slot} is missing`);
    return decodeBlock(bytes);
  };
  let blocks = 0;
  for (let slot = 1; slot <= tip; slot += Math.max(1, Math.floor(tip / SAMPLES))) {
    const header = decodeHeader(read(slot).header);
    const parent = decodeHeader(read(slot - 1).header);
    if (header.slot !== slot || !same(header.parentBlockhash, parent.blockhash))
      throw new Error(`block ${slot} does not follow on the one before`);
    blocks++;
  }
  return blocks;
}

/** The whole history of one address, newest first and oldest first: each of its transfers once, in the order of the slots. */
function checkAddress(chain: Chain, transfers: Transfers, landed: Landed, count: number): number {
  const reader = chain.reader();
  const expected = transfers.rareOf(count);
  for (const oldestFirst of [true, false]) {
    const missing = new Map(expected.map((number) => [hex(transfers.signature(number)), landed.slots[number]!]));
    let last = oldestFirst ? 0 : Number.POSITIVE_INFINITY;
    let after: Position | null | undefined;
    while (after !== null) {
      const query = { addresses: [transfers.rare], limit: PAGE, oldestFirst, ...(after && { after }) };
      const page = readNow(reader.page(query));
      if (!page.ok) throw new Error("a page of the history is refused");
      for (const { signature, slot } of page.entries) {
        const name = hex(signature);
        const at = Number(slot);
        if (missing.get(name) !== at || (oldestFirst ? at < last : at > last))
          throw new Error(`${name} is in the history with slot ${at}, after one of slot ${last}`);
        missing.delete(name);
        last = at;
      }
      after = page.next;
    }
    if (missing.size > 0) throw new Error(`${missing.size} of ${expected.length} entries of a history are missing`);
  }
  return expected.length;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
