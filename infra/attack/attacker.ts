/**
 * The attacker's process: `attacker.ts`, told by its parent (attacker-process.ts) what to do.
 *
 *   parent ─▶ { name, url, small, seconds } ─▶ prepares ─▶ "ready" ─▶ parent says "go" ─▶ attacks ─▶ counts, and it ends
 */
import type { End } from "./attack.ts";
import { attackNamed } from "./attacks/index.ts";
import { type Counts, Tally } from "./tally.ts";

export interface Order {
  readonly name: string;
  readonly url: string;
  readonly ports: readonly number[];
  readonly small: boolean;
  readonly seconds: number;
}

export type Reply = { readonly ready: true } | { readonly counts: Counts };

const reply = (message: Reply): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });

function endAfter(seconds: number): End {
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    setTimeout(() => {
      isOver = true;
      resolve();
    }, seconds * 1_000);
  });
  return {
    get isOver() {
      return isOver;
    },
    over,
  };
}

async function attack({ name, url, ports, small, seconds }: Order): Promise<void> {
  const tally = new Tally();
  const start = await attackNamed(name).prepare({ url: new URL(url), ports, small, seconds, tally });
  const go = new Promise((resolve) => process.once("message", resolve));
  await reply({ ready: true });
  await go;
  const end = endAfter(seconds);
  // One that has nothing left to send keeps what it has open.
  await Promise.race([end.over, start(end).catch((error: unknown) => tally.fault(error))]);
  await end.over;
  await reply({ counts: tally.counts });
}

// It never outlives its parent.
process.once("disconnect", () => process.exit(1));
process.once("message", (order: Order) => {
  attack(order).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${(error as Error).stack}\n`);
      process.exit(1);
    },
  );
});
