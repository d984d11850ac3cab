/** A whole number on a command line. */
import { Failure } from "./failure.ts";

/** Throws a Failure that names the flag and the range, ends included, when `text` is no such number. */
export function wholeNumber(flag: string, text: string, [low, high]: readonly [number, number]): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new Failure("bad-option", `${flag} takes a whole number from ${low} to ${high}, not "${text}"`);
}
