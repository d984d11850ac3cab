// Parts of a record that are read without decoding all of it.
import { expect, it } from "vitest";
import { decodeRecord, REC, recordIsNonce, recordKeys } from "../../../shared/protocol/record.ts";
import { callRecord } from "../state/called-program.ts";
import { keyOf, transferRecord } from "../state/chain.ts";

it("recordKeys and recordIsNonce say what decodeRecord says", () => {
  const transfer = transferRecord({ from: keyOf(1), to: keyOf(2), lamports: 3n });
  const call = callRecord(Array.from({ length: 20 }, (_, i) => ({ key: keyOf(i), writable: i % 2 === 0 })));
  for (const record of [transfer, call]) expect(recordKeys(record)).toEqual(decodeRecord(record).accountKeys);
  const loaded = new Uint8Array(transfer.length + 64);
  loaded.set(transfer);
  loaded.set([...keyOf(8), ...keyOf(9)], transfer.length);
  loaded[REC.NUM_WRITABLE_LOADED] = 1;
  loaded[REC.NUM_READONLY_LOADED] = 1;
  expect(recordKeys(loaded)).toEqual([...recordKeys(transfer), keyOf(8), keyOf(9)]);
  expect(recordKeys(loaded)).toEqual(decodeRecord(loaded).accountKeys);
  expect(recordIsNonce(transfer)).toBe(false);
  transfer[REC.FLAGS]! |= 2;
  expect([recordIsNonce(transfer), decodeRecord(transfer).isNonce]).toEqual([true, true]);
});
