/** What generations of the ledger and partitions of its index store, beside blocks. */
import { i64, type LayoutFile, layout, u8, u32, u64 } from "../schema.ts";

const number = { as: "number" } as const;

const GENERATION = layout(
  {
    name: "Generation",
    prefix: "GENERATION",
    about: "Row 0 of table `state` of a generation. Of one that was dropped only the status is left.",
    size: 25,
    end: "HEADER",
    consensus: false,
    packed: true,
    side: "ts",
    object: "both",
    tail: ["u32 length, catalog (shared/ledger/catalog.ts)"],
  },
  {
    status: u8("place in STATUSES (shared/ledger/ledger-machine.ts)"),
    indexed: u64("slot up to which the index has everything", undefined, number),
    stored: u64("blocks up to there", "bytes", number),
    beginTime: i64("time of its first block", "s", number),
  },
);

const GAP = layout(
  {
    name: "Gap",
    prefix: "GAP",
    about: "Row of table `gaps`, under the slot behind skipped ones.",
    size: 8,
    consensus: false,
    side: "ts",
    object: "both",
  },
  { parentSlot: u64("slot of the block before", undefined, number) },
);

const SAMPLE = layout(
  {
    name: "Sample",
    prefix: "SAMPLE",
    about: "A minute of the chain. A row of table `samples` is one, and the start of the next.",
    size: 32,
    consensus: false,
    side: "ts",
    object: "both",
  },
  {
    slot: u64("last slot", undefined, number),
    slots: u64("slots", undefined, number),
    transactions: u64("transactions that landed", undefined, number),
    seconds: u64("how long it was", "s", number),
  },
);

const SAMPLE_START = layout(
  {
    name: "SampleStart",
    prefix: "SAMPLE_START",
    about: "Where a minute begins.",
    size: 24,
    consensus: false,
    side: "ts",
    object: "both",
  },
  {
    time: i64("time", "s", number),
    slot: u64("slot before it", undefined, number),
    transactions: u64("transactions that had landed", undefined, number),
  },
);

const INDEX_ENTRY = layout(
  {
    name: "IndexEntry",
    prefix: "INDEX_ENTRY",
    about: "Entry of the index; sorted by keyHigh, those of the same keyHigh in order of time.",
    size: 16,
    consensus: false,
    side: "ts",
  },
  {
    keyHigh: u32("of a signature's second half, or of a mix of an address"),
    keyLow: u32("likewise"),
    slotLow: u32("lower 32 bits of the slot"),
    place: u32("upper 8 bits of the slot << 24 | position among the block's landed transactions"),
  },
);

export const LEDGER_FILE: LayoutFile = {
  file: "ledger",
  about: "What the ledger stores beside blocks.",
  layouts: [GENERATION, GAP, SAMPLE, SAMPLE_START, INDEX_ENTRY],
};
