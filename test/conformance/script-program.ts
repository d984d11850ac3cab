/**
 * A program that does what its instruction data say: changes accounts, calls programs in either ABI, itself too. Its accounts in what it
 * says are places in its instruction. Bytes of a script, one step after another:
 *
 *   1 account delta(i8)            lamports += delta       2 account place value     one byte of data
 *   3 account length(u16)          length of data          4 account other           owner = key of the other
 *   5 account                      logs five numbers of it 6 length bytes            return data
 *   7                              logs return data        8 call (below)            0 code: return it
 *   call: abi (0 C, 1 Rust), program, n, n x (account, 1 signer | 2 writable), n, n x account whose info is given, length, data,
 *         length, seed (length 0: no signer)
 */

const HEAP = "0x300000000";
/** Offsets from HEAP: table of accounts, then variables, what is built for a call, cells of Rust's infos, buffers. */
const [ABI, PROGRAM, METAS, NUM_METAS, INFOS, NUM_INFOS, DATA, DATA_LEN, INSTRUCTION, CELL] = [
  0x110, 0x118, 0x120, 0x128, 0x130, 0x138, 0x140, 0x148, 0x150, 0x158,
];
const BUILD = 0x200;
const CELLS = 0x4000;
const BUFFER = 0x7000;

const copyKey = (to: string, offset: number, from: string): string =>
  [0, 8, 16, 24].map((i) => `ldxdw r1, [${from}+${i}]\n stxdw [${to}+${offset + i}], r1`).join("\n ");
/** Stores the address `r0 + offset` at `[to]`. */
const pointer = (to: string, offset: number): string => `mov64 r1, r0\n add64 r1, ${offset}\n stxdw ${to}, r1`;
const store = (to: string, slot: number): string => `ldxdw r1, [r7+${slot}]\n stxdw ${to}, r1`;
const flags = (offset: number): string =>
  [1, 2, 3].map((i) => `ldxb r1, [r0+${i}]\n stxb [r8+${offset + i - 1}], r1`).join("\n ");

export const SCRIPT_PROGRAM = `
entrypoint:
 lddw r7, ${HEAP}
 ldxdw r2, [r1]
 mov64 r3, 0
 mov64 r4, r1
 add64 r4, 8
parse:
 jge r3, r2, parsed
 ldxb r5, [r4]
 jeq r5, 255, fresh
 lsh64 r5, 3
 add64 r5, r7
 ldxdw r0, [r5]
 add64 r4, 8
 ja place
fresh:
 mov64 r0, r4
 ldxdw r5, [r4+80]
 add64 r4, r5
 add64 r4, ${88 + 10_240 + 7}
 and64 r4, -8
 add64 r4, 8
place:
 mov64 r5, r3
 lsh64 r5, 3
 add64 r5, r7
 stxdw [r5], r0
 add64 r3, 1
 ja parse
parsed:
 mov64 r6, r4
 add64 r6, 8

next:
 ldxb r1, [r6]
 add64 r6, 1
 jeq r1, 1, lamports
 jeq r1, 2, byte
 jeq r1, 3, length
 jeq r1, 4, owner
 jeq r1, 5, show
 jeq r1, 6, return
 jeq r1, 7, returned
 jeq r1, 8, invoke
 ldxb r0, [r6]
 exit

account:
 lsh64 r1, 3
 add64 r1, r7
 ldxdw r0, [r1]
 exit

lamports:
 ldxb r1, [r6]
 call account
 ldxb r2, [r6+1]
 lsh64 r2, 56
 arsh64 r2, 56
 ldxdw r3, [r0+72]
 add64 r3, r2
 stxdw [r0+72], r3
 add64 r6, 2
 ja next
byte:
 ldxb r1, [r6]
 call account
 ldxb r2, [r6+1]
 add64 r0, r2
 ldxb r3, [r6+2]
 stxb [r0+88], r3
 add64 r6, 3
 ja next
length:
 ldxb r1, [r6]
 call account
 ldxh r2, [r6+1]
 stxdw [r0+80], r2
 add64 r6, 3
 ja next
owner:
 ldxb r1, [r6]
 call account
 mov64 r8, r0
 ldxb r1, [r6+1]
 call account
 add64 r0, 8
 ${copyKey("r8", 40, "r0")}
 add64 r6, 2
 ja next
show:
 ldxb r1, [r6]
 call account
 ldxdw r1, [r0+72]
 ldxdw r2, [r0+80]
 ldxdw r3, [r0+40]
 ldxdw r4, [r0+88]
 ldxdw r5, [r0+8]
 call sol_log_64_
 add64 r6, 1
 ja next
return:
 ldxb r2, [r6]
 mov64 r1, r6
 add64 r1, 1
 add64 r6, r2
 add64 r6, 1
 call sol_set_return_data
 ja next
returned:
 mov64 r1, r7
 add64 r1, ${BUFFER}
 mov64 r2, 64
 mov64 r3, r7
 add64 r3, ${BUFFER + 64}
 call sol_get_return_data
 mov64 r1, r0
 ldxdw r2, [r7+${BUFFER}]
 ldxdw r3, [r7+${BUFFER + 64}]
 call sol_log_64_
 ja next

invoke:
 ldxb r1, [r6]
 stxdw [r7+${ABI}], r1
 ldxb r1, [r6+1]
 call account
 ${pointer(`[r7+${PROGRAM}]`, 8)}
 ldxb r9, [r6+2]
 stxdw [r7+${NUM_METAS}], r9
 add64 r6, 3
 mov64 r8, r7
 add64 r8, ${BUILD}
 stxdw [r7+${METAS}], r8
meta:
 jeq r9, 0, metas
 add64 r9, -1
 ldxb r1, [r6]
 call account
 add64 r0, 8
 ldxb r2, [r6+1]
 mov64 r3, r2
 and64 r3, 1
 rsh64 r2, 1
 add64 r6, 2
 ldxdw r1, [r7+${ABI}]
 jne r1, 0, meta_rust
 stxdw [r8], r0
 stdw [r8+8], 0
 stxb [r8+8], r2
 stxb [r8+9], r3
 add64 r8, 16
 ja meta
meta_rust:
 ${copyKey("r8", 0, "r0")}
 stxb [r8+32], r3
 stxb [r8+33], r2
 add64 r8, 34
 ja meta
metas:
 add64 r8, 7
 and64 r8, -8
 stxdw [r7+${INFOS}], r8
 ldxb r9, [r6]
 stxdw [r7+${NUM_INFOS}], r9
 add64 r6, 1
 mov64 r1, r7
 add64 r1, ${CELLS}
 stxdw [r7+${CELL}], r1
info:
 jeq r9, 0, infos
 add64 r9, -1
 ldxb r1, [r6]
 add64 r6, 1
 call account
 ${pointer("[r8]", 8)}
 ldxdw r1, [r7+${ABI}]
 jne r1, 0, info_rust
 ${pointer("[r8+8]", 72)}
 ldxdw r1, [r0+80]
 stxdw [r8+16], r1
 ${pointer("[r8+24]", 88)}
 ${pointer("[r8+32]", 40)}
 stdw [r8+40], 0
 stdw [r8+48], 0
 ${flags(48)}
 add64 r8, 56
 ja info
info_rust:
 ldxdw r2, [r7+${CELL}]
 stdw [r2], 1
 stdw [r2+8], 1
 stdw [r2+16], 0
 ${pointer("[r2+24]", 72)}
 stxdw [r8+8], r2
 add64 r2, 32
 stdw [r2], 1
 stdw [r2+8], 1
 stdw [r2+16], 0
 ${pointer("[r2+24]", 88)}
 ldxdw r1, [r0+80]
 stxdw [r2+32], r1
 stxdw [r8+16], r2
 add64 r2, 40
 stxdw [r7+${CELL}], r2
 ${pointer("[r8+24]", 40)}
 stdw [r8+32], 0
 stdw [r8+40], 0
 ${flags(40)}
 add64 r8, 48
 ja info
infos:
 ldxb r1, [r6]
 stxdw [r7+${DATA_LEN}], r1
 add64 r6, 1
 stxdw [r7+${DATA}], r6
 add64 r6, r1
 stxdw [r7+${INSTRUCTION}], r8
 ldxdw r1, [r7+${ABI}]
 jne r1, 0, instruction_rust
 ${[PROGRAM, METAS, NUM_METAS, DATA, DATA_LEN].map((slot, i) => store(`[r8+${8 * i}]`, slot)).join("\n ")}
 add64 r8, 40
 ja seeds
instruction_rust:
 ${[METAS, NUM_METAS, NUM_METAS, DATA, DATA_LEN, DATA_LEN].map((slot, i) => store(`[r8+${8 * i}]`, slot)).join("\n ")}
 ldxdw r0, [r7+${PROGRAM}]
 ${copyKey("r8", 48, "r0")}
 add64 r8, 80
seeds:
 ldxb r1, [r6]
 add64 r6, 1
 mov64 r4, r8
 mov64 r5, 0
 jeq r1, 0, go
 stxdw [r8], r6
 stxdw [r8+8], r1
 add64 r6, r1
 stxdw [r8+16], r8
 stdw [r8+24], 1
 add64 r4, 16
 mov64 r5, 1
go:
 ldxdw r1, [r7+${INSTRUCTION}]
 ldxdw r2, [r7+${INFOS}]
 ldxdw r3, [r7+${NUM_INFOS}]
 ldxdw r0, [r7+${ABI}]
 jne r0, 0, go_rust
 call sol_invoke_signed_c
 ja called
go_rust:
 call sol_invoke_signed_rust
called:
 jeq r0, 0, next
 exit`;
