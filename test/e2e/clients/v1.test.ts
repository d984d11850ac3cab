/** Version 1 transactions (SIMD-0385) as @solana/kit builds them, through RPC, PubSub and binary ingest of a running network. */
import {
  AccountRole,
  type Address,
  address,
  appendTransactionMessageInstructions,
  assertIsSendableTransaction,
  assertIsTransactionWithBlockhashLifetime,
  compileTransactionMessage,
  createTransactionMessage,
  estimateAndSetResourceLimitsFactory,
  estimateResourceLimitsFactory,
  fillTransactionMessageProvisoryResourceLimits,
  generateKeyPairSigner,
  getBase64Decoder,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageEncoder,
  getSignatureFromTransaction,
  getTransactionEncoder,
  type Instruction,
  isSolanaError,
  type KeyPairSigner,
  pipe,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION,
  setTransactionMessageConfig,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signature,
  signTransactionMessageWithSigners,
  type TransactionMessageBytesBase64,
  type V1TransactionConfig,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { hostTimer, streamUrl, webSocket } from "../../../shared/ingest/adapters.ts";
import { IngestClient } from "../../../shared/ingest/client.ts";
import { StreamTransport } from "../../../shared/ingest/transport.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { FEE, type KitClient, kitClient, rejection, SOL } from "./kit-client.ts";

const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const SYSTEM = address("11111111111111111111111111111111");
const CONFIG = { computeUnitLimit: 1_000, loadedAccountsDataSizeLimit: 100_000 };
const timer = hostTimer(setTimeout, clearTimeout);

let network: Network;
let client: KitClient;
let payer: KeyPairSigner;

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20 });
  client = kitClient(network);
  payer = await client.funded(1_000n * SOL);
});
afterAll(() => network?.stop());

const fresh = async () => (await generateKeyPairSigner()).address;
const transfer = (destination: Address, amount: bigint) =>
  getTransferSolInstruction({ source: payer, destination, amount });
const memo = (length: number): Instruction => ({
  programAddress: MEMO,
  accounts: [{ address: payer.address, role: AccountRole.READONLY_SIGNER }],
  data: new Uint8Array(length).fill(97),
});

async function message(instructions: readonly Instruction[], config: V1TransactionConfig = CONFIG) {
  const { value: blockhash } = await client.rpc.getLatestBlockhash().send();
  return pipe(
    createTransactionMessage({ version: 1 }),
    (m) => setTransactionMessageFeePayerSigner(payer, m),
    (m) => setTransactionMessageLifetimeUsingBlockhash(blockhash, m),
    (m) => appendTransactionMessageInstructions(instructions, m),
    (m) => setTransactionMessageConfig(config, m),
  );
}

async function signed(...given: Parameters<typeof message>) {
  const transaction = await signTransactionMessageWithSigners(await message(...given));
  assertIsSendableTransaction(transaction);
  assertIsTransactionWithBlockhashLifetime(transaction);
  return transaction;
}

async function send(...given: Parameters<typeof message>) {
  const transaction = await signed(...given);
  await client.sendAndConfirm(transaction, { commitment: "confirmed" });
  return getSignatureFromTransaction(transaction);
}

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what a client finds in the answer is the test's business.
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: object };
}

/** A call as no client library makes it. */
async function call(method: string, ...params: unknown[]) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  return (await (await fetch(network.rpcUrl, { method: "POST", body })).json()) as Answer;
}

describe("sent by sendAndConfirmTransactionFactory", () => {
  test("a transfer: its fee, its effect, its status", async () => {
    const to = await fresh();
    const before = await client.balance(payer.address);
    const sent = await send([transfer(to, SOL)], { ...CONFIG, priorityFeeLamports: 77n });
    expect(await client.balance(to)).toBe(SOL);
    expect(before - (await client.balance(payer.address))).toBe(SOL + FEE + 77n);
    const { value } = await client.rpc.getSignatureStatuses([sent]).send();
    expect(value[0]).toMatchObject({ err: null, confirmationStatus: "finalized" });
    const listed = await client.rpc.getSignaturesForAddress(to).send();
    expect(listed.map((entry) => entry.signature)).toEqual([sent]);
  });

  test("4,096 bytes, 64 addresses", async () => {
    const to = await Promise.all(Array.from({ length: 61 }, fresh));
    const instructions = to.map((one) => transfer(one, SOL / 100n));
    const config = { ...CONFIG, computeUnitLimit: 200_000 };
    const base = getTransactionEncoder().encode(await signed([...instructions, memo(0)], config)).length;
    const transaction = await signed([...instructions, memo(4096 - base)], config);
    expect(getTransactionEncoder().encode(transaction).length).toBe(4096);
    await client.sendAndConfirm(transaction, { commitment: "confirmed" });
    expect(await Promise.all(to.map(client.balance))).toEqual(to.map(() => SOL / 100n));
    const found = await client.rpc
      .getTransaction(getSignatureFromTransaction(transaction), {
        encoding: "base64",
        maxSupportedTransactionVersion: 1,
      })
      .send();
    expect(found!.transaction[0]).toBe(getBase64EncodedWireTransaction(transaction));
  });

  test("without units it fails on chain, and says so", async () => {
    const transaction = await signed([transfer(await fresh(), SOL)], { loadedAccountsDataSizeLimit: 100_000 });
    const { error } = await call("sendTransaction", getBase64EncodedWireTransaction(transaction), {
      encoding: "base64",
    });
    expect(error).toMatchObject({
      code: -32002,
      data: { err: { InstructionError: [0, "ComputationalBudgetExceeded"] } },
    });
  });

  test("the same transaction a second time is known", async () => {
    const transaction = await signed([transfer(await fresh(), SOL)]);
    await client.sendAndConfirm(transaction, { commitment: "confirmed" });
    const { error } = await call("sendTransaction", getBase64EncodedWireTransaction(transaction), {
      encoding: "base64",
    });
    expect(error).toMatchObject({ code: -32002, data: { err: "AlreadyProcessed" } });
  });

  test("a wrong signature", async () => {
    const wire = Buffer.from(getBase64EncodedWireTransaction(await signed([transfer(await fresh(), SOL)])), "base64");
    wire[wire.length - 1]! ^= 1;
    const { error } = await call("sendTransaction", wire.toString("base64"), { encoding: "base64" });
    expect(error).toMatchObject({ code: -32002, data: { err: "SignatureFailure" } });
  });
});

describe("read back", () => {
  let to: Address;
  let sent: Awaited<ReturnType<typeof send>>;
  let slot: bigint;
  beforeAll(async () => {
    to = await fresh();
    sent = await send([transfer(to, SOL), memo(3)], { ...CONFIG, computeUnitLimit: 20_000, priorityFeeLamports: 9n });
    slot = (await client.rpc.getTransaction(sent, { maxSupportedTransactionVersion: 1, encoding: "json" }).send())!
      .slot;
  });
  const config = { priorityFee: 9n, computeUnitLimit: 20_000, loadedAccountsDataSizeLimit: 100_000, heapSize: null };

  test("json: version, config, no lookups", async () => {
    const found = await client.rpc.getTransaction(sent, { encoding: "json", maxSupportedTransactionVersion: 1 }).send();
    expect(found).toMatchObject({ version: 1, meta: { err: null, fee: FEE + 9n } });
    const { message: shown } = found!.transaction;
    expect(shown).toEqual({
      accountKeys: [payer.address, to, SYSTEM, MEMO],
      header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 2 },
      instructions: [
        { accounts: [0, 1], data: expect.any(String), programIdIndex: 2, stackHeight: 1 },
        { accounts: [0], data: encodeBase58(new Uint8Array(3).fill(97)), programIdIndex: 3, stackHeight: 1 },
      ],
      recentBlockhash: expect.any(String),
      transactionConfig: { ...config, priorityFee: 9n },
    });
  });

  test("jsonParsed", async () => {
    const { result } = await call("getTransaction", sent, {
      encoding: "jsonParsed",
      maxSupportedTransactionVersion: 1,
    });
    expect(result.version).toBe(1);
    const { message: shown } = result.transaction;
    expect(Object.keys(shown).sort()).toEqual(["accountKeys", "instructions", "recentBlockhash", "transactionConfig"]);
    expect(shown.transactionConfig).toEqual({ ...config, priorityFee: 9 });
    expect(shown.accountKeys[1]).toEqual({ pubkey: to, signer: false, source: "transaction", writable: true });
    expect(shown.instructions[0].parsed).toEqual({
      type: "transfer",
      info: { source: payer.address, destination: to, lamports: Number(SOL) },
    });
    expect(shown.instructions[1].parsed).toBe("aaa");
  });

  test("who has not asked for it is told what to ask for", async () => {
    for (const [given, version] of [
      [{}, undefined],
      [{ maxSupportedTransactionVersion: 0 }, 0],
    ] as const) {
      const error = await rejection(
        client.rpc.getTransaction(sent, { encoding: "json", ...given } as { encoding: "json" }).send(),
      );
      expect(
        isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION),
        `${version}`,
      ).toBe(true);
      expect((error as Error).message).toContain('"maxSupportedTransactionVersion": 1');
    }
    const block = await call("getBlock", Number(slot), { maxSupportedTransactionVersion: 0 });
    expect(block.error).toMatchObject({ code: -32015 });
  });

  test.each(["full", "accounts", "signatures"])("getBlock, %s", async (transactionDetails) => {
    const { result } = await call("getBlock", Number(slot), { transactionDetails, maxSupportedTransactionVersion: 1 });
    if (transactionDetails === "signatures") return expect(result.signatures).toContain(sent);
    const found = result.transactions.find(
      (one: { transaction: { signatures: string[] } }) => one.transaction.signatures[0] === sent,
    );
    expect(found.version).toBe(1);
    if (transactionDetails === "full") expect(found.transaction.message.transactionConfig.priorityFee).toBe(9);
  });

  test("getRecentPrioritizationFees counts lamports as a price a unit", async () => {
    const { result } = await call("getRecentPrioritizationFees", [to]);
    const here = result.find((one: { slot: number }) => one.slot === Number(slot));
    // 9 lamports over 20,000 units; only there while the block is among the newest.
    if (here) expect(here.prioritizationFee).toBe(450);
  });
});

describe("before it is sent", () => {
  test("getFeeForMessage", async () => {
    const compiled = compileTransactionMessage(
      await message([transfer(await fresh(), SOL)], { ...CONFIG, priorityFeeLamports: 123n }),
    );
    const bytes = getBase64Decoder().decode(getCompiledTransactionMessageEncoder().encode(compiled));
    const { value } = await client.rpc.getFeeForMessage(bytes as TransactionMessageBytesBase64).send();
    expect(value).toBe(FEE + 123n);
  });

  test("kit estimates what it needs by simulation, sets it, and it is enough", async () => {
    const estimateResourceLimits = estimateResourceLimitsFactory({ rpc: client.rpc });
    const estimateAndSet = estimateAndSetResourceLimitsFactory(estimateResourceLimits);
    const provisory = fillTransactionMessageProvisoryResourceLimits(
      await message([transfer(await fresh(), SOL), memo(100)], {}),
    );
    const estimated = await estimateAndSet(provisory);
    const transaction = await signTransactionMessageWithSigners(estimated);
    assertIsSendableTransaction(transaction);
    assertIsTransactionWithBlockhashLifetime(transaction);
    await client.sendAndConfirm(transaction, { commitment: "confirmed" });
  });

  test("logs are notified", async () => {
    const abort = new AbortController();
    const to = await fresh();
    const notifications = await client.rpcSubscriptions
      .logsNotifications({ mentions: [to] })
      .subscribe({ abortSignal: abort.signal });
    // Without somebody who waits for it a notification is dropped by the client.
    const first = notifications[Symbol.asyncIterator]().next();
    const sent = await send([transfer(to, SOL)]);
    expect((await first).value?.value).toMatchObject({ signature: sent, err: null });
    abort.abort();
  });
});

describe("limits of the encodings", () => {
  const ask = (text: string, encoding: string) => call("sendTransaction", text, { encoding });
  test("base64: 4,096 bytes for version 1, 1,232 for all else", async () => {
    const v1 = new Uint8Array(4097);
    v1[0] = 0x81;
    const { error } = await ask(Buffer.from(v1).toString("base64"), "base64");
    expect(error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("too large: 4097 bytes (max: 4096 bytes)"),
    });
    const longer = await ask(Buffer.concat([v1, new Uint8Array(3)]).toString("base64"), "base64");
    expect(longer.error?.message).toContain("too large: 5468 bytes (max: encoded/raw 5464/4096)");
    const old = await ask(Buffer.alloc(1236, 1).toString("base64"), "base64");
    expect(old.error?.message).toContain("too large: 1648 bytes (max: encoded/raw 1644/1232)");
  });
  test("base58 stays at 1,232", async () => {
    const transaction = await signed([memo(1_500)]);
    const wire = new Uint8Array(getTransactionEncoder().encode(transaction));
    const { error } = await ask(encodeBase58(wire), "base58");
    expect(error?.message).toContain("(max: encoded/raw 1683/1232)");
    const small = new Uint8Array(getTransactionEncoder().encode(await signed([transfer(await fresh(), SOL)])));
    const { result } = await ask(encodeBase58(small), "base58");
    expect(signature(result)).toBe(result);
  });
});

describe("binary ingest", () => {
  test("posted and streamed, among others", async () => {
    const to = await fresh();
    const transactions = [
      await signed([transfer(to, 1_000_001n)]),
      await client.signed(payer, [transfer(to, 1_000_002n)]),
      await signed([transfer(to, 1_000_003n), memo(3_000)], { ...CONFIG, computeUnitLimit: 200_000 }),
    ];
    const wires = transactions.map((one) => new Uint8Array(getTransactionEncoder().encode(one)));
    const stream = new IngestClient(
      new StreamTransport(
        webSocket(() => new WebSocket(streamUrl(network.rpcUrl))),
        timer,
      ),
      timer,
    );
    const batch = await stream.submit(wires);
    expect([...wires.keys()].map((i) => batch.fate(i))).toEqual(["confirmed", "confirmed", "confirmed"]);
    expect([...wires.keys()].map((i) => encodeBase58(batch.signature(i)))).toEqual(
      transactions.map((one) => getSignatureFromTransaction(one)),
    );
    expect(await client.balance(to)).toBe(3_000_006n);
    stream.close();
  });
});
