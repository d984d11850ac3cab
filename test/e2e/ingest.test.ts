/** The binary stream and IngestClient against a running network. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import WebSocketClient from "ws";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { generateKeypair, type Keypair } from "../../infra/network/keypair.ts";
import { signTransfer } from "../../infra/network/transfer.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { TRANSACTION_ERRORS } from "../../shared/errors/transaction-error.ts";
import { fetchPost, hostTimer, streamUrl, webSocket } from "../../shared/ingest/adapters.ts";
import { type Batch, packTransactions } from "../../shared/ingest/batch.ts";
import { IngestClient } from "../../shared/ingest/client.ts";
import {
  CLOSE,
  KIND,
  MAX_INGEST_BYTES,
  MAX_REQUEST_TRANSACTIONS,
  newRequest,
  REQUEST_HEADER,
  readMessage,
  STATUS,
} from "../../shared/ingest/protocol.ts";
import { PostTransport, StreamTransport } from "../../shared/ingest/transport.ts";

const SOL = 1_000_000_000n;
const timer = hostTimer(setTimeout, clearTimeout);

let network: Network;
beforeAll(async () => {
  network = await startNetwork({ shards: 2, slotMs: 20 });
});
afterAll(() => network.stop());

function streamClient(): IngestClient {
  const connect = webSocket(() => new WebSocket(streamUrl(network.rpcUrl)));
  const client = new IngestClient(new StreamTransport(connect, timer), timer);
  onTestFinished(() => client.close());
  return client;
}

function postClient(): IngestClient {
  const post = fetchPost(fetch as unknown as Parameters<typeof fetchPost>[0], network.rpcUrl);
  return new IngestClient(new PostTransport(post), timer);
}

const latest = async () =>
  (await rpcCall<{ value: { blockhash: string; lastValidBlockHeight: number } }>(network.rpcUrl, "getLatestBlockhash"))
    .value;
const balance = async (address: string) =>
  (await rpcCall<{ value: number }>(network.rpcUrl, "getBalance", [address])).value;
const transactionCount = () => rpcCall<number>(network.rpcUrl, "getTransactionCount");
const fates = (batch: Batch) => Array.from({ length: batch.count }, (_, i) => batch.fate(i));

let amount = SOL;
/** Transfers that differ from all others. */
function transfers(from: Keypair, to: Keypair, count: number, blockhash: string): Uint8Array[] {
  return Array.from({ length: count }, () => signTransfer(from, to.publicKey, amount++, blockhash).wire);
}

/** A socket without a client. */
async function rawSocket() {
  const socket = new WebSocketClient(streamUrl(network.rpcUrl));
  const messages: Uint8Array[] = [];
  socket.on("message", (data: Buffer) => messages.push(new Uint8Array(data)));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  onTestFinished(() => socket.terminate());
  const answers = async (n: number) => {
    for (;;) {
      const found = messages.map(readMessage).flatMap((message) => (message.type === "answer" ? [message] : []));
      if (found.length >= n) return found;
      await sleep(5);
    }
  };
  return { socket, closed, answers };
}

function request(number: number, kind: number, body: Uint8Array): Uint8Array {
  const message = newRequest(number, kind, body.length);
  message.set(body, REQUEST_HEADER);
  return message;
}

test("one transaction, from `send` to confirmed, with its slot", async () => {
  const to = generateKeypair();
  const { wire, signature } = signTransfer(network.faucet, to.publicKey, SOL, (await latest()).blockhash);
  const status = await streamClient().send(wire);
  expect(status).toMatchObject({ fate: "confirmed", code: 0, error: null });
  const { value } = await rpcCall<{ value: { slot: number }[] }>(network.rpcUrl, "getSignatureStatuses", [[signature]]);
  expect(value[0]!.slot).toBe(status.slot);
  expect(await balance(to.address)).toBe(Number(SOL));
});

test("each transaction of a batch has its own fate", async () => {
  const client = streamClient();
  const { blockhash } = await latest();
  const poor = generateKeypair();
  await client.send(signTransfer(network.faucet, poor.publicKey, SOL, blockhash).wire);
  const [good] = transfers(network.faucet, poor, 1, blockhash) as [Uint8Array];
  const forged = transfers(network.faucet, poor, 1, blockhash)[0]!.slice();
  forged[10]! ^= 1;
  const tooMuch = signTransfer(poor, network.faucet.publicKey, 1_000n * SOL, blockhash).wire;
  const stranger = signTransfer(generateKeypair(), poor.publicKey, SOL, blockhash).wire;
  const old = signTransfer(network.faucet, poor.publicKey, SOL, poor.address).wire;
  const batch = await client.submit([good, forged, tooMuch, good.subarray(0, 50), old, stranger]);
  expect(fates(batch).slice(0, 5)).toEqual(["confirmed", "refused", "failed", "refused", "expired"]);
  expect(batch.fate(5)).toBe("not-landed");
  expect(batch.code(1)).toBe(TRANSACTION_ERRORS.indexOf("SignatureFailure"));
  expect(batch.code(3)).toBe(ErrorCode.PARSE_TRUNCATED);
  // The System program's custom error 1: not enough lamports.
  expect(batch.error(2)).toMatchObject({
    txError: TRANSACTION_ERRORS.indexOf("InstructionError"),
    errorIndex: 0,
    customCode: 1,
  });
  expect(batch.error(5)?.txError).toBe(TRANSACTION_ERRORS.indexOf("AccountNotFound"));
});

test("10,000 transactions in one batch, another client watching: both see all of it confirmed", async () => {
  const to = generateKeypair();
  const { blockhash } = await latest();
  const wires = transfers(network.faucet, to, 10_000, blockhash);
  const before = await transactionCount();
  const watched = streamClient().watch(Buffer.concat(wires.map((wire) => wire.subarray(1, 65))));
  const batch = await streamClient().submit(packTransactions(wires));
  for (const one of [batch, await watched]) expect(new Set(fates(one))).toEqual(new Set(["confirmed"]));
  expect(await transactionCount()).toBe(before + 10_000);
  // Sent again: told the same, and nothing lands twice.
  expect(new Set(fates(await streamClient().submit(wires.slice(0, 500))))).toEqual(new Set(["confirmed"]));
  expect(await transactionCount()).toBe(before + 10_000);
});

test("over POST", async () => {
  const to = generateKeypair();
  const { blockhash } = await latest();
  const wires = transfers(network.faucet, to, 3_000, blockhash);
  const batch = await postClient().submit(wires);
  expect(new Set(fates(batch))).toEqual(new Set(["taken"]));
  const signatures = Buffer.concat(wires.map((wire) => wire.subarray(1, 65)));
  expect(new Set(fates(await streamClient().watch(signatures)))).toEqual(new Set(["confirmed"]));
});

test("what never lands is told to be expired once it cannot land any more", async () => {
  const client = streamClient();
  const { blockhash, lastValidBlockHeight } = await latest();
  const never = signTransfer(network.faucet, generateKeypair().publicKey, SOL, blockhash).wire;
  let expired: Batch | undefined;
  void client.watch(never.subarray(1, 65)).then((batch) => {
    expired = batch;
  });
  // Blocks come with transactions; without any they would come too, but slowly.
  while (!expired) {
    const [wire] = transfers(network.faucet, generateKeypair(), 1, (await latest()).blockhash) as [Uint8Array];
    expect((await client.send(wire)).fate).toBe("confirmed");
  }
  expect(expired.fate(0)).toBe("expired");
  expect(client.height).toBeGreaterThan(lastValidBlockHeight);
});

test("the process goes away in the middle, twice: everything is confirmed, once", async () => {
  const client = streamClient();
  const to = generateKeypair();
  const before = await transactionCount();
  const batches: Promise<Batch>[] = [];
  for (let round = 0; round < 30; round++) {
    const { blockhash } = await latest();
    batches.push(client.submit(transfers(network.faucet, to, 100, blockhash)));
    if (round === 10 || round === 20) await network.restart();
    await sleep(15);
  }
  const all = (await Promise.all(batches)).flatMap(fates);
  expect(new Set(all)).toEqual(new Set(["confirmed"]));
  expect(await transactionCount()).toBe(before + 3_000);
});

test("more waiting transactions than a stream may have: busy, with a time to try again", async () => {
  const { socket, answers } = await rawSocket();
  const random = () => Buffer.from(Array.from({ length: 64 }, () => Math.floor(Math.random() * 256)));
  const signatures = Buffer.concat(Array.from({ length: MAX_REQUEST_TRANSACTIONS }, random));
  for (let n = 1; n <= 5; n++) socket.send(request(n, KIND.WATCH, signatures));
  const all = await answers(5);
  const statuses = new Map(all.map(({ request, answer }) => [request, answer.status(0)]));
  expect([1, 2, 3, 4, 5].map((n) => statuses.get(n))).toEqual([0, 0, 0, 0, STATUS.BUSY]);
  const busy = all.find((answer) => answer.request === 5)!;
  expect(busy.retryAfterMs).toBeGreaterThan(0);
  expect(busy.answer.code(MAX_REQUEST_TRANSACTIONS - 1)).toBe(ErrorCode.EDGE_BUSY);
});

test("a client that never says what it has heard is closed as lagging", async () => {
  const { socket, closed } = await rawSocket();
  const nothing = new Uint8Array(MAX_REQUEST_TRANSACTIONS * 2);
  for (let n = 0; n < 100; n++) socket.send(request(n, KIND.SUBMIT, nothing));
  expect(await closed).toBe(CLOSE.LAGGING);
});

test.for<[string, Uint8Array | string, number]>([
  ["text", "hello", CLOSE.MALFORMED],
  ["too short", new Uint8Array(11), CLOSE.MALFORMED],
  ["an unknown kind", request(1, 9, new Uint8Array(0)), CLOSE.MALFORMED],
  ["lengths that do not add up", request(1, KIND.SUBMIT, Uint8Array.of(5, 0, 1)), CLOSE.MALFORMED],
  ["half a signature", request(1, KIND.WATCH, new Uint8Array(32)), CLOSE.MALFORMED],
  ["too many transactions", request(1, KIND.SUBMIT, new Uint8Array(2 * MAX_REQUEST_TRANSACTIONS + 2)), CLOSE.TOO_LARGE],
  ["too many bytes", new Uint8Array(MAX_INGEST_BYTES + 1), CLOSE.TOO_LARGE],
])("a message that is none of this protocol: %s", async ([, message, code]) => {
  const { socket, closed } = await rawSocket();
  socket.send(message);
  expect(await closed).toBe(code);
});

test("without an upgrade, and with another method", async () => {
  const plain = await fetch(`${network.rpcUrl}/v1/stream`);
  expect(plain.status).toBe(426);
  expect(await plain.json()).toMatchObject({ code: ErrorCode.EDGE_UPGRADE });
  expect((await fetch(`${network.rpcUrl}/v1/stream`, { method: "POST" })).status).toBe(405);
});
