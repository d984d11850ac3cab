/** The block header. */
import { constant, hash, i64, type LayoutFile, layout, u32, u64, zeros } from "../schema.ts";

const HEADER = layout(
  {
    name: "Header",
    prefix: "HDR",
    about: "Block header: a function of parent, body (the records in their order) and slot context only.",
    size: 576,
    consensus: true,
    object: "both",
    constants: {
      MAGIC_VALUE: constant(0x324b4c42, '"BLK2"'),
      FLAG_DEVELOPMENT: constant(1, "account overrides of a development network were done"),
    },
  },
  {
    magic: u32('"BLK2"'),
    zero: zeros(4),
    slot: u64("slot", undefined, { as: "number" }),
    view: u64("view in which it was proposed", undefined, { as: "number" }),
    parentSlot: u64("slot of the block before", undefined, { as: "number" }),
    unixTimestamp: i64("time of the block", "s", { as: "number" }),
    parentBlockhash: hash("blockhash of the block before"),
    blockhash: hash("commits to order: parent, slot, view, time, transactions"),
    parentHeaderHash: hash("SHA-256 of the header of the block before"),
    effectHash: hash("SHA-256 of the effects: a hash for each virtual shard that changed"),
    stateRoot: hash("SHA-256(parent's stateRoot, effectHash)"),
    resultsHash: hash("SHA-256 of the results in block order"),
    numTransactions: u32("transactions that landed"),
    epoch: u32("epoch of the slot"),
    fees: u64("burned by the block", "lamports"),
    capitalization: u64("of all accounts after the block", "lamports"),
    transactionCount: u64("transactions that landed since the genesis"),
    epochStartTimestamp: i64("time of the epoch's first block", "s", { as: "number" }),
    height: u64("block height: how often it was raised since the genesis", undefined, { as: "number" }),
    flags: u32("bit 0: account overrides of a development network were done"),
    protocolVersion: u32("version of the rules that the block follows"),
    justifyView: u64("view of the block that the newest certificate certifies; 0: no votes", undefined, {
      as: "number",
    }),
    justifySlot: u64("its slot", undefined, { as: "number" }),
    justify: hash("its header hash"),
    election: hash("SHA-256 of the certificate that opened the view, in its first block; else zeros"),
    validators: hash("reserved: the validator set; zeros"),
    nextValidators: hash("reserved: the next validator set; zeros"),
    history: hash("reserved: zeros"),
    lanes: hash("reserved: heads of the lanes; zeros"),
    waiting: hash("reserved: what waits; zeros"),
    reserved: zeros(16),
    epochHash: hash("SHA-256 of the epoch record; zeros: the empty one"),
  },
);

export const HEADER_FILE: LayoutFile = { file: "header", about: "The block header.", layouts: [HEADER] };
