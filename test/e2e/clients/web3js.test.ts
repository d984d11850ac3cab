/** @solana/web3.js v1 as published, against a running network: what an app does with it. */
import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  type Connection,
  Keypair,
  NONCE_ACCOUNT_LENGTH,
  type NonceAccount,
  PublicKey,
  SendTransactionError,
  SolanaJSONRPCError,
  SystemProgram,
  sendAndConfirmTransaction,
  Transaction,
  TransactionExpiredNonceInvalidError,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { TINY_GENERATIONS } from "../generations.ts";
import { connect, FEE, funded, SOL, sendV0, signatureOf, signedBy, stopped, transferTo } from "./web3-client.ts";

const MEMO = new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const COMPUTE_UNITS_OF_TRANSFER = 150;

let network: Network;
let connection: Connection;
let payer: Keypair;

beforeAll(async () => {
  network = await startNetwork({ ledger: TINY_GENERATIONS });
  connection = connect(network.rpcUrl);
  payer = await funded(connection, 1_000 * SOL);
});
afterAll(() => stopped(network));

const balance = (key: PublicKey) => connection.getBalance(key);
const fresh = () => Keypair.generate();

describe("lamports", () => {
  test.concurrent("an airdrop is confirmed and there, to the lamport", async () => {
    const to = fresh().publicKey;
    const signature = await connection.requestAirdrop(to, 123_456_789);
    const { value } = await connection.confirmTransaction(signature, "finalized");
    expect(value.err).toBeNull();
    expect(await balance(to)).toBe(123_456_789);
  });

  test.concurrent("two airdrops of the same amount at the same time are two", async () => {
    const to = fresh().publicKey;
    const signatures = await Promise.all([1, 2].map(() => connection.requestAirdrop(to, SOL)));
    await Promise.all(signatures.map((signature) => connection.confirmTransaction(signature)));
    expect(await balance(to)).toBe(2 * SOL);
  });

  test.concurrent("a transfer by sendAndConfirmTransaction costs the amount and 5,000 lamports", async () => {
    const from = await funded(connection, 3 * SOL);
    const to = fresh().publicKey;
    const signature = await sendAndConfirmTransaction(
      connection,
      new Transaction().add(transferTo(from, to, 2 * SOL)),
      [from],
    );
    expect(await balance(from.publicKey)).toBe(SOL - FEE);
    expect(await balance(to)).toBe(2 * SOL);
    const stored = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(stored!.meta).toMatchObject({
      err: null,
      fee: FEE,
      preBalances: [3 * SOL, 0, 1],
      postBalances: [SOL - FEE, 2 * SOL, 1],
      computeUnitsConsumed: COMPUTE_UNITS_OF_TRANSFER,
      logMessages: [
        "Program 11111111111111111111111111111111 invoke [1]",
        "Program 11111111111111111111111111111111 success",
      ],
    });
  });

  test.concurrent("each signature costs 5,000 lamports; another pays the fee", async () => {
    const [feePayer, from] = await Promise.all([funded(connection, SOL), funded(connection, SOL)]);
    const to = fresh().publicKey;
    await sendAndConfirmTransaction(connection, new Transaction().add(transferTo(from, to, SOL)), [feePayer, from]);
    expect(await balance(feePayer.publicKey)).toBe(SOL - 2 * FEE);
    expect(await balance(from.publicKey)).toBe(0);
    expect(await balance(to)).toBe(SOL);
  });

  test.concurrent("a v0 transaction", async () => {
    const to = fresh().publicKey;
    const signature = await sendV0(connection, payer, [transferTo(payer, to, SOL)]);
    expect(await balance(to)).toBe(SOL);
    const stored = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(stored!.version).toBe(0);
    await expect(connection.getTransaction(signature)).rejects.toMatchObject({ code: -32015 });
  });

  test.concurrent("a priority fee is price times limit, rounded up", async () => {
    const from = await funded(connection, 3 * SOL);
    const signature = await sendV0(connection, from, [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 1_001 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 12_345 }),
      transferTo(from, fresh().publicKey, SOL),
    ]);
    const fee = FEE + Math.ceil((1_001 * 12_345) / 1e6);
    expect(await balance(from.publicKey)).toBe(2 * SOL - fee);
    const stored = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(stored!.meta!.fee).toBe(fee);
    const prices = await connection.getRecentPrioritizationFees({ lockedWritableAccounts: [from.publicKey] });
    expect(prices.find(({ slot }) => slot === stored!.slot)).toEqual({ slot: stored!.slot, prioritizationFee: 12_345 });
  });
});

describe("accounts of the System program", () => {
  test.concurrent("created, with and without a seed", async () => {
    const account = fresh();
    const owner = fresh().publicKey;
    const lamports = await connection.getMinimumBalanceForRentExemption(100);
    expect(lamports).toBe((100 + 128) * 6_960);
    const seeded = await PublicKey.createWithSeed(payer.publicKey, "savings", owner);
    const transaction = new Transaction().add(
      SystemProgram.createAccount({
        fromPubkey: payer.publicKey,
        newAccountPubkey: account.publicKey,
        lamports,
        space: 100,
        programId: owner,
      }),
      SystemProgram.createAccountWithSeed({
        fromPubkey: payer.publicKey,
        basePubkey: payer.publicKey,
        newAccountPubkey: seeded,
        seed: "savings",
        lamports: 2 * lamports,
        space: 7,
        programId: owner,
      }),
    );
    await sendAndConfirmTransaction(connection, transaction, [payer, account]);
    const [one, two] = await connection.getMultipleAccountsInfo([account.publicKey, seeded]);
    expect(one).toMatchObject({ lamports, data: Buffer.alloc(100), executable: false });
    expect(one!.owner).toEqual(owner);
    expect(two).toMatchObject({ lamports: 2 * lamports, data: Buffer.alloc(7) });
    expect(await connection.getAccountInfo(fresh().publicKey)).toBeNull();
  });

  test.concurrent("allocated and assigned", async () => {
    const account = await funded(connection, SOL);
    const owner = fresh().publicKey;
    const transaction = new Transaction().add(
      SystemProgram.allocate({ accountPubkey: account.publicKey, space: 9 }),
      SystemProgram.assign({ accountPubkey: account.publicKey, programId: owner }),
    );
    await sendAndConfirmTransaction(connection, transaction, [payer, account]);
    const info = await connection.getAccountInfo(account.publicKey);
    expect(info).toMatchObject({ lamports: SOL, data: Buffer.alloc(9) });
    expect(info!.owner).toEqual(owner);
  });
});

describe("durable nonces", () => {
  const lamports = (NONCE_ACCOUNT_LENGTH + 128) * 6_960;

  async function nonceAccount(): Promise<{ nonce: Keypair; value: () => Promise<NonceAccount> }> {
    const nonce = fresh();
    const transaction = SystemProgram.createNonceAccount({
      fromPubkey: payer.publicKey,
      noncePubkey: nonce.publicKey,
      authorizedPubkey: payer.publicKey,
      lamports,
    });
    await sendAndConfirmTransaction(connection, transaction, [payer, nonce]);
    return { nonce, value: async () => (await connection.getNonce(nonce.publicKey))! };
  }

  async function durableTransfer(nonce: Keypair, value: NonceAccount, to: PublicKey): Promise<Transaction> {
    const nonceInstruction = SystemProgram.nonceAdvance({
      noncePubkey: nonce.publicKey,
      authorizedPubkey: payer.publicKey,
    });
    const transaction = new Transaction({
      feePayer: payer.publicKey,
      nonceInfo: { nonce: value.nonce, nonceInstruction },
      minContextSlot: await connection.getSlot(),
    }).add(transferTo(payer, to, SOL));
    transaction.sign(payer);
    return transaction;
  }

  function confirmation(transaction: Transaction, nonce: Keypair) {
    return connection.confirmTransaction({
      signature: signatureOf(transaction),
      minContextSlot: transaction.minNonceContextSlot!,
      nonceAccountPubkey: nonce.publicKey,
      nonceValue: transaction.nonceInfo!.nonce,
    });
  }

  test.concurrent("a transaction lands once and advances the nonce", async () => {
    const { nonce, value } = await nonceAccount();
    const before = await value();
    expect(before.authorizedPubkey).toEqual(payer.publicKey);
    expect(before.feeCalculator.lamportsPerSignature).toBe(FEE);
    const to = fresh().publicKey;
    const transaction = await durableTransfer(nonce, before, to);
    await connection.sendRawTransaction(transaction.serialize());
    expect((await confirmation(transaction, nonce)).value.err).toBeNull();
    expect(await balance(to)).toBe(SOL);
    expect((await value()).nonce).not.toBe(before.nonce);
    const again = await connection.sendRawTransaction(transaction.serialize()).catch((error) => error);
    expect(again).toBeInstanceOf(SendTransactionError);
    // As on Agave, where the age of a transaction comes before what has landed: its nonce has moved on.
    expect(again.transactionError.message).toContain("Blockhash not found");
  });

  test.concurrent("confirmation ends when the nonce is used by another transaction", async () => {
    const { nonce, value } = await nonceAccount();
    const never = await durableTransfer(nonce, await value(), fresh().publicKey);
    const rejected = expect(confirmation(never, nonce)).rejects.toThrow(TransactionExpiredNonceInvalidError);
    const other = await durableTransfer(nonce, await value(), fresh().publicKey);
    await connection.sendRawTransaction(other.serialize());
    await rejected;
  });

  test.concurrent("authorised to another, withdrawn, gone", async () => {
    const { nonce, value } = await nonceAccount();
    const authority = await funded(connection);
    await sendAndConfirmTransaction(
      connection,
      new Transaction().add(
        SystemProgram.nonceAuthorize({
          noncePubkey: nonce.publicKey,
          authorizedPubkey: payer.publicKey,
          newAuthorizedPubkey: authority.publicKey,
        }),
      ),
      [payer],
    );
    expect((await value()).authorizedPubkey).toEqual(authority.publicKey);
    const to = fresh().publicKey;
    await sendAndConfirmTransaction(
      connection,
      new Transaction().add(
        SystemProgram.nonceWithdraw({
          noncePubkey: nonce.publicKey,
          authorizedPubkey: authority.publicKey,
          toPubkey: to,
          lamports,
        }),
      ),
      [authority],
    );
    expect(await balance(to)).toBe(lamports);
    expect(await connection.getNonce(nonce.publicKey)).toBeNull();
  });
});

describe("address lookup tables", () => {
  /** Its address follows from the authority and the slot: another authority for each. */
  async function newTable(authority: Keypair, addresses: PublicKey[]): Promise<PublicKey> {
    const recentSlot = await connection.getSlot("finalized");
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      authority: authority.publicKey,
      payer: payer.publicKey,
      recentSlot,
    });
    const extend = AddressLookupTableProgram.extendLookupTable({
      authority: authority.publicKey,
      payer: payer.publicKey,
      lookupTable: table,
      addresses,
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(create, extend), [payer, authority]);
    return table;
  }

  /** New addresses can be used from the slot after the one that added them. */
  async function nextSlot(): Promise<void> {
    const slot = await connection.getSlot();
    while ((await connection.getSlot()) === slot);
  }

  test.concurrent("created, extended, used from the next slot, extended again", async () => {
    const authority = fresh();
    const recipients = Array.from({ length: 20 }, () => fresh().publicKey);
    const key = await newTable(authority, recipients.slice(0, 10));
    await sendAndConfirmTransaction(
      connection,
      new Transaction().add(
        AddressLookupTableProgram.extendLookupTable({
          authority: authority.publicKey,
          payer: payer.publicKey,
          lookupTable: key,
          addresses: recipients.slice(10),
        }),
      ),
      [payer, authority],
    );
    const { value: table } = await connection.getAddressLookupTable(key);
    expect(table!.state.addresses).toEqual(recipients);
    expect(table!.state.authority).toEqual(authority.publicKey);
    expect(table!.isActive()).toBe(true);
    await nextSlot();
    const signature = await sendV0(
      connection,
      payer,
      recipients.map((to) => transferTo(payer, to, SOL)),
      [table!],
    );
    expect(await Promise.all(recipients.map(balance))).toEqual(recipients.map(() => SOL));
    const stored = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(stored!.meta!.loadedAddresses).toEqual({ writable: recipients, readonly: [] });
    expect(stored!.transaction.message.addressTableLookups).toEqual([
      { accountKey: key, writableIndexes: recipients.map((_, i) => i), readonlyIndexes: [] },
    ]);
    expect(stored!.meta!.preBalances).toHaveLength(22);
    const history = await connection.getSignaturesForAddress(recipients[13]!);
    expect(history.map((entry) => entry.signature)).toEqual([signature]);
  });

  test.concurrent("a deactivated table is still usable for a while; another's table cannot be changed", async () => {
    const authority = fresh();
    const to = fresh().publicKey;
    const key = await newTable(authority, [to]);
    const thief = await funded(connection);
    const stolen = new Transaction().add(
      AddressLookupTableProgram.freezeLookupTable({ authority: thief.publicKey, lookupTable: key }),
    );
    await expect(sendAndConfirmTransaction(connection, stolen, [thief])).rejects.toThrow(SendTransactionError);
    const deactivate = AddressLookupTableProgram.deactivateLookupTable({
      authority: authority.publicKey,
      lookupTable: key,
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(deactivate), [payer, authority]);
    const { value: table } = await connection.getAddressLookupTable(key);
    expect(table!.isActive()).toBe(false);
    await nextSlot();
    await sendV0(connection, payer, [transferTo(payer, to, SOL)], [table!]);
    expect(await balance(to)).toBe(SOL);
  });

  test.concurrent("a table that is not there", async () => {
    const latest = await connection.getLatestBlockhash();
    const { value: real } = await connection.getAddressLookupTable(await newTable(fresh(), [fresh().publicKey]));
    const missing = Object.assign(Object.create(Object.getPrototypeOf(real)), real, { key: fresh().publicKey });
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: latest.blockhash,
      instructions: [transferTo(payer, real!.state.addresses[0]!, SOL)],
    }).compileToV0Message([missing]);
    const transaction = new VersionedTransaction(message);
    transaction.sign([payer]);
    await expect(connection.sendTransaction(transaction)).rejects.toThrow(/address table account that doesn't exist/);
  });
});

test("a memo is logged and found in the history", async () => {
  const author = await funded(connection);
  const instruction = new TransactionInstruction({
    programId: MEMO,
    keys: [{ pubkey: author.publicKey, isSigner: true, isWritable: false }],
    data: Buffer.from("Grüße 👋"),
  });
  const signature = await sendAndConfirmTransaction(connection, new Transaction().add(instruction), [author]);
  const [entry] = await connection.getSignaturesForAddress(author.publicKey);
  expect(entry).toMatchObject({ signature, err: null, memo: "[12] Grüße 👋", confirmationStatus: "finalized" });
  const parsed = await connection.getParsedTransaction(signature);
  expect(parsed!.meta!.logMessages!.slice(1, 5)).toEqual([
    "Program log: Signed by:",
    `Program log: ${author.publicKey}`,
    "Program log: Memo (len 12)",
    "Program log: Grüße 👋",
  ]);
  expect(parsed!.transaction.message.instructions[0]).toMatchObject({ program: "spl-memo", parsed: "Grüße 👋" });
});

describe("confirmation", () => {
  test.concurrent("tells the error of a transaction that failed on the chain", async () => {
    const poor = await funded(connection, SOL);
    const transaction = await signedBy(connection, poor, [transferTo(poor, fresh().publicKey, 2 * SOL)]);
    const signature = await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
    const told = await connection.confirmTransaction(signature).then(
      ({ value }) => value.err,
      ({ InstructionError }) => ({ InstructionError }),
    );
    expect(told).toEqual({ InstructionError: [0, { Custom: 1 }] });
    expect(await balance(poor.publicKey)).toBe(SOL - FEE);
    const { value: status } = await connection.getSignatureStatus(signature);
    expect(status).toMatchObject({ err: told, confirmations: null, confirmationStatus: "finalized" });
  });
});

describe("preflight", () => {
  test.concurrent("a failure is a SendTransactionError with logs, and nothing is sent", async () => {
    const poor = await funded(connection, SOL);
    const transaction = new Transaction().add(transferTo(poor, fresh().publicKey, 2 * SOL));
    const failed = await sendAndConfirmTransaction(connection, transaction, [poor]).catch((error) => error);
    expect(failed).toBeInstanceOf(SendTransactionError);
    expect(failed.transactionError.message).toBe(
      "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1",
    );
    expect(failed.logs).toEqual([
      "Program 11111111111111111111111111111111 invoke [1]",
      `Transfer: insufficient lamports ${SOL - FEE}, need ${2 * SOL}`,
      "Program 11111111111111111111111111111111 failed: custom program error: 0x1",
    ]);
    expect(await balance(poor.publicKey)).toBe(SOL);
  });

  test.concurrent("a payer without lamports", async () => {
    const nobody = fresh();
    const transaction = new Transaction().add(transferTo(nobody, fresh().publicKey, 1));
    const failed = await sendAndConfirmTransaction(connection, transaction, [nobody]).catch((error) => error);
    expect(failed).toBeInstanceOf(SendTransactionError);
    expect(failed.transactionError.message).toContain(
      "Attempt to debit an account but found no record of a prior credit",
    );
  });
});

describe("simulateTransaction", () => {
  test.concurrent("of a versioned transaction: accounts afterwards, units, balances; nothing changes", async () => {
    const to = fresh().publicKey;
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: PublicKey.default.toBase58(),
      instructions: [transferTo(payer, to, SOL)],
    }).compileToV0Message();
    const { value } = await connection.simulateTransaction(new VersionedTransaction(message), {
      replaceRecentBlockhash: true,
      sigVerify: false,
      innerInstructions: true,
      accounts: { encoding: "base64", addresses: [to.toBase58()] },
    });
    expect(value).toMatchObject({
      err: null,
      unitsConsumed: COMPUTE_UNITS_OF_TRANSFER,
      accounts: [{ lamports: SOL, owner: PublicKey.default.toBase58(), data: ["", "base64"], executable: false }],
      innerInstructions: [],
      returnData: null,
    });
    expect(value.logs).toHaveLength(2);
    // web3.js does not know the member, but passes it on.
    expect(value).toHaveProperty("replacementBlockhash.lastValidBlockHeight", expect.any(Number));
    expect(await balance(to)).toBe(0);
  });

  test.concurrent("of a legacy transaction, signed by the client; an error is told", async () => {
    const transaction = new Transaction().add(transferTo(payer, fresh().publicKey, 10_000 * SOL));
    const { value } = await connection.simulateTransaction(transaction, [payer]);
    expect(value.err).toEqual({ InstructionError: [0, { Custom: 1 }] });
    expect(value.logs!.at(-1)).toBe("Program 11111111111111111111111111111111 failed: custom program error: 0x1");
  });

  test.concurrent("a wrong signature is found when asked for", async () => {
    const transaction = new VersionedTransaction(
      new TransactionMessage({
        payerKey: payer.publicKey,
        recentBlockhash: (await connection.getLatestBlockhash()).blockhash,
        instructions: [transferTo(payer, fresh().publicKey, SOL)],
      }).compileToV0Message(),
    );
    const { value } = await connection.simulateTransaction(transaction, { sigVerify: true });
    expect(value.err).toBe("SignatureFailure");
    expect((await connection.simulateTransaction(transaction, { sigVerify: false })).value.err).toBeNull();
  });
});

describe("minContextSlot", () => {
  const ahead = async () => (await connection.getSlot()) + 1_000_000;

  test.concurrent("of a read: -32016 with the slot that the node is at", async () => {
    const minContextSlot = await ahead();
    for (const read of [
      () => connection.getAccountInfoAndContext(payer.publicKey, { minContextSlot }),
      () => connection.getLatestBlockhashAndContext({ minContextSlot }),
      () => connection.getSlot({ minContextSlot }),
      () => connection.getBlockHeight({ minContextSlot }),
      () => connection.getTransactionCount({ minContextSlot }),
      () => connection.getEpochInfo({ minContextSlot }),
      () => connection.getSignaturesForAddress(payer.publicKey, { minContextSlot }),
      () => connection.getProgramAccounts(MEMO, { minContextSlot }),
    ]) {
      const failed = await read().catch((error) => error);
      expect(failed).toBeInstanceOf(SolanaJSONRPCError);
      expect(failed).toMatchObject({ code: -32016, data: { contextSlot: expect.any(Number) } });
      expect(failed.data.contextSlot).toBeGreaterThan(0);
      expect(failed.data.contextSlot).toBeLessThan(minContextSlot);
    }
  });

  test.concurrent("of a transaction", async () => {
    const transaction = await signedBy(connection, payer, [transferTo(payer, fresh().publicKey, SOL)]);
    const sent = connection.sendRawTransaction(transaction.serialize(), { minContextSlot: await ahead() });
    await expect(sent).rejects.toThrow("Minimum context slot has not been reached");
    const signature = await connection.sendRawTransaction(transaction.serialize(), {
      minContextSlot: await connection.getSlot(),
      preflightCommitment: "processed",
      maxRetries: 3,
    });
    expect((await connection.confirmTransaction(signature)).value.err).toBeNull();
  });
});
