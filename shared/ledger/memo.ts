/** The memo text of a transaction as Solana's RPC shows it in an address's history: "[bytes] text", several joined by "; ". */
import { equalBytes } from "../protocol/bytes.ts";
import type { DecodedRecord } from "../protocol/record.ts";

/** Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo */
const MEMO_V1 = Uint8Array.from([
  5, 74, 83, 80, 248, 93, 200, 130, 214, 20, 165, 86, 114, 120, 138, 41, 109, 223, 30, 171, 171, 208, 166, 6, 120, 136,
  73, 50, 244, 238, 246, 160,
]);
/** MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr */
const MEMO_V3 = Uint8Array.from([
  5, 74, 83, 90, 153, 41, 33, 6, 77, 36, 232, 113, 96, 218, 56, 124, 124, 53, 181, 221, 188, 146, 187, 129, 228, 31,
  168, 64, 65, 5, 68, 141,
]);
/** Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH */
const MEMO_V4 = Uint8Array.from([
  5, 74, 83, 82, 40, 84, 205, 209, 3, 204, 46, 70, 49, 163, 245, 23, 146, 172, 114, 124, 241, 229, 10, 188, 151, 130,
  138, 197, 153, 79, 60, 194,
]);
const MEMO_PROGRAMS = [MEMO_V4, MEMO_V3, MEMO_V1];

/** Null without a memo instruction. */
export function memoOf(record: DecodedRecord): string | null {
  const memos: string[] = [];
  for (const instruction of record.instructions) {
    const program = record.accountKeys[instruction.programIdIndex]!;
    if (!MEMO_PROGRAMS.some((memo) => equalBytes(program, memo))) continue;
    memos.push(`[${instruction.data.length}] ${new TextDecoder().decode(instruction.data)}`);
  }
  return memos.length > 0 ? memos.join("; ") : null;
}
