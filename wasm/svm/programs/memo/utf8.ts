/** The text of an error of isUtf8 (Display of SyscallError::InvalidString). */
import { invalidLength, scratchAlloc, validUpTo } from "../../runtime/context";

let out: usize = 0;
let length: u32 = 0;

function put(text: string): void {
  for (let i = 0, n = text.length; i < n; i++) store<u8>(out + length++, <u8>load<u16>(changetype<usize>(text) + (<usize>i << 1)));
}

function putNumber(v: u32): void {
  let power: u32 = 1;
  while (v / power >= 10) power *= 10;
  for (; power; power /= 10) store<u8>(out + length++, <u8>(48 + ((v / power) % 10)));
}

/** The error of the last isUtf8 with the bytes themselves (Display of SyscallError::InvalidString); utf8TextLength bytes. */
export function utf8ErrorText(ptr: usize, len: u32): usize {
  out = scratchAlloc(128 + len * 5);
  length = 0;
  if (invalidLength) {
    put("invalid utf-8 sequence of ");
    putNumber(invalidLength);
    put(" bytes from index ");
  } else {
    put("incomplete utf-8 byte sequence from index ");
  }
  putNumber(validUpTo);
  put(": [");
  for (let i: u32 = 0; i < len; i++) {
    if (i) put(", ");
    putNumber(load<u8>(ptr + i));
  }
  put("]");
  return out;
}
export function utf8TextLength(): u32 {
  return length;
}
