/** What became of what an attacker sent: counts by what the network said. */
import { systemCode } from "../network/failure.ts";

const ERROR_MARK = Buffer.from('"error":{"code":');
const CODE = /^-?\d{1,6}/;
/** More different answers than this are no table: the rest is counted together. */
const MAX_LABELS = 40;

export type Counts = Readonly<Record<string, number>>;

export class Tally {
  readonly #counts = new Map<string, number>();

  add(label: string, times = 1): void {
    const known = this.#counts.has(label) || this.#counts.size < MAX_LABELS;
    const key = known ? label : "other";
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
  }

  /** An error of a connection. */
  fault(error: unknown): void {
    this.add(systemCode(error) || (error as Error).message);
  }

  /** An answer of JSON-RPC with so many calls: the status, and each error by its code. Large answers are not parsed. */
  answer(status: number, body: Uint8Array, calls: number): void {
    this.add(`HTTP ${status}`);
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    let errors = 0;
    for (let at = bytes.indexOf(ERROR_MARK); at >= 0; at = bytes.indexOf(ERROR_MARK, at)) {
      at += ERROR_MARK.length;
      this.add(CODE.exec(bytes.toString("latin1", at, at + 8))?.[0] ?? "an error without a code");
      errors++;
    }
    if (calls > errors && status === 200) this.add("answered", calls - errors);
  }

  get counts(): Counts {
    return Object.fromEntries(this.#counts);
  }
}
