/** The accounts of a load: keys from a seed, so that runs find theirs again, and their token accounts. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { decodeBase58 } from "../../shared/rpc/base58.ts";

const known = (text: string): Uint8Array => decodeBase58(text)!;
export const SYSTEM_PROGRAM = new Uint8Array(32);
export const TOKEN_PROGRAM = known("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
export const ATA_PROGRAM = known("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
export const COMPUTE_BUDGET_PROGRAM = known("ComputeBudget111111111111111111111111111111");

export const KEY_SIZE = 32;
/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
/** The public key is the end of its SPKI form. */
const SPKI = { format: "der", type: "spki" } as const;

/** The 32 bytes that RFC 8032 makes a key pair of. */
export function secretBytesOf(seed: string, name: string | number): Buffer {
  return createHash("sha256").update(`${seed}/${name}`).digest();
}

export function secretOf(seed: string, name: string | number): KeyObject {
  const key = Buffer.concat([PKCS8_PREFIX, secretBytesOf(seed, name)]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

export function publicKeyOf(secret: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(secret).export(SPKI).subarray(-KEY_SIZE));
}

export function signWith(secret: KeyObject, message: Uint8Array): Uint8Array {
  return sign(null, message, secret);
}

/** Keys after each other, in memory that the signing threads share. */
export class KeyList {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  constructor(buffer: SharedArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
  }
  static make(count: number, key: (i: number) => Uint8Array): KeyList {
    const list = new KeyList(new SharedArrayBuffer(count * KEY_SIZE));
    for (let i = 0; i < count; i++) list.bytes.set(key(i), i * KEY_SIZE);
    return list;
  }
  get count(): number {
    return this.bytes.length / KEY_SIZE;
  }
  get(i: number): Uint8Array {
    return this.bytes.subarray(i * KEY_SIZE, (i + 1) * KEY_SIZE);
  }
}

/** Solana's find_program_address (solana-address crate): the first bump from 255 down whose hash is not on the curve. */
export function associatedTokenAddress(owner: Uint8Array, mint: Uint8Array): Uint8Array {
  for (let bump = 255; bump >= 0; bump--) {
    const hash = createHash("sha256").update(owner).update(TOKEN_PROGRAM).update(mint);
    const address = hash.update(Uint8Array.of(bump)).update(ATA_PROGRAM).update("ProgramDerivedAddress").digest();
    try {
      ed25519.Point.fromBytes(new Uint8Array(address), true);
    } catch {
      return new Uint8Array(address);
    }
  }
  throw new Error("no address off the curve");
}
