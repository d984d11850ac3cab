/**
 * Programs' memory as system calls take it, beyond one slice (vm.ts sysSlice): elements, several outputs, the shape of a Rust slice.
 * Agave 4.2 program-runtime/src/memory.rs, syscalls/src/lib.rs translate_mut, mem_ops.rs is_nonoverlapping.
 */
import { faultSyscall } from "../fault";
import { sysSlice } from "../vm";

/** A `&[u8]` in a program's memory: u64 address, u64 length. */
export const SLICE_ADDRESS: usize = 0;
export const SLICE_LENGTH: usize = 8;
const SLICE_SIZE: u64 = 16;
const SLICE_ALIGN: u64 = 8;

/** `len` bytes to read; 0 with the fault noted. */
export function sysRead(addr: u64, len: u64): usize {
  if (len > <u64>i64.MAX_VALUE) return <usize>faultSyscall("InvalidLength");
  return sysSlice(addr, len, 1, false);
}

/** A list of `count` slices to read; 0 with the fault noted. */
export function sysReadSlices(addr: u64, count: u64): usize {
  if (count > <u64>i64.MAX_VALUE / SLICE_SIZE) return <usize>faultSyscall("InvalidLength");
  return sysSlice(addr, count * SLICE_SIZE, SLICE_ALIGN, false);
}

/** The i-th slice of such a list. */
// @ts-ignore: decorator
@inline
export function sliceAt(slices: usize, i: u32): usize {
  return slices + (<usize>i << 4);
}

/** The bytes of a slice to read; 0 with the fault noted. */
export function sysReadSlice(slice: usize): usize {
  return sysRead(load<u64>(slice, SLICE_ADDRESS), load<u64>(slice, SLICE_LENGTH));
}

/** Whether two ranges have no byte in common. */
export function apart(a: u64, aLen: u64, b: u64, bLen: u64): bool {
  return a > b ? a - b >= bLen : b - a >= aLen;
}
