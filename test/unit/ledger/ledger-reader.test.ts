/** Reads of the ledger over many blocks and generations: what a page of history reaches, and what a lookup costs. */
import { describe, expect, it } from "vitest";
import { firstSlotOf, generationOf } from "../../../shared/ledger/catalog.ts";
import { findInRun, RunBuilder } from "../../../shared/ledger/index-run.ts";
import { HEADER_SIZE } from "../../../shared/protocol/header.ts";
import { MAX_CLOCK_SLOT } from "../../../shared/scheduling/dev-clock.ts";
import { LedgerNet, type NetShape, PAYER, signatureOf, TINY } from "./ledger-net.ts";

const status = (net: LedgerNet, signature: Uint8Array, history = true) =>
  net.read(net.reader.statuses([signature], history))[0];

describe.each<[string, NetShape]>([
  ["one generation", {}],
  ["tiny generations", TINY],
])("%s", (_, shape) => {
  it("the history of a busy address can be paged to its end", () => {
    const net = new LedgerNet(shape);
    const sent: Uint8Array[] = [];
    const size = shape === TINY ? 7 : 500;
    for (let slot = 0; slot < 11; slot++) {
      const block = Array.from({ length: size }, (_, i) => signatureOf(slot * size + i, i));
      net.add(block);
      sent.push(...block);
    }
    const limit = shape === TINY ? 5 : 300;
    let left = sent.length;
    let lt: Uint8Array | undefined;
    for (;;) {
      const page = net.read(net.reader.page({ addresses: [PAYER], limit, ...(lt && { signatures: { lt } }) }));
      if (!page.ok || page.entries.length === 0) break;
      for (const entry of page.entries) expect(entry.signature).toEqual(sent[--left]);
      lt = page.entries.at(-1)!.signature;
    }
    expect(left).toBe(0);
  });

  it("every transaction, block and status is found, before and after a restart, and nothing else", () => {
    const net = new LedgerNet(shape);
    for (let slot = 1; slot <= 40; slot++) net.add([signatureOf(slot, slot), signatureOf(0, 1_000 + slot)]);
    for (let again = 0; again < 2; again++) {
      for (let slot = 1; slot <= 40; slot++) {
        const found = net.read(net.reader.transaction(signatureOf(0, 1_000 + slot)));
        expect(found).toMatchObject({ slot: BigInt(slot), index: 1, blockTime: BigInt(slot) });
        expect(found!.record.slice(65, 129)).toEqual(signatureOf(0, 1_000 + slot));
      }
      const asked = [signatureOf(5, 5), signatureOf(0, 7), signatureOf(40, 40)];
      expect(net.read(net.reader.statuses(asked, true)).map((one) => one && Number(one.slot))).toEqual([5, null, 40]);
      expect(net.read(net.reader.statuses([], true))).toEqual([]);
      expect(net.read(net.reader.blocks(0, 1_000, 100))).toEqual(Array.from({ length: 41 }, (_, i) => i));
      expect(net.read(net.reader.blocks(17, 1_000, 5))).toEqual([17, 18, 19, 20, 21]);
      expect(net.read(net.reader.blocks(38, 39, 5))).toEqual([38, 39]);
      expect(net.read(net.reader.firstBlock())).toBe(0);
      for (const slot of [0, 1, 20, 40])
        expect(
          net.read(net.reader.block(slot, (n) => net.storage(`ledger-${n}`).get("blocks", slot) ?? null)),
        ).not.toBeNull();
      expect(net.read(net.reader.block(41, () => null))).toBeNull();
      net.restart();
    }
  });

  it("signatures that were made alike cost a lookup no blocks", () => {
    const net = new LedgerNet(shape);
    // Whoever signs with the same R every time has as many signatures that begin alike as he likes.
    for (let slot = 0; slot < 100; slot++) net.add([signatureOf(0, slot)]);
    expect(Number(status(net, signatureOf(0, 7))!.slot)).toBe(8);
    net.reads.clear();
    expect(status(net, signatureOf(0, 1_000))).toBeNull();
    expect(net.reads.get("blocks") ?? 0).toBeLessThan(3);
  });

  it("blocks that come in another order are indexed one by one", () => {
    const net = new LedgerNet(shape);
    const size = shape === TINY ? 20 : 2_000;
    const block = (slot: number) => Array.from({ length: size }, (_, i) => signatureOf(slot, slot * size + i));
    for (let slot = 1; slot <= 4; slot++) net.add([signatureOf(slot, slot)]);
    for (const slot of [6, 7, 8, 5]) net.add(block(slot), slot);
    // What is left is sent again.
    while (net.ledger.tipSlot < 8) net.add(block(net.ledger.tipSlot + 1));
    for (const slot of [5, 6, 7, 8]) expect(Number(status(net, signatureOf(slot, slot * size + 7))!.slot)).toBe(slot);
    expect(Number(status(net, signatureOf(3, 3))!.slot)).toBe(3);
  });
});

describe("the cost of a lookup", () => {
  const shape = (feed: number): NetShape => ({
    ledger: { feed: { blocks: feed, entries: 1 << 18, waiting: 1 << 21 } },
    index: { pageEntries: 64, fanIn: 4, pageCacheBytes: 0, filterCacheBytes: 1 << 20 },
  });

  /** Pages that 200 lookups of unknown signatures read, and known ones. */
  function cost(blocks: number): { readonly unknown: number; readonly known: number; readonly runs: number } {
    const net = new LedgerNet(shape(4));
    for (let slot = 1; slot <= blocks; slot++)
      net.add(Array.from({ length: 16 }, (_, i) => signatureOf(slot, slot * 16 + i)));
    const ask = (of: (i: number) => Uint8Array) => {
      net.reads.clear();
      const found = net.read(
        net.reader.statuses(
          Array.from({ length: 200 }, (_, i) => of(i)),
          true,
        ),
      );
      return { pages: net.reads.get("signatures-pages") ?? 0, found: found.filter((one) => one !== null).length };
    };
    ask((i) => signatureOf(1, 5_000_000 + i));
    const unknown = ask((i) => signatureOf(1, 1_000_000 + i));
    expect(unknown.found).toBe(0);
    const known = ask((i) => signatureOf(1 + (i % 10), (1 + (i % 10)) * 16 + (i % 16)));
    expect(known.found).toBe(200);
    return { unknown: unknown.pages, known: known.pages, runs: net.index("index-0").runs("signatures") };
  }

  it("grows with the number of levels, not with the history", () => {
    const short = cost(40);
    const long = cost(400);
    // A page of a hundred that the key is not in passes its filter; a known key costs one more.
    expect(short.unknown).toBeLessThan(60);
    expect(long.unknown).toBeLessThan(120);
    expect(long.known).toBeLessThan(330);
    expect(long.runs).toBeLessThan(25);
  });

  it("an index that has grown wider is asked once a generation of it", () => {
    const net = new LedgerNet(TINY);
    for (let slot = 1; slot <= 300; slot++) net.add([signatureOf(slot, slot), signatureOf(slot, 10_000 + slot)]);
    const { indexes, finished } = net.catalog;
    expect(finished.length).toBeGreaterThan(50);
    expect(indexes.slice(0, 4).map(({ partitions }) => partitions)).toEqual([2, 2, 16, 16]);
    expect(indexes.length).toBeLessThan(9);
    for (let i = 1; i < indexes.length; i++) expect(indexes[i]!.begin).toBe(indexes[i - 1]!.end);
    for (const slot of [1, 77, 150, 300]) expect(Number(status(net, signatureOf(slot, slot))!.slot)).toBe(slot);
  });

  it("without history only recent blocks are looked at", () => {
    const net = new LedgerNet({
      ledger: { ...TINY.ledger, generationBytes: 1 << 30, indexBytes: 1_000 },
      index: TINY.index!,
    });
    net.add([signatureOf(1, 1)]);
    for (let slot = 2; slot <= 60; slot++) net.add([signatureOf(slot, slot)]);
    expect(Number(status(net, signatureOf(1, 1), false)!.slot)).toBe(1);
    // 2,400 blocks on, that is 300 heights of a busy chain, it is recent no more.
    for (let slot = 61; slot <= 2_600; slot++) net.add([]);
    net.add([signatureOf(2_601, 2_601)]);
    expect(status(net, signatureOf(1, 1), false)).toBeNull();
    expect(Number(status(net, signatureOf(1, 1), true)!.slot)).toBe(1);
    expect(Number(status(net, signatureOf(2_601, 2_601), false)!.slot)).toBe(2_601);
  });

  it("slots that were skipped do not make a transaction old", () => {
    const net = new LedgerNet({ ledger: { feed: { blocks: 1, entries: 1, waiting: 1 << 21 } } });
    net.add([signatureOf(1, 1)]);
    net.add([signatureOf(2, 2)], 1_000_000, { parentSlot: 1 });
    net.add([signatureOf(3, 3)]);
    expect(Number(status(net, signatureOf(1, 1), false)!.slot)).toBe(1);
    expect(net.read(net.reader.blocks(0, 2_000_000, 10))).toEqual([0, 1, 1_000_000, 1_000_001]);
  });
});

describe("what is too old", () => {
  it("bytes: the oldest generations go, and with them their part of the index", () => {
    const net = new LedgerNet({ ...TINY, ledger: { ...TINY.ledger, keep: { bytes: 12_000 } } });
    for (let slot = 1; slot <= 200; slot++) net.add([signatureOf(slot, slot)]);
    const { catalog } = net;
    const first = firstSlotOf(catalog);
    expect(first).toBeGreaterThan(150);
    expect(catalog.finished.reduce((sum, { bytes }) => sum + bytes, net.ledger.bytes)).toBeLessThanOrEqual(12_000);
    expect(catalog.drops).toEqual([]);
    expect(net.read(net.reader.firstBlock())).toBe(first);
    expect(net.read(net.reader.blocks(0, 1_000, 1_000))[0]).toBe(first);
    expect(status(net, signatureOf(first - 1, first - 1))).toBeNull();
    expect(net.read(net.reader.transaction(signatureOf(first - 1, first - 1)))).toBeNull();
    expect(Number(status(net, signatureOf(first, first))!.slot)).toBe(first);
    const page = net.read(net.reader.page({ addresses: [PAYER], limit: 1_000 }));
    expect(page.ok && Number(page.entries.at(-1)!.slot)).toBe(first);
    const oldest = net.read(net.reader.page({ addresses: [PAYER], limit: 1, oldestFirst: true }));
    expect(oldest.ok && Number(oldest.entries[0]!.slot)).toBe(first);
    expect(generationOf(catalog, first - 1)).toBeUndefined();
    // Nothing but a mark is left of those that went.
    expect(net.storage("ledger-0").count("blocks")).toBe(0);
    expect(net.storage("index-0").count("manifest")).toBe(0);
    net.restart();
    expect(net.read(net.reader.firstBlock())).toBe(first);
  });

  it("time: a generation goes when its last block is too old, and ends before it would keep too much", () => {
    const net = new LedgerNet({ ledger: { keep: { seconds: 80 } } });
    for (let slot = 1; slot <= 400; slot++) net.add([signatureOf(slot, slot)]);
    const first = firstSlotOf(net.catalog);
    expect(first).toBeGreaterThan(400 - 80 - 20);
    expect(first).toBeLessThanOrEqual(400 - 80);
  });

  it("what was not forgotten is told again, by the next generation too", () => {
    const net = new LedgerNet({ ...TINY, ledger: { ...TINY.ledger, keep: { bytes: 6_000 } } });
    net.deliver = (_from, _to, { type }) => type !== "drop";
    for (let slot = 1; slot <= 60; slot++) net.add([signatureOf(slot, slot)]);
    expect(net.catalog.drops).toContain("ledger-0");
    net.restart();
    net.deliver = () => true;
    net.retry();
    expect(net.catalog.drops).toEqual([]);
    expect(net.storage("ledger-0").count("blocks")).toBe(0);
    // A handover that comes late makes no generation out of one that is gone.
    const none = new Uint8Array(0);
    const header = new Uint8Array(HEADER_SIZE);
    net.send("ledger-0", "ledger-1", { type: "handover", catalog: none, header, carry: none, samples: none });
    expect(net.storage("ledger-1").count("base")).toBe(0);
  });

  it("a builder that died before it heard of the handover is sent on by the generation that is gone, also after a restart", () => {
    const net = new LedgerNet({ ...TINY, ledger: { ...TINY.ledger, keep: { bytes: 6_000 } } });
    for (let slot = 1; slot <= 60; slot++) net.add([signatureOf(slot, slot)]);
    expect(net.storage("ledger-0").count("blocks")).toBe(0);
    const told: number[] = [];
    net.deliver = (_from, to, message) => {
      if (to === "builder" && message.type === "moved") told.push(message.generation);
      return true;
    };
    net.send("builder", "ledger-0", { type: "tipWanted", asked: 1 });
    net.restart();
    net.send("builder", "ledger-0", { type: "tipWanted", asked: 2 });
    expect(told).toEqual([1, 1]);
  });

  it("a generation that still takes blocks is not told to go", () => {
    const net = new LedgerNet();
    net.add([signatureOf(1, 1)]);
    net.send("ledger-9", "ledger-0", { type: "drop" });
    expect(Number(status(net, signatureOf(1, 1))!.slot)).toBe(1);
  });
});

it("a handover whose messages are lost is made good, and blocks wait for it", () => {
  const net = new LedgerNet({ ledger: { generationBytes: 1 } });
  for (const lost of ["entries", "indexed", "handover", "begun", "moved"]) {
    const { generation } = net.catalog;
    const tip = net.ledger.tipSlot;
    net.deliver = (_from, _to, { type }) => type !== lost;
    net.add([signatureOf(tip, tip)]);
    net.add([signatureOf(tip, 1_000 + tip)], tip + 2);
    // Full with its first block: the second one is nobody's yet.
    expect(net.ledger.tipSlot).toBe(tip + 1);
    expect(net.catalog.generation).toBe(generation);
    net.deliver = () => true;
    net.retry();
    net.add([signatureOf(tip, 1_000 + tip)], tip + 2);
    if (lost === "moved") net.add([signatureOf(tip, 1_000 + tip)], tip + 2);
    expect(net.ledger.tipSlot).toBe(tip + 2);
    expect(net.catalog.generation).toBe(generation + 2);
  }
  for (let slot = 0; slot < 10; slot += 2) {
    expect(Number(status(net, signatureOf(slot, slot))!.slot)).toBe(slot + 1);
    expect(Number(status(net, signatureOf(slot, 1_000 + slot))!.slot)).toBe(slot + 2);
  }
});

it("while the index cannot be reached the ledger takes no more than it can remember", () => {
  const net = new LedgerNet({ ledger: { feed: { blocks: 1, entries: 1, waiting: 1_000 } } });
  net.deliver = (_from, _to, { type }) => type !== "entries";
  // Each transfer makes four entries: the block that exceeds the limit is the last one.
  const records = Array.from({ length: 20 }, (_, i) => signatureOf(0, i));
  for (let slot = 1; slot <= 20; slot++) net.add(records, slot);
  expect(net.ledger.tipSlot).toBe(13);
  net.deliver = () => true;
  net.retry();
  for (let slot = 14; slot <= 20; slot++) net.add(records, slot);
  expect(net.ledger.tipSlot).toBe(20);
});

it("a transaction in the last slot that a clock can be set to is found", () => {
  const run = new RunBuilder();
  run.add(1, 2, MAX_CLOCK_SLOT, 3);
  expect([...findInRun(run.finish(), { high: 1, low: 2 })]).toEqual([{ slot: MAX_CLOCK_SLOT, index: 3 }]);
});
