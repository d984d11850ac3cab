/** Growing arrays that a cut reuses: a head of {u32 pointer, u32 capacity in bytes}. */
import { heapAlloc, heapCapacity, heapFree } from "../memory/heap";

const HEAD_CAPACITY: usize = 4;
export const SCRATCH_HEAD: u32 = 8;

/** At least `bytes` bytes; the first `keep` keep their contents. */
export function scratchEnsure(head: usize, bytes: u32, keep: u32): usize {
  const capacity = load<u32>(head, HEAD_CAPACITY);
  const old = load<u32>(head);
  if (bytes <= capacity) return old;
  const next = heapCapacity(max<u32>(bytes, max<u32>(capacity * 2, 4096)));
  const fresh = heapAlloc(next);
  if (capacity) {
    memory.copy(fresh, old, keep);
    heapFree(old, capacity);
  }
  store<u32>(head, <u32>fresh);
  store<u32>(head, next, HEAD_CAPACITY);
  return fresh;
}
