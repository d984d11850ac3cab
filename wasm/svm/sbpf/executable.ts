/**
 * A program as the machine runs it: what the loader makes of an ELF file, verified. Lives in the heap until executableFree.
 *
 * EXE_CODE is the code as the interpreter wants it (decode.ts), which is not what a program may read. Readable memory (EXE_RODATA) has the
 * bytes Agave shows.
 */

export const EXE_VERSION: usize = 0; // u8: sBPF version
export const EXE_CODE: usize = 4; // u32 pointer
export const EXE_CODE_COUNT: usize = 8; // u32 instructions (8 bytes each); one more behind them stops the machine
export const EXE_CODE_ADDRESS: usize = 16; // u64: address of the first instruction as programs see it
export const EXE_RODATA: usize = 24; // u32 pointer: what region 0 (v3) or 1 (v0..v2) shows
export const EXE_RODATA_LEN: usize = 28; // u32
export const EXE_RODATA_ADDRESS: usize = 32; // u64: where it begins
export const EXE_ENTRY: usize = 40; // u32: instruction of the entry point
export const EXE_BYTES: usize = 44; // u32: all memory of the executable, for the cache's bound
export const EXE_RODATA_ROOM: usize = 48; // u32: bytes allocated there
export const EXE_SIZE: usize = 56;
