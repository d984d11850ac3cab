/** What goes into a shard engine and comes out of it, beside proposals, messages and rows. */
import { bytes, constant, hash, key, type LayoutFile, layout, u8, u16, u32, u64, zeros } from "../schema.ts";

const CONTEXT_SIZE = 21376;

const SCAN = layout(
  {
    name: "ScanRequest",
    prefix: "SCAN",
    about: "Input of engineScan.",
    size: 48,
    end: "HEADER",
    consensus: false,
    tail: ["numMemcmp comparisons"],
  },
  {
    owner: key("program that owns the accounts; with everyOwner a KeyRange"),
    hasDataSize: u8("1: dataSize counts"),
    numMemcmp: u8("comparisons"),
    everyOwner: u8("1: of every owner, keys whose first two bytes are in the range"),
    pad: zeros(1),
    limit: u32("largest answer", "bytes"),
    dataSize: u64("data that the accounts have", "bytes"),
  },
);

const RANGE = layout(
  {
    name: "KeyRange",
    prefix: "RANGE",
    about: "In a scan request of every owner, where the owner would be: the first two bytes of the keys, big-endian.",
    size: 32,
    consensus: false,
  },
  { first: u16("lowest"), last: u16("highest"), pad: zeros(28) },
);

const MEMCMP = layout(
  {
    name: "Memcmp",
    prefix: "MEMCMP",
    about: "A comparison of a scan, padded to 4.",
    size: 8,
    end: "HEADER",
    consensus: false,
    tail: ["the bytes that must be there"],
  },
  { offset: u32("in the data", "bytes"), len: u16("bytes to compare", "bytes"), pad: zeros(2) },
);

const COLD_SCAN = layout(
  {
    name: "ColdScan",
    prefix: "COLD_SCAN",
    about: "Input of engineScanCold.",
    size: 8,
    end: "HEADER",
    consensus: false,
    tail: ["scan request, pad to 8", "account list from storage"],
  },
  { len: u32("scan request", "bytes"), pad: zeros(4) },
);

const LARGEST = layout(
  {
    name: "AccountBalance",
    prefix: "LARGEST",
    about: "An entry that engineLargest puts out.",
    size: 40,
    consensus: false,
  },
  { key: key("address"), lamports: u64("balance", "lamports") },
);

const WANTED = layout(
  {
    name: "WantedCode",
    prefix: "WANTED",
    about: "An entry that engineCodesMissing puts out.",
    size: 40,
    consensus: false,
  },
  { shard: u32("who lends the account"), pad: zeros(4), hash: hash("of the data that are missing") },
);

const FAULT = layout(
  {
    name: "Fault",
    prefix: "FAULT",
    about: "What engineFault puts out.",
    size: 40,
    consensus: false,
    object: "read",
  },
  {
    reason: u32("1 foreign, 2 lent for writing, 3 read-only, 4 cold, 5 tag that the lender was not asked about"),
    blockIndex: u32("transaction"),
    key: key("account"),
  },
);

const ANSWER = layout(
  {
    name: "SlotAnswer",
    prefix: "ANSWER",
    about: "What engineResultsAt puts out.",
    size: 64,
    end: "HEADER",
    consensus: false,
    object: "read",
    tail: ["effects", "list of results"],
  },
  {
    digest: hash("blockhash of the slot"),
    view: u64("view", undefined, { as: "number" }),
    lamports: u64("of the shard after the slot", "lamports"),
    fees: u64("burned by the transactions executed here", "lamports"),
    lenEffects: u32("effects", "bytes"),
    pad: zeros(4),
  },
);

const TOTALS = layout(
  {
    name: "Totals",
    prefix: "TOTALS",
    about: "What engineTotals puts out.",
    size: 16,
    consensus: false,
    object: "read",
  },
  {
    lamports: u64("of the shard as of the base", "lamports"),
    count: u64("accounts as of the base", undefined, { as: "number" }),
  },
);

const SIMULATION = layout(
  {
    name: "Simulation",
    prefix: "SIM",
    about: "Input of engineSimulate.",
    size: CONTEXT_SIZE + 8,
    end: "HEADER",
    consensus: false,
    constants: {
      FLAG_SKIP_BLOCKHASH: constant(1, "any blockhash will do"),
      FLAG_RESULT_ONLY: constant(2, "the result only"),
      FLAG_PROFILE: constant(4, "a profile too"),
    },
    tail: ["account list, stubs among them", "one record"],
  },
  {
    context: bytes(CONTEXT_SIZE, "slot context"),
    flags: u32("bit 0 any blockhash will do, bit 1 the result only, bit 2 a profile"),
    pad: zeros(4),
  },
);

const PROFILE = layout(
  {
    name: "ProfileEntry",
    prefix: "PROFILE",
    about: "An instruction or call of a profile, in the order in which they began.",
    size: 24,
    consensus: false,
  },
  {
    outer: u8("instruction of the transaction"),
    stackHeight: u8("1: the transaction's own"),
    programIndex: u8("its program in the transaction"),
    failed: u8("1: it failed"),
    pad: zeros(4),
    unitsBefore: u64("left when it began", "compute units"),
    unitsAfter: u64("left when it ended", "compute units"),
  },
);

export const ENGINE_FILE: LayoutFile = {
  file: "engine",
  about: "Inputs and outputs of a shard engine.",
  layouts: [SCAN, RANGE, MEMCMP, COLD_SCAN, LARGEST, WANTED, FAULT, ANSWER, TOTALS, SIMULATION, PROFILE],
};
