/** Reads of the ledger over many blocks: what a page of history reaches, and what a lookup costs. */
import { expect, it } from "vitest";
import type { StorageView } from "../../../shared/protocol/actor.ts";
import { encodeBlock, encodeCarry } from "../../../shared/protocol/block.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { decodeHeader, encodeHeader } from "../../../shared/protocol/header.ts";
import { makeFrame } from "../../../shared/protocol/record.ts";
import { MAX_CLOCK_SLOT } from "../../../shared/scheduling/dev-clock.ts";
import { findInRun, RunBuilder } from "../../../shared/state/index-run.ts";
import { LedgerMachine } from "../../../shared/state/ledger-machine.ts";
import { LedgerQuery } from "../../../shared/state/ledger-query.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import { keyOf, transferRecord } from "./chain.ts";

const RESULT_SIZE = 48;
const PAYER = keyOf("payer");
const TEMPLATE = transferRecord({ from: PAYER, to: keyOf("other"), lamports: 1n });
const SIGNATURE_AT = 65;

function recordOf(signature: Uint8Array): Uint8Array {
  const record = TEMPLATE.slice();
  record.set(signature, SIGNATURE_AT);
  return record;
}

/** R from one number, S from another. */
function signatureOf(r: number, s: number): Uint8Array {
  return concatBytes(keyOf(`r ${r}`), keyOf(`s ${s}`));
}

class Ledger {
  readonly #storage = new SimulatedStorage();
  readonly machine = new LedgerMachine({ genesisHash: keyOf("genesis"), genesisTimestamp: 0, genesisLamports: [0n] });
  /** Blocks read from storage. */
  reads = 0;
  readonly query: LedgerQuery;
  readonly #genesis: Uint8Array;

  constructor() {
    const storage: StorageView = {
      get: (table, id) => {
        if (table === "blocks") this.reads++;
        return this.#storage.get(table, id);
      },
      list: (table, from, to) => this.#storage.list(table, from, to),
    };
    const [genesis] = this.machine.boot(storage) as Write[];
    this.#storage.apply([genesis!]);
    this.#genesis = this.#storage.get("blocks", 0)!.slice(0, 320);
    this.query = new LedgerQuery(this.machine, storage);
  }

  add(signatures: readonly Uint8Array[], slot = this.machine.tipSlot + 1): void {
    const header = encodeHeader({ ...decodeHeader(this.#genesis), slot, parentSlot: slot - 1 });
    const results = new Uint8Array(signatures.length * RESULT_SIZE);
    signatures.forEach((_, i) => {
      viewOf(results).setUint32(i * RESULT_SIZE, RESULT_SIZE, true);
      results[i * RESULT_SIZE + 8] = 1;
    });
    const block = encodeBlock({ header, carry: encodeCarry([]), frame: makeFrame(signatures.map(recordOf)), results });
    const effects = this.machine.step({ type: "message", from: "builder", message: { type: "block", slot, block } });
    this.#storage.apply(effects.filter((effect): effect is Write => effect.type === "put" || effect.type === "delete"));
  }
}

it("the history of a busy address can be paged to its end", () => {
  const ledger = new Ledger();
  const sent: Uint8Array[] = [];
  for (let slot = 0; slot < 11; slot++) {
    const block = Array.from({ length: 2_000 }, (_, i) => signatureOf(slot * 2_000 + i, i));
    ledger.add(block);
    sent.push(...block);
  }
  let left = sent.length;
  let before: Uint8Array | undefined;
  for (;;) {
    const page = ledger.query.page({ addresses: [PAYER], limit: 1_000, signatures: { ...(before && { lt: before }) } });
    if (!page.ok || page.entries.length === 0) break;
    for (const entry of page.entries) expect(entry.signature).toEqual(sent[--left]);
    before = page.entries.at(-1)!.signature;
  }
  expect(left).toBe(0);
});

it("signatures that were made alike cost a lookup no blocks", () => {
  const ledger = new Ledger();
  // Whoever signs with the same R every time has as many signatures that begin alike as he likes.
  for (let slot = 0; slot < 100; slot++) ledger.add([signatureOf(0, slot)]);
  expect(ledger.query.status(signatureOf(0, 7))!.slot).toBe(8n);
  const before = ledger.reads;
  expect(ledger.query.status(signatureOf(0, 1_000))).toBeNull();
  expect(ledger.reads - before).toBeLessThan(3);
});

it("large blocks that come in another order are indexed one by one", () => {
  const ledger = new Ledger();
  const size = 50_000;
  const block = (slot: number) => Array.from({ length: size }, (_, i) => signatureOf(slot, slot * size + i));
  // Six runs of the index, then two more at once, with which all of them are merged.
  for (let slot = 1; slot <= 6 * 64; slot++) ledger.add([signatureOf(slot, slot)]);
  for (const slot of [386, 387, 388, 385]) ledger.add(block(slot), slot);
  // What is left is sent again.
  while (ledger.machine.tipSlot < 388) ledger.add(block(ledger.machine.tipSlot + 1));
  for (const slot of [385, 386, 387, 388]) {
    expect(ledger.query.status(signatureOf(slot, slot * size + 7))!.slot).toBe(BigInt(slot));
  }
  expect(ledger.query.status(signatureOf(70, 70))!.slot).toBe(70n);
});

it("a transaction in the last slot that a clock can be set to is found", () => {
  const run = new RunBuilder();
  run.add(1, 2, MAX_CLOCK_SLOT, 3);
  expect([...findInRun(run.finish(), { high: 1, low: 2 })]).toEqual([{ slot: MAX_CLOCK_SLOT, index: 3 }]);
});
