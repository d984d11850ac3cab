/** Base64 of RFC 4648 with canonical padding, as Agave's decoder wants it (atob takes more than that). */
const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PAD = 61;

const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) VALUES[ALPHABET[i]!] = i;

export function encodeBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[at++] = ALPHABET[word >> 18]!;
    out[at++] = ALPHABET[(word >> 12) & 63]!;
    out[at++] = left > 1 ? ALPHABET[(word >> 6) & 63]! : PAD;
    out[at++] = left > 2 ? ALPHABET[word & 63]! : PAD;
  }
  return new TextDecoder().decode(out);
}

/** `null`: not canonical base64. */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const pad = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - pad);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const last = i + 4 === text.length;
    const padded = last ? pad : 0;
    let word = 0;
    for (let k = 0; k < 4; k++) {
      const code = text.charCodeAt(i + k);
      const value = k >= 4 - padded ? 0 : code < 128 ? VALUES[code]! : -1;
      if (value < 0) return null;
      word = (word << 6) | value;
    }
    if ((padded === 2 && word & 0xffff) || (padded === 1 && word & 0xff)) return null;
    out[at++] = word >> 16;
    if (padded < 2) out[at++] = (word >> 8) & 0xff;
    if (padded < 1) out[at++] = word & 0xff;
  }
  return out;
}
