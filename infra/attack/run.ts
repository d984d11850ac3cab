/** One attack: what an unrelated user sees before, during and after it, and what becomes of the network's processes. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack } from "./attack.ts";
import { AttackerProcess } from "./attacker-process.ts";
import type { Counts } from "./tally.ts";
import { type Target, type Usage, usageOf } from "./target.ts";
import { type Sample, User } from "./user.ts";

/** How long the user is watched before and after, seconds. */
const CALM_S = { full: 3, small: 0.5 };
const WATCH_MS = 100;
/** After the attack connections are still being closed; then it is over. */
const SETTLE_MS = 500;

export interface Outcome {
  readonly attack: Attack;
  readonly before: Sample;
  readonly during: Sample;
  readonly after: Sample;
  /** Null: nothing is known of the processes. */
  readonly usage: { readonly before: Usage; readonly peak: Usage; readonly after: Usage } | null;
  /** What was said to the attacker; null: it did not end in time and was killed. */
  readonly counts: Counts | null;
  /** Processes that ended. */
  readonly deaths: number;
  /** Warnings and errors on the network's log. */
  readonly log: readonly string[];
}

/** Watches processes: the largest figures, and how many were replaced or are gone. */
class Watch {
  readonly #target: Target;
  readonly #timer: NodeJS.Timeout;
  #pids: readonly number[];
  peak: Usage | null;
  deaths = 0;

  constructor(target: Target) {
    this.#target = target;
    this.#pids = target.pids();
    this.peak = usageOf(this.#pids);
    this.#timer = setInterval(() => this.#look(), WATCH_MS);
  }

  #look(): void {
    const pids = this.#target.pids();
    this.deaths += this.#pids.filter((pid) => !pids.includes(pid)).length;
    this.#pids = pids;
    const usage = usageOf(pids);
    if (usage && this.peak) {
      const memoryMib = Math.max(usage.memoryMib, this.peak.memoryMib);
      this.peak = { memoryMib, descriptors: Math.max(usage.descriptors, this.peak.descriptors) };
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }
}

export interface RunOptions {
  readonly seconds: number;
  readonly small: boolean;
  /** Told of each attacker while it runs, so that it can be ended. */
  readonly onAttacker?: (attacker: AttackerProcess) => void;
}

export async function runAttack(target: Target, attack: Attack, options: RunOptions): Promise<Outcome> {
  const { seconds, small, onAttacker } = options;
  const calm = small ? CALM_S.small : CALM_S.full;
  const order = { name: attack.name, url: target.url.href, ports: target.ports, small, seconds };
  const attacker = await AttackerProcess.prepare(order);
  onAttacker?.(attacker);
  const user = await User.meet(target.url);
  target.said();
  try {
    const before = await user.measure(calm);
    const usageBefore = usageOf(target.pids());
    const watch = new Watch(target);
    const [counts, during] = await Promise.all([attacker.run(), user.measure(seconds)]);
    await sleep(SETTLE_MS);
    const after = await user.measure(calm);
    watch.stop();
    const usageAfter = usageOf(target.pids());
    const usage =
      usageBefore && watch.peak && usageAfter ? { before: usageBefore, peak: watch.peak, after: usageAfter } : null;
    return { attack, before, during, after, usage, counts, deaths: watch.deaths, log: target.said() };
  } finally {
    attacker.kill();
    user.close();
  }
}
