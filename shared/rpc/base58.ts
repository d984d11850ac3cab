/**
 * Base58 with Bitcoin's alphabet. Four characters at a time: a limb below 58^4 (< 2^24) times 2^24 plus a carry stays exact
 * in a double.
 */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LIMB = 58 ** 4;
const WORD = 2 ** 24;

const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 58; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

function leadingZeros(bytes: Uint8Array): number {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  return zeros;
}

/** Least significant limb first. */
function limbsOf(bytes: Uint8Array, from: number): number[] {
  const limbs: number[] = [];
  let at = from;
  while (at < bytes.length) {
    const take = (bytes.length - at) % 3 || 3;
    let carry = 0;
    for (let i = 0; i < take; i++) carry = carry * 256 + bytes[at + i]!;
    const scale = take === 3 ? WORD : 256 ** take;
    for (let i = 0; i < limbs.length; i++) {
      const value = limbs[i]! * scale + carry;
      carry = Math.floor(value / LIMB);
      limbs[i] = value - carry * LIMB;
    }
    if (carry) limbs.push(carry % LIMB);
    if (carry >= LIMB) limbs.push(Math.floor(carry / LIMB));
    at += take;
  }
  return limbs;
}

export function encodeBase58(bytes: Uint8Array): string {
  const zeros = leadingZeros(bytes);
  const limbs = limbsOf(bytes, zeros);
  let text = "";
  for (let i = limbs.length - 1; i >= 0; i--) {
    let limb = limbs[i]!;
    let four = "";
    for (let k = 0; k < 4; k++) {
      four = ALPHABET[limb % 58] + four;
      limb = Math.floor(limb / 58);
    }
    text += four;
  }
  return "1".repeat(zeros) + text.replace(/^1+/, "");
}

/** `null`: a character outside the alphabet. The work is quadratic: bound the length first. */
export function decodeBase58(text: string): Uint8Array | null {
  let zeros = 0;
  while (zeros < text.length && text.charCodeAt(zeros) === 49) zeros++;
  const words: number[] = [];
  let at = zeros;
  while (at < text.length) {
    const take = (text.length - at) % 4 || 4;
    let carry = 0;
    for (let i = 0; i < take; i++) {
      const code = text.charCodeAt(at + i);
      const digit = code < 128 ? DIGITS[code]! : -1;
      if (digit < 0) return null;
      carry = carry * 58 + digit;
    }
    const scale = 58 ** take;
    for (let i = 0; i < words.length; i++) {
      const value = words[i]! * scale + carry;
      carry = Math.floor(value / WORD);
      words[i] = value - carry * WORD;
    }
    if (carry) words.push(carry);
    at += take;
  }
  return wordsToBytes(words, zeros);
}

function wordsToBytes(words: readonly number[], zeros: number): Uint8Array {
  const bytes = new Uint8Array(words.length * 3);
  for (let i = 0; i < words.length; i++) {
    const end = bytes.length - i * 3;
    bytes[end - 1] = words[i]! & 0xff;
    bytes[end - 2] = (words[i]! >> 8) & 0xff;
    bytes[end - 3] = words[i]! >> 16;
  }
  const skip = leadingZeros(bytes);
  const out = new Uint8Array(zeros + bytes.length - skip);
  out.set(bytes.subarray(skip), zeros);
  return out;
}
