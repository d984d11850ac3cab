/**
 * How much heavy work a block may have: with what is being executed already, as much as a slot's time executes.
 *
 *   in flight: heavy transactions that cost 6 M of declared units, of which programs really use a third
 *   a slot of 50 ms executes 10 M units ─▶ 30 M declared ─▶ room for 24 M
 *
 * Heavy are transactions that call programs; a transfer costs a thousandth. Without this a block takes what the genesis allows, half a second of
 * one core, and four of them are in flight: whoever sends a transfer waits for all of it. Small transactions go beside the heavy ones that
 * wait. What programs use of what they declare is measured in every block. Policy of this builder: any block within the genesis' limits is valid.
 */
import { frameOffsets, resultOffsets } from "../protocol/block.ts";
import { viewOf } from "../protocol/bytes.ts";
import { REC } from "../protocol/record.ts";
import { COST } from "../turns/costs.ts";

/** Twin: wasm/scheduling/limits.ts. */
export const HEAVY_COST = 200_000;
/** Compute units that a millisecond of one core executes. */
export const UNITS_A_MS = 1_000_000 / COST.thousandComputeUnits;
/** What a transaction takes beside its own (wasm/state/execution.ts). */
const TRANSACTION_UNITS = 1_000;
const RESULT_UNITS = 24;
/** Of what was known before, so much stays with every block. */
const MEMORY = 0.75;
/** A share below which nothing is concluded: the next block's programs may be others. */
const LEAST_SHARE = 0.02;

export class Pace {
  readonly #slotUnits: number;
  /** Units used by what heavy transactions declare. */
  #share = 1;

  constructor(slotMs: number) {
    this.#slotUnits = slotMs * UNITS_A_MS;
  }

  get share(): number {
    return this.#share;
  }

  /** Cost units for the heavy transactions of a block; `inFlight`: of those that are not executed yet. */
  room(inFlight: number): number {
    return Math.max(0, Math.floor(this.#slotUnits / this.#share) - inFlight);
  }

  /** A block with heavy transactions of so much cost is executed. */
  note(heavy: number, frame: Uint8Array, results: Uint8Array): void {
    if (heavy === 0) return;
    const records = frameOffsets(frame);
    const found = resultOffsets(results, records.length);
    const [costs, used] = [viewOf(frame), viewOf(results)];
    let units = 0;
    for (const [i, record] of records.entries()) {
      if (costs.getUint32(record + REC.COST, true) < HEAVY_COST) continue;
      units += TRANSACTION_UNITS + used.getUint32(found[i]! + RESULT_UNITS, true);
    }
    const share = Math.min(1, Math.max(LEAST_SHARE, units / heavy));
    this.#share = this.#share * MEMORY + share * (1 - MEMORY);
  }
}
