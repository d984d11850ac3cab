/** Transactions of a load, as legacy messages: transfers byte by byte into a template, everything else from instructions. */
import type { KeyObject } from "node:crypto";
import { ByteWriter } from "../../shared/protocol/bytes.ts";
import { KEY_SIZE, publicKeyOf, SYSTEM_PROGRAM, signWith, TOKEN_PROGRAM } from "./accounts.ts";

const SIGNATURE_SIZE = 64;
const SYSTEM_TRANSFER = 2;
const TOKEN_TRANSFER = 3;

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

/**
 * A transfer with holes for keys, blockhash and amount:
 *   SOL    from, to, System program
 *   token  owner, token account from, token account to, Token program
 */
export class TransferTemplate {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #numKeys: number;
  readonly #amountAt: number;

  constructor(token: boolean) {
    const program = token ? TOKEN_PROGRAM : SYSTEM_PROGRAM;
    this.#numKeys = token ? 4 : 3;
    const instruction = token
      ? new ByteWriter().u8(3).u8(3).u8(1).u8(2).u8(0).u8(9).u8(TOKEN_TRANSFER)
      : new ByteWriter().u8(2).u8(2).u8(0).u8(1).u8(12).u32(SYSTEM_TRANSFER);
    const keys = new Uint8Array((this.#numKeys - 1) * KEY_SIZE);
    this.#bytes = new ByteWriter()
      .u8(1)
      .raw(new Uint8Array(SIGNATURE_SIZE))
      .raw(Uint8Array.of(1, 0, 1, this.#numKeys))
      .raw(keys)
      .raw(program)
      .raw(new Uint8Array(KEY_SIZE))
      .u8(1)
      .raw(instruction.bytes())
      .u64(0)
      .bytes();
    this.#view = new DataView(this.#bytes.buffer);
    this.length = this.#bytes.length;
    this.#amountAt = this.length - 8;
  }

  setKey(i: number, key: Uint8Array): void {
    this.#bytes.set(key, 1 + SIGNATURE_SIZE + 4 + i * KEY_SIZE);
  }
  setBlockhash(blockhash: Uint8Array): void {
    this.setKey(this.#numKeys, blockhash);
  }
  setAmount(amount: number): void {
    this.#view.setUint32(this.#amountAt, amount, true);
  }
  /** The signed transaction: good until the next change. */
  sign(secret: KeyObject): Uint8Array {
    this.#bytes.set(signWith(secret, this.#bytes.subarray(1 + SIGNATURE_SIZE)), 1);
    return this.#bytes;
  }
}
