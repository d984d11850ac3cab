/**
 * The disk is full, or refuses writes, while clients send: they are told so, nothing that was acknowledged is lost, the log stays short, what
 * can be read is answered, and the network goes on by itself.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { generateKeypair } from "../../infra/network/keypair.ts";
import { signTransfer } from "../../infra/network/transfer.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { BenchClient } from "../bench/client.ts";
import { ingestBody } from "../bench/wallets.ts";
import { auditBalances, auditBlocks, signatureOf } from "./ledger-audit.ts";
import { canLimitFiles, limitFiles, SmallDisk, workerdWithoutSignal } from "./small-disk.ts";

const FULL = ErrorCode.STORE_FULL;
const TAKEN = 0;
const BUSY = 2;
const SENDERS = 3;
const BATCH = 20;

let network: Network;
let client: BenchClient;
const log: string[] = [];
const ours = () => log.filter((line) => line.startsWith("storage"));

afterEach(async () => {
  await network?.stop();
  log.length = 0;
});

async function begin(state: string): Promise<bigint> {
  network = await startNetwork({ state, shards: 2, slotMs: 20, log: (_, message) => log.push(message) });
  client = new BenchClient(network.rpcUrl, network.wsUrl);
  return BigInt((await client.rpc<{ value: { total: number } }>("getSupply")).value.total);
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code?: number } };
}

async function ask(method: string, ...params: unknown[]): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "content-type": "application/json" };
  return (await (await fetch(network.rpcUrl, { method: "POST", headers, body })).json()) as Answer;
}

/** Asks until the answer is as wanted. */
async function until<T>(get: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await get();
    if (wanted(value)) return value;
    await sleep(50);
  }
}

let lamports = 1_000_000n;
/** Sends batches from the faucet's account all the time; what a lane has acknowledged is remembered. */
class Senders {
  readonly taken = new Set<string>();
  readonly busyCodes = new Set<number>();
  #running = true;
  readonly #all: Promise<void>[];

  constructor(hash: string) {
    this.#all = Array.from({ length: SENDERS }, () => this.#send(hash));
  }

  async #send(first: string): Promise<void> {
    let hash = first;
    while (this.#running) {
      const head = await ask("getLatestBlockhash").catch(() => ({}) as Answer);
      hash = (head.result as { value: { blockhash: string } } | undefined)?.value.blockhash ?? hash;
      const to = generateKeypair().publicKey;
      const batch = Array.from({ length: BATCH }, () => signTransfer(network.faucet, to, lamports++, hash).wire);
      const body = ingestBody(batch) as BodyInit;
      const response = await fetch(`${network.rpcUrl}/v1/transactions`, { method: "POST", body }).catch(
        () => undefined,
      );
      if (response?.status !== 200 && response?.status !== 429) continue;
      const answer = Buffer.from(await response.arrayBuffer());
      batch.forEach((wire, i) => {
        const status = answer[4 + i * 3];
        if (status === TAKEN) this.taken.add(signatureOf(wire));
        if (status === BUSY) this.busyCodes.add(answer.readUInt16LE(5 + i * 3));
      });
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#all);
  }
}

/** From a network whose storage begins to refuse writes under load, to one that takes transactions again and has lost nothing. */
async function refusedAndBack(supply: bigint, refuse: () => void, admit: () => void): Promise<void> {
  const hash = (await client.rpc<{ value: { blockhash: string } }>("getLatestBlockhash")).value.blockhash;
  const senders = new Senders(hash);
  await until(
    async () => senders.taken.size,
    (count) => count >= 500,
  );
  refuse();

  const transfer = () => signTransfer(network.faucet, generateKeypair().publicKey, lamports++, hash).wire;
  const send = () =>
    ask("sendTransaction", Buffer.from(transfer()).toString("base64"), { encoding: "base64", skipPreflight: true });
  const refused = await until(send, ({ error }) => error?.data?.code === FULL);
  expect(refused.error).toMatchObject({
    code: -32005,
    message: expect.stringContaining("storage is full"),
    data: { numSlotsBehind: null },
  });
  const before = senders.taken.size;
  await sleep(6_000);
  // What is read is answered, or, where the object cannot even be opened, with the reason.
  for (const [method, ...params] of [
    ["getSlot"],
    ["getBalance", network.faucet.address],
    ["getLatestBlockhash"],
  ] as const) {
    const answer = await ask(method, ...params);
    expect(answer.result !== undefined || answer.error?.data?.code === FULL, JSON.stringify(answer)).toBe(true);
  }
  const airdrop = await until(
    () => ask("requestAirdrop", generateKeypair().address, 1_000_000),
    ({ error }) => error !== undefined,
  );
  expect(airdrop.error).toMatchObject({ code: -32005, data: { code: FULL } });
  const status = await until(
    async () => (await fetch(`${network.rpcUrl}/v1/status`)).text(),
    (text) => text.includes("STORE_FULL"),
  );
  expect(JSON.parse(status)).toMatchObject({ ready: false });
  expect(senders.busyCodes).toContain(FULL);
  expect(ours().length).toBe(1);
  expect(log).toEqual(ours());

  admit();
  await until(
    async () => senders.taken.size,
    (count) => count >= before + 500,
  );
  await senders.stop();
  const all = [...senders.taken];
  for (let at = 0; at < all.length; at += 256) {
    const part = all.slice(at, at + 256);
    await until(
      async () =>
        (await client.rpc<{ value: unknown[] }>("getSignatureStatuses", part, { searchTransactionHistory: true }))
          .value,
      (statuses) => statuses.every((one) => one !== null),
    );
  }
  const audit = await auditBlocks(client);
  await auditBalances(client, audit, supply);
  await until(
    async () => ours(),
    (lines) => lines.some((line) => line.includes("there is room again")),
  );
  expect(ours().length).toBeLessThanOrEqual(3);
}

const disk = SmallDisk.mount(160);
const noDisk = "this user may not mount a file system";

test.skipIf(disk === undefined)(`a disk that another program fills${disk ? "" : `: skipped, ${noDisk}`}`, async () => {
  onTestFinished(async () => {
    await network.stop();
    disk!.unmount();
  });
  const supply = await begin(join(disk!.path, "state"));
  await refusedAndBack(
    supply,
    () => disk!.fill(),
    () => disk!.empty(),
  );
});

const noLimit = "there is no prlimit here";

test.skipIf(!canLimitFiles())(
  `writes that the system refuses${canLimitFiles() ? "" : `: skipped, ${noLimit}`}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "infinisvm-refused-"));
    const before = process.env.INFINISVM_WORKERD;
    process.env.INFINISVM_WORKERD = workerdWithoutSignal(folder);
    onTestFinished(() => {
      if (before === undefined) delete process.env.INFINISVM_WORKERD;
      else process.env.INFINISVM_WORKERD = before;
      rmSync(folder, { recursive: true });
    });
    const supply = await begin(join(folder, "state"));
    const pid = network.workerdPids[0]!;
    await refusedAndBack(
      supply,
      () => limitFiles(pid, 4_096),
      () => limitFiles(pid, undefined),
    );
    expect(network.workerdPids[0]).toBe(pid);
    await network.stop();
  },
);
