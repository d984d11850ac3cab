/** The reference: litesvm in process, with and without signature check. Nothing is durable there. */
import { address, getTransactionDecoder, lamports } from "@solana/kit";
import { LiteSVM } from "litesvm";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { median, timed } from "./measure.ts";
import { makeWallets, randomTransfers } from "./wallets.ts";

export interface LitesvmRates {
  /** Transactions/s without and with signature check. */
  readonly unverified: number;
  readonly verified: number;
}

const decoder = getTransactionDecoder();
const ACCOUNTS = 1_000;

/** Transactions/s of one run on a fresh instance. */
export function litesvmRate(verify: boolean, count: number, run: number): number {
  const wallets = makeWallets("bench", ACCOUNTS);
  const svm = new LiteSVM().withSigverify(verify).withBlockhashCheck(false).withTransactionHistory(0n);
  for (const wallet of wallets) svm.airdrop(address(encodeBase58(wallet.key)), lamports(10n ** 12n));
  const blockhash = new Uint8Array(32).fill(run + 1);
  const transactions = randomTransfers(wallets, count, blockhash, run).map((tx) => decoder.decode(tx));
  const ms = timed(() => {
    for (const transaction of transactions) svm.sendTransaction(transaction as never);
  });
  return (count / ms) * 1000;
}

export function litesvmRates(count: number, rounds: number): LitesvmRates {
  const unverified: number[] = [];
  const verified: number[] = [];
  for (let run = 0; run < rounds; run++) {
    unverified.push(litesvmRate(false, count, run));
    verified.push(litesvmRate(true, count, run));
  }
  return { unverified: median(unverified), verified: median(verified) };
}
