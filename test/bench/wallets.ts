/** Key pairs and transfers of the benchmarks: deterministic from an index, signed by Node's native Ed25519. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { type ShardSeeds, shardOf } from "../../shared/state/accounts.ts";
import { encodeTransaction, type Ix, u32, u64 } from "../conformance/random-wire.ts";
import { prng } from "./prng.ts";

export { prng } from "./prng.ts";

export interface Wallet {
  readonly key: Uint8Array;
  readonly secret: KeyObject;
}

/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export function walletFromSeed(seed: Uint8Array): Wallet {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(secret).export({ format: "jwk" }) as { x: string };
  return { key: new Uint8Array(Buffer.from(x, "base64url")), secret };
}

export function makeWallets(label: string, count: number): Wallet[] {
  return Array.from({ length: count }, (_, i) => walletFromSeed(createHash("sha256").update(`${label}-${i}`).digest()));
}

export const SYSTEM = new Uint8Array(32);

export function transferIx(from: Uint8Array, to: Uint8Array, lamports: bigint): Ix {
  return {
    program: SYSTEM,
    accounts: [
      { key: from, signer: true, writable: true },
      { key: to, writable: true },
    ],
    data: [...u32(2), ...u64(lamports)],
  };
}

export const signWith = (wallet: Wallet, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, message, wallet.secret));

export function signedBy(payer: Wallet, instructions: Ix[], blockhash: Uint8Array): Uint8Array {
  return encodeTransaction(payer.key, instructions, blockhash, (_, message) => signWith(payer, message));
}

/** `count` transfers between random different wallets; the amounts make each one unique. */
export function randomTransfers(
  wallets: readonly Wallet[],
  count: number,
  blockhash: Uint8Array,
  seed: number,
): Uint8Array[] {
  const below = prng(seed);
  return Array.from({ length: count }, (_, i) => {
    const from = below(wallets.length);
    const to = (from + 1 + below(wallets.length - 1)) % wallets.length;
    const instruction = transferIx(wallets[from]!.key, wallets[to]!.key, BigInt(1 + i));
    return signedBy(wallets[from]!, [instruction], blockhash);
  });
}

/** The body of `POST /v1/transactions`: u16 length and bytes of each. */
export function ingestBody(transactions: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(transactions.reduce((sum, tx) => sum + 2 + tx.length, 0));
  let at = 0;
  for (const tx of transactions) {
    body[at] = tx.length & 255;
    body[at + 1] = tx.length >> 8;
    body.set(tx, at + 2);
    at += 2 + tx.length;
  }
  return body;
}

/** Wallets by the shard that owns them. */
export function byShard(wallets: readonly Wallet[], shardCount: number, seeds: ShardSeeds): Wallet[][] {
  const groups: Wallet[][] = Array.from({ length: shardCount }, () => []);
  for (const wallet of wallets) groups[shardOf(wallet.key, shardCount, seeds)]!.push(wallet);
  return groups;
}

/** As randomTransfers, but every second one stays within its shard and the others cross. With one shard none crosses. */
export function halfAcross(
  shards: readonly Wallet[][],
  count: number,
  blockhash: Uint8Array,
  seed: number,
): Uint8Array[] {
  const below = prng(seed);
  const filled = shards.filter((wallets) => wallets.length > 1);
  return Array.from({ length: count }, (_, i) => {
    const home = below(filled.length);
    const away = filled.length > 1 && i % 2 === 1 ? (home + 1 + below(filled.length - 1)) % filled.length : home;
    const from = filled[home]![below(filled[home]!.length)]!;
    let to = from;
    while (to === from) to = filled[away]![below(filled[away]!.length)]!;
    return signedBy(from, [transferIx(from.key, to.key, BigInt(1 + i))], blockhash);
  });
}
