/** Funds the accounts of a benchmark from the faucet, with a mint and a token account for each. */
import { createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Network } from "../../infra/network/index.ts";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import { encodeTransaction, type Ix, u32, u64 } from "../conformance/random-wire.ts";
import type { BenchClient } from "./client.ts";
import { prng } from "./prng.ts";
import { makeWallets, SYSTEM, signedBy, signWith, transferIx, type Wallet } from "./wallets.ts";

const key = (text: string): Uint8Array => decodeBase58(text)!;
export const TOKEN = key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
export const ATA = key("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
const COMPUTE_BUDGET = key("ComputeBudget111111111111111111111111111111");
const MINT_SIZE = 82;
const MINT_RENT = 1_461_600n;
const FUNDS = 10_000_000_000n;
const TOKENS = 1_000_000_000n;

/** A running network, a client of it, and its funded wallets. */
export interface BenchNetwork {
  readonly network: Network;
  readonly client: BenchClient;
  readonly wallets: readonly Wallet[];
}

/** The first wallets of a network with a token account each. */
export interface TokenSetup {
  readonly wallets: readonly Wallet[];
  readonly tokenAccounts: readonly Uint8Array[];
}

/** Solana's find_program_address (solana-address crate): the first bump from 255 down whose hash is not on the curve. */
function associatedTokenAddress(owner: Uint8Array, mint: Uint8Array): Uint8Array {
  for (let bump = 255; bump >= 0; bump--) {
    const hash = createHash("sha256");
    for (const part of [owner, TOKEN, mint, Uint8Array.of(bump), ATA]) hash.update(part);
    const address = new Uint8Array(hash.update("ProgramDerivedAddress").digest());
    try {
      ed25519.Point.fromBytes(address, true);
    } catch {
      return address;
    }
  }
  throw new Error("no address off the curve");
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

const unitLimit: Ix = { program: COMPUTE_BUDGET, accounts: [], data: [2, ...u32(1_400_000)] };

/** Sends transactions of the faucet, some hundreds at a time, and waits until they have landed. */
async function sendAll({ faucet }: Network, client: BenchClient, lists: readonly Ix[][]): Promise<void> {
  for (const part of chunks(lists, 400)) {
    const before = await client.transactionCount();
    const hash = await client.blockhash();
    const start = performance.now();
    const sign = (_: Uint8Array, message: Uint8Array) => faucet.sign(message);
    await client.ingest(part.map((instructions) => encodeTransaction(faucet.publicKey, instructions, hash, sign)));
    await client.landed(before + part.length, start);
  }
}

export async function fundWallets(network: Network, client: BenchClient, count: number): Promise<Wallet[]> {
  const wallets = makeWallets("bench", count);
  const { publicKey } = network.faucet;
  const fund = (part: Wallet[]) => part.map((wallet) => transferIx(publicKey, wallet.key, FUNDS));
  await sendAll(network, client, chunks(wallets, 20).map(fund));
  return wallets;
}

/** A mint, and a token account with tokens for each of the first `count` wallets. */
export async function setUpTokens(bench: BenchNetwork, count: number): Promise<TokenSetup> {
  const { network, client } = bench;
  const { publicKey } = network.faucet;
  const wallets = bench.wallets.slice(0, count);
  const [mint] = makeWallets("bench-mint", 1) as [Wallet];
  const tokenAccounts = wallets.map((wallet) => associatedTokenAddress(wallet.key, mint.key));
  await createMint(network, client, mint);
  const create = chunks(wallets, 10).map((part, i) => [
    unitLimit,
    ...part.map((wallet, k) => createTokenAccount(publicKey, wallet.key, tokenAccounts[i * 10 + k]!, mint.key)),
  ]);
  await sendAll(network, client, create);
  const mintAll = chunks(tokenAccounts, 20).map((part) => [
    unitLimit,
    ...part.map((to) => mintTo(mint.key, to, publicKey)),
  ]);
  await sendAll(network, client, mintAll);
  return { wallets, tokenAccounts };
}

async function createMint(network: Network, client: BenchClient, mint: Wallet): Promise<void> {
  const { faucet } = network;
  const create: Ix = {
    program: SYSTEM,
    accounts: [
      { key: faucet.publicKey, signer: true, writable: true },
      { key: mint.key, signer: true, writable: true },
    ],
    data: [...u32(0), ...u64(MINT_RENT), ...u64(MINT_SIZE), ...TOKEN],
  };
  const initialize: Ix = {
    program: TOKEN,
    accounts: [{ key: mint.key, writable: true }],
    data: [20, 6, ...faucet.publicKey, 0],
  };
  const before = await client.transactionCount();
  const sign = (signer: Uint8Array, message: Uint8Array) =>
    Buffer.from(signer).equals(mint.key) ? signWith(mint, message) : faucet.sign(message);
  const transaction = encodeTransaction(faucet.publicKey, [create, initialize], await client.blockhash(), sign);
  await client.ingest([transaction]);
  await client.landed(before + 1, performance.now());
}

function createTokenAccount(payer: Uint8Array, owner: Uint8Array, account: Uint8Array, mint: Uint8Array): Ix {
  return {
    program: ATA,
    accounts: [
      { key: payer, signer: true, writable: true },
      { key: account, writable: true },
      { key: owner },
      { key: mint },
      { key: SYSTEM },
      { key: TOKEN },
    ],
    data: [1],
  };
}

function mintTo(mint: Uint8Array, to: Uint8Array, authority: Uint8Array): Ix {
  return {
    program: TOKEN,
    accounts: [
      { key: mint, writable: true },
      { key: to, writable: true },
      { key: authority, signer: true },
    ],
    data: [7, ...u64(TOKENS)],
  };
}

/** `count` token transfers between random different wallets, each paying its own fee. */
export function tokenTransfers(setup: TokenSetup, count: number, blockhash: Uint8Array, seed: number): Uint8Array[] {
  const { wallets, tokenAccounts } = setup;
  const below = prng(seed + 77);
  return Array.from({ length: count }, (_, i) => {
    const from = below(wallets.length);
    const to = (from + 1 + below(wallets.length - 1)) % wallets.length;
    const transfer: Ix = {
      program: TOKEN,
      accounts: [
        { key: tokenAccounts[from]!, writable: true },
        { key: tokenAccounts[to]!, writable: true },
        { key: wallets[from]!.key, signer: true },
      ],
      data: [3, ...u64(1 + (i % 1000) + seed * 1000)],
    };
    return signedBy(wallets[from]!, [transfer], blockhash);
  });
}
