/**
 * The attacks of `npm run attack` in their small form: nothing dies, the unrelated user's calls all succeed, and what the attacker
 * sends is answered. How long the user waits is measured by the command, not here.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ATTACKS } from "../../infra/attack/attacks/index.ts";
import { runAttack } from "../../infra/attack/run.ts";
import { startTarget, type Target } from "../../infra/attack/target.ts";

const SECONDS = 1;
/** What is said to an attacker that asks for no more than a budget allows, or is told that it does. */
const SAID = /^(HTTP (101|200|429|503)|-32005|answered|outcomes|refused|subscribed|notifications|connected|closed)$/;
/** Attacks on what differs between one process and two: sockets, their subscriptions, the path of a transaction. */
const SPLIT = new Set(["statuses", "stream", "logs", "idle-sockets", "slow-readers"]);

describe.each([1, 2] as const)("a network of %i processes", (processes) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(processes);
  });
  afterAll(() => target?.stop());

  it.each(ATTACKS.filter(({ name }) => processes === 1 || SPLIT.has(name)).map((attack) => [attack.name, attack]))(
    "stands %s",
    async (_, attack) => {
      const { before, during, after, counts, deaths, log } = await runAttack(target, attack, {
        seconds: SECONDS,
        small: true,
      });
      expect(deaths).toBe(0);
      for (const phase of [before, during, after]) {
        expect(Object.fromEntries(phase.failures)).toEqual({});
        expect(phase.getSlot.count).toBeGreaterThan(0);
        expect(phase.confirmation.count).toBeGreaterThan(0);
      }
      expect(Object.keys(counts!).filter((label) => !SAID.test(label))).toEqual([]);
      expect(Object.values(counts!).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      expect(log).toEqual([]);
    },
  );
});
