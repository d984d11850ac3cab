/** UTF-8 as Rust's core::str::from_utf8 checks it. */

/** Where the first sequence that is not UTF-8 starts; the length where all is. */
export let validUpTo: u32 = 0;
/** Bytes of that sequence (1 to 3); 0: the input ends inside of it. */
export let invalidLength: u32 = 0;

// @ts-ignore: decorator
@inline
function continues(byte: u32): bool {
  return (byte & 0xc0) == 0x80;
}

function fail(at: u32, length: u32): bool {
  validUpTo = at;
  invalidLength = length;
  return false;
}

/** Whether the bytes are UTF-8; otherwise validUpTo and invalidLength say where they are not. */
export function isUtf8(ptr: usize, len: u32): bool {
  let i: u32 = 0;
  while (i < len) {
    const lead: u32 = load<u8>(ptr + i);
    if (lead < 0x80) {
      i += 1;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return fail(i, 1);
    const rest: u32 = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (i + 1 >= len) return fail(i, 0);
    // Unicode standard, table 3-7: the second byte excludes overlong forms, surrogates and what is above U+10FFFF.
    const second: u32 = load<u8>(ptr + i + 1);
    const low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return fail(i, 1);
    for (let k: u32 = 2; k <= rest; k++) {
      if (i + k >= len) return fail(i, 0);
      if (!continues(load<u8>(ptr + i + k))) return fail(i, k);
    }
    i += rest + 1;
  }
  validUpTo = len;
  return true;
}
