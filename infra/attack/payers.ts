/** Accounts of an attacker, with what their transactions cost. */
import type { KeyObject } from "node:crypto";
import { hostTimer, streamUrl, webSocket } from "../../shared/ingest/adapters.ts";
import { IngestClient } from "../../shared/ingest/client.ts";
import { StreamTransport } from "../../shared/ingest/transport.ts";
import { secretOf } from "../load/accounts.ts";
import { fundAccounts } from "../load/funding.ts";
import type { Plan } from "../load/plan.ts";
import type { Context } from "./attack.ts";

const SEED = "attack";

export const payerOf = (index: number): KeyObject => secretOf(SEED, index);

export function streamClient(url: URL): IngestClient {
  const timer = hostTimer(setTimeout, clearTimeout);
  const open = () => new WebSocket(streamUrl(url.href));
  return new IngestClient(new StreamTransport(webSocket(open), timer), timer);
}

/** Funds the accounts of a plan; those of earlier attacks are found again. */
export async function fundPlan({ url }: Context, plan: Plan): Promise<void> {
  const client = streamClient(url);
  try {
    await fundAccounts(url.href, client, plan, () => {});
  } finally {
    client.close();
  }
}

/** The first `count` payers, with 0.01 SOL at least: 2,000 fees. */
export async function fundedPayers(context: Context, count: number): Promise<KeyObject[]> {
  const plan = { seed: SEED, accounts: count, token: false, tps: 1, rows: new Uint32Array() };
  await fundPlan(context, plan);
  return Array.from({ length: count }, (_, i) => payerOf(i));
}
