// The WASM parser against a naive reader of the same rules, against litesvm (Agave's own parser and sanitiser), and against its bounds.
import { getBase58Encoder } from "@solana/kit";
import fc from "fast-check";
import { LiteSVM } from "litesvm";
import { describe, expect, it } from "vitest";
import { ErrorCode, isDeserializeError } from "../../../shared/errors/codes.ts";
import {
  budgetErrorToCode,
  sanitizeErrorToCode,
  transactionErrorToJson,
} from "../../../shared/errors/transaction-error.ts";
import { decodeRecord, fillLoadedAddresses, makeFrame, REC } from "../../../shared/protocol/record.ts";
import { compact, instance, key, type Model, message, signature, simple, wire } from "./wire.ts";

const wasm = instance();
const parse = (bytes: Uint8Array): number => wasm.call("txParse", bytes);
/** The parser's code, or of accounts that cannot be locked as far as they are known: as binary ingest takes a transaction. */
const admit = (bytes: Uint8Array): number => {
  const body = Uint8Array.from([bytes.length & 255, bytes.length >> 8, ...bytes]);
  expect(wasm.call("txParseBatch", body)).toBe(1);
  return new DataView(wasm.out().buffer).getInt32(4, true);
};
const record = (model: Model): ReturnType<typeof decodeRecord> => {
  const code = parse(wire(model));
  if (code !== 0) throw new Error(`refused: ${code}`);
  return decodeRecord(wasm.out());
};
const address = (text: string): Uint8Array => Uint8Array.from(getBase58Encoder().encode(text));
const COMPUTE_BUDGET = address("ComputeBudget111111111111111111111111111111");
const TOKEN = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const ED25519 = address("Ed25519SigVerify111111111111111111111111111");

/** Whether the bytes read as a transaction from end to end: the naive twin of the parser's first half. */
function isTransaction(bytes: Uint8Array): boolean {
  let at = 0;
  const take = (n: number): Uint8Array => {
    if (at + n > bytes.length) throw new RangeError();
    at += n;
    return bytes.subarray(at - n, at);
  };
  const length = (): number => {
    const start = at;
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = take(1)[0]!;
      value += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) break;
    }
    const shortest = compact(value & 0xffff);
    if (value > 0xffff || shortest.length !== at - start || shortest.some((b, i) => b !== bytes[start + i]))
      throw new RangeError();
    return value;
  };
  try {
    take(64 * length());
    const first = take(1)[0]!;
    if (first > 0x80) return false;
    take(first === 0x80 ? 3 : 2);
    take(32 * length());
    take(32);
    for (let n = length(); n > 0; n--) {
      take(1);
      take(length());
      take(length());
    }
    if (first === 0x80) {
      for (let n = length(); n > 0; n--) {
        take(32);
        take(length());
        take(length());
      }
    }
    return at === bytes.length;
  } catch {
    return false;
  }
}

/** Any transaction that fits its packet; valid unless `wild`. */
function models(wild: boolean): fc.Arbitrary<Model> {
  const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
  return fc
    .record({
      version: fc.constantFrom<"legacy" | number>("legacy", 0),
      signers: fc.integer({ min: 1, max: 3 }),
      others: fc.integer({ min: 1, max: 8 }),
      readonlySigned: fc.nat(2),
      readonlyUnsigned: fc.nat(3),
      blockhash: bytes(32),
      seed: fc.nat(1 << 20),
      instructions: fc.array(
        fc.record({
          program: fc.nat(255),
          accounts: fc.array(fc.nat(255), { maxLength: 9 }),
          data: fc.uint8Array({ maxLength: 140 }),
        }),
        { maxLength: 4 },
      ),
      lookups: fc.array(
        fc.record({
          writable: fc.array(fc.nat(255), { maxLength: 5 }),
          readonly: fc.array(fc.nat(255), { maxLength: 5 }),
        }),
        { maxLength: 2 },
      ),
      extra: fc.record({ signatures: fc.constantFrom(0, 0, 0, 1, -1), duplicate: fc.boolean() }),
    })
    .map((r) => {
      const count = r.signers + r.others;
      const lookups = r.version === 0 ? r.lookups.map((l, i) => ({ ...l, table: key(r.seed + 500 + i) })) : [];
      if (!wild) for (const l of lookups) if (l.writable.length + l.readonly.length === 0) l.readonly.push(3);
      const total = count + lookups.reduce((n, l) => n + l.writable.length + l.readonly.length, 0);
      const keys = Array.from({ length: count }, (_, i) => key(r.seed + i));
      if (wild && r.extra.duplicate && keys.length > 2) keys[keys.length - 1] = keys[1]!;
      return {
        version: r.version,
        header: wild
          ? [r.signers, r.readonlySigned, r.readonlyUnsigned]
          : [r.signers, Math.min(r.readonlySigned, r.signers - 1), Math.min(r.readonlyUnsigned, r.others)],
        signatures: Array.from({ length: Math.max(0, r.signers + (wild ? r.extra.signatures : 0)) }, (_, i) =>
          signature(r.seed + i),
        ),
        keys,
        blockhash: r.blockhash,
        instructions: r.instructions.map((ix) => ({
          program: wild ? ix.program % (count + 2) : 1 + (ix.program % (count - 1)),
          accounts: ix.accounts.map((a) => a % (wild ? total + 1 : total)),
          data: ix.data,
        })),
        lookups,
      } satisfies Model;
    })
    .filter((m) => wire(m).length <= 1232);
}

describe("valid transactions", () => {
  it("decode to what they were made of", () => {
    fc.assert(
      fc.property(models(false), (model) => {
        const r = record(model);
        expect(r.version).toBe(model.version);
        expect(r.signatures).toEqual(model.signatures);
        expect([r.numRequiredSignatures, r.numReadonlySigned, r.numReadonlyUnsigned]).toEqual(model.header);
        expect(r.staticKeys).toEqual(model.keys);
        expect(r.recentBlockhash).toEqual(model.blockhash);
        expect(r.message).toEqual(message(model));
        expect(r.instructions.map((ix) => [ix.programIdIndex, [...ix.accounts], ix.data])).toEqual(
          model.instructions.map((ix) => [ix.program, ix.accounts, ix.data]),
        );
        expect(r.lookups.map((l) => [l.table, [...l.writableIndexes], [...l.readonlyIndexes]])).toEqual(
          model.lookups.map((l) => [l.table, l.writable, l.readonly]),
        );
        expect(r.loadedWritable.length).toBe(model.lookups.reduce((n, l) => n + l.writable.length, 0));
        expect(r.loadedReadonly.length).toBe(model.lookups.reduce((n, l) => n + l.readonly.length, 0));
        expect(r.loadedWritable.concat(r.loadedReadonly).every((k) => k.every((b) => b === 0))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("come out of a batch in order, the bad ones as codes", () => {
    const good = [wire(simple()), wire(simple({ keys: [key(5), key(6), new Uint8Array(32)] }))];
    const entries = [good[0]!, Uint8Array.of(1, 2, 3), good[1]!];
    const batch = Uint8Array.from(entries.flatMap((e) => [e.length & 255, e.length >> 8, ...e]));
    expect(wasm.call("txParseBatch", batch)).toBe(3);
    const out = wasm.out();
    const view = new DataView(out.buffer);
    expect([view.getUint32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true)]).toEqual([
      3,
      0,
      -ErrorCode.PARSE_TRUNCATED,
      0,
    ]);
    const first = out.subarray(16);
    expect(decodeRecord(first).wire).toEqual(good[0]);
    expect(decodeRecord(first.subarray(new DataView(first.buffer, first.byteOffset).getUint32(0, true))).wire).toEqual(
      good[1],
    );
    expect(wasm.call("txParseBatch", batch.subarray(0, batch.length - 1))).toBe(-ErrorCode.PARSE_BATCH);
    expect(wasm.call("txParseBatch", new Uint8Array(0))).toBe(0);
  });
});

describe("refusals", () => {
  const cases: [string, Uint8Array, number][] = [
    ["nothing", new Uint8Array(0), ErrorCode.PARSE_TRUNCATED],
    ["1233 bytes", new Uint8Array(1233), ErrorCode.PARSE_TOO_LARGE],
    ["trailing byte", Uint8Array.from([...wire(simple()), 0]), ErrorCode.PARSE_TRAILING_BYTES],
    ["one byte short", wire(simple()).subarray(0, -1), ErrorCode.PARSE_TRUNCATED],
    [
      "compact length with an alias",
      Uint8Array.from([0x82, 0, ...wire(simple()).subarray(1)]),
      ErrorCode.PARSE_COMPACT_LENGTH,
    ],
    ["compact length above u16", Uint8Array.from([0xff, 0xff, 4]), ErrorCode.PARSE_COMPACT_LENGTH],
    ["version 1 message", wire(simple({ version: 1 })), ErrorCode.PARSE_UNSUPPORTED_VERSION],
    ["version 2 message", wire(simple({ version: 2 })), ErrorCode.PARSE_UNSUPPORTED_VERSION],
    ["version 2 transaction", Uint8Array.from([0x82, 1, 0, 0]), ErrorCode.PARSE_TRUNCATED],
    ["no signature", wire(simple({ signatures: [] })), ErrorCode.SANITIZE_SIGNATURE_COUNT],
    [
      "a signature too many",
      wire(simple({ signatures: [signature(1), signature(2)] })),
      ErrorCode.SANITIZE_SIGNATURE_COUNT,
    ],
    ["header larger than the keys", wire(simple({ header: [1, 0, 3] })), ErrorCode.SANITIZE_HEADER_OVERLAP],
    ["payer read-only", wire(simple({ header: [1, 1, 1] })), ErrorCode.SANITIZE_PAYER_NOT_WRITABLE],
    [
      "program out of range",
      wire(simple({ instructions: [{ program: 3, accounts: [], data: key(1) }] })),
      ErrorCode.SANITIZE_PROGRAM_INDEX,
    ],
    [
      "program is the payer",
      wire(simple({ instructions: [{ program: 0, accounts: [], data: key(1) }] })),
      ErrorCode.SANITIZE_PROGRAM_IS_PAYER,
    ],
    [
      "account out of range",
      wire(simple({ instructions: [{ program: 2, accounts: [3], data: key(1) }] })),
      ErrorCode.SANITIZE_ACCOUNT_INDEX,
    ],
    [
      "a key twice",
      wire(simple({ keys: [key(1), key(1), new Uint8Array(32)] })),
      ErrorCode.SANITIZE_ACCOUNT_LOADED_TWICE,
    ],
    [
      "an empty lookup",
      wire(simple({ version: 0, lookups: [{ table: key(9), writable: [], readonly: [] }] })),
      ErrorCode.SANITIZE_EMPTY_LOOKUP,
    ],
    [
      "65 accounts",
      wire(
        simple({
          version: 0,
          lookups: [{ table: key(9), writable: Array.from({ length: 62 }, (_, i) => i), readonly: [] }],
        }),
      ),
      ErrorCode.SANITIZE_TOO_MANY_ACCOUNT_LOCKS,
    ],
    [
      "257 accounts",
      wire(
        simple({
          version: 0,
          lookups: [{ table: key(9), writable: Array.from({ length: 254 }, (_, i) => i), readonly: [] }],
        }),
      ),
      ErrorCode.SANITIZE_TOO_MANY_ACCOUNTS,
    ],
    [
      "65 instructions",
      wire(
        simple({
          instructions: Array.from({ length: 65 }, () => ({ program: 2, accounts: [], data: new Uint8Array(0) })),
        }),
      ),
      ErrorCode.SANITIZE_TOO_MANY_INSTRUCTIONS,
    ],
    [
      "256 accounts in an instruction",
      wire(simple({ instructions: [{ program: 2, accounts: new Array(256).fill(0), data: new Uint8Array(0) }] })),
      ErrorCode.SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS,
    ],
  ];
  it.each(cases)("%s", (_, bytes, code) => expect(admit(bytes)).toBe(-code));

  it("accounts that cannot be locked make a record all the same: who simulates it is told", () => {
    const lookups = [{ table: key(9), writable: Array.from({ length: 200 }, (_, i) => i), readonly: [1, 2, 3] }];
    expect(parse(wire(simple({ version: 0, lookups })))).toBe(0);
    const many = wasm.out();
    expect(decodeRecord(many).accountKeys.length).toBe(206);
    expect(wasm.call("txCheckLocks", many)).toBe(-ErrorCode.SANITIZE_TOO_MANY_ACCOUNT_LOCKS);
    expect(wasm.call("txVerifyRecord", many)).toBe(0);
    expect(wasm.call("txVerifyFrame", makeFrame([many]))).toBe(-ErrorCode.PARSE_BATCH);
    expect(parse(wire(simple({ keys: [key(1), key(1), new Uint8Array(32)] })))).toBe(0);
    expect(wasm.call("txCheckLocks", wasm.out())).toBe(-ErrorCode.SANITIZE_ACCOUNT_LOADED_TWICE);
  });

  it("accepts the limits themselves", () => {
    const lookups = [{ table: key(9), writable: Array.from({ length: 61 }, (_, i) => i), readonly: [] }];
    expect(parse(wire(simple({ version: 0, lookups })))).toBe(0);
    const instructions = Array.from({ length: 64 }, () => ({ program: 2, accounts: [], data: new Uint8Array(0) }));
    expect(parse(wire(simple({ instructions })))).toBe(0);
    expect(
      parse(
        wire(simple({ instructions: [{ program: 2, accounts: new Array(255).fill(0), data: new Uint8Array(0) }] })),
      ),
    ).toBe(0);
  });

  it("finds a loaded address that is there already", () => {
    parse(wire(simple({ version: 0, lookups: [{ table: key(9), writable: [0], readonly: [1] }] })));
    const out = wasm.out();
    fillLoadedAddresses(out, [key(20)], [key(21)]);
    expect(wasm.call("txCheckLocks", out)).toBe(0);
    fillLoadedAddresses(out, [key(20)], [key(2)]);
    expect(wasm.call("txCheckLocks", out)).toBe(-ErrorCode.SANITIZE_ACCOUNT_LOADED_TWICE);
    fillLoadedAddresses(out, [key(20)], [key(20)]);
    expect(wasm.call("txCheckLocks", out)).toBe(-ErrorCode.SANITIZE_ACCOUNT_LOADED_TWICE);
  });
});

describe("against litesvm", () => {
  // The bytes go straight to Agave's deserialiser: no client library decides before it.
  const inner = (
    new LiteSVM().withSigverify(false).withBlockhashCheck(false) as unknown as {
      inner: { simulateVersionedTransaction(bytes: Uint8Array): { err?: () => unknown } };
    }
  ).inner;
  /**
   * "deserialize" (from a reader of our own: litesvm's binding aborts the process there), the name of the TransactionError that
   * sanitising gives, or "passed".
   */
  const judge = (bytes: Uint8Array): string => {
    if (!isTransaction(bytes)) return "deserialize";
    const error = inner.simulateVersionedTransaction(bytes).err?.();
    const names: Record<number, string> = { 1: "AccountLoadedTwice", 13: "SanitizeFailure", 21: "TooManyAccountLocks" };
    return (typeof error === "number" && names[error]) || "passed";
  };
  const ours = (bytes: Uint8Array): string => {
    const code = admit(bytes);
    if (code === 0) return "passed";
    if (isDeserializeError(code)) return "deserialize";
    return transactionErrorToJson(sanitizeErrorToCode(code)) as string;
  };
  /** Where litesvm is known to judge otherwise: limits of the bank and of the packet that it does not apply, and tables it does not find. */
  const differs = (bytes: Uint8Array): boolean => {
    const code = -parse(bytes);
    const notApplied: number[] = [
      ErrorCode.PARSE_TOO_LARGE,
      ErrorCode.SANITIZE_TOO_MANY_INSTRUCTIONS,
      ErrorCode.SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS,
    ];
    return notApplied.includes(code);
  };
  const hasLookups = (model: Model): boolean => model.lookups.length > 0;

  it("the same verdict on transactions right and wrong", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(models(true), (model) => {
        const bytes = wire(model);
        const verdict = ours(bytes);
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        // A lookup table that does not exist is found before duplicates and locks are looked at.
        if (differs(bytes) || (hasLookups(model) && verdict !== "SanitizeFailure")) return;
        expect(verdict).toBe(judge(bytes));
      }),
      { numRuns: 3000 },
    );
    expect(seen.get("passed")).toBeGreaterThan(50);
    expect(seen.get("SanitizeFailure")).toBeGreaterThan(50);
    expect(seen.get("AccountLoadedTwice")).toBeGreaterThan(20);
  });

  it("the same verdict on mutated transactions", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        models(false).filter((m) => !hasLookups(m)),
        fc.array(fc.tuple(fc.nat(1300), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat(1300)),
        (model, changes, cut) => {
          let bytes = wire(model);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          if (cut !== null) bytes = bytes.subarray(0, cut % bytes.length);
          if (differs(bytes)) return;
          const code = parse(bytes);
          if (code === 0 && wasm.out()[REC.NUM_LOOKUPS]! > 0) return;
          compared++;
          expect(ours(bytes)).toBe(judge(bytes));
        },
      ),
      { numRuns: 5000 },
    );
    expect(compared).toBeGreaterThan(2000);
  });
});

describe("bounds", () => {
  it("reads nothing outside its input, even where memory ends behind it", () => {
    const fresh = instance();
    fresh.call("txParse", wire(simple())); // the out buffer is there before memory is measured
    fc.assert(
      fc.property(
        models(true),
        fc.array(fc.tuple(fc.nat(1300), fc.nat(255)), { maxLength: 4 }),
        fc.nat(1300),
        (model, changes, cut) => {
          const bytes = wire(model);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const input = bytes.subarray(0, cut % 3 === 0 ? cut % bytes.length : bytes.length);
          const end = fresh.memory.buffer.byteLength;
          new Uint8Array(fresh.memory.buffer).set(input, end - input.length);
          const code = fresh.exports.txParse!(end - input.length, input.length) as number;
          expect(fresh.memory.buffer.byteLength).toBe(end);
          expect(code).toBe(parse(input));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("takes any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1300 }), (bytes) => {
        expect(parse(bytes)).toBeLessThanOrEqual(0);
        wasm.call("txParseBatch", bytes);
        wasm.call("txVerifyFrame", bytes);
        wasm.call("txCheckLocks", bytes);
        wasm.call("txVerifyRecord", bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives every compact-u16 back, and no other form of it", () => {
    for (let n = 0; n < 65536; n += n < 600 ? 1 : 97) {
      // As the data length of an instruction that is not there: truncated if the length is read, otherwise its own error.
      const head = wire(simple({ instructions: [] }));
      const bytes = Uint8Array.from([...head.subarray(0, -1), 1, 2, 0, ...compact(n)]);
      expect(parse(bytes)).toBe(n === 0 ? 0 : -ErrorCode.PARSE_TRUNCATED);
    }
  });
});

describe("compute budget", () => {
  const u32 = (n: number): number[] => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];
  const u64 = (n: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
  const budget = (datas: number[][], programs: Uint8Array[] = []): ReturnType<typeof record> =>
    record(
      simple({
        header: [1, 0, 1 + programs.length],
        keys: [key(1), COMPUTE_BUDGET, ...programs],
        instructions: [
          ...datas.map((data) => ({ program: 1, accounts: [], data: Uint8Array.from(data) })),
          ...programs.map((_, i) => ({ program: 2 + i, accounts: [], data: new Uint8Array(0) })),
        ],
      }),
    );
  const error = (r: ReturnType<typeof record>): unknown => transactionErrorToJson(budgetErrorToCode(r.budgetError));

  it("defaults: 3,000 units for a built-in, 200,000 for another program, 1.4 million in all", () => {
    expect(budget([]).computeUnitLimit).toBe(0);
    expect(budget([], [new Uint8Array(32)]).computeUnitLimit).toBe(3_000);
    expect(budget([], [TOKEN]).computeUnitLimit).toBe(200_000);
    expect(budget([[3, ...u64(5n)]], [new Uint8Array(32), key(77)]).computeUnitLimit).toBe(206_000);
    expect(
      budget(
        [],
        Array.from({ length: 8 }, (_, i) => key(80 + i)),
      ).computeUnitLimit,
    ).toBe(1_400_000);
    expect(budget([[2, ...u32(0xffffffff)]]).computeUnitLimit).toBe(1_400_000);
    const r = budget([]);
    expect([r.computeUnitPrice, r.loadedDataLimit, r.heapSize, r.budgetError]).toEqual([0n, 64 << 20, 32 << 10, 0]);
  });

  it("fee: 5,000 a signature, precompile signatures too, and the price of the units rounded up", () => {
    expect(budget([]).fee).toBe(5_000n);
    expect(
      budget([
        [2, ...u32(1)],
        [3, ...u64(1n)],
      ]).fee,
    ).toBe(5_001n);
    expect(
      budget([
        [2, ...u32(1_000_000)],
        [3, ...u64(7n)],
      ]).fee,
    ).toBe(5_007n);
    expect(
      budget([
        [2, ...u32(1_400_000)],
        [3, ...u64((1n << 64n) - 1n)],
      ]).fee,
    ).toBe((1n << 64n) - 1n);
    fc.assert(
      fc.property(fc.nat(1_400_000), fc.bigInt(0n, (1n << 64n) - 1n), (limit, price) => {
        const exact = 5_000n + (price * BigInt(limit) + 999_999n) / 1_000_000n;
        const largest = (1n << 64n) - 1n;
        expect(
          budget([
            [2, ...u32(limit)],
            [3, ...u64(price)],
          ]).fee,
        ).toBe(exact > largest ? largest : exact);
      }),
    );
    const keys = [key(1), ED25519];
    expect(record(simple({ keys, instructions: [{ program: 1, accounts: [], data: Uint8Array.of(3, 0) }] })).fee).toBe(
      20_000n,
    );
  });

  it("errors: the first one shows, instructions before values", () => {
    expect(
      error(
        budget([
          [2, ...u32(5)],
          [2, ...u32(6)],
        ]),
      ),
    ).toEqual({ DuplicateInstruction: 1 });
    expect(error(budget([[2, 1, 1]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(error(budget([[]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(error(budget([[0, ...u32(5)]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(error(budget([[5, ...u32(5)]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(error(budget([[3, ...u32(5)]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(
      error(
        budget([
          [2, ...u32(5)],
          [1, ...u32(33_000)],
        ]),
      ),
    ).toEqual({ InstructionError: [1, "InvalidInstructionData"] });
    expect(error(budget([[1, ...u32(257 * 1024)]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(error(budget([[1, ...u32(31 * 1024)]]))).toEqual({ InstructionError: [0, "InvalidInstructionData"] });
    expect(error(budget([[4, ...u32(0)]]))).toBe("InvalidLoadedAccountsDataSizeLimit");
    expect(
      error(
        budget([
          [4, ...u32(0)],
          [1, ...u32(1)],
        ]),
      ),
    ).toEqual({ InstructionError: [1, "InvalidInstructionData"] });
    expect(
      error(
        budget([
          [1, ...u32(1)],
          [4, ...u32(0)],
          [4, ...u32(0)],
        ]),
      ),
    ).toEqual({ DuplicateInstruction: 2 });
    const good = budget([
      [1, ...u32(64 * 1024)],
      [4, ...u32(0xffffffff)],
    ]);
    expect([good.heapSize, good.loadedDataLimit, good.budgetError]).toEqual([64 << 10, 64 << 20, 0]);
    expect(budget([[2, ...u32(5), 9, 9, 9]]).budgetError).toBe(0);
  });
});

describe("durable nonce", () => {
  const advance = (patch: Partial<Model>, accounts = [1, 2, 0]): boolean =>
    record(
      simple({
        header: [1, 0, 2],
        keys: [key(1), key(2), key(3), new Uint8Array(32)],
        instructions: [{ program: 3, accounts, data: Uint8Array.of(4, 0, 0, 0) }],
        ...patch,
      }),
    ).isNonce;
  it("is seen in the first instruction only, with a writable static account", () => {
    expect(advance({})).toBe(true);
    expect(advance({ header: [1, 0, 3] })).toBe(false);
    expect(advance({}, [2, 1, 0])).toBe(false);
    expect(advance({}, [])).toBe(false);
    const transfer = { program: 3, accounts: [0, 1], data: new Uint8Array(12) };
    const nonce = { program: 3, accounts: [1, 2, 0], data: Uint8Array.of(4, 0, 0, 0) };
    expect(advance({ instructions: [transfer, nonce] })).toBe(false);
    expect(advance({ instructions: [{ ...nonce, data: Uint8Array.of(4, 0, 0) }] })).toBe(false);
    expect(advance({ instructions: [{ ...nonce, data: Uint8Array.of(4, 0, 0, 0, 9) }] })).toBe(true);
    expect(advance({ version: 0, lookups: [{ table: key(9), writable: [0], readonly: [] }] }, [4, 2, 0])).toBe(false);
  });
});
