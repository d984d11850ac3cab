/**
 * One instruction of an sBPF program.
 *
 *   program -> executable -> input region -> units for the heap -> machine -> "consumed", "return" -> error, or accounts written back
 *
 * Agave 4.2 program-runtime/src/vm.rs (execute), programs/bpf_loader/src/lib.rs (process_instruction_inner).
 */
import { ACC_OWNER } from "../../state/account";
import { keyEquals } from "../../memory/bytes";
import { heapAlloc, heapFree } from "../../memory/heap";
import { WK_BPF_LOADER_1, wellKnownKey } from "../../transaction/well-known";
import { ERR_PROGRAM_ENVIRONMENT_SETUP_FAILURE, ERR_PROGRAM_FAILED_TO_COMPLETE, ERR_UNSUPPORTED_PROGRAM_ID } from "../errors";
import { txaKey, txaRecord } from "../runtime/accounts";
import { consume, logConsumed, logFault, meterSet, unitsLeft } from "../runtime/invoke";
import { logText } from "../runtime/log";
import { EXE_RODATA, EXE_RODATA_LEN, EXE_VERSION } from "./executable";
import { FAULT_INSTRUCTION, FAULT_NONE, FAULT_VM, faultError, faultKind, faultReset, faultText, faultTextLength } from "./fault";
import { interpret } from "./interpreter";
import { programExecutable, programFits, programRelease, programUnknown } from "./programs";
import { returnedError } from "./returned-error";
import { deserializeInput, inputDataAddress, inputFree, inputLength, serializeInput } from "./serialize";
import {

  REGION_HEAP,
  REGION_INPUT,
  REGION_PROGRAM,
  STACK_SIZE,
  VM_ALIGNED,
  VM_EXECUTABLE,
  VM_REGISTERS,
  VM_VERSION,
  vmBase,
  vmPop,
  vmPush,
  vmRegion,
  vmStack,
} from "./vm";

const STACK_ADDRESS: u64 = 0x2_0000_0000;
const INPUT_ADDRESS: u64 = 0x4_0000_0000;
const STACK_FRAME: u32 = 4096;
const HEAP_PAGE: u32 = 32 * 1024;
const HEAP_PAGE_UNITS: u32 = 8;

let heapSize: u32 = HEAP_PAGE;

/** Bytes of heap that programs of the next transaction get: 32 to 256 KiB. */
export function sbpfHeap(bytes: u32): void {
  heapSize = bytes;
}

/** Pages of heap beyond the first one cost units, each time that a program begins. */
export function heapUnits(): u64 {
  return ((heapSize + HEAP_PAGE - 1) / HEAP_PAGE - 1) * HEAP_PAGE_UNITS;
}

/** Registers and regions of the machine on top. */
function prepare(executable: usize, heap: usize, input: usize, inputLen: u32, aligned: bool): void {
  const vm = vmBase();
  const version: u32 = load<u8>(executable, EXE_VERSION);
  store<u32>(vm, <u32>executable, VM_EXECUTABLE);
  store<u8>(vm, <u8>version, VM_VERSION);
  store<u8>(vm, <u8>aligned, VM_ALIGNED);
  memory.fill(heap, 0, heapSize);
  vmRegion(version < 3 ? REGION_PROGRAM : 0, load<u32>(executable, EXE_RODATA), load<u32>(executable, EXE_RODATA_LEN), false, false);
  vmStack(version == 0);
  vmRegion(REGION_HEAP, heap, heapSize, true, false);
  vmRegion(REGION_INPUT, input, inputLen, true, false);
  store<u64>(vm + VM_REGISTERS + 8, INPUT_ADDRESS);
  store<u64>(vm + VM_REGISTERS + 16, inputDataAddress());
  // sBPF v1 and v2 programs move their stack pointer by themselves, down from the end.
  store<u64>(vm + VM_REGISTERS + 80, STACK_ADDRESS + (version == 1 || version == 2 ? STACK_SIZE : STACK_FRAME));
}

/** What the program's end means: 0, ERR_..., or -ERR_... when it is logged already. */
function outcome(key: usize, answer: u64, aligned: bool, input: usize): i32 {
  const fault = faultKind();
  if (fault == FAULT_NONE) return answer ? returnedError(answer) : deserializeInput(aligned, input);
  if (fault == FAULT_VM) meterSet(0); // deplete_cu_meter_on_vm_failure
  if (fault == FAULT_INSTRUCTION) return faultError();
  logFault(key, faultText(), faultTextLength());
  return -ERR_PROGRAM_FAILED_TO_COMPLETE;
}

function execute(key: usize, executable: usize, aligned: bool): i32 {
  const before = unitsLeft();
  const input = serializeInput(aligned);
  if (!input) {
    logText("Failed to create SBF VM: no memory for the accounts of another program");
    return ERR_PROGRAM_ENVIRONMENT_SETUP_FAILURE;
  }
  const inputLen = inputLength();
  let result: i32;
  if (consume(heapUnits())) {
    const heap = heapAlloc(heapSize);
    prepare(executable, heap, input, inputLen, aligned);
    faultReset();
    const start = unitsLeft();
    const answer = interpret();
    logConsumed(key, start - unitsLeft(), before);
    result = outcome(key, answer, aligned, input);
    faultReset();
    heapFree(heap, heapSize);
  } else {
    logText("Failed to create SBF VM: Computational budget exceeded");
    result = ERR_PROGRAM_ENVIRONMENT_SETUP_FAILURE;
  }
  inputFree(input, inputLen);
  return result;
}

/** The frame is pushed, "invoke" is logged. 0, ERR_..., or -ERR_... when the failure is logged already. */
export function sbpfRun(program: u32): i32 {
  if (programUnknown(program)) {
    logText("Program is not cached");
    return ERR_UNSUPPORTED_PROGRAM_ID;
  }
  if (!programFits(program)) {
    logText("Failed to create SBF VM: no memory for another program");
    return ERR_PROGRAM_ENVIRONMENT_SETUP_FAILURE;
  }
  const executable = programExecutable(program);
  if (!executable) {
    logText("Program is not deployed");
    return ERR_UNSUPPORTED_PROGRAM_ID;
  }
  const aligned = !keyEquals(txaRecord(program) + ACC_OWNER, wellKnownKey(WK_BPF_LOADER_1));
  vmPush();
  const result = execute(txaKey(program), executable, aligned);
  vmPop();
  programRelease(executable);
  return result;
}
