import { zstdDecompressSync } from "node:zlib";
import { getBase58Decoder } from "@solana/kit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { decodeBase64, encodeBase64 } from "../../../shared/rpc/base64.ts";
import { Float, parse, stringify } from "../../../shared/rpc/json.ts";
import { uiAmountString } from "../../../shared/rpc/ui-amount.ts";
import { zstdFrame } from "../../../shared/rpc/zstd.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

test("base58 is that of @solana/kit, both ways", () => {
  fc.assert(
    fc.property(bytes, fc.nat(5), (tail, zeros) => {
      const data = Uint8Array.from([...new Uint8Array(zeros), ...tail]);
      const text = encodeBase58(data);
      expect(text).toBe(getBase58Decoder().decode(data));
      expect(decodeBase58(text)).toEqual(data);
    }),
  );
});

test("base58 refuses characters outside the alphabet", () => {
  for (const text of ["0", "O", "I", "l", "abc def", "ü", "1+1", "\u{1F600}"]) expect(decodeBase58(text)).toBeNull();
  fc.assert(
    fc.property(fc.string(), (text) => {
      const decoded = decodeBase58(text);
      expect(decoded === null || encodeBase58(decoded) === text).toBe(true);
    }),
  );
});

test("base64 is that of Node, and only its canonical form is read", () => {
  fc.assert(
    fc.property(bytes, (data) => {
      const text = encodeBase64(data);
      expect(text).toBe(Buffer.from(data).toString("base64"));
      expect(decodeBase64(text)).toEqual(data);
    }),
  );
  for (const text of ["A", "AA", "AAA", "AA=A", "====", "AB==", "AAB=", "AA\n=", "A A=", "AAAA=", "ÄAAA"]) {
    expect(decodeBase64(text)).toBeNull();
  }
  expect(decodeBase64("")).toEqual(new Uint8Array(0));
});

test("zstd frames are read by a real decoder, and zeros cost nothing", () => {
  const runs = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(300_000), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(runs, (parts) => {
      const data = Buffer.concat(parts.flatMap(([raw, length, byte]) => [raw, Buffer.alloc(length, byte)]));
      expect(zstdDecompressSync(zstdFrame(data)).equals(data)).toBe(true);
    }),
    { numRuns: 40 },
  );
  expect(zstdFrame(new Uint8Array(1 << 20)).length).toBeLessThan(64);
  expect(zstdDecompressSync(zstdFrame(new Uint8Array(0))).length).toBe(0);
});

test("integers of 64 bits survive JSON, floats keep their form", () => {
  const max = 18_446_744_073_709_551_615n;
  expect(stringify({ a: max, b: new Float(1), c: new Float(0.25), d: undefined, e: [null, true] })).toBe(
    '{"a":18446744073709551615,"b":1.0,"c":0.25,"e":[null,true]}',
  );
  expect(parse('{"a":18446744073709551615,"b":12,"c":"18446744073709551615"}')).toEqual({
    a: max,
    b: 12,
    c: String(max),
  });
  expect(parse("[-9223372036854775808]")).toEqual([-(2n ** 63n)]);
});

test("an amount is shown with its decimals, trailing zeros cut", () => {
  expect(uiAmountString(0n, 9)).toBe("0");
  expect(uiAmountString(1n, 9)).toBe("0.000000001");
  expect(uiAmountString(1_500_000_000n, 9)).toBe("1.5");
  expect(uiAmountString(10n, 0)).toBe("10");
  expect(uiAmountString(18_446_744_073_709_551_615n, 20)).toBe("0.18446744073709551615");
});
