/**
 * Records that come one by one, from as many requests: their signatures are checked together, and those that are good go into one frame.
 *
 *   record ─▶ waiting ─(the frame before is durable)─▶ up to 256: one batch ─▶ good: one frame ─▶ durable ─▶ each is answered
 *                                                                          └─▶ bad: answered at once
 *
 * A signature alone takes four times as long to check as one of many, and a row costs as much as four of them. So what comes while a frame
 * is on its way to the disk waits for the next one; where nothing is on its way nothing waits.
 */

import type { SubmitAnswer } from "../../shared/protocol/actor.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { MAX_UNVERIFIED_BYTES } from "../../shared/protocol/limits.ts";
import { makeFrame } from "../../shared/protocol/record.ts";
import type { WasmInstance } from "../../shared/svm/wasm-instance.ts";

/** What becomes of a record: taken, a signature is bad, or so many milliseconds later there may be room. */
export type SingleAnswer = "taken" | "unsigned" | number;

/** Records of one batch: 4 ms of signatures, then others have their turn. */
const MAX_GROUP = 256;
const RETRY_AFTER_MS = 100;

interface Waiting {
  readonly record: Uint8Array;
  readonly resolve: (answer: SingleAnswer) => void;
}

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

  /** `record`: as txParse makes it, with its lookups resolved and its locks checked. */
  add(record: Uint8Array): Promise<SingleAnswer> {
    if (this.#waitingBytes + record.length > MAX_UNVERIFIED_BYTES) return Promise.resolve(RETRY_AFTER_MS);
    this.#waitingBytes += record.length;
    return new Promise((resolve) => {
      this.#waiting.push({ record, resolve });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    this.#isBusy = true;
    this.#soon(() => {
      const group = this.#waiting.splice(0, MAX_GROUP);
      for (const { record } of group) this.#waitingBytes -= record.length;
      void this.#run(group);
    });
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    try {
      const good = this.#verified(group);
      if (good.frame) {
        const answer = await this.#submit(good.frame);
        for (const { resolve } of good.members) resolve(answer.ok ? "taken" : answer.retryAfterMs);
      }
    } catch (fault) {
      console.error(`lane: ${fault}`);
      for (const { resolve } of group) resolve(RETRY_AFTER_MS);
    } finally {
      this.#isBusy = false;
      this.#begin();
    }
  }

  /** Answers those that are not signed. */
  #verified(group: readonly Waiting[]): {
    readonly members: readonly Waiting[];
    readonly frame: Uint8Array | undefined;
  } {
    const wasm = this.#wasm();
    const count = wasm.call("txVerifyFrame", makeFrame(group.map(({ record }) => record)));
    if (count < 0) throw new Error(`a parsed frame was refused: ${count}`);
    const out = wasm.out();
    const members = group.filter((member, i) => {
      const isGood = out[4 + i] === 1;
      if (!isGood) member.resolve("unsigned");
      return isGood;
    });
    if (members.length === 0) return { members, frame: undefined };
    // The records begin behind the verdicts; in front of them goes their number.
    const frame = out.subarray(group.length);
    viewOf(frame).setUint32(0, members.length, true);
    return { members, frame };
  }
}
