/** Setting the clock of a network for development, and waiting until its blocks show it. */
import type { Backend, Head } from "../../shared/rpc/backend.ts";
import { invalidParams, nodeUnhealthy } from "../../shared/rpc/errors.ts";
import type { ClockCommand } from "../../shared/scheduling/dev-clock.ts";

/** How often the tip is looked at, and how many times. */
const POLL_MS = 10;
const POLLS = 1_000;

function isShown(command: ClockCommand, before: Head, head: Head): boolean {
  return head.slot >= (command.type === "slot" ? BigInt(command.slot) : before.slot + 1n);
}

export class ChainClock {
  readonly #backend: Pick<Backend, "head">;
  readonly #send: (command: ClockCommand) => Promise<boolean>;

  constructor(backend: Pick<Backend, "head">, send: (command: ClockCommand) => Promise<boolean>) {
    this.#backend = backend;
    this.#send = send;
  }

  async set(command: ClockCommand): Promise<void> {
    const before = await this.#backend.head();
    if (command.type === "slot" && BigInt(command.slot) <= before.slot) {
      throw invalidParams(`slot ${command.slot} has passed: the newest is ${before.slot}`);
    }
    if (command.type === "time" && BigInt(command.unixTimestamp) < before.blockTime) {
      throw invalidParams(
        `the time ${command.unixTimestamp} s has passed: the newest block's is ${before.blockTime} s`,
      );
    }
    if (!(await this.#send(command))) throw nodeUnhealthy();
    for (let poll = 0; poll < POLLS; poll++) {
      if (isShown(command, before, await this.#backend.head())) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw nodeUnhealthy();
  }
}
