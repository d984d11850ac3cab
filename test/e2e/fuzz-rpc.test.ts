/**
 * A fuzzer against a running network: every RPC method, every subscription and the binary ingest get what fast-check thinks
 * of. Whatever it is, there is an answer, it is no fault of the network's, and the chain goes on. FUZZ_RUNS (default 60) is
 * the number of rounds; in each, every method is called once.
 */
import { Keypair, SystemProgram, Transaction } from "@solana/web3.js";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { NO_FAUCET_LIMITS } from "../../shared/faucet/limits.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { rpcMethods } from "../../workers/edge/rpc/index.ts";
import { BenchClient } from "../bench/client.ts";
import { ingestBody } from "../bench/wallets.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 60);
const SOL = 1_000_000_000;
const INTERNAL_ERROR = -32603;
/** Without it the faucet is not reached. */
const JSON_TYPE = { "content-type": "application/json" };
const SUBSCRIPTIONS = ["account", "program", "logs", "signature", "slot", "root"];

interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

let network: Network;
let client: BenchClient;
let payer: Keypair;
/** What the shapes are seeded with: addresses and signatures that exist. */
const known: { addresses: string[]; signatures: string[] } = { addresses: [], signatures: [] };
const complaints: string[] = [];

async function signedTransfer(lamports: number): Promise<Transaction> {
  const blockhash = encodeBase58(await client.blockhash());
  const transaction = new Transaction({ feePayer: payer.publicKey, blockhash, lastValidBlockHeight: 0 }).add(
    SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: Keypair.generate().publicKey, lamports }),
  );
  transaction.sign(payer);
  return transaction;
}

async function confirmed(signature: string): Promise<void> {
  for (;;) {
    const { value } = await client.rpc<{ value: unknown[] }>("getSignatureStatuses", [signature]);
    if (value[0]) return;
  }
}

async function stillWorks(): Promise<string> {
  const transaction = await signedTransfer(SOL);
  const signature = await client.sendRaw(transaction.serialize());
  await confirmed(signature);
  expect(complaints).toEqual([]);
  return signature;
}

beforeAll(async () => {
  network = await startNetwork({
    shards: 3,
    slotMs: 20,
    faucetLimits: NO_FAUCET_LIMITS,
    log: (level, message) => {
      if (level === "error") complaints.push(message);
    },
  });
  client = new BenchClient(network.rpcUrl, network.wsUrl);
  payer = Keypair.generate();
  const airdrop = await client.rpc<string>("requestAirdrop", payer.publicKey.toBase58(), 100_000 * SOL);
  await confirmed(airdrop);
  known.signatures.push(airdrop, await stillWorks());
  known.addresses.push(payer.publicKey.toBase58(), network.faucet.address);
});
afterEach(async () => {
  await stillWorks();
});
afterAll(() => network?.stop());

const key = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeBase58),
  fc.constantFrom(
    "11111111111111111111111111111111",
    "SysvarC1ock11111111111111111111111111111111",
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "So11111111111111111111111111111111111111112",
  ),
  fc.nat().map((n) => known.addresses[n % known.addresses.length]!),
);
const signature = fc.oneof(
  fc.uint8Array({ minLength: 64, maxLength: 64 }).map(encodeBase58),
  fc.nat().map((n) => known.signatures[n % known.signatures.length]!),
);
const number = fc.oneof(fc.nat(50), fc.double(), fc.maxSafeInteger(), fc.constant(2 ** 64));
const bytes = fc.uint8Array({ maxLength: 1400 }).map((data) => Buffer.from(data).toString("base64"));
const scalar = fc.oneof(fc.string({ unit: "binary" }), key, signature, bytes, number, fc.boolean(), fc.constant(null));
const oneOf = (...values: string[]) => fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, scalar);
const filter = fc.oneof(
  fc.record({ dataSize: number }),
  fc.record({ memcmp: fc.record({ offset: number, bytes: fc.oneof(scalar, fc.array(fc.nat(300))) }) }),
  scalar,
);
const config = fc.record(
  {
    commitment: oneOf("processed", "confirmed", "finalized"),
    encoding: oneOf("base58", "base64", "base64+zstd", "jsonParsed", "json", "binary"),
    minContextSlot: fc.oneof(fc.constant(0), number),
    dataSlice: fc.oneof(fc.record({ offset: number, length: number }), scalar),
    filters: fc.oneof(fc.array(filter, { maxLength: 6 }), scalar),
    withContext: fc.oneof(fc.boolean(), scalar),
    transactionDetails: oneOf("full", "accounts", "signatures", "none"),
    maxSupportedTransactionVersion: fc.oneof(fc.constant(0), number),
    rewards: fc.oneof(fc.boolean(), scalar),
    accounts: fc.oneof(fc.record({ addresses: fc.array(key) }), scalar),
    sigVerify: fc.oneof(fc.boolean(), scalar),
    replaceRecentBlockhash: fc.oneof(fc.boolean(), scalar),
    innerInstructions: fc.oneof(fc.boolean(), scalar),
    skipPreflight: fc.oneof(fc.boolean(), scalar),
    searchTransactionHistory: fc.oneof(fc.boolean(), scalar),
    mint: key,
    programId: key,
    mentions: fc.oneof(fc.array(key, { maxLength: 2 }), scalar),
    limit: number,
    before: fc.oneof(signature, scalar),
    until: fc.oneof(signature, scalar),
  },
  { requiredKeys: [] },
);
const param = fc.oneof(scalar, config, fc.array(fc.oneof(key, signature, scalar), { maxLength: 5 }), fc.jsonValue());
/** Usually what the method wants first, so that the rest of it is reached. */
const likely = fc.tuple(fc.oneof(key, signature, fc.array(key), fc.array(signature), fc.nat(50)), config);
const params = fc.oneof(fc.array(param, { maxLength: 4 }), likely, fc.jsonValue());

async function post(body: string | Uint8Array): Promise<string> {
  const response = await fetch(network.rpcUrl, { method: "POST", headers: JSON_TYPE, body: body as BodyInit });
  return response.text();
}

function checkAnswer(answer: Answer, method: string): void {
  expect("result" in answer).not.toBe("error" in answer);
  expect(answer.error?.code, `${method}: ${JSON.stringify(answer)}`).not.toBe(INTERNAL_ERROR);
}

test("every RPC method, with any parameters", async () => {
  const methods = Object.keys(rpcMethods());
  expect(methods.length).toBeGreaterThan(40);
  await fc.assert(
    fc.asyncProperty(fc.array(params, { minLength: methods.length, maxLength: methods.length }), async (given) => {
      const batch = methods.map((method, id) => ({ jsonrpc: "2.0", id, method, params: given[id] }));
      const answers = JSON.parse(await post(JSON.stringify(batch))) as Answer[];
      expect(answers.map(({ id }) => id)).toEqual(methods.map((_, id) => id));
      for (const [id, answer] of answers.entries()) checkAnswer(answer, methods[id]!);
    }),
    { numRuns: RUNS },
  );
});

test("any bytes as a request", async () => {
  const json = fc.json().map((text) => new TextEncoder().encode(text));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), json), async (body) => {
      const text = await post(body);
      if (text !== "") JSON.parse(text);
    }),
    { numRuns: RUNS * 10 },
  );
});

/** A good transaction with bytes changed, cut or prolonged. */
const damage = fc.record({
  at: fc.nat(),
  byte: fc.nat(255),
  cut: fc.option(fc.nat(), { freq: 4 }),
  tail: fc.uint8Array({ maxLength: 4 }),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(good: Uint8Array, { at, byte, cut, tail }: Damage): Buffer {
  const kept = cut === null ? good : good.subarray(0, cut % (good.length + 1));
  const wire = Buffer.concat([kept, tail]);
  if (wire.length > 0) wire[at % wire.length] = byte;
  return wire;
}

test("transactions that are almost right, over RPC", async () => {
  const good = (await signedTransfer(SOL)).serialize();
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 10, maxLength: 10 }), fc.boolean(), async (some, skipPreflight) => {
      const batch = some.flatMap((one, id) => {
        const wire = damaged(good, one);
        const options = { encoding: "base64", skipPreflight };
        return [
          { jsonrpc: "2.0", id, method: "sendTransaction", params: [wire.toString("base64"), options] },
          { jsonrpc: "2.0", id, method: "simulateTransaction", params: [wire.toString("base64"), options] },
          { jsonrpc: "2.0", id, method: "getFeeForMessage", params: [wire.subarray(65).toString("base64")] },
        ];
      });
      const answers = JSON.parse(await post(JSON.stringify(batch))) as Answer[];
      for (const [i, answer] of answers.entries()) checkAnswer(answer, batch[i]!.method);
    }),
    { numRuns: RUNS },
  );
});

test("the ingest endpoint: damaged transactions among good ones, lengths that lie, noise", async () => {
  const ingest = async (body: Uint8Array) => {
    const response = await fetch(`${network.rpcUrl}/v1/transactions`, { method: "POST", body: body as BodyInit });
    return { status: response.status, answer: Buffer.from(await response.arrayBuffer()) };
  };
  let amount = SOL;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(damage, { freq: 3 }), { minLength: 1, maxLength: 20 }), async (some) => {
      const transactions = await Promise.all(some.map(() => signedTransfer(amount++)));
      const wires = transactions.map((transaction, i) => {
        const good = transaction.serialize();
        return some[i] ? damaged(good, some[i]) : good;
      });
      const { status, answer } = await ingest(ingestBody(wires));
      expect([status, answer.length, answer.readUInt32LE(0)]).toEqual([200, 4 + wires.length * 3, wires.length]);
      for (const [i, one] of some.entries()) {
        if (one !== null) continue;
        expect(answer[4 + i * 3]).toBe(0);
        await confirmed(encodeBase58(transactions[i]!.signature!));
      }
    }),
    { numRuns: RUNS },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.nat(8), async (noise, small) => {
      // Small numbers make lengths that add up now and then.
      const body = small > 4 ? noise : noise.map((byte) => byte % (small + 1));
      const { status, answer } = await ingest(body);
      expect([200, 400]).toContain(status);
      if (status === 200) expect(answer.length).toBe(4 + answer.readUInt32LE(0) * 3);
    }),
    { numRuns: RUNS * 10 },
  );
});

/** A socket of its own for `use`: the answer to a call that one socket repeats after it was refused waits longer each time. */
async function onSocket(use: (ask: (text: string | Uint8Array) => Promise<Answer>) => Promise<void>): Promise<void> {
  const socket = new WebSocket(network.wsUrl);
  const waiting: ((answer: Answer) => void)[] = [];
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    if (message.method === undefined) waiting.shift()?.(message);
  });
  await new Promise((resolve) => socket.once("open", resolve));
  try {
    await use((text) => {
      const answer = new Promise<Answer>((resolve) => waiting.push(resolve));
      socket.send(text);
      return answer;
    });
  } finally {
    socket.terminate();
  }
}

test("every subscription, with any parameters, and any text", async () => {
  const methods = SUBSCRIPTIONS.flatMap((what) => [`${what}Subscribe`, `${what}Unsubscribe`]);
  await fc.assert(
    fc.asyncProperty(fc.array(params, { minLength: methods.length, maxLength: methods.length }), (given) =>
      onSocket(async (ask) => {
        for (const [id, method] of methods.entries()) {
          const answer = await ask(JSON.stringify({ jsonrpc: "2.0", id, method, params: given[id] }));
          expect(answer.id).toBe(id);
          checkAnswer(answer, method);
        }
      }),
    ),
    { numRuns: RUNS },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 100 })), (text) =>
      onSocket(async (ask) => {
        expect(await ask(text)).toMatchObject({ id: null, error: { code: expect.any(Number) } });
      }),
    ),
    { numRuns: RUNS * 5 },
  );
});
