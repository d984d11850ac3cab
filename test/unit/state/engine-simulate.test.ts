// Execution beside the chain, and the accounts that every instance knows.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { type Account, decodeAccountList, encodeAccountList, tombstone } from "../../../shared/state/accounts.ts";
import { contextOf, engineOf, keyOf, proposalOf, RENT_EXEMPT, SYSTEM, transferRecord, wallet } from "./chain.ts";

const [A, B, C] = [keyOf(1), keyOf(2), keyOf(3)];
const record = transferRecord({ from: A!, to: B!, lamports: RENT_EXEMPT });
const before = encodeAccountList([wallet(A!, 5_000_000n), wallet(B!, 0n), wallet(C!, 7n)]);
const flags = new Uint8Array(8);
const input = concatBytes(contextOf(9), flags, before, record);

function simulate(engine: ReturnType<typeof engineOf>, bytes: Uint8Array): Account[] | number {
  const code = engine.instance.call("engineSimulate", bytes);
  if (code !== 0) return code;
  const out = engine.instance.out();
  const resultLength = viewOf(out).getUint32(0, true);
  expect([out[8], out[9]]).toEqual([1, 0]);
  return decodeAccountList(out.subarray(resultLength))!;
}

describe("engineSimulate", () => {
  it("answers the accounts after the transaction and leaves the store and the open slot alone", () => {
    const engine = engineOf();
    engine.load(encodeAccountList([wallet(A!, 9_000_000n)]), 0);
    const real = transferRecord({ from: A!, to: C!, lamports: RENT_EXEMPT });
    engine.begin(proposalOf({ slot: 1, shard: 0, prevSlot: 0, records: [{ blockIndex: 0, record: real }] }));
    for (let i = 0; i < 3; i++) {
      const after = simulate(engine, input) as Account[];
      expect(after.map(({ lamports }) => lamports)).toEqual([5_000_000n - 5_000n - RENT_EXEMPT, RENT_EXEMPT, 7n]);
    }
    expect(engine.execute()).toBe(0);
    expect(simulate(engine, input)).toHaveLength(3);
    engine.commit();
    const read = decodeAccountList(engine.read(concatBytes(A!, B!, C!), 1))!;
    expect(read.map(({ lamports }) => lamports)).toEqual([9_000_000n - 5_000n - RENT_EXEMPT, 0n, RENT_EXEMPT]);
  });

  it("keeps no memory", () => {
    const engine = engineOf();
    const liveBytes = (): unknown => engine.instance.exports.heapLiveBytes!();
    simulate(engine, input);
    const bytes = liveBytes();
    for (let i = 0; i < 50; i++) simulate(engine, input);
    expect(liveBytes()).toBe(bytes);
  });

  it("refuses what is cut, has an account twice or bytes behind", () => {
    const engine = engineOf();
    const context = contextOf(9);
    const list = before;
    for (let n = 0; n < input.length; n += n < context.length - 8 ? 997 : 1) {
      expect(simulate(engine, input.subarray(0, n))).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
    expect(simulate(engine, concatBytes(input, new Uint8Array(8)))).toBe(-ErrorCode.ENGINE_MALFORMED);
    const twice = encodeAccountList([wallet(A!, 5_000_000n), wallet(A!, 5_000_000n)]);
    expect(simulate(engine, concatBytes(context, flags, twice, record))).toBe(-ErrorCode.ENGINE_MALFORMED);
    expect(simulate(engine, concatBytes(context, flags, list, record))).toHaveLength(3);
  });
});

describe("engineWellKnown", () => {
  it("shows built-in programs and sysvars of the context, and tombstones for the rest", () => {
    const engine = engineOf();
    expect(engine.instance.call("engineWellKnown", concatBytes(contextOf(9), SYSTEM, A!))).toBe(0);
    const [system, other] = decodeAccountList(engine.instance.out())!;
    expect(system!.executable).toBe(true);
    expect(system!.lamports).toBeGreaterThan(0n);
    expect(other!.lamports).toBe(0n);
    expect(engine.instance.call("engineWellKnown", contextOf(9).subarray(1))).toBe(-ErrorCode.ENGINE_MALFORMED);
    expect(engine.instance.call("engineWellKnown", concatBytes(contextOf(9), A!.subarray(1)))).toBe(
      -ErrorCode.ENGINE_MALFORMED,
    );
    const [again, missing] = decodeAccountList(engine.read(concatBytes(SYSTEM, A!), 0))!;
    expect(again).toEqual(system);
    expect(missing!.key).toEqual(A);
    expect(engine.read(A!, 0).slice(8)).toEqual(tombstone(A!));
  });
});
