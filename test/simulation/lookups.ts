/** What the ledger answers to those who ask for a signature or an address, against its blocks walked from end to end. */

import type { Position } from "../../shared/ledger/address-page.ts";
import { firstSlotOf } from "../../shared/ledger/catalog.ts";
import type { LedgerReader } from "../../shared/ledger/ledger-reader.ts";
import { type Reading, readNow } from "../../shared/ledger/reading.ts";
import { decodeBlock, resultOffsets } from "../../shared/protocol/block.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { decodeRecord, frameRecords, recordSignature } from "../../shared/protocol/record.ts";
import type { Cluster } from "./cluster.ts";
import { demand } from "./failure.ts";
import { hex } from "./world.ts";

interface Found {
  readonly slot: number;
  readonly index: number;
  readonly record: Uint8Array;
  readonly result: Uint8Array;
}

/** Landed transactions by signature, in the order of the chain; and the signatures of those that never landed. */
function walk(blocks: ReadonlyMap<number, Uint8Array>): {
  landed: Map<string, Found>;
  others: Set<string>;
} {
  const landed = new Map<string, Found>();
  const others = new Set<string>();
  for (const [slot, bytes] of blocks) {
    const { frame, results } = decodeBlock(bytes);
    const records = frameRecords(frame);
    const offsets = resultOffsets(results, records.length);
    let index = 0;
    for (const [i, record] of records.entries()) {
      const signature = hex(recordSignature(record));
      const result = results.slice(offsets[i], offsets[i]! + viewOf(results).getUint32(offsets[i]!, true));
      if (result[8] === 1) landed.set(signature, { slot, index: index++, record, result });
      else others.add(signature);
    }
  }
  return { landed, others };
}

/** Of a network at rest, every object in memory. */
export function checkLookups(cluster: Cluster, addresses: readonly Uint8Array[]): void {
  const { ledgers } = cluster;
  const first = firstSlotOf(ledgers.catalog);
  const { landed, others } = walk(cluster.blocks());
  const reader = ledgers.reader();
  const read = <T>(reading: Reading<T>): T => readNow(reading);
  demand(read(reader.firstBlock()) === first, "lost", "the ledger does not say where it begins");
  for (const slot of cluster.blocks().keys()) {
    const isDropped = cluster.dropped.has(slot);
    demand(
      isDropped === slot < first,
      "lost",
      `block ${slot} ${isDropped ? "was forgotten" : "cannot be read"}, the first one is ${first}`,
    );
  }
  const kept = [...landed].filter(([, { slot }]) => slot >= first);
  const signatures = [...landed.keys(), ...others].map(bytesOf);
  const statuses = read(reader.statuses(signatures, true));
  for (const [i, [signature, { slot, index, record, result }]] of [...landed].entries()) {
    const found = read(reader.transaction(bytesOf(signature)));
    if (slot < first) {
      demand(found === null && statuses[i] === null, "lost", `${signature.slice(0, 16)} of slot ${slot} is kept`);
      continue;
    }
    demand(found !== null, "lost", `${signature.slice(0, 16)} of slot ${slot} is not found by its signature`);
    demand(Number(statuses[i]?.slot) === slot, "lost", `${signature.slice(0, 16)} of slot ${slot} has no status`);
    const same = Number(found.slot) === slot && found.index === index;
    demand(
      same && hex(found.record) === hex(record) && hex(found.result) === hex(result),
      "lost",
      `${signature.slice(0, 16)} is found as something else`,
    );
  }
  for (const [i, signature] of [...others].entries()) {
    if (landed.has(signature)) continue;
    demand(statuses[landed.size + i] === null, "once", `${signature.slice(0, 16)} did not land and is found`);
  }
  const slots = [...cluster.blocks().keys()].filter((slot) => slot >= first);
  const listed = read(reader.blocks(0, Number.MAX_SAFE_INTEGER, 100_000));
  demand(listed.join() === slots.join(), "lost", `the ledger lists ${listed.length} of ${slots.length} blocks`);
  for (const address of addresses) {
    const expected = kept
      .filter(([, { record }]) => decodeRecord(record).accountKeys.some((key) => hex(key) === hex(address)))
      .map(([signature]) => signature)
      .reverse();
    for (const [limit, oldestFirst] of [
      [1000, false],
      [3, false],
      [4, true],
    ] as const) {
      const entries = history(reader, address, limit, oldestFirst);
      const right = oldestFirst ? expected.toReversed() : expected;
      demand(
        entries.join() === right.join(),
        "lost",
        `the history of ${hex(address).slice(0, 8)} has ${entries.length} of ${expected.length} entries`,
      );
    }
  }
}

const bytesOf = (signature: string): Uint8Array => Uint8Array.from(Buffer.from(signature, "hex"));

/** All pages of an address's history, in either order. */
function history(reader: LedgerReader, address: Uint8Array, limit: number, oldestFirst: boolean): string[] {
  const all: string[] = [];
  for (let after: Position | null | undefined; after !== null; ) {
    const page = readNow(reader.page({ addresses: [address], limit, oldestFirst, ...(after && { after }) }));
    if (!page.ok) return [];
    all.push(...page.entries.map(({ signature }) => hex(signature)));
    after = page.next;
  }
  return all;
}
