/** From the bytes of verified code to what the interpreter runs (code.ts). Nothing here can fail: what has no meaning stops when it is run. */
import { heapAlloc } from "../../memory/heap";
import {
  ADD,
  ALU32,
  ALU64,
  CALL,
  FRAME_LOAD,
  FRAME_STORE,
  FRAME_STORE_IMM,
  JUMP,
  LDDW,
  LOAD,
  MOV,
  OVERRUN,
  RARE,
  RARE_JUMP,
  STORE,
  STORE_IMM,
  SUB,
  SYSCALL,
  UNSUPPORTED,
} from "./code";
import { EXE_CODE, EXE_CODE_COUNT } from "./executable";
import { functionsLookup } from "./functions";
import { syscallFind } from "./syscalls/table";
import { CALL_IMM } from "./verifier";

/** Size of a stack frame in bytes. */
const FRAME: i32 = 4096;

/** log2 of the bytes that an instruction with this size field (bits 3 and 4) reaches: W, H, B, DW. */
function sizeOf(opcode: u32): u32 {
  const field = (opcode >> 3) & 3;
  return field == 0 ? 2 : field == 1 ? 1 : field == 2 ? 0 : 3;
}
/** The same of v2, where the size is in the high half: 2, 3, 8, 9. */
function sizeOfMoved(operation: u32): u32 {
  return operation < 4 ? operation - 2 : operation - 6;
}
/** An access relative to r10 that stays in the frame below it needs no check where r10 cannot change. */
function inFrame(register: u32, displacement: i32, size: u32, version: u32): bool {
  return register == 10 && (version == 0 || version == 3) && displacement >= -FRAME && displacement + (1 << size) <= 0;
}

let out: usize = 0;
function put(operation: u32, dst: u32, displacement: i32, rest: u32): void {
  store<u8>(out, <u8>operation);
  store<u8>(out, <u8>(dst << 3), 1);
  store<i16>(out, <i16>displacement, 2);
  store<u32>(out, rest, 4);
}

function putLoad(dst: u32, src: u32, displacement: i32, size: u32, version: u32): void {
  put((inFrame(src, displacement, size, version) ? FRAME_LOAD : LOAD) + size, dst, displacement, src << 3);
}
function putStore(dst: u32, src: u32, displacement: i32, size: u32, version: u32): void {
  put((inFrame(dst, displacement, size, version) ? FRAME_STORE : STORE) + size, dst, displacement, src << 3);
}
function putStoreImm(dst: u32, displacement: i32, imm: u32, size: u32, version: u32): void {
  put((inFrame(dst, displacement, size, version) ? FRAME_STORE_IMM : STORE_IMM) + size, dst, displacement, imm);
}

function putCall(src: u32, imm: u32, i: u32, count: u32, version: u32, deploying: bool): void {
  let syscall = -1;
  let target: i64 = -1;
  if (version < 3) {
    syscall = syscallFind(imm, deploying);
    target = functionsLookup(imm);
  } else if (src == 0) syscall = syscallFind(imm, deploying);
  else if (src == 1) target = <i64>i + 1 + <i64>(<i32>imm);
  if (syscall >= 0) put(SYSCALL, 0, 0, syscall);
  else if (target >= 0 && target < <i64>count) put(JUMP + CALL, 0, 0, <u32>target);
  else put(UNSUPPORTED, 0, 0, 0);
}

/** Arithmetic. What the interpreter has no place of its own for keeps its opcode, + 256 where v2 means something else. */
function putAlu(opcode: u32, dst: u32, src: u32, displacement: i32, imm: u32, version: u32): void {
  const wide = (opcode & 7) == 7;
  const operation = opcode >> 4;
  const register = (opcode >> 3) & 1;
  const moved = operation == 2 || operation == 3 || operation == 8 || operation == 9;
  const rest: u32 = register ? src << 3 : imm;
  if (version == 2 && moved) {
    const size = sizeOfMoved(operation);
    if (!wide) putLoad(dst, src, displacement, size, version);
    else if (register) putStore(dst, src, displacement, size, version);
    else putStoreImm(dst, displacement, imm, size, version);
    return;
  }
  const code = (operation << 1) | register;
  const ofV2 = wide ? code == SUB : code <= SUB + 1 || code == MOV + 1;
  if (version == 2 && ofV2) return put(RARE, dst, opcode | 256, rest);
  const seldom = operation == 3 || operation == 9 || operation > 12 || (!wide && operation == 8);
  if (seldom) put(RARE, dst, opcode, opcode >= 0xd4 ? imm : rest);
  else put((wide ? ALU64 : ALU32) + code, dst, 0, rest);
}

/** Translates `count` instructions into the executable. The functions of the file are in functions.ts. */
export function translateCode(executable: usize, code: usize, count: u32, version: u32, deploying: bool): void {
  const translated = heapAlloc((count + 1) << 3);
  store<u32>(executable, <u32>translated, EXE_CODE);
  store<u32>(executable, count, EXE_CODE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const at = code + (<usize>i << 3);
    out = translated + (<usize>i << 3);
    const opcode: u32 = load<u8>(at);
    const dst: u32 = load<u8>(at, 1) & 15;
    const src: u32 = load<u8>(at, 1) >> 4;
    const displacement: i32 = load<i16>(at, 2);
    const imm = load<u32>(at, 4);
    switch (opcode & 7) {
      case 0:
        put(ALU64 + LDDW, dst, 0, imm);
        i += 1;
        out += 8;
        put(UNSUPPORTED, 0, 0, load<u32>(at, 12));
        break;
      case 1:
        putLoad(dst, src, displacement, sizeOf(opcode), version);
        break;
      case 2:
        putStoreImm(dst, displacement, imm, sizeOf(opcode), version);
        break;
      case 3:
        putStore(dst, src, displacement, sizeOf(opcode), version);
        break;
      case 5:
        if (opcode == CALL_IMM) putCall(src, imm, i, count, version, deploying);
        else if (opcode == CALL_IMM + 8) put(JUMP + CALL + 1, 0, 0, (version == 2 ? src : version == 3 ? dst : imm) << 3);
        else put(JUMP + (opcode >> 3), dst, displacement, opcode & 8 ? src << 3 : imm);
        break;
      case 6:
        if (version == 2) put(RARE, dst, opcode, opcode & 8 ? src << 3 : imm);
        else put(RARE_JUMP + (opcode >> 3), dst, displacement, opcode & 8 ? src << 3 : imm);
        break;
      default:
        putAlu(opcode, dst, src, displacement, imm, version);
        break;
    }
  }
  out = translated + (<usize>count << 3);
  put(OVERRUN, 0, 0, 0);
}
