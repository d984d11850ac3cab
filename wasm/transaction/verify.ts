/** Signatures of a frame, all of them in one batch: the rule is wasm/crypto's (cofactored, the same for one and for many). */
import { FRAME_COUNT, FRAME_HEADER, VERDICTS_HEADER } from "../layouts/record";
import { ed25519VerifyBatch } from "../crypto/ed25519-batch";
import { sha256 } from "../crypto/sha256";
import { heapAlloc, heapFree } from "../memory/heap";
import { outAt, outBytes, outReset, outU32, outZeros } from "../memory/io";
import { PARSE_BATCH } from "./errors";
import { recordIsItsWire, recordMatchesWire, recordReadable, recordSound } from "./sound";
import {
  REC_FLAG_VERIFIED, REC_FLAGS, REC_HEADER, REC_LEN, REC_NUM_REQUIRED, REC_OFF_KEYS, recordMessage, recordMessageLen,
  recordSignatures, recordTx,
} from "./record";

/** One signature to check, as ed25519VerifyBatch takes it: message pointer and length, signature, public key. */
const ENTRY_MESSAGE_LEN: usize = 4;
const ENTRY_SIGNATURE: usize = 8;
const ENTRY_KEY: usize = 12;
const ENTRY: u32 = 16;

/** Writes the entries of a record's signatures; returns where the next go. */
function addEntries(entry: usize, record: usize): usize {
  const message = recordMessage(record);
  const messageLen = recordMessageLen(record);
  const signatures = recordSignatures(record);
  const keys = recordTx(record) + load<u16>(record, REC_OFF_KEYS);
  const n: u32 = load<u8>(record, REC_NUM_REQUIRED);
  for (let i: u32 = 0; i < n; i++, entry += ENTRY) {
    store<u32>(entry, <u32>message);
    store<u32>(entry, messageLen, ENTRY_MESSAGE_LEN);
    store<u32>(entry, <u32>(signatures + i * 64), ENTRY_SIGNATURE);
    store<u32>(entry, <u32>(keys + i * 32), ENTRY_KEY);
  }
  return entry;
}

/**
 * in: a frame. Every record must be what its wire transaction parses to, and every signature must be good.
 * out: `u32 n`, n x `u8` verdict (1 good), then the good records with the verified flag set, after each other.
 * Returns how many are good, or -PARSE_BATCH when the frame's lengths do not add up (nothing is out then).
 */
export function txVerifyFrame(ptr: usize, len: u32): i32 {
  outReset();
  if (len < FRAME_HEADER) return -PARSE_BATCH;
  const n = load<u32>(ptr, FRAME_COUNT);
  if (n > (len - 4) / REC_HEADER) return -PARSE_BATCH;
  const stop = ptr + len;
  let total: u32 = 0;
  let record = ptr + FRAME_HEADER;
  for (let i: u32 = 0; i < n; i++) {
    const size = recordSound(record, <u32>(stop - record));
    if (!size) return -PARSE_BATCH;
    total += load<u8>(record, REC_NUM_REQUIRED);
    record += size;
  }
  if (record != stop) return -PARSE_BATCH;

  outU32(n);
  outZeros(n);
  const scratch = total * (ENTRY + 1);
  if (!scratch) return 0;
  const table = heapAlloc(scratch);
  const verdicts = table + total * ENTRY;
  // Verdict 2 in the out buffer: the record is what it says and waits for its signatures.
  let entry = table;
  record = ptr + FRAME_HEADER;
  for (let i: u32 = 0; i < n; i++, record += load<u32>(record, REC_LEN)) {
    if (!recordMatchesWire(record)) continue;
    store<u8>(outAt(VERDICTS_HEADER + i), 2);
    entry = addEntries(entry, record);
  }
  ed25519VerifyBatch(table, <u32>((entry - table) / ENTRY), verdicts);

  let verdict = verdicts;
  let good = 0;
  record = ptr + FRAME_HEADER;
  for (let i: u32 = 0; i < n; i++, record += load<u32>(record, REC_LEN)) {
    if (load<u8>(outAt(VERDICTS_HEADER + i)) != 2) continue;
    let all: u32 = 1;
    for (let left: u32 = load<u8>(record, REC_NUM_REQUIRED); left; left--, verdict++) all &= load<u8>(verdict);
    store<u8>(outAt(VERDICTS_HEADER + i), <u8>all);
    if (!all) continue;
    store<u8>(record, load<u8>(record, REC_FLAGS) | REC_FLAG_VERIFIED, REC_FLAGS);
    outBytes(record, load<u32>(record, REC_LEN));
    good++;
  }
  heapFree(table, scratch);
  return good;
}

/** Whether all signatures of one record, as txParse makes it, are good: 1 or 0. -PARSE_BATCH: it is none. */
export function txVerifyRecord(ptr: usize, len: u32): i32 {
  if (recordReadable(ptr, len) != len || !recordIsItsWire(ptr)) return -PARSE_BATCH;
  const n: u32 = load<u8>(ptr, REC_NUM_REQUIRED);
  const scratch = n * (ENTRY + 1);
  const table = heapAlloc(scratch);
  const verdicts = table + n * ENTRY;
  addEntries(table, ptr);
  ed25519VerifyBatch(table, n, verdicts);
  let all: i32 = 1;
  for (let i: u32 = 0; i < n; i++) all &= load<u8>(verdicts + i);
  heapFree(table, scratch);
  return all;
}

/** SHA-256 of the message of a sound record, to 32 bytes at `hash`. */
export function txMessageHash(record: usize, hash: usize): void {
  sha256(recordMessage(record), recordMessageLen(record), hash);
}
