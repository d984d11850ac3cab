/**
 * The clock of a development network: what its time is beside the host's, and the slot that comes next. Kept over restarts.
 *
 *   time = the host's + offset, or, while it is paused, the moment at which it was
 */
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";

export type ClockCommand =
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  /** Unix seconds, not before the chain's time. */
  | { readonly type: "time"; readonly unixTimestamp: number }
  /** A slot after the tip, which has the next block; time goes on by as long as the slots between take, or to `unixTimestamp`. */
  | { readonly type: "slot"; readonly slot: number; readonly unixTimestamp?: number };

/** Latest time that a command may name: far beyond any test, far below what numbers hold exactly. */
export const MAX_CLOCK_SECONDS = 1e11;
/**
 * Latest slot that a command may name, epoch 4,629. Ages of accounts in memory have 32 bits (wasm/state/cold.ts: two slots in use are less
 * than 2^31 apart), slots in the ledger's indexes 40 (shared/ledger/index-run.ts).
 */
export const MAX_CLOCK_SLOT = 2_000_000_000;

export class DevClock {
  /** Seconds. */
  #offset = 0;
  /** Unix seconds; undefined: it runs. */
  #pausedAt: number | undefined;
  #skipTo = 0;

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }
  /** The next block is in this slot or a later one. */
  get skipTo(): number {
    return this.#skipTo;
  }

  /** Unix seconds. `now`: the host's clock, milliseconds. */
  time(now: number): number {
    return this.#pausedAt ?? Math.floor(now / 1000) + this.#offset;
  }

  #set(seconds: number, now: number): void {
    if (this.#pausedAt !== undefined) this.#pausedAt = seconds;
    this.#offset = seconds - Math.floor(now / 1000);
  }

  /** `chainTime`: of the newest block, `tip`: its slot; `slotMs`: what a slot takes. */
  apply(command: ClockCommand, now: number, chainTime: number, tip: number, slotMs: number): void {
    const time = Math.max(chainTime, this.time(now));
    switch (command.type) {
      case "pause":
        this.#pausedAt = time;
        return;
      case "resume":
        this.#pausedAt = undefined;
        this.#set(time, now);
        return;
      case "time":
        this.#set(Math.max(time, command.unixTimestamp), now);
        return;
      case "slot": {
        const next = Math.max(tip + 1, this.#skipTo);
        this.#skipTo = Math.max(this.#skipTo, command.slot);
        if (command.unixTimestamp !== undefined) this.#set(Math.max(time, command.unixTimestamp), now);
        else this.#set(time + Math.floor((Math.max(0, command.slot - next) * slotMs) / 1000), now);
      }
    }
  }

  encode(): Uint8Array {
    return new ByteWriter()
      .i64(this.#offset)
      .i64(this.#pausedAt ?? -1)
      .u64(this.#skipTo)
      .bytes();
  }

  static decode(bytes: Uint8Array): DevClock {
    const reader = new ByteReader(bytes);
    const clock = new DevClock();
    clock.#offset = Number(reader.i64());
    const pausedAt = Number(reader.i64());
    clock.#pausedAt = pausedAt < 0 ? undefined : pausedAt;
    clock.#skipTo = Number(reader.u64());
    return clock;
  }
}
