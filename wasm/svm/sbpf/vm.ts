/**
 * The virtual machines that are running, one for each sBPF program on the instruction stack, and the memory they see.
 *
 *   address >> 32 : 0 read-only data (sBPF v3)  1 program (v0..v2: read-only data and code; v3: code)  2 stack  3 heap  4 input
 *   address & 0xffffffff : offset in the region
 *
 * The map and the state of a machine are in linear memory at vmBase(), so that compiled code can take the interpreter's place later:
 * it needs the same registers, the same region table and the same system call table.
 * Feature set: virtual_address_space_adjustments and account_data_direct_mapping are off, so the input is one writable region.
 */
import { FAULT_SYSCALL, FAULT_VM, faultBegin, faultChars, faultHex, faultNumber, faultSyscall } from "./fault";

/** More than the instruction stack allows (MAX_STACK of runtime/frame.ts). */
const MAX_LEVELS: u32 = 9;

export const REGION_PROGRAM: u32 = 1;
export const REGION_STACK: u32 = 2;
export const REGION_HEAP: u32 = 3;
export const REGION_INPUT: u32 = 4;
export const REGIONS: u32 = 5;
/** A region: u32 host address, u32 length in host memory, u8 writable, u8 gapped (stack of v0: 4 KiB used, 4 KiB gap), pad. */
export const REGION_HOST: usize = 0;
export const REGION_LEN: usize = 4;
export const REGION_WRITABLE: usize = 8;
export const REGION_GAPPED: usize = 9;
export const REGION_SIZE: usize = 16;

/** State of a machine, offsets from vmBase(). */
export const VM_REGIONS: usize = 0; // REGIONS * REGION_SIZE
export const VM_REGISTERS: usize = 80; // 12 x u64: r0..r10, pc
export const VM_EXECUTABLE: usize = 176; // u32: executable (executable.ts)
export const VM_VERSION: usize = 180; // u8: sBPF version 0..3
export const VM_ALIGNED: usize = 181; // u8: 1 = pointers given to system calls must be aligned (all loaders but v1)
export const VM_HEAP_USED: usize = 184; // u64: of sol_alloc_free_
export const VM_ACCOUNTS: usize = 192; // u32: list that serialize.ts makes for CPI
export const VM_CALL_DEPTH: usize = 196; // u32
const VM_SIZE: usize = 256;

const machines: usize = memory.data(2304, 16); // MAX_LEVELS * VM_SIZE
let level: u32 = 0;
let base: usize = machines;

// @ts-ignore: decorator
@inline
export function vmBase(): usize {
  return base;
}
/** Machines running: 0 none. */
export function vmLevel(): u32 {
  return level;
}
/** A new machine on top, all zero. */
export function vmPush(): void {
  level += 1;
  assert(level <= MAX_LEVELS);
  base = machines + (<usize>level - 1) * VM_SIZE;
  memory.fill(base, 0, VM_SIZE);
}
export function vmPop(): void {
  level -= 1;
  base = level ? machines + (<usize>level - 1) * VM_SIZE : machines;
}
export function vmReset(): void {
  level = 0;
  base = machines;
}
export function vmRegion(index: u32, host: usize, len: u32, writable: bool, gapped: bool): void {
  const r = base + VM_REGIONS + <usize>index * REGION_SIZE;
  store<u32>(r, <u32>host, REGION_HOST);
  store<u32>(r, len, REGION_LEN);
  store<u8>(r, <u8>writable, REGION_WRITABLE);
  store<u8>(r, <u8>gapped, REGION_GAPPED);
}

/** Host address of [addr, addr + len) in one region of the running machine, or 0: access violation, nothing noted yet. */
export function vmHost(addr: u64, len: u64, write: bool): usize {
  const index = addr >> 32;
  if (index >= REGIONS) return 0;
  const r = base + VM_REGIONS + <usize>index * REGION_SIZE;
  if (write && !load<u8>(r, REGION_WRITABLE)) return 0;
  let offset: u64 = addr & 0xffffffff;
  if (load<u8>(r, REGION_GAPPED)) {
    if (offset & 0x1000) return 0;
    offset = ((offset & ~0x1fff) >> 1) | (offset & 0xfff);
  }
  const size: u64 = load<u32>(r, REGION_LEN);
  if (len > size || offset > size - len) return 0;
  return <usize>load<u32>(r, REGION_HOST) + <usize>offset;
}

function regionName(addr: u64): string {
  switch (<u32>(addr >> 32)) {
    case 1:
      return "program";
    case 2:
      return "stack";
    case 3:
      return "heap";
    case 4:
      return "input";
    default:
      return "unknown";
  }
}

/** Notes an access violation: FAULT_VM by an instruction, FAULT_SYSCALL inside a system call. Returns 0. */
export function vmViolation(kind: u32, addr: u64, len: u64): usize {
  // TODO(machine): stack frames, exact texts (solana-sbpf src/error.rs, memory_region.rs default_access_violation_handler)
  faultBegin(kind);
  faultChars("Access violation in ");
  faultChars(regionName(addr));
  faultChars(" section at address 0x");
  faultHex(addr);
  faultChars(" of size ");
  faultNumber(len);
  return 0;
}

/**
 * For system calls: host address of `len` bytes, or 0 with the fault noted (access violation, or "Unaligned pointer" where the loader
 * asks for alignment). A length of 0 is never looked at and gives an address that is not 0. Agave program-runtime/src/memory.rs.
 */
export function sysSlice(addr: u64, len: u64, align: u64, write: bool): usize {
  if (!len) return 16;
  const host = vmHost(addr, len, write);
  if (!host) return vmViolation(FAULT_SYSCALL, addr, len);
  if (align > 1 && load<u8>(base, VM_ALIGNED) && addr & (align - 1)) return <usize>faultSyscall("Unaligned pointer");
  return host;
}
/** One value rather than a slice: a size of 0 does not occur. */
export function sysValue(addr: u64, size: u64, align: u64, write: bool): usize {
  return sysSlice(addr, size, align, write);
}
/** For the interpreter: notes what an instruction could not reach. */
export function vmFault(addr: u64, len: u64): void {
  vmViolation(FAULT_VM, addr, len);
}
