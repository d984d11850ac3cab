// Programs of other shards: lent by the hash of their data, asked for once, kept, and never taken for something else.
import { blake3 } from "@noble/hashes/blake3.js";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { decodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Account, encodeAccountList, shardOf } from "../../../shared/state/accounts.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { engineOf, keyOf, type Lease, proposalOf, SEEDS, transferRecord, wallet } from "./chain.ts";

const LOADERS = ["BPFLoader1111111111111111111111111111111111", "BPFLoader2111111111111111111111111111111111"];
const LOADER_V3 = decodeBase58("BPFLoaderUpgradeab1e11111111111111111111111")!;
const STUB_SIZE = 120;
const LOAN_HEADER = 72 + 8;
const BORROWER = 0;
const LENDER = 1;

const onShard = (shard: number, nth = 0): Uint8Array => {
  for (let i = 0, seen = 0; ; i++) if (shardOf(keyOf(i), 2, SEEDS) === shard && seen++ === nth) return keyOf(i);
};
const PAYER = onShard(BORROWER);
const PAYEE = onShard(BORROWER, 1);
const PROGRAMS = Array.from({ length: 8 }, (_, i) => onShard(LENDER, i));
const [PROGRAM, OTHER] = PROGRAMS as [Uint8Array, Uint8Array];

const dataOf = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill).fill(fill + 1, size >> 1);
const program = (key: Uint8Array, data: Uint8Array, owner = LOADER_V3): Account => ({
  key,
  owner,
  lamports: 5_000_000_000n,
  rentEpoch: 3n,
  executable: false,
  data,
});

function pair(accounts: readonly Account[]): [ShardEngine, ShardEngine] {
  const borrower = engineOf(BORROWER, 2);
  const lender = engineOf(LENDER, 2);
  borrower.load(encodeAccountList([wallet(PAYER, 1_000_000_000n), wallet(PAYEE, 1_000_000_000n)]), 0);
  lender.load(encodeAccountList(accounts), 0);
  return [borrower, lender];
}

/** Opens a slot in which the borrower pays within its shard and borrows the keys. */
function open(
  [borrower, lender]: [ShardEngine, ShardEngine],
  slot: number,
  keys: Uint8Array[],
  writable = false,
): void {
  const sorted = [...keys].sort((a, b) => Buffer.compare(a, b));
  const lease = (shard: number): Lease[] => sorted.map((key) => ({ shard, writable, key }));
  const records = [{ blockIndex: 0, record: transferRecord({ from: PAYER, to: PAYEE, lamports: BigInt(slot) }) }];
  const to = { slot, shard: BORROWER, prevSlot: borrower.applied(), borrows: lease(LENDER), records };
  expect(borrower.begin(proposalOf(to))).toBe(0);
  const from = { slot, shard: LENDER, prevSlot: lender.applied(), lends: lease(BORROWER) };
  expect(lender.begin(proposalOf(from))).toBe(0);
}
/** Brings what is missing, executes and commits on both sides. */
function finish([borrower, lender]: [ShardEngine, ShardEngine], slot: number): void {
  for (const { hash } of borrower.codesMissing()) {
    expect(borrower.receiveCode(lender.codeAt(slot, BORROWER, hash)!)).toBe(0);
  }
  expect([borrower.execute(), lender.execute()]).toEqual([0, 0]);
  borrower.commit();
  lender.commit();
}
const runSlot = (engines: [ShardEngine, ShardEngine], slot: number, keys: Uint8Array[]): number => {
  open(engines, slot, keys);
  expect(engines[0].receiveLoan(LENDER, engines[1].loan(BORROWER))).toBe(0);
  const missing = engines[0].codesMissing().length;
  finish(engines, slot);
  return missing;
};

describe("a loan", () => {
  it.each([...LOADERS.map((text) => decodeBase58(text)!), LOADER_V3])(
    "has the hash of a program's data in their place",
    (owner) => {
      const data = dataOf(100_001, 7);
      const engines = pair([program(PROGRAM, data, owner)]);
      open(engines, 1, [PROGRAM]);
      const loan = engines[1].loan(BORROWER);
      expect(loan.length).toBe(LOAN_HEADER + STUB_SIZE);
      const stub = loan.subarray(LOAN_HEADER);
      expect(stub.subarray(0, 64)).toEqual(concatBytes(PROGRAM, owner));
      expect([viewOf(stub).getUint32(80, true), ...stub.subarray(84, 88)]).toEqual([data.length, 0, 1, 0, 0]);
      expect(stub.subarray(88)).toEqual(blake3(data));
    },
  );

  it("has the data themselves of what is written, what is small, and what is no program", () => {
    const small = program(PROGRAM, dataOf(511, 1));
    const plain = program(OTHER, dataOf(5_000, 2), keyOf("owner"));
    const engines = pair([small, plain]);
    open(engines, 1, [PROGRAM, OTHER]);
    expect(engines[1].loan(BORROWER).length).toBe(LOAN_HEADER + 88 + 512 + 88 + 5_000);
    const written = pair([program(PROGRAM, dataOf(5_000, 1))]);
    open(written, 1, [PROGRAM], true);
    expect(written[1].loan(BORROWER).length).toBe(LOAN_HEADER + 88 + 5_000);
  });

  it("is the same again after its slot, and so are the data, while the slot is not stable", () => {
    const engines = pair([program(PROGRAM, dataOf(5_000, 1))]);
    open(engines, 1, [PROGRAM]);
    const loan = engines[1].loan(BORROWER);
    engines[0].receiveLoan(LENDER, loan);
    const hash = blake3(dataOf(5_000, 1));
    const code = engines[1].codeAt(1, BORROWER, hash);
    finish(engines, 1);
    runSlot(engines, 2, [PROGRAM]);
    expect(engines[1].loanAt(1, BORROWER)).toEqual(loan);
    expect(engines[1].codeAt(1, BORROWER, hash)).toEqual(code);
    expect(engines[1].codeAt(1, LENDER, hash)).toBeUndefined();
    expect(engines[1].codeAt(1, BORROWER, blake3(hash))).toBeUndefined();
    engines[1].stable(1);
    expect(engines[1].codeAt(1, BORROWER, hash)).toBeUndefined();
  });
});

it("a loan has the hash of what the data are after slots were taken back and came otherwise", () => {
  const engines = pair([program(PROGRAM, dataOf(3_000, 1))]);
  const [borrower, lender] = engines;
  /** Slot 1 writes the program on the borrower's shard, which returns these data. */
  const write = (fill: number): void => {
    open(engines, 1, [PROGRAM], true);
    expect(borrower.receiveLoan(LENDER, lender.loan(BORROWER))).toBe(0);
    expect([borrower.execute(), lender.execute()]).toEqual([0, 0]);
    const returned = borrower.returned(LENDER);
    returned.set(dataOf(3_000, fill), LOAN_HEADER + 88);
    expect(lender.receiveReturn(BORROWER, returned)).toBe(0);
    borrower.commit();
    lender.commit();
  };
  const lentHash = (): Uint8Array => {
    open(engines, 2, [PROGRAM]);
    const hash = lender.loan(BORROWER).slice(LOAN_HEADER + 88);
    borrower.abort();
    lender.abort();
    return hash;
  };
  write(20);
  expect(lentHash()).toEqual(blake3(dataOf(3_000, 20)));
  for (const engine of engines) expect(engine.rollback(0)).toBe(0);
  write(30);
  expect(lentHash()).toEqual(blake3(dataOf(3_000, 30)));
  for (const engine of engines) expect(engine.rollback(0)).toBe(0);
  open(engines, 2, [PROGRAM]);
  expect(lender.loan(BORROWER).slice(LOAN_HEADER + 88)).toEqual(blake3(dataOf(3_000, 1)));
});

describe("the borrower", () => {
  it("waits for data it does not have, takes nothing else, and has them from then on", () => {
    const data = dataOf(50_000, 1);
    const engines = pair([program(PROGRAM, data)]);
    const [borrower, lender] = engines;
    open(engines, 1, [PROGRAM]);
    expect(borrower.codesMissing()).toEqual([]);
    borrower.receiveLoan(LENDER, lender.loan(BORROWER));
    const hash = blake3(data);
    expect(borrower.codesMissing()).toEqual([{ shard: LENDER, hash }]);
    expect(borrower.execute()).toBe(-ErrorCode.ENGINE_LOANS_MISSING);
    const code = lender.codeAt(1, BORROWER, hash)!;
    expect(code).toEqual(concatBytes(hash, data));
    const wrong = code.slice();
    wrong[40000]! ^= 1;
    expect(borrower.receiveCode(wrong)).toBe(-ErrorCode.ENGINE_CORRUPT);
    expect(borrower.receiveCode(code.slice(0, -1))).toBe(-ErrorCode.ENGINE_UNEXPECTED);
    expect(borrower.receiveCode(concatBytes(blake3(hash), data))).toBe(-ErrorCode.ENGINE_UNEXPECTED);
    expect(borrower.receiveCode(code.slice(0, 100))).toBe(-ErrorCode.ENGINE_MALFORMED);
    expect(borrower.codesMissing().length).toBe(1);
    expect(borrower.receiveCode(code)).toBe(0);
    expect(borrower.codesMissing()).toEqual([]);
    expect(borrower.receiveCode(code)).toBe(-ErrorCode.ENGINE_UNEXPECTED);
    finish(engines, 1);
    for (let slot = 2; slot < 5; slot++) expect(runSlot(engines, slot, [PROGRAM])).toBe(0);
    expect(borrower.codeBytes()).toBe(data.length);
  });

  it("asks once for data that two accounts share", () => {
    const data = dataOf(3_000, 1);
    const engines = pair([program(PROGRAM, data), program(OTHER, data)]);
    expect(runSlot(engines, 1, [PROGRAM, OTHER])).toBe(1);
    expect(engines[0].codeBytes()).toBe(3_000);
  });

  it("asks again when it has lost its memory, or dropped the slot before the data came", () => {
    const engines = pair([program(PROGRAM, dataOf(3_000, 1))]);
    open(engines, 1, [PROGRAM]);
    engines[0].receiveLoan(LENDER, engines[1].loan(BORROWER));
    engines[0].abort();
    expect(engines[0].codesMissing()).toEqual([]);
    engines[1].abort();
    expect(runSlot(engines, 2, [PROGRAM])).toBe(1);
  });

  it("keeps 32 MiB: of more, what was used longest ago goes; what a slot needs stays", () => {
    const megabytes = 9 << 20;
    const engines = pair(PROGRAMS.map((key, i) => program(key, dataOf(megabytes, 10 * i))));
    for (let i = 0; i < 3; i++) expect(runSlot(engines, i + 1, [PROGRAMS[i]!])).toBe(1);
    expect(runSlot(engines, 4, [PROGRAMS[0]!])).toBe(0);
    expect(runSlot(engines, 5, [PROGRAMS[3]!])).toBe(1);
    expect(engines[0].codeBytes()).toBe(3 * megabytes);
    expect(runSlot(engines, 6, [PROGRAMS[0]!, PROGRAMS[2]!, PROGRAMS[3]!])).toBe(0);
    expect(runSlot(engines, 7, [PROGRAMS[1]!])).toBe(1);
    expect(runSlot(engines, 8, PROGRAMS.slice(0, 6))).toBe(3);
    expect(engines[0].codeBytes()).toBe(3 * megabytes);
  });

  it("refuses a loan whose stubs are not what they may be, and changes nothing", () => {
    const engines = pair([program(PROGRAM, dataOf(3_000, 1))]);
    open(engines, 1, [PROGRAM]);
    const loan = engines[1].loan(BORROWER);
    const bad = (change: (stub: Uint8Array) => void, size = STUB_SIZE): number => {
      const copy = loan.slice(0, LOAN_HEADER + size);
      viewOf(copy).setUint32(0, copy.length, true);
      change(copy.subarray(LOAN_HEADER));
      return engines[0].receiveLoan(LENDER, copy);
    };
    const malformed = -ErrorCode.ENGINE_MALFORMED;
    expect(bad((stub) => viewOf(stub).setUint32(80, 511, true))).toBe(malformed);
    expect(bad((stub) => viewOf(stub).setUint32(80, (10 << 20) + 1, true))).toBe(malformed);
    expect(bad((stub) => viewOf(stub).setUint8(84, 2))).toBe(malformed);
    expect(bad((stub) => viewOf(stub).setUint8(85, 2))).toBe(malformed);
    expect(bad((stub) => viewOf(stub).setUint8(86, 1))).toBe(malformed);
    expect(bad((stub) => viewOf(stub).setBigUint64(64, 0n, true))).toBe(malformed);
    expect(bad((stub) => stub.fill(1, 32, 64))).toBe(malformed);
    expect(bad(() => {}, STUB_SIZE - 8)).toBe(malformed);
    expect(engines[0].codesMissing()).toEqual([]);
    expect(engines[0].receiveLoan(LENDER, loan)).toBe(0);
    finish(engines, 1);
  });

  it("refuses a stub of what it is to write", () => {
    const engines = pair([program(PROGRAM, dataOf(3_000, 1))]);
    open(engines, 1, [PROGRAM]);
    const stub = engines[1].loan(BORROWER);
    engines[0].abort();
    engines[1].abort();
    open(engines, 1, [PROGRAM], true);
    expect(engines[0].receiveLoan(LENDER, stub)).toBe(-ErrorCode.ENGINE_UNEXPECTED);
  });
});

it("a stub is no account anywhere else", () => {
  const engines = pair([program(PROGRAM, dataOf(3_000, 1))]);
  open(engines, 1, [PROGRAM]);
  const list = engines[1].loan(BORROWER).slice(72);
  const fresh = engineOf(LENDER, 2);
  expect(() => fresh.load(list, 0)).toThrow("ENGINE_MALFORMED");
});
