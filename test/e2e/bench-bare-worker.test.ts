/** The worker that the benchmark holds JSON-RPC against. */
import { expect, test } from "vitest";
import { startBareWorker } from "../bench/bare-worker.ts";

test("the bare worker answers with so many bytes, with and without an object call", async () => {
  const bare = await startBareWorker();
  try {
    for (const calls of [0, 1] as const) {
      const answer = await fetch(bare.url(calls, 77), { method: "POST", body: "{}" });
      expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 77]);
    }
  } finally {
    await bare.stop();
  }
});
