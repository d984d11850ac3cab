/**
 * The tag of a message: what stands for it where messages are kept from landing twice.
 *
 * SipHash-1-3 of the signed message, keyed with the network's seeds. Of the message and not of a signature: a signer can make any number of
 * signatures of one message. Consensus: planner, lender, executor and validator take this one function. A collision can only refuse a
 * transaction, never let one land twice; a second preimage of 64 bits costs 2^64 hashes within the minute that a blockhash lives.
 */
import { siphash13 } from "../crypto/siphash";
import { recordMessage, recordMessageLen } from "./record";

export function messageTag(seed0: u64, seed1: u64, record: usize): u64 {
  return siphash13(seed0, seed1, recordMessage(record), recordMessageLen(record));
}
