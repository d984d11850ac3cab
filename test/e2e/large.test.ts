/**
 * Messages between objects that are larger than one object call may carry (32 MiB), and values larger than a row: a block
 * that moves many accounts of the largest size must not stop the chain.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { BenchClient } from "../bench/client.ts";
import { makeWallets, SYSTEM, signWith, transferIx, type Wallet } from "../bench/wallets.ts";
import { encodeTransaction, type Ix, u32, u64 } from "../conformance/random-wire.ts";

const SIZE = 10 * 1024 * 1024;
const RENT = BigInt(128 + SIZE) * 6960n;
const ACCOUNTS = 12;

let network: Network;
let client: BenchClient;
const [payer, ...large] = makeWallets("large", ACCOUNTS + 1) as [Wallet, ...Wallet[]];
const wallets = new Map([payer, ...large].map((wallet) => [encodeBase58(wallet.key), wallet]));

beforeAll(async () => {
  network = await startNetwork({ shards: 2, slotMs: 50 });
  client = new BenchClient(network.rpcUrl, network.wsUrl);
});
afterAll(() => network?.stop());

function signed(instructions: Ix[], hash: Uint8Array): Uint8Array {
  return encodeTransaction(payer.key, instructions, hash, (key, message) =>
    signWith(wallets.get(encodeBase58(key))!, message),
  );
}

function createLarge(account: Wallet): Ix {
  return {
    program: SYSTEM,
    accounts: [
      { key: payer.key, signer: true, writable: true },
      { key: account.key, signer: true, writable: true },
    ],
    data: [...u32(0), ...u64(RENT), ...u64(BigInt(SIZE)), ...SYSTEM],
  };
}

const balance = async (key: Uint8Array) =>
  BigInt((await client.rpc<{ value: number }>("getBalance", encodeBase58(key))).value);

it("a block that lends, returns and stores more than an object call may carry goes through, also after a crash", async () => {
  let count = await client.transactionCount();
  await client.rpc("requestAirdrop", encodeBase58(payer.key), Number(RENT) * (ACCOUNTS + 1));
  await client.landed(++count, performance.now());
  for (const account of large) {
    await client.ingest([signed([createLarge(account)], await client.blockhash())]);
    await client.landed(++count, performance.now());
  }
  const hash = await client.blockhash();
  // One payer: all of it is one group and runs on one shard, which borrows what the other one owns.
  await client.ingest(large.map((account, i) => signed([transferIx(payer.key, account.key, BigInt(i + 1))], hash)));
  await client.landed(count + ACCOUNTS, performance.now());
  await network.restart();
  for (const [i, account] of large.entries()) expect(await balance(account.key)).toBe(RENT + BigInt(i + 1));
});

it("answers reads of large accounts up to its limit, and says so beyond it", async () => {
  const read = (keys: readonly Uint8Array[]) =>
    client.rpc<{ value: { lamports: number }[] }>("getMultipleAccounts", keys.map(encodeBase58), {
      encoding: "base64",
      dataSlice: { offset: 0, length: 0 },
    });
  const keys = large.map((account) => account.key);
  expect((await read(keys.slice(0, 6))).value.map((account) => BigInt(account.lamports) > RENT)).toEqual(
    Array(6).fill(true),
  );
  await expect(read(keys)).rejects.toThrow("-32012 The accounts are larger than 64 MiB");
  await expect(read(Array(100).fill(keys[0]))).rejects.toThrow("-32012 The accounts are larger than 64 MiB");
});
