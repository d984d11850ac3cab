/** What a run has come through: counts of the paths that only faults lead to. */
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import type { Sabotage } from "./cluster.ts";
import { wrap } from "./sabotage.ts";

export class Coverage {
  readonly counts = new Map<string, number>();

  hit(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Observes without changing anything. */
  readonly observer: Sabotage = {
    engine: (engine) =>
      wrap(engine, {
        restore: (slot, totals) => {
          if (slot > 0) this.hit("checkpoint loaded");
          engine.restore(slot, totals);
        },
        fetch: (accounts) => {
          const before = engine.coldCount();
          engine.fetch(accounts);
          if (engine.coldCount() < before) this.hit("cold account fetched");
        },
        evict: (limit) => {
          const before = engine.coldCount();
          engine.evict(limit);
          if (engine.coldCount() > before) this.hit("account evicted");
        },
        coldOfRow: (row) => {
          const keys = engine.coldOfRow(row);
          if (keys.length > 0) this.hit("cold account of a log row");
          return keys;
        },
        replay: (row) => {
          this.hit("log row replayed");
          return engine.replay(row);
        },
        loanAt: (slot, to) => {
          const found = engine.loanAt(slot, to);
          this.hit(found ? "loan of a committed slot again" : "loan of a slot that is gone");
          return found;
        },
        returnedAt: (slot, to) => {
          const found = engine.returnedAt(slot, to);
          this.hit(found ? "return of a committed slot again" : "return of a slot that is gone");
          return found;
        },
        codeAt: (slot, to, hash) => {
          const found = engine.codeAt(slot, to, hash);
          if (!found) this.hit("code of a slot that is gone");
          else this.hit(slot > engine.applied() ? "code of an open slot" : "code of a committed slot");
          return found;
        },
        receiveCode: (code) => {
          const answer = engine.receiveCode(code);
          this.hit(answer === 0 ? "code received" : "code that nobody waits for");
          return answer;
        },
        outcomeAt: (slot) => {
          const found = engine.outcomeAt(slot);
          if (!found) this.hit("outcome of a slot that is gone");
          return found;
        },
        collect: (since, asOf, listBytes) => {
          this.hit(since > 0 ? "checkpoint on top of others" : "first checkpoint");
          return engine.collect(since, asOf, listBytes);
        },
      }),
    writes: (_id, writes) => {
      if (writes.some(({ type, table }) => type === "delete" && table.endsWith("-pages")))
        this.hit("index runs merged");
      return writes;
    },
    send: (from: NodeId, to: NodeId, message: Message): readonly Message[] => {
      const times = `${from} ${to} ${message.type} ${"slot" in message ? message.slot : ""}`;
      this.hit(message.type);
      if (message.type === "entries" && to !== "index-0") this.hit("a wider index");
      if (
        message.type === "loan" ||
        message.type === "return" ||
        message.type === "proposal" ||
        message.type === "block"
      ) {
        this.hit(this.#seen.has(times) ? `${message.type} repeated` : `${message.type} first`);
        this.#seen.add(times);
      }
      return [message];
    },
  };
  #seen = new Set<string>();

  /** The next run's messages are not this one's. */
  nextRun(): void {
    this.#seen = new Set();
  }
}
