/** Accounts and stakes in the storage of a shard, and summaries of them. */
import { constant, key, type LayoutFile, layout, u8, u32, zeros } from "../schema.ts";

const PACK = layout(
  {
    name: "Packed",
    prefix: "PACK",
    about: "How a value is stored.",
    size: 8,
    end: "HEADER",
    consensus: false,
    side: "ts",
    constants: { RAW: constant(0, "as it is", "u8"), COMPRESSED: constant(1, "compressed by the host", "u8") },
    tail: ["the bytes"],
  },
  { format: u8("0 as they are, 1 compressed"), pad: zeros(3), length: u32("of the value as it was", "bytes") },
);

const DIRECTORY = layout(
  {
    name: "Directory",
    prefix: "DIRECTORY",
    about: "Directory of a part: accounts ascending by key in pages.",
    size: 48,
    end: "HEADER",
    consensus: false,
    side: "ts",
    constants: { MAGIC_VALUE: constant(0x31545250, '"PRT1"') },
    tail: ["an entry for each page", "filters: Bloom filters of 10 bits and 6 probes a key"],
  },
  {
    magic: u32('"PRT1"'),
    pages: u32("pages"),
    accounts: u32("accounts"),
    accountBytes: u32("encoded accounts", "bytes"),
    last: key("last key"),
  },
);

const PAGE = layout(
  { name: "DirectoryPage", prefix: "PAGE", about: "A page in a directory.", size: 48, consensus: false, side: "ts" },
  {
    first: key("first key"),
    filterAt: u32("filter, from the start of the directory", "bytes"),
    filterBits: u32("filter", "bits"),
    reserved: zeros(8),
  },
);

const SUMMARY = layout(
  {
    name: "StakeSummary",
    prefix: "SUMMARY",
    about: "What a shard knows of stakes, as it tells the builder when an epoch ends.",
    size: 16,
    end: "HEADER",
    consensus: true,
    side: "ts",
    constants: { MAGIC_VALUE: constant(0x314b5453, '"STK1"') },
    tail: [
      "settled x {key vote account, u64 lamports}: sums of delegations that count in full until they are changed",
      "moving x {key vote account, u64 lamports, u64 activation epoch, u64 deactivation epoch}",
      "votes x key: vote accounts that are here, with or without delegations here",
    ],
  },
  {
    magic: u32('"STK1"'),
    settled: u32("sums"),
    moving: u32("delegations that still change"),
    votes: u32("vote accounts"),
  },
);

export const STORED_FILE: LayoutFile = {
  file: "stored",
  about: "Accounts and stakes in the storage of a shard.",
  layouts: [PACK, DIRECTORY, PAGE, SUMMARY],
};
