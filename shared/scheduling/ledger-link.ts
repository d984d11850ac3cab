/** Which generation of the ledger the builder sends its blocks to: remembered, and learned from the generation that is full. */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import type { Message } from "../protocol/messages.ts";

export class LedgerLink {
  #generation = 0;

  boot(storage: StorageView): void {
    const stored = storage.get("ledger", 0);
    if (stored) this.#generation = Number(new ByteReader(stored).u64());
  }

  get generation(): number {
    return this.#generation;
  }

  /** Undefined: nothing new. */
  moved(generation: number): Effect | undefined {
    if (generation <= this.#generation) return undefined;
    this.#generation = generation;
    return { type: "put", table: "ledger", id: 0, bytes: new ByteWriter().u64(generation).bytes() };
  }

  send(message: Message): Effect {
    return { type: "send", to: `ledger-${this.#generation}`, message };
  }
}
