/** Instruction data of the precompiles: offsets and, behind them, keys, signatures and messages. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { address } from "@solana/kit";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, testKey } from "./harness.ts";

export const ED25519 = address("Ed25519SigVerify111111111111111111111111111");
export const SECP256K1 = address("KeccakSecp256k11111111111111111111111111111");
export const SECP256R1 = address("Secp256r1SigVerify1111111111111111111111111");

/** PrecompileError. */
export const INVALID_PUBLIC_KEY = 0;
export const INVALID_RECOVERY_ID = 1;
export const INVALID_SIGNATURE = 2;
export const INVALID_DATA_OFFSETS = 3;
export const INVALID_INSTRUCTION_DATA_SIZE = 4;

export const payer = testKey(1);

/** A transaction whose instruction `index` (default: the last) is refused by a precompile with this code, or null: success. */
export function expectPrecompile(
  c: Conformance,
  instructions: readonly { program: string; data: ArrayLike<number> }[],
  code: number | null,
  index = instructions.length - 1,
): void {
  const transaction = c.transaction({
    payer,
    instructions: instructions.map(({ program, data }) => instruction(program, [], data)),
  });
  const error: TransactionErrorJson | null = code === null ? null : { InstructionError: [index, { Custom: code }] };
  c.expect(transaction, error);
}

export async function world(): Promise<Conformance> {
  const c = await Conformance.create();
  c.fund(payer, 10n ** 12n);
  return c;
}

export interface Offsets {
  signature: [offset: number, instruction: number];
  key: [offset: number, instruction: number];
  message: [offset: number, size: number, instruction: number];
}

const u16 = (value: number): number[] => [value & 0xff, value >> 8];

export const concat = (...parts: ArrayLike<number>[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => Array.from(p)));

/** 14 bytes: ed25519 and secp256r1. */
export const wideOffsets = ({ signature, key, message }: Offsets): number[] =>
  [...signature, ...key, ...message].flatMap(u16);

/** 11 bytes: secp256k1, whose instruction numbers are single bytes. */
export const narrowOffsets = ({ signature, key, message }: Offsets): number[] => [
  ...u16(signature[0]),
  signature[1],
  ...u16(key[0]),
  key[1],
  ...u16(message[0]),
  ...u16(message[1]),
  message[2],
];

export const HERE = 0xffff;

export interface Signed {
  key: Uint8Array;
  signature: Uint8Array;
  message: Uint8Array;
}

const secret = (n: number): Uint8Array => sha256(Uint8Array.of(n, n >> 8));

export function signEd25519(n: number, message: Uint8Array): Signed {
  const key = secret(n);
  return { key: ed25519.getPublicKey(key), signature: ed25519.sign(message, key), message };
}

export function signSecp256r1(n: number, message: Uint8Array): Signed {
  const key = secret(n);
  const signature = p256.sign(sha256(message), key, { prehash: false, lowS: true });
  return { key: p256.getPublicKey(key, true), signature, message };
}

/** key: the Ethereum address; signature: with the recovery id behind it. */
export function signSecp256k1(n: number, message: Uint8Array, lowS = true): Signed {
  const key = secret(n);
  const recovered = secp256k1.sign(keccak_256(message), key, { prehash: false, format: "recovered", lowS });
  const address = keccak_256(secp256k1.getPublicKey(key, false).slice(1)).slice(12);
  return { key: address, signature: concat(recovered.slice(1), [recovered[0]!]), message };
}

/** Offsets of parts laid one behind the other from `start`: key, signature, message. */
export function offsetsAt(start: number, { key, signature, message }: Signed, instructionIndex: number): Offsets {
  const at = start + key.length;
  return {
    key: [start, instructionIndex],
    signature: [at, instructionIndex],
    message: [at + signature.length, message.length, instructionIndex],
  };
}

export const bytesOf = ({ key, signature, message }: Signed): Uint8Array => concat(key, signature, message);

/** Data of the two-byte precompiles with everything in the same instruction. */
export function wideData(signed: readonly Signed[], instructionIndex = HERE): Uint8Array {
  let at = 2 + 14 * signed.length;
  const offsets = signed.map((s) => {
    const start = at;
    at += bytesOf(s).length;
    return wideOffsets(offsetsAt(start, s, instructionIndex));
  });
  return concat([signed.length, 0], ...offsets, ...signed.map(bytesOf));
}

export function narrowData(signed: readonly Signed[], instructionIndex = 0): Uint8Array {
  let at = 1 + 11 * signed.length;
  const offsets = signed.map((s) => {
    const start = at;
    at += bytesOf(s).length;
    return narrowOffsets(offsetsAt(start, s, instructionIndex));
  });
  return concat([signed.length], ...offsets, ...signed.map(bytesOf));
}

/** A copy with one byte changed. */
export function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const out = bytes.slice();
  out[at]! ^= mask;
  return out;
}
