/** Subscriptions of both clients against a running network: what is told, in which order, and that it ends. */
import {
  address,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
} from "@solana/kit";
import {
  createMint,
  createTransferInstruction,
  getOrCreateAssociatedTokenAccount,
  mintTo,
  TOKEN_PROGRAM_ID,
} from "@solana/spl-token";
import { type AccountInfo, type Connection, Keypair, type Logs, PublicKey, SystemProgram } from "@solana/web3.js";
import { getTransferSolInstruction } from "@solana-program/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { SOL as KIT_SOL, kitClient } from "./kit-client.ts";
import { connect, funded, SOL, sendV0, signatureOf, signedBy, stopped, transferTo } from "./web3-client.ts";

let network: Network;
let connection: Connection;
let payer: Keypair;

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20 });
  connection = connect(network.rpcUrl);
  payer = await funded(connection, 1_000 * SOL);
});
afterAll(() => stopped(network));

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Collects what a listener is told. */
class Inbox<T> {
  readonly received: T[] = [];
  readonly put = (value: T): void => {
    this.received.push(value);
  };
  async has(count: number): Promise<T[]> {
    while (this.received.length < count) await sleep(10);
    return this.received;
  }
}

/** web3.js subscribes in the background: done once a subscription made later is answered by its first notification. */
async function subscribed(of: Connection): Promise<void> {
  const slots = new Inbox<unknown>();
  const id = of.onSlotChange(slots.put);
  await slots.has(1);
  await of.removeSlotChangeListener(id);
}

const transferOnce = (to: PublicKey, lamports: number) => sendV0(connection, payer, [transferTo(payer, to, lamports)]);

describe("@solana/web3.js", () => {
  test("onAccountChange tells each change, and none after its removal", async () => {
    const to = Keypair.generate().publicKey;
    const inbox = new Inbox<AccountInfo<Buffer>>();
    const id = connection.onAccountChange(to, inbox.put, { commitment: "confirmed" });
    await subscribed(connection);
    await transferOnce(to, SOL);
    await transferOnce(to, 2 * SOL);
    const [first, second] = await inbox.has(2);
    expect(first).toMatchObject({ lamports: SOL, executable: false, space: 0 });
    expect(first!.owner).toEqual(SystemProgram.programId);
    expect(second!.lamports).toBe(3 * SOL);
    await connection.removeAccountChangeListener(id);
    await transferOnce(to, SOL);
    await subscribed(connection);
    expect(inbox.received).toHaveLength(2);
  });

  test("onProgramAccountChange with filters hears of a token account", async () => {
    // A connection that has no blockhash yet: they are remembered for longer than they live on this fast chain.
    const sender = connect(network.rpcUrl);
    const mint = await createMint(sender, payer, payer.publicKey, null, 6);
    const owner = Keypair.generate();
    const [from, to] = await Promise.all(
      [payer.publicKey, owner.publicKey].map((one) => getOrCreateAssociatedTokenAccount(sender, payer, mint, one)),
    );
    await mintTo(sender, payer, mint, from!.address, payer, 1_000);
    const inbox = new Inbox<{ accountId: PublicKey; accountInfo: AccountInfo<Buffer> }>();
    const id = connection.onProgramAccountChange(TOKEN_PROGRAM_ID, inbox.put, {
      commitment: "confirmed",
      filters: [{ dataSize: 165 }, { memcmp: { offset: 32, bytes: owner.publicKey.toBase58() } }],
    });
    await subscribed(connection);
    await sendV0(connection, payer, [createTransferInstruction(from!.address, to!.address, payer.publicKey, 77)]);
    const [told] = await inbox.has(1);
    expect(told!.accountId).toEqual(to!.address);
    expect(told!.accountInfo.data.readBigUInt64LE(64)).toBe(77n);
    await connection.removeProgramAccountChangeListener(id);
    await subscribed(connection);
    expect(inbox.received).toHaveLength(1);
  });

  test("onLogs: of all transactions, and of those that mention an address", async () => {
    const to = Keypair.generate().publicKey;
    const [all, some] = [new Inbox<Logs>(), new Inbox<Logs>()];
    const ids = [connection.onLogs("all", all.put, "confirmed"), connection.onLogs(to, some.put, "confirmed")];
    await subscribed(connection);
    const other = await transferOnce(Keypair.generate().publicKey, SOL);
    const mine = await transferOnce(to, SOL);
    const logs = [
      "Program 11111111111111111111111111111111 invoke [1]",
      "Program 11111111111111111111111111111111 success",
    ];
    expect(await some.has(1)).toEqual([{ signature: mine, err: null, logs }]);
    expect((await all.has(2)).map(({ signature }) => signature)).toEqual([other, mine]);
    for (const id of ids) await connection.removeOnLogsListener(id);
  });

  test("onLogs tells of a transaction that failed", async () => {
    const poor = await funded(connection, SOL);
    const inbox = new Inbox<Logs>();
    const id = connection.onLogs(poor.publicKey, inbox.put, "confirmed");
    await subscribed(connection);
    const transaction = await signedBy(connection, poor, [transferTo(poor, payer.publicKey, 2 * SOL)]);
    await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
    const [told] = await inbox.has(1);
    expect(told).toMatchObject({
      signature: signatureOf(transaction),
      err: { InstructionError: [0, { Custom: 1 }] },
    });
    await connection.removeOnLogsListener(id);
  });

  test("onSignature: before it is sent, and long after it landed", async () => {
    const transaction = await signedBy(connection, payer, [transferTo(payer, Keypair.generate().publicKey, SOL)]);
    const before = new Inbox<unknown>();
    connection.onSignature(signatureOf(transaction), before.put, "confirmed");
    await subscribed(connection);
    await connection.sendRawTransaction(transaction.serialize());
    expect(await before.has(1)).toEqual([{ err: null }]);
    const after = new Inbox<unknown>();
    connection.onSignature(signatureOf(transaction), after.put, "finalized");
    expect(await after.has(1)).toEqual([{ err: null }]);
    expect(before.received).toHaveLength(1);
  });

  test("onSlotChange and onRootChange: every slot once, in order", async () => {
    const slots = new Inbox<{ slot: number; parent: number; root: number }>();
    const roots = new Inbox<number>();
    const ids = [connection.onSlotChange(slots.put), connection.onRootChange(roots.put)] as const;
    for (let i = 0; i < 3; i++) await transferOnce(Keypair.generate().publicKey, SOL);
    const [first] = await slots.has(4);
    slots.received.forEach((told, i) => {
      expect(told).toEqual({ slot: first!.slot + i, parent: first!.slot + i - 1, root: first!.slot + i });
    });
    const [root] = await roots.has(3);
    expect(roots.received).toEqual(roots.received.map((_, i) => root! + i));
    await connection.removeSlotChangeListener(ids[0]);
    await connection.removeRootChangeListener(ids[1]);
  });

  test("subscriptions come back after workerd was killed", async () => {
    const to = Keypair.generate().publicKey;
    const inbox = new Inbox<AccountInfo<Buffer>>();
    const again = connect(network.rpcUrl);
    const id = again.onAccountChange(to, inbox.put, { commitment: "confirmed" });
    await subscribed(again);
    await network.restart();
    let lamports = 0;
    while (inbox.received.length === 0) {
      await transferOnce(to, SOL);
      lamports += SOL;
      await sleep(200);
    }
    expect(inbox.received[0]!.lamports).toBeLessThanOrEqual(lamports);
    await again.removeAccountChangeListener(id);
  });
});

describe("@solana/kit", () => {
  const first = async <T>(iterable: AsyncIterable<T>): Promise<T> => {
    for await (const value of iterable) return value;
    throw new Error("it ended");
  };

  test("account, program, logs, signature, slot and root notifications of one transfer", async () => {
    const client = kitClient(network);
    const { rpcSubscriptions } = client;
    const [from, to] = [await client.funded(), await generateKeyPairSigner()];
    const transfer = getTransferSolInstruction({ source: from, destination: to.address, amount: KIT_SOL });
    const transaction = await client.signed(from, [transfer]);
    const signature = getSignatureFromTransaction(transaction);
    const abort = new AbortController();
    const options = { abortSignal: abort.signal };
    const system = address(SystemProgram.programId.toBase58());
    const bytes = to.address as never;
    const subscriptions = await Promise.all([
      rpcSubscriptions.accountNotifications(to.address, { encoding: "base64" }).subscribe(options),
      rpcSubscriptions.programNotifications(system, { encoding: "base64", filters: [] }).subscribe(options),
      rpcSubscriptions.logsNotifications({ mentions: [bytes] }, { commitment: "confirmed" }).subscribe(options),
      rpcSubscriptions.signatureNotifications(signature, { commitment: "confirmed" }).subscribe(options),
      rpcSubscriptions.slotNotifications().subscribe(options),
      rpcSubscriptions.rootNotifications().subscribe(options),
    ]);
    const [account, program, logs, result, slot, root] = subscriptions;
    const told = Promise.all([first(account), first(program), first(logs), first(result), first(slot), first(root)]);
    await client.rpc
      .sendTransaction(getBase64EncodedWireTransaction(transaction), { encoding: "base64", skipPreflight: true })
      .send();
    const [accountTold, programTold, logsTold, resultTold, slotTold, rootTold] = await told;
    const context = { slot: accountTold.context.slot };
    expect(accountTold).toMatchObject({ value: { lamports: KIT_SOL, owner: system, space: 0n, data: ["", "base64"] } });
    expect(programTold).toMatchObject({ context, value: { account: { owner: system } } });
    expect(logsTold).toMatchObject({ context, value: { signature, err: null } });
    expect(resultTold).toEqual({ context, value: { err: null } });
    expect(slotTold.parent).toBe(slotTold.slot - 1n);
    expect(rootTold).toBeGreaterThan(0n);
    abort.abort();
  });
});

test("a socket with thousands of subscriptions of every kind hears of its own", async () => {
  const socket = new WebSocket(network.wsUrl);
  const messages = new Inbox<{ id?: number; result?: number; method?: string; params?: { subscription: number } }>();
  socket.on("message", (data) => messages.put(JSON.parse(String(data))));
  await new Promise((resolve) => socket.once("open", resolve));
  const keys = Array.from({ length: 2_000 }, () => Keypair.generate().publicKey.toBase58());
  keys.forEach((key, id) => {
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "accountSubscribe", params: [key] }));
  });
  const answers = await messages.has(keys.length);
  expect(new Set(answers.map(({ result }) => result)).size).toBe(keys.length);
  const to = keys[1_234]!;
  await transferOnce(new PublicKey(to), SOL);
  const all = await messages.has(keys.length + 1);
  const mine = answers.find(({ id }) => id === 1_234)!.result;
  expect(all.slice(keys.length)).toMatchObject([{ method: "accountNotification", params: { subscription: mine } }]);
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: "off", method: "accountUnsubscribe", params: [mine] }));
  await messages.has(keys.length + 2);
  await transferOnce(new PublicKey(to), SOL);
  await sleep(500);
  expect(messages.received).toHaveLength(keys.length + 2);
  socket.close();
});
