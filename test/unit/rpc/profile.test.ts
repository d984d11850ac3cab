/** Whose log lines are whose in a profile. */
import { expect, it } from "vitest";
import { logsByInstruction } from "../../../shared/rpc/profile.ts";

const SYSTEM = "11111111111111111111111111111111";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const ED25519 = "Ed25519SigVerify111111111111111111111111111";
const system = [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`];
const memo = [
  `Program ${MEMO} invoke [1]`,
  `Program ${SYSTEM} invoke [2]`,
  `Program ${SYSTEM} success`,
  `Program log: Program ${SYSTEM} invoke [1]`,
  "Program log: invoke [1]",
  `Program ${MEMO} success`,
];

it("an instruction has its lines, with those of its calls; what a program logs begins no other", () => {
  expect(logsByInstruction([...system, ...memo], [SYSTEM, MEMO])).toEqual([system, memo]);
});

it("a precompile logs nothing", () => {
  const programs = [ED25519, SYSTEM, ED25519, MEMO, ED25519];
  expect(logsByInstruction([...system, ...memo], programs)).toEqual([[], system, [], memo, []]);
});

it("where the log was cut off the later instructions have none", () => {
  const cut = [...system, memo[0]!, "Log truncated"];
  expect(logsByInstruction(cut, [SYSTEM, MEMO, SYSTEM])).toEqual([system, [memo[0], "Log truncated"], []]);
  expect(logsByInstruction([], [SYSTEM])).toEqual([[]]);
});
