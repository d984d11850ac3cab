/**
 * Waiting for a transaction that never comes must end, in both clients. The chain is fast here: 150 blocks pass in seconds
 * when somebody sends, and in a minute when nobody does.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { generateKeyPairSigner, isSolanaError, SOLANA_ERROR__BLOCK_HEIGHT_EXCEEDED } from "@solana/kit";
import {
  type Connection,
  Keypair,
  NONCE_ACCOUNT_LENGTH,
  SendTransactionError,
  SystemProgram,
  Transaction,
  TransactionExpiredBlockheightExceededError,
} from "@solana/web3.js";
import { getTransferSolInstruction } from "@solana-program/system";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { kitClient, rejection } from "./kit-client.ts";
import { connect, funded, SOL, sendV0, signatureOf, signedBy, stopped, transferTo } from "./web3-client.ts";

/** Blocks for which a blockhash can be used. */
const WINDOW = 150;

let network: Network;
let connection: Connection;
let payer: Keypair;

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20 });
  connection = connect(network.rpcUrl);
  payer = await funded(connection, 1_000 * SOL);
});
afterAll(() => stopped(network));

/** Transfers of no consequence, one after the other, until the chain is beyond `height`. */
async function passHeight(height: number): Promise<void> {
  let amount = 1;
  while ((await connection.getBlockHeight()) <= height) {
    const transaction = await signedBy(connection, payer, [transferTo(payer, payer.publicKey, amount++)]);
    await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
  }
}

test("web3.js: confirmTransaction ends when the blockhash expires; sent then, the transaction is refused", async () => {
  const transaction = await signedBy(connection, payer, [transferTo(payer, Keypair.generate().publicKey, SOL)]);
  const { recentBlockhash, lastValidBlockHeight } = transaction;
  const blockhash = recentBlockhash!;
  const confirmed = connection.confirmTransaction({
    signature: signatureOf(transaction),
    blockhash,
    lastValidBlockHeight,
  });
  const rejected = expect(confirmed).rejects.toThrow(TransactionExpiredBlockheightExceededError);
  expect((await connection.isBlockhashValid(blockhash)).value).toBe(true);
  expect((await connection.getFeeForMessage(transaction.compileMessage())).value).toBe(5_000);
  await passHeight(lastValidBlockHeight);
  await rejected;
  expect((await connection.isBlockhashValid(blockhash)).value).toBe(false);
  expect((await connection.getFeeForMessage(transaction.compileMessage())).value).toBeNull();
  for (const skipPreflight of [false, true]) {
    const sent = connection.sendRawTransaction(transaction.serialize(), { skipPreflight });
    const failure = await rejection(sent);
    expect(failure).toBeInstanceOf(SendTransactionError);
    expect((failure as SendTransactionError).transactionError.message).toContain("Blockhash not found");
  }
});

test("web3.js: a transaction with a durable nonce lands long after it was signed", async () => {
  const account = Keypair.generate();
  const created = SystemProgram.createNonceAccount({
    fromPubkey: payer.publicKey,
    noncePubkey: account.publicKey,
    authorizedPubkey: payer.publicKey,
    lamports: (128 + NONCE_ACCOUNT_LENGTH) * 6_960,
  });
  const creation = await signedBy(connection, payer, created.instructions, [account]);
  await connection.confirmTransaction(await connection.sendRawTransaction(creation.serialize()));
  const { nonce } = (await connection.getNonce(account.publicKey))!;
  const to = Keypair.generate().publicKey;
  const nonceInstruction = SystemProgram.nonceAdvance({
    noncePubkey: account.publicKey,
    authorizedPubkey: payer.publicKey,
  });
  const transaction = new Transaction({
    feePayer: payer.publicKey,
    nonceInfo: { nonce, nonceInstruction },
    minContextSlot: await connection.getSlot(),
  }).add(transferTo(payer, to, SOL));
  transaction.sign(payer);
  await passHeight((await connection.getBlockHeight()) + WINDOW + 1);
  const signature = await connection.sendRawTransaction(transaction.serialize());
  const { value } = await connection.confirmTransaction({
    signature,
    minContextSlot: transaction.minNonceContextSlot!,
    nonceAccountPubkey: account.publicKey,
    nonceValue: nonce,
  });
  expect(value.err).toBeNull();
  expect(await connection.getBalance(to)).toBe(SOL);
  expect((await connection.getNonce(account.publicKey))!.nonce).not.toBe(nonce);
});

/** kit waits for slots alone: nothing but that subscription keeps the chain awake. When it ends the chain goes to sleep. */
test("kit: sendAndConfirmTransaction ends on an idle chain, and the chain sleeps afterwards", async () => {
  const client = kitClient(network);
  // Accepted without preflight, but it cannot pay its fee: it never lands.
  const nobody = await generateKeyPairSigner();
  const transfer = getTransferSolInstruction({ source: nobody, destination: nobody.address, amount: 1n });
  const transaction = await client.signed(nobody, [transfer]);
  const sent = client.sendAndConfirm(transaction, { commitment: "confirmed", skipPreflight: true });
  const failure = await rejection(sent);
  if (!isSolanaError(failure, SOLANA_ERROR__BLOCK_HEIGHT_EXCEEDED)) throw failure;
  expect(failure.context.lastValidBlockHeight).toBe(transaction.lifetimeConstraint.lastValidBlockHeight);
  expect(failure.context.currentBlockHeight).toBeGreaterThan(failure.context.lastValidBlockHeight);

  const status = async () => ((await (await fetch(`${network.rpcUrl}/v1/status`)).json()) as { slot: number }).slot;
  for (let before = -1, now = await status(); now !== before; now = await status()) {
    before = now;
    await sleep(3_000);
  }
  const to = Keypair.generate().publicKey;
  await sendV0(connection, payer, [transferTo(payer, to, SOL)]);
  expect(await connection.getBalance(to)).toBe(SOL);
});
