/**
 * A program without a transaction around it, for tools: is this ELF file accepted, and what does it do with these bytes as its input?
 * Contract: docs/interfaces.md section 12.
 */
import { heapAlloc, heapFree } from "../../memory/heap";
import { outBytes, outReset, outU32, outU64, outZeros } from "../../memory/io";
import { meterSet, unitsLeft } from "../runtime/invoke";
import { elfErrorLength, elfErrorText, executableFree, executableLoad } from "./elf";
import { EXE_RODATA, EXE_RODATA_LEN, EXE_VERSION } from "./executable";
import { faultError, faultKind, faultReset, faultText, faultTextLength } from "./fault";
import { interpret } from "./interpreter";
import {
  REGION_HEAP,
  REGION_INPUT,
  REGION_PROGRAM,
  STACK_SIZE,
  VM_ALIGNED,
  VM_ALONE,
  VM_EXECUTABLE,
  VM_REGIONS,
  VM_REGISTERS,
  VM_SYSCALL_UNITS,
  VM_VERSION,
  vmBase,
  vmPop,
  vmPush,
  vmRegion,
  vmReset,
  vmStack,
} from "./vm";

const MAX_HEAP: u32 = 262_144;
const STACK_START: u64 = 0x2_0000_0000;
const INPUT_START: u64 = 0x4_0000_0000;
const FRAME: u64 = 4096;
const MALFORMED: i32 = -1;
const REFUSED: i32 = -2;

function refused(): i32 {
  outReset();
  outBytes(elfErrorText(), elfErrorLength());
  return REFUSED;
}

/** Whether [ptr, ptr + len) is a program that may be deployed (flags bit 0) or run. 0, or -2 and out: the reason as the loader logs it. */
export function sbpfCheck(ptr: usize, len: u32, flags: u32): i32 {
  outReset();
  const executable = executableLoad(ptr, len, (flags & 1) != 0);
  if (!executable) return refused();
  executableFree(executable);
  return 0;
}

/** The program that sbpfLoad took last, and how many instructions sbpfRunLoaded ran last. */
let loaded: usize = 0;
let instructions: u64 = 0;

/** Takes the program [ptr, ptr + len) for sbpfRunLoaded. Arguments and answer as sbpfCheck; where it is refused there is none. */
export function sbpfLoad(ptr: usize, len: u32, flags: u32): i32 {
  outReset();
  if (loaded) executableFree(loaded);
  loaded = executableLoad(ptr, len, (flags & 1) != 0);
  return loaded ? 0 : refused();
}

/** Registers and regions of a machine that runs the loaded program. */
function prepare(heap: usize, heapSize: u32, input: usize, inputLen: u32): void {
  vmReset();
  vmPush();
  const base = vmBase();
  const version: u32 = load<u8>(loaded, EXE_VERSION);
  store<u32>(base, <u32>loaded, VM_EXECUTABLE);
  store<u8>(base, <u8>version, VM_VERSION);
  store<u8>(base, 1, VM_ALIGNED);
  store<u8>(base, 1, VM_ALONE);
  vmRegion(version < 3 ? REGION_PROGRAM : 0, load<u32>(loaded, EXE_RODATA), load<u32>(loaded, EXE_RODATA_LEN), false, false);
  vmStack(version == 0);
  memory.fill(heap, 0, heapSize);
  vmRegion(REGION_HEAP, heap, heapSize, true, false);
  vmRegion(REGION_INPUT, input, inputLen, true, false);
  store<u64>(base + VM_REGISTERS, INPUT_START, 8);
  store<u64>(base + VM_REGISTERS, STACK_START + (version == 1 || version == 2 ? <u64>STACK_SIZE : FRAME), 80);
}

/** Runs the loaded program on the input [ptr, ptr + len), which it may change. 0: out: what it left; -1: none is loaded, or too much heap. */
export function sbpfRunLoaded(ptr: usize, len: u32, heapSize: u32, units: u64): i32 {
  outReset();
  if (!loaded || heapSize > MAX_HEAP) return MALFORMED;
  const heap = heapAlloc(heapSize);
  prepare(heap, heapSize, ptr, len);
  const base = vmBase();
  meterSet(units);
  const r0 = interpret();
  const kind = faultKind();
  instructions = units - unitsLeft() - load<u64>(base, VM_SYSCALL_UNITS);
  const textLength = kind ? faultTextLength() : 0;
  outU64(r0);
  outU32(kind);
  outU32(<u32>faultError());
  outU64(unitsLeft());
  outBytes(base + VM_REGISTERS, 96);
  outU32(textLength);
  outU32(len);
  outBytes(faultText(), textLength);
  outZeros((8 - (textLength & 7)) & 7);
  outBytes(ptr, len);
  vmPop();
  heapFree(heap, heapSize);
  faultReset();
  return 0;
}

/** Instructions of the last run: its units without those of system calls. */
export function sbpfInstructions(): u64 {
  return instructions;
}

/** Where the region table (vm.ts) of the last run is: what it could write is known to tests, and everything else can be compared. */
export function sbpfRegions(): usize {
  return vmBase() + VM_REGIONS;
}

/** sbpfLoad of [ptr, ptr + elfLen) and sbpfRunLoaded of [ptr + elfLen, ptr + len). 0, -1, or -2 (out: why the file is refused). */
export function sbpfRunRaw(ptr: usize, len: u32, elfLen: u32, heapSize: u32, units: u64): i32 {
  outReset();
  if (elfLen > len) return MALFORMED;
  const refusal = sbpfLoad(ptr, elfLen, 0);
  return refusal ? refusal : sbpfRunLoaded(ptr + elfLen, len - elfLen, heapSize, units);
}
