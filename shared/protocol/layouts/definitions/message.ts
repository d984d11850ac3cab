/** Loans and returns between shards. */
import { constant, hash, type LayoutFile, layout, u32, u64, zeros } from "../schema.ts";

const MESSAGE = layout(
  {
    name: "LeaseMessage",
    prefix: "MESSAGE",
    about: "Loan or return: one message each way for a pair of shards and a slot.",
    size: 72,
    end: "HEADER",
    consensus: false,
    constants: {
      MAGIC_LOAN: constant(0x4e414f4c, '"LOAN"'),
      MAGIC_RETURN: constant(0x4e544552, '"RETN"'),
    },
    tail: [
      "account list, in the key order of the proposal's entries for that pair",
      "loan: numTags x u64 tag, numTags x u8 known (0, 1) as of before the slot, pad to 8",
      "return: numTags x u8 landed (0, 1) for the tags of the loan, in their order, pad to 8",
    ],
  },
  {
    len: u32("of all", "bytes"),
    magic: u32('"LOAN" or "RETN"'),
    slot: u64("slot"),
    view: u64("view"),
    digest: hash("blockhash of the slot"),
    from: u32("shard that sends it"),
    to: u32("shard that it is for"),
    list: u32("account list", "bytes"),
    tags: u32("tags (numTags)"),
  },
);

const PART = layout(
  {
    name: "ReturnPart",
    prefix: "PART",
    about: "What a slot returns to one shard, in its log row.",
    size: 16,
    end: "HEADER",
    consensus: false,
    tail: ["account list", "flags x u8 landed, pad to 8"],
  },
  {
    shard: u32("that lent"),
    list: u32("account list", "bytes"),
    flags: u32("tags of the loan"),
    pad: zeros(4),
  },
);

export const MESSAGE_FILE: LayoutFile = { file: "message", about: "Loans and returns.", layouts: [MESSAGE, PART] };
