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
import { heapAlloc } from "../../memory/heap";
import { FAULT_SYSCALL, faultBegin, faultChars, faultHex, faultNumber, faultSyscall } from "./fault";

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
export const VM_ALONE: usize = 182; // u8: 1 = there is no transaction (raw.ts)
export const VM_HEAP_USED: usize = 184; // u64: of sol_alloc_free_
export const VM_ACCOUNTS: usize = 192; // u32: list that serialize.ts makes for CPI
/** What was written of the stack, offsets in its host memory: the rest of it is still zero. */
export const VM_STACK_LOW: usize = 200; // u32
export const VM_STACK_HIGH: usize = 204; // u32
export const VM_SYSCALL_UNITS: usize = 208; // u64: units that system calls took; the others are instructions
export const VM_FRAMES: usize = 216; // 64 saved frames of 48 bytes (interpreter.ts)
export const VM_SIZE: usize = 3296;

/** 64 frames of 4 KiB. */
export const STACK_SIZE: u32 = 262_144;

const machines: usize = memory.data(29_664, 16); // MAX_LEVELS * VM_SIZE
/** MAX_LEVELS x u32: the stack of each level, zero but while its machine runs. */
const stacks: usize = memory.data(36, 4);
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
  memory.fill(base, 0, VM_FRAMES);
  store<u32>(base, STACK_SIZE, VM_STACK_LOW);
}
/** The stack of the machine on top: 256 KiB of zeros, taken back by vmPop. Frames of v0 have gaps between them. */
export function vmStack(gapped: bool): void {
  const slot = stacks + ((<usize>level - 1) << 2);
  let stack: usize = load<u32>(slot);
  if (!stack) {
    stack = heapAlloc(STACK_SIZE);
    memory.fill(stack, 0, STACK_SIZE);
    store<u32>(slot, <u32>stack);
  }
  vmRegion(REGION_STACK, stack, STACK_SIZE, true, gapped);
}
export function vmPop(): void {
  const low = load<u32>(base, VM_STACK_LOW);
  const high = load<u32>(base, VM_STACK_HIGH);
  const stack: usize = load<u32>(stacks + ((<usize>level - 1) << 2));
  if (stack && high > low) memory.fill(stack + low, 0, high - low);
  level -= 1;
  base = level ? machines + (<usize>level - 1) * VM_SIZE : machines;
}
export function vmReset(): void {
  while (level) vmPop();
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
  if (write && index == REGION_STACK) {
    if (offset < load<u32>(base, VM_STACK_LOW)) store<u32>(base, <u32>offset, VM_STACK_LOW);
    if (offset + len > load<u32>(base, VM_STACK_HIGH)) store<u32>(base, <u32>(offset + len), VM_STACK_HIGH);
  }
  return <usize>load<u32>(r, REGION_HOST) + <usize>offset;
}

const STACK_START: i64 = 0x2_0000_0000;
const FRAME: i64 = 4096;
const MAX_DEPTH: i64 = 64;

/** Region that has the address, gaps included. */
function regionName(addr: u64): string {
  const index = addr >> 32;
  if (index >= REGIONS) return "unallocated";
  const r = base + VM_REGIONS + <usize>index * REGION_SIZE;
  const size = <u64>load<u32>(r, REGION_LEN) << (load<u8>(r, REGION_GAPPED) ? 1 : 0);
  if ((addr & 0xffffffff) >= size) return "unallocated";
  switch (<u32>index) {
    case REGION_PROGRAM:
      return "program";
    case REGION_STACK:
      return "stack";
    case REGION_HEAP:
      return "heap";
    case REGION_INPUT:
      return "input";
    default:
      return "allocated";
  }
}

/**
 * Notes an access violation: FAULT_VM by an instruction, FAULT_SYSCALL inside a system call. Returns 0.
 * solana-sbpf 0.23 src/memory_region.rs generate_access_violation: near the stack it names a frame, where frames have a fixed size.
 */
export function vmViolation(kind: u32, addr: u64, len: u64, write: bool): usize {
  faultBegin(kind);
  // Saturating, and the division rounds towards zero: what is less than a frame below the stack is in frame 0.
  const distance: i64 = <i64>addr < i64.MIN_VALUE + STACK_START ? i64.MIN_VALUE : <i64>addr - STACK_START;
  const frame = distance / FRAME;
  const version: u32 = load<u8>(base, VM_VERSION);
  if ((version == 0 || version == 3) && frame >= -1 && frame <= MAX_DEPTH) {
    faultChars("Access violation in stack frame ");
    if (frame < 0) faultChars("-1");
    else faultNumber(frame);
    faultChars(" at address 0x");
    faultHex(addr);
    faultChars(" of size ");
    faultNumber(len);
    return 0;
  }
  faultChars(write ? "Access violation writing " : "Access violation reading ");
  faultNumber(len);
  faultChars(" bytes at address 0x");
  faultHex(addr);
  faultChars(" (in ");
  faultChars(regionName(addr));
  faultChars(" region)");
  return 0;
}

/**
 * For system calls: host address of `len` bytes, or 0 with the fault noted (access violation, or "Unaligned pointer" where the loader
 * asks for alignment). A length of 0 is never looked at and gives an address that is not 0. Agave program-runtime/src/memory.rs.
 */
export function sysSlice(addr: u64, len: u64, align: u64, write: bool): usize {
  if (!len) return 16;
  if (len > <u64>i64.MAX_VALUE) return <usize>faultSyscall("InvalidLength");
  const host = vmHost(addr, len, write);
  if (!host) return vmViolation(FAULT_SYSCALL, addr, len, write);
  if (align > 1 && load<u8>(base, VM_ALIGNED) && addr & (align - 1)) return <usize>faultSyscall("Unaligned pointer");
  return host;
}
/** The same for `count` values of `size` bytes. */
export function sysArray(addr: u64, count: u64, size: u64, align: u64, write: bool): usize {
  return sysSlice(addr, count > u64.MAX_VALUE / size ? u64.MAX_VALUE : count * size, align, write);
}
/** One value rather than a slice: a size of 0 does not occur. */
export function sysValue(addr: u64, size: u64, align: u64, write: bool): usize {
  return sysSlice(addr, size, align, write);
}
