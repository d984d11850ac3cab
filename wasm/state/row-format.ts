/** The log row of a slot (docs/interfaces.md section 6): where its parts are, and the check that it is one. */
import { LIST_COUNT, LIST_HEADER } from "../layouts/account";
import { RESULT_HEADER, RESULT_LEN } from "../layouts/result";
import {
  ROW_HEADER,
  ROW_LEN,
  ROW_LEN_LANDED,
  ROW_LEN_LENDS,
  ROW_LEN_RESULTS,
  ROW_LEN_RETURNS,
  ROW_LEN_TAGS,
  ROW_LEN_WRITES,
  ROW_MAGIC,
  ROW_MAGIC_VALUE,
} from "../layouts/row";
import { listCheck } from "./encoding";
import { LANDED_SIZE } from "./known";
import { leasesOrdered, returnsCheck, tagsCheck } from "./lease-format";
import { LEASE_SIZE, TAG_SIZE } from "./proposal";

export * from "../layouts/row";

function resultsCheck(p: usize, len: u32): bool {
  if (len < LIST_HEADER) return false;
  let at: u32 = LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    if (len - at < RESULT_HEADER) return false;
    const size = load<u32>(p + at, RESULT_LEN);
    if (size < RESULT_HEADER || size > len - at) return false;
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
  if (len < ROW_HEADER || load<u32>(p, ROW_LEN) != len || load<u32>(p, ROW_MAGIC) != ROW_MAGIC_VALUE) return false;
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
