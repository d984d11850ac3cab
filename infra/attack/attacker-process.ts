/** Runs an attacker in a process of its own, so that its work does not hold up the user who measures. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Order, Reply } from "./attacker.ts";
import type { Counts } from "./tally.ts";

/** For funding accounts, a deployment and 300,000 signatures. */
const PREPARE_MS = 120_000;
/** Beyond its time, until it is killed. */
const GRACE_MS = 5_000;

export class AttackerProcess {
  readonly #child: ChildProcess;
  readonly #order: Order;
  #said = "";

  private constructor(order: Order) {
    this.#order = order;
    this.#child = fork(join(import.meta.dirname, "attacker.ts"), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr!.on("data", (data) => {
      this.#said = `${this.#said}${data}`.slice(-2_000);
    });
    this.#child.send(order);
  }

  /** Back when it has prepared what it will send. */
  static async prepare(order: Order): Promise<AttackerProcess> {
    const attacker = new AttackerProcess(order);
    const reply = await attacker.#reply(PREPARE_MS);
    if (reply === undefined || !("ready" in reply)) throw new Error(`${order.name}: ${attacker.#said.trim()}`);
    return attacker;
  }

  /** Attacks; back when the process has ended, with what it counted: null when it did not say so in time. */
  async run(): Promise<Counts | null> {
    const exited = once(this.#child, "exit");
    this.#child.send("go");
    const reply = await this.#reply(this.#order.seconds * 1_000 + GRACE_MS);
    await exited;
    return reply && "counts" in reply ? reply.counts : null;
  }

  /** The next message, or undefined when there is none: then it is killed. */
  async #reply(patienceMs: number): Promise<Reply | undefined> {
    const child = this.#child;
    let timer: NodeJS.Timeout | undefined;
    const reply = await new Promise<Reply | undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patienceMs);
      child.once("message", (message) => resolve(message as Reply));
      child.once("exit", () => resolve(undefined));
    });
    clearTimeout(timer);
    if (reply === undefined) this.kill();
    return reply;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
