/** blockSubscribe, slotsUpdatesSubscribe, voteSubscribe, and the answers to calls that are refused again and again. */
import { Keypair, TransactionMessage, VersionedTransaction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { blockEvent } from "../../../shared/rpc/block-event.ts";
import { Refusals } from "../../../shared/rpc/refusals.ts";
import { SubscriptionDriver } from "../../../shared/rpc/subscription-driver.ts";
import {
  MAX_BLOCK_SUBSCRIPTIONS,
  MAX_SUBSCRIPTIONS_PER_SOCKET,
  SubscriptionMachine,
} from "../../../shared/rpc/subscriptions.ts";
import { Fixture } from "./fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a client is sent is the test's business.
type Sent = any;

let f: Fixture;
let driver: SubscriptionDriver;
let sent: Sent[];
let delays: number[];
let payer: Keypair;

beforeEach(async () => {
  f = new Fixture();
  sent = [];
  delays = [];
  driver = new SubscriptionDriver(f.backend, f.backend.services, {
    send(_, text, delayMs = 0) {
      sent.push(JSON.parse(text));
      delays.push(delayMs);
    },
    drop: () => {},
    added: () => {},
    removed: () => {},
    fault: (fault) => f.faults.push(fault),
  });
  f.backend.onBlock = (block) => driver.block({ ...blockEvent(block), heardAt: block.slot * 1_000n + 7n });
  payer = await f.funded();
  driver.opened("s", []);
});

async function call(method: string, ...params: unknown[]): Promise<Sent> {
  sent.length = 0;
  await driver.message("s", JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  return sent[0];
}
const told = (method: string) => sent.filter((one) => one.method === method).map((one) => one.params);
const invalid = (message: string) => ({ jsonrpc: "2.0", id: 1, error: { code: -32602, message } });

async function pay(to = Keypair.generate().publicKey): Promise<string> {
  const transaction = await f.transfer(payer, to, 1_000_000);
  return f.connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
}

describe("blockSubscribe", () => {
  test("tells every block as getBlock shows it, in base64 and without rewards unless asked", async () => {
    const { result } = await call("blockSubscribe", "all");
    await pay();
    const block = await f.ok("getBlock", 2, { encoding: "base64", rewards: false });
    expect(block.transactions).toHaveLength(1);
    expect(told("blockNotification")).toEqual([
      { subscription: result, result: { context: { slot: 2 }, value: { slot: 2, block, err: null } } },
    ]);
    await f.backend.tick();
    expect(told("blockNotification")[1].result.value.block.transactions).toEqual([]);
    expect(await call("blockUnsubscribe", result)).toMatchObject({ result: true });
    await f.backend.tick();
    expect(told("blockNotification")).toEqual([]);
  });

  test.each([
    [
      { encoding: "json", showRewards: true },
      { encoding: "json", rewards: true },
    ],
    [
      { encoding: "jsonParsed", maxSupportedTransactionVersion: 0 },
      { encoding: "jsonParsed", maxSupportedTransactionVersion: 0, rewards: false },
    ],
    [{ encoding: "base58" }, { encoding: "base58", rewards: false }],
    [{ transactionDetails: "accounts" }, { transactionDetails: "accounts", rewards: false }],
    [{ transactionDetails: "signatures" }, { transactionDetails: "signatures", rewards: false }],
    [
      { transactionDetails: "none", showRewards: true },
      { transactionDetails: "none", rewards: true },
    ],
  ])("%j", async (options, same) => {
    await call("blockSubscribe", "all", options);
    await pay();
    expect(told("blockNotification")[0].result.value.block).toEqual(await f.ok("getBlock", 2, same));
  });

  test("of an address: the blocks that name it, with those transactions alone", async () => {
    const to = Keypair.generate().publicKey;
    await call("blockSubscribe", { mentionsAccountOrProgram: to.toBase58() }, { transactionDetails: "signatures" });
    await pay();
    expect(told("blockNotification")).toEqual([]);
    const transactions = [await f.transfer(payer, payer.publicKey, 5), await f.transfer(payer, to, 1_000_000)];
    const records = transactions.map((transaction) => {
      const parsed = f.backend.services.parse(transaction.serialize());
      if (!parsed.ok) throw new Error(String(parsed.code));
      return parsed.record;
    });
    await f.backend.produce(records);
    const [{ result }] = told("blockNotification");
    expect(result.context).toEqual({ slot: 3 });
    const { signatures } = await f.ok("getBlock", 3, { transactionDetails: "signatures" });
    expect(signatures).toHaveLength(2);
    expect(result.value.block.signatures).toEqual([signatures[1]]);
  });

  test("a transaction that the client cannot read is an error in place of the block", async () => {
    await call("blockSubscribe", "all");
    await call("blockSubscribe", "all", { maxSupportedTransactionVersion: 0 });
    const { blockhash } = await f.connection.getLatestBlockhash();
    const message = new TransactionMessage({ payerKey: payer.publicKey, recentBlockhash: blockhash, instructions: [] });
    const transaction = new VersionedTransaction(message.compileToV0Message());
    transaction.sign([payer]);
    await f.connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
    const [first, second] = told("blockNotification").map(({ result }) => result.value);
    expect(first).toEqual({ slot: 2, block: null, err: { UnsupportedTransactionVersion: 0 } });
    expect(second.block.transactions[0].version).toBe(0);
  });

  test("a block that is too large for a message is an error in place of the block", async () => {
    await call("blockSubscribe", "all");
    await call("blockSubscribe", "all", { transactionDetails: "none" });
    await pay();
    const [block] = [...f.backend.blocksBySlot.values()].slice(-1);
    const many = Array.from({ length: 20_000 }, () => block!.transactions[0]!);
    sent.length = 0;
    await driver.block(blockEvent({ ...block!, slot: 3n, transactions: many }));
    const [large, none] = told("blockNotification").map(({ result }) => result.value);
    expect(large).toEqual({ slot: 3, block: null, err: "BlockStoreError" });
    expect(none.err).toBeNull();
  });

  test("what is no subscription is refused", async () => {
    expect(await call("blockSubscribe")).toEqual(invalid("`params` should have at least 1 argument(s)"));
    expect((await call("blockSubscribe", "some")).error.code).toBe(-32602);
    expect(await call("blockSubscribe", { mentionsAccountOrProgram: "x" })).toEqual(
      invalid("Invalid Request: Invalid mentions_account_or_program provided"),
    );
    expect(await call("blockSubscribe", "all", { commitment: "processed" })).toEqual(
      invalid("Method does not support commitment below `confirmed`"),
    );
    const stored = { method: "blockSubscribe", params: '["all"]' };
    const others = Array.from({ length: MAX_BLOCK_SUBSCRIPTIONS }, (_, id) => ({ ...stored, id: 1_000 + id }));
    driver.opened("others", others);
    expect(await call("blockSubscribe", "all")).toEqual({
      jsonrpc: "2.0",
      id: 1,
      error: { code: -32603, message: "Internal Error: Subscription refused. Node subscription limit reached" },
    });
    expect(MAX_BLOCK_SUBSCRIPTIONS).toBeLessThan(MAX_SUBSCRIPTIONS_PER_SOCKET);
  });

  test("keeps an idle chain going only where every block is wanted", async () => {
    expect(driver.machine.wantsSlots).toBe(false);
    const { result } = await call("blockSubscribe", { mentionsAccountOrProgram: payer.publicKey.toBase58() });
    expect(driver.machine.wantsSlots).toBe(false);
    await call("blockSubscribe", "all");
    expect(driver.machine.wantsSlots).toBe(true);
    expect(result).toEqual(expect.any(Number));
  });
});

test("slotsUpdatesSubscribe tells the steps of a slot in their order", async () => {
  const { result } = await call("slotsUpdatesSubscribe");
  expect(driver.machine.wantsSlots).toBe(true);
  await call("rootSubscribe");
  await f.backend.tick();
  const at = { slot: 2, timestamp: 2_007 };
  const none = {
    numTransactionEntries: 0,
    numSuccessfulTransactions: 0,
    numFailedTransactions: 0,
    maxTransactionsPerEntry: 0,
  };
  expect(told("slotsUpdatesNotification")).toEqual(
    [
      { type: "firstShredReceived", ...at },
      { type: "createdBank", parent: 1, ...at },
      { type: "completed", ...at },
      { type: "frozen", stats: none, ...at },
      { type: "optimisticConfirmation", ...at },
      { type: "root", ...at },
    ].map((update) => ({ subscription: result, result: update })),
  );
  expect(sent.at(-1).method).toBe("rootNotification");
  sent.length = 0;
  await pay();
  await pay(payer.publicKey);
  const frozen = told("slotsUpdatesNotification").filter((one) => one.result.type === "frozen");
  expect(frozen.map((one) => one.result.stats.numSuccessfulTransactions)).toEqual([1, 1]);
  expect(await call("slotsUpdatesUnsubscribe", result)).toMatchObject({ result: true });
  await f.backend.tick();
  expect(told("slotsUpdatesNotification")).toEqual([]);
});

test("voteSubscribe: there is nothing to tell", async () => {
  const { result } = await call("voteSubscribe");
  expect(result).toEqual(expect.any(Number));
  sent.length = 0;
  await pay();
  expect(sent).toEqual([]);
  expect(await call("voteUnsubscribe", result)).toMatchObject({ result: true });
});

test("subscriptions of every kind survive a restart of the object", async () => {
  const machine = new SubscriptionMachine();
  const stored = ["blockSubscribe", "slotsUpdatesSubscribe", "voteSubscribe"].map((method, id) => ({
    id,
    method,
    params: method === "blockSubscribe" ? `["all"]` : "null",
  }));
  machine.step({ type: "opened", socket: "s", stored });
  expect(machine.count).toBe(3);
  const block = { ...blockEvent([...f.backend.blocksBySlot.values()][0]!) };
  expect(machine.step({ type: "block", block })).toHaveLength(7);
  machine.step({ type: "closed", socket: "s" });
  expect(machine.count).toBe(0);
});

describe("refusals", () => {
  test("the same call waits, each time twice as long, up to half a minute", async () => {
    for (const _ of Array(8)) await call("nothingSubscribe", 1);
    expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await call("nothingSubscribe", 2);
    await call("slotSubscribe");
    await driver.message("s", "{");
    await driver.message("s", "[]");
    await driver.message("s", "{");
    await driver.message(
      "s",
      `[${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "nothingSubscribe", params: [2] })}]`,
    );
    expect(delays.slice(8)).toEqual([0, 0, 0, 0, 1_000, 1_000]);
  });

  test("of another socket, or after a new connection, are others", async () => {
    await call("nothingSubscribe");
    await call("nothingSubscribe");
    driver.closed("s");
    driver.opened("s", []);
    await call("nothingSubscribe");
    expect(delays).toEqual([0, 1_000, 0]);
  });

  test("32 calls of a socket are remembered, and the beginning of each", () => {
    const refusals = new Refusals();
    expect(refusals.delayOf("first")).toBe(0);
    for (let i = 0; i < 31; i++) refusals.delayOf(`call ${i}`);
    expect(refusals.delayOf("first")).toBe(1_000);
    refusals.delayOf("one more");
    expect(refusals.delayOf("call 0")).toBe(0);
    expect(refusals.delayOf("first")).toBe(2_000);
    expect(refusals.delayOf("x".repeat(1 << 20))).toBe(0);
    expect(refusals.delayOf("x".repeat(1 << 20))).toBe(1_000);
    expect(refusals.delayOf("x".repeat(1 << 19))).toBe(0);
    expect(refusals.delayOf(`${"x".repeat(1 << 19)}y`)).toBe(0);
    expect(refusals.delayOf(`${"x".repeat(1 << 19)}z`)).toBe(0);
  });
});
