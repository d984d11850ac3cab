/** What a shard stores of a slot. */
import { constant, hash, type LayoutFile, layout, u16, u32, u64 } from "../schema.ts";

const ROW = layout(
  {
    name: "LogRow",
    prefix: "ROW",
    about: "Log row of a slot: all that a restart needs to stand there again and to answer again.",
    size: 144,
    end: "HEADER",
    consensus: false,
    constants: { MAGIC_VALUE: constant(0x32574f52, '"ROW2"') },
    tail: [
      "writes: account list of the own accounts that differ from before the slot, by virtual shard, then key",
      "returns: a part for each shard that lent writable, ascending",
      "lends: the proposal's leases of own accounts",
      "tags: the proposal's tags, known filled in",
      "landed: messages of this shard's fee payers that landed",
      "results: a list of results",
    ],
  },
  {
    len: u32("of all", "bytes"),
    magic: u32('"ROW2"'),
    slot: u64("slot"),
    view: u64("view"),
    digest: hash("blockhash of the slot"),
    previous: u64("slot that this shard applied before"),
    lamports: u64("of the shard after the slot", "lamports"),
    fees: u64("burned by the transactions executed here", "lamports"),
    effectHash: hash("BLAKE3 of the effects"),
    height: u64("of the newest blockhash that its transactions could use"),
    lenWrites: u32("writes", "bytes"),
    lenReturns: u32("returns", "bytes"),
    lenLends: u32("lends", "bytes"),
    lenTags: u32("tags", "bytes"),
    lenLanded: u32("landed", "bytes"),
    lenResults: u32("results", "bytes"),
  },
);

const LANDED = layout(
  { name: "Landed", prefix: "LANDED", about: "A message that landed.", size: 12, consensus: false, packed: true },
  { tag: u64("SipHash-1-3 of the message"), height: u32("block height of its blockhash") },
);

const EFFECT = layout(
  {
    name: "Effect",
    prefix: "EFFECT",
    about: "Effect: a virtual shard that a slot changed.",
    size: 34,
    consensus: true,
    packed: true,
  },
  { virtualShard: u16("virtual shard, 0 to 4095"), hash: hash("BLAKE3 of its changed accounts, encoded, by key") },
);

const KNOWN = layout(
  {
    name: "KnownRow",
    prefix: "KNOWN",
    about: "Row of table `known`: what landed in slots whose log rows are gone.",
    size: 8,
    end: "HEADER",
    consensus: false,
    side: "ts",
    constants: { MAGIC_VALUE: constant(0x574f4e4b, '"KNOW"') },
    tail: ["messages that landed"],
  },
  { magic: u32('"KNOW"'), height: u32("of the newest blockhash that the last of these slots could use") },
);

export const ROW_FILE: LayoutFile = {
  file: "row",
  about: "What a shard stores of a slot.",
  layouts: [ROW, LANDED, EFFECT, KNOWN],
};
