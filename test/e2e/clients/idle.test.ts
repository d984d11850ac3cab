/** A client that waits for slots alone keeps the chain awake, however slow its slots are. */
import { createSolanaRpcSubscriptions } from "@solana/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";

let network: Network;
beforeAll(async () => {
  // An empty block comes only every 16 s then: longer than one look at the tip keeps the chain awake.
  network = await startNetwork({ slotMs: 2_000 });
});
afterAll(() => network?.stop());

test("slots come, one after the other, to a client that does nothing else", async () => {
  const abort = new AbortController();
  const slots = await createSolanaRpcSubscriptions(network.wsUrl)
    .slotNotifications()
    .subscribe({ abortSignal: abort.signal });
  const seen: bigint[] = [];
  for await (const { slot } of slots) {
    seen.push(slot);
    if (seen.length === 2) break;
  }
  abort.abort();
  expect(seen).toEqual([seen[0], seen[0]! + 1n]);
});
