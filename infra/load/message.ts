/** Transactions of a load, as legacy messages or of version 1: transfers byte by byte into a template, everything else from instructions. */
import type { KeyObject } from "node:crypto";
import { ByteWriter } from "../../shared/protocol/bytes.ts";
import { KEY_SIZE, publicKeyOf, SYSTEM_PROGRAM, signWith, TOKEN_PROGRAM } from "./accounts.ts";

const SIGNATURE_SIZE = 64;
const SYSTEM_TRANSFER = 2;
const TOKEN_TRANSFER = 3;
/** Config of a version 1 transfer (SIMD-0385), enough for any of them: bits for compute units and for bytes of loaded accounts. */
const V1_MASK = 12;
const V1_UNITS = 10_000;
const V1_LOADED_BYTES = 1 << 20;
const V1_OFF_BLOCKHASH = 8;
const V1_OFF_KEYS = 42;

/** 0: a legacy message. */
export type TransactionVersion = 0 | 1;

export interface Instruction {
  readonly program: Uint8Array;
  readonly accounts: readonly { readonly key: Uint8Array; readonly signer?: boolean; readonly writable?: boolean }[];
  readonly data: Uint8Array;
}

interface Key {
  readonly key: Uint8Array;
  signer: boolean;
  writable: boolean;
}

const nameOf = (key: Uint8Array) => Buffer.from(key).toString("latin1");

/** Accounts in Solana's order: signers first, writable before read-only. */
function keysOf(payer: Uint8Array, instructions: readonly Instruction[]): Key[] {
  const keys = new Map<string, Key>();
  const add = (key: Uint8Array, signer: boolean, writable: boolean) => {
    const there = keys.get(nameOf(key));
    if (!there) keys.set(nameOf(key), { key, signer, writable });
    else {
      there.signer ||= signer;
      there.writable ||= writable;
    }
  };
  add(payer, true, true);
  for (const { program, accounts } of instructions) {
    for (const { key, signer = false, writable = false } of accounts) add(key, signer, writable);
    add(program, false, false);
  }
  const rank = ({ signer, writable }: Key) => (signer ? 0 : 2) + (writable ? 0 : 1);
  return [...keys.values()].sort((a, b) => rank(a) - rank(b));
}

/** A signed transaction; the first of `signers` pays. At most 127 accounts, and 127 bytes of data an instruction. */
export function signTransaction(
  signers: readonly KeyObject[],
  instructions: readonly Instruction[],
  blockhash: Uint8Array,
): Uint8Array {
  const secrets = new Map(signers.map((secret) => [nameOf(publicKeyOf(secret)), secret]));
  const keys = keysOf(publicKeyOf(signers[0]!), instructions);
  const places = new Map(keys.map(({ key }, i) => [nameOf(key), i]));
  const required = keys.filter(({ signer }) => signer);
  const message = new ByteWriter()
    .u8(required.length)
    .u8(required.filter(({ writable }) => !writable).length)
    .u8(keys.filter(({ signer, writable }) => !signer && !writable).length)
    .u8(keys.length);
  for (const { key } of keys) message.raw(key);
  message.raw(blockhash).u8(instructions.length);
  for (const { program, accounts, data } of instructions) {
    message.u8(places.get(nameOf(program))!).u8(accounts.length);
    for (const { key } of accounts) message.u8(places.get(nameOf(key))!);
    message.u8(data.length).raw(data);
  }
  const bytes = message.bytes();
  const out = new ByteWriter().u8(required.length);
  for (const { key } of required) out.raw(signWith(secrets.get(nameOf(key))!, bytes));
  return out.raw(bytes).bytes();
}

/** What a transfer is, without its amount, which ends it. */
interface TransferShape {
  /** The last is the program. */
  readonly numKeys: number;
  readonly program: Uint8Array;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
}

function legacyTransfer({ numKeys, program, accounts, data }: TransferShape): Uint8Array {
  return new ByteWriter()
    .u8(1)
    .raw(new Uint8Array(SIGNATURE_SIZE))
    .raw(Uint8Array.of(1, 0, 1, numKeys))
    .raw(new Uint8Array((numKeys - 1) * KEY_SIZE))
    .raw(program)
    .raw(new Uint8Array(KEY_SIZE))
    .raw(Uint8Array.of(1, numKeys - 1, accounts.length, ...accounts, data.length + 8, ...data))
    .u64(0)
    .bytes();
}

function v1Transfer({ numKeys, program, accounts, data }: TransferShape): Uint8Array {
  return new ByteWriter()
    .raw(Uint8Array.of(0x81, 1, 0, 1))
    .u32(V1_MASK)
    .raw(new Uint8Array(KEY_SIZE))
    .raw(Uint8Array.of(1, numKeys))
    .raw(new Uint8Array((numKeys - 1) * KEY_SIZE))
    .raw(program)
    .u32(V1_UNITS)
    .u32(V1_LOADED_BYTES)
    .raw(Uint8Array.of(numKeys - 1, accounts.length, data.length + 8, 0, ...accounts, ...data))
    .u64(0)
    .raw(new Uint8Array(SIGNATURE_SIZE))
    .bytes();
}

/**
 * A transfer with holes for keys, blockhash and amount:
 *   SOL    from, to, System program
 *   token  owner, token account from, token account to, Token program
 */
export class TransferTemplate {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #keysAt: number;
  readonly #blockhashAt: number;
  readonly #amountAt: number;
  readonly #signatureAt: number;
  /** What is signed, a view of the bytes. */
  readonly #message: Uint8Array;

  constructor(token: boolean, version: TransactionVersion) {
    const shape = token
      ? { numKeys: 4, program: TOKEN_PROGRAM, accounts: [1, 2, 0], data: Uint8Array.of(TOKEN_TRANSFER) }
      : { numKeys: 3, program: SYSTEM_PROGRAM, accounts: [0, 1], data: new ByteWriter().u32(SYSTEM_TRANSFER).bytes() };
    this.#bytes = version === 1 ? v1Transfer(shape) : legacyTransfer(shape);
    this.#view = new DataView(this.#bytes.buffer);
    this.length = this.#bytes.length;
    this.#signatureAt = version === 1 ? this.length - SIGNATURE_SIZE : 1;
    this.#message =
      version === 1 ? this.#bytes.subarray(0, this.#signatureAt) : this.#bytes.subarray(1 + SIGNATURE_SIZE);
    this.#keysAt = version === 1 ? V1_OFF_KEYS : 1 + SIGNATURE_SIZE + 4;
    this.#blockhashAt = version === 1 ? V1_OFF_BLOCKHASH : this.#keysAt + shape.numKeys * KEY_SIZE;
    this.#amountAt = (version === 1 ? this.#signatureAt : this.length) - 8;
  }

  setKey(i: number, key: Uint8Array): void {
    this.#bytes.set(key, this.#keysAt + i * KEY_SIZE);
  }
  setBlockhash(blockhash: Uint8Array): void {
    this.#bytes.set(blockhash, this.#blockhashAt);
  }
  setAmount(amount: number): void {
    this.#view.setUint32(this.#amountAt, amount, true);
  }
  /** The signed transaction: good until the next change. */
  sign(secret: KeyObject): Uint8Array {
    this.#bytes.set(signWith(secret, this.#message), this.#signatureAt);
    return this.#bytes;
  }
}
