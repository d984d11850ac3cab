/** What the suites that use @solana/kit share: clients as an app makes them, wallets with money, one way to send. */
import {
  type Address,
  type AddressesByLookupTableAddress,
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsSendableTransaction,
  assertIsTransactionWithBlockhashLifetime,
  compressTransactionMessageUsingAddressLookupTables,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  generateKeyPairSigner,
  getSignatureFromTransaction,
  type Instruction,
  type KeyPairSigner,
  lamports,
  pipe,
  type Signature,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type TransactionSigner,
} from "@solana/kit";
import type { Network } from "../../../infra/network/index.ts";

export const SOL = 1_000_000_000n;
export const FEE = 5_000n;

export type KitClient = ReturnType<typeof kitClient>;

export function kitClient(network: Pick<Network, "rpcUrl" | "wsUrl">) {
  const rpc = createSolanaRpc(network.rpcUrl);
  const rpcSubscriptions = createSolanaRpcSubscriptions(network.wsUrl);
  const airdrop = airdropFactory({ rpc, rpcSubscriptions });
  const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });

  async function message(
    feePayer: TransactionSigner,
    instructions: readonly Instruction[],
    tables: AddressesByLookupTableAddress = {},
  ) {
    const { value: blockhash } = await rpc.getLatestBlockhash().send();
    return pipe(
      createTransactionMessage({ version: 0 }),
      (m) => setTransactionMessageFeePayerSigner(feePayer, m),
      (m) => setTransactionMessageLifetimeUsingBlockhash(blockhash, m),
      (m) => appendTransactionMessageInstructions(instructions, m),
      (m) => compressTransactionMessageUsingAddressLookupTables(m, tables),
    );
  }

  async function signed(...parameters: Parameters<typeof message>) {
    const transaction = await signTransactionMessageWithSigners(await message(...parameters));
    assertIsSendableTransaction(transaction);
    assertIsTransactionWithBlockhashLifetime(transaction);
    return transaction;
  }

  return {
    rpc,
    rpcSubscriptions,
    message,
    signed,
    sendAndConfirm,
    /** A new wallet with money in it. */
    async funded(amount = 10n * SOL): Promise<KeyPairSigner> {
      const wallet = await generateKeyPairSigner();
      await airdrop({ recipientAddress: wallet.address, lamports: lamports(amount), commitment: "confirmed" });
      return wallet;
    },
    /** Signs, sends and waits. */
    async send(...parameters: Parameters<typeof message>): Promise<Signature> {
      const transaction = await signed(...parameters);
      await sendAndConfirm(transaction, { commitment: "confirmed" });
      return getSignatureFromTransaction(transaction);
    },
    async balance(address: Address): Promise<bigint> {
      return (await rpc.getBalance(address).send()).value;
    },
  };
}

/** The error that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${String(value)}`);
    },
    (error: unknown) => error,
  );
}
