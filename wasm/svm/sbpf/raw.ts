/**
 * A program without a transaction around it, for tools: is this ELF file accepted, and what does it do with these bytes as its input?
 * Contract: docs/interfaces.md section 12.
 */
import { heapAlloc, heapFree } from "../../memory/heap";
import { outBytes, outReset, outU32, outU64, outZeros } from "../../memory/io";
import { meterSet, unitsLeft } from "../runtime/invoke";
import { elfErrorLength, elfErrorText, executableFree, executableLoad } from "./elf";
import { EXE_RODATA, EXE_RODATA_LEN, EXE_VERSION } from "./executable";
import { faultError, faultKind, faultText, faultTextLength } from "./fault";
import { interpret } from "./interpreter";
import {
  REGION_HEAP,
  REGION_INPUT,
  REGION_PROGRAM,
  STACK_SIZE,
  VM_ALIGNED,
  VM_ALONE,
  VM_EXECUTABLE,
  VM_REGISTERS,
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

/**
 * Runs the ELF file at [ptr, ptr + elfLen) on the input [ptr + elfLen, ptr + len), which it may change. out: what it left.
 * 0: it ran (out: result), -1: lengths that do not fit, -2: refused (out: the reason).
 */
export function sbpfRunRaw(ptr: usize, len: u32, elfLen: u32, heapSize: u32, units: u64): i32 {
  outReset();
  if (elfLen > len || heapSize > MAX_HEAP) return MALFORMED;
  const executable = executableLoad(ptr, elfLen, false);
  if (!executable) return refused();
  const heap = heapAlloc(heapSize + 16);
  memory.fill(heap, 0, heapSize);
  vmReset();
  vmPush();
  const base = vmBase();
  const version: u32 = load<u8>(executable, EXE_VERSION);
  store<u32>(base, <u32>executable, VM_EXECUTABLE);
  store<u8>(base, <u8>version, VM_VERSION);
  store<u8>(base, 1, VM_ALIGNED);
  store<u8>(base, 1, VM_ALONE);
  vmRegion(version < 3 ? REGION_PROGRAM : 0, load<u32>(executable, EXE_RODATA), load<u32>(executable, EXE_RODATA_LEN), false, false);
  vmStack(version == 0);
  vmRegion(REGION_HEAP, heap, heapSize, true, false);
  vmRegion(REGION_INPUT, ptr + elfLen, len - elfLen, true, false);
  store<u64>(base + VM_REGISTERS, INPUT_START, 8);
  store<u64>(base + VM_REGISTERS, STACK_START + (version == 1 || version == 2 ? <u64>STACK_SIZE : FRAME), 80);
  meterSet(units);
  const r0 = interpret();
  const kind = faultKind();
  outU64(r0);
  outU32(kind);
  outU32(<u32>faultError());
  outU64(unitsLeft());
  outBytes(base + VM_REGISTERS, 96);
  const textLength = kind ? faultTextLength() : 0;
  outU32(textLength);
  outU32(len - elfLen);
  outBytes(faultText(), textLength);
  outZeros((8 - (textLength & 7)) & 7);
  outBytes(ptr + elfLen, len - elfLen);
  vmPop();
  heapFree(heap, heapSize + 16);
  executableFree(executable);
  return 0;
}
