/** Timing inside workerd, whose clock has a resolution of one millisecond: a round is as many calls as fill its time. */
import { median } from "../measure.ts";

/** Shortest round, milliseconds: the clock's step is a hundredth of it. */
const ROUND_MS = 100;

export interface Side {
  /** Operations that one call of `run` makes. */
  readonly operations: number;
  readonly run: () => void | Promise<void>;
}

async function timeCalls(side: Side, calls: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    const pending = side.run();
    if (pending) await pending;
  }
  return performance.now() - start;
}

/** Calls that take a round's time; warms the code up on the way. */
async function callsOf(side: Side, roundMs: number): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const ms = await timeCalls(side, calls);
    if (ms >= roundMs / 4) return Math.max(1, Math.ceil((calls * roundMs) / ms));
  }
}

export interface Turns {
  /** Microseconds an operation of each side, medians. */
  readonly us: readonly number[];
  /** How many times faster the first side is than each: medians of the ratios within a round. */
  readonly ratios: readonly number[];
}

/** The sides take turns: a busy machine hits all of them alike. */
export async function takeTurns(rounds: number, sides: readonly Side[], roundMs = ROUND_MS): Promise<Turns> {
  const calls: number[] = [];
  for (const side of sides) calls.push(await callsOf(side, roundMs));
  const times: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      const ms = await timeCalls(side, calls[i]!);
      times[i]!.push((ms * 1000) / (calls[i]! * side.operations));
    }
  }
  const ratios = times.map((side) => median(side.map((each, round) => each / times[0]![round]!)));
  return { us: times.map(median), ratios };
}
