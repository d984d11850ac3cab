/**
 * Layout of the log row of a slot (docs/interfaces.md section 6), and the check that it is one.
 *
 *    0 u32 length   4 u32 magic   8 u64 slot   16 u64 view   24 hash digest   56 u64 previous slot of this shard
 *   64 u64 lamports of the shard after   72 u64 fees burned here   80 hash effectHash = BLAKE3(effects of the writes)
 *  112 u64 height of the newest blockhash that the slot's transactions could use
 *  120 u32 x 6: lengths of   writes │ returns │ lends │ tags │ landed │ results   which follow at 144
 */
import { listCheck } from "./encoding";
import { LANDED_SIZE } from "./known";
import { leasesOrdered, returnsCheck, tagsCheck } from "./lease-format";
import { LEASE_SIZE, TAG_SIZE } from "./proposal";

export const ROW_MAGIC: u32 = 0x32574f52; // "ROW2"
export const ROW_SLOT: usize = 8;
export const ROW_VIEW: usize = 16;
export const ROW_DIGEST: usize = 24;
export const ROW_PREVIOUS: usize = 56;
export const ROW_LAMPORTS: usize = 64;
export const ROW_FEES: usize = 72;
export const ROW_EFFECT_HASH: usize = 80;
export const ROW_HEIGHT: usize = 112;
export const ROW_LEN_WRITES: usize = 120;
export const ROW_LEN_RETURNS: usize = 124;
export const ROW_LEN_LENDS: usize = 128;
export const ROW_LEN_TAGS: usize = 132;
export const ROW_LEN_LANDED: usize = 136;
export const ROW_LEN_RESULTS: usize = 140;
export const ROW_HEADER: u32 = 144;
/** The fixed part of a result (section 4): nothing shorter is one. */
const RESULT_MIN: u32 = 48;

function resultsCheck(p: usize, len: u32): bool {
  if (len < 8) return false;
  let at: u32 = 8;
  for (let n = load<u32>(p); n; n--) {
    if (len - at < RESULT_MIN) return false;
    const size = load<u32>(p + at);
    if (size < RESULT_MIN || size > len - at) return false;
    at += size;
  }
  return at == len;
}

export function rowWrites(p: usize): usize {
  return p + ROW_HEADER;
}
export function rowReturns(p: usize): usize {
  return rowWrites(p) + load<u32>(p, ROW_LEN_WRITES);
}
export function rowLends(p: usize): usize {
  return rowReturns(p) + load<u32>(p, ROW_LEN_RETURNS);
}
export function rowNumLends(p: usize): u32 {
  return load<u32>(p, ROW_LEN_LENDS) / LEASE_SIZE;
}
export function rowTags(p: usize): usize {
  return rowLends(p) + load<u32>(p, ROW_LEN_LENDS);
}
export function rowLanded(p: usize): usize {
  return rowTags(p) + load<u32>(p, ROW_LEN_TAGS);
}
export function rowResults(p: usize): usize {
  return rowLanded(p) + load<u32>(p, ROW_LEN_LANDED);
}

/** Whether [p, p+len) has the shape of a log row; whose accounts they are is not looked at. */
export function rowCheck(p: usize, len: u32): bool {
  if (len < ROW_HEADER || load<u32>(p) != len || load<u32>(p, 4) != ROW_MAGIC) return false;
  const lenWrites = load<u32>(p, ROW_LEN_WRITES);
  const lenReturns = load<u32>(p, ROW_LEN_RETURNS);
  const lenLends = load<u32>(p, ROW_LEN_LENDS);
  const lenTags = load<u32>(p, ROW_LEN_TAGS);
  const lenLanded = load<u32>(p, ROW_LEN_LANDED);
  const lenResults = load<u32>(p, ROW_LEN_RESULTS);
  const sum = <u64>lenWrites + lenReturns + lenLends + lenTags + lenLanded + lenResults;
  if (sum != <u64>(len - ROW_HEADER)) return false;
  return (
    listCheck(rowWrites(p), lenWrites) &&
    returnsCheck(rowReturns(p), lenReturns) &&
    lenLends % LEASE_SIZE == 0 &&
    leasesOrdered(rowLends(p), lenLends / LEASE_SIZE) &&
    lenTags % TAG_SIZE == 0 &&
    tagsCheck(rowTags(p), lenTags / TAG_SIZE, true) &&
    lenLanded % LANDED_SIZE == 0 &&
    resultsCheck(rowResults(p), lenResults)
  );
}
