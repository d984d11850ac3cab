// Error numbers: the TypeScript tables against the AssemblyScript constants, and their JSON form there and back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ErrorCode, errorName, isErrorCode } from "../../../shared/errors/codes.ts";
import { ERROR_TEXT } from "../../../shared/errors/messages.ts";
import {
  INSTRUCTION_ERRORS,
  TRANSACTION_ERRORS,
  TX_DEFERRED,
  transactionErrorFromJson,
  transactionErrorToJson,
} from "../../../shared/errors/transaction-error.ts";

/** Constants of an AssemblyScript file, in order. */
function constants(file: string, prefix: string): [string, number][] {
  const source = readFileSync(join(import.meta.dirname, "../../../wasm", file), "utf8");
  const found = source.matchAll(new RegExp(`export const (${prefix}[A-Z0-9_]+): [iu]32 = (-?\\d+);`, "g"));
  return [...found].map(([, name, value]) => [name!, Number(value)]);
}
/** InsufficientFundsForRent -> INSUFFICIENT_FUNDS_FOR_RENT */
const upper = (name: string): string => name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();

describe("numbers", () => {
  it("transaction errors are those of wasm/svm/errors.ts", () => {
    expect(constants("svm/errors.ts", "TX_")).toEqual([
      ...TRANSACTION_ERRORS.map((name, i) => [`TX_${upper(name)}`, i]),
      ["TX_DEFERRED", TX_DEFERRED],
    ]);
  });
  it("instruction errors are those of wasm/svm/errors.ts, less one", () => {
    expect(constants("svm/errors.ts", "ERR_")).toEqual(
      INSTRUCTION_ERRORS.map((name, i) => [`ERR_${upper(name)}`, i + 1]),
    );
  });
  it.each([
    ["transaction/errors.ts", "PARSE_"],
    ["transaction/errors.ts", "SANITIZE_"],
    ["state/codes.ts", "ENGINE_"],
    ["scheduling/codes.ts", "PLANNER_"],
  ])("codes of wasm/%s %s", (file, prefix) => {
    const ours = Object.entries(ErrorCode).filter(([name]) => name.startsWith(prefix));
    expect(constants(file, prefix).map(([name, value]) => [name, Math.abs(value)])).toEqual(ours);
  });
  it("each code has a text, and its name back", () => {
    expect(Object.keys(ERROR_TEXT).map(Number)).toEqual(Object.values(ErrorCode));
    for (const [name, code] of Object.entries(ErrorCode))
      expect([errorName(code), errorName(-code)]).toEqual([name, name]);
    expect([isErrorCode(999), errorName(0)]).toEqual([false, undefined]);
  });
});

describe("JSON", () => {
  it("has Agave's forms", () => {
    const json = (txError: number, errorIndex = 0, instructionError = 0, customCode = 0): unknown =>
      transactionErrorToJson({ txError, errorIndex, instructionError, customCode });
    expect(json(0)).toBe(null);
    expect(json(8)).toBe("BlockhashNotFound");
    expect(json(9, 3, 25, 7)).toEqual({ InstructionError: [3, { Custom: 7 }] });
    expect(json(9, 0, 1)).toEqual({ InstructionError: [0, "InvalidArgument"] });
    expect(json(31, 2)).toEqual({ DuplicateInstruction: 2 });
    expect(json(32, 4)).toEqual({ InsufficientFundsForRent: { account_index: 4 } });
    expect(json(36, 5)).toEqual({ ProgramExecutionTemporarilyRestricted: { account_index: 5 } });
    expect(() => json(40)).toThrow(RangeError);
    expect(() => json(9, 0, 54)).toThrow(RangeError);
  });
  it("leads back to the same numbers", () => {
    for (let txError = 0; txError < TRANSACTION_ERRORS.length; txError++) {
      const variants = TRANSACTION_ERRORS[txError] === "InstructionError" ? INSTRUCTION_ERRORS.length : 1;
      for (let instructionError = 0; instructionError < variants; instructionError++) {
        const json = transactionErrorToJson({ txError, errorIndex: 6, instructionError, customCode: 0xffffffff });
        expect(transactionErrorToJson(transactionErrorFromJson(json))).toEqual(json);
        if (json !== null) expect(transactionErrorFromJson(json).txError).toBe(txError);
      }
    }
    expect(() => transactionErrorFromJson("Nonsense" as never)).toThrow(RangeError);
  });
});
