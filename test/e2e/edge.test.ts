/** The edge worker's own answers: batches of transactions as bytes, bodies without end, what is not there. */

import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { generateKeypair } from "../../infra/network/keypair.ts";
import { signTransfer } from "../../infra/network/transfer.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { TRANSACTION_ERRORS } from "../../shared/errors/transaction-error.ts";
import { MAX_INGEST_BYTES } from "../../shared/ingest/protocol.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import type { NetworkStats } from "../../workers/edge/stats.ts";

const SIGNATURE_FAILURE = TRANSACTION_ERRORS.indexOf("SignatureFailure");
const TABLE_NOT_FOUND = TRANSACTION_ERRORS.indexOf("AddressLookupTableNotFound");
const SOL = 1_000_000_000n;

let network: Network;
beforeAll(async () => {
  network = await startNetwork({ shards: 2, slotMs: 20 });
});
afterAll(() => network.stop());

function batchOf(transactions: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    transactions.flatMap((wire) => {
      const length = Buffer.alloc(2);
      length.writeUInt16LE(wire.length);
      return [length, wire];
    }),
  );
}

async function ingest(transactions: readonly Uint8Array[]): Promise<{ status: number; code: number }[]> {
  const body = new Uint8Array(batchOf(transactions));
  const response = await fetch(`${network.rpcUrl}/v1/transactions`, { method: "POST", body });
  expect(response.status).toBe(200);
  const answer = Buffer.from(await response.arrayBuffer());
  const count = answer.readUInt32LE(0);
  expect(answer.length).toBe(4 + count * 3);
  return Array.from({ length: count }, (_, i) => ({
    status: answer.readUInt8(4 + i * 3),
    code: answer.readUInt16LE(5 + i * 3),
  }));
}

async function blockhash(): Promise<string> {
  return (await rpcCall<{ value: { blockhash: string } }>(network.rpcUrl, "getLatestBlockhash")).value.blockhash;
}

async function confirmed(signature: string): Promise<void> {
  for (;;) {
    const { value } = await rpcCall<{ value: unknown[] }>(network.rpcUrl, "getSignatureStatuses", [[signature]]);
    if (value[0]) return;
    await sleep(10);
  }
}

/** A v0 transaction without signatures worth the name, one address of which comes from a table that is not there. */
function withLookup(): Uint8Array {
  const keys = [network.faucet.publicKey, generateKeypair().publicKey];
  const message = Buffer.concat([
    Buffer.from([0x80, 1, 0, 1, 2]),
    ...keys,
    Buffer.alloc(32),
    Buffer.from([1, 1, 1, 2, 0]),
    Buffer.from([1]),
    generateKeypair().publicKey,
    Buffer.from([1, 0, 0]),
  ]);
  return Buffer.concat([Buffer.from([1]), network.faucet.sign(message), message]);
}

test("each transaction of a batch has its own verdict, in order; the good ones land", async () => {
  const hash = await blockhash();
  const to = generateKeypair();
  const good = signTransfer(network.faucet, to.publicKey, SOL, hash);
  const second = signTransfer(network.faucet, to.publicKey, SOL + 1n, hash);
  const forged = Uint8Array.from(signTransfer(network.faucet, to.publicKey, SOL + 2n, hash).wire);
  forged[10]! ^= 1;
  const verdicts = await ingest([
    good.wire,
    new Uint8Array(0),
    forged,
    good.wire.subarray(0, 100),
    withLookup(),
    second.wire,
    Buffer.concat([good.wire, Buffer.from([0])]),
  ]);
  expect(verdicts).toEqual([
    { status: 0, code: 0 },
    { status: 1, code: ErrorCode.PARSE_TRUNCATED },
    { status: 1, code: SIGNATURE_FAILURE },
    { status: 1, code: ErrorCode.PARSE_TRUNCATED },
    { status: 1, code: TABLE_NOT_FOUND },
    { status: 0, code: 0 },
    { status: 1, code: ErrorCode.PARSE_TRAILING_BYTES },
  ]);
  await confirmed(good.signature);
  await confirmed(second.signature);
  const balance = await rpcCall<{ value: number }>(network.rpcUrl, "getBalance", [to.address]);
  expect(balance.value).toBe(Number(2n * SOL + 1n));
});

test("a batch larger than a lane's frame lands as a whole, once, also when it is sent twice", async () => {
  const hash = await blockhash();
  const to = generateKeypair();
  const before = await rpcCall<number>(network.rpcUrl, "getTransactionCount");
  const transfers = Array.from({ length: 6_000 }, (_, i) =>
    signTransfer(network.faucet, to.publicKey, SOL + BigInt(i), hash),
  );
  const wires = transfers.map(({ wire }) => wire);
  for (const verdicts of [await ingest(wires), await ingest(wires)]) {
    expect(verdicts.filter(({ status }) => status === 0)).toHaveLength(transfers.length);
  }
  await confirmed(transfers.at(-1)!.signature);
  while ((await rpcCall<number>(network.rpcUrl, "getTransactionCount")) < before + transfers.length) await sleep(20);
  await sleep(200);
  expect(await rpcCall<number>(network.rpcUrl, "getTransactionCount")).toBe(before + transfers.length);
});

test("an empty batch, and one whose lengths do not add up", async () => {
  expect(await ingest([])).toEqual([]);
  for (const body of [[1], [5, 0, 1], [0xff, 0xff]]) {
    const response = await fetch(`${network.rpcUrl}/v1/transactions`, { method: "POST", body: Uint8Array.from(body) });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: ErrorCode.PARSE_BATCH });
  }
});

test("noise as a batch never harms the edge", async () => {
  let seed = 1;
  for (let round = 0; round < 50; round++) {
    const body = Uint8Array.from({ length: round * 37 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      return round % 2 ? seed >> 16 : (seed >> 16) % 4;
    });
    const response = await fetch(`${network.rpcUrl}/v1/transactions`, { method: "POST", body });
    expect([200, 400]).toContain(response.status);
    await response.arrayBuffer();
  }
});

/** Sends zeros until the edge has answered. */
function flood(
  path: string,
  bytes: number,
  declared: boolean,
): Promise<{ status: number; body: string; sent: number }> {
  return new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(1 << 16);
    let sent = 0;
    let over = false;
    const headers = declared ? { "content-length": String(bytes) } : {};
    const outgoing = request(`${network.rpcUrl}${path}`, { method: "POST", headers }, (response) => {
      over = true;
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode!, body, sent });
        outgoing.destroy();
      });
    });
    outgoing.on("error", (error) => over || reject(error));
    const write = () => {
      while (!over && sent < bytes) {
        const part = chunk.subarray(0, bytes - sent);
        sent += part.length;
        if (!outgoing.write(part)) return void outgoing.once("drain", write);
      }
      if (!over) outgoing.end();
    };
    write();
  });
}

test.for([
  ["/", true],
  ["/", false],
  ["/v1/transactions", true],
  ["/v1/transactions", false],
] as const)("a body of 100 MB to %s, its length declared: %s", async ([path, declared]) => {
  const { status, body } = await flood(path, 100_000_000, declared);
  expect(status).toBe(413);
  const answer = JSON.parse(body);
  if (path === "/") expect(answer).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32600 } });
  else expect(answer).toMatchObject({ code: ErrorCode.EDGE_BODY_TOO_LARGE });
  expect(await rpcCall(network.rpcUrl, "getHealth")).toBe("ok");
});

test("the largest batch allowed is taken, one byte more is not", async () => {
  const wire = new Uint8Array(MAX_INGEST_BYTES / 16 - 2);
  const body = batchOf(Array.from({ length: 64 }, () => wire.subarray(0, 65_534)));
  expect(body.length).toBe(MAX_INGEST_BYTES);
  const taken = await fetch(`${network.rpcUrl}/v1/transactions`, { method: "POST", body: new Uint8Array(body) });
  expect(taken.status).toBe(200);
  expect((await flood("/v1/transactions", MAX_INGEST_BYTES + 1, true)).status).toBe(413);
});

test.for([
  ["GET", "/nowhere", 404, ErrorCode.EDGE_NOT_FOUND],
  ["POST", "/v1/nowhere", 404, ErrorCode.EDGE_NOT_FOUND],
  ["GET", "/", 405, ErrorCode.EDGE_METHOD],
  ["DELETE", "/", 405, ErrorCode.EDGE_METHOD],
  ["GET", "/v1/transactions", 405, ErrorCode.EDGE_METHOD],
] as const)("%s %s", async ([method, path, status, code]) => {
  const response = await fetch(`${network.rpcUrl}${path}`, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(await response.json()).toMatchObject({ code, status });
});

test.for(["/", "/rpc", "//", "/some/key?api=1"])("JSON-RPC and PubSub on %s", async (path) => {
  const slot = await rpcCall<number>(`${network.rpcUrl}${path}`, "getSlot");
  expect(slot).toEqual(expect.any(Number));
  const socket = new WebSocket(`${network.wsUrl}${path}`);
  await once(socket, "open");
  // A notification has no answer: the first thing that comes is the answer to what follows.
  socket.send(JSON.stringify({ jsonrpc: "2.0", method: "slotSubscribe", params: [] }));
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: 5, method: "getVersion" }));
  const [message] = await once(socket, "message");
  const result = { "solana-core": "4.3.0", "feature-set": 0xc9ad34d2 };
  expect(JSON.parse(String(message))).toEqual({ jsonrpc: "2.0", result, id: 5 });
  socket.close();
});

test("a notification over HTTP has no answer", async () => {
  for (const body of [`{"jsonrpc":"2.0","method":"getSlot"}`, `[{"jsonrpc":"2.0","method":"getSlot"}]`]) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(network.rpcUrl, { method: "POST", headers, body });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  }
});

test("any page may ask", async () => {
  const headers = { origin: "https://app.example", "access-control-request-headers": "content-type,solana-client" };
  const response = await fetch(network.rpcUrl, { method: "OPTIONS", headers });
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("access-control-allow-headers")).toBe("content-type,solana-client");
  expect(response.headers.get("access-control-allow-methods")).toContain("POST");
});

test("health, status and statistics", async () => {
  const health = await fetch(`${network.rpcUrl}/health`);
  expect([health.status, await health.text()]).toEqual([200, "ok"]);
  const ask = () => fetch(`${network.rpcUrl}/v1/status`);
  let answer = await ask();
  while (answer.status === 503) {
    // The builder is still on its way up; nothing else may be the problem.
    expect(await answer.json()).toMatchObject({ ready: false, problem: "builder: it recovers after a start" });
    await sleep(20);
    answer = await ask();
  }
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    genesisHash: network.genesisHash,
    slot: expect.any(Number),
    ledger: 0,
    ready: true,
    problem: null,
    transactions: expect.any(Number),
    confirmationP50: expect.toBeOneOf([null, expect.any(Number)]),
  });
  const stats = (await (await fetch(`${network.rpcUrl}/v1/stats`)).json()) as NetworkStats;
  expect(stats).toMatchObject({ lanes: [{}], shards: [{}, {}], builder: {}, ledger: {} });
  for (const { memory } of [stats, stats.builder, ...stats.shards]) {
    expect(memory.wasmLiveBytes).toBeGreaterThan(0);
    expect(memory.wasmBytes).toBeGreaterThan(memory.wasmLiveBytes!);
  }
  expect(stats.memory.residentBytes).toBeGreaterThan(50 << 20);
  for (const { memory } of [...stats.lanes, ...stats.indexes, stats.ledger]) {
    expect(memory.databaseBytes).toBeGreaterThan(0);
  }
});

test("an airdrop to whom the faucet's transaction names anyway is a transaction like any other", async () => {
  const programs = ["11111111111111111111111111111111", "ComputeBudget111111111111111111111111111111"];
  for (const to of [...programs, encodeBase58(network.faucet.publicKey)]) {
    await confirmed(await rpcCall<string>(network.rpcUrl, "requestAirdrop", [to, 1_000_000]));
  }
});

test("an idle chain sleeps, whoever looks at its status", async () => {
  const slot = async () => ((await (await fetch(`${network.rpcUrl}/v1/status`)).json()) as { slot: number }).slot;
  // The last look at the tip keeps it ticking for a while.
  let before = await slot();
  for (;;) {
    await sleep(2_000);
    const now = await slot();
    if (now === before) break;
    before = now;
  }
  await sleep(2_000);
  expect(await slot()).toBe(before);
});
