/**
 * The interpreter. Source: solana-sbpf 0.23 src/interpreter.rs; metering as src/jit.rs.
 *
 * Units are not counted by the instruction. `limit` is the place where they end if the code runs straight on: at + 8 * units. What moves
 * the place of execution moves the limit by as much. A machine has no units left where limit <= at; that is asked when a jump is taken, at
 * calls, exits and faults, as code that runs straight on ends by itself and has no effect outside before that.
 */
import { meterSet, unitsLeft } from "../runtime/invoke";
import {
  ADD, ALU32, ALU64, AND, ARSH, CALL, CALLX, EXIT, FRAME_LOAD, FRAME_STORE, FRAME_STORE_IMM, JA, JEQ, JGE, JGT, JLE, JLT, JNE, JSET, JSGE,
  JSGT, JSLE, JSLT, JUMP, LDDW, LOAD, LSH, MOV, MUL, NEG, OR, OVERRUN, RARE, RSH, STORE, STORE_IMM, SUB, SYSCALL, UNSUPPORTED, XOR,
} from "./code";
import { EXE_CODE, EXE_CODE_ADDRESS, EXE_CODE_COUNT, EXE_ENTRY, EXE_VERSION } from "./executable";
import { FAULT_VM, faultKind, faultReset, faultSyscall, faultVm } from "./fault";
import { RARE_DIVIDE_BY_ZERO, RARE_DIVIDE_OVERFLOW, RARE_DONE, rareJump, runRare } from "./interpreter-rare";
import { REGS, dst, dst32, imm, imm32, registersEnter, registersLeave, setDst, src, src32 } from "./registers";
import { syscallOfTransaction, syscallRun } from "./syscalls/table";
import {
  REGION_GAPPED, REGION_HOST, REGION_LEN, REGION_SIZE, REGION_STACK, REGION_WRITABLE, REGIONS, VM_ALONE, VM_EXECUTABLE, VM_FRAMES, VM_REGIONS,
  VM_REGISTERS, VM_STACK_HIGH, VM_STACK_LOW, VM_SYSCALL_UNITS, vmBase, vmViolation,
} from "./vm";

const MAX_DEPTH: u32 = 64;
const FRAME: u32 = 4096;
/** A saved frame: r6..r9, r10, u32 place to return to. */
const SAVED_SIZE: usize = 48;
/** No budget is larger; below it nothing wraps. */
const MAX_UNITS: u64 = 1 << 56;

/** What stopped the machine. */
const STOP_UNITS: u32 = 0;
const STOP_UNSUPPORTED: u32 = 1;
const STOP_OVERRUN: u32 = 2;
const STOP_DEPTH: u32 = 3;
const STOP_OUTSIDE: u32 = 4;
const STOP_DIVIDE_BY_ZERO: u32 = 5;
const STOP_DIVIDE_OVERFLOW: u32 = 6;
const STOP_LOAD: u32 = 7;
const STOP_STORE: u32 = 8;

/** Ends the run at an instruction: its unit is taken, or there is none left and that is the fault. */
function stop(at: usize, limit: u64, why: u32, addr: u64, size: u64): u64 {
  const executable = <usize>load<u32>(vmBase(), VM_EXECUTABLE);
  store<u64>(vmBase() + VM_REGISTERS, <u64>((<u32>at - load<u32>(executable, EXE_CODE)) >> 3), 88);
  if (limit <= <u64>at) {
    meterSet(0);
    return faultVm("exceeded CUs meter at BPF instruction");
  }
  meterSet(((limit - at) >> 3) - 1);
  switch (why) {
    case STOP_UNSUPPORTED: return faultVm("unsupported BPF instruction");
    case STOP_OVERRUN: return faultVm("attempted to execute past the end of the text segment at BPF instruction");
    case STOP_DEPTH: return faultVm("exceeded max BPF to BPF call depth");
    case STOP_OUTSIDE: return faultVm("callx attempted to call outside of the text segment");
    case STOP_DIVIDE_BY_ZERO: return faultVm("divide by zero at BPF instruction");
    case STOP_DIVIDE_OVERFLOW: return faultVm("division overflow at BPF instruction");
    default: return vmViolation(FAULT_VM, addr, size, why == STOP_STORE);
  }
}

/** Host address of what an instruction reads, or 0. */
// @ts-ignore: decorator
@inline
function readable(regions: usize, addr: u64, size: u64): usize {
  const index = addr >> 32;
  if (index >= REGIONS) return 0;
  const region = regions + <usize>index * REGION_SIZE;
  let offset = <u32>addr;
  if (load<u8>(region, REGION_GAPPED)) {
    if (offset & FRAME) return 0;
    offset = ((offset >> 1) & ~(FRAME - 1)) | (offset & (FRAME - 1));
  }
  if (<u64>offset + size > <u64>load<u32>(region, REGION_LEN)) return 0;
  return <usize>load<u32>(region, REGION_HOST) + offset;
}

/** Host address of what an instruction writes, or 0. Notes what it reaches of the stack, which is given back zero. */
// @ts-ignore: decorator
@inline
function writable(base: usize, addr: u64, size: u64): usize {
  const index = addr >> 32;
  if (index >= REGIONS) return 0;
  const region = base + VM_REGIONS + <usize>index * REGION_SIZE;
  if (!load<u8>(region, REGION_WRITABLE)) return 0;
  let offset = <u32>addr;
  if (load<u8>(region, REGION_GAPPED)) {
    if (offset & FRAME) return 0;
    offset = ((offset >> 1) & ~(FRAME - 1)) | (offset & (FRAME - 1));
  }
  if (<u64>offset + size > <u64>load<u32>(region, REGION_LEN)) return 0;
  if (index == REGION_STACK) {
    if (offset < load<u32>(base, VM_STACK_LOW)) store<u32>(base, offset, VM_STACK_LOW);
    if (offset + <u32>size > load<u32>(base, VM_STACK_HIGH)) store<u32>(base, offset + <u32>size, VM_STACK_HIGH);
  }
  return <usize>load<u32>(region, REGION_HOST) + offset;
}

// @ts-ignore: decorator
@inline
function displaced(value: u64, at: usize): u64 {
  return value + <u64>(<i64>load<i16>(at, 2));
}
// @ts-ignore: decorator
@inline
function framed(frame: usize, at: usize): usize {
  return frame + <usize>(<i32>load<i16>(at, 2));
}

/** r6 to r10. */
// @ts-ignore: decorator
@inline
function save(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
  store<u64>(to, load<u64>(from, 32), 32);
}

function run(base: usize): u64 {
  const executable = <usize>load<u32>(base, VM_EXECUTABLE);
  const code = <usize>load<u32>(executable, EXE_CODE);
  const version: u32 = load<u8>(executable, EXE_VERSION);
  // Frames of v0 and v3 have their size from the machine, those of v1 and v2 from the program.
  const fixed = version == 0 || version == 3;
  const step: u64 = version == 0 ? FRAME * 2 : FRAME;
  const regions = base + VM_REGIONS;
  const stack: usize = load<u32>(regions + <usize>REGION_STACK * REGION_SIZE, REGION_HOST);
  const frames = base + VM_FRAMES;
  let depth: u32 = 0;
  let frame: usize = stack + FRAME;
  let ip: usize = code + (<usize>load<u32>(executable, EXE_ENTRY) << 3);
  let limit: u64 = <u64>ip + (min(unitsLeft(), MAX_UNITS) << 3);
  if (fixed) {
    store<u32>(base, 0, VM_STACK_LOW);
    store<u32>(base, FRAME, VM_STACK_HIGH);
  }
  while (true) {
    const at = ip;
    ip += 8;
    switch (<u32>load<u8>(at)) {
      case ALU64 + ADD: setDst(at, dst(at) + imm(at)); continue;
      case ALU64 + ADD + 1: setDst(at, dst(at) + src(at)); continue;
      case ALU64 + SUB: setDst(at, dst(at) - imm(at)); continue;
      case ALU64 + SUB + 1: setDst(at, dst(at) - src(at)); continue;
      case ALU64 + MUL: setDst(at, dst(at) * imm(at)); continue;
      case ALU64 + MUL + 1: setDst(at, dst(at) * src(at)); continue;
      case ALU64 + LDDW:
        setDst(at, (<u64>load<u32>(at, 12) << 32) | imm32(at));
        ip += 8;
        limit += 8;
        continue;
      case ALU64 + OR: setDst(at, dst(at) | imm(at)); continue;
      case ALU64 + OR + 1: setDst(at, dst(at) | src(at)); continue;
      case ALU64 + AND: setDst(at, dst(at) & imm(at)); continue;
      case ALU64 + AND + 1: setDst(at, dst(at) & src(at)); continue;
      case ALU64 + LSH: setDst(at, dst(at) << imm(at)); continue;
      case ALU64 + LSH + 1: setDst(at, dst(at) << src(at)); continue;
      case ALU64 + RSH: setDst(at, dst(at) >> imm(at)); continue;
      case ALU64 + RSH + 1: setDst(at, dst(at) >> src(at)); continue;
      case ALU64 + NEG: setDst(at, 0 - dst(at)); continue;
      case ALU64 + XOR: setDst(at, dst(at) ^ imm(at)); continue;
      case ALU64 + XOR + 1: setDst(at, dst(at) ^ src(at)); continue;
      case ALU64 + MOV: setDst(at, imm(at)); continue;
      case ALU64 + MOV + 1: setDst(at, src(at)); continue;
      case ALU64 + ARSH: setDst(at, <u64>(<i64>dst(at) >> <i64>imm(at))); continue;
      case ALU64 + ARSH + 1: setDst(at, <u64>(<i64>dst(at) >> <i64>src(at))); continue;
      case ALU32 + ADD: setDst(at, <u64>(<i64>(<i32>(dst32(at) + imm32(at))))); continue;
      case ALU32 + ADD + 1: setDst(at, <u64>(<i64>(<i32>(dst32(at) + src32(at))))); continue;
      case ALU32 + SUB: setDst(at, <u64>(<i64>(<i32>(dst32(at) - imm32(at))))); continue;
      case ALU32 + SUB + 1: setDst(at, <u64>(<i64>(<i32>(dst32(at) - src32(at))))); continue;
      case ALU32 + MUL: setDst(at, <u64>(<i64>(<i32>(dst32(at) * imm32(at))))); continue;
      case ALU32 + MUL + 1: setDst(at, <u64>(<i64>(<i32>(dst32(at) * src32(at))))); continue;
      case ALU32 + OR: setDst(at, dst32(at) | imm32(at)); continue;
      case ALU32 + OR + 1: setDst(at, dst32(at) | src32(at)); continue;
      case ALU32 + AND: setDst(at, dst32(at) & imm32(at)); continue;
      case ALU32 + AND + 1: setDst(at, dst32(at) & src32(at)); continue;
      case ALU32 + LSH: setDst(at, dst32(at) << imm32(at)); continue;
      case ALU32 + LSH + 1: setDst(at, dst32(at) << src32(at)); continue;
      case ALU32 + RSH: setDst(at, dst32(at) >> imm32(at)); continue;
      case ALU32 + RSH + 1: setDst(at, dst32(at) >> src32(at)); continue;
      case ALU32 + XOR: setDst(at, dst32(at) ^ imm32(at)); continue;
      case ALU32 + XOR + 1: setDst(at, dst32(at) ^ src32(at)); continue;
      case ALU32 + MOV: setDst(at, imm32(at)); continue;
      case ALU32 + MOV + 1: setDst(at, src32(at)); continue;
      case ALU32 + ARSH: setDst(at, <u32>(<i32>dst32(at) >> <i32>imm32(at))); continue;
      case ALU32 + ARSH + 1: setDst(at, <u32>(<i32>dst32(at) >> <i32>src32(at))); continue;
      case JUMP + JA: break;
      case JUMP + JEQ: if (dst(at) == imm(at)) break; continue;
      case JUMP + JEQ + 1: if (dst(at) == src(at)) break; continue;
      case JUMP + JGT: if (dst(at) > imm(at)) break; continue;
      case JUMP + JGT + 1: if (dst(at) > src(at)) break; continue;
      case JUMP + JGE: if (dst(at) >= imm(at)) break; continue;
      case JUMP + JGE + 1: if (dst(at) >= src(at)) break; continue;
      case JUMP + JSET: if (dst(at) & imm(at)) break; continue;
      case JUMP + JSET + 1: if (dst(at) & src(at)) break; continue;
      case JUMP + JNE: if (dst(at) != imm(at)) break; continue;
      case JUMP + JNE + 1: if (dst(at) != src(at)) break; continue;
      case JUMP + JSGT: if (<i64>dst(at) > <i64>imm(at)) break; continue;
      case JUMP + JSGT + 1: if (<i64>dst(at) > <i64>src(at)) break; continue;
      case JUMP + JSGE: if (<i64>dst(at) >= <i64>imm(at)) break; continue;
      case JUMP + JSGE + 1: if (<i64>dst(at) >= <i64>src(at)) break; continue;
      case JUMP + CALL:
      case JUMP + CALLX: {
        if (limit <= <u64>at) return stop(at, limit, STOP_UNITS, 0, 0);
        let target: u64 = imm32(at);
        const indirect = load<u8>(at) == JUMP + CALLX;
        if (indirect) target = (src(at) - load<u64>(executable, EXE_CODE_ADDRESS)) >> 3;
        const saved = frames + <usize>depth * SAVED_SIZE;
        save(saved, REGS + 48);
        store<u32>(saved, <u32>ip, 40);
        depth += 1;
        if (depth == MAX_DEPTH) return stop(at, limit, STOP_DEPTH, 0, 0);
        if (fixed) {
          store<u64>(REGS, load<u64>(REGS, 80) + step, 80);
          frame += FRAME;
          const end = <u32>(frame - stack);
          if (end > load<u32>(base, VM_STACK_HIGH)) store<u32>(base, end, VM_STACK_HIGH);
        }
        if (indirect && target >= load<u32>(executable, EXE_CODE_COUNT)) return stop(at, limit, STOP_OUTSIDE, 0, 0);
        const next = code + (<usize>target << 3);
        limit += <u64>next - <u64>ip;
        ip = next;
        continue;
      }
      case JUMP + EXIT: {
        if (limit <= <u64>at) return stop(at, limit, STOP_UNITS, 0, 0);
        if (!depth) {
          meterSet((limit - ip) >> 3);
          return load<u64>(REGS);
        }
        depth -= 1;
        const saved = frames + <usize>depth * SAVED_SIZE;
        save(REGS + 48, saved);
        if (fixed) frame -= FRAME;
        const next = <usize>load<u32>(saved, 40);
        limit += <u64>next - <u64>ip;
        ip = next;
        continue;
      }
      case JUMP + JLT: if (dst(at) < imm(at)) break; continue;
      case JUMP + JLT + 1: if (dst(at) < src(at)) break; continue;
      case JUMP + JLE: if (dst(at) <= imm(at)) break; continue;
      case JUMP + JLE + 1: if (dst(at) <= src(at)) break; continue;
      case JUMP + JSLT: if (<i64>dst(at) < <i64>imm(at)) break; continue;
      case JUMP + JSLT + 1: if (<i64>dst(at) < <i64>src(at)) break; continue;
      case JUMP + JSLE: if (<i64>dst(at) <= <i64>imm(at)) break; continue;
      case JUMP + JSLE + 1: if (<i64>dst(at) <= <i64>src(at)) break; continue;
      case LOAD: {
        const addr = displaced(src(at), at);
        const host = readable(regions, addr, 1);
        if (!host) return stop(at, limit, STOP_LOAD, addr, 1);
        setDst(at, load<u8>(host));
        continue;
      }
      case LOAD + 1: {
        const addr = displaced(src(at), at);
        const host = readable(regions, addr, 2);
        if (!host) return stop(at, limit, STOP_LOAD, addr, 2);
        setDst(at, load<u16>(host));
        continue;
      }
      case LOAD + 2: {
        const addr = displaced(src(at), at);
        const host = readable(regions, addr, 4);
        if (!host) return stop(at, limit, STOP_LOAD, addr, 4);
        setDst(at, load<u32>(host));
        continue;
      }
      case LOAD + 3: {
        const addr = displaced(src(at), at);
        const host = readable(regions, addr, 8);
        if (!host) return stop(at, limit, STOP_LOAD, addr, 8);
        setDst(at, load<u64>(host));
        continue;
      }
      case STORE_IMM: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 1);
        if (!host) return stop(at, limit, STOP_STORE, addr, 1);
        store<u8>(host, <u8>imm32(at));
        continue;
      }
      case STORE_IMM + 1: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 2);
        if (!host) return stop(at, limit, STOP_STORE, addr, 2);
        store<u16>(host, <u16>imm32(at));
        continue;
      }
      case STORE_IMM + 2: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 4);
        if (!host) return stop(at, limit, STOP_STORE, addr, 4);
        store<u32>(host, imm32(at));
        continue;
      }
      case STORE_IMM + 3: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 8);
        if (!host) return stop(at, limit, STOP_STORE, addr, 8);
        store<u64>(host, imm(at));
        continue;
      }
      case STORE: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 1);
        if (!host) return stop(at, limit, STOP_STORE, addr, 1);
        store<u8>(host, <u8>src32(at));
        continue;
      }
      case STORE + 1: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 2);
        if (!host) return stop(at, limit, STOP_STORE, addr, 2);
        store<u16>(host, <u16>src32(at));
        continue;
      }
      case STORE + 2: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 4);
        if (!host) return stop(at, limit, STOP_STORE, addr, 4);
        store<u32>(host, src32(at));
        continue;
      }
      case STORE + 3: {
        const addr = displaced(dst(at), at);
        const host = writable(base, addr, 8);
        if (!host) return stop(at, limit, STOP_STORE, addr, 8);
        store<u64>(host, src(at));
        continue;
      }
      case FRAME_LOAD: setDst(at, load<u8>(framed(frame, at))); continue;
      case FRAME_LOAD + 1: setDst(at, load<u16>(framed(frame, at))); continue;
      case FRAME_LOAD + 2: setDst(at, load<u32>(framed(frame, at))); continue;
      case FRAME_LOAD + 3: setDst(at, load<u64>(framed(frame, at))); continue;
      case FRAME_STORE_IMM: store<u8>(framed(frame, at), <u8>imm32(at)); continue;
      case FRAME_STORE_IMM + 1: store<u16>(framed(frame, at), <u16>imm32(at)); continue;
      case FRAME_STORE_IMM + 2: store<u32>(framed(frame, at), imm32(at)); continue;
      case FRAME_STORE_IMM + 3: store<u64>(framed(frame, at), imm(at)); continue;
      case FRAME_STORE: store<u8>(framed(frame, at), <u8>src32(at)); continue;
      case FRAME_STORE + 1: store<u16>(framed(frame, at), <u16>src32(at)); continue;
      case FRAME_STORE + 2: store<u32>(framed(frame, at), src32(at)); continue;
      case FRAME_STORE + 3: store<u64>(framed(frame, at), src(at)); continue;
      case SYSCALL: {
        if (limit <= <u64>at) return stop(at, limit, STOP_UNITS, 0, 0);
        meterSet((limit - ip) >> 3);
        const index = load<i32>(at, 4);
        if (load<u8>(base, VM_ALONE) && syscallOfTransaction(index)) return faultSyscall("a system call that needs a transaction");
        const before = unitsLeft();
        const r0 = syscallRun(
          index, load<u64>(REGS, 8), load<u64>(REGS, 16), load<u64>(REGS, 24), load<u64>(REGS, 32), load<u64>(REGS, 40),
        );
        if (faultKind()) return 0;
        store<u64>(REGS, r0);
        store<u64>(base, load<u64>(base, VM_SYSCALL_UNITS) + before - unitsLeft(), VM_SYSCALL_UNITS);
        limit = <u64>ip + (min(unitsLeft(), MAX_UNITS) << 3);
        continue;
      }
      case UNSUPPORTED: return stop(at, limit, STOP_UNSUPPORTED, 0, 0);
      case OVERRUN: return stop(at, limit, STOP_OVERRUN, 0, 0);
      case RARE: {
        const result = runRare(at);
        if (result == RARE_DONE) continue;
        const why =
          result == RARE_DIVIDE_BY_ZERO ? STOP_DIVIDE_BY_ZERO : result == RARE_DIVIDE_OVERFLOW ? STOP_DIVIDE_OVERFLOW : STOP_UNSUPPORTED;
        return stop(at, limit, why, 0, 0);
      }
      default:
        if (rareJump(at)) break;
        continue;
    }
    // A jump that is taken.
    if (limit <= <u64>at) return stop(at, limit, STOP_UNITS, 0, 0);
    const distance: i32 = <i32>load<i16>(at, 2) << 3;
    ip += distance;
    limit += <u64>(<i64>distance);
  }
}

/** Runs the machine on top (vm.ts: executable, registers, regions are set) until it returns: r0, or a fault. Takes units from the meter. */
export function interpret(): u64 {
  faultReset();
  registersEnter();
  const result = run(vmBase());
  registersLeave();
  return result;
}
