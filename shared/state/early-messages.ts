/** Loans and returns that came before their slot began here, by slot and sender. */
import { EARLY_SLOTS } from "../protocol/limits.ts";
import type { Message } from "../protocol/messages.ts";

export type Accounts = Extract<Message, { type: "loan" | "return" }>;

/**
 * Bounded by the number of slots, not by how far ahead they are: the last slot in which this shard had a part may be long ago.
 * What is dropped is asked for again when its slot begins.
 */
export class EarlyMessages {
  readonly #slots = new Map<number, Map<string, Accounts>>();

  keep(shard: number, message: Accounts): void {
    let slot = this.#slots.get(message.slot);
    if (!slot) {
      if (this.#slots.size >= EARLY_SLOTS) return;
      slot = new Map();
      this.#slots.set(message.slot, slot);
    }
    slot.set(`${message.type}:${shard}`, message);
  }

  /** What came for a slot, with the shard that sent it; it is kept no longer. */
  take(slot: number): [number, Accounts][] {
    const found = this.#slots.get(slot);
    this.#slots.delete(slot);
    return [...(found ?? [])].map(([key, message]) => [Number(key.slice(key.indexOf(":") + 1)), message]);
  }

  /** Drops what is for slots up to this one. */
  drop(applied: number): void {
    for (const slot of this.#slots.keys()) if (slot <= applied) this.#slots.delete(slot);
  }

  get size(): number {
    return this.#slots.size;
  }
}
