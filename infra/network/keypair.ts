/** Ed25519 key pairs of the network's own accounts, kept as Solana's tools keep them: base58 of secret seed and public key. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";

export interface Keypair {
  /** Base58. */
  readonly address: string;
  readonly publicKey: Uint8Array;
  /** Base58 of the 32-byte seed and the public key. */
  readonly secretKey: string;
  sign(message: Uint8Array): Uint8Array;
}

function fromPrivateKey(key: KeyObject): Keypair {
  const jwk = key.export({ format: "jwk" }) as { d: string; x: string };
  const publicKey = new Uint8Array(Buffer.from(jwk.x, "base64url"));
  return {
    address: encodeBase58(publicKey),
    publicKey,
    secretKey: encodeBase58(Buffer.concat([Buffer.from(jwk.d, "base64url"), publicKey])),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

export function generateKeypair(): Keypair {
  return fromPrivateKey(generateKeyPairSync("ed25519").privateKey);
}

/** `null`: not a key pair, or its two halves do not belong together. */
export function readKeypair(secretKey: string): Keypair | null {
  const bytes = secretKey.length > 100 ? null : decodeBase58(secretKey);
  if (bytes?.length !== 64) return null;
  const keypair = keypairOfSeed(bytes.subarray(0, 32));
  return keypair.secretKey === secretKey ? keypair : null;
}

/** `seed`: 32 bytes. */
export function keypairOfSeed(seed: Uint8Array): Keypair {
  // PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410, section 7).
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return fromPrivateKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}
