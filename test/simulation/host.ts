/**
 * The simulated twin of durable-objects/host/machine-host.ts and of the Durable Object around it: what it gives a machine and nothing more.
 *
 *   step ──▶ effects ──▶ [dies here: nothing of the step happened] ──▶ all writes ──▶ [dies here: its messages may be lost] ──▶ messages, timers
 *
 * Timers die with the object; the alarm, which is stored, brings it back. So does any message, as soon as the object can run again.
 */
import type { Effect, Machine, MessageEvent, SubmitAnswer, TimerEvent } from "../../shared/protocol/actor.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { SimulationFailure } from "./failure.ts";
import type { Crash, Faults } from "./faults.ts";
import type { Planned, Scheduler } from "./scheduler.ts";
import { isWrite, SimulatedStorage, type Write } from "./storage.ts";

/** Real time at the start of a simulation, milliseconds. */
export const EPOCH_MS = 1_700_000_000_000;
/** As in the real host. */
const WATCHDOG_MS = 10_000;

export interface HostWorld {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly trace: ((line: string) => void) | undefined;
  send(from: NodeId, to: NodeId, message: Message): void;
  /** An object is about to forget everything. */
  clears(id: NodeId, storage: SimulatedStorage): void;
  /** May change what is written: for the tests of the oracle. */
  writes(id: NodeId, writes: Write[]): readonly Write[];
}

/** Each event is a machine's own; the host does not look at it. */
// biome-ignore lint/suspicious/noExplicitAny: machines with different events are hosted alike
export type AnyMachine = Machine<any>;

export class SimulatedHost<M extends AnyMachine = AnyMachine> {
  readonly id: NodeId;
  readonly storage = new SimulatedStorage();
  readonly #world: HostWorld;
  readonly #create: () => M;
  #machine: M | undefined;
  readonly #timers = new Map<string, Planned>();
  readonly #waiting = new Map<number, (answer: SubmitAnswer) => void>();
  #nextToken = 1;
  #timerCount = 0;
  #alarm: Planned | undefined;
  #watchdogAt = 0;
  #downUntil = 0;
  /** Steps of all incarnations; a boot is one. */
  steps = 0;
  crashes = 0;

  constructor(world: HostWorld, id: NodeId, create: () => M) {
    this.#world = world;
    this.id = id;
    this.#create = create;
  }

  /** The machine, if it is in memory now. */
  get machine(): M | undefined {
    return this.#machine;
  }

  /** The object's clock. */
  get clock(): number {
    const { scheduler, faults } = this.#world;
    return EPOCH_MS + scheduler.now + faults.clockOffset(this.id, scheduler.now);
  }

  deliver(from: NodeId, message: Message): void {
    this.event({ type: "message", from, message } satisfies MessageEvent);
  }

  /** An event from outside; brings the object back when it is not in memory. False: nobody got it. */
  event(event: unknown): boolean {
    if (!this.#machine && !this.wake()) return false;
    const machine = this.#machine;
    if (!machine) return false;
    this.#run(() => machine.step(event, this.clock));
    return true;
  }

  ask(make: (token: number) => unknown, answer: (answer: SubmitAnswer) => void): boolean {
    const token = this.#nextToken++;
    this.#waiting.set(token, answer);
    return this.event(make(token));
  }

  /** Boots the machine if that is possible now. */
  wake(): boolean {
    if (this.#machine) return true;
    if (this.#world.scheduler.now < this.#downUntil) return false;
    this.#world.trace?.(`${this.id} boots`);
    const machine = this.#create();
    this.#machine = machine;
    this.#run(() => machine.boot(this.storage, this.clock));
    return this.#machine !== undefined;
  }

  /** Dies between two steps. */
  kill(downMs: number): void {
    this.#world.trace?.(`${this.id} dies, down for ${downMs} ms`);
    this.crashes++;
    this.#machine = undefined;
    for (const timer of this.#timers.values()) this.#world.scheduler.cancel(timer);
    this.#timers.clear();
    this.#waiting.clear();
    this.#watchdogAt = 0;
    this.#downUntil = this.#world.scheduler.now + downMs;
  }

  /** Can run at once from now on. */
  heal(): void {
    this.#downUntil = Math.min(this.#downUntil, this.#world.scheduler.now);
  }

  #run(step: () => Effect[]): void {
    const crash = this.#world.faults.crash(this.id, this.steps++);
    let effects: Effect[];
    try {
      effects = step();
    } catch (error) {
      throw new SimulationFailure("exception", `${this.id}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
    if (crash?.when === "before") {
      this.kill(crash.downMs);
      return;
    }
    if (effects.some(({ type }) => type === "clear")) {
      this.#world.clears(this.id, this.storage);
      this.storage.clear();
    }
    this.storage.apply(this.#world.writes(this.id, effects.filter(isWrite)));
    this.#release(effects, crash);
    if (crash) this.kill(crash.downMs);
  }

  #release(effects: readonly Effect[], crash: Crash | undefined): void {
    let number = 0;
    for (const effect of effects) {
      if (effect.type === "timer") this.#arm(effect.name, effect.delayMs);
      else if (effect.type === "send") {
        if (!crash?.loses(number++)) this.#world.send(this.id, effect.to, effect.message);
      } else if (effect.type === "resolve") {
        const answer = this.#waiting.get(effect.token);
        this.#waiting.delete(effect.token);
        if (!crash?.loses(number++)) answer?.(effect.value);
      }
    }
  }

  #arm(name: string, delayMs: number): void {
    const { scheduler, faults } = this.#world;
    scheduler.cancel(this.#timers.get(name));
    const fire = (): void => {
      this.#timers.delete(name);
      this.event({ type: "timer", name } satisfies TimerEvent);
    };
    const delay = faults.timerDelay(this.id, name, this.#timerCount++, delayMs);
    this.#timers.set(name, scheduler.after(delay, fire));
    this.#watch();
  }

  #watch(): void {
    const now = this.#world.scheduler.now;
    if (this.#watchdogAt > now) return;
    this.#watchdogAt = now + WATCHDOG_MS;
    this.#setAlarm(WATCHDOG_MS);
  }

  #setAlarm(delayMs: number): void {
    const { scheduler } = this.#world;
    scheduler.cancel(this.#alarm);
    this.#alarm = scheduler.after(delayMs, () => this.#onAlarm());
  }

  /** At least once: tried again while the object cannot run. */
  #onAlarm(): void {
    this.#alarm = undefined;
    if (!this.wake()) {
      this.#setAlarm(Math.max(1, this.#downUntil - this.#world.scheduler.now));
      return;
    }
    this.#watchdogAt = 0;
    if (this.#timers.size > 0) this.#watch();
  }
}
