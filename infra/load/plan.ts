/**
 * Which transfers are sent: decided beforehand from a seed, so that a run can be repeated, and kept in a file on demand.
 *
 *   file   one line of JSON (version, seed, accounts, token, tps), then 12 bytes a transfer: u32 from, u32 to, u32 amount
 *
 * A file has transfers and the seed of their keys, not signatures: a signed transaction can be used for 150 block heights, a minute,
 * and on no other network at all. (A durable nonce does not help: its value is another one on every network, and each
 * can be used once.) So transfers are signed just before they are due, from the file as in any other run: same accounts, same order, same
 * amounts, on any network at any time.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { usage } from "../network/command-line.ts";
import { Failure, systemCode } from "../network/failure.ts";

/** Words of a transfer. */
export const ROW = 3;
const VERSION = 1;
/** Makes transfers between the same two accounts differ. */
const AMOUNTS = 1_000_000;
/** 12 bytes each. */
const MAX_TRANSFERS = 20_000_000;

export interface Plan {
  readonly seed: string;
  readonly accounts: number;
  readonly token: boolean;
  readonly tps: number;
  /** u32 from, to, amount. */
  readonly rows: Uint32Array<ArrayBuffer>;
}

/** Small, fast, seeded (splitmix32): numbers in [0, 1). */
function random(seed: string): () => number {
  let state = 0;
  for (const character of seed) state = (Math.imul(state, 31) + character.codePointAt(0)!) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Chooses ranks 0 to n-1, rank r in proportion to 1/(r+1)^s. */
export function zipf(n: number, s: number, next: () => number): () => number {
  if (s === 0) return () => Math.floor(next() * n);
  const upTo = new Float64Array(n);
  let sum = 0;
  for (let rank = 0; rank < n; rank++) {
    sum += (rank + 1) ** -s;
    upTo[rank] = sum;
  }
  return () => {
    const wanted = next() * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (upTo[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export interface PlanOptions {
  readonly seed: string;
  readonly accounts: number;
  readonly token: boolean;
  readonly tps: number;
  readonly duration: number;
  readonly zipf: number;
}

export function makePlan(options: PlanOptions): Plan {
  const { seed, accounts, token, tps } = options;
  const count = Math.max(1, Math.round(tps * options.duration));
  if (count > MAX_TRANSFERS) throw new Failure("bad-option", `more than ${MAX_TRANSFERS} transfers in one run`);
  const next = random(seed);
  const choose = zipf(accounts, options.zipf, next);
  const rows = new Uint32Array(count * ROW);
  for (let i = 0; i < count; i++) {
    const from = choose();
    let to = choose();
    // With much skew the second choice is often the first: then anybody else.
    if (to === from) to = (from + 1 + Math.floor(next() * (accounts - 1))) % accounts;
    rows[i * ROW] = from;
    rows[i * ROW + 1] = to;
    rows[i * ROW + 2] = 1 + (i % AMOUNTS);
  }
  return { seed, accounts, token, tps, rows };
}

export function savePlan(file: string, { rows, ...head }: Plan): void {
  const line = `${JSON.stringify({ version: VERSION, ...head })}\n`;
  try {
    writeFileSync(file, Buffer.concat([Buffer.from(line), new Uint8Array(rows.buffer)]));
  } catch (error) {
    throw new Failure("bad-option", `${file} cannot be written (${systemCode(error)})`);
  }
}

function headOf(bytes: Buffer, end: number): Omit<Plan, "rows"> & { readonly version: unknown } {
  try {
    return JSON.parse(bytes.toString("utf8", 0, end));
  } catch {
    throw new Error("its first line is no JSON");
  }
}

function read(bytes: Buffer): Plan {
  const end = bytes.indexOf(10);
  if (end < 0) throw new Error("it has no first line");
  const { version, seed, accounts, token, tps } = headOf(bytes, end);
  if (version !== VERSION) throw new Error(`its version is ${version}`);
  const sound =
    typeof seed === "string" &&
    typeof token === "boolean" &&
    Number.isInteger(accounts) &&
    accounts >= 2 &&
    Number.isInteger(tps) &&
    tps >= 1;
  if (!sound) throw new Error("its first line lacks something");
  const body = new Uint8Array(bytes.subarray(end + 1));
  if (body.length === 0 || body.length % (ROW * 4) !== 0) throw new Error("its length is wrong");
  const rows = new Uint32Array(body.buffer);
  for (let i = 0; i < rows.length; i += ROW) {
    if (rows[i]! >= accounts || rows[i + 1]! >= accounts || rows[i] === rows[i + 1]) {
      throw new Error(`transfer ${i / ROW} is between accounts that it does not have`);
    }
  }
  return { seed, accounts, token, tps, rows };
}

export function loadPlan(file: string): Plan {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Failure("bad-option", `${file} cannot be read (${systemCode(error)})`);
  }
  try {
    return read(bytes);
  } catch (error) {
    throw new Failure("bad-option", `${file} is no file of ${usage("load")} --save: ${(error as Error).message}`);
  }
}
