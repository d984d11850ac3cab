/**
 * Which faults a run meets. Each has a name that stays the same when others are taken out, so that a failing run can be minimised: run
 * again with `only` some of the names.
 */
import type { Dice } from "./dice.ts";

export interface FaultRates {
  /** Of each message. */
  drop: number;
  duplicate: number;
  /** A message takes up to two seconds longer. */
  slow: number;
  /** Of each step of an object: dies before its writes, or after them. */
  crash: number;
  /** Of each pair of objects in each window of 100 ms. */
  partition: number;
  /** Of each object in each window: its clock is set. */
  clock: number;
  /** Of each window: the whole process is killed, with all that is under way between the objects. */
  blackout: number;
  /** Of each timer: fires late. */
  late: number;
  /** 1: every message takes 1 to 4 ms, so that they overtake each other; 0: 2 ms, in order, as calls to one object are. */
  jitter: 0 | 1;
}

export const NO_FAULTS: FaultRates = {
  drop: 0,
  duplicate: 0,
  slow: 0,
  crash: 0,
  partition: 0,
  clock: 0,
  blackout: 0,
  late: 0,
  jitter: 0,
};

/** What a seed's weather is like. */
export function ratesOf(dice: Dice): FaultRates {
  const heavy = (name: string, rate: number): number => dice.pick(`weather ${name}`, [0, 0, rate / 10, rate / 3, rate]);
  return {
    drop: heavy("drop", 0.2),
    duplicate: heavy("duplicate", 0.2),
    slow: heavy("slow", 0.15),
    crash: dice.pick("weather crash", [0, 0.01, 0.03, 0.06, 0.1]),
    partition: heavy("partition", 0.1),
    clock: heavy("clock", 0.1),
    blackout: dice.pick("weather blackout", [0, 0, 0, 0.05, 0.15]),
    late: heavy("late", 0.2),
    jitter: dice.chance("weather jitter", 0.6) ? 1 : 0,
  };
}

export interface Crash {
  readonly when: "before" | "after";
  readonly downMs: number;
  /** Whether message or answer number `i` of the step is lost with the object. */
  loses(i: number): boolean;
}

export const WINDOW_MS = 100;

export class Faults {
  readonly #dice: Dice;
  readonly #rates: FaultRates;
  readonly #only: ReadonlySet<string> | undefined;
  /** Names of the faults that came to pass, in the order of their first time. */
  readonly happened = new Set<string>();
  /** From here on everything works. */
  healed = false;
  /** Crashes that a scenario asks for, by name ("crash shard-0 step 4"). */
  readonly forced = new Map<string, Crash>();

  constructor(dice: Dice, rates: FaultRates, only?: ReadonlySet<string>) {
    this.#dice = dice;
    this.#rates = rates;
    this.#only = only;
  }

  #happens(name: string, rate: number): boolean {
    if (this.healed || rate === 0 || !this.#dice.chance(name, rate)) return false;
    if (this.#only && !this.#only.has(name)) return false;
    this.happened.add(name);
    return true;
  }

  /** The copies in which a message arrives, each after so many milliseconds. `link`: "from>to#number". */
  deliveries(link: string): number[] {
    const dice = this.#dice;
    const calm = this.healed || this.#rates.jitter === 0;
    const base = (copy: string): number => (calm ? 2 : dice.between(`${copy}delay ${link}`, 1, 4));
    if (this.#happens(`drop ${link}`, this.#rates.drop)) return [];
    const times = [base("")];
    if (this.#happens(`slow ${link}`, this.#rates.slow)) times[0] = this.#slow(link);
    if (this.#happens(`duplicate ${link}`, this.#rates.duplicate)) {
      times.push(dice.chance(`far copy ${link}`, 0.5) ? this.#slow(`copy ${link}`) : base("copy "));
    }
    return times;
  }

  #slow(link: string): number {
    const long = this.#dice.chance(`very slow ${link}`, 0.2);
    return this.#dice.between(`slow time ${link}`, 5, long ? 2000 : 60);
  }

  crash(node: string, step: number): Crash | undefined {
    const name = `crash ${node} step ${step}`;
    const forced = this.forced.get(name);
    if (forced) return forced;
    if (!this.#happens(name, this.#rates.crash)) return undefined;
    const dice = this.#dice;
    const all = dice.below(`loses ${name}`, 4);
    return {
      when: dice.chance(`when ${name}`, 0.5) ? "before" : "after",
      downMs: dice.chance(`long ${name}`, 0.2) ? dice.below(`down ${name}`, 3000) : dice.below(`down ${name}`, 60),
      loses: (i) => (all === 0 ? true : all === 1 ? false : dice.chance(`lost ${name} ${i}`, 0.5)),
    };
  }

  partitioned(a: string, b: string, now: number): boolean {
    if (this.healed || this.#rates.partition === 0) return false;
    const window = Math.floor(now / WINDOW_MS);
    const pair = a < b ? `${a} ${b}` : `${b} ${a}`;
    // A partition may last several windows.
    for (let age = 0; age < 4; age++) {
      const name = `partition ${pair} window ${window - age}`;
      if (this.#dice.below(`length ${name}`, 4) < age) continue;
      if (!this.#dice.chance(name, this.#rates.partition)) continue;
      if (this.#only && !this.#only.has(name)) continue;
      this.happened.add(name);
      return true;
    }
    return false;
  }

  /** Milliseconds by which an object's clock is off. Forward more than backwards, as clocks are set. */
  clockOffset(node: string, now: number): number {
    const name = `clock ${node} window ${Math.floor(now / WINDOW_MS)}`;
    if (!this.#happens(name, this.#rates.clock)) return 0;
    return this.#dice.between(`set ${name}`, -300, 1500);
  }

  /** For how long everything is down that dies in this window, or undefined. */
  blackout(window: number): number | undefined {
    const name = `blackout window ${window}`;
    if (!this.#happens(name, this.#rates.blackout)) return undefined;
    return this.#dice.between(`down ${name}`, 0, 300);
  }

  timerDelay(node: string, timer: string, number: number, delayMs: number): number {
    const name = `late ${node} ${timer} ${number}`;
    return this.#happens(name, this.#rates.late) ? delayMs + this.#dice.between(`by ${name}`, 1, 400) : delayMs;
  }
}
