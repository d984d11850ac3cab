/** What the planner puts out. */
import { key, type LayoutFile, layout, u32, u64, zeros } from "../schema.ts";

const PLANNED = layout(
  {
    name: "PlannedBlock",
    prefix: "PLANNED",
    about: "What plannerCut puts out.",
    size: 64,
    end: "HEADER",
    consensus: false,
    object: "read",
    tail: [
      "frame (block body) in block order",
      "a share for each shard with a part, ascending; slot, view, digest, previous and stable still 0 (`fillProposal`)",
    ],
  },
  {
    shards: u32("shards with a part"),
    transactions: u32("transactions"),
    expired: u32("dropped because their blockhash is too old"),
    frameLen: u32("frame", "bytes"),
    groups: u32("conflict groups"),
    crossShard: u32("transactions that touch accounts of other shards"),
    oldestWaiting: u64("number of the oldest transaction that still waits"),
    cost: u64("of the block", "block cost units"),
    largestGroup: u32("transactions of the largest group"),
    heavy: u32("of its heavy transactions", "block cost units"),
    accountBytes: u64("data of large accounts that the block writes", "bytes"),
    reserved: zeros(8),
  },
);

const LARGE = layout(
  {
    name: "LargeAccount",
    prefix: "LARGE",
    about:
      "How large an account is that counts as large, or was: told by shards, known to the planner, in the builder's row of table sizes.",
    size: 40,
    consensus: false,
  },
  { key: key("account"), bytes: u32("its data", "bytes"), reserved: zeros(4) },
);

const SHARE = layout(
  {
    name: "Share",
    prefix: "SHARE",
    about: "The part of a shard.",
    size: 8,
    end: "HEADER",
    consensus: false,
    tail: ["shard proposal"],
  },
  { shard: u32("shard"), len: u32("proposal", "bytes") },
);

export const PLANNER_FILE: LayoutFile = {
  file: "planner",
  about: "What the planner puts out.",
  layouts: [PLANNED, SHARE, LARGE],
};
