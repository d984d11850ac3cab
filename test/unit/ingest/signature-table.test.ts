import { expect, test } from "vitest";
import { SIGNATURE_SIZE } from "../../../shared/ingest/protocol.ts";
import { SignatureTable } from "../../../shared/ingest/signature-table.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";

/** Signature number n; every fourth one differs from its predecessor in the last byte only. */
function signature(n: number): DataView {
  const bytes = new Uint8Array(SIGNATURE_SIZE);
  const view = viewOf(bytes);
  const twin = n % 4 === 3;
  for (let i = 0; i < SIGNATURE_SIZE; i += 4) view.setUint32(i, Math.imul(twin ? n - 1 : n, 0x9e3779b1) + i);
  if (twin) bytes[63]! ^= 1;
  return view;
}

const all = (table: SignatureTable): number[] => {
  const entries: number[] = [];
  for (let entry = table.oldest; entry >= 0; entry = table.newer(entry)) entries.push(table.field(entry, 0));
  return entries;
};

test("as a plain list, over 100,000 random steps", () => {
  const table = new SignatureTable(3_000, 0x12345678);
  /** Key and number of the addition, oldest first. */
  const model: { n: number; id: number }[] = [];
  let seed = 1;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % n;
  };
  for (let id = 0; id < 100_000; id++) {
    const n = below(5_000);
    // Grows for a while, then shrinks, and again.
    const adds = below(10) < (id % 40_000 < 20_000 ? 7 : 3);
    if (adds) {
      const entry = table.add(signature(n), 0);
      if (model.length === 3_000) expect(entry).toBe(-1);
      else {
        table.setField(entry, 0, id);
        table.setField(entry, 3, n);
        model.push({ n, id });
      }
    } else {
      const there = model.filter((one) => one.n === n);
      const found: number[] = [];
      for (let entry = table.find(signature(n), 0); entry >= 0; entry = table.findNext(entry, signature(n), 0)) {
        found.push(table.field(entry, 0));
        expect(table.field(entry, 3)).toBe(n);
      }
      expect(found.sort()).toEqual(there.map((one) => one.id).sort());
      if (there.length === 0) continue;
      const entry = table.find(signature(n), 0);
      const removed = table.field(entry, 0);
      table.remove(entry);
      model.splice(
        model.findIndex((one) => one.id === removed),
        1,
      );
    }
    if (id % 5_000 === 0) expect(all(table)).toEqual(model.map((one) => one.id));
  }
  expect(table.size).toBe(model.length);
  expect(all(table)).toEqual(model.map((one) => one.id));
});

test("the oldest goes, a new one comes: a ring", () => {
  const table = new SignatureTable(4, 0);
  for (let n = 0; n < 100; n++) {
    if (table.size === 4) table.remove(table.oldest);
    table.setField(table.add(signature(n), 0), 0, n);
  }
  expect(all(table)).toEqual([96, 97, 98, 99]);
  expect(table.find(signature(95), 0)).toBe(-1);
  const bytes = new Uint8Array(SIGNATURE_SIZE);
  bytes.set(table.signature(table.oldest));
  expect(viewOf(bytes).getUint32(0)).toBe(signature(96).getUint32(0));
});
