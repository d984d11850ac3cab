/** Parts about the accounts of a shard: what they take in memory, and how long a restart takes. */
import { whole } from "./format.ts";
import type { Bench, PartResult } from "./parts.ts";
import { benchRestart } from "./restart.ts";
import { benchStore } from "./store.ts";

export async function storePart(bench: Bench): Promise<PartResult> {
  const detail = benchStore(bench.sizes.storeAccounts);
  const row = (name: string, bytes: number, beside = "") => ({ name, value: `${bytes.toFixed(1)} B`, beside });
  return {
    figures: { storeOverheadBytes: detail.storeOverheadBytes },
    detail,
    rows: [
      row("an account over its own bytes, half wallets, half tokens", detail.storeOverheadBytes, "target 100 B"),
      row("a wallet", detail.walletOverheadBytes),
      row("a token account", detail.tokenAccountOverheadBytes),
    ],
  };
}

export async function restartPart(bench: Bench): Promise<PartResult> {
  const { rounds, storeAccounts } = bench.sizes;
  const detail = await benchRestart(Math.max(3, rounds), storeAccounts);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return {
    // The figure's name says of how many accounts it is.
    figures: storeAccounts === 1_000_000 ? { restartMillionAccountsMs: detail.restartMillionAccountsMs } : {},
    detail,
    rows: [
      {
        name: `restart to the first answer, ${whole(storeAccounts)} accounts, full log`,
        value: ms(detail.restartMillionAccountsMs),
        beside: "target 2,000 ms",
      },
      { name: "the same, right after a checkpoint", value: ms(detail.restartEmptyLogMs) },
      { name: "read of 100 cold accounts, each on a page of its own", value: ms(detail.coldReadMs) },
      { name: "object rows written to get there, merges included", value: whole(detail.rowsWritten) },
    ],
  };
}
