/** Payments of a program that uses @solana/kit: all at once, each confirmed by kit itself. */
import {
  airdropFactory,
  appendTransactionMessageInstruction,
  assertIsTransactionWithBlockhashLifetime,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  generateKeyPairSigner,
  type KeyPairSigner,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import type { Network } from "../../infra/network/index.ts";

const FUNDS = lamports(100_000_000_000n);
const AMOUNT = lamports(1_000_000n);

/** One program's connection to a network, and who pays. */
export class KitPayments {
  readonly #rpc;
  readonly #subscriptions;
  readonly #payer: KeyPairSigner;

  private constructor(
    rpc: ReturnType<typeof rpcOf>,
    subscriptions: ReturnType<typeof subscriptionsOf>,
    payer: KeyPairSigner,
  ) {
    this.#rpc = rpc;
    this.#subscriptions = subscriptions;
    this.#payer = payer;
  }

  static async open(network: Pick<Network, "rpcUrl" | "wsUrl">): Promise<KitPayments> {
    const rpc = rpcOf(network.rpcUrl);
    const rpcSubscriptions = subscriptionsOf(network.wsUrl);
    const payer = await generateKeyPairSigner();
    const airdrop = airdropFactory({ rpc, rpcSubscriptions } as Parameters<typeof airdropFactory>[0]);
    await airdrop({ recipientAddress: payer.address, lamports: FUNDS, commitment: "confirmed" });
    return new KitPayments(rpc, rpcSubscriptions, payer);
  }

  /** Milliseconds from the first payment's sending to the last one's confirmation. They are signed beforehand. */
  async run(count: number): Promise<number> {
    const { value: blockhash } = await this.#rpc.getLatestBlockhash().send();
    const sign = async (i: number) => {
      const destination = (await generateKeyPairSigner()).address;
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (m) => setTransactionMessageFeePayerSigner(this.#payer, m),
        (m) => setTransactionMessageLifetimeUsingBlockhash(blockhash, m),
        (m) =>
          appendTransactionMessageInstruction(
            getTransferSolInstruction({ source: this.#payer, destination, amount: AMOUNT + BigInt(i) }),
            m,
          ),
      );
      const transaction = await signTransactionMessageWithSigners(message);
      assertIsTransactionWithBlockhashLifetime(transaction);
      return transaction;
    };
    const signed = await Promise.all(Array.from({ length: count }, (_, i) => sign(i)));
    const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc: this.#rpc, rpcSubscriptions: this.#subscriptions });
    const start = performance.now();
    await Promise.all(signed.map((transaction) => sendAndConfirm(transaction, { commitment: "confirmed" })));
    return performance.now() - start;
  }
}

const rpcOf = (url: string) => createSolanaRpc(url);
const subscriptionsOf = (url: string) => createSolanaRpcSubscriptions(url);
