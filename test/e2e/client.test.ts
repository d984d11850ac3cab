/** The package's client against a network: kit over the stream, blocks that are checked, and what it weighs in a browser and a Worker. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as kit from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlockLink, createStreamClient, fetchBlock, type StreamClient, verifyBlock } from "../../client/index.ts";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { HEADER_SIZE } from "../../shared/protocol/header.ts";

const MOST_BYTES = 60_000;
const SOL = 1_000_000_000n;

let network: Network;
let client: StreamClient;
let payer: kit.KeyPairSigner;

beforeAll(async () => {
  network = await startNetwork({ shards: 2, slotMs: 20 });
  client = createStreamClient(network.rpcUrl);
  payer = await kit.generateKeyPairSigner();
  await kit.airdropFactory(client)({
    commitment: "confirmed",
    lamports: kit.lamports(10n * SOL),
    recipientAddress: payer.address,
  });
});
afterAll(async () => {
  client?.close();
  await network?.stop();
});

async function transfer(lamports: bigint, source = payer) {
  const destination = (await kit.generateKeyPairSigner()).address;
  const { value } = await client.rpc.getLatestBlockhash().send();
  const message = kit.pipe(
    kit.createTransactionMessage({ version: 0 }),
    (m) => kit.setTransactionMessageFeePayerSigner(source, m),
    (m) => kit.setTransactionMessageLifetimeUsingBlockhash(value, m),
    (m) =>
      kit.appendTransactionMessageInstruction(getTransferSolInstruction({ source, destination, amount: lamports }), m),
  );
  const signed = await kit.signTransactionMessageWithSigners(message);
  kit.assertIsTransactionWithBlockhashLifetime(signed);
  return { signed, destination, wire: new Uint8Array(kit.getTransactionEncoder().encode(signed)) };
}

test("kit sends over the stream and confirms by its outcome, with and without preflight", async () => {
  const sendAndConfirm = kit.sendAndConfirmTransactionFactory(client);
  for (const skipPreflight of [true, false]) {
    const { signed, destination } = await transfer(SOL / 10n);
    await sendAndConfirm(signed, { commitment: "confirmed", skipPreflight });
    expect((await client.rpc.getBalance(destination).send()).value).toBe(SOL / 10n);
    const signature = kit.getSignatureFromTransaction(signed);
    const { value } = await client.rpc.getSignatureStatuses([signature]).send();
    expect(value[0]).toMatchObject({ confirmationStatus: "finalized", err: null });
  }
});

test("what fails says so: in preflight, without it, and where nobody pays", async () => {
  const sendAndConfirm = kit.sendAndConfirmTransactionFactory(client);
  const much = async () => (await transfer(1_000n * SOL)).signed;
  const failure = kit.SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE;
  const preflight = await sendAndConfirm(await much(), { commitment: "confirmed" }).catch((error: unknown) => error);
  expect(kit.isSolanaError(preflight, failure)).toBe(true);
  await expect(sendAndConfirm(await much(), { commitment: "confirmed", skipPreflight: true })).rejects.toThrow(
    /custom program error: #1/i,
  );
  const { wire } = await transfer(1n, await kit.generateKeyPairSigner());
  expect((await client.send(wire)).fate).toBe("not-landed");
  const forged = (await transfer(1n)).wire;
  forged[10]! ^= 1;
  expect((await client.send(forged)).fate).toBe("refused");
});

test("blocks are checked from the genesis on; one that was changed anywhere is refused", async () => {
  const { wire } = await transfer(5n);
  const { slot } = await client.send(wire);
  let parent: BlockLink | undefined;
  let last: Uint8Array | undefined;
  for (let at = 1; at <= slot; at++) {
    const bytes = await fetchBlock(network.rpcUrl, at);
    if (!bytes) continue;
    const verified = await verifyBlock(bytes, parent);
    if (!verified.ok) throw new Error(`block ${at}: ${verified.reason}`);
    last = bytes;
    if (at < slot) parent = verified.block;
    else expect(verified.block.transactions.map((each) => [...each])).toContainEqual([...wire]);
  }
  const changed = async (place: number, link = parent) => {
    const bytes = last!.slice();
    bytes[place]! ^= 1;
    const verified = await verifyBlock(bytes, link);
    return verified.ok ? "taken" : verified.reason;
  };
  const at = Buffer.from(last!).indexOf(Buffer.from(wire));
  expect(at).toBeGreaterThan(HEADER_SIZE);
  expect(await changed(at + 1)).toBe("its blockhash is not that of its transactions");
  expect(await changed(last!.length - 1)).toBe("its results are not those of its header");
  expect(await changed(0)).toMatch(/^not a block/);
  const other = { ...parent!, blockhash: new Uint8Array(32) };
  expect(await verifyBlock(last!, other)).toEqual({ ok: false, reason: "it follows another block of that slot" });
  expect(await fetchBlock(network.rpcUrl, 10_000_000)).toBeUndefined();
});

const ENTRY = join(import.meta.dirname, "../../client/index.ts");

test("bundled for a browser with kit it is small and asks for nothing of Node", async () => {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
  });
  const { text } = outputFiles[0]!;
  expect(text).not.toMatch(/from"node:|require\("/);
  expect(gzipSync(text).length).toBeLessThanOrEqual(MOST_BYTES);
});

const WORKER = `
import { createStreamClient, fetchBlock, verifyBlock } from ${JSON.stringify(ENTRY)};
export default {
  async fetch(request) {
    const network = new URL(request.url).searchParams.get("network");
    const client = createStreamClient(network);
    try {
      const { fate, slot } = await client.send(new Uint8Array(await request.arrayBuffer()));
      const { ok, block } = await verifyBlock(await fetchBlock(network, slot));
      return Response.json({ fate, ok, transactions: block.transactions.length });
    } finally {
      client.close();
    }
  },
};`;

test("in a Worker it sends over the stream and checks the block", async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["events", "fs/promises", "path"],
  });
  const worker = {
    name: "user",
    modules: [{ type: "ESModule", path: "index.mjs", contents: outputFiles[0]!.text }],
    compatibilityDate: "2026-11-01",
    cf: false,
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions(worker as unknown as V4MiniflareOptions));
  try {
    const url = `http://user/?network=${encodeURIComponent(network.rpcUrl)}`;
    const answer = await miniflare.dispatchFetch(url, { method: "POST", body: (await transfer(SOL / 10n)).wire });
    expect(await answer.json()).toEqual({ fate: "confirmed", ok: true, transactions: 1 });
  } finally {
    await miniflare.dispose();
  }
});
