/**
 * Lanes that keep bytes while the builder orders digests: the formats are fixed, no part sends them yet. A frame commits to its records and
 * to their digests; receipts are paths to its record root.
 */
import { constant, hash, type LayoutFile, layout, u8, u16, u32, u64 } from "../schema.ts";

const FRAME_HEAD = layout(
  {
    name: "FrameHead",
    prefix: "FRAME_HEAD",
    about: "Head of a lane's frame; its BLAKE3 hash is what the next one names and the lane signs.",
    size: 120,
    consensus: true,
    constants: { MAGIC_VALUE: constant(0x31445246, '"FRD1"') },
  },
  {
    magic: u32('"FRD1"'),
    lane: u32("lane; a validator's: 0x8000 + its index"),
    seq: u64("sequence number in the lane, without gaps"),
    previous: hash("BLAKE3 of the head before; zeros: the first one"),
    recordRoot: hash("root of the BLAKE3 hashes of the records"),
    digestHash: hash("BLAKE3 of the digests, in the order of the records"),
    count: u32("records"),
    len: u32("frame", "bytes"),
  },
);

const DIGEST = layout(
  {
    name: "Digest",
    prefix: "DIGEST",
    about: "Digest of a record: what ordering needs to know of it. The executing shard computes it again.",
    size: 24,
    end: "HEADER",
    consensus: true,
    constants: {
      HEIGHT_NONCE: constant(0xffff_ffff, "height of a transaction with a nonce"),
      FLAG_COMPLETE: constant(4, "the record has the programdata of all its accounts: it was deferred before"),
    },
    tail: [
      "numRefs x u64 SipHash-2-4 of a key, top bit: written. Accounts, implicit keys, lookup tables, in the record's order; no replicated keys",
    ],
  },
  {
    tag: u64("SipHash-1-3 of the message"),
    height: u32("block height of its blockhash; 0xffffffff: a nonce"),
    cost: u32("weight", "block cost units"),
    recordWords: u16("record", "8 bytes"),
    loadedPages: u16("data its accounts may have", "32 KiB"),
    numRefs: u8("references"),
    feeClass: u8("class of the fee a cost unit, for congestion"),
    flags: u16("bit 2 complete"),
  },
);

export const DIGEST_FILE: LayoutFile = {
  file: "digest",
  about: "Frame heads and digests.",
  layouts: [FRAME_HEAD, DIGEST],
};
