/** Signed legacy transactions with one instruction: what a network sends itself, and its faucet to those who ask. */
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import type { Keypair } from "./keypair.ts";

export interface SignedTransaction {
  /** Base58. */
  readonly signature: string;
  readonly wire: Uint8Array;
}

const SYSTEM_PROGRAM = new Uint8Array(32);
const MEMO_PROGRAM = decodeBase58("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")!;
/** Instruction 2 of the System program. */
const TRANSFER = 2;

/** `to` must be another account than the sender's. */
export function signTransfer(from: Keypair, to: Uint8Array, lamports: bigint, blockhash: string): SignedTransaction {
  const data = new DataView(new ArrayBuffer(12));
  data.setUint32(0, TRANSFER, true);
  data.setBigUint64(4, lamports, true);
  return sign(from, [to], SYSTEM_PROGRAM, new Uint8Array(data.buffer), blockhash);
}

/** A transaction that only says something: at most 127 bytes of UTF-8. */
export function signMemo(from: Keypair, text: string, blockhash: string): SignedTransaction {
  return sign(from, [], MEMO_PROGRAM, Buffer.from(text), blockhash);
}

/** The instruction's accounts are `from` and `others`; with nobody else it has none. `data`: at most 127 bytes. */
function sign(
  from: Keypair,
  others: readonly Uint8Array[],
  program: Uint8Array,
  data: Uint8Array,
  blockhash: string,
): SignedTransaction {
  const named = others.length === 0 ? [] : [0, ...others.map((_, i) => i + 1)];
  const message = Buffer.concat([
    Buffer.from([1, 0, 1]), // one signature, none of it read-only, one read-only account without signature
    Buffer.from([others.length + 2]),
    from.publicKey,
    ...others,
    program,
    decodeBase58(blockhash)!,
    Buffer.from([1, others.length + 1, named.length, ...named, data.length]), // one instruction
    data,
  ]);
  const signature = from.sign(message);
  return { signature: encodeBase58(signature), wire: Buffer.concat([Buffer.from([1]), signature, message]) };
}
