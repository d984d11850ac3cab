/** The reference: litesvm in process, with and without signature check. Nothing is durable there. */
import { LiteSVM } from "litesvm";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { median, timed } from "./measure.ts";
import { makeWallets, randomTransfers } from "./wallets.ts";

const decoderModule = import("@solana/kit");

export interface LitesvmRates {
  /** Transactions/s without and with signature check. */
  readonly unverified: number;
  readonly verified: number;
}

export async function benchLitesvm(count: number, runs: number): Promise<LitesvmRates> {
  const kit = await decoderModule;
  const decode = kit.getTransactionDecoder();
  const wallets = makeWallets("bench", 1_000);
  const rate = (verify: boolean, run: number): number => {
    const svm = new LiteSVM().withSigverify(verify).withBlockhashCheck(false).withTransactionHistory(0n);
    for (const wallet of wallets) svm.airdrop(kit.address(encodeBase58(wallet.key)), kit.lamports(10n ** 12n));
    const blockhash = new Uint8Array(32).fill(run + 1);
    const transactions = randomTransfers(wallets, count, blockhash, run).map((tx) => decode.decode(tx));
    const ms = timed(() => {
      for (const transaction of transactions) svm.sendTransaction(transaction as never);
    });
    return (count / ms) * 1000;
  };
  const rates = (verify: boolean) => median(Array.from({ length: runs }, (_, run) => rate(verify, run)));
  return { unverified: rates(false), verified: rates(true) };
}
