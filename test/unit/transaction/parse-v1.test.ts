// The parser on version 1 transactions (SIMD-0385): what it makes of them, a naive reader of the same format, litesvm's verdicts, and mutated bytes.
import fc from "fast-check";
import { LiteSVM } from "litesvm";
import { describe, expect, it } from "vitest";
import { ErrorCode, isDeserializeError } from "../../../shared/errors/codes.ts";
import { sanitizeErrorToCode, transactionErrorToJson } from "../../../shared/errors/transaction-error.ts";
import { decodeRecord, makeFrame, REC, recordSignature, wireSignature } from "../../../shared/protocol/record.ts";
import { u16, u32, u64 } from "../../conformance/random-wire.ts";
import { instance, key, signature } from "./wire.ts";

interface V1 {
  header: [number, number, number];
  priorityFee?: bigint;
  units?: number;
  loaded?: number;
  heap?: number;
  keys: Uint8Array[];
  blockhash: Uint8Array;
  instructions: { program: number; accounts: number[]; data: Uint8Array }[];
}

/** Where things are, for tests that change them. */
const AT = { HEADER: 1, MASK: 4, NUM_INSTRUCTIONS: 40, NUM_KEYS: 41, KEYS: 42 };

function message(m: V1): Uint8Array {
  const bits = [
    [3, m.priorityFee === undefined ? undefined : u64(m.priorityFee)],
    [4, m.units === undefined ? undefined : u32(m.units)],
    [8, m.loaded === undefined ? undefined : u32(m.loaded)],
    [16, m.heap === undefined ? undefined : u32(m.heap)],
  ] as const;
  return Uint8Array.from([
    0x81,
    ...m.header,
    ...u32(bits.reduce((mask, [bit, value]) => (value ? mask | bit : mask), 0)),
    ...m.blockhash,
    m.instructions.length,
    m.keys.length,
    ...m.keys.flatMap((one) => [...one]),
    ...bits.flatMap(([, value]) => value ?? []),
    ...m.instructions.flatMap((i) => [i.program, i.accounts.length, ...u16(i.data.length)]),
    ...m.instructions.flatMap((i) => [...i.accounts, ...i.data]),
  ]);
}
const signatures = (m: V1): Uint8Array[] => Array.from({ length: m.header[0] }, (_, i) => signature(i + 1));
const wire = (m: V1): Uint8Array => Uint8Array.from([...message(m), ...signatures(m).flatMap((one) => [...one])]);
const simple = (patch: Partial<V1> = {}): V1 => ({
  header: [1, 0, 1],
  units: 1_000,
  loaded: 10_000,
  keys: [key(1), key(2), new Uint8Array(32)],
  blockhash: new Uint8Array(32).fill(9),
  instructions: [{ program: 2, accounts: [0, 1], data: Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0) }],
  ...patch,
});

const wasm = instance();
const parse = (bytes: Uint8Array): number => wasm.call("txParse", bytes);
function record(m: V1): Uint8Array {
  const code = parse(wire(m));
  if (code !== 0) throw new Error(`refused: ${code}`);
  return wasm.out();
}

/** Whether the bytes read as a version 1 transaction from end to end: the naive twin of the parser's first half. */
function isTransaction(bytes: Uint8Array): boolean {
  if (bytes.length > 4096 || bytes.length < AT.KEYS || bytes[0] !== 0x81) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const mask = view.getUint32(AT.MASK, true);
  if (mask > 31 || (mask & 3) === 1 || (mask & 3) === 2) return false;
  const numInstructions = bytes[AT.NUM_INSTRUCTIONS]!;
  const values = [...mask.toString(2)].filter((bit) => bit === "1").length;
  const headers = AT.KEYS + bytes[AT.NUM_KEYS]! * 32 + values * 4;
  let end = headers + numInstructions * 4;
  if (end > bytes.length) return false;
  for (let i = 0; i < numInstructions; i++) {
    end += bytes[headers + i * 4 + 1]! + view.getUint16(headers + i * 4 + 2, true);
  }
  return end + bytes[AT.HEADER]! * 64 === bytes.length;
}

const u32s = fc.nat(0xffff_ffff);
/** Any transaction of the size; valid unless `wild`. */
function models(wild: boolean): fc.Arbitrary<V1> {
  return fc
    .record({
      signers: fc.integer({ min: 1, max: wild ? 14 : 12 }),
      others: fc.integer({ min: 1, max: wild ? 56 : 50 }),
      readonlySigned: fc.nat(13),
      readonlyUnsigned: fc.nat(50),
      seed: fc.nat(1 << 20),
      priorityFee: fc.option(fc.bigInt(0n, 2n ** 64n - 1n), { nil: undefined }),
      units: fc.option(u32s, { nil: undefined }),
      loaded: fc.option(u32s, { nil: undefined }),
      heap: fc.option(wild ? u32s : fc.integer({ min: 32, max: 256 }).map((n) => n * 1024), { nil: undefined }),
      duplicate: fc.boolean(),
      instructions: fc.array(
        fc.record({
          program: fc.nat(255),
          accounts: fc.array(fc.nat(255), { maxLength: 30 }),
          data: fc.uint8Array({ maxLength: 300 }),
        }),
        { maxLength: wild ? 70 : 64 },
      ),
    })
    .map((r): V1 => {
      const count = r.signers + r.others;
      const keys = Array.from({ length: count }, (_, i) => key(r.seed + i));
      if (wild && r.duplicate) keys[keys.length - 1] = keys[0]!;
      const { priorityFee, units, loaded, heap } = r;
      return {
        header: wild
          ? [r.signers, r.readonlySigned, r.readonlyUnsigned]
          : [r.signers, Math.min(r.readonlySigned, r.signers - 1), Math.min(r.readonlyUnsigned, r.others)],
        ...(priorityFee !== undefined && { priorityFee }),
        ...(units !== undefined && { units }),
        ...(loaded !== undefined && { loaded }),
        ...(heap !== undefined && { heap }),
        keys,
        blockhash: new Uint8Array(32).fill(r.seed & 255),
        instructions: r.instructions.map((ix) => ({
          program: wild ? ix.program % (count + 1) : 1 + (ix.program % (count - 1)),
          accounts: ix.accounts.map((a) => a % (wild ? count + 1 : count)),
          data: ix.data,
        })),
      };
    })
    .filter((m) => wire(m).length <= 4096);
}

describe("valid transactions", () => {
  it("decode to what they were made of", () => {
    fc.assert(
      fc.property(models(false), (m) => {
        const bytes = wire(m);
        const made = record(m);
        const decoded = decodeRecord(made);
        expect(decoded.version).toBe(1);
        expect(decoded.wire).toEqual(bytes);
        expect(decoded.message).toEqual(message(m));
        expect(decoded.signatures).toEqual(signatures(m));
        expect(recordSignature(made)).toEqual(signature(1));
        expect(wireSignature(bytes)).toEqual(signature(1));
        expect(decoded.accountKeys).toEqual(m.keys);
        expect(decoded.recentBlockhash).toEqual(m.blockhash);
        expect(decoded.instructions).toEqual(
          m.instructions.map(({ program, accounts, data }) => ({
            programIdIndex: program,
            accounts: Uint8Array.from(accounts),
            data,
          })),
        );
        expect(decoded.config).toEqual({
          priorityFee: m.priorityFee ?? null,
          computeUnitLimit: m.units ?? null,
          loadedAccountsDataSizeLimit: m.loaded ?? null,
          heapSize: m.heap ?? null,
        });
        const limit = Math.min(m.units ?? 0, 1_400_000);
        expect(decoded.computeUnitLimit).toBe(limit);
        expect(decoded.loadedDataLimit).toBe(Math.min(m.loaded ?? 0, 64 << 20));
        expect(decoded.heapSize).toBe(m.heap ?? 32 * 1024);
        const fee = (m.priorityFee ?? 0n) + 5_000n * BigInt(m.header[0]);
        expect(decoded.fee).toBe(fee < 2n ** 64n ? fee : 2n ** 64n - 1n);
        const price = limit ? ((m.priorityFee ?? 0n) * 1_000_000n) / BigInt(limit) : 0n;
        expect(decoded.computeUnitPrice).toBe(price < 2n ** 64n ? price : 0n);
        expect(decoded.budgetError).toBe(0);
        // The record is sound for those who get it from others: its signatures are bad, its header is not.
        expect(wasm.call("txVerifyFrame", makeFrame([made]))).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("4,096 bytes, 12 signers, 64 addresses, 64 instructions", () => {
    const keys = Array.from({ length: 64 }, (_, i) => key(i));
    const instructions = Array.from({ length: 64 }, () => ({ program: 63, accounts: [], data: new Uint8Array(0) }));
    const room = 4096 - wire(simple({ header: [12, 0, 1], keys, instructions })).length;
    instructions[63] = { program: 63, accounts: [], data: new Uint8Array(room) };
    const full = simple({ header: [12, 0, 1], keys, instructions });
    expect(wire(full).length).toBe(4096);
    expect(decodeRecord(record(full)).wire.length).toBe(4096);
    expect(parse(Uint8Array.from([...wire(full), 0]))).toBe(-ErrorCode.PARSE_TOO_LARGE);
  });

  it("a precompile's signatures cost as much as elsewhere, and a nonce looks like one", () => {
    const ED25519 = Buffer.from("037d46d67c93fbbe12f9428f838d40ff0570744927f48a64fcca704480000000", "hex");
    const keys = [key(1), ED25519];
    const instructions = [{ program: 1, accounts: [], data: Uint8Array.of(3, 0) }];
    expect(decodeRecord(record(simple({ keys, instructions, priorityFee: 7n }))).fee).toBe(5_000n * 4n + 7n);
    const advance = { program: 2, accounts: [1, 0], data: Uint8Array.of(4, 0, 0, 0) };
    expect(decodeRecord(record(simple({ instructions: [advance] }))).isNonce).toBe(true);
    expect(decodeRecord(record(simple())).isNonce).toBe(false);
  });
});

describe("refusals", () => {
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = wire(simple());
    bytes[at] = value;
    return bytes;
  };
  const keys = (n: number) => Array.from({ length: n }, (_, i) => key(i));
  const small = { program: 2, accounts: [], data: new Uint8Array(0) };
  const cases: [string, Uint8Array, number][] = [
    ["one byte", Uint8Array.of(0x81), ErrorCode.PARSE_TRUNCATED],
    ["one byte short", wire(simple()).subarray(0, -1), ErrorCode.PARSE_TRUNCATED],
    ["one byte more", Uint8Array.from([...wire(simple()), 0]), ErrorCode.PARSE_TRAILING_BYTES],
    ["no signature", message(simple()), ErrorCode.PARSE_TRUNCATED],
    ["half a priority fee: bit 0", changed(AT.MASK, 12 | 1), ErrorCode.PARSE_CONFIG_MASK],
    ["half a priority fee: bit 1", changed(AT.MASK, 12 | 2), ErrorCode.PARSE_CONFIG_MASK],
    ["bit 5 of the mask", changed(AT.MASK, 12 | 32), ErrorCode.PARSE_CONFIG_MASK],
    ["bit 31 of the mask", changed(AT.MASK + 3, 128), ErrorCode.PARSE_CONFIG_MASK],
    ["13 signatures", wire(simple({ header: [13, 0, 1], keys: keys(15) })), ErrorCode.SANITIZE_TOO_MANY_SIGNATURES],
    ["65 addresses", wire(simple({ keys: keys(65) })), ErrorCode.SANITIZE_TOO_MANY_ADDRESSES],
    [
      "65 instructions",
      wire(simple({ instructions: new Array(65).fill(small) })),
      ErrorCode.SANITIZE_TOO_MANY_INSTRUCTIONS,
    ],
    ["an address twice", wire(simple({ keys: [key(1), key(1), key(3)] })), ErrorCode.SANITIZE_REPEATED_ADDRESS],
    ["no heap", wire(simple({ heap: 0 })), ErrorCode.SANITIZE_HEAP_SIZE],
    ["heap of 33 KiB less a byte", wire(simple({ heap: 33 * 1024 - 1 })), ErrorCode.SANITIZE_HEAP_SIZE],
    ["payer read-only", wire(simple({ header: [1, 1, 1] })), ErrorCode.SANITIZE_PAYER_NOT_WRITABLE],
    ["header larger than the keys", wire(simple({ header: [1, 0, 3] })), ErrorCode.SANITIZE_HEADER_OVERLAP],
    [
      "program is the payer",
      wire(simple({ instructions: [{ ...small, program: 0 }] })),
      ErrorCode.SANITIZE_PROGRAM_IS_PAYER,
    ],
    [
      "program out of range",
      wire(simple({ instructions: [{ ...small, program: 3 }] })),
      ErrorCode.SANITIZE_PROGRAM_INDEX,
    ],
    [
      "account out of range",
      wire(simple({ instructions: [{ ...small, accounts: [3] }] })),
      ErrorCode.SANITIZE_ACCOUNT_INDEX,
    ],
  ];
  it.each(cases)("%s", (_, bytes, code) => expect(parse(bytes)).toBe(-code));

  it("no other frame takes what is not what its transaction says", () => {
    const good = record(simple());
    for (let at = 0; at < REC.HEADER; at++) {
      const bad = good.slice();
      bad[at]! ^= 1;
      if (at === REC.FLAGS) continue; // the verified flag is nobody's word
      expect(wasm.call("txVerifyFrame", makeFrame([bad])), `byte ${at}`).toBeLessThanOrEqual(0);
      const verdict = wasm.out()[4];
      expect(verdict === undefined || verdict === 0, `byte ${at}`).toBe(true);
    }
  });
});

describe("against litesvm", () => {
  const inner = (
    new LiteSVM().withSigverify(false).withBlockhashCheck(false) as unknown as {
      inner: { simulateVersionedTransaction(bytes: Uint8Array): { err?: () => unknown } };
    }
  ).inner;
  /** As in parse.test.ts: litesvm's binding aborts where the bytes are no transaction. */
  const judge = (bytes: Uint8Array): string => {
    if (!isTransaction(bytes)) return "deserialize";
    return inner.simulateVersionedTransaction(bytes).err?.() === 13 ? "SanitizeFailure" : "passed";
  };
  const ours = (bytes: Uint8Array): string => {
    const code = parse(bytes);
    if (code === 0) return "passed";
    return isDeserializeError(code) ? "deserialize" : (transactionErrorToJson(sanitizeErrorToCode(code)) as string);
  };
  it("the same verdict on transactions right and wrong", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(models(true), (m) => {
        const bytes = wire(m);
        const verdict = ours(bytes);
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        expect(verdict).toBe(judge(bytes));
      }),
      { numRuns: Number(process.env.V1_MODELS ?? 800) },
    );
    expect(seen.get("SanitizeFailure")).toBeGreaterThan(50);
  });

  it("the same verdict on mutated transactions", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(
        models(false),
        fc.array(fc.tuple(fc.oneof(fc.nat(3), fc.nat(45), fc.nat(4200)), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat(4200), { freq: 6 }),
        (m, changes, cut) => {
          let bytes = wire(m);
          // The first byte says which format it is.
          for (const [at, value] of changes) bytes[1 + (at % (bytes.length - 1))] = value;
          if (cut !== null) bytes = bytes.subarray(0, 1 + (cut % bytes.length));
          const verdict = ours(bytes);
          seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
          expect(verdict).toBe(judge(bytes));
        },
      ),
      { numRuns: Number(process.env.V1_MUTATIONS ?? 1500) },
    );
    for (const verdict of ["passed", "deserialize", "SanitizeFailure"]) {
      expect(seen.get(verdict), verdict).toBeGreaterThan(20);
    }
  });

  it("takes any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4200 }), (bytes) => {
        const v1 = Uint8Array.from([0x81, ...bytes]);
        expect(isDeserializeError(parse(v1))).toBe(!isTransaction(v1));
      }),
      { numRuns: 2000 },
    );
  });
});
