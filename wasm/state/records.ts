/**
 * Pool of account records: pages of 512, so that they can be walked in a stable order (a record keeps its index for life)
 * without going through the table.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyCopy } from "../memory/bytes";
import { ACC_INDEX, ACC_KEY, ACC_OWNER, ACC_SIZE, ACC_STATE, ST_FREE } from "./account";

const PAGE_BITS: u32 = 9;
const PAGE: u32 = 1 << PAGE_BITS;

let pages: usize = 0;
let pagesCap: u32 = 0;
let used: u32 = 0;
/** Index + 1 of the first free record. */
let freeHead: u32 = 0;

export function recordsReset(): void {
  const numPages = (used + PAGE - 1) >> PAGE_BITS;
  for (let i: u32 = 0; i < numPages; i++) heapFree(load<u32>(pages + (i << 2)), PAGE * ACC_SIZE);
  used = 0;
  freeHead = 0;
}

/** Indices handed out so far, free ones among them. */
export function recordsEnd(): u32 {
  return used;
}
export function recordAt(index: u32): usize {
  return <usize>load<u32>(pages + ((index >> PAGE_BITS) << 2)) + (index & (PAGE - 1)) * ACC_SIZE;
}

/** A record with this key, everything else zero. */
export function recordNew(key: usize, state: u8): usize {
  let index = freeHead;
  let record: usize;
  if (index) {
    index -= 1;
    record = recordAt(index);
    freeHead = load<u32>(record, ACC_INDEX);
  } else {
    index = used;
    if (!(index & (PAGE - 1))) {
      const page = index >> PAGE_BITS;
      if (page == pagesCap) {
        const capacity = max<u32>(64, pagesCap << 1);
        const fresh = heapAlloc(capacity << 2);
        if (pages) {
          memory.copy(fresh, pages, pagesCap << 2);
          heapFree(pages, pagesCap << 2);
        }
        pages = fresh;
        pagesCap = capacity;
      }
      store<u32>(pages + (page << 2), <u32>heapAlloc(PAGE * ACC_SIZE));
    }
    used = index + 1;
    record = recordAt(index);
  }
  memory.fill(record + ACC_OWNER, 0, ACC_SIZE - <u32>ACC_OWNER);
  keyCopy(record + ACC_KEY, key);
  store<u32>(record, index, ACC_INDEX);
  store<u8>(record, state, ACC_STATE);
  return record;
}

/** Its data block must be gone already. */
export function recordFree(record: usize): void {
  const index = load<u32>(record, ACC_INDEX);
  store<u8>(record, ST_FREE, ACC_STATE);
  store<u32>(record, freeHead, ACC_INDEX);
  freeHead = index + 1;
}
