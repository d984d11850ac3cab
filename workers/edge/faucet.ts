/** The faucet of a development network: signs transfers from the account that holds the genesis supply. */

import { sharedWasm } from "../../durable-objects/host/shared-wasm.ts";
import { ByteWriter, concatBytes, equalBytes } from "../../shared/protocol/bytes.ts";
import { makeFrame, REC, REC_FLAG_VERIFIED } from "../../shared/protocol/record.ts";
import type { Backend } from "../../shared/rpc/backend.ts";
import { invalidParams, notTaken } from "../../shared/rpc/errors.ts";
import { decodeAccountList } from "../../shared/state/accounts.ts";

const SYSTEM_PROGRAM = new Uint8Array(32);
/** ComputeBudget111111111111111111111111111111 */
const COMPUTE_BUDGET_PROGRAM = Uint8Array.from([
  3, 6, 70, 111, 229, 33, 23, 50, 255, 236, 173, 186, 114, 195, 155, 231, 188, 140, 229, 187, 197, 247, 18, 107, 44, 67,
  155, 58, 64, 0, 0, 0,
]);
const SYSTEM_TRANSFER = 2;
const SET_COMPUTE_UNIT_LIMIT = 2;
const SET_LOADED_ACCOUNTS_DATA_SIZE_LIMIT = 4;
/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);

export class Faucet {
  readonly address: Uint8Array;
  readonly #seed: Uint8Array;
  #key: Promise<CryptoKey> | undefined;

  /** `secret`: seed and public key, 64 bytes. */
  constructor(secret: Uint8Array) {
    this.#seed = secret.subarray(0, 32);
    this.address = secret.subarray(32, 64);
  }

  /** Signs and submits; resolves with the signature once a lane has the transaction. */
  async airdrop(backend: Backend, to: Uint8Array, lamports: bigint): Promise<Uint8Array> {
    const { blockhash, slot } = await backend.head();
    const balance = decodeAccountList(await backend.readAccounts([this.address], slot))![0]!.lamports;
    if (lamports > balance) throw invalidParams(`the faucet has ${balance} lamports left, not ${lamports}`);
    const message = this.#message(to, lamports, blockhash);
    const { signature, record } = await this.sign(message);
    const answer = await backend.submit(makeFrame([record]));
    if (!answer.ok) throw notTaken(answer);
    return signature;
  }

  /** A message that only the faucet signs -> its signature, and the record of the transaction. */
  async sign(message: Uint8Array): Promise<{ readonly signature: Uint8Array; readonly record: Uint8Array }> {
    const signature = new Uint8Array(
      await crypto.subtle.sign("Ed25519", await this.#signingKey(), new Uint8Array(message)),
    );
    const wasm = sharedWasm();
    const code = wasm.call("txParse", concatBytes(Uint8Array.of(1), signature, message));
    if (code !== 0) throw new Error(`the faucet's transaction is refused, code ${code}`);
    const record = wasm.out();
    record[REC.FLAGS]! |= REC_FLAG_VERIFIED;
    return { signature, record };
  }

  #signingKey(): Promise<CryptoKey> {
    this.#key ??= crypto.subtle.importKey("pkcs8", concatBytes(PKCS8_PREFIX, this.#seed), "Ed25519", false, ["sign"]);
    return this.#key;
  }

  /**
   * A legacy message with a transfer. Random budget limits make each one unique: two requests for the same amount to the
   * same address in one slot must be two transactions.
   */
  #message(to: Uint8Array, lamports: bigint, blockhash: Uint8Array): Uint8Array {
    const [units, bytes] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
    const limit = new ByteWriter()
      .u8(SET_COMPUTE_UNIT_LIMIT)
      .u32(1_000 + (units % 1_000_000))
      .bytes();
    const loaded = new ByteWriter()
      .u8(SET_LOADED_ACCOUNTS_DATA_SIZE_LIMIT)
      .u32((1 << 20) + (bytes % (1 << 25)))
      .bytes();
    const transfer = new ByteWriter().u32(SYSTEM_TRANSFER).u64(lamports).bytes();
    // Whom the message names anyway must not be there twice.
    const named = [this.address, SYSTEM_PROGRAM, COMPUTE_BUDGET_PROGRAM];
    const place = named.findIndex((key) => equalBytes(key, to));
    const keys = place >= 0 ? named : [this.address, to, SYSTEM_PROGRAM, COMPUTE_BUDGET_PROGRAM];
    const system = keys.length - 2;
    const writer = new ByteWriter().u8(1).u8(0).u8(2).u8(keys.length);
    for (const key of keys) writer.raw(key);
    writer.raw(blockhash).u8(3);
    writer
      .u8(system + 1)
      .u8(0)
      .u8(limit.length)
      .raw(limit);
    writer
      .u8(system + 1)
      .u8(0)
      .u8(loaded.length)
      .raw(loaded);
    writer
      .u8(system)
      .u8(2)
      .u8(0)
      .u8(place >= 0 ? place : 1)
      .u8(transfer.length)
      .raw(transfer);
    return writer.bytes();
  }
}
