/** The slot context and the epoch record that it names. */
import { bytes, constant, hash, i64, key, type LayoutFile, layout, u32, u64, zeros } from "../schema.ts";

const HASHES = 512;
const RECENT = 150;

const CONTEXT = layout(
  {
    name: "SlotContext",
    prefix: "CONTEXT",
    about: "Slot context: what execution needs from the chain, a part of every proposal.",
    size: 128 + HASHES * 32 + RECENT * 32 + 64,
    consensus: true,
    constants: {
      MAX_HASHES: constant(HASHES, "blockhashes of slots before, at most"),
      MAX_RECENT: constant(RECENT, "usable blockhashes, at most"),
      FLAG_DEVELOPMENT: constant(0x8000_0000, "bit 31: what the developer asks for (account overrides) is done"),
      FLAG_SIMULATION: constant(
        0x4000_0000,
        "bit 30: a simulation on the accounts after slot - 1, whose Clock it shows",
      ),
      FLAG_ENDED: constant(0x2000_0000, "bit 29: sysvars as they are after the block of the slot"),
    },
  },
  {
    slot: u64("slot"),
    view: u64("view"),
    unixTimestamp: i64("time of the block", "s"),
    epochNumber: u64("epoch of the slot"),
    height: u64("block height of the newest usable blockhash"),
    epochStart: i64("time of the epoch's first block", "s"),
    lamportsPerSignature: u64("5,000", "lamports"),
    hashCount: u32("hashes of slots before, at most 512"),
    recentCount: u32("usable blockhashes, at most 150"),
    parentHash: hash("blockhash of the newest block"),
    flags: u32("docs/svm.md; bits 29 to 31 below"),
    developer: bytes(28, "with flag bit 31 the first bytes of the developer's address, else zeros"),
    hashes: bytes(HASHES * 32, "blockhashes of slot - 1, slot - 2, ...: newest first; zeros: the slot was skipped"),
    recent: bytes(RECENT * 32, "usable blockhashes, newest first"),
    epochHash: hash("SHA-256 of the epoch record; zeros: the empty one"),
    parentSlot: u64("slot of the block before"),
    reserved: zeros(24),
  },
);

const EPOCH_RECORD = layout(
  {
    name: "EpochRecordHead",
    prefix: "EPOCH_RECORD",
    about: "Epoch record: the stakes of an epoch. The empty one has no bytes.",
    size: 32,
    end: "HEADER",
    consensus: true,
    constants: {
      MAGIC_VALUE: constant(0x31435045, '"EPC1"'),
      MAX_HISTORY: constant(512, "history entries, at most"),
      MAX_VOTERS: constant(8192, "vote accounts, at most"),
    },
    tail: ["history entries, newest epoch first", "voters, ascending by key, each with stake"],
  },
  {
    magic: u32('"EPC1"'),
    len: u32("of all", "bytes"),
    epoch: u64("epoch"),
    totalStake: u64("active stake of all vote accounts", "lamports"),
    historyCount: u32("history entries, at most 512"),
    voterCount: u32("voters, at most 8,192"),
  },
);

const HISTORY = layout(
  {
    name: "HistoryEntry",
    prefix: "HISTORY",
    about: "An entry of an epoch record's history.",
    size: 32,
    consensus: true,
  },
  {
    epoch: u64("epoch"),
    effective: u64("stake that counted", "lamports"),
    activating: u64("stake on its way in", "lamports"),
    deactivating: u64("stake on its way out", "lamports"),
  },
);

const VOTER = layout(
  { name: "Voter", prefix: "VOTER", about: "A voter of an epoch record.", size: 40, consensus: true },
  { key: key("vote account"), stake: u64("active stake", "lamports") },
);

export const CONTEXT_FILE: LayoutFile = {
  file: "context",
  about: "Slot context and epoch record.",
  layouts: [CONTEXT, EPOCH_RECORD, HISTORY, VOTER],
};
