/** Transaction records and frames of them. */
import { constant, type LayoutFile, layout, u8, u16, u32, u64 } from "../schema.ts";

const FRAME = layout(
  {
    name: "Frame",
    prefix: "FRAME",
    about: "Frame: records behind each other.",
    size: 4,
    end: "HEADER",
    consensus: true,
    tail: ["records"],
  },
  { count: u32("records") },
);

const VERDICTS = layout(
  {
    name: "Verdicts",
    prefix: "VERDICTS",
    about: "Verdicts of a frame's records: what txVerifyFrame, txCheckAge and plannerAdmit put out.",
    size: 4,
    end: "HEADER",
    consensus: false,
    tail: ["count x u8 verdict"],
  },
  { count: u32("records") },
);

const RECORD = layout(
  {
    name: "TransactionRecord",
    prefix: "REC",
    about: "Record: a transaction with its resolved addresses, padded with zeros to a multiple of 8.",
    size: 64,
    end: "HEADER",
    consensus: true,
    constants: {
      FLAG_VERIFIED: constant(1, "signatures verified", "u8"),
      FLAG_NONCE: constant(2, "looks like a durable-nonce transaction", "u8"),
      FLAG_COMPLETE: constant(
        4,
        "the planner has added the programdata of every account that the transaction names: it is not deferred again",
        "u8",
      ),
    },
    tail: [
      "wire transaction (txLen bytes), then zeros to a multiple of 8",
      "loaded addresses: numWritableLoaded keys, then numReadonlyLoaded keys",
      "implicit keys: numImplicit keys, accounts that execution reads though the transaction does not name them",
    ],
  },
  {
    len: u32("whole record, this field and the padding included", "bytes"),
    txLen: u16("wire transaction: 1 to 1232, in version 1 to 4096", "bytes"),
    version: u8("0xff legacy, 0 v0, 1 v1"),
    numSignatures: u8("at least 1"),
    numRequired: u8("= numSignatures"),
    numReadonlySigned: u8("signers that are read only"),
    numReadonlyUnsigned: u8("static keys without signature that are read only"),
    numStatic: u8("static account keys"),
    numLookups: u8("address table lookups"),
    numWritableLoaded: u8("addresses from tables, writable"),
    numReadonlyLoaded: u8("addresses from tables, read only"),
    numInstructions: u8("instructions"),
    offMessage: u16("message from the start of the wire transaction; version 1: 0, signatures are last", "bytes"),
    offKeys: u16("static keys, likewise from the start of the wire transaction", "bytes"),
    offBlockhash: u16("recent blockhash or nonce value", "bytes"),
    offInstructions: u16("first instruction; version 1: instruction headers (4 bytes each)", "bytes"),
    offLookups: u16("first lookup; 0 if legacy or version 1", "bytes"),
    flags: u8("bit 0 signatures verified, bit 1 looks like a durable-nonce transaction, bit 2 complete"),
    numImplicit: u8("implicit keys: 0 in frames of lanes, at most 64; only the planner adds them"),
    cuLimit: u32("requested or default; version 1: of its config", "compute units"),
    cuPrice: u64("price; version 1: what its fee is for each unit", "micro-lamports a unit"),
    loadedDataLimit: u32("data its accounts may have", "bytes"),
    heapSize: u32("heap of its programs", "bytes"),
    budgetError: u32("0, or error code | instruction index << 8 of a bad compute budget instruction"),
    cost: u32("the planner's weight", "block cost units"),
    fee: u64("5,000 for each signature and precompile signature, and the priority fee", "lamports"),
  },
);

export const RECORD_FILE: LayoutFile = {
  file: "record",
  about: "Frames and records.",
  layouts: [FRAME, RECORD, VERDICTS],
};
