/** What has landed, read from the blocks: each number at most once, and what was offered again refused as such. */
import { decodeBlock, frameOffsets, resultOffsets } from "../../shared/protocol/block.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { RESULT } from "../../shared/protocol/layouts/result.ts";
import type { Transfers } from "./transfers.ts";

const TX_OK = 0;
/** TransactionError::AlreadyProcessed + 1. */
const ALREADY_PROCESSED = 7;

export class Landed {
  readonly #transfers: Transfers;
  /** Slot by number; 0: not landed. */
  readonly slots: Uint32Array;
  /** Numbers offered again that nobody has refused yet. */
  readonly #offered = new Set<number>();
  landed = 0;
  /** Refused because they had landed: those offered again, and those that a lane sent again after a crash. */
  refused = 0;
  resent = 0;
  blocks = 0;
  blockBytes = 0;

  constructor(transfers: Transfers, count: number) {
    this.#transfers = transfers;
    this.slots = new Uint32Array(count + 1);
  }

  /** This one has landed and is sent again. False: it is under way again already, and would be one of two that wait. */
  offer(number: number): boolean {
    if (!this.slots[number] || this.#offered.has(number)) return false;
    this.#offered.add(number);
    return true;
  }

  /** Of those offered again: the ones that no block has refused. */
  takeMissing(): number[] {
    const missing = [...this.#offered];
    this.#offered.clear();
    return missing;
  }

  /** Throws where a number lands twice, or something else than "already processed" became of one. */
  block(slot: number, bytes: Uint8Array): void {
    const { frame, results } = decodeBlock(bytes);
    const records = frameOffsets(frame);
    const offsets = resultOffsets(results, records.length);
    const [frameView, view] = [viewOf(frame), viewOf(results)];
    this.blocks++;
    this.blockBytes += bytes.length;
    for (const [i, at] of records.entries()) {
      const number = this.#transfers.numberAt(frameView, at);
      const result = offsets[i]!;
      const txError = view.getUint8(result + RESULT.TX_ERROR);
      if (view.getUint8(result + RESULT.LANDED) === 1) {
        if (txError !== TX_OK) throw new Error(`transfer ${number} landed in slot ${slot} with error ${txError}`);
        this.#land(number, slot);
      } else if (txError === ALREADY_PROCESSED) this.#refuse(number, slot);
      else throw new Error(`transfer ${number} did not land in slot ${slot}: error ${txError}`);
    }
  }

  #land(number: number, slot: number): void {
    if (number < 1 || number >= this.slots.length) throw new Error(`a transfer ${number} was never sent`);
    const before = this.slots[number]!;
    if (before !== 0) throw new Error(`transfer ${number} landed in slot ${before} and again in slot ${slot}`);
    this.slots[number] = slot;
    this.landed++;
  }

  #refuse(number: number, slot: number): void {
    if (this.slots[number] === 0) throw new Error(`transfer ${number} was refused in slot ${slot} and had not landed`);
    this.refused++;
    if (!this.#offered.delete(number)) this.resent++;
  }

  /** Throws where one of the first `count` has not landed, or one that was offered again was not refused. */
  demandAll(count: number): void {
    for (let number = 1; number <= count; number++)
      if (this.slots[number] === 0) throw new Error(`transfer ${number} of ${count} has not landed`);
    if (this.#offered.size > 0) throw new Error(`${this.#offered.size} offered again were not refused`);
  }
}
