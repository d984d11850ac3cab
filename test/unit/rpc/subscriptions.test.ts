import { Keypair, LAMPORTS_PER_SOL, SystemProgram, Transaction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { blockEvent } from "../../../shared/rpc/block-event.ts";
import { scanError } from "../../../shared/rpc/errors.ts";
import { TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { SubscriptionDriver } from "../../../shared/rpc/subscription-driver.ts";
import {
  MAX_SUBSCRIPTIONS_PER_SOCKET,
  type StoredSubscription,
  SubscriptionMachine,
} from "../../../shared/rpc/subscriptions.ts";
import { Fixture } from "./fixture.ts";
import { account, mintData, tokenData } from "./states.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a client is sent is the test's business.
type Sent = any;

class Client {
  readonly sent: Sent[] = [];
  readonly stored = new Map<number, StoredSubscription>();
}

let f: Fixture;
let driver: SubscriptionDriver;
let clients: Map<string, Client>;
let payer: Keypair;
let next: number;

function newDriver(): SubscriptionDriver {
  return new SubscriptionDriver(f.backend, f.backend.services, {
    send: (socket, text) => clients.get(socket)!.sent.push(JSON.parse(text)),
    drop: () => {},
    added: (socket, stored) => void clients.get(socket)!.stored.set(stored.id, stored),
    removed: (socket, id) => void clients.get(socket)!.stored.delete(id),
    fault: (fault) => f.faults.push(fault),
  });
}

beforeEach(async () => {
  f = new Fixture();
  clients = new Map();
  next = 0;
  driver = newDriver();
  f.backend.onBlock = (block) => driver.block(blockEvent(block));
  payer = await f.funded();
});

function open(): {
  client: Client;
  say(text: string): Promise<void>;
  call(method: string, ...params: unknown[]): Promise<Sent>;
  socket: string;
} {
  const socket = `s${next++}`;
  const client = new Client();
  clients.set(socket, client);
  driver.opened(socket, []);
  const say = (text: string) => driver.message(socket, text);
  return {
    client,
    socket,
    say,
    async call(method, ...params) {
      const id = 1_000 + next++;
      await say(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return client.sent.find((one) => one.id === id);
    },
  };
}

const notifications = (client: Client, method: string) =>
  client.sent.filter((one) => one.method === `${method}Notification`);
const pay = async (to = Keypair.generate().publicKey, lamports = 1_000_000) => {
  const tx = await f.transfer(payer, to, lamports);
  return f.connection.sendRawTransaction(tx.serialize(), { skipPreflight: true });
};

describe("calls", () => {
  test("ids are numbers that differ, unsubscribing ends once", async () => {
    const { call, client } = open();
    const a = await call("slotSubscribe");
    const b = await call("rootSubscribe");
    expect(a).toMatchObject({ jsonrpc: "2.0", result: expect.any(Number) });
    expect(a.result).not.toBe(b.result);
    expect(await call("slotUnsubscribe", a.result)).toMatchObject({ result: true });
    expect(await call("slotUnsubscribe", a.result)).toMatchObject({
      error: { code: -32602, message: "Invalid subscription id." },
    });
    expect(await call("slotUnsubscribe", "x")).toMatchObject({ error: { code: -32602 } });
    expect(await call("slotUnsubscribe")).toMatchObject({ error: { code: -32602 } });
    const other = open();
    expect(await other.call("rootUnsubscribe", b.result)).toHaveProperty("error");
    await f.backend.tick();
    expect(notifications(client, "slot")).toHaveLength(0);
    expect(notifications(client, "root")).toHaveLength(1);
  });

  test("what is not served", async () => {
    const { call, say, client } = open();
    for (const method of ["blocksSubscribe", "blocksUnsubscribe", "getBalance", "__proto__"]) {
      expect(await call(method)).toMatchObject({ error: { code: -32601, message: expect.stringContaining(method) } });
    }
    expect((await call("getVersion")).result).toEqual({ "solana-core": "4.3.0", "feature-set": 0xc9ad34d2 });
    const before = client.sent.length;
    await say('{"jsonrpc":"2.0","method":"ping"}');
    expect(client.sent).toHaveLength(before);
    for (const text of ["{", "[]", "5", "x".repeat((1 << 20) + 1)]) await say(text);
    expect(client.sent.slice(before).map((one) => one.error.code)).toEqual([-32700, -32600, -32600, -32600]);
  });

  test("wrong parameters", async () => {
    const { call } = open();
    const refused: [string, ...unknown[]][] = [
      ["accountSubscribe"],
      ["accountSubscribe", "x"],
      ["accountSubscribe", 5],
      ["accountSubscribe", TOKEN_PROGRAM, { encoding: "hex" }],
      ["programSubscribe", TOKEN_PROGRAM, { filters: new Array(5).fill({ dataSize: 1 }) }],
      ["logsSubscribe", "some"],
      ["logsSubscribe", { mentions: [] }],
      ["logsSubscribe", { mentions: [TOKEN_PROGRAM, TOKEN_PROGRAM] }],
      ["signatureSubscribe", TOKEN_PROGRAM],
      ["slotSubscribe", 1],
      ["accountSubscribe", TOKEN_PROGRAM, { note: "x".repeat(3_000) }],
    ];
    for (const [method, ...params] of refused)
      expect(await call(method, ...params)).toMatchObject({ error: { code: -32602 } });
    expect(await call("accountSubscribe", "x")).toHaveProperty(
      "error.message",
      "Invalid Request: Invalid pubkey provided",
    );
    expect(await call("logsSubscribe", { mentions: [] })).toHaveProperty(
      "error.message",
      "Invalid Request: Only 1 address supported",
    );
    expect(driver.machine.count).toBe(0);
  });

  test("the same call on a socket has the same subscription, as in Agave: told once, and ended once", async () => {
    const one = open();
    const other = open();
    const logs = [{ mentions: [payer.publicKey.toBase58()] }, { commitment: "confirmed" }];
    const { result: id } = await one.call("logsSubscribe", ...logs);
    for (let i = 0; i < 3; i++) expect((await one.call("logsSubscribe", ...logs)).result).toBe(id);
    const { result: another } = await one.call("logsSubscribe", logs[0], { commitment: "finalized" });
    const { result: others } = await other.call("logsSubscribe", ...logs);
    expect([...one.client.stored.keys()]).toEqual([id, another]);
    await pay();
    const told = (client: Client) => notifications(client, "logs").map((one) => one.params.subscription);
    expect([told(one.client), told(other.client)]).toEqual([[id, another], [others]]);
    expect(await one.call("logsUnsubscribe", id)).toMatchObject({ result: true });
    expect(await one.call("logsUnsubscribe", id)).toMatchObject({ error: { code: -32602 } });
    await pay();
    expect(told(one.client)).toEqual([id, another, another]);
    expect((await one.call("logsSubscribe", ...logs)).result).not.toBe(id);
    driver.closed(one.socket);
    driver.opened(one.socket, [...one.client.stored.values()]);
    expect((await one.call("logsSubscribe", logs[0], { commitment: "finalized" })).result).toBe(another);
  });

  test("a socket is full at its limit, and leaves nothing behind", async () => {
    const { call, say, socket } = open();
    const batch = (count: number) =>
      JSON.stringify(
        Array.from({ length: count }, (_, id) => ({
          jsonrpc: "2.0",
          id,
          method: "accountSubscribe",
          params: [TOKEN_PROGRAM, { note: different++ }],
        })),
      );
    let different = 0;
    for (let i = 0; i < MAX_SUBSCRIPTIONS_PER_SOCKET / 1_000; i++) await say(batch(1_000));
    expect(driver.machine.count).toBe(MAX_SUBSCRIPTIONS_PER_SOCKET);
    expect(await call("slotSubscribe")).toMatchObject({
      error: { code: -32603, message: "Internal Error: Subscription refused. Node subscription limit reached" },
    });
    driver.closed(socket);
    expect(driver.machine.count).toBe(0);
  });
});

describe("signatures", () => {
  test("one that comes later", async () => {
    const { call, client } = open();
    const tx = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
    const { result: id } = await call("signatureSubscribe", encodeBase58(tx.signature!), { commitment: "confirmed" });
    await f.backend.tick();
    expect(notifications(client, "signature")).toHaveLength(0);
    await f.connection.sendRawTransaction(tx.serialize());
    expect(notifications(client, "signature")).toEqual([
      {
        jsonrpc: "2.0",
        method: "signatureNotification",
        params: { result: { context: { slot: 3 }, value: { err: null } }, subscription: id },
      },
    ]);
    expect(driver.machine.count).toBe(0);
    expect(client.stored.size).toBe(0);
    expect(await call("signatureUnsubscribe", id)).toHaveProperty("error.code", -32602);
  });

  test("one that is there already is answered at once, after the answer to the call", async () => {
    const signature = await pay();
    const { call, client } = open();
    const { result: id } = await call("signatureSubscribe", signature, { enableReceivedNotification: true });
    expect(client.sent.map((one) => one.params?.result.value ?? one.result)).toEqual([
      id,
      "receivedSignature",
      { err: null },
    ]);
    expect(driver.machine.count).toBe(0);
  });

  test("one that fails", async () => {
    const { call, client } = open();
    const tx = await f.transfer(payer, Keypair.generate().publicKey, 99_000_000_000);
    await call("signatureSubscribe", encodeBase58(tx.signature!));
    await f.connection.sendRawTransaction(tx.serialize(), { skipPreflight: true });
    expect(notifications(client, "signature")[0].params.result.value).toEqual({
      err: { InstructionError: [0, { Custom: 1 }] },
    });
  });

  test("of a block that was missed", async () => {
    const { call, client } = open();
    await call("slotSubscribe");
    const tx = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
    await call("signatureSubscribe", encodeBase58(tx.signature!));
    const told = f.backend.onBlock;
    f.backend.onBlock = () => {};
    await f.connection.sendRawTransaction(tx.serialize());
    await f.backend.tick(2);
    f.backend.onBlock = told;
    await f.backend.tick();
    expect(notifications(client, "signature")).toHaveLength(1);
    expect(notifications(client, "slot").map((one) => one.params.result.slot)).toEqual([2, 3, 4, 5]);
  });

  test("of a gap too large to read", async () => {
    const { call, client } = open();
    const tx = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
    await call("signatureSubscribe", encodeBase58(tx.signature!));
    const told = f.backend.onBlock;
    f.backend.onBlock = () => {};
    await f.connection.sendRawTransaction(tx.serialize());
    await f.backend.tick(80);
    f.backend.onBlock = told;
    await f.backend.tick();
    expect(notifications(client, "signature")[0].params.result.context.slot).toBe(2);
  });
});

test("slots and roots, each block once", async () => {
  const { call, client } = open();
  await call("slotSubscribe");
  await call("rootSubscribe");
  await f.backend.tick(2);
  await driver.block(blockEvent((await f.backend.block(2n))!));
  expect(notifications(client, "slot").map((one) => one.params.result)).toEqual([
    { slot: 2, parent: 1, root: 2 },
    { slot: 3, parent: 2, root: 3 },
  ]);
  expect(notifications(client, "root").map((one) => one.params.result)).toEqual([2, 3]);
  expect(driver.machine.wantsSlots).toBe(true);
});

test("accounts: changed, created, closed, and no other", async () => {
  const { call, client } = open();
  const to = Keypair.generate().publicKey;
  await call("accountSubscribe", to.toBase58(), { encoding: "base64", commitment: "processed" });
  await pay();
  expect(notifications(client, "account")).toHaveLength(0);
  await pay(to);
  expect(notifications(client, "account")[0].params.result).toEqual({
    context: { slot: 3 },
    value: {
      lamports: 1_000_000,
      data: ["", "base64"],
      owner: "11111111111111111111111111111111",
      executable: false,
      rentEpoch: 18446744073709552000,
      space: 0,
    },
  });

  const closing = await f.funded(1_005_000);
  await call("accountSubscribe", closing.publicKey.toBase58());
  const all = await f.transfer(closing, payer.publicKey, 1_000_000);
  await f.connection.sendRawTransaction(all.serialize());
  expect(notifications(client, "account").at(-1).params.result.value).toMatchObject({
    lamports: 0,
    data: "",
    space: 0,
  });

  await call("accountSubscribe", "SysvarC1ock11111111111111111111111111111111", { encoding: "jsonParsed" });
  await f.backend.tick();
  const { context, value: clock } = notifications(client, "account").at(-1).params.result;
  expect(clock.data.parsed).toMatchObject({ type: "clock", info: { slot: context.slot } });
});

test("an account of a transaction that failed changes only by its fee", async () => {
  const { call, client } = open();
  const to = Keypair.generate().publicKey;
  await call("accountSubscribe", to.toBase58());
  await call("accountSubscribe", payer.publicKey.toBase58());
  await pay(to, 99_000_000_000);
  expect(notifications(client, "account").map((one) => one.params.result.value.lamports)).toEqual([9_999_995_000]);
});

test("programs, with filters", async () => {
  const { call, client } = open();
  const all = await call("programSubscribe", "11111111111111111111111111111111", { encoding: "base64" });
  const sized = await call("programSubscribe", "11111111111111111111111111111111", { filters: [{ dataSize: 5 }] });
  await call("programSubscribe", TOKEN_PROGRAM);
  const to = Keypair.generate().publicKey;
  await pay(to);
  const told = notifications(client, "program");
  expect(told.map((one) => one.params.subscription)).toEqual([all.result, all.result]);
  expect(told.map((one) => one.params.result.value.pubkey)).toEqual([payer.publicKey.toBase58(), to.toBase58()]);
  expect(told[1].params.result.value.account.lamports).toBe(1_000_000);
  expect(sized.result).not.toBe(all.result);
});

test("a token account is shown with its mint's decimals", async () => {
  const mint = Keypair.generate().publicKey.toBytes();
  const token = Keypair.generate().publicKey;
  f.backend.put(account(mint, TOKEN_PROGRAM, mintData(10n, 1, null)));
  f.backend.put(
    account(token.toBytes(), TOKEN_PROGRAM, tokenData({ mint, owner: payer.publicKey.toBytes(), amount: 15n })),
  );
  const { call, client } = open();
  await call("accountSubscribe", token.toBase58(), { encoding: "jsonParsed" });
  await call("accountSubscribe", token.toBase58());
  await pay(token, 5);
  const [parsed, binary] = notifications(client, "account").map((one) => one.params.result.value.data);
  expect(parsed.parsed.info.tokenAmount.uiAmountString).toBe("1.5");
  expect(binary).toBe("error: data too large for bs58 encoding");
});

test("logs of all, and of those who mention an address", async () => {
  const { call, client } = open();
  const to = Keypair.generate().publicKey;
  const all = await call("logsSubscribe", "all");
  const some = await call("logsSubscribe", { mentions: [to.toBase58()] });
  const other = await pay();
  const mine = await pay(to);
  const told = notifications(client, "logs").map((one) => [one.params.subscription, one.params.result.value.signature]);
  expect(told).toEqual(
    expect.arrayContaining([
      [all.result, other],
      [all.result, mine],
      [some.result, mine],
    ]),
  );
  expect(told).toHaveLength(3);
  expect(notifications(client, "logs")[0].params.result.value).toEqual({
    signature: other,
    err: null,
    logs: ["Program 11111111111111111111111111111111 invoke [1]", "Program 11111111111111111111111111111111 success"],
  });
});

test("subscriptions survive hibernation", async () => {
  const { call, client, socket } = open();
  const slot = await call("slotSubscribe");
  const tx = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
  await call("signatureSubscribe", encodeBase58(tx.signature!));
  await call("accountSubscribe", payer.publicKey.toBase58(), {
    encoding: "base64",
    dataSlice: { offset: 0, length: 0 },
  });
  const stored = [...client.stored.values()];
  expect(stored).toHaveLength(3);

  driver = newDriver();
  driver.opened(socket, stored);
  const again = await call("rootSubscribe");
  expect(stored.map((one) => one.id)).not.toContain(again.result);
  await f.connection.sendRawTransaction(tx.serialize());
  expect(notifications(client, "slot").at(-1).params).toEqual({
    subscription: slot.result,
    result: { slot: 2, parent: 1, root: 2 },
  });
  expect(notifications(client, "signature")).toHaveLength(1);
  expect(notifications(client, "account")).toHaveLength(1);
});

test("a signature that was processed while the object slept is told with the next block", async () => {
  const { call, client, socket } = open();
  const tx = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
  await call("signatureSubscribe", encodeBase58(tx.signature!));
  const stored = [...client.stored.values()];
  f.backend.onBlock = () => {};
  await f.connection.sendRawTransaction(tx.serialize());
  driver = newDriver();
  driver.opened(socket, stored);
  f.backend.onBlock = (block) => driver.block(blockEvent(block));
  await f.backend.tick();
  expect(notifications(client, "signature")).toHaveLength(1);
});

test("blocks told at once are read in order, and a busy chain costs no memory", async () => {
  const { call, client } = open();
  await call("accountSubscribe", payer.publicKey.toBase58(), { encoding: "base64" });
  await call("slotSubscribe");
  f.backend.onBlock = () => {};
  for (let i = 0; i < 100; i++) await pay();
  const blocks = [...f.backend.blocksBySlot.values()].filter((block) => block.slot > 1n);
  await Promise.all(blocks.map((block) => driver.block(blockEvent(block))));
  await f.backend.tick();
  await driver.block(blockEvent((await f.backend.block(102n))!));
  const slots = notifications(client, "slot").map((one) => one.params.result.slot);
  expect(slots).toEqual(Array.from({ length: 101 }, (_, i) => i + 2));
  expect(notifications(client, "account").length).toBeGreaterThan(0);
  expect(f.faults).toEqual([]);
});

test("a chain that cannot be read is no reason to stop", async () => {
  const { call, client } = open();
  await call("accountSubscribe", payer.publicKey.toBase58(), { encoding: "base64" });
  const read = f.backend.readAccounts.bind(f.backend);
  f.backend.readAccounts = () => Promise.reject(new Error("away"));
  await pay();
  expect(f.faults).toHaveLength(1);
  f.backend.readAccounts = read;
  await pay();
  expect(notifications(client, "account")).toHaveLength(1);
});

test("accounts that are together too large for one answer are told all the same", async () => {
  const { call, client } = open();
  const others = Array.from({ length: 5 }, () => Keypair.generate().publicKey);
  for (const key of [payer.publicKey, ...others])
    await call("accountSubscribe", key.toBase58(), { encoding: "base64" });
  const read = f.backend.readAccounts.bind(f.backend);
  f.backend.readAccounts = (keys) => (keys.length > 2 ? Promise.reject(scanError("too large")) : read(keys));
  const tx = new Transaction().add(
    ...others.map((toPubkey) =>
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey, lamports: LAMPORTS_PER_SOL }),
    ),
  );
  tx.recentBlockhash = (await f.connection.getLatestBlockhash()).blockhash;
  tx.feePayer = payer.publicKey;
  tx.sign(payer);
  await f.connection.sendRawTransaction(tx.serialize(), { skipPreflight: true });
  expect(notifications(client, "account")).toHaveLength(6);
  expect(f.faults).toEqual([]);
});

test("the machine answers to a socket it does not know", () => {
  const machine = new SubscriptionMachine();
  const [effect] = machine.step({
    type: "message",
    socket: "gone",
    text: '{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}',
  });
  expect(effect).toMatchObject({ type: "send", text: expect.stringContaining("-32603") });
  expect(machine.step({ type: "closed", socket: "gone" })).toEqual([]);
});
