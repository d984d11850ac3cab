/**
 * Everything a network should never be sent, sent to a running one: each has a clear error with the right code, the next
 * transfer is confirmed as ever, and memory stays where it was.
 */
import { execFileSync } from "node:child_process";
import { request } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Keypair, SystemProgram, Transaction, TransactionInstruction } from "@solana/web3.js";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { BenchClient } from "../bench/client.ts";
import { ingestBody } from "../bench/wallets.ts";
import { simple, wire } from "../unit/transaction/wire.ts";

const SOL = 1_000_000_000;
const MEGABYTE = 1 << 20;
/** workerd itself says so when a message is too large for it. */
const EXPECTED_COMPLAINT = /WebSocket protocol error.*Message is too large/;
/** What workerd may have grown by at the end of all this. One copy of each 100 MB body would be twice that. */
const MAX_GROWTH = 512 * MEGABYTE;
const HUGE_BODY = 100_000_000;

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly err?: unknown } };
}

let network: Network;
let client: BenchClient;
let memoryBefore: number;
let payer: Keypair;
const complaints: string[] = [];

/** Resident memory of workerd, bytes. */
function memory(): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(network.workerdPids[0])])) * 1024;
}

async function post(body: string | Uint8Array): Promise<{ status: number; text: string }> {
  const response = await fetch(network.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body as BodyInit,
  });
  return { status: response.status, text: await response.text() };
}

async function call(method: string, ...params: unknown[]): Promise<Answer> {
  return JSON.parse((await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))).text) as Answer;
}

async function signedTransfer(
  from: Keypair,
  lamports: number,
  to = Keypair.generate().publicKey,
): Promise<Transaction> {
  const transaction = new Transaction({
    feePayer: from.publicKey,
    blockhash: encodeBase58(await client.blockhash()),
    lastValidBlockHeight: 0,
  }).add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports }));
  transaction.sign(from);
  return transaction;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const send = (bytes: Uint8Array, options: object = {}) =>
  call("sendTransaction", base64(bytes), { encoding: "base64", ...options });

async function confirmed(signature: unknown): Promise<void> {
  for (;;) {
    const { value } = await client.rpc<{ value: unknown[] }>("getSignatureStatuses", [signature]);
    if (value[0]) return;
    await sleep(10);
  }
}

async function balance(address: string): Promise<number> {
  return (await client.rpc<{ value: number }>("getBalance", address)).value;
}

/** A transfer is sent, confirmed, and there to the lamport. */
async function stillWorks(): Promise<void> {
  const to = Keypair.generate().publicKey;
  const { result } = await send((await signedTransfer(payer, SOL, to)).serialize());
  await confirmed(result);
  expect(await balance(to.toBase58())).toBe(SOL);
}

beforeAll(async () => {
  network = await startNetwork({
    shards: 2,
    slotMs: 20,
    log: (level, message) => {
      if (level === "error" && !EXPECTED_COMPLAINT.test(message)) complaints.push(message);
    },
  });
  client = new BenchClient(network.rpcUrl, network.wsUrl);
  payer = Keypair.generate();
  await confirmed(await client.rpc("requestAirdrop", payer.publicKey.toBase58(), 1_000 * SOL));
  await stillWorks();
  memoryBefore = memory();
});
afterEach(() => stillWorks());
afterAll(async () => {
  await network?.stop();
});

describe("transactions", () => {
  test.for([
    ["no base58", "0OIl", {}, /invalid base58 encoding/],
    ["no base64", "!!!!", { encoding: "base64" }, /invalid base64 encoding/],
    ["base64 cut short", "AAA", { encoding: "base64" }, /invalid base64 encoding/],
    ["nothing", "", { encoding: "base64" }, /failed to deserialize/],
    ["zeros", base64(new Uint8Array(1232)), { encoding: "base64" }, /failed to deserialize|invalid transaction/],
    ["one byte too many", base64(new Uint8Array(1233)), { encoding: "base64" }, /too large: 1233 bytes/],
    ["a text too long", "1".repeat(500_000), {}, /base58 encoded .* too large: 500000 bytes/],
    ["an encoding that is none", "AAAA", { encoding: "rot13" }, /encoding/],
  ] as const)("%s", async ([, text, options, message]) => {
    for (const method of ["sendTransaction", "simulateTransaction"]) {
      const { error } = await call(method, text, options);
      expect(error).toMatchObject({ code: -32602, message: expect.stringMatching(message) });
    }
  });

  test("cut at every length, prolonged", async () => {
    const good = (await signedTransfer(payer, SOL)).serialize();
    const cuts = Array.from({ length: good.length }, (_, length) => good.subarray(0, length));
    const batch = [...cuts, Buffer.concat([good, Buffer.of(0)])].map((bytes, id) => ({
      jsonrpc: "2.0",
      id,
      method: "sendTransaction",
      params: [base64(bytes), { encoding: "base64", skipPreflight: true }],
    }));
    const answers = JSON.parse((await post(JSON.stringify(batch))).text) as Answer[];
    expect(answers).toHaveLength(good.length + 1);
    for (const { error } of answers) expect(error).toMatchObject({ code: -32602 });
  });

  test.for([
    ["more read-only signers than signers", { header: [1, 1, 1] as [number, number, number] }],
    [
      "a program that is not among the accounts",
      { instructions: [{ program: 9, accounts: [], data: new Uint8Array(0) }] },
    ],
    ["an account that is not there", { instructions: [{ program: 2, accounts: [7], data: new Uint8Array(0) }] }],
    ["the payer as program", { instructions: [{ program: 0, accounts: [], data: new Uint8Array(0) }] }],
  ])("%s", async ([, patch]) => {
    const { error } = await send(wire(simple(patch as Parameters<typeof simple>[0])));
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining("invalid transaction") });
  });

  test.for([[false], [true]])("a wrong signature, skipPreflight %s", async ([skipPreflight]) => {
    const bytes = Buffer.from((await signedTransfer(payer, SOL)).serialize());
    for (const at of [1, 40, 64, bytes.length - 1]) {
      const wrong = Buffer.from(bytes);
      wrong[at]! ^= 0x10;
      const { error } = await send(wrong, { skipPreflight });
      if (skipPreflight) {
        expect(error).toEqual({ code: -32003, message: "Transaction signature verification failure" });
      } else expect(error).toMatchObject({ code: -32002, data: { err: "SignatureFailure" } });
    }
  });

  test("more signatures than the message requires, and fewer", async () => {
    const one = Buffer.from((await signedTransfer(payer, SOL)).serialize());
    const two = Buffer.concat([Buffer.of(2), one.subarray(1, 65), one.subarray(1, 65), one.subarray(65)]);
    const none = Buffer.concat([Buffer.of(0), one.subarray(65)]);
    for (const bytes of [two, none]) {
      expect((await send(bytes)).error).toMatchObject({
        code: -32602,
        message: expect.stringContaining("Transaction failed to sanitize accounts offsets correctly"),
      });
    }
  });

  test("the same one again and again, through every door at once, lands once", async () => {
    const from = Keypair.generate();
    await confirmed(await client.rpc("requestAirdrop", from.publicKey.toBase58(), 10 * SOL));
    const before = await client.transactionCount();
    const transaction = await signedTransfer(from, SOL);
    const bytes = transaction.serialize();
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => send(bytes, { skipPreflight: true }))),
      client.ingest(Array.from({ length: 20 }, () => bytes)),
    ]);
    const signature = encodeBase58(transaction.signature!);
    for (const { result } of answers) expect(result).toBe(signature);
    await confirmed(signature);
    await stillWorks();
    expect(await balance(from.publicKey.toBase58())).toBe(9 * SOL - 5_000);
    expect(await client.transactionCount()).toBe(before + 2);
    expect((await send(bytes)).error).toMatchObject({ code: -32002, data: { err: "AlreadyProcessed" } });
  });

  test.for([[false], [true]])("a blockhash that never was, skipPreflight %s", async ([skipPreflight]) => {
    const transaction = new Transaction({
      feePayer: payer.publicKey,
      blockhash: Keypair.generate().publicKey.toBase58(),
      lastValidBlockHeight: 0,
    }).add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 }));
    transaction.sign(payer);
    const { error } = await send(transaction.serialize(), { skipPreflight });
    expect(error).toMatchObject({ code: -32002, data: { err: "BlockhashNotFound", logs: [] } });
  });

  test("a program that does not exist", async () => {
    const transaction = await signedTransfer(payer, SOL);
    transaction.add(new TransactionInstruction({ programId: Keypair.generate().publicKey, keys: [] }));
    transaction.sign(payer);
    const { error } = await send(transaction.serialize());
    expect(error).toMatchObject({ code: -32002, data: { err: "ProgramAccountNotFound" } });
  });
});

describe("JSON-RPC", () => {
  test.for([
    ["no JSON", "{", -32700],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0xfe, 0x22), -32700],
    ["nothing", "", -32700],
    ["a number", "17", -32600],
    ["an empty batch", "[]", -32600],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"getSlot"}', -32600],
    ["no method", '{"jsonrpc":"2.0","id":1}', -32600],
    ["an object as id", '{"jsonrpc":"2.0","id":{},"method":"getSlot"}', -32600],
    ["half a million open brackets", "[".repeat(500_000), -32700],
  ] as const)("%s", async ([, body, code]) => {
    const { text } = await post(body);
    expect(JSON.parse(text)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code } });
  });

  test.for([["noSuchMethod"], ["__proto__"], ["constructor"], [""], ["x".repeat(100_000)]])(
    "the method %s",
    async ([method]) => {
      const { error } = await call(method!);
      expect(error).toMatchObject({ code: -32601, message: expect.stringContaining(method!.slice(0, 64)) });
      expect(error!.message.length).toBeLessThan(200);
    },
  );

  test.for([
    ["getBalance"],
    ["getBalance", 1],
    ["getBalance", null],
    ["getBalance", "nonsense"],
    ["getBalance", "1".repeat(100_000)],
    ["getBalance", SystemProgram.programId.toBase58(), { commitment: "sometimes" }],
    ["getBalance", SystemProgram.programId.toBase58(), { minContextSlot: -1 }],
    ["getBalance", SystemProgram.programId.toBase58(), { minContextSlot: 1.5 }],
    ["getBlock", "1"],
    ["getBlock", -1],
    ["getBlock", 1, { transactionDetails: "some" }],
    ["getAccountInfo", SystemProgram.programId.toBase58(), { encoding: "hex" }],
    ["getAccountInfo", SystemProgram.programId.toBase58(), { dataSlice: { offset: -1, length: 1 } }],
    ["getMultipleAccounts", Array.from({ length: 101 }, () => SystemProgram.programId.toBase58())],
    ["getProgramAccounts", SystemProgram.programId.toBase58(), { filters: [{ dataSize: "x" }] }],
    ["getProgramAccounts", SystemProgram.programId.toBase58(), { filters: [{ memcmp: { offset: 0, bytes: "0" } }] }],
    ["getSignatureStatuses", ["nonsense"]],
    ["getSignatureStatuses", Array.from({ length: 257 }, () => "1".repeat(64))],
    ["getSignaturesForAddress", SystemProgram.programId.toBase58(), { limit: 1001 }],
    ["getTransaction", "1".repeat(64), { commitment: "processed" }],
    ["requestAirdrop", SystemProgram.programId.toBase58(), -1],
    ["requestAirdrop", SystemProgram.programId.toBase58(), "1"],
    ["getFeeForMessage", "AAAA"],
    ["simulateTransaction", {}],
  ])("%j", async ([method, ...params]) => {
    const { error } = await call(method as string, ...params);
    expect(error).toMatchObject({ code: -32602, message: expect.any(String) });
    expect(error!.message.length).toBeLessThan(500);
  });

  test("parameters nested a hundred thousand deep", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const method of ["getBalance", "getMultipleAccounts", "getProgramAccounts", "sendTransaction"]) {
      const { text } = await post(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${deep}}`);
      expect([-32602, -32700]).toContain((JSON.parse(text) as Answer).error!.code);
    }
  });

  test("a batch of ten thousand calls is refused as a whole; of a thousand, each is answered", async () => {
    const batch = (n: number) =>
      JSON.stringify(Array.from({ length: n }, (_, id) => ({ jsonrpc: "2.0", id, method: "getSlot" })));
    const refused = JSON.parse((await post(batch(10_000))).text) as Answer;
    expect(refused).toMatchObject({ id: null, error: { code: -32600, message: expect.stringContaining("10000") } });
    const answers = JSON.parse((await post(batch(1_000))).text) as Answer[];
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 1_000 }, (_, id) => id));
    const strange = JSON.parse((await post(JSON.stringify([1, null, [], {}, "x"]))).text) as Answer[];
    expect(strange.map(({ error }) => error!.code)).toEqual([-32600, -32600, -32600, -32600, -32600]);
  });
});

/** Sends zeros until the network has answered; the status. */
function flood(path: string, declared: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(1 << 16);
    let sent = 0;
    let status = 0;
    const headers = declared ? { "content-length": String(HUGE_BODY) } : {};
    const outgoing = request(`${network.rpcUrl}${path}`, { method: "POST", headers }, (response) => {
      status = response.statusCode!;
      response.resume().on("end", () => {
        resolve(status);
        outgoing.destroy();
      });
    });
    outgoing.on("error", (error) => status || reject(error));
    const write = () => {
      while (status === 0 && sent < HUGE_BODY) {
        const part = chunk.subarray(0, Math.min(chunk.length, HUGE_BODY - sent));
        sent += part.length;
        if (!outgoing.write(part)) return void outgoing.once("drain", write);
      }
      if (status === 0) outgoing.end();
    };
    write();
  });
}

test("eight bodies of 100 MB at once are answered with 413, and never in memory", async () => {
  const before = memory();
  let peak = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      peak = Math.max(peak, memory());
      await sleep(50);
    }
  })();
  const paths = ["/", "/v1/transactions"];
  const statuses = await Promise.all(
    [0, 1].flatMap(() => paths.flatMap((path) => [flood(path, true), flood(path, false)])),
  );
  over = true;
  await watching;
  expect(statuses).toEqual(statuses.map(() => 413));
  expect(peak - before).toBeLessThan((8 * HUGE_BODY) / 2);
});

describe("sockets", () => {
  const opened = async (): Promise<Socket> => {
    const socket = connectTcp(network.port, "127.0.0.1");
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  };

  test("hundreds of connections that say nothing, half a header, half a body", async () => {
    const sockets = await Promise.all(Array.from({ length: 600 }, opened));
    sockets.forEach((socket, i) => {
      if (i % 3 === 1) socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Le");
      if (i % 3 === 2) socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"jsonrpc"');
    });
    await stillWorks();
    for (const socket of sockets.slice(300)) socket.destroy();
    await stillWorks();
    for (const socket of sockets) socket.destroy();
  });

  test("what is no HTTP at all", async () => {
    for (const bytes of ["\0\0\0\0", "GET", "POST / HTTP/9.9\r\n\r\n", "\r\n".repeat(10_000), "x".repeat(1 << 20)]) {
      const socket = await opened();
      socket.end(bytes);
      await new Promise((resolve) => socket.once("close", resolve).resume());
    }
  });

  test("hundreds of WebSockets that subscribe and never read", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = new WebSocket(network.wsUrl);
        await new Promise((resolve) => socket.once("open", resolve));
        socket.send('{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}');
        socket.pause();
        return socket;
      }),
    );
    for (let i = 0; i < 5; i++) await stillWorks();
    for (const socket of sockets) socket.terminate();
  });
});

describe("WebSocket", () => {
  async function open(): Promise<{ socket: WebSocket; next: () => Promise<Answer & Answer[]> }> {
    const socket = new WebSocket(network.wsUrl);
    const inbox: (Answer & Answer[])[] = [];
    socket.on("message", (data) => inbox.push(JSON.parse(String(data))));
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("open", resolve));
    const next = async () => {
      while (inbox.length === 0) await sleep(5);
      return inbox.shift()!;
    };
    return { socket, next };
  }
  const subscribe = (id: number, method: string, ...params: unknown[]) =>
    JSON.stringify({ jsonrpc: "2.0", id, method, params });

  test("garbage is answered on the same socket, which goes on", async () => {
    const { socket, next } = await open();
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const [message, code] of [
      ["", -32700],
      ["{", -32700],
      [Buffer.from([0xff, 0xfe, 0, 1]), -32700],
      ["[]", -32600],
      ["7", -32600],
      [subscribe(1, "noSubscribe"), -32601],
      [subscribe(1, "getBalance", SystemProgram.programId.toBase58()), -32601],
      [subscribe(1, "accountSubscribe"), -32602],
      [subscribe(1, "accountSubscribe", "nonsense"), -32602],
      [subscribe(1, "logsSubscribe", { mentions: [] }), -32602],
      [subscribe(1, "signatureSubscribe", "x"), -32602],
      [subscribe(1, "accountUnsubscribe", 4_711), -32602],
      [subscribe(1, "accountUnsubscribe", "x"), -32602],
      [`{"jsonrpc":"2.0","id":1,"method":"accountSubscribe","params":${deep}}`, -32602],
      [
        JSON.stringify(Array.from({ length: 10_000 }, () => ({ jsonrpc: "2.0", id: 1, method: "slotSubscribe" }))),
        -32600,
      ],
      [`"${"x".repeat(2 << 20)}"`, -32600],
    ] as const) {
      socket.send(message);
      expect((await next()).error?.code, String(message).slice(0, 80)).toBe(code);
    }
    socket.send(subscribe(2, "slotSubscribe"));
    expect(await next()).toMatchObject({ id: 2, result: expect.any(Number) });
    socket.terminate();
  });

  test("a message of 100 MB ends its own socket only", async () => {
    const [other, { socket }] = [await open(), await open()];
    socket.send(Buffer.alloc(HUGE_BODY, "x").toString("latin1"), () => {});
    while (socket.readyState === WebSocket.OPEN) await sleep(10);
    socket.terminate();
    other.socket.send(subscribe(1, "slotSubscribe"));
    expect(await other.next()).toMatchObject({ id: 1 });
    other.socket.terminate();
  });

  test("a flood of subscriptions is refused at the limit; the next socket has its own", async () => {
    const { socket, next } = await open();
    const some = (from: number) =>
      Array.from({ length: 1_000 }, (_, i) => subscribe(from + i, "accountSubscribe", Keypair.generate().publicKey));
    for (let from = 0; from < 10_000; from += 1_000) {
      socket.send(`[${some(from)}]`);
      const answers = await next();
      expect(answers.filter(({ result }) => typeof result === "number")).toHaveLength(1_000);
    }
    socket.send(subscribe(1, "slotSubscribe"));
    expect(await next()).toMatchObject({ error: { code: -32603, message: expect.stringContaining("limit") } });
    await stillWorks();
    const another = await open();
    another.socket.send(subscribe(2, "slotSubscribe"));
    expect(await another.next()).toMatchObject({ id: 2, result: expect.any(Number) });
    another.socket.terminate();
    socket.terminate();
  });
});

test("a batch of binary noise, of lies about lengths, of forged signatures among good ones", async () => {
  const url = `${network.rpcUrl}/v1/transactions`;
  const ingest = async (body: Uint8Array) => {
    const response = await fetch(url, { method: "POST", body: body as BodyInit });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  for (let size = 1; size < 3 * MEGABYTE; size = size * 3 + 1) {
    const noise = Buffer.alloc(size, "\x11\x22\x33");
    expect([200, 400]).toContain((await ingest(noise)).status);
  }
  expect((await ingest(Uint8Array.of(255, 255, 1, 2, 3))).status).toBe(400);
  const good = await Promise.all(Array.from({ length: 50 }, (_, i) => signedTransfer(payer, SOL + i)));
  const batch = good.map((transaction, i) => {
    const bytes = Buffer.from(transaction.serialize());
    if (i % 2) bytes[7 + i]! ^= 1;
    return bytes;
  });
  const { status, bytes } = await ingest(ingestBody(batch));
  expect([status, bytes.readUInt32LE(0)]).toEqual([200, 50]);
  expect(batch.map((_, i) => bytes[4 + i * 3])).toEqual(batch.map((_, i) => i % 2));
  for (const [i, transaction] of good.entries()) if (i % 2 === 0) await confirmed(encodeBase58(transaction.signature!));
});

test("after all of it memory is where it was, and nothing was a fault of the network's", async () => {
  expect(memory() - memoryBefore).toBeLessThan(MAX_GROWTH);
  expect(complaints).toEqual([]);
});
