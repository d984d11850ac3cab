/** What an app keeps at hand: a connection, and sending with its wallets. Plain @solana/kit, as against any Solana cluster. */
import {
  type Address,
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  devnet,
  getSignatureFromTransaction,
  type Instruction,
  lamports,
  pipe,
  type Signature,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type TransactionSigner,
} from "@solana/kit";

export const SOL = 1_000_000_000n;

export interface Confirmed {
  readonly signature: Signature;
  /** From sending to `confirmed`, milliseconds. */
  readonly ms: number;
}

/** web3.js and the command line tools look for the WebSocket on the port after the RPC's; so does this. */
export function webSocketUrl(url: string): string {
  const ws = new URL(url);
  ws.protocol = ws.protocol === "https:" ? "wss:" : "ws:";
  if (ws.port) ws.port = String(Number(ws.port) + 1);
  return ws.href;
}

export function connect(url: string) {
  const rpc = createSolanaRpc(devnet(url));
  const rpcSubscriptions = createSolanaRpcSubscriptions(devnet(webSocketUrl(url)));
  const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
  const airdrop = airdropFactory({ rpc, rpcSubscriptions });
  const commitment = "confirmed";

  return {
    rpc,

    async airdrop(recipientAddress: Address, amount: bigint): Promise<Confirmed> {
      const start = performance.now();
      const signature = await airdrop({ recipientAddress, lamports: lamports(amount), commitment });
      return { signature, ms: performance.now() - start };
    },

    /** `payer` pays the fee and signs; so does every other signer that the instructions name. */
    async send(payer: TransactionSigner, instructions: readonly Instruction[]): Promise<Confirmed> {
      const { value: blockhash } = await rpc.getLatestBlockhash({ commitment }).send();
      const transaction = await pipe(
        createTransactionMessage({ version: 0 }),
        (message) => setTransactionMessageFeePayerSigner(payer, message),
        (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
        (message) => appendTransactionMessageInstructions(instructions, message),
        (message) => signTransactionMessageWithSigners(message),
      );
      assertIsTransactionWithBlockhashLifetime(transaction);
      const start = performance.now();
      await sendAndConfirm(transaction, { commitment });
      return { signature: getSignatureFromTransaction(transaction), ms: performance.now() - start };
    },

    /** What the network charged, lamports. */
    async fee(signature: Signature): Promise<bigint> {
      const config = { commitment, encoding: "base64", maxSupportedTransactionVersion: 0 } as const;
      const transaction = await rpc.getTransaction(signature, config).send();
      if (!transaction?.meta) throw new Error(`the network does not know the transaction ${signature} it confirmed`);
      return transaction.meta.fee;
    },
  };
}

export type App = ReturnType<typeof connect>;
