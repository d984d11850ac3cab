/**
 * Ingress lane: turns many small submissions into few large frames on the way to the builder.
 *
 *   submit ─▶ pending ─(flush: one durable row, links the hash chain)─▶ unacknowledged ─(builder: taken)─▶ gone
 *
 * A submitter is answered when his frame is durable here. The lane sends what the builder has not taken again and
 * again, oldest first, so that a client sends once.
 */
import type {
  Effect,
  Machine,
  MemoryReport,
  MessageEvent,
  Sha256,
  StorageView,
  TimerEvent,
} from "../protocol/actor.ts";
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { FRAME } from "../protocol/layouts/record.ts";
import { LANE_WINDOW_BYTES, MAX_FRAME_BYTES, MAX_LANE_BYTES, RETRY_MS } from "../protocol/limits.ts";
import { elapsed } from "./elapsed.ts";

export interface SubmitEvent {
  readonly type: "submit";
  readonly token: number;
  readonly frame: Uint8Array;
  /** It was gathered already, and goes to storage at once. */
  readonly isGathered?: boolean;
}
export type LaneEvent = SubmitEvent | TimerEvent | MessageEvent;

/** How long a lane gathers before it flushes when it has just flushed, milliseconds. An idle lane flushes at once. */
const GATHER_MS = 4;
/** Answered rows are removed when so many have gathered: a removal costs a row written. */
const SWEEP_ROWS = 64;
const BUSY_RETRY_MS = 50;
const CHAIN_SIZE = 32;

interface Unacknowledged {
  readonly seq: number;
  readonly frame: Uint8Array;
  sent: boolean;
}

export class LaneMachine implements Machine<LaneEvent> {
  readonly #sha256: Sha256;
  #nextSeq = 1;
  #chain: Uint8Array = new Uint8Array(CHAIN_SIZE);
  #pending: SubmitEvent[] = [];
  #unacknowledged: Unacknowledged[] = [];
  #bytes = 0;
  #sentBytes = 0;
  #oldestRow = 1;
  #lastFlush = Number.NEGATIVE_INFINITY;
  #flushArmed = false;
  #retryArmed = false;
  /** The retry is armed for soon: a further `busy` must not put it off. */
  #retrySoon = false;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  boot(storage: StorageView): Effect[] {
    for (const { id, bytes } of storage.list("frames")) {
      if (this.#unacknowledged.length === 0) this.#oldestRow = id;
      const frame = bytes.subarray(CHAIN_SIZE);
      this.#unacknowledged.push({ seq: id, frame, sent: false });
      this.#bytes += frame.length;
      this.#chain = bytes.slice(0, CHAIN_SIZE);
      this.#nextSeq = id + 1;
    }
    return this.#send();
  }

  step(event: LaneEvent, now: number): Effect[] {
    if (event.type === "submit") return this.#submit(event, now);
    if (event.type === "timer") return event.name === "flush" ? this.#flush(now) : this.#retry();
    const { message } = event;
    if (message.type === "taken") return this.#taken(message.seq);
    if (message.type === "busy") return this.#busy();
    return [];
  }

  /** Bytes held: waiting to be flushed, and flushed but not taken. */
  get heldBytes(): number {
    return this.#bytes;
  }

  memory(): MemoryReport {
    return { heldBytes: this.#bytes, waiting: this.#pending.length, unacknowledged: this.#unacknowledged.length };
  }

  #submit(event: SubmitEvent, now: number): Effect[] {
    if (this.#bytes + event.frame.length > MAX_LANE_BYTES) {
      return [{ type: "resolve", token: event.token, value: { ok: false, retryAfterMs: 100 } }];
    }
    this.#pending.push(event);
    this.#bytes += event.frame.length;
    if (event.isGathered) return this.#flush(now);
    if (this.#flushArmed) return [];
    this.#flushArmed = true;
    const delayMs = Math.max(0, Math.ceil(GATHER_MS - elapsed(this.#lastFlush, now)));
    return [{ type: "timer", name: "flush", delayMs }];
  }

  #flush(now: number): Effect[] {
    this.#flushArmed = false;
    this.#lastFlush = now;
    const effects: Effect[] = [];
    const resolved: Effect[] = [];
    let batch: Uint8Array[] = [];
    let count = 0;
    let size = 0;
    const close = () => {
      if (batch.length === 0) return;
      const head = new Uint8Array(FRAME.HEADER);
      viewOf(head).setUint32(FRAME.COUNT, count, true);
      const frame = concatBytes(head, ...batch);
      this.#chain = this.#sha256(this.#chain, this.#sha256(frame));
      effects.push({ type: "put", table: "frames", id: this.#nextSeq, bytes: concatBytes(this.#chain, frame) });
      this.#unacknowledged.push({ seq: this.#nextSeq, frame, sent: false });
      // From here on the frame's head counts too; it goes when the frame goes.
      this.#bytes += frame.length - size;
      this.#nextSeq++;
      batch = [];
      count = 0;
      size = 0;
    };
    for (const { frame, token } of this.#pending) {
      if (size + frame.length > MAX_FRAME_BYTES) close();
      batch.push(frame.subarray(FRAME.HEADER));
      count += viewOf(frame).getUint32(FRAME.COUNT, true);
      size += frame.length;
      resolved.push({ type: "resolve", token, value: { ok: true } });
    }
    close();
    this.#pending = [];
    return [...effects, ...this.#send(), ...resolved];
  }

  /** Sends what is unsent, as far as the window allows, and arms the retry. */
  #send(): Effect[] {
    const effects: Effect[] = [];
    const oldest = this.#unacknowledged[0]?.seq;
    if (oldest === undefined) return effects;
    for (const item of this.#unacknowledged) {
      if (item.sent) continue;
      if (this.#sentBytes > 0 && this.#sentBytes + item.frame.length > LANE_WINDOW_BYTES) break;
      item.sent = true;
      this.#sentBytes += item.frame.length;
      effects.push({
        type: "send",
        to: "builder",
        message: { type: "frames", seq: item.seq, oldest, frame: item.frame },
      });
    }
    if (!this.#retryArmed) {
      this.#retryArmed = true;
      effects.push({ type: "timer", name: "retry", delayMs: RETRY_MS });
    }
    return effects;
  }

  #retry(): Effect[] {
    this.#retryArmed = false;
    this.#retrySoon = false;
    for (const item of this.#unacknowledged) item.sent = false;
    this.#sentBytes = 0;
    return this.#send();
  }

  #busy(): Effect[] {
    if (this.#retrySoon) return [];
    this.#retrySoon = true;
    this.#retryArmed = true;
    return [{ type: "timer", name: "retry", delayMs: BUSY_RETRY_MS }];
  }

  #taken(seq: number): Effect[] {
    let n = 0;
    for (const item of this.#unacknowledged) {
      if (item.seq > seq) break;
      n++;
      this.#bytes -= item.frame.length;
      if (item.sent) this.#sentBytes -= item.frame.length;
    }
    if (n === 0) return [];
    this.#unacknowledged.splice(0, n);
    const effects = this.#send();
    // The newest row always stays: it carries the sequence number and the end of the hash chain over a restart.
    const removable = Math.min(seq, this.#nextSeq - 2);
    if (removable - this.#oldestRow + 1 >= SWEEP_ROWS) {
      effects.push({ type: "delete", table: "frames", from: this.#oldestRow, to: removable });
      this.#oldestRow = removable + 1;
    }
    return effects;
  }
}
