import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../shared/protocol/bytes.ts";

describe("ByteWriter and ByteReader", () => {
  it("keep every value when the buffer grows in the middle of a write", () => {
    const writer = new ByteWriter();
    for (let i = 0; i < 1000; i++)
      writer
        .u8(i & 255)
        .u16(i)
        .u32(i * 7)
        .u64(i * 11)
        .i64(-i);
    writer.raw(new Uint8Array(5000).fill(9)).u32(42);
    const reader = new ByteReader(writer.bytes());
    for (let i = 0; i < 1000; i++) {
      expect(reader.u8()).toBe(i & 255);
      expect(reader.u16()).toBe(i);
      expect(reader.u32()).toBe(i * 7);
      expect(reader.u64()).toBe(BigInt(i * 11));
      expect(reader.i64()).toBe(BigInt(-i));
    }
    expect(reader.raw(5000)).toEqual(new Uint8Array(5000).fill(9));
    expect(reader.u32()).toBe(42);
    expect(reader.done).toBe(true);
  });

  it("give back any sequence of blobs", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 })), (blobs) => {
        const writer = new ByteWriter();
        for (const blob of blobs) writer.blob(blob);
        const reader = new ByteReader(writer.bytes());
        for (const blob of blobs) expect(reader.blob()).toEqual(blob);
        expect(reader.done).toBe(true);
      }),
    );
  });

  it("refuse to read past the end", () => {
    expect(() => new ByteReader(new Uint8Array(3)).u32()).toThrow(RangeError);
    expect(() => new ByteReader(Uint8Array.of(5, 0, 0, 0, 1)).blob()).toThrow(RangeError);
  });
});
