/** The data block of an account record: ACC_DATA_CAP bytes from the heap, or none. */
import { heapAlloc, heapCapacity, heapFree } from "../memory/heap";
import { ACC_DATA, ACC_DATA_CAP, ACC_DATA_LEN } from "./account";

export function dataDrop(record: usize): void {
  const capacity = load<u32>(record, ACC_DATA_CAP);
  if (capacity) heapFree(load<u32>(record, ACC_DATA), capacity);
  store<u32>(record, 0, ACC_DATA);
  store<u32>(record, 0, ACC_DATA_CAP);
  store<u32>(record, 0, ACC_DATA_LEN);
}

/** Replaces the data. `from` does not lie in the record's own block. */
export function dataSet(record: usize, from: usize, len: u32): void {
  const capacity = load<u32>(record, ACC_DATA_CAP);
  if (capacity != (len ? heapCapacity(len) : 0)) {
    dataDrop(record);
    if (len) {
      store<u32>(record, <u32>heapAlloc(len), ACC_DATA);
      store<u32>(record, heapCapacity(len), ACC_DATA_CAP);
    }
  }
  store<u32>(record, len, ACC_DATA_LEN);
  if (len) memory.copy(load<u32>(record, ACC_DATA), from, len);
}

/** Moves the data to a block of their own size when they shrank to a fraction of the one they are in. */
export function dataTrim(record: usize): void {
  const len = load<u32>(record, ACC_DATA_LEN);
  const capacity = load<u32>(record, ACC_DATA_CAP);
  if (len == 0) return dataDrop(record);
  if (capacity <= heapCapacity(len) << 1) return;
  const fresh = heapAlloc(len);
  memory.copy(fresh, load<u32>(record, ACC_DATA), len);
  heapFree(load<u32>(record, ACC_DATA), capacity);
  store<u32>(record, <u32>fresh, ACC_DATA);
  store<u32>(record, heapCapacity(len), ACC_DATA_CAP);
}

export function bytesEqual(a: usize, b: usize, len: u32): bool {
  while (len >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    len -= 8;
  }
  while (len) {
    if (load<u8>(a) != load<u8>(b)) return false;
    a++;
    b++;
    len--;
  }
  return true;
}
