/**
 * What code must be like before it may run. Source: solana-sbpf 0.23 src/verifier.rs RequisiteVerifier, checks in its order.
 * Opcodes by number: class in the low 3 bits (0 lddw, 1 load, 2 store immediate, 3 store, 4 alu32, 5 jump, 6 jump32 or v2's product and
 * quotient, 7 alu64), 8 = register operand, operation in the high 4 bits. v2 has loads in class 4 and stores in class 7.
 */
import { elfError, elfErrorHex, elfErrorNumber } from "./elf-error";

export const LDDW: u32 = 0x18;
export const CALL_IMM: u32 = 0x85;
export const CALL_REG: u32 = 0x8d;
export const EXIT: u32 = 0x95;
const ADD64_IMM: u32 = 0x07;
const BE: u32 = 0xdc;

/** What an opcode is, for the checks. */
const UNKNOWN: u32 = 0;
const PLAIN: u32 = 1;
const STORE: u32 = 2;
const DIVISION: u32 = 3; // by an immediate
const SHIFT32: u32 = 4; // by an immediate
const SHIFT64: u32 = 5;
const SWAP: u32 = 6; // le, be
const JUMP: u32 = 7;
const CALLX: u32 = 8;
const WIDE: u32 = 9; // lddw

function isMemory(opcode: u32): bool {
  const mode = opcode & 0xe7;
  return mode == 0x61 || mode == 0x62 || mode == 0x63; // ldx, st, stx with a displacement
}

function alu(opcode: u32, version: u32): u32 {
  const wide = (opcode & 7) == 7;
  const register = (opcode & 8) != 0;
  switch (opcode >> 4) {
    case 2: // mul, or v2: load 1 byte / store 1 byte
      return version != 2 ? PLAIN : wide ? STORE : register ? PLAIN : UNKNOWN;
    case 3: // div, or v2: 2 bytes
    case 9: // mod, or v2: 8 bytes
      return version != 2 ? (register ? PLAIN : DIVISION) : wide ? STORE : register ? PLAIN : UNKNOWN;
    case 8: // neg, or v2: 4 bytes
      return version != 2 ? (register ? UNKNOWN : PLAIN) : wide ? STORE : register ? PLAIN : UNKNOWN;
    case 6: // lsh, rsh, arsh
    case 7:
    case 12:
      return register ? PLAIN : wide ? SHIFT64 : SHIFT32;
    case 13: // le, be
      return wide ? UNKNOWN : register || version != 2 ? SWAP : UNKNOWN;
    case 14:
      return UNKNOWN;
    case 15: // hor
      return wide && !register && version == 2 ? PLAIN : UNKNOWN;
    default: // add, sub, or, and, xor, mov
      return PLAIN;
  }
}

/** v2: bit 4 is 64 bit, bits 5 to 7 the operation; the high half of a product is 64 bit only. */
function product(opcode: u32): u32 {
  const operation = opcode >> 5;
  const wide = (opcode & 0x10) != 0;
  if (operation == 0) return UNKNOWN;
  if (operation == 1 || operation == 5) return wide ? PLAIN : UNKNOWN;
  if (operation == 4) return PLAIN;
  return opcode & 8 ? PLAIN : DIVISION;
}

function kind(opcode: u32, version: u32): u32 {
  switch (opcode & 7) {
    case 0:
      return opcode == LDDW && version != 2 ? WIDE : UNKNOWN;
    case 1:
      return isMemory(opcode) && version != 2 ? PLAIN : UNKNOWN;
    case 2:
    case 3:
      return isMemory(opcode) && version != 2 ? STORE : UNKNOWN;
    case 5:
      if (opcode == CALL_IMM || opcode == EXIT) return PLAIN;
      if (opcode == CALL_REG) return CALLX;
      // ja has no register form; call and exit are above; 0xe and 0xf are free
      return opcode == 0x05 || (opcode > 0x0d && opcode >> 4 != 8 && opcode >> 4 != 9 && opcode >> 4 < 14) ? JUMP : UNKNOWN;
    case 6:
      if (version == 2) return product(opcode);
      return version == 3 && opcode > 0x0e && opcode >> 4 != 8 && opcode >> 4 != 9 && opcode >> 4 < 14 ? JUMP : UNKNOWN;
    default:
      return alu(opcode, version);
  }
}

/** kind() of every opcode of a version, made once. */
const kinds: usize = memory.data(1024, 8);
let kindsKnown: bool = false;

function kindsOf(version: u32): usize {
  if (!kindsKnown) {
    kindsKnown = true;
    for (let v: u32 = 0; v < 4; v++) {
      for (let opcode: u32 = 0; opcode < 256; opcode++) store<u8>(kinds + (v << 8) + opcode, <u8>kind(opcode, v));
    }
  }
  return kinds + (version << 8);
}

/** `before`, the number of the instruction, `after`. */
function refuse(before: string, instruction: u64): bool {
  elfError("Verifier error: ");
  elfError(before);
  elfError(" (insn #");
  elfErrorNumber(instruction);
  return elfError(")");
}

function checkShift(imm: i64, bits: u64, i: u32): bool {
  if (imm >= 0 && <u64>imm < bits) return true;
  // Agave has the two numbers the wrong way round.
  elfError("Verifier error: Shift with overflow of ");
  elfErrorNumber(imm);
  elfError("-bit value by ");
  elfErrorNumber(bits);
  elfError(" (insn #");
  elfErrorNumber(i);
  return elfError(")");
}

function jumpError(what: string, target: i64, i: u32): bool {
  elfError("Verifier error: ");
  elfError(what);
  elfErrorNumber(target);
  elfError(" (insn #");
  elfErrorNumber(i);
  return elfError(")");
}

function checkJump(code: usize, count: u32, i: u32): bool {
  const target = <i64>i + 1 + load<i16>(code + (<usize>i << 3), 2);
  if (target < 0 || target >= <i64>count) return jumpError("jump out of code to #", target, i);
  if (!load<u8>(code + (<usize>target << 3))) return jumpError("jump to middle of LD_DW at #", target, i);
  return true;
}

function checkCallx(at: usize, version: u32, i: u32): bool {
  const registers: u32 = load<u8>(at, 1);
  const register: i64 = version == 2 ? registers >> 4 : version == 3 ? registers & 15 : load<i32>(at, 4);
  if (register >= 0 && register < 10) return true;
  elfError("Verifier error: Invalid register specified at instruction ");
  return elfErrorNumber(i);
}

function checkRegisters(at: usize, isStore: bool, version: u32, i: u32): bool {
  const registers: u32 = load<u8>(at, 1);
  if (registers >> 4 > 10) return refuse("invalid source register", i);
  const dst = registers & 15;
  if (dst < 10 || (dst == 10 && isStore)) return true;
  if (dst > 10) return refuse("invalid destination register", i);
  if ((version == 1 || version == 2) && load<u8>(at) == ADD64_IMM) return true;
  return refuse("cannot write into register r10", i);
}

/** True: [code, code + length) may run. False: the error is noted, as the loader logs it. */
export function verify(code: usize, length: u32, version: u32): bool {
  if (length & 7) return elfError("Verifier error: program length must be a multiple of 8 octets");
  if (!length) return elfError("Verifier error: no program set, call prog_set() to load one");
  const count = length >> 3;
  const table = kindsOf(version);
  const frames = version == 1 || version == 2; // of the program's own size: it adds to r10
  for (let i: u32 = 0; i < count; i++) {
    const at = code + (<usize>i << 3);
    const opcode: u32 = load<u8>(at);
    const imm: i64 = load<i32>(at, 4);
    const k: u32 = load<u8>(table + opcode);
    switch (k) {
      case UNKNOWN: {
        elfError("Verifier error: unknown eBPF opcode ");
        elfErrorHex(opcode);
        elfError(" (insn #");
        elfErrorNumber(i);
        return elfError(")");
      }
      case DIVISION:
        if (!imm) return refuse("division by 0", i);
        break;
      case SHIFT32:
        if (!checkShift(imm, 32, i)) return false;
        break;
      case SHIFT64:
        if (!checkShift(imm, 64, i)) return false;
        break;
      case SWAP:
        if (imm != 16 && imm != 32 && imm != 64) return refuse("unsupported argument for LE/BE", i);
        break;
      case JUMP:
        if (!checkJump(code, count, i)) return false;
        break;
      case CALLX:
        if (!checkCallx(at, version, i)) return false;
        break;
      case WIDE:
        if (i + 1 >= count) return elfError("Verifier error: LD_DW instruction cannot be last in program");
        if (load<u8>(at, 8)) return refuse("incomplete LD_DW instruction", i);
        i += 1;
        break;
      default:
        if (frames && opcode == ADD64_IMM && (load<u8>(at, 1) & 15) == 10 && imm & 63)
          return refuse("Unaligned immediate", i);
        break;
    }
    const registers: u32 = load<u8>(at, 1);
    if ((registers & 15) < 10 && registers <= 0xaf) continue;
    if (!checkRegisters(at, k == STORE, version, i)) return false;
  }
  return true;
}
