/** Transactions by the thousand: badly signed, well-behaved, all on one account, or to make logs. */
import { randomBytes } from "node:crypto";
import { REFUSED } from "../../../shared/ingest/batch.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { publicKeyOf, secretOf } from "../../load/accounts.ts";
import { latestBlockhash, transfer } from "../../load/funding.ts";
import { HttpConnection, requestBytes } from "../../load/http-connection.ts";
import { signTransaction, TransferTemplate } from "../../load/message.ts";
import { type Plan, ROW } from "../../load/plan.ts";
import { type Attack, type Context, type End, pause, repeat, type Start } from "../attack.ts";
import { fundedPayers, fundPlan, payerOf, streamClient } from "../payers.ts";
import { rpcRequest } from "./reads.ts";

const MIB = 1 << 20;
/** Transactions are sent in groups, as they become due, milliseconds. */
const TICK_MS = 10;
/** Signed beforehand, so that signing takes nothing from the network while it is attacked. */
const MAX_SIGNED = 300_000;
const STREAM = { full: { accounts: 1_000, tps: 15_000 }, small: { accounts: 20, tps: 200 } };
const HOT = { full: 300, small: 8 };
const LOGS = { full: { subscriptions: 2_000, tps: 200 }, small: { subscriptions: 50, tps: 20 } };
/** A blockhash can be used for a minute or so. */
const BLOCKHASH_MS = 5_000;

const sizeOf = <T>({ small }: Context, sizes: { readonly full: T; readonly small: T }): T =>
  small ? sizes.small : sizes.full;

/** Transfers with the signature of another one: each costs a whole verification to find out. */
async function badlySigned(url: URL, bytes: number): Promise<Uint8Array> {
  const payer = secretOf("attack-bad", "payer");
  const template = new TransferTemplate(false, 0);
  template.setBlockhash((await latestBlockhash(url.href)).blockhash);
  template.setKey(0, publicKeyOf(payer));
  template.setKey(1, publicKeyOf(secretOf("attack-bad", "to")));
  const wire = template.sign(payer);
  const size = 2 + wire.length;
  const body = new Uint8Array(Math.floor(bytes / size) * size);
  for (let at = 0; at < body.length; at += size) {
    body.set([wire.length & 0xff, wire.length >> 8], at);
    body.set(wire, at + 2);
    body.set(randomBytes(4), at + size - 8); // of the amount
  }
  return body;
}

/** Transfers between many accounts, each signed with the newest blockhash. */
async function signedTransfers(context: Context, accounts: number, count: number): Promise<Uint8Array> {
  const template = new TransferTemplate(false, 0);
  template.setBlockhash((await latestBlockhash(context.url.href)).blockhash);
  const payers = Array.from({ length: accounts }, (_, i) => payerOf(i));
  const keys = payers.map(publicKeyOf);
  const size = 2 + template.length;
  const body = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    template.setKey(0, keys[i % accounts]!);
    template.setKey(1, keys[(i * 7 + 1) % accounts]!);
    template.setAmount(i + 1);
    body.set([template.length & 0xff, template.length >> 8], i * size);
    body.set(template.sign(payers[i % accounts]!), i * size + 2);
  }
  return body;
}

/** Sends what is due each tick. */
async function steadily(end: End, tps: number, send: (from: number, to: number) => boolean): Promise<void> {
  const start = performance.now();
  for (let sent = 0; !end.isOver; ) {
    const due = Math.floor(((performance.now() - start) * tps) / 1_000);
    if (due > sent && !send(sent, due)) return;
    sent = due;
    await pause(TICK_MS);
  }
}

async function stream(context: Context): Promise<Start> {
  const { accounts, tps } = sizeOf(context, STREAM);
  const count = Math.min(MAX_SIGNED, tps * context.seconds);
  const rows = Uint32Array.from({ length: count * ROW }, (_, at) =>
    at % ROW === 0 ? (at / ROW) % accounts : at % ROW === 1 ? 0 : 100 + at / ROW,
  );
  const plan: Plan = { seed: "attack", accounts, token: false, tps, rows };
  await fundPlan(context, plan);
  const body = await signedTransfers(context, accounts, count);
  const client = streamClient(context.url);
  await client.ready();
  const size = body.length / count;
  return (end) =>
    steadily(end, tps, (from, to) => {
      const last = Math.min(to, count);
      if (last <= from) return false;
      client
        .submit(body.subarray(from * size, last * size))
        .then((batch) => {
          context.tally.add("outcomes", batch.count - batch.counts[REFUSED]!);
          context.tally.add("refused", batch.counts[REFUSED]!);
        })
        .catch((error: unknown) => context.tally.fault(error));
      return true;
    });
}

/** A blockhash that is asked for again now and then. */
function freshBlockhash(url: URL): () => Promise<Uint8Array> {
  let asked: Promise<Uint8Array> | undefined;
  let at = 0;
  return () => {
    if (asked === undefined || performance.now() - at > BLOCKHASH_MS) {
      at = performance.now();
      asked = latestBlockhash(url.href).then(({ blockhash }) => blockhash);
      asked.catch(() => {
        asked = undefined;
      });
    }
    return asked;
  };
}

/** Sends transfers to `to` from each payer, one after another, by JSON-RPC. */
async function transfersTo(context: Context, clients: number, to: Uint8Array, pauseMs: number): Promise<Start> {
  const payers = await fundedPayers(context, clients);
  const keys = payers.map(publicKeyOf);
  const connections = payers.map(() => new HttpConnection(context.url));
  const blockhash = freshBlockhash(context.url);
  let amount = Date.now() % 1_000_000;
  return (end) =>
    repeat(context, end, clients, async (i) => {
      const instruction = transfer(keys[i]!, to, BigInt(++amount));
      const wire = signTransaction([payers[i]!], [instruction], await blockhash());
      const params = [Buffer.from(wire).toString("base64"), { encoding: "base64", skipPreflight: true }];
      const { status, body } = await connections[i]!.send(
        rpcRequest(context.url, [{ method: "sendTransaction", params }]),
      );
      context.tally.answer(status, body, 1);
      if (pauseMs > 0) await pause(pauseMs);
    });
}

async function logs(context: Context): Promise<Start> {
  const { subscriptions, tps } = sizeOf(context, LOGS);
  const hot = publicKeyOf(secretOf("attack", "logged"));
  const payers = Math.min(20, tps);
  const pay = await transfersTo(context, payers, hot, (1_000 * payers) / tps);
  const address = new URL(context.url);
  address.protocol = "ws:";
  return async (end) => {
    const socket = new WebSocket(address.href);
    socket.addEventListener("open", () => {
      for (let id = 1; id <= subscriptions; id++) {
        const params = [{ mentions: [encodeBase58(hot)] }, { commitment: "confirmed" }];
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "logsSubscribe", params }));
      }
    });
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      if (text.includes('"logsNotification"')) context.tally.add("notifications");
      else context.tally.add(text.includes('"error"') ? "refused" : "subscribed");
    });
    socket.addEventListener("close", ({ code }) => context.tally.add(`closed ${code}`));
    socket.addEventListener("error", () => context.tally.add("socket error"));
    await pay(end);
  };
}

export const PAYMENTS: readonly Attack[] = [
  {
    name: "bad-signatures",
    what: "4 MiB of badly signed transactions in a POST, again and again on two connections",
    async prepare(context) {
      const body = await badlySigned(context.url, context.small ? MIB / 16 : 4 * MIB);
      const address = new URL("/v1/transactions", context.url);
      const request = requestBytes("POST", address, body);
      const connections = [new HttpConnection(address), new HttpConnection(address)];
      return (end) =>
        repeat(context, end, connections.length, async (i) => {
          const { status } = await connections[i]!.send(request);
          context.tally.add(`HTTP ${status}`);
          if (status === 429) await pause(TICK_MS);
        });
    },
  },
  { name: "stream", what: "15,000 transactions a second over one binary stream, well-behaved", prepare: stream },
  {
    name: "hot-account",
    what: "300 payers that send to one account by JSON-RPC, one transfer after another",
    prepare: (context) => transfersTo(context, sizeOf(context, HOT), publicKeyOf(secretOf("attack", "hot")), 0),
  },
  { name: "logs", what: "2,000 logsSubscribe on one account that receives 200 transfers a second", prepare: logs },
];
