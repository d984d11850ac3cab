/**
 * The tag of a message: what stands for it where messages are kept from landing twice.
 *
 * SipHash-1-3 of the signed message, keyed with the network's seeds. Of the message and not of a signature: a signer can make any number of
 * signatures of one message. Consensus: planner, lender, executor and validator take this one function. A message with the tag of another
 * can only be refused for it, never land twice. The seeds are public, and SipHash promises nothing where its key is known: 64 bits are what
 * chance gives, not what an attacker with mathematics has to pay within the minute that a blockhash lives.
 */
import { siphash13 } from "../crypto/siphash";
import { recordMessage, recordMessageLen } from "./record";
import { recordReadable } from "./sound";

export function messageTag(seed0: u64, seed1: u64, record: usize): u64 {
  return siphash13(seed0, seed1, recordMessage(record), recordMessageLen(record));
}

/** The tag of one record, as txParse makes it; 0: it is none. */
export function txTag(seed0: u64, seed1: u64, ptr: usize, len: u32): u64 {
  return recordReadable(ptr, len) == len ? messageTag(seed0, seed1, ptr) : 0;
}
