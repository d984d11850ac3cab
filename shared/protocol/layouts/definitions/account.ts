/** Accounts, encoded and in the memory of an engine. */
import { bytes, constant, hash, key, type LayoutFile, layout, u8, u16, u32, u64, zeros } from "../schema.ts";

const ACCOUNT = layout(
  {
    name: "EncodedAccount",
    prefix: "ENC",
    about:
      "Encoded account (loans, log rows, checkpoints, reads). Lamports 0: it does not exist, all but the key is 0.",
    size: 88,
    end: "HEADER",
    consensus: true,
    tail: ["data (dataLen bytes), pad to 8"],
  },
  {
    key: key("address"),
    owner: key("program that owns it"),
    lamports: u64("balance", "lamports"),
    rentEpoch: u64("rent epoch"),
    dataLen: u32("data, at most 10 MiB", "bytes"),
    executable: u8("0 or 1"),
    stub: u8("1 in a stub, else 0"),
    pad: zeros(2),
  },
);

const STUB = layout(
  {
    name: "Stub",
    prefix: "STUB",
    about: "Stub: an account of a loader that is lent read-only and has 512 bytes of data or more.",
    size: 120,
    consensus: false,
  },
  { account: bytes(88, "head of the account, its dataLen, byte stub 1"), hash: hash("BLAKE3 of the data") },
);

const LIST = layout(
  {
    name: "List",
    prefix: "LIST",
    about: "List of accounts, or of results.",
    size: 8,
    end: "HEADER",
    consensus: false,
    tail: ["encoded accounts, or results, no byte more"],
  },
  { count: u32("how many"), pad: zeros(4) },
);

const MEMORY = layout(
  {
    name: "AccountRecord",
    prefix: "ACC",
    about: "Account in the memory of an engine; its data are in a heap block of their own, so that they can grow.",
    size: 128,
    consensus: false,
    side: "wasm",
    constants: { FLAG_EXECUTABLE: constant(1, "executable", "u8") },
  },
  {
    key: key("address"),
    owner: key("program that owns it"),
    lamports: u64("balance", "lamports"),
    rentEpoch: u64("rent epoch"),
    dataLen: u32("data", "bytes"),
    dataCap: u32("heap block of the data; 0: none", "bytes"),
    data: u32("pointer to the heap block"),
    flags: u8("bit 0 executable"),
    pad: zeros(3),
    modified: u64("slot in which it was last changed"),
    undo: u32("store: pointer to the newest pre-image of an unstable slot (wasm/state/undo.ts)"),
    epoch: u32("store: the epoch (one per slot) in which its pre-image was kept"),
    index: u32("store: place in the record pool; while free, the next free one"),
    next: u32("store: pointer, next in the queue of tombstones"),
    state: u8("store: ST_ bits (wasm/state/account.ts)"),
    genesis: u8("store: 1 when it was loaded with the genesis, which every restart loads again"),
    vshard: u16("store: virtual shard + 1; 0: not looked up yet"),
    used: u32("store: slot (its low half) in which it was last used; 0 when it was loaded for no slot"),
  },
);

export const ACCOUNT_FILE: LayoutFile = {
  file: "account",
  about: "Accounts.",
  layouts: [ACCOUNT, STUB, LIST, MEMORY],
};
