/** Blocks, what they leave behind of each shard, and the builder's row of a slot. */
import { bytes, constant, hash, i64, type LayoutFile, layout, u32, u64 } from "../schema.ts";

const BLOCK = layout(
  {
    name: "Block",
    prefix: "BLOCK",
    about: "Block as the builder sends it to the ledger, which stores it under its slot.",
    size: 576,
    end: "HEADER",
    consensus: false,
    side: "ts",
    tail: [
      "u32 length, carry-over: u32 shards, then an entry for each",
      "u32 length, frame: all transactions in block order, those that did not land too",
      "u32 length, results in block order, one for each record",
    ],
  },
  { head: bytes(576, "header (section 4)") },
);

const CARRY = layout(
  {
    name: "ShardCarry",
    prefix: "CARRY",
    about: "What a block leaves behind of a shard.",
    size: 16,
    consensus: false,
    side: "ts",
  },
  {
    prevSlot: u64("last slot in which the shard had a part; 0: none"),
    lamports: u64("of its own accounts", "lamports"),
  },
);

const PLAN = layout(
  {
    name: "Plan",
    prefix: "PLAN",
    about: "The builder's row of a slot: what it needs to send the same proposals again.",
    size: 140,
    end: "HEADER",
    consensus: false,
    packed: true,
    side: "ts",
    object: "both",
    constants: {
      FLAG_RAISES: constant(1, "the slot raises the block height"),
      FLAG_DEVELOPMENT: constant(2, "account overrides of a development network are done in it"),
    },
    tail: [
      "u32 length, frame",
      "u32 shards, then for each: u32 shard, head of its proposal, u32 length, leases and tags, u32 length, u32 places in the block",
      "u32 lanes, then for each: u32 lane, u64 sequence number up to which its frames are in",
    ],
  },
  {
    slot: u64("slot", undefined, { as: "number" }),
    view: u64("view", undefined, { as: "number" }),
    unixTimestamp: i64("time of the block", "s", { as: "number" }),
    blockhash: hash("blockhash of the slot"),
    flags: u32("bit 0 raises the block height, bit 1 account overrides"),
    justifyView: u64("as in the header", undefined, { as: "number" }),
    justifySlot: u64("as in the header", undefined, { as: "number" }),
    justify: hash("as in the header"),
    election: hash("as in the header"),
  },
);

export const BLOCK_FILE: LayoutFile = {
  file: "block",
  about: "Blocks and the builder's row of a slot.",
  layouts: [BLOCK, CARRY, PLAN],
};
