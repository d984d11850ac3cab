/**
 * What a state machine may ask of the object that hosts it.
 *
 *   event ──▶ machine.step ──▶ effects: put/delete (one atomic write) ──▶ durable ──▶ send / resolve ──▶ timers
 *
 * The host applies all writes of a step together and lets no message of the step out before they are durable (in a
 * Durable Object that is the output gate). A crash may come before the writes (then nothing of the step happened) or
 * after them (then any of its messages may be lost): no other case exists, here and in the simulator alike.
 */
import type { Message, NodeId } from "./messages.ts";

export type Effect =
  /** Stores `bytes` of any length under (table, id); replaces what was there. */
  | { readonly type: "put"; readonly table: string; readonly id: number; readonly bytes: Uint8Array }
  /** Removes the ids from..to (inclusive) of a table. */
  | { readonly type: "delete"; readonly table: string; readonly from: number; readonly to: number }
  /** Removes everything that the machine has stored; what the same step puts stays. */
  | { readonly type: "clear" }
  | { readonly type: "send"; readonly to: NodeId; readonly message: Message }
  /** Answers the caller that waits under `token`. */
  | { readonly type: "resolve"; readonly token: number; readonly value: SubmitAnswer }
  /** Delivers a `timer` event of this name after the delay; re-arming replaces the earlier one. */
  | { readonly type: "timer"; readonly name: string; readonly delayMs: number };

export type SubmitAnswer =
  | { readonly ok: true }
  /** Nothing was taken; try again after so many milliseconds. `full`: because there is no room in storage. */
  | { readonly ok: false; readonly retryAfterMs: number; readonly full?: true };

export interface StoredItem {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Read access to what the machine has put. */
export interface StorageView {
  get(table: string, id: number): Uint8Array | undefined;
  /** Ids ascending. */
  list(table: string, from?: number, to?: number): Iterable<StoredItem>;
}

/** SHA-256 of the concatenation. Passed in, so that a host can use its native one. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;

/** A state machine: deterministic in (what was stored, its events, the times passed in with them). */
export interface Machine<Event> {
  /** Called once, before any event, with what an earlier incarnation stored. `now` in milliseconds. */
  boot(storage: StorageView, now: number): Effect[];
  step(event: Event, now: number): Effect[];
  /** What it keeps in memory, for whoever watches. */
  memory?(): MemoryReport;
}

/** Numbers by name: bytes where the name ends so, counts elsewhere. */
export type MemoryReport = Readonly<Record<string, number>>;

export interface TimerEvent {
  readonly type: "timer";
  readonly name: string;
}

export interface MessageEvent {
  readonly type: "message";
  readonly from: NodeId;
  readonly message: Message;
}
