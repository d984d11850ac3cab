import { Keypair, SystemProgram } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { Fixture } from "./fixture.ts";

let f: Fixture;
let payer: Keypair;
let to: Keypair;
let signature: string;

beforeEach(async () => {
  f = new Fixture();
  payer = await f.funded();
  to = Keypair.generate();
  signature = await f.connection.sendRawTransaction((await f.transfer(payer, to.publicKey, 1_000_000)).serialize());
});

describe("getTransaction", () => {
  test("json", async () => {
    const answer = await f.ok("getTransaction", signature);
    expect(answer).toEqual({
      slot: 2,
      blockTime: 1_700_000_002,
      transactionIndex: 0,
      meta: {
        err: null,
        status: { Ok: null },
        fee: 5000,
        preBalances: [10_000_000_000, 0, 1],
        postBalances: [9_998_995_000, 1_000_000, 1],
        innerInstructions: [],
        logMessages: [
          "Program 11111111111111111111111111111111 invoke [1]",
          "Program 11111111111111111111111111111111 success",
        ],
        preTokenBalances: [],
        postTokenBalances: [],
        rewards: [],
        loadedAddresses: { readonly: [], writable: [] },
        computeUnitsConsumed: 150,
        costUnits: expect.any(Number),
      },
      transaction: {
        signatures: [signature],
        message: {
          header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
          accountKeys: [payer.publicKey.toBase58(), to.publicKey.toBase58(), SystemProgram.programId.toBase58()],
          recentBlockhash: expect.any(String),
          instructions: [
            {
              programIdIndex: 2,
              accounts: [0, 1],
              data: encodeBase58(Uint8Array.from([2, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0])),
              stackHeight: 1,
            },
          ],
        },
      },
    });
    expect(await f.ok("getTransaction", signature, { maxSupportedTransactionVersion: 0 })).toMatchObject({
      version: "legacy",
    });
  });

  test("jsonParsed", async () => {
    const { transaction, meta } = await f.ok("getTransaction", signature, "jsonParsed");
    expect(meta).not.toHaveProperty("loadedAddresses");
    expect(transaction.message.accountKeys).toEqual([
      { pubkey: payer.publicKey.toBase58(), signer: true, writable: true, source: "transaction" },
      { pubkey: to.publicKey.toBase58(), signer: false, writable: true, source: "transaction" },
      { pubkey: SystemProgram.programId.toBase58(), signer: false, writable: false, source: "transaction" },
    ]);
    expect(transaction.message.instructions).toEqual([
      {
        program: "system",
        programId: SystemProgram.programId.toBase58(),
        stackHeight: 1,
        parsed: {
          type: "transfer",
          info: { source: payer.publicKey.toBase58(), destination: to.publicKey.toBase58(), lamports: 1_000_000 },
        },
      },
    ]);
  });

  test("bytes", async () => {
    const { transaction: base64 } = await f.ok("getTransaction", signature, { encoding: "base64" });
    const { transaction: base58 } = await f.ok("getTransaction", signature, { encoding: "base58" });
    const { transaction: binary } = await f.ok("getTransaction", signature, { encoding: "binary" });
    expect(encodeBase58(Buffer.from(base64[0], "base64"))).toBe(base58[0]);
    expect([base64[1], base58[1], binary]).toEqual(["base64", "base58", base58[0]]);
  });

  test("none, and no signature", async () => {
    expect(await f.ok("getTransaction", encodeBase58(new Uint8Array(64).fill(1)))).toBeNull();
    expect((await f.error("getTransaction", "1111")).message).toBe("Invalid param: WrongSize");
    expect((await f.error("getTransaction", signature, { commitment: "processed" })).message).toBe(
      "Method does not support commitment below `confirmed`",
    );
    expect((await f.error("getTransaction", signature, { encoding: "hex" })).code).toBe(-32602);
  });
});

describe("getBlock", () => {
  test("full, accounts, signatures, none", async () => {
    const full = await f.ok("getBlock", 2, { maxSupportedTransactionVersion: 0 });
    expect(full).toMatchObject({
      parentSlot: 1,
      blockHeight: 2,
      blockTime: 1_700_000_002,
      rewards: [],
      transactions: [{ version: "legacy", meta: { err: null }, transaction: { signatures: [signature] } }],
    });
    expect(full.previousBlockhash).toBe((await f.ok("getBlock", 1)).blockhash);
    const accounts = await f.ok("getBlock", 2, { transactionDetails: "accounts", rewards: false });
    expect(accounts).not.toHaveProperty("rewards");
    expect(Object.keys(accounts.transactions[0].transaction)).toEqual(["signatures", "accountKeys"]);
    expect(Object.keys(accounts.transactions[0].meta).sort()).toEqual([
      "err",
      "fee",
      "postBalances",
      "postTokenBalances",
      "preBalances",
      "preTokenBalances",
      "status",
    ]);
    const signatures = await f.ok("getBlock", 2, { transactionDetails: "signatures", rewards: false });
    expect(signatures.signatures).toEqual([signature]);
    expect(signatures).not.toHaveProperty("transactions");
    const none = await f.ok("getBlock", 2, { transactionDetails: "none", rewards: false });
    expect(Object.keys(none).sort()).toEqual([
      "blockHeight",
      "blockTime",
      "blockhash",
      "parentSlot",
      "previousBlockhash",
    ]);
  });

  test("blocks that are not there", async () => {
    expect(await f.error("getBlock", 3)).toMatchObject({ code: -32004, message: "Block not available for slot 3" });
    expect(await f.error("getBlock", 18446744073709551615n)).toHaveProperty("code");
    f.backend.blocksBySlot.delete(1n);
    expect(await f.error("getBlock", 1)).toMatchObject({
      code: -32007,
      message: "Slot 1 was skipped, or missing due to ledger jump to recent snapshot",
    });
    f.backend.firstBlock = async () => 2n;
    expect(await f.error("getBlock", 1)).toMatchObject({
      code: -32001,
      message: "Block 1 cleaned up, does not exist on node. First available block: 2",
    });
    expect((await f.error("getBlockTime", 9)).code).toBe(-32004);
  });
});

test("getBlocks and its relatives", async () => {
  await f.backend.tick(5);
  expect(await f.ok("getBlocks", 2, 4)).toEqual([2, 3, 4]);
  expect(await f.ok("getBlocks", 5)).toEqual([5, 6, 7]);
  expect(await f.ok("getBlocks", 5, { commitment: "confirmed" })).toEqual([5, 6, 7]);
  expect(await f.ok("getBlocks", 5, null, { commitment: "confirmed" })).toEqual([5, 6, 7]);
  expect(await f.ok("getBlocks", 50)).toEqual([]);
  expect(await f.ok("getBlocksWithLimit", 2, 2)).toEqual([2, 3]);
  expect((await f.error("getBlocksWithLimit", 2, 500_001)).message).toBe("Limit too large; max 500000");
  expect((await f.error("getBlocks", 2, 4, { commitment: "processed" })).code).toBe(-32602);
  expect(await f.ok("getBlockTime", 7)).toBe(1_700_000_007);
  expect(await f.ok("getBlockTime", 3)).toBe(1_700_000_003);
  expect(await f.ok("getFirstAvailableBlock")).toBe(1);
  expect(await f.ok("minimumLedgerSlot")).toBe(1);
});

test("getSignatureStatuses", async () => {
  const unknown = encodeBase58(new Uint8Array(64).fill(3));
  const { value } = await f.ok("getSignatureStatuses", [unknown, signature], { searchTransactionHistory: true });
  expect(value).toEqual([
    null,
    { slot: 2, confirmations: null, status: { Ok: null }, err: null, confirmationStatus: "finalized" },
  ]);
  expect((await f.error("getSignatureStatuses", new Array(257).fill(signature))).message).toBe(
    "Too many inputs provided; max 256",
  );
  expect((await f.ok("getSignatureStatuses", [])).value).toEqual([]);
});

test("getSignaturesForAddress", async () => {
  const address = to.publicKey.toBase58();
  const more: string[] = [signature];
  for (let i = 0; i < 4; i++) {
    more.unshift(await f.connection.sendRawTransaction((await f.transfer(payer, to.publicKey, 1_000 + i)).serialize()));
  }
  const list = async (options?: object) =>
    (await f.ok("getSignaturesForAddress", address, options)).map((one: { signature: string }) => one.signature);
  expect(await list()).toEqual(more);
  expect(await list({ limit: 2 })).toEqual(more.slice(0, 2));
  expect(await list({ before: more[1] })).toEqual(more.slice(2));
  expect(await list({ until: more[3] })).toEqual(more.slice(0, 3));
  expect((await f.ok("getSignaturesForAddress", address, { limit: 1 }))[0]).toEqual({
    signature: more[0],
    slot: 6,
    err: null,
    memo: null,
    blockTime: 1_700_000_006,
    confirmationStatus: "finalized",
    transactionIndex: 0,
  });
  for (const limit of [0, 1001]) {
    expect((await f.error("getSignaturesForAddress", address, { limit })).message).toBe("Invalid limit; max 1000");
  }
  expect((await f.error("getSignaturesForAddress", address, { before: "x" })).code).toBe(-32602);
  expect((await f.error("getSignaturesForAddress", address, { minContextSlot: 99 })).code).toBe(-32016);
});

test("the chain", async () => {
  await f.backend.tick(8);
  expect(await f.connection.getSlot()).toBe(10);
  expect(await f.connection.getBlockHeight()).toBe(10);
  expect(await f.connection.getTransactionCount()).toBe(2);
  expect(await f.connection.getEpochInfo()).toMatchObject({
    epoch: 0,
    slotIndex: 10,
    slotsInEpoch: 432_000,
    absoluteSlot: 10,
  });
  expect(await f.connection.getEpochSchedule()).toMatchObject({ slotsPerEpoch: 432_000, warmup: false });
  expect(await f.connection.getMinimumBalanceForRentExemption(165)).toBe(2_039_280);
  expect((await f.error("getMinimumBalanceForRentExemption", 10_485_761)).code).toBe(-32600);
  const latest = await f.connection.getLatestBlockhashAndContext();
  expect(latest.value.lastValidBlockHeight).toBe(160);
  expect((await f.connection.isBlockhashValid(latest.value.blockhash)).value).toBe(true);
  expect((await f.connection.isBlockhashValid(encodeBase58(new Uint8Array(32).fill(1)))).value).toBe(false);
  const supply = await f.connection.getSupply();
  expect(supply.value).toMatchObject({
    total: 999_999_999_990_000,
    circulating: 999_999_999_990_000,
    nonCirculating: 0,
  });
  expect(await f.connection.getVersion()).toMatchObject({ "solana-core": expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  expect(await f.ok("getHealth")).toBe("ok");
  expect(await f.connection.getGenesisHash()).toHaveLength(44);
  expect(await f.ok("getIdentity")).toEqual({ identity: await f.connection.getSlotLeader() });
  expect((await f.error("getHighestSnapshotSlot")).code).toBe(-32008);
  expect((await f.error("getStorageTurn")).code).toBe(-32601);
});
