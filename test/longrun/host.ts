/** A state machine over the file of its object, without a network: its messages are handed over by the chain, its timers fire when it says. */
import { join } from "node:path";
import type { Effect, Machine, MessageEvent, SubmitAnswer, TimerEvent } from "../../shared/protocol/actor.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { ObjectFile } from "./object-file.ts";

export interface Post {
  readonly to: NodeId;
  readonly from: NodeId;
  readonly message: Message;
}

/** What the hosts share: the time, and messages on their way. */
export interface Wires {
  now: number;
  post(post: Post): void;
  answered(token: number, answer: SubmitAnswer): void;
}

export class Host<M extends Machine<never>> {
  readonly id: NodeId;
  readonly file: ObjectFile;
  readonly #create: () => M;
  readonly #wires: Wires;
  readonly #timers = new Map<string, number>();
  machine!: M;
  starts = 0;

  constructor(id: NodeId, folder: string, create: () => M, wires: Wires) {
    this.id = id;
    this.file = new ObjectFile(join(folder, `${id}.sqlite`), id);
    this.#create = create;
    this.#wires = wires;
    this.restart();
  }

  /** What is in memory is lost, timers too; the machine begins with what it has stored. */
  restart(): void {
    this.#timers.clear();
    this.starts++;
    this.machine = this.#create();
    this.#apply(this.machine.boot(this.file.store, this.#wires.now));
  }

  step(event: unknown): void {
    this.#apply(this.machine.step(event as never, this.#wires.now));
  }

  deliver({ from, message }: Post): void {
    this.step({ type: "message", from, message } satisfies MessageEvent);
  }

  /** When the next timer is due, milliseconds; undefined: none is armed. */
  get due(): number | undefined {
    return this.#timers.size === 0 ? undefined : Math.min(...this.#timers.values());
  }

  fire(): void {
    for (const [name, at] of [...this.#timers]) {
      // A step may have armed or replaced those that were due with it.
      if (at > this.#wires.now || this.#timers.get(name) !== at) continue;
      this.#timers.delete(name);
      this.step({ type: "timer", name } satisfies TimerEvent);
    }
  }

  #apply(effects: readonly Effect[]): void {
    const { store } = this.file;
    if (effects.some(({ type }) => type === "clear")) this.file.clear();
    for (const effect of effects) {
      if (effect.type === "put") store.put(effect.table, effect.id, effect.bytes);
      else if (effect.type === "delete") store.delete(effect.table, effect.from, effect.to);
    }
    for (const effect of effects) {
      if (effect.type === "send") this.#wires.post({ from: this.id, to: effect.to, message: effect.message });
      else if (effect.type === "timer") this.#timers.set(effect.name, this.#wires.now + effect.delayMs);
      else if (effect.type === "resolve") this.#wires.answered(effect.token, effect.value);
    }
  }
}
