/** Memory operations and the old allocator. Agave 4.2 syscalls/src/{mem_ops,lib}.rs, program-runtime/src/invoke_context.rs BpfAllocator. */
import { consume } from "../../runtime/invoke";
import { faultBudget, faultSyscall } from "../fault";
import { REGION_HEAP, REGION_LEN, REGION_SIZE, VM_ALIGNED, VM_HEAP_USED, VM_REGIONS, sysSlice, sysValue, vmBase } from "../vm";
import { apart, sysRead } from "./translate";

const MEM_OP_BASE_COST: u64 = 10;
const BYTES_PER_UNIT: u64 = 250;
const HEAP_START: u64 = (<u64>REGION_HEAP) << 32;
/** BPF_ALIGN_OF_U128: of what sol_alloc_free_ gives to all but the programs of the first loader. */
const ALLOC_ALIGN: u64 = 8;

// @ts-ignore: decorator
@inline
function paid(n: u64): bool {
  return consume(max(MEM_OP_BASE_COST, n / BYTES_PER_UNIT));
}

function move(dst: u64, src: u64, n: u64): u64 {
  const to = sysSlice(dst, n, 1, true);
  if (!to) return 0;
  const from = sysRead(src, n);
  if (from) memory.copy(to, from, <usize>n);
  return 0;
}

/** sol_memcpy_(to, from, length) */
export function sysMemcpy(dst: u64, src: u64, n: u64, d: u64, e: u64): u64 {
  if (!paid(n)) return faultBudget();
  if (!apart(src, n, dst, n)) return faultSyscall("Overlapping copy");
  return move(dst, src, n);
}

/** sol_memmove_(to, from, length) */
export function sysMemmove(dst: u64, src: u64, n: u64, d: u64, e: u64): u64 {
  if (!paid(n)) return faultBudget();
  return move(dst, src, n);
}

/** sol_memset_(to, byte, length) */
export function sysMemset(dst: u64, byte: u64, n: u64, d: u64, e: u64): u64 {
  if (!paid(n)) return faultBudget();
  const to = sysSlice(dst, n, 1, true);
  if (to) memory.fill(to, <u8>byte, <usize>n);
  return 0;
}

/** The difference of the first two bytes that differ, or 0. */
function difference(a: usize, b: usize, n: usize): i32 {
  let i: usize = 0;
  while (i + 8 <= n && load<u64>(a + i) == load<u64>(b + i)) i += 8;
  while (i < n && load<u8>(a + i) == load<u8>(b + i)) i += 1;
  return i < n ? <i32>load<u8>(a + i) - <i32>load<u8>(b + i) : 0;
}

/** sol_memcmp_(one, other, length, out i32) */
export function sysMemcmp(a: u64, b: u64, n: u64, out: u64, e: u64): u64 {
  if (!paid(n)) return faultBudget();
  const one = sysRead(a, n);
  if (!one) return 0;
  const other = sysRead(b, n);
  if (!other) return 0;
  const result = difference(one, other, <usize>n);
  const to = sysValue(out, 4, 4, true);
  if (to) store<i32>(to, result);
  return 0;
}

/** sol_alloc_free_(size, address to free or 0): the next bytes of the heap, or 0; nothing is ever freed */
export function sysAllocFree(size: u64, free: u64, c: u64, d: u64, e: u64): u64 {
  if (free) return 0;
  const vm = vmBase();
  const align: u64 = load<u8>(vm, VM_ALIGNED) ? ALLOC_ALIGN : 1;
  const capacity: u64 = load<u32>(vm + VM_REGIONS + <usize>REGION_HEAP * REGION_SIZE, REGION_LEN);
  const at = (load<u64>(vm, VM_HEAP_USED) + align - 1) & ~(align - 1);
  if (at > capacity || size > capacity - at) return 0;
  store<u64>(vm, at + size, VM_HEAP_USED);
  return HEAP_START + at;
}
