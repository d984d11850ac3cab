/**
 * Records of single requests, as edges have gathered them: their signatures are checked together, and those that are good go into one frame.
 *
 *   records ─▶ waiting ─(the frame before is durable)─▶ up to 256: one batch ─▶ good: one frame ─▶ durable ─▶ all are answered
 *                                                                           └─▶ bad ones only: answered at once
 *
 * A signature alone takes four times as long to check as one of many, and a row costs as much as four of them. So what comes while a frame
 * is on its way to the disk waits for the next one; where nothing is on its way nothing waits.
 */

import type { SubmitAnswer } from "../../shared/protocol/actor.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { VERDICTS } from "../../shared/protocol/layouts/record.ts";
import { MAX_UNVERIFIED_BYTES } from "../../shared/protocol/limits.ts";
import { frameRecords, makeFrame } from "../../shared/protocol/record.ts";
import type { WasmInstance } from "../../shared/svm/wasm-instance.ts";

/** What becomes of a record: taken (0), a signature is bad (-1), or so many milliseconds later there may be room. */
export type SingleAnswer = number;
export const TAKEN: SingleAnswer = 0;
export const UNSIGNED: SingleAnswer = -1;

/** Records of one batch, and of what an edge sends at a time: 4 ms of signatures, then others have their turn. */
export const MAX_GROUP = 256;
const RETRY_AFTER_MS = 100;

interface Waiting {
  readonly records: readonly Uint8Array[];
  readonly bytes: number;
  readonly resolve: (answers: SingleAnswer[]) => void;
}

const all = (count: number, answer: SingleAnswer): SingleAnswer[] => Array.from({ length: count }, () => answer);

export class GroupVerifier {
  readonly #wasm: () => WasmInstance;
  readonly #submit: (frame: Uint8Array) => Promise<SubmitAnswer>;
  readonly #soon: (work: () => void) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** A batch is to begin, or its frame is on its way to the disk. */
  #isBusy = false;

  /** `submit`: resolves when the frame is durable. `soon`: runs work once what has come in meanwhile is here too. */
  constructor(
    wasm: () => WasmInstance,
    submit: (frame: Uint8Array) => Promise<SubmitAnswer>,
    soon: (work: () => void) => void,
  ) {
    this.#wasm = wasm;
    this.#submit = submit;
    this.#soon = soon;
  }

  /** `frame`: at most MAX_GROUP records as txParse makes them, with their lookups resolved and their locks checked. An answer for each. */
  add(frame: Uint8Array): Promise<SingleAnswer[]> {
    const records = frameRecords(frame);
    const bytes = frame.length;
    if (records.length > MAX_GROUP) throw new RangeError(`${records.length} records at a time`);
    if (this.#waitingBytes + bytes > MAX_UNVERIFIED_BYTES) return Promise.resolve(all(records.length, RETRY_AFTER_MS));
    this.#waitingBytes += bytes;
    return new Promise((resolve) => {
      this.#waiting.push({ records, bytes, resolve });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    this.#isBusy = true;
    this.#soon(() => void this.#run(this.#next()));
  }

  #next(): Waiting[] {
    let [taken, count] = [0, 0];
    for (const { records } of this.#waiting) {
      count += records.length;
      if (count > MAX_GROUP) break;
      taken++;
    }
    const group = this.#waiting.splice(0, taken);
    for (const { bytes } of group) this.#waitingBytes -= bytes;
    return group;
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    try {
      const { verdicts, frame } = this.#verified(group.flatMap(({ records }) => records));
      const answer = frame ? await this.#submit(frame) : undefined;
      const good = !answer || answer.ok ? TAKEN : answer.retryAfterMs;
      let at = 0;
      for (const { records, resolve } of group) resolve(records.map(() => (verdicts[at++] === 1 ? good : UNSIGNED)));
    } catch (fault) {
      console.error(`lane: ${fault}`);
      for (const { records, resolve } of group) resolve(all(records.length, RETRY_AFTER_MS));
    } finally {
      this.#isBusy = false;
      this.#begin();
    }
  }

  /** `verdicts`: 1 for each record that is signed. `frame`: of these; undefined where there are none. */
  #verified(records: readonly Uint8Array[]): {
    readonly verdicts: Uint8Array;
    readonly frame: Uint8Array | undefined;
  } {
    const wasm = this.#wasm();
    const count = wasm.call("txVerifyFrame", makeFrame(records));
    if (count < 0) throw new Error(`a parsed frame was refused: ${count}`);
    const out = wasm.out();
    const verdicts = out.slice(VERDICTS.HEADER, VERDICTS.HEADER + records.length);
    const good = verdicts.reduce((sum, verdict) => sum + (verdict === 1 ? 1 : 0), 0);
    if (good === 0) return { verdicts, frame: undefined };
    // The records begin behind the verdicts; in front of them goes their number.
    const frame = out.subarray(records.length);
    viewOf(frame).setUint32(0, good, true);
    return { verdicts, frame };
  }
}
