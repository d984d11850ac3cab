/** The message of a builder to a shard. */
import { constant, hash, key, type LayoutFile, layout, u8, u16, u32, u64, zeros } from "../schema.ts";

const PROPOSAL = layout(
  {
    name: "Proposal",
    prefix: "PROP",
    about: "Shard proposal: what one shard gets of a slot.",
    size: 96,
    end: "HEADER",
    consensus: false,
    constants: {
      MAGIC_VALUE: constant(0x50524f50, '"PORP"'),
      FLAG_DETAIL: constant(1, "every result has balances, logs, inner instructions and return data"),
    },
    tail: [
      "slot context",
      "numLends leases: own accounts lent, ordered by (shard that borrows, key)",
      "numBorrows leases, ordered by (shard that lends, key)",
      "numTags tags",
      "numRecords x {head, record}, in ascending block index",
    ],
  },
  {
    len: u32("of all", "bytes"),
    magic: u32("0x50524f50"),
    slot: u64("slot"),
    view: u64("view"),
    digest: hash("blockhash of the slot"),
    previous: u64("last slot in which this shard had a part; 0: none"),
    stable: u64("slot up to which everything is stable"),
    shard: u32("whose part it is"),
    flags: u32("bit 0: detail wanted"),
    numRecords: u32("records"),
    numLends: u32("own accounts that are lent"),
    numBorrows: u32("accounts of others that are borrowed"),
    numTags: u32("tags that this shard is to answer for"),
  },
);

const LEASE = layout(
  { name: "Lease", prefix: "LEASE", about: "A lend or borrow of a proposal.", size: 40, consensus: false },
  {
    shard: u16("who borrows (of a lend) or lends (of a borrow)"),
    writable: u8("1: may be written, and is returned"),
    pad: zeros(1),
    padRest: zeros(4),
    key: key("account"),
  },
);

const TAG = layout(
  {
    name: "Tag",
    prefix: "TAG",
    about: "A tag of a proposal: a transaction whose fee payer this shard lends to the shard that runs it.",
    size: 16,
    consensus: false,
  },
  {
    value: u64("SipHash-1-3 of the message"),
    height: u32("block height of its blockhash"),
    shard: u16("where it runs"),
    known: u8("1: it has landed; filled in by the lender, 0 in a proposal"),
    pad: zeros(1),
  },
);

const PLACED = layout(
  {
    name: "Placed",
    prefix: "PLACED",
    about: "Head of a proposal's record.",
    size: 8,
    end: "HEADER",
    consensus: false,
    tail: ["record"],
  },
  { blockIndex: u32("place in the block"), pad: zeros(4) },
);

export const PROPOSAL_FILE: LayoutFile = {
  file: "proposal",
  about: "Shard proposals.",
  layouts: [PROPOSAL, LEASE, TAG, PLACED],
};
