/**
 * Operations that programs seldom use: division, byte order, negation of 32 bits, all that is different in v2, and the 32-bit jumps of v3.
 * Source: solana-sbpf 0.23 src/interpreter.rs. Of a RARE instruction the opcode is at 2 (+ 256: as v2 means it).
 */
import { RARE_JUMP } from "./code";
import { dst, dst32, imm, imm32, setDst, src, src32 } from "./registers";

export const RARE_DONE: i32 = 0;
export const RARE_DIVIDE_BY_ZERO: i32 = 1;
export const RARE_DIVIDE_OVERFLOW: i32 = 2;
export const RARE_UNSUPPORTED: i32 = 3;

const MIN32: i32 = i32.MIN_VALUE;
const MIN64: i64 = i64.MIN_VALUE;

/** High 64 bits of a product. */
function highUnsigned(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  const other = al * bh + (middle & 0xffffffff);
  return ah * bh + (middle >> 32) + (other >> 32);
}
function highSigned(a: i64, b: i64): u64 {
  return highUnsigned(a, b) - (a < 0 ? <u64>b : 0) - (b < 0 ? <u64>a : 0);
}

function swap(at: usize, big: bool): i32 {
  const v = dst(at);
  switch (imm32(at)) {
    case 16:
      setDst(at, big ? bswap<u16>(<u16>v) : <u64>(<u16>v));
      return RARE_DONE;
    case 32:
      setDst(at, big ? bswap<u32>(<u32>v) : <u64>(<u32>v));
      return RARE_DONE;
    default:
      if (big) setDst(at, bswap<u64>(v));
      return RARE_DONE;
  }
}

function divide32(at: usize, b: u32, remainder: bool): i32 {
  if (!b) return RARE_DIVIDE_BY_ZERO;
  const a = dst32(at);
  setDst(at, remainder ? a % b : a / b);
  return RARE_DONE;
}
function divide64(at: usize, b: u64, remainder: bool): i32 {
  if (!b) return RARE_DIVIDE_BY_ZERO;
  const a = dst(at);
  setDst(at, remainder ? a % b : a / b);
  return RARE_DONE;
}
function signed32(at: usize, b: i32, remainder: bool): i32 {
  if (!b) return RARE_DIVIDE_BY_ZERO;
  const a = <i32>dst32(at);
  if (a == MIN32 && b == -1) return RARE_DIVIDE_OVERFLOW;
  setDst(at, <u32>(remainder ? a % b : a / b));
  return RARE_DONE;
}
function signed64(at: usize, b: i64, remainder: bool): i32 {
  if (!b) return RARE_DIVIDE_BY_ZERO;
  const a = <i64>dst(at);
  if (a == MIN64 && b == -1) return RARE_DIVIDE_OVERFLOW;
  setDst(at, remainder ? a % b : a / b);
  return RARE_DONE;
}

/** v2: bit 3 register operand, 4: 64 bit, 5: remainder, 6: division, 7: signed (of a product: 5 is the high half, 7 signed or low). */
function product(at: usize, opcode: u32): i32 {
  const register = (opcode & 8) != 0;
  const wide = (opcode & 16) != 0;
  const second = (opcode & 32) != 0;
  const operand = register ? src(at) : imm(at);
  switch (opcode >> 6) {
    case 0: // the high half, unsigned: an immediate counts as 32 bits without sign
      setDst(at, highUnsigned(dst(at), register ? operand : <u64>(<u32>operand)));
      return RARE_DONE;
    case 1:
      return wide ? divide64(at, register ? operand : <u64>(<u32>operand), second) : divide32(at, <u32>operand, second);
    case 2:
      if (second) setDst(at, highSigned(dst(at), operand));
      else setDst(at, wide ? dst(at) * operand : <u64>(dst32(at) * <u32>operand));
      return RARE_DONE;
    default:
      return wide ? signed64(at, operand, second) : signed32(at, <i32>operand, second);
  }
}

export function runRare(at: usize): i32 {
  const opcode: u32 = load<u16>(at, 2);
  switch (opcode) {
    case 0x34: return divide32(at, imm32(at), false);
    case 0x3c: return divide32(at, src32(at), false);
    case 0x94: return divide32(at, imm32(at), true);
    case 0x9c: return divide32(at, src32(at), true);
    case 0x37: return divide64(at, imm(at), false);
    case 0x3f: return divide64(at, src(at), false);
    case 0x97: return divide64(at, imm(at), true);
    case 0x9f: return divide64(at, src(at), true);
    case 0x84: setDst(at, <u32>(0 - dst32(at))); return RARE_DONE;
    case 0xd4: return swap(at, false);
    case 0xdc: return swap(at, true);
    case 0xf7: setDst(at, dst(at) | (imm(at) << 32)); return RARE_DONE;
    // as v2 means them: no sign extension but of mov32, and the immediate is what is subtracted from
    case 0x104: setDst(at, <u32>(dst32(at) + imm32(at))); return RARE_DONE;
    case 0x10c: setDst(at, <u32>(dst32(at) + src32(at))); return RARE_DONE;
    case 0x114: setDst(at, <u32>(imm32(at) - dst32(at))); return RARE_DONE;
    case 0x11c: setDst(at, <u32>(dst32(at) - src32(at))); return RARE_DONE;
    case 0x117: setDst(at, imm(at) - dst(at)); return RARE_DONE;
    case 0x1bc: setDst(at, <u64>(<i64>(<i32>src32(at)))); return RARE_DONE;
    default: return (opcode & 7) == 6 ? product(at, opcode) : RARE_UNSUPPORTED;
  }
}

/** Whether a conditional jump of 32 bits is taken. */
export function rareJump(at: usize): bool {
  const code: u32 = <u32>load<u8>(at) - RARE_JUMP;
  const a = dst32(at);
  const b = code & 1 ? src32(at) : imm32(at);
  switch (code >> 1) {
    case 1: return a == b;
    case 2: return a > b;
    case 3: return a >= b;
    case 4: return (a & b) != 0;
    case 5: return a != b;
    case 6: return <i32>a > <i32>b;
    case 7: return <i32>a >= <i32>b;
    case 10: return a < b;
    case 11: return a <= b;
    case 12: return <i32>a < <i32>b;
    default: return <i32>a <= <i32>b;
  }
}
