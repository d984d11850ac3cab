/**
 * Why an ELF file was refused, in Agave's words: the loader logs them.
 * Texts: solana-sbpf 0.23 src/elf.rs ElfError, src/elf_parser/mod.rs ElfParserError, src/verifier.rs VerifierError.
 */
import { invalidLength, isUtf8, validUpTo } from "../runtime/utf8";

/** The longest: "Unresolved symbol (...) at instruction #... (ELF file offset 0x...)" with a name of 63 broken bytes, 3 bytes each. */
const CAPACITY: u32 = 512;
const text: usize = memory.data(512, 8);
const digits: usize = memory.data(24, 8);
let length: u32 = 0;

export function elfErrorText(): usize {
  return text;
}
/** 0: no error. */
export function elfErrorLength(): u32 {
  return length;
}
export function elfErrorReset(): void {
  length = 0;
}
function put(c: u32): void {
  if (length < CAPACITY) store<u8>(text + length++, <u8>c);
}
/** Begins or continues a text with static ASCII. Returns false, for `return`. */
export function elfError(literal: string): bool {
  const p = changetype<usize>(literal);
  for (let i = 0, n = literal.length; i < n; i++) put(load<u16>(p + (<usize>i << 1)));
  return false;
}
export function elfErrorNumber(v: u64): bool {
  let n: u32 = 0;
  do {
    store<u8>(digits + n++, <u8>(48 + <u32>(v % 10)));
    v /= 10;
  } while (v);
  while (n) put(load<u8>(digits + --n));
  return false;
}
/** With 0x, without leading zeros. */
export function elfErrorHex(v: u64): bool {
  elfError("0x");
  let shift: u64 = v ? (63 - clz(v)) & ~3 : 0;
  while (true) {
    const d = <u32>((v >> shift) & 15);
    put(d < 10 ? 48 + d : 87 + d);
    if (!shift) return false;
    shift -= 4;
  }
}
/** Bytes of the file as String::from_utf8_lossy shows them: every broken sequence is one U+FFFD. */
export function elfErrorBytes(ptr: usize, len: u32): bool {
  while (true) {
    const whole = isUtf8(ptr, len);
    for (let i: u32 = 0; i < validUpTo; i++) put(load<u8>(ptr + i));
    if (whole) return false;
    put(0xef);
    put(0xbf);
    put(0xbd);
    const skip = invalidLength ? validUpTo + invalidLength : len;
    ptr += skip;
    len -= skip;
  }
}

export function elfOutOfBounds(): bool {
  return elfError("Offset or value is out of bounds");
}
/** An ElfParserError that becomes ElfError::FailedToParse. */
export function elfUnparsed(literal: string): bool {
  elfError("Failed to parse ELF file: ");
  return elfError(literal);
}
