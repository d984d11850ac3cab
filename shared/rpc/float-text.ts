/** Text of a float as Rust prints it: `{:.*}` and `{}` of f64 (core::fmt::float), which never use an exponent. */
import { viewOf } from "../protocol/bytes.ts";

const FRACTION_BITS = 52n;
/** Exponent of the lowest bit of a subnormal number. */
const MIN_EXPONENT = -1074;

function special(value: number): string | null {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return null;
  return value < 0 ? "-inf" : "inf";
}

const sign = (value: number) => (value < 0 || Object.is(value, -0) ? "-" : "");

/** |value| = mantissa x 2^exponent. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const view = viewOf(new Uint8Array(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const fraction = bits & ((1n << FRACTION_BITS) - 1n);
  const biased = Number((bits >> FRACTION_BITS) & 0x7ffn);
  if (biased === 0) return { mantissa: fraction, exponent: MIN_EXPONENT };
  return { mantissa: fraction | (1n << FRACTION_BITS), exponent: biased - 1 + MIN_EXPONENT };
}

/** All digits of the exact value, rounded half to even behind `decimals` of them (0 to 255). */
export function formatFixed(value: number, decimals: number): string {
  const odd = special(value);
  if (odd !== null) return odd;
  const { mantissa, exponent } = parts(value);
  const scaled = mantissa * 10n ** BigInt(decimals);
  let units: bigint;
  if (exponent >= 0) {
    units = scaled << BigInt(exponent);
  } else {
    const shift = BigInt(-exponent);
    units = scaled >> shift;
    const twice = (scaled - (units << shift)) * 2n;
    const one = 1n << shift;
    if (twice > one || (twice === one && units % 2n === 1n)) units++;
  }
  const digits = String(units).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return `${sign(value)}${whole}${decimals === 0 ? "" : "."}${digits.slice(digits.length - decimals)}`;
}

/** The fewest digits that read back as `value`. */
export function formatShortest(value: number): string {
  const odd = special(value);
  if (odd !== null) return odd;
  const [digits = "", power] = String(Math.abs(value)).split("e");
  if (power === undefined) return sign(value) + digits;
  const [whole = "", fraction = ""] = digits.split(".");
  const point = whole.length + Number(power);
  const all = whole + fraction;
  if (point <= 0) return `${sign(value)}0.${"0".repeat(-point)}${all}`;
  return sign(value) + all.padEnd(point, "0");
}
