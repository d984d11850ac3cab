/** A signed System transfer as a legacy transaction: what a network sends itself, and a load generator others. */
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import type { Keypair } from "./keypair.ts";

export interface SignedTransaction {
  /** Base58. */
  readonly signature: string;
  readonly wire: Uint8Array;
}

const SYSTEM_PROGRAM = new Uint8Array(32);
/** Instruction 2 of the System program. */
const TRANSFER = 2;

/** `to` must be another account than the sender's. */
export function signTransfer(from: Keypair, to: Uint8Array, lamports: bigint, blockhash: string): SignedTransaction {
  const data = new DataView(new ArrayBuffer(12));
  data.setUint32(0, TRANSFER, true);
  data.setBigUint64(4, lamports, true);
  const message = Buffer.concat([
    Buffer.from([1, 0, 1]), // one signature, none of it read-only, one read-only account without signature
    Buffer.from([3]),
    from.publicKey,
    to,
    SYSTEM_PROGRAM,
    decodeBase58(blockhash)!,
    Buffer.from([1, 2, 2, 0, 1, 12]), // one instruction: program 2, accounts 0 and 1, 12 bytes
    new Uint8Array(data.buffer),
  ]);
  const signature = from.sign(message);
  return { signature: encodeBase58(signature), wire: Buffer.concat([Buffer.from([1]), signature, message]) };
}
