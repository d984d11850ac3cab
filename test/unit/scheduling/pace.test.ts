import { expect, it } from "vitest";
import { makeFrame, REC } from "../../../shared/protocol/record.ts";
import { HEAVY_COST, Pace } from "../../../shared/scheduling/pace.ts";
import { keyOf, transferRecord } from "../state/chain.ts";

/** A block of transactions that declare so much and used so many units. */
function block(transactions: readonly (readonly [cost: number, units: number])[]) {
  const record = transferRecord({ from: keyOf(1), to: keyOf(2), lamports: 1n });
  const records = transactions.map(([cost]) => {
    const copy = record.slice();
    new DataView(copy.buffer).setUint32(REC.COST, cost, true);
    return copy;
  });
  const results = new Uint8Array(transactions.length * 64);
  const view = new DataView(results.buffer);
  for (const [i, [, units]] of transactions.entries()) {
    view.setUint32(i * 64, 64, true);
    view.setUint32(i * 64 + 24, units, true);
  }
  return { frame: makeFrame(records), results };
}

function noted(pace: Pace, transactions: readonly (readonly [number, number])[], times: number): void {
  const { frame, results } = block(transactions);
  const heavy = transactions.reduce((sum, [cost]) => sum + (cost >= HEAVY_COST ? cost : 0), 0);
  for (let n = 0; n < times; n++) pace.note(heavy, frame, results);
}

it("a slot's worth is executed or in flight: 200,000 units a millisecond until programs are known to use less", () => {
  const pace = new Pace(50);
  expect([pace.room(0), pace.room(4_000_000), pace.room(11_000_000)]).toEqual([10_000_000, 6_000_000, 0]);
  expect(new Pace(10).room(0)).toBe(2_000_000);
});

it("what programs use of what they declare is learnt; small transactions say nothing", () => {
  const pace = new Pace(50);
  // A quarter, with what a transaction takes beside its units.
  noted(
    pace,
    [
      [400_000, 99_000],
      [1_000, 1_000_000],
      [400_000, 99_000],
    ],
    100,
  );
  expect(pace.share).toBeCloseTo(0.25, 6);
  expect(pace.room(0)).toBeCloseTo(40_000_000, -3);
  noted(pace, [[1_000_000, 999_000]], 1);
  expect(pace.share).toBeCloseTo(0.4375, 6);
  noted(pace, [[1_000_000, 999_000]], 30);
  expect(pace.room(0)).toBeLessThan(10_010_000);
});

it("nothing is concluded from programs that use nothing, nor from more than all", () => {
  const pace = new Pace(50);
  noted(pace, [[1_400_000, 0]], 200);
  expect(pace.room(0)).toBeLessThanOrEqual(500_000_000);
  noted(pace, [[200_000, 1_400_000]], 200);
  expect(pace.room(0)).toBeLessThan(10_000_001);
  noted(pace, [[1_000, 5]], 10);
  expect(pace.share).toBeCloseTo(1, 6);
});
