/** XXH32 against published values, and what a checksum is for: whatever byte changes, the sum does. */
import { expect, it } from "vitest";
import { checksum } from "../../../durable-objects/host/checksum.ts";

const of = (text: string, seed = 0) => checksum(new TextEncoder().encode(text), seed).toString(16).padStart(8, "0");

/** From the reference implementation's `xxhsum -H0` and its tests. */
it.each([
  ["", 0, "02cc5d05"],
  ["a", 0, "550d7456"],
  ["abc", 0, "32d153ff"],
  ["Nobody inspects the spammish repetition", 0, "e2293b2f"],
  ["", 0x9e3779b1, "36b78ae7"],
])("%j with seed %i", (text, seed, sum) => {
  expect(of(text, seed)).toBe(sum);
});

it("every bit of every byte counts, at any length and wherever the bytes begin in their buffer", () => {
  for (let length = 0; length <= 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 37 + length);
    const sum = checksum(bytes, 7);
    for (let offset = 1; offset < 4; offset++) {
      const moved = new Uint8Array(length + offset);
      moved.set(bytes, offset);
      expect(checksum(moved.subarray(offset), 7)).toBe(sum);
    }
    for (let bit = 0; bit < length * 8; bit++) {
      const other = bytes.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(checksum(other, 7)).not.toBe(sum);
    }
    expect(checksum(bytes, 8)).not.toBe(sum);
  }
});
