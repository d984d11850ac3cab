/**
 * Matchers for vitest (and jest, whose `expect.extend` is the same); `import "infinisvm/testing/matchers"` adds them.
 *
 *   await expect(net.send(transaction)).toHaveLanded()
 *   await expect(net.send(transaction)).toFailWith("InsufficientFunds")
 *   await expect(net.rpc.sendTransaction(wire, config).send()).toFailWith(6000)
 */
import { customCode, errorName, type Outcome, outcomeOf } from "./outcome.ts";

/**
 * A name as Agave has it, of the transaction's error or of its instruction's; the code of a program's own error; a pattern for one line of
 * the log; or (part of) the error as JSON-RPC has it.
 */
export type ExpectedFailure = string | number | RegExp | object;

interface MatcherState {
  readonly isNot?: boolean;
  equals(a: unknown, b: unknown): boolean;
}
interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** `received`: an outcome, a promise of one, or of a call that throws. */
async function outcomeIn(received: unknown): Promise<Outcome> {
  try {
    const value = await (typeof received === "function" ? received() : received);
    if (typeof value === "object" && value !== null && "err" in value && "logs" in value) return value as Outcome;
    // A client that answers a signature says nothing of a failure.
    return { signature: value as Outcome["signature"], slot: undefined, err: null, logs: [], units: 0n };
  } catch (error) {
    const outcome = outcomeOf(error);
    if (!outcome) throw error;
    return outcome;
  }
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));

function told({ err, logs, slot }: Outcome): string {
  const what =
    err === null ? (slot === undefined ? "was not refused" : `landed in slot ${slot}`) : `failed with ${show(err)}`;
  return [`the transaction ${what}`, ...logs.map((line) => `  ${line}`)].join("\n");
}

function matches({ err, logs }: Outcome, expected: ExpectedFailure, equals: MatcherState["equals"]): boolean {
  if (err === null) return false;
  if (expected instanceof RegExp) return logs.some((line) => expected.test(line)) || expected.test(show(err));
  if (typeof expected === "number") return customCode(err) === expected;
  if (typeof expected === "string") {
    return errorName(err) === expected || (typeof err === "object" && Object.keys(err as object)[0] === expected);
  }
  return equals(JSON.parse(show(err)), JSON.parse(show(expected)));
}

export const matchers = {
  async toHaveLanded(received: unknown): Promise<MatcherResult> {
    const outcome = await outcomeIn(received);
    const pass = outcome.slot !== undefined && outcome.err === null;
    return { pass, message: () => `expected it ${pass ? "not " : ""}to have landed; ${told(outcome)}` };
  },

  async toFailWith(this: MatcherState, received: unknown, expected: ExpectedFailure): Promise<MatcherResult> {
    const outcome = await outcomeIn(received);
    const pass = matches(outcome, expected, this.equals);
    const wanted = expected instanceof RegExp ? String(expected) : show(expected);
    return { pass, message: () => `expected it ${pass ? "not " : ""}to fail with ${wanted}; ${told(outcome)}` };
  },
};

export interface InfinisvmMatchers<R = unknown> {
  /** The transaction has landed and did not fail. */
  toHaveLanded(): R extends void ? Promise<void> : Promise<R>;
  /** It failed like this, landed or refused before. */
  toFailWith(expected: ExpectedFailure): R extends void ? Promise<void> : Promise<R>;
}
