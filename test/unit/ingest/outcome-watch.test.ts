import { expect, test } from "vitest";
import { TX_ALREADY_PROCESSED, TX_DEFERRED } from "../../../shared/errors/transaction-error.ts";
import {
  encodeRegistered,
  LIFETIME,
  OutcomeWatch,
  REGISTRATION_ENTRY,
  REGISTRATION_HEADER,
  readRegistration,
} from "../../../shared/ingest/outcome-watch.ts";
import { FATE, OutcomesView } from "../../../shared/ingest/protocol.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { blockOf, type Landed, signatureOf } from "./block.ts";

/** Indexes 0, 1, …: `signatures`. */
function registration(request: number, signatures: readonly Uint8Array[], lookup = false): Uint8Array {
  const bytes = new Uint8Array(REGISTRATION_HEADER + signatures.length * REGISTRATION_ENTRY);
  const view = viewOf(bytes);
  view.setUint32(0, request, true);
  view.setUint8(4, lookup ? 1 : 0);
  signatures.forEach((signature, i) => {
    view.setUint16(REGISTRATION_HEADER + i * REGISTRATION_ENTRY, i, true);
    bytes.set(signature, REGISTRATION_HEADER + i * REGISTRATION_ENTRY + 4);
  });
  return bytes;
}

interface Entry {
  request: number;
  index: number;
  fate: number;
  txError: number;
  slot: number;
}

/** What each owner is sent now. */
function pushed(watch: OutcomeWatch): Map<number, { slot: number; entries: Entry[] }> {
  const out = new Map();
  for (const [owner, bytes] of watch.pushes()) {
    const view = new OutcomesView(bytes);
    const entries = Array.from({ length: view.count }, (_, i) => ({
      request: view.request(i),
      index: view.index(i),
      fate: view.fate(i),
      txError: view.txError(i),
      slot: view.slot - view.behind(i),
    }));
    out.set(owner, { slot: view.slot, entries });
  }
  return out;
}

function tell(watch: OutcomeWatch, slot: number, transactions: readonly Landed[] = []) {
  const { frame, results } = blockOf(transactions);
  watch.block(slot, slot, frame, results);
  return pushed(watch);
}

const [a, b, c, d] = [0, 1, 2, 3].map(signatureOf) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const status = (slot: number) => ({
  slot: BigInt(slot),
  txError: 0,
  errorIndex: 0,
  instructionError: 0,
  customCode: 0,
});

test("each waits for his own; who waits for nothing hears nothing", () => {
  const watch = new OutcomeWatch(1);
  const [first, second, idle] = [watch.open(), watch.open(), watch.open()];
  expect(watch.register(first, registration(10, [a, b]))).toBe(true);
  expect(watch.register(second, registration(20, [c, a]))).toBe(true);
  expect(pushed(watch).size).toBe(0);
  const told = tell(watch, 7, [{ signature: a }, { signature: d }, { signature: b, txError: 9 }]);
  expect(told.get(first)).toEqual({
    slot: 7,
    entries: [
      { request: 10, index: 0, fate: FATE.LANDED, txError: 0, slot: 7 },
      { request: 10, index: 1, fate: FATE.LANDED, txError: 9, slot: 7 },
    ],
  });
  expect(told.get(second)?.entries).toEqual([{ request: 20, index: 1, fate: FATE.LANDED, txError: 0, slot: 7 }]);
  expect(told.has(idle)).toBe(false);
  // One still waits: it is told the height.
  const next = tell(watch, 8);
  expect([...next.entries()]).toEqual([[second, { slot: 8, entries: [] }]]);
  expect(watch.waiting).toBe(1);
});

test("a registration that comes after the block is answered at once, with the slot of then", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  tell(watch, 5, [{ signature: a }]);
  tell(watch, 6);
  watch.register(owner, registration(1, [b, a]));
  expect(pushed(watch).get(owner)).toEqual({
    slot: 6,
    entries: [{ request: 1, index: 1, fate: FATE.LANDED, txError: 0, slot: 5 }],
  });
  expect(watch.waiting).toBe(1);
});

test("what execution has put off is told to nobody: its outcome comes with a later block", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  watch.register(owner, registration(5, [a]));
  tell(watch, 1, [{ signature: a, landed: false, txError: TX_DEFERRED }]);
  expect(watch.waiting).toBe(1);
  expect(tell(watch, 2, [{ signature: a }]).get(owner)!.entries).toEqual([
    { request: 5, index: 0, fate: FATE.LANDED, txError: 0, slot: 2 },
  ]);
});

test("what is sent again after it has landed is told nothing by that: its outcome is that of then", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  tell(watch, 1, [{ signature: a }]);
  watch.register(owner, registration(5, [b]));
  tell(watch, 2, [
    { signature: a, landed: false, txError: TX_ALREADY_PROCESSED },
    { signature: b, landed: false, txError: TX_ALREADY_PROCESSED },
  ]);
  expect(watch.waiting).toBe(1);
  watch.register(owner, registration(6, [a]));
  expect(pushed(watch).get(owner)!.entries).toEqual([{ request: 6, index: 0, fate: FATE.LANDED, txError: 0, slot: 1 }]);
  const lookup = watch.all()!;
  watch.settle(lookup, 0, [status(1)], false);
  expect(pushed(watch).get(owner)!.entries).toEqual([{ request: 5, index: 0, fate: FATE.LANDED, txError: 0, slot: 1 }]);
});

test("what did not land may be sent again: it is told to who waits, and not remembered", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  watch.register(owner, registration(1, [a]));
  const told = tell(watch, 5, [{ signature: a, landed: false, txError: 5 }]);
  expect(told.get(owner)?.entries).toEqual([{ request: 1, index: 0, fate: FATE.NOT_LANDED, txError: 5, slot: 5 }]);
  watch.register(owner, registration(2, [a]));
  expect(pushed(watch).size).toBe(0);
  expect(tell(watch, 6, [{ signature: a }]).get(owner)?.entries).toMatchObject([{ request: 2, fate: FATE.LANDED }]);
});

test("blocks told twice, or late, say nothing", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  tell(watch, 5);
  watch.register(owner, registration(1, [a]));
  expect(tell(watch, 5, [{ signature: a }]).size).toBe(0);
  expect(tell(watch, 4, [{ signature: a }]).size).toBe(0);
});

test("without room nothing of a registration waits", () => {
  const watch = new OutcomeWatch(1, { watched: 3 });
  const owner = watch.open();
  expect(watch.register(owner, registration(1, [a, b]))).toBe(true);
  expect(watch.register(owner, registration(2, [c, d]))).toBe(false);
  expect(watch.waiting).toBe(2);
  expect(watch.register(owner, registration(3, [c]))).toBe(true);
});

test("who leaves takes his signatures with him", () => {
  const watch = new OutcomeWatch(1);
  const [gone, stays] = [watch.open(), watch.open()];
  watch.register(gone, registration(1, [a, b]));
  watch.register(stays, registration(1, [a]));
  watch.close(gone);
  expect(watch.waiting).toBe(1);
  expect([...tell(watch, 1, [{ signature: a }, { signature: b }]).keys()]).toEqual([stays]);
  expect(watch.register(gone, registration(2, [a]))).toBe(false);
});

test("after its lifetime a signature is asked for once more, then expired", () => {
  const watch = new OutcomeWatch(1, { recent: 0 });
  const owner = watch.open();
  tell(watch, 100);
  watch.register(owner, registration(1, [a, b]));
  tell(watch, 100 + LIFETIME);
  expect(watch.expiring()).toBeNull();
  tell(watch, 101 + LIFETIME);
  const lookup = watch.expiring()!;
  expect(lookup.signatures.length).toBe(128);
  watch.settle(lookup, 0, [null, status(150)], true);
  expect(pushed(watch).get(owner)?.entries).toEqual([
    { request: 1, index: 0, fate: FATE.EXPIRED, txError: 0, slot: 101 + LIFETIME },
    { request: 1, index: 1, fate: FATE.LANDED, txError: 0, slot: 150 },
  ]);
  expect(watch.expiring()).toBeNull();
});

test("what was registered before any block was known lives as long as all others", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  watch.register(owner, registration(1, [a]));
  tell(watch, 1_000_000);
  expect(watch.expiring()).toBeNull();
  tell(watch, 1_000_001 + LIFETIME);
  expect(watch.expiring()).not.toBeNull();
});

test("the ledger's answer and a block that says the same meanwhile: one outcome", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  tell(watch, 9);
  const bytes = registration(1, [a, b, c], true);
  watch.register(owner, bytes);
  const lookup = watch.lookupOf(owner, bytes)!;
  expect(tell(watch, 10, [{ signature: a }]).get(owner)?.entries).toHaveLength(1);
  watch.settle(lookup, 0, [status(10), status(3), null], false);
  expect(pushed(watch).get(owner)?.entries).toEqual([{ request: 1, index: 1, fate: FATE.LANDED, txError: 0, slot: 3 }]);
  expect(watch.waiting).toBe(1);
  expect(watch.all()?.waiters).toEqual(Uint32Array.of(owner, 1, 2));
});

test("the ledger knows newer slots than the blocks told so far", () => {
  const watch = new OutcomeWatch(1);
  const owner = watch.open();
  const bytes = registration(1, [a, b], true);
  watch.register(owner, bytes);
  watch.settle(watch.lookupOf(owner, bytes)!, 0, [status(50), null], false);
  expect(pushed(watch).get(owner)).toMatchObject({ slot: 50, entries: [{ index: 0, slot: 50 }] });
  // The blocks that it had already come late.
  expect(tell(watch, 48, [{ signature: b }]).get(owner)).toMatchObject({ slot: 50, entries: [{ index: 1, slot: 48 }] });
  watch.register(owner, registration(2, [b]));
  expect(pushed(watch).get(owner)?.entries).toMatchObject([{ request: 2, slot: 48 }]);
});

test("registrations and their answers as bytes", () => {
  expect(readRegistration(registration(7, [a, b], true))).toEqual({ request: 7, count: 2, lookup: true });
  expect(() => readRegistration(new Uint8Array(9))).toThrow(RangeError);
  expect([...encodeRegistered(false, 258, 3)]).toEqual([4, 0, 250, 0, 2, 1, 0, 0, 3, 0, 0, 0]);
});

test("a block of 10,000 transactions, all waited for", () => {
  const watch = new OutcomeWatch(7);
  const owner = watch.open();
  const signatures = Array.from({ length: 10_000 }, (_, n) => signatureOf(n));
  watch.register(owner, registration(1, signatures));
  const told = tell(
    watch,
    3,
    signatures.toReversed().map((signature) => ({ signature })),
  );
  const indexes = told.get(owner)!.entries.map(({ index }) => index);
  expect(indexes).toEqual(Array.from({ length: 10_000 }, (_, i) => 9_999 - i));
  expect(watch.waiting).toBe(0);
});
