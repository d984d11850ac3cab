// Frame verification against signatures made by noble, and against headers that lie.
import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { fillLoadedAddresses, makeFrame, REC } from "../../../shared/protocol/record.ts";
import { instance, key, type Model, message, simple, wire } from "./wire.ts";

hashes.sha512 = sha512;
const wasm = instance();
const secret = (n: number): Uint8Array => new Uint8Array(32).fill(n + 1);

/** A record of a transaction signed by `signers`. */
function signed(signers: number[], patch: Partial<Model> = {}): Uint8Array {
  const model = simple({
    header: [signers.length, 0, 1],
    keys: [...signers.map((n) => getPublicKey(secret(n))), key(50), new Uint8Array(32)],
    instructions: [{ program: signers.length + 1, accounts: [0], data: new Uint8Array(12) }],
    ...patch,
  });
  model.signatures = signers.map((n) => sign(message(model), secret(n)));
  if (wasm.call("txParse", wire(model)) !== 0) throw new Error("refused");
  return wasm.out();
}

function verify(records: Uint8Array[]): { verdicts: number[]; good: Uint8Array } {
  const frame = makeFrame(records);
  const count = wasm.call("txVerifyFrame", frame);
  const out = wasm.out();
  const n = new DataView(out.buffer).getUint32(0, true);
  const verdicts = [...out.subarray(4, 4 + n)];
  expect(count).toBe(verdicts.filter((v) => v === 1).length);
  return { verdicts, good: out.subarray(4 + n) };
}
const withFlag = (record: Uint8Array): Uint8Array => {
  const copy = record.slice();
  copy[REC.FLAGS]! |= 1;
  return copy;
};

describe("txVerifyFrame", () => {
  it("passes good signatures on with the flag set, and keeps the bad ones back", () => {
    const records = [signed([1]), signed([2, 3]), signed([4, 5, 6])];
    const bad = records.map((r) => r.slice());
    bad[0]![REC.HEADER + 1 + 40]! ^= 1; // S of the first signature
    bad[1]![REC.HEADER + 1 + 64 + 3]! ^= 1; // R of the second
    bad[2]![bad[2]!.length - 9]! ^= 1; // the message
    const all = [records[0]!, bad[0]!, records[1]!, bad[1]!, bad[2]!, records[2]!];
    const { verdicts, good } = verify(all);
    expect(verdicts).toEqual([1, 0, 1, 0, 0, 1]);
    expect(good).toEqual(Uint8Array.from(records.flatMap((r) => [...withFlag(r)])));
  });

  it("believes no header: the record must be what its transaction parses to", () => {
    const record = signed([1], { version: 0, lookups: [{ table: key(9), writable: [1], readonly: [2] }] });
    fillLoadedAddresses(record, [key(60)], [key(61)]);
    expect(verify([record]).verdicts).toEqual([1]);
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 63 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const lie = record.slice();
        lie[at]! ^= change;
        if (at === REC.FLAGS && change === 1) return;
        const frame = makeFrame([lie]);
        expect(wasm.call("txVerifyFrame", frame)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
    fillLoadedAddresses(record, [key(60)], [key(60)]);
    expect(verify([record]).verdicts).toEqual([0]);
  });

  it("refuses frames whose lengths do not add up", () => {
    const frame = makeFrame([signed([1]), signed([2])]);
    expect(wasm.call("txVerifyFrame", frame.subarray(0, -8))).toBe(-ErrorCode.PARSE_BATCH);
    expect(wasm.call("txVerifyFrame", Uint8Array.from([...frame, 0]))).toBe(-ErrorCode.PARSE_BATCH);
    const many = frame.slice();
    many.fill(0xff, 0, 4);
    expect(wasm.call("txVerifyFrame", many)).toBe(-ErrorCode.PARSE_BATCH);
    expect(wasm.call("txVerifyFrame", makeFrame([]))).toBe(0);
  });
});
