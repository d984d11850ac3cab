/** What a limit of file descriptors allows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { budgetOf, descriptorLimit, descriptorsOf } from "../../../infra/network/descriptors.ts";

describe("the budget of a limit", () => {
  it.each([
    [1_024, { full: 768, connections: 192, webSockets: 144, backlog: 32 }],
    [20_000, { full: 15_000, connections: 7_200, webSockets: 5_400, backlog: 625 }],
    [524_288, { full: 507_904, connections: 253_652, webSockets: 190_239, backlog: 2_048 }],
    [200, { full: 0, connections: 0, webSockets: 0, backlog: 25 }],
  ])("%i descriptors", (limit, budget) => {
    expect(budgetOf(limit)).toEqual({ limit, ...budget });
  });

  it.each([256, 1_000, 4_096, 65_536, 1_048_576])("of %i leaves room for all that waits when it is full", (limit) => {
    const { full, backlog } = budgetOf(limit);
    expect(full + 2 * backlog).toBeLessThan(limit);
  });
});

describe.runIf(process.platform === "linux")("on Linux", () => {
  it("reads the limit that a child begins with", async () => {
    const child = spawn("/bin/sh", ["-c", "ulimit -n"], { stdio: ["ignore", "pipe", "ignore"] });
    const [text] = await once(child.stdout, "data");
    expect(descriptorLimit()).toBe(Number(text));
  });

  it("counts the descriptors of a process, and knows none of one that is gone", async () => {
    const script = (more: string) => `exec ${more} 3</dev/null; echo; read x`;
    const child = (more: string) => spawn("/bin/sh", ["-c", script(more)], { stdio: ["pipe", "pipe", "ignore"] });
    const counts: (number | undefined)[] = [];
    for (const more of ["", "7</dev/null 8</dev/null"]) {
      const process = child(more);
      await once(process.stdout!, "data");
      counts.push(descriptorsOf(process.pid!));
      process.kill("SIGKILL");
      await once(process, "exit");
      expect(descriptorsOf(process.pid!)).toBeUndefined();
    }
    expect(counts[1]! - counts[0]!).toBe(2);
  });
});
