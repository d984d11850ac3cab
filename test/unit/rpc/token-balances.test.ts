/** Token balances of transactions whose mint is not among their accounts: looked up, wherever the RPC shows them. */
import { createTransferInstruction, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "@solana/spl-token";
import { Keypair, PublicKey, Transaction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { blockEvent } from "../../../shared/rpc/block-event.ts";
import { SubscriptionDriver } from "../../../shared/rpc/subscription-driver.ts";
import { base64, Fixture } from "./fixture.ts";
import { account, mintData, tokenData } from "./states.ts";

const TOKEN = TOKEN_PROGRAM_ID.toBase58();
const [mint, source, target] = [50, 51, 52].map((fill) => new PublicKey(new Uint8Array(32).fill(fill))) as [
  PublicKey,
  PublicKey,
  PublicKey,
];

const payer = Keypair.generate();
let f: Fixture;
beforeEach(async () => {
  f = new Fixture();
  await f.backend.airdrop!(payer.publicKey.toBytes(), 10_000_000_000n);
  f.backend.put(account(mint.toBytes(), TOKEN, mintData(1_000n, 2, null), 10_000_000n));
  const token = (amount: bigint) => tokenData({ mint: mint.toBytes(), owner: payer.publicKey.toBytes(), amount });
  f.backend.put(account(source.toBytes(), TOKEN, token(1_000n), 10_000_000n));
  f.backend.put(account(target.toBytes(), TOKEN, token(0n), 10_000_000n));
});

async function transfer(amount = 250n): Promise<Transaction> {
  const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
  const transaction = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey });
  transaction.add(createTransferInstruction(source, target, payer.publicKey, amount));
  transaction.sign(payer);
  return transaction;
}
const send = async () => f.connection.sendRawTransaction((await transfer()).serialize());
const balance = (accountIndex: number, amount: string, uiAmount: number | null, uiAmountString: string) => ({
  accountIndex,
  mint: mint.toBase58(),
  owner: payer.publicKey.toBase58(),
  programId: TOKEN,
  uiTokenAmount: { amount, decimals: 2, uiAmount, uiAmountString },
});
/** Of zero the ledger says no number, a simulation does. */
const beforehand = (zero: number | null) => [balance(1, "1000", 10, "10"), balance(2, "0", zero, "0")];
const AFTER = [balance(1, "750", 7.5, "7.5"), balance(2, "250", 2.5, "2.5")];
const stored = { preTokenBalances: beforehand(null), postTokenBalances: AFTER };

describe("a plain transfer, which does not name its mint", () => {
  test.each(["json", "jsonParsed", "base64"])("getTransaction and getBlock as %s", async (encoding) => {
    const signature = await send();
    expect((await f.ok("getTransaction", signature, { encoding })).meta).toMatchObject(stored);
    expect((await f.ok("getBlock", 2, { encoding })).transactions[0].meta).toMatchObject(stored);
    const accounts = await f.ok("getBlock", 2, { encoding, transactionDetails: "accounts" });
    expect(accounts.transactions[0].meta).toMatchObject(stored);
  });

  test("getTransactionsForAddress", async () => {
    await send();
    const { data } = await f.ok("getTransactionsForAddress", source.toBase58(), { transactionDetails: "full" });
    expect(data[0].meta).toMatchObject(stored);
  });

  test("simulateTransaction, executed or failed", async () => {
    const simulated = async (amount: bigint) =>
      (await f.ok("simulateTransaction", base64((await transfer(amount)).serialize()), { encoding: "base64" })).value;
    expect(await simulated(250n)).toMatchObject({
      err: null,
      preTokenBalances: beforehand(0),
      postTokenBalances: AFTER,
    });
    expect(await simulated(1_001n)).toMatchObject({
      err: { InstructionError: [0, { Custom: 1 }] },
      preTokenBalances: beforehand(0),
      postTokenBalances: beforehand(0),
    });
  });

  test("blockSubscribe, which says nothing of them where the mints cannot be read", async () => {
    const sent: string[] = [];
    const driver = new SubscriptionDriver(f.backend, f.backend.services, {
      send: (_, text) => sent.push(text),
      drop: () => {},
      added: () => {},
      removed: () => {},
      fault: (fault) => f.faults.push(fault),
    });
    f.backend.onBlock = (block) => driver.block(blockEvent(block));
    driver.opened("s", []);
    const ask = { jsonrpc: "2.0", id: 1, method: "blockSubscribe", params: ["all", { encoding: "json" }] };
    await driver.message("s", JSON.stringify(ask));
    await send();
    const shown = () => JSON.parse(sent.at(-1)!).params.result.value.block.transactions[0].meta;
    expect(shown()).toMatchObject(stored);
    const event = blockEvent((await f.backend.block(2n))!);
    await f.backend.tick();
    f.backend.readAccounts = () => Promise.reject(new Error("gone"));
    await driver.block({ ...event, slot: 4n });
    expect(shown()).toMatchObject({ preTokenBalances: [], postTokenBalances: [] });
    expect(f.faults).toEqual([new Error("gone")]);
  });

  test("a mint that is gone, or another program's, is left out, as Agave does", async () => {
    const signature = await send();
    f.backend.put(account(mint.toBytes(), TOKEN_2022_PROGRAM_ID.toBase58(), mintData(0n, 2, null)));
    const left = { preTokenBalances: [], postTokenBalances: [] };
    expect((await f.ok("getTransaction", signature)).meta).toMatchObject(left);
    f.backend.put(account(mint.toBytes(), TOKEN, new Uint8Array(82)));
    expect((await f.ok("getTransaction", signature)).meta).toMatchObject(left);
    f.backend.put({ ...account(mint.toBytes(), TOKEN, mintData(0n, 255, null)) });
    const { meta } = await f.ok("getTransaction", signature);
    expect(meta.postTokenBalances[0].uiTokenAmount).toMatchObject({ decimals: 255, amount: "750", uiAmount: null });
  });
});

test("getTokenLargestAccounts: the twenty largest, of equal ones those with the largest addresses", async () => {
  const keys = Array.from({ length: 25 }, (_, i) => new Uint8Array(32).fill(100 + i));
  const owner = payer.publicKey.toBytes();
  for (const [i, key] of keys.entries()) {
    const data = tokenData({ mint: mint.toBytes(), owner, amount: i === 7 ? 2_000n : 1_500n });
    f.backend.put(account(key, TOKEN, data, 10_000_000n));
  }
  const { value } = await f.connection.getTokenLargestAccounts(mint);
  const equal = keys.filter((_, i) => i !== 7).reverse();
  expect(value.map(({ address }) => address.toBase58())).toEqual(
    [keys[7]!, ...equal.slice(0, 19)].map((key) => new PublicKey(key).toBase58()),
  );
});

describe("a simulation that did not run shows what stands", () => {
  const simulate = async (wire: Uint8Array, options = {}) =>
    (await f.ok("simulateTransaction", base64(wire), { encoding: "base64", innerInstructions: true, ...options }))
      .value;
  const nothing = { logs: [], unitsConsumed: 0, loadedAccountsDataSize: 0, returnData: null, innerInstructions: null };
  const standing = (amounts: unknown[]) => ({
    ...nothing,
    fee: null,
    preTokenBalances: amounts,
    postTokenBalances: amounts,
  });
  const wanted = { accounts: { encoding: "base64", addresses: [source.toBase58()] } };

  test("processed already; with a replaced blockhash it is another one", async () => {
    const wire = (await transfer()).serialize();
    await f.connection.sendRawTransaction(wire);
    const value = await simulate(wire, wanted);
    expect(value).toMatchObject({ err: "AlreadyProcessed", accounts: [null], ...standing(AFTER) });
    expect(value.preBalances).toEqual([9_999_995_000, 10_000_000, 10_000_000, expect.any(Number)]);
    expect(value.postBalances).toEqual(value.preBalances);
    expect(await simulate(wire, { replaceRecentBlockhash: true })).toMatchObject({ err: null, fee: 5_000 });
  });

  test("a blockhash that is not known or too old, which is seen before that it was processed", async () => {
    const wire = (await transfer()).serialize();
    await f.connection.sendRawTransaction(wire);
    await f.backend.tick(151);
    const value = await simulate(wire);
    expect(value).toMatchObject({ err: "BlockhashNotFound", accounts: null, ...standing(AFTER) });
    expect(value.preBalances.slice(0, 3)).toEqual([9_999_995_000, 10_000_000, 10_000_000]);
    expect(value.postBalances).toEqual(value.preBalances);
    const error = await f.error("sendTransaction", base64(wire), { encoding: "base64" });
    expect(error).toMatchObject({ code: -32002, data: { err: "BlockhashNotFound", fee: null } });
  });

  test("a payer that is not there", async () => {
    const poor = Keypair.generate();
    const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
    const transaction = new Transaction({ blockhash, lastValidBlockHeight, feePayer: poor.publicKey });
    transaction.add(createTransferInstruction(source, target, payer.publicKey, 1n));
    transaction.sign(poor, payer);
    const value = await simulate(transaction.serialize());
    expect(value).toMatchObject({ err: "AccountNotFound", fee: null });
    expect(value.preBalances.slice(0, 2)).toEqual([0, 9_999_995_000 + 5_000]);
    expect(value.preTokenBalances.map((one: { accountIndex: number }) => one.accountIndex)).toEqual([2, 3]);
  });

  test("a program that is not there: charged, but nothing was executed", async () => {
    const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
    const transaction = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey });
    transaction.add({ programId: Keypair.generate().publicKey, keys: [], data: Buffer.alloc(0) });
    transaction.sign(payer);
    const value = await simulate(transaction.serialize());
    expect(value).toMatchObject({ err: "ProgramAccountNotFound", logs: [], innerInstructions: null, fee: 5_000 });
    expect(value.postBalances).toEqual([9_999_995_000, 0]);
    const sent = await f.error("sendTransaction", base64(transaction.serialize()), { encoding: "base64" });
    expect(sent).toMatchObject({ code: -32002, data: { err: "ProgramAccountNotFound", fee: 5_000 } });
  });

  test("a wrong signature, where asked for: nothing is looked at, not even balances", async () => {
    const wire = (await transfer()).serialize();
    wire[10]! ^= 1;
    expect(await simulate(wire, { sigVerify: true, ...wanted })).toEqual({
      ...nothing,
      err: "SignatureFailure",
      accounts: [null],
      fee: null,
      loadedAddresses: { writable: [], readonly: [] },
      postBalances: null,
      postTokenBalances: null,
      preBalances: null,
      preTokenBalances: null,
      replacementBlockhash: null,
    });
    expect(await simulate(wire)).toMatchObject({ err: null });
  });
});
