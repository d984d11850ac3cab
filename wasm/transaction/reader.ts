/** A cursor over the bytes of a wire transaction. The first error sticks: from then on every read answers 0, and the cursor is at the end. */
import { PARSE_COMPACT_LENGTH, PARSE_TRUNCATED } from "./errors";

let at: usize = 0;
let end: usize = 0;
let readError: i32 = 0;

export function readerOpen(ptr: usize, len: u32): void {
  at = ptr;
  end = ptr + len;
  readError = 0;
}
/** Where the next read begins. */
// @ts-ignore: decorator
@inline
export function readerAt(): usize {
  return at;
}
// @ts-ignore: decorator
@inline
export function readerAtEnd(): bool {
  return at == end;
}
/** 0, or the code of wasm/transaction/errors.ts that ended the reading. */
// @ts-ignore: decorator
@inline
export function readerError(): i32 {
  return readError;
}

function fail(code: i32): u32 {
  if (readError == 0) readError = code;
  at = end;
  return 0;
}

// @ts-ignore: decorator
@inline
export function readU8(): u32 {
  if (at >= end) return fail(PARSE_TRUNCATED);
  const v: u32 = load<u8>(at);
  at += 1;
  return v;
}

export function readU32(): u32 {
  if (end - at < 4) return fail(PARSE_TRUNCATED);
  const v = load<u32>(at);
  at += 4;
  return v;
}

export function readU64(): u64 {
  if (end - at < 8) return fail(PARSE_TRUNCATED);
  const v = load<u64>(at);
  at += 8;
  return v;
}

/** Steps over `n` bytes; where they start. */
// @ts-ignore: decorator
@inline
export function readBytes(n: u32): usize {
  const p = at;
  if (<usize>n > end - at) fail(PARSE_TRUNCATED);
  else at += n;
  return p;
}

/** A compact-u16 in its only valid form: no trailing zero byte, at most 0xffff (short-vec visit_byte). */
function readCompactSlow(first: u32): u32 {
  const second = readU8();
  if (readError) return 0;
  if (second == 0) return fail(PARSE_COMPACT_LENGTH);
  if (second < 0x80) return (first & 0x7f) | (second << 7);
  const third = readU8();
  if (readError) return 0;
  if (third == 0 || third > 3) return fail(PARSE_COMPACT_LENGTH);
  return (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
}
// @ts-ignore: decorator
@inline
export function readCompact(): u32 {
  const first = readU8();
  return first < 0x80 ? first : readCompactSlow(first);
}
