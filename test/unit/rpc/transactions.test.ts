import {
  ComputeBudgetProgram,
  Keypair,
  NONCE_ACCOUNT_LENGTH,
  NonceAccount,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { ADDRESS_LOOKUP_TABLE_PROGRAM } from "../../../shared/rpc/keys.ts";
import { base64, Fixture } from "./fixture.ts";
import { account, lookupTableData } from "./states.ts";

let f: Fixture;
let payer: Keypair;
beforeEach(async () => {
  f = new Fixture();
  payer = await f.funded();
});

const send = (tx: Uint8Array, options: object = {}) =>
  f.call("sendTransaction", base64(tx), { encoding: "base64", ...options });

describe("sendTransaction", () => {
  test("lands, and answers with the signature", async () => {
    const to = Keypair.generate().publicKey;
    const tx = await f.transfer(payer, to, 1_000_000);
    expect(await send(tx.serialize())).toMatchObject({ result: encodeBase58(tx.signature!) });
    expect(await f.connection.getBalance(to)).toBe(1_000_000);
  });

  test("takes base58 as its default encoding", async () => {
    const tx = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
    expect(await f.ok("sendTransaction", encodeBase58(tx.serialize()))).toBe(encodeBase58(tx.signature!));
  });

  test("text that is no transaction", async () => {
    const codes = async (...params: unknown[]) => (await f.error("sendTransaction", ...params)).code;
    expect(await codes("0OIl")).toBe(-32602);
    expect(await codes("!!!!", { encoding: "base64" })).toBe(-32602);
    expect(await codes("", { encoding: "base64" })).toBe(-32602);
    expect(await codes("AAAA", { encoding: "jsonParsed" })).toBe(-32602);
    expect(await codes(base64(new Uint8Array(1233)), { encoding: "base64" })).toBe(-32602);
    expect((await f.error("sendTransaction", "1".repeat(1684))).message).toMatch(
      /^base58 encoded solana_transaction::versioned::VersionedTransaction too large: 1684 bytes \(max: encoded\/raw 1683\/1232\)$/,
    );
    expect((await f.error("sendTransaction", base64(new Uint8Array(3)), { encoding: "jsonParsed" })).message).toBe(
      "unsupported encoding: jsonParsed. Supported encodings: base58, base64",
    );
  });

  test("truncated and prolonged transactions", async () => {
    const wire = (await f.transfer(payer, Keypair.generate().publicKey, 1)).serialize();
    for (const bytes of [wire.subarray(0, wire.length - 1), Buffer.concat([wire, Buffer.of(0)]), wire.subarray(1)]) {
      expect((await f.error("sendTransaction", base64(bytes), { encoding: "base64" })).code).toBe(-32602);
    }
  });

  test.each([false, true])("a wrong signature, skipPreflight %s", async (skipPreflight) => {
    const wire = (await f.transfer(payer, Keypair.generate().publicKey, 1_000_000)).serialize();
    wire[10]! ^= 1;
    const { error } = await send(wire, { skipPreflight });
    if (skipPreflight) {
      expect(error).toEqual({ code: -32003, message: "Transaction signature verification failure" });
      return;
    }
    expect(error).toMatchObject({
      code: -32002,
      message: "Transaction simulation failed: Transaction did not pass signature verification",
      data: { err: "SignatureFailure", logs: [], unitsConsumed: 0, loadedAccountsDataSize: 0, fee: null },
    });
  });

  test("another number of signatures than the message requires", async () => {
    const wire = (await f.transfer(payer, Keypair.generate().publicKey, 1)).serialize();
    const two = Buffer.concat([Buffer.of(2), wire.subarray(1, 65), wire.subarray(1, 65), wire.subarray(65)]);
    expect(await send(two)).toMatchObject({
      error: {
        code: -32602,
        message: expect.stringMatching(
          /^invalid transaction: Transaction failed to sanitize accounts offsets correctly/,
        ),
      },
    });
  });

  test("a preflight that fails answers with logs and every member of the result", async () => {
    const poor = await f.funded(1_000_000);
    const tx = await f.transfer(poor, Keypair.generate().publicKey, 5_000_000);
    const { error } = await send(tx.serialize());
    expect(error).toMatchObject({
      code: -32002,
      message: "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1",
      data: {
        accounts: null,
        err: { InstructionError: [0, { Custom: 1 }] },
        innerInstructions: null,
        logs: [
          "Program 11111111111111111111111111111111 invoke [1]",
          "Transfer: insufficient lamports 995000, need 5000000",
          "Program 11111111111111111111111111111111 failed: custom program error: 0x1",
        ],
        fee: 5_000,
        postBalances: null,
        preBalances: null,
        replacementBlockhash: null,
        returnData: null,
        unitsConsumed: 150,
      },
    });
  });

  test("with skipPreflight it lands and fails on chain, and costs its fee", async () => {
    const poor = await f.funded(1_000_000);
    const tx = await f.transfer(poor, Keypair.generate().publicKey, 5_000_000);
    const signature = (await send(tx.serialize(), { skipPreflight: true })).result as string;
    const { value } = await f.connection.getSignatureStatus(signature);
    expect(value?.err).toEqual({ InstructionError: [0, { Custom: 1 }] });
    expect(await f.connection.getBalance(poor.publicKey)).toBe(995_000);
  });

  test("a payer without funds", async () => {
    const nobody = Keypair.generate();
    const tx = await f.transfer(nobody, payer.publicKey, 1);
    expect(await send(tx.serialize())).toMatchObject({
      error: {
        code: -32002,
        message: "Transaction simulation failed: Attempt to debit an account but found no record of a prior credit.",
        data: { err: "AccountNotFound", logs: [] },
      },
    });
  });

  test("a repetition", async () => {
    const tx = (await f.transfer(payer, Keypair.generate().publicKey, 1_000_000)).serialize();
    const first = await send(tx);
    expect(await send(tx)).toMatchObject({
      error: {
        code: -32002,
        message: "Transaction simulation failed: This transaction has already been processed",
        data: { err: "AlreadyProcessed" },
      },
    });
    expect(await send(tx, { skipPreflight: true })).toEqual(first);
  });

  test.each([false, true])("a blockhash that is too old, skipPreflight %s", async (skipPreflight) => {
    const tx = (await f.transfer(payer, Keypair.generate().publicKey, 1_000_000)).serialize();
    await f.backend.tick(149);
    expect((await f.call("simulateTransaction", base64(tx), { encoding: "base64" })).result).toMatchObject({
      value: { err: null },
    });
    await f.backend.tick(1);
    expect(await send(tx, { skipPreflight })).toMatchObject({
      error: {
        code: -32002,
        message: "Transaction simulation failed: Blockhash not found",
        data: { err: "BlockhashNotFound" },
      },
    });
  });

  test("minContextSlot", async () => {
    const tx = (await f.transfer(payer, Keypair.generate().publicKey, 1_000_000)).serialize();
    expect(await send(tx, { minContextSlot: 10_000 })).toMatchObject({
      error: { code: -32016, message: "Minimum context slot has not been reached", data: { contextSlot: 1 } },
    });
  });

  test("a lane that is full", async () => {
    f.backend.refusal = { ok: false, retryAfterMs: 250 };
    const tx = (await f.transfer(payer, Keypair.generate().publicKey, 1_000_000)).serialize();
    expect(await send(tx)).toMatchObject({ error: { code: -32005, data: { retryAfterMs: 250 } } });
  });

  test("durable nonces outlive the blockhash", async () => {
    const nonce = Keypair.generate();
    const rent = await f.connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH);
    const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
    const create = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey }).add(
      SystemProgram.createNonceAccount({
        fromPubkey: payer.publicKey,
        noncePubkey: nonce.publicKey,
        authorizedPubkey: payer.publicKey,
        lamports: rent,
      }),
    );
    create.sign(payer, nonce);
    await f.connection.sendRawTransaction(create.serialize());
    const stored = await f.connection.getNonce(nonce.publicKey);
    expect(stored).toBeInstanceOf(NonceAccount);
    const parsed = await f.connection.getParsedAccountInfo(nonce.publicKey);
    expect(parsed.value?.data).toMatchObject({
      program: "nonce",
      space: 80,
      parsed: {
        type: "initialized",
        info: {
          authority: payer.publicKey.toBase58(),
          blockhash: stored!.nonce,
          feeCalculator: { lamportsPerSignature: "5000" },
        },
      },
    });

    const to = Keypair.generate().publicKey;
    const use = new Transaction({
      feePayer: payer.publicKey,
      nonceInfo: {
        nonce: stored!.nonce,
        nonceInstruction: SystemProgram.nonceAdvance({
          noncePubkey: nonce.publicKey,
          authorizedPubkey: payer.publicKey,
        }),
      },
      minContextSlot: 0,
    });
    use.add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 2_000_000 }));
    use.sign(payer);
    await f.backend.tick(200);
    const fee = await f.connection.getFeeForMessage(use.compileMessage());
    expect(fee.value).toBe(5000);
    await f.connection.sendRawTransaction(use.serialize());
    expect(await f.connection.getBalance(to)).toBe(2_000_000);
    expect(await send(use.serialize())).toHaveProperty("error.code", -32002);
  });
});

describe("lookup tables", () => {
  function withTable(addresses: PublicKey[]): PublicKey {
    const table = Keypair.generate().publicKey;
    const data = lookupTableData(
      addresses.map((key) => key.toBytes()),
      payer.publicKey.toBytes(),
    );
    f.backend.put(account(table.toBytes(), ADDRESS_LOOKUP_TABLE_PROGRAM, data));
    return table;
  }

  test("are resolved, shown and parsed", async () => {
    const to = Keypair.generate().publicKey;
    const table = withTable([to, Keypair.generate().publicKey]);
    const { value } = await f.connection.getAddressLookupTable(table);
    expect(value!.state.addresses.map(String)).toContain(to.toBase58());
    const parsed = await f.ok("getAccountInfo", table.toBase58(), { encoding: "jsonParsed" });
    expect(parsed.value.data).toMatchObject({
      program: "address-lookup-table",
      parsed: {
        type: "lookupTable",
        info: { authority: payer.publicKey.toBase58(), deactivationSlot: "18446744073709551615" },
      },
    });

    await f.backend.tick();
    const { blockhash } = await f.connection.getLatestBlockhash();
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: blockhash,
      instructions: [SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 3_000_000 })],
    }).compileToV0Message([value!]);
    expect(message.addressTableLookups).toHaveLength(1);
    const tx = new VersionedTransaction(message);
    tx.sign([payer]);
    expect((await f.connection.getFeeForMessage(message)).value).toBe(5000);
    const signature = await f.connection.sendTransaction(tx);
    expect(await f.connection.getBalance(to)).toBe(3_000_000);

    expect(await f.error("getTransaction", signature)).toMatchObject({
      code: -32015,
      message:
        'Transaction version (0) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": 0',
    });
    const stored = await f.connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(stored!.version).toBe(0);
    expect(stored!.meta!.loadedAddresses!.writable.map(String)).toEqual([to.toBase58()]);
    const shown = await f.connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(shown!.transaction.message.accountKeys.at(-1)).toMatchObject({ writable: true, source: "lookupTable" });
  });

  test("that are missing, foreign or too short", async () => {
    const { blockhash } = await f.connection.getLatestBlockhash();
    const to = Keypair.generate().publicKey;
    const table = withTable([to]);
    const { value } = await f.connection.getAddressLookupTable(table);
    await f.backend.tick();
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: blockhash,
      instructions: [SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 1 })],
    }).compileToV0Message([value!]);
    const sent = async () => {
      const tx = new VersionedTransaction(message);
      tx.sign([payer]);
      return (await send(tx.serialize())).error;
    };
    const lookup = message.addressTableLookups[0]!;
    lookup.writableIndexes[0] = 1;
    expect(await sent()).toMatchObject({
      code: -32602,
      message: "invalid transaction: Transaction address table lookup uses an invalid index",
    });
    (lookup as { accountKey: PublicKey }).accountKey = payer.publicKey;
    expect(await sent()).toMatchObject({
      code: -32602,
      message: "invalid transaction: Transaction loads an address table account with an invalid owner",
    });
    (lookup as { accountKey: PublicKey }).accountKey = Keypair.generate().publicKey;
    expect(await sent()).toMatchObject({
      code: -32602,
      message: "invalid transaction: Transaction loads an address table account that doesn't exist",
    });
  });
});

describe("simulateTransaction", () => {
  test("answers what would happen and changes nothing", async () => {
    const to = Keypair.generate().publicKey;
    const tx = (await f.transfer(payer, to, 1_000_000)).serialize();
    const { value, context } = await f.ok("simulateTransaction", base64(tx), {
      encoding: "base64",
      sigVerify: true,
      innerInstructions: true,
      accounts: { encoding: "base64", addresses: [to.toBase58(), payer.publicKey.toBase58()] },
    });
    expect(context.slot).toBe(1);
    expect(value).toMatchObject({
      err: null,
      logs: ["Program 11111111111111111111111111111111 invoke [1]", "Program 11111111111111111111111111111111 success"],
      unitsConsumed: 150,
      innerInstructions: [],
      returnData: null,
      replacementBlockhash: null,
      fee: 5000,
      preBalances: [10_000_000_000, 0, 1],
      postBalances: [9_998_995_000, 1_000_000, 1],
      loadedAddresses: { writable: [], readonly: [] },
      accounts: [
        { lamports: 1_000_000, data: ["", "base64"], owner: SystemProgram.programId.toBase58(), space: 0 },
        { lamports: 9_998_995_000 },
      ],
    });
    expect(value.loadedAccountsDataSize).toBeGreaterThan(0);
    expect(await f.connection.getBalance(to)).toBe(0);
  });

  test("replaces the blockhash, and then takes no signature", async () => {
    const { blockhash } = { blockhash: encodeBase58(new Uint8Array(32).fill(9)) };
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: blockhash,
      instructions: [SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 })],
    }).compileToV0Message();
    const tx = base64(new VersionedTransaction(message).serialize());
    const plain = await f.ok("simulateTransaction", tx, { encoding: "base64" });
    expect(plain.value).toMatchObject({ err: "BlockhashNotFound", accounts: null });
    const replaced = await f.ok("simulateTransaction", tx, { encoding: "base64", replaceRecentBlockhash: true });
    expect(replaced.value).toMatchObject({
      err: null,
      replacementBlockhash: {
        blockhash: (await f.connection.getLatestBlockhash()).blockhash,
        lastValidBlockHeight: 151,
      },
    });
    expect(
      await f.error("simulateTransaction", tx, { encoding: "base64", replaceRecentBlockhash: true, sigVerify: true }),
    ).toMatchObject({ code: -32602, message: "sigVerify may not be used with replaceRecentBlockhash" });
    const unsigned = await f.ok("simulateTransaction", tx, { encoding: "base64", sigVerify: true });
    expect(unsigned.value).toMatchObject({ err: "SignatureFailure", logs: [] });
  });

  test("refuses accounts it cannot show", async () => {
    const tx = base64((await f.transfer(payer, payer.publicKey, 1)).serialize());
    const ask = (accounts: object) => f.error("simulateTransaction", tx, { encoding: "base64", accounts });
    expect((await ask({ encoding: "base58", addresses: [] })).message).toBe("base58 encoding not supported");
    const many = new Array(9).fill(payer.publicKey.toBase58());
    expect((await ask({ addresses: many })).message).toBe("Too many accounts provided; max 2");
    expect((await ask({ addresses: ["x"] })).code).toBe(-32602);
  });
});

test("getFeeForMessage: signatures and priority, null once the blockhash is gone", async () => {
  const { blockhash } = await f.connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: payer.publicKey,
    recentBlockhash: blockhash,
    instructions: [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 1_000_000 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 3 }),
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 }),
    ],
  }).compileToV0Message();
  expect((await f.connection.getFeeForMessage(message)).value).toBe(5003);
  await f.backend.tick(149);
  expect((await f.connection.getFeeForMessage(message)).value).toBe(5003);
  // The block that could hold it last is there now.
  await f.backend.tick(1);
  expect((await f.connection.getFeeForMessage(message)).value).toBeNull();
  expect((await f.connection.isBlockhashValid(blockhash)).value).toBe(false);
  expect((await f.error("getFeeForMessage", "AAAA")).code).toBe(-32602);
  expect((await f.error("getFeeForMessage", "")).code).toBe(-32602);
});

test("getRecentPrioritizationFees: the lowest price of each block, and of those who wrote an account", async () => {
  const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
  const tx = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey }).add(
    ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 77 }),
    SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 }),
  );
  tx.sign(payer);
  await f.connection.sendRawTransaction(tx.serialize());
  const fees = await f.connection.getRecentPrioritizationFees({ lockedWritableAccounts: [payer.publicKey] });
  expect(fees).toEqual([
    { slot: 1, prioritizationFee: 0 },
    { slot: 2, prioritizationFee: 77 },
  ]);
  expect((await f.error("getRecentPrioritizationFees", new Array(129).fill(payer.publicKey.toBase58()))).code).toBe(
    -32602,
  );
});

test("requestAirdrop, and without a faucet an error", async () => {
  const to = Keypair.generate().publicKey;
  const signature = await f.connection.requestAirdrop(to, 5_000_000);
  expect((await f.connection.getSignatureStatus(signature)).value?.confirmationStatus).toBe("finalized");
  expect(await f.connection.getBalance(to)).toBe(5_000_000);
  delete f.backend.airdrop;
  expect((await f.error("requestAirdrop", to.toBase58(), 5)).code).toBe(-32600);
});

test("a memo is shown as text, an unknown program partially decoded", async () => {
  const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
  const tx = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey }).add(
    new TransactionInstruction({
      programId: new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
      keys: [],
      data: Buffer.from("héllo"),
    }),
    ComputeBudgetProgram.setComputeUnitLimit({ units: 100_000 }),
  );
  tx.sign(payer);
  const signature = await f.connection.sendRawTransaction(tx.serialize(), { skipPreflight: true });
  const shown = await f.connection.getParsedTransaction(signature);
  expect(shown!.transaction.message.instructions).toMatchObject([
    { program: "spl-memo", parsed: "héllo" },
    { accounts: [], data: encodeBase58(Uint8Array.from([2, 0xa0, 0x86, 1, 0])) },
  ]);
});
