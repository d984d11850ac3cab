/** What the suites that use @solana/web3.js share: an ordinary connection to a running network, and wallets with money. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  Connection,
  Keypair,
  type PublicKey,
  SystemProgram,
  Transaction,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import type { Network } from "../../../infra/network/index.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";

export const SOL = 1_000_000_000;
export const FEE = 5_000;
/** As an app makes it: nothing but the URL. */
export function connect(rpcUrl: string): Connection {
  return new Connection(rpcUrl, "confirmed");
}

/** web3.js asks for the status of what it confirms beside everything else, and does not catch what comes of it. */
const STRAGGLERS_MS = 500;

export async function stopped(network: Network | undefined): Promise<void> {
  await sleep(STRAGGLERS_MS);
  await network?.stop();
}

export async function funded(connection: Connection, lamports = 10 * SOL): Promise<Keypair> {
  const wallet = Keypair.generate();
  const signature = await connection.requestAirdrop(wallet.publicKey, lamports);
  await connection.confirmTransaction({ signature, ...(await connection.getLatestBlockhash()) });
  return wallet;
}

export const transferTo = (from: Keypair, toPubkey: PublicKey, lamports: number) =>
  SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey, lamports });

/** A signed legacy transaction. */
export async function signedBy(
  connection: Connection,
  payer: Keypair,
  instructions: readonly TransactionInstruction[],
  others: readonly Keypair[] = [],
): Promise<Transaction & { readonly signature: Buffer; readonly lastValidBlockHeight: number }> {
  const latest = await connection.getLatestBlockhash();
  const transaction = new Transaction({ ...latest, feePayer: payer.publicKey }).add(...instructions);
  transaction.sign(payer, ...others);
  return transaction as never;
}

export const signatureOf = (transaction: Transaction) => encodeBase58(transaction.signature!);

/** Signatures that sendV0 has sent. */
const sent = new Set<string>();

/**
 * Signs, sends and confirms a v0 transaction. The same instructions on the same blockhash are the same transaction, on every
 * Solana network: who means them again waits for the next blockhash.
 */
export async function sendV0(
  connection: Connection,
  payer: Keypair,
  instructions: TransactionInstruction[],
  tables: Parameters<TransactionMessage["compileToV0Message"]>[0] = [],
): Promise<string> {
  const latest = await connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: payer.publicKey,
    recentBlockhash: latest.blockhash,
    instructions,
  }).compileToV0Message(tables);
  const transaction = new VersionedTransaction(message);
  transaction.sign([payer]);
  if (sent.has(encodeBase58(transaction.signatures[0]!))) {
    await sleep(50);
    return sendV0(connection, payer, instructions, tables);
  }
  const signature = await connection.sendTransaction(transaction);
  sent.add(signature);
  const { value } = await connection.confirmTransaction({ signature, ...latest });
  if (value.err) throw new Error(JSON.stringify(value.err));
  return signature;
}
