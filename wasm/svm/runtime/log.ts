/**
 * The log of one transaction. Lines are kept as `u16 length, bytes`. Limit as in Agave's LogCollector
 * (svm-log-collector/src/lib.rs): a line that would bring the bytes to 10,000 or more is replaced, once, by "Log truncated";
 * later lines that still fit are kept. Nothing here can influence a result, so all of it is skipped when nobody asked for detail.
 */
import { wellKnownIndex } from "../../transaction/well-known";
import { base58Key } from "./base58";
import { decimalText, hexText } from "./number-text";

const LIMIT: u32 = 10_000;
/** Lines of at least one byte: at most LIMIT of them, each with its u16, and the notice. */
const CAPACITY: u32 = 3 * LIMIT + 64;
const lines: usize = memory.data(30_064, 8);
const digits: usize = memory.data(24, 8);
const base58Scratch: usize = memory.data(48, 8);

let wanted: bool = false;
let size: u32 = 0;
let count: u32 = 0;
let written: u32 = 0;
let warned: bool = false;
/** Bytes of the open line, counted even where they are not stored any more. */
let lineLength: u32 = 0;

export function logReset(on: bool): void {
  wanted = on;
  size = 0;
  count = 0;
  written = 0;
  warned = false;
}
export function logWanted(): bool {
  return wanted;
}
export function logCount(): u32 {
  return count;
}
export function logLines(): usize {
  return lines;
}
export function logSize(): u32 {
  return size;
}

export function logBegin(): void {
  lineLength = 0;
}

// @ts-ignore: decorator
@inline
function put(c: u32): void {
  const at = size + 2 + lineLength;
  if (at < CAPACITY) store<u8>(lines + at, <u8>c);
  lineLength += 1;
}

/** Appends a static ASCII literal to the open line. */
export function logChars(text: string): void {
  if (!wanted) return;
  const p = changetype<usize>(text);
  const n = text.length;
  for (let i = 0; i < n; i++) put(load<u16>(p + (<usize>i << 1)));
}

export function logBytes(ptr: usize, len: u32): void {
  if (!wanted) return;
  const at = size + 2 + lineLength;
  if (at + len <= CAPACITY) {
    memory.copy(lines + at, ptr, len);
    lineLength += len;
    return;
  }
  for (let i: u32 = 0; i < len; i++) put(load<u8>(ptr + i));
}

export function logNumber(v: u64): void {
  if (wanted) logBytes(digits, decimalText(v, digits));
}

/** Lower-case hexadecimal without leading zeros and without prefix. */
export function logHex(v: u64): void {
  if (wanted) logBytes(digits, hexText(v, digits));
}

/** A Rust bool: true or false. */
export function logBool(v: bool): void {
  logChars(v ? "true" : "false");
}

/** Texts of the well-known keys, which most lines name: {u8 length, 44 characters} each, made when they are first asked for. */
const TEXT_SIZE: usize = 48;
const texts: usize = memory.data(1872, 8); // WK_COUNT * TEXT_SIZE

/** A key in base58. */
export function logKey(ptr: usize): void {
  if (!wanted) return;
  const index = wellKnownIndex(ptr);
  if (index < 0) {
    putKey(ptr);
    return;
  }
  const text = texts + <usize>index * TEXT_SIZE;
  if (load<u8>(text)) {
    logBytes(text + 1, load<u8>(text));
    return;
  }
  const from = lineLength;
  putKey(ptr);
  const length = lineLength - from;
  if (size + 2 + lineLength > CAPACITY) return; // not stored, so not to be copied
  memory.copy(text + 1, lines + size + 2 + from, length);
  store<u8>(text, <u8>length);
}

function putKey(ptr: usize): void {
  logBytes(base58Scratch, base58Key(ptr, base58Scratch));
}

function base64Char(v: u32): u32 {
  if (v < 26) return 65 + v;
  if (v < 52) return 71 + v;
  if (v < 62) return v - 4;
  return v == 62 ? 43 : 47;
}

/** Standard base64 with padding. */
export function logBase64(ptr: usize, len: u32): void {
  if (!wanted) return;
  for (let i: u32 = 0; i < len; i += 3) {
    const left = len - i;
    const a: u32 = load<u8>(ptr + i);
    const b: u32 = left > 1 ? load<u8>(ptr + i + 1) : 0;
    const c: u32 = left > 2 ? load<u8>(ptr + i + 2) : 0;
    put(base64Char(a >> 2));
    put(base64Char(((a & 3) << 4) | (b >> 4)));
    put(left > 1 ? base64Char(((b & 15) << 2) | (c >> 6)) : 61);
    put(left > 2 ? base64Char(c & 63) : 61);
  }
}

function keep(): void {
  store<u16>(lines + size, <u16>lineLength);
  size += 2 + lineLength;
  count += 1;
}

export function logEnd(): void {
  if (!wanted) return;
  if (written + lineLength < LIMIT) {
    written += lineLength;
    keep();
    return;
  }
  if (warned) return;
  warned = true;
  lineLength = 0;
  logChars("Log truncated");
  keep();
}

/** One whole line from a static ASCII literal. */
export function logText(text: string): void {
  if (!wanted) return;
  logBegin();
  logChars(text);
  logEnd();
}

/** One line of a program's own: "Program log: " and the text. */
export function logProgramText(text: string): void {
  if (!wanted) return;
  logBegin();
  logChars("Program log: ");
  logChars(text);
  logEnd();
}
