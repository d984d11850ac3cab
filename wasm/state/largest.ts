/**
 * The accounts with the most lamports (getLargestAccounts): first of those in memory, then of lists from storage. Each call puts out
 * the largest so far: `key 32 | u64 lamports` each, descending by lamports, then by key.
 */
import { keyCompare, keyCopy, keyHash } from "../memory/bytes";
import { outBytes, outReset } from "../memory/io";
import { LARGEST_LAMPORTS, LARGEST_SIZE } from "../layouts/engine";
import { ACC_LAMPORTS, ACC_STATE, ENC_DATA_LEN, ENC_LAMPORTS, ST_STORED } from "./account";
import { ENGINE_MALFORMED, ENGINE_NOT_INITIALISED, ENGINE_TOO_OLD } from "./codes";
import { encodedSize, LIST_COUNT, LIST_HEADER, listCheck } from "./encoding";
import { recordAt, recordsEnd } from "./records";
import { sessionApplied, sessionBase, sessionInitialised } from "./session";
import { tableFind } from "./table";
import { IMG_LAMPORTS, imageAsOf } from "./undo";

/** Agave: NUM_LARGEST_ACCOUNTS of rpc-client-types/src/request.rs. */
const MOST: u32 = 20;

const entries: usize = memory.data(20 * 40, 8);
let count: u32 = 0;

// @ts-ignore: decorator
@inline
function entry(i: u32): usize {
  return entries + <usize>(i * LARGEST_SIZE);
}

/** Whether key and lamports come before entry `i`. */
function isBefore(key: usize, lamports: u64, i: u32): bool {
  const other = load<u64>(entry(i), LARGEST_LAMPORTS);
  return lamports > other || (lamports == other && keyCompare(key, entry(i)) > 0);
}

function offer(key: usize, lamports: u64): void {
  if (!lamports || (count == MOST && !isBefore(key, lamports, MOST - 1))) return;
  let at = count < MOST ? count++ : MOST - 1;
  for (; at > 0 && isBefore(key, lamports, at - 1); at--) memory.copy(entry(at), entry(at - 1), LARGEST_SIZE);
  keyCopy(entry(at), key);
  store<u64>(entry(at), lamports, LARGEST_LAMPORTS);
}

/** Of the accounts in memory, as of the end of slot `asOf`. */
export function engineLargest(asOf: u64): i32 {
  outReset();
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (asOf < sessionBase()) return ENGINE_TOO_OLD;
  const slot = min(asOf, sessionApplied());
  count = 0;
  for (let i: u32 = 0, n = recordsEnd(); i < n; i++) {
    const record = recordAt(i);
    if (!(load<u8>(record, ACC_STATE) & ST_STORED)) continue;
    const image = imageAsOf(record, slot);
    offer(record, image ? load<u64>(image, IMG_LAMPORTS) : load<u64>(record, ACC_LAMPORTS));
  }
  outBytes(entries, count * LARGEST_SIZE);
  return 0;
}

/** in: an account list from storage; those of it that are in memory are engineLargest's. */
export function engineLargestCold(p: usize, len: u32): i32 {
  outReset();
  if (!listCheck(p, len)) return ENGINE_MALFORMED;
  let at = p + LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    const lamports = load<u64>(at, ENC_LAMPORTS);
    // Most are too small: only the others are looked for in memory.
    if ((count < MOST || lamports >= load<u64>(entry(MOST - 1), LARGEST_LAMPORTS)) && !tableFind(at, keyHash(at))) offer(at, lamports);
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  outBytes(entries, count * LARGEST_SIZE);
  return 0;
}
