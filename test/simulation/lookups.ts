/** What the ledger answers to those who ask for a signature or an address, against its blocks walked from end to end. */

import type { StorageView } from "../../shared/protocol/actor.ts";
import { decodeBlock, resultOffsets } from "../../shared/protocol/block.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { decodeRecord, frameRecords, recordSignature } from "../../shared/protocol/record.ts";
import type { LedgerMachine } from "../../shared/state/ledger-machine.ts";
import { LedgerQuery } from "../../shared/state/ledger-query.ts";
import { demand } from "./failure.ts";
import { hex } from "./world.ts";

interface Found {
  readonly slot: number;
  readonly index: number;
  readonly record: Uint8Array;
  readonly result: Uint8Array;
}

/** Landed transactions by signature, in the order of the chain; and the signatures of those that never landed. */
function walk(blocks: Iterable<{ readonly id: number; readonly bytes: Uint8Array }>): {
  landed: Map<string, Found>;
  others: Set<string>;
} {
  const landed = new Map<string, Found>();
  const others = new Set<string>();
  for (const { id: slot, bytes } of blocks) {
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

export function checkLookups(machine: LedgerMachine, storage: StorageView, addresses: readonly Uint8Array[]): void {
  const { landed, others } = walk(storage.list("blocks"));
  const query = new LedgerQuery(machine, storage);
  for (const [signature, { slot, index, record, result }] of landed) {
    const found = query.transaction(Uint8Array.from(Buffer.from(signature, "hex")));
    demand(found !== null, "lost", `${signature.slice(0, 16)} of slot ${slot} is not found by its signature`);
    const same = Number(found.slot) === slot && found.index === index;
    demand(
      same && hex(found.record) === hex(record) && hex(found.result) === hex(result),
      "lost",
      `${signature.slice(0, 16)} is found as something else`,
    );
  }
  for (const signature of others) {
    if (landed.has(signature)) continue;
    const found = query.status(Uint8Array.from(Buffer.from(signature, "hex")));
    demand(found === null, "once", `${signature.slice(0, 16)} did not land and is found`);
  }
  for (const address of addresses) {
    const expected = [...landed]
      .filter(([, { record }]) => decodeRecord(record).accountKeys.some((key) => hex(key) === hex(address)))
      .map(([signature]) => signature)
      .reverse();
    const page = query.page({ addresses: [address], limit: 1000 });
    const entries = page.ok ? page.entries.map((entry) => hex(entry.signature)) : [];
    demand(
      entries.join() === expected.join(),
      "lost",
      `the history of ${hex(address).slice(0, 8)} has ${entries.length} of ${expected.length} entries`,
    );
  }
}
