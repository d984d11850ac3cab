import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { BLOCKHASH_WINDOW } from "../../../shared/protocol/limits.ts";
import { makeFrame, REC, REC_FLAG_NONCE } from "../../../shared/protocol/record.ts";
import { instance, simple, wire } from "./wire.ts";

const wasm = instance();
const hash = (n: number) => new Uint8Array(32).fill(n);
/** Blockhashes 200, 199, ... as slots 200, 199, ... had them. */
const context = encodeContext({
  slot: 201,
  view: 0,
  unixTimestamp: 1,
  epochStartTimestamp: 1,
  hashes: Array.from({ length: 200 }, (_, i) => hash(200 - i)),
});

function record(blockhash: Uint8Array): Uint8Array {
  expect(wasm.call("txParse", wire(simple({ blockhash })))).toBe(0);
  return wasm.out();
}
function verdicts(...records: Uint8Array[]): number[] {
  expect(wasm.call("txCheckAge", concatBytes(context, makeFrame(records)))).toBeGreaterThanOrEqual(0);
  return [...wasm.out().subarray(4)];
}

describe("txCheckAge", () => {
  it("lets through the blockhashes of the newest 150 slots", () => {
    const oldest = 200 - BLOCKHASH_WINDOW + 1;
    expect(verdicts(...[200, 199, oldest, oldest - 1, 1, 250, 200].map((n) => record(hash(n))))).toEqual([
      1, 1, 1, 0, 0, 0, 1,
    ]);
  });

  it("leaves durable nonces to their shard", () => {
    const nonce = record(hash(250));
    nonce[REC.FLAGS]! |= REC_FLAG_NONCE;
    expect(verdicts(nonce)).toEqual([1]);
  });

  it("takes an empty frame", () => {
    expect(verdicts()).toEqual([]);
  });

  it("refuses lengths that do not add up", () => {
    const good = concatBytes(context, makeFrame([record(hash(200))]));
    for (const bytes of [good.subarray(0, 100), good.subarray(0, good.length - 1), concatBytes(good, hash(0))]) {
      expect(wasm.call("txCheckAge", bytes)).toBe(-ErrorCode.PARSE_BATCH);
    }
  });
});
