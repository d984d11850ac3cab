/** The option `--keep` of `npm start`: how much of the past a network keeps. */
import type { LedgerSettings } from "../../shared/ledger/ledger-shape.ts";
import { Failure } from "../network/failure.ts";

export const DEFAULT_KEEP = "8GB";

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };
const SECONDS_A_DAY = 86_400;
/** Less would not hold a minute of a busy chain. */
const FEWEST_BYTES = 100e6;
const MOST_DAYS = 40_000;

/** `all`, an amount like `500MB`, `20GB`, `2TB`, or days like `30d`. Throws a Failure for anything else. */
export function parseKeep(text: string): LedgerSettings {
  if (text === "all") return {};
  const [, digits, unit] = /^(\d{1,6})(MB|GB|TB|d)$/.exec(text) ?? [];
  const count = Number(digits);
  if (unit === "d" && count >= 1 && count <= MOST_DAYS) return { keepSeconds: count * SECONDS_A_DAY };
  const bytes = unit === undefined ? 0 : count * (UNITS[unit] ?? 0);
  if (bytes >= FEWEST_BYTES && Number.isSafeInteger(bytes)) return { keepBytes: bytes };
  throw new Failure("bad-option", `--keep takes all, an amount from 100MB like 20GB, or days like 30d, not ${text}`);
}

/** In one line, for the report at the start. */
export function describeKeep({ keepBytes, keepSeconds }: LedgerSettings): string {
  if (keepBytes !== undefined) return `the newest ${keepBytes / 1e9} GB of blocks are kept, older ones go (--keep)`;
  if (keepSeconds !== undefined)
    return `the newest ${keepSeconds / SECONDS_A_DAY} days are kept, older ones go (--keep)`;
  return "everything is kept (--keep)";
}
