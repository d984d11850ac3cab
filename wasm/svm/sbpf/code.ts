/**
 * The code as the interpreter runs it: 8 bytes an instruction, as many instructions as in the file and one more.
 *
 *   0 u8 operation (below)   1 u8 dst * 8   2 i16 displacement   4 i32 immediate; of an operation with a source register: u8 src * 8
 *
 * Operations of class 7 (alu64) are ALU64 + high half of the opcode * 2 + register operand, those of class 4 and 5 likewise, so a
 * translated instruction still says what it was. A jump keeps its displacement; a call has the number of its first instruction; a
 * system call its index (syscalls/table.ts). lddw takes two places, like in the file.
 *
 * Numbers are close together and begin at 1: so the interpreter's switch becomes one jump table.
 */

export const ALU64: u32 = 1;
export const ALU32: u32 = 33;
export const JUMP: u32 = 65;
/** Operation codes within ALU64 and ALU32; + 1 with a source register. */
export const ADD: u32 = 0;
export const SUB: u32 = 2;
export const MUL: u32 = 4;
/** In the place of ALU64 div, which is RARE. */
export const LDDW: u32 = 6;
export const OR: u32 = 8;
export const AND: u32 = 10;
export const LSH: u32 = 12;
export const RSH: u32 = 14;
export const NEG: u32 = 16;
export const XOR: u32 = 20;
export const MOV: u32 = 22;
export const ARSH: u32 = 24;
/** Within JUMP. */
export const JA: u32 = 0;
export const JEQ: u32 = 2;
export const JGT: u32 = 4;
export const JGE: u32 = 6;
export const JSET: u32 = 8;
export const JNE: u32 = 10;
export const JSGT: u32 = 12;
export const JSGE: u32 = 14;
export const CALL: u32 = 16;
export const CALLX: u32 = 17;
export const EXIT: u32 = 18;
export const JLT: u32 = 20;
export const JLE: u32 = 22;
export const JSLT: u32 = 24;
export const JSLE: u32 = 26;
/** Memory: + 0 u8, + 1 u16, + 2 u32, + 3 u64. The second three: within the frame that r10 points to the end of. */
export const LOAD: u32 = 95;
export const STORE_IMM: u32 = 99;
export const STORE: u32 = 103;
export const FRAME_LOAD: u32 = 107;
export const FRAME_STORE_IMM: u32 = 111;
export const FRAME_STORE: u32 = 115;
export const SYSCALL: u32 = 119;
/** What has no meaning: the second half of an lddw, a call of nothing. */
export const UNSUPPORTED: u32 = 120;
/** Behind the last instruction. */
export const OVERRUN: u32 = 121;
/** Seldom: the opcode of the file is at 2, an operation in interpreter-rare.ts. */
export const RARE: u32 = 122;
/** A conditional jump of class 6 (32 bit): the opcode of the file is at 0 + RARE_JUMP. */
export const RARE_JUMP: u32 = 123;
