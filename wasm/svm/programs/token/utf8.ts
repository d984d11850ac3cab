/** Well-formed UTF-8 (Unicode standard, table 3-7: no overlong forms, no surrogates, at most U+10FFFF), as Rust's str::from_utf8. */
export function isUtf8(at: usize, end: usize): bool {
  while (at < end) {
    const lead: u32 = load<u8>(at);
    at += 1;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const rest: u32 = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (end - at < <usize>rest) return false;
    const second: u32 = load<u8>(at);
    const low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (let i: u32 = 1; i < rest; i++) if ((load<u8>(at + i) & 0xc0) != 0x80) return false;
    at += rest;
  }
  return true;
}
