/**
 * Loading an ELF file of sBPF v0 to v2: its rules, relocations, and the read-only memory that programs see.
 * Source: solana-sbpf 0.23 src/elf.rs load_with_lenient_parser; Agave sets optimize_rodata false, labels off, reject_broken_elfs when deploying.
 */
import { heapAlloc, heapFree } from "../../memory/heap";
import { elfError, elfErrorBytes, elfErrorHex, elfErrorNumber, elfErrorReset, elfOutOfBounds } from "./elf-error";
import {
  E_ENTRY,
  E_MACHINE,
  E_TYPE,
  SH_ADDR,
  SH_FLAGS,
  SH_OFFSET,
  SH_SIZE,
  addSaturating,
  beginsWith,
  elfParse,
  inFile,
  isNamed,
  relocationAt,
  relocationCount,
  sectionAt,
  sectionCount,
  sectionFileSize,
  sectionFileStart,
  sectionName,
  stringLength,
  symbolAt,
  symbolName,
} from "./elf-file";
import { EXE_CODE_ADDRESS, EXE_ENTRY, EXE_RODATA, EXE_RODATA_ADDRESS, EXE_RODATA_LEN, EXE_RODATA_ROOM } from "./executable";
import { ENTRYPOINT, functionsAdd, functionsAddEntrypoint, functionsSetEntrypoint } from "./functions";
import { murmur3, murmur3OfTarget } from "./murmur3";
import { syscallFind } from "./syscalls/table";

const PROGRAM_START: u64 = 0x1_0000_0000;
const STACK_START: u64 = 0x2_0000_0000;
const CALL_IMM: u32 = 0x85;
const EM_BPF: u32 = 247;
const EM_SBPF: u32 = 263;
const ET_DYN: u32 = 3;
/** Write and allocate. */
const SHF_WRITABLE: u64 = 3;
const R_64_64: u32 = 1;
const R_64_RELATIVE: u32 = 8;
const R_64_32: u32 = 10;
const STT_FUNC: u32 = 2;

let text: usize = 0; // section header of .text
let bytes: usize = 0; // a copy of the file, which relocations change
let strict: bool = false; // a deployment

function sectionContains(section: usize, address: u64): bool {
  const start = load<u64>(section, SH_ADDR);
  return address >= start && address < addSaturating(start, load<u64>(section, SH_SIZE));
}

function validate(file: usize): bool {
  if (load<u8>(file, 7)) return elfError("Incompatible ELF: wrong ABI");
  const machine: u32 = load<u16>(file, E_MACHINE);
  if (machine != EM_BPF && machine != EM_SBPF) return elfError("Incompatible ELF: wrong machine");
  if (load<u16>(file, E_TYPE) != ET_DYN) return elfError("Incompatible ELF: wrong type");
  const n = sectionCount();
  let texts: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const name = sectionName(sectionAt(i));
    if (!isNamed(name, stringLength, ".text")) continue;
    if (!texts) text = sectionAt(i);
    texts += 1;
  }
  if (texts != 1) return elfError("Multiple or no text sections, consider removing llc option: -function-sections");
  for (let i: u32 = 0; i < n; i++) {
    const name = sectionName(sectionAt(i));
    const len = stringLength;
    const writable = (load<u64>(sectionAt(i), SH_FLAGS) & SHF_WRITABLE) == SHF_WRITABLE;
    const data = beginsWith(name, len, ".data") && !beginsWith(name, len, ".data.rel");
    if (!beginsWith(name, len, ".bss") && !(writable && data)) continue;
    elfError("Found writable section (");
    elfErrorBytes(name, len);
    return elfError(") in ELF, read-write data not supported");
  }
  for (let i: u32 = 0; i < n; i++) {
    if (!inFile(load<u64>(sectionAt(i), SH_OFFSET), load<u64>(sectionAt(i), SH_SIZE))) return elfOutOfBounds();
  }
  if (!sectionContains(text, load<u64>(file, E_ENTRY))) return elfError("Entrypoint out of bounds");
  return true;
}

function collision(hash: u32): bool {
  elfError("Symbol hash collision ");
  return elfErrorHex(hash);
}
/** A function under its hash. False: a system call has the same one. */
function register(hash: u32, instruction: u32): bool {
  if (syscallFind(hash, strict) >= 0) return collision(hash);
  functionsAdd(instruction);
  return true;
}

/** Calls relative to the instruction get the hash of their function. */
function fixCalls(): bool {
  const code = bytes + <usize>sectionFileStart(text);
  const count = <i64>(sectionFileSize(text) >> 3);
  for (let i: i64 = 0; i < count; i++) {
    const at = code + (<usize>i << 3);
    const imm: i64 = load<i32>(at, 4);
    if (load<u8>(at) != CALL_IMM || imm == -1) continue;
    const target = i + 1 + imm;
    if (target < 0 || target >= count) {
      elfError("Relative jump out of bounds at instruction #");
      return elfErrorNumber(i);
    }
    const hash = murmur3OfTarget(<u32>target);
    if (!register(hash, <u32>target)) return false;
    store<u32>(at, hash, 4);
  }
  return true;
}

/** An address in the program region, where the linker has not put it there itself. */
function inProgram(address: u64): u64 {
  return address < PROGRAM_START ? PROGRAM_START + address : address;
}
/** The two halves of the immediate of an lddw at this offset of the file: the second only with what follows. */
function writeAddress(offset: u64, address: u64): bool {
  if (!inFile(offset + 4, 4)) return elfOutOfBounds();
  store<u32>(bytes + <usize>offset, <u32>address, 4);
  if (!inFile(offset + 12, 4)) return elfOutOfBounds();
  store<u32>(bytes + <usize>offset, <u32>(address >> 32), 12);
  return true;
}

function unknownSymbol(index: u32): bool {
  elfError("Unknown symbol with index ");
  return elfErrorNumber(index);
}

function relocateSymbolAddress(offset: u64, index: u32): bool {
  if (!inFile(offset + 4, 4)) return elfOutOfBounds();
  const symbol = symbolAt(index);
  if (!symbol) return unknownSymbol(index);
  return writeAddress(offset, inProgram(addSaturating(load<u64>(symbol, 8), load<u32>(bytes + <usize>offset, 4))));
}

function relocateRelative(offset: u64): bool {
  const start = sectionFileStart(text);
  if (offset >= start && offset < start + sectionFileSize(text)) {
    if (!inFile(offset + 4, 4) || !inFile(offset + 12, 4)) return elfOutOfBounds();
    const at = bytes + <usize>offset;
    const address = (<u64>load<u32>(at, 12) << 32) | load<u32>(at, 4);
    if (!address) {
      elfError("Relocation failed, invalid referenced virtual address ");
      return elfErrorHex(address);
    }
    return writeAddress(offset, inProgram(address));
  }
  // Old toolchains put the low half of a 64-bit address into the upper half: accepted for good.
  if (!inFile(offset + 4, 4) || !inFile(offset, 8)) return elfOutOfBounds();
  store<u64>(bytes + <usize>offset, PROGRAM_START + load<u32>(bytes + <usize>offset, 4));
  return true;
}

function relocateCall(offset: u64, index: u32): bool {
  const symbol = symbolAt(index);
  if (!symbol) return unknownSymbol(index);
  const name = symbolName(load<u32>(symbol));
  if (!name) {
    elfErrorReset();
    return unknownSymbol(load<u32>(symbol));
  }
  const length = stringLength;
  const value = load<u64>(symbol, 8);
  let hash: u32 = 0;
  if ((load<u8>(symbol, 4) & 15) == STT_FUNC && value) {
    if (!sectionContains(text, value)) return elfOutOfBounds();
    const target = <u32>((value - load<u64>(text, SH_ADDR)) >> 3);
    if (isNamed(name, length, "entrypoint")) {
      hash = ENTRYPOINT;
      if (!functionsAddEntrypoint(target)) return collision(hash);
    } else {
      hash = murmur3OfTarget(target);
      if (!register(hash, target)) return false;
    }
  } else {
    hash = murmur3(name, length);
    if (strict && syscallFind(hash, true) < 0) {
      elfError("Unresolved symbol (");
      elfErrorBytes(name, length);
      elfError(") at instruction #");
      elfErrorNumber(offset >> 3);
      elfError(" (ELF file offset ");
      elfErrorHex(offset);
      return elfError(")");
    }
  }
  const beyond = offset > u64.MAX_VALUE >> 1;
  if (beyond || !inFile(offset + 4, 4)) return elfOutOfBounds();
  store<u32>(bytes + <usize>offset, hash, 4);
  return true;
}

function relocate(): bool {
  if (!fixCalls()) return false;
  const n = relocationCount();
  for (let i: u32 = 0; i < n; i++) {
    const relocation = relocationAt(i);
    // Beyond the file in any case, and so that adding to it does not wrap.
    const offset = min<u64>(load<u64>(relocation), u64.MAX_VALUE >> 1);
    const type = load<u32>(relocation, 8);
    const symbol = load<u32>(relocation, 12);
    let done: bool;
    if (type == R_64_64) done = relocateSymbolAddress(offset, symbol);
    else if (type == R_64_RELATIVE) done = relocateRelative(offset);
    else if (type == R_64_32) done = relocateCall(load<u64>(relocation), symbol);
    else {
      elfError("Relocation failed, unknown type ");
      done = elfErrorNumber(type);
    }
    if (!done) return false;
  }
  return true;
}

function isReadOnly(section: usize): bool {
  const name = sectionName(section);
  const n = stringLength;
  return (
    isNamed(name, n, ".text") || isNamed(name, n, ".rodata") || isNamed(name, n, ".data.rel.ro") || isNamed(name, n, ".eh_frame")
  );
}

/** The read-only sections at their addresses, zeros between them, from the beginning of the program region. */
function readOnlyMemory(executable: usize, len: u32): bool {
  const n = sectionCount();
  let misplaced = false;
  let lowest: u64 = u64.MAX_VALUE;
  let end: u64 = 0;
  let filled: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const s = sectionAt(i);
    if (!isReadOnly(s)) continue;
    const address = load<u64>(s, SH_ADDR);
    if (address != load<u64>(s, SH_OFFSET)) misplaced = true;
    if ((strict && misplaced) || addSaturating(address, PROGRAM_START) > STACK_START) return elfOutOfBounds();
    const size = sectionFileSize(s);
    if (!inFile(sectionFileStart(s), size)) return elfOutOfBounds();
    lowest = min(lowest, address);
    end = max(end, address + size);
    filled += size;
  }
  if (strict && lowest + filled > end) return elfOutOfBounds();
  if (end > len) return elfOutOfBounds();
  store<u32>(executable, <u32>end, EXE_RODATA_LEN);
  store<u64>(executable, PROGRAM_START, EXE_RODATA_ADDRESS);
  if (misplaced) copySections(executable, <u32>end);
  else keepFile(executable, <u32>end, len);
  return true;
}

function copySections(executable: usize, end: u32): void {
  const to = heapAlloc(end + 1);
  memory.fill(to, 0, end);
  store<u32>(executable, <u32>to, EXE_RODATA);
  store<u32>(executable, end + 1, EXE_RODATA_ROOM);
  for (let i: u32 = 0, n = sectionCount(); i < n; i++) {
    const s = sectionAt(i);
    if (!isReadOnly(s)) continue;
    memory.copy(to + <usize>load<u64>(s, SH_ADDR), bytes + <usize>sectionFileStart(s), <usize>sectionFileSize(s));
  }
}

/**
 * Where every section lies in the file where it lies in memory, the copy of the file becomes that memory: sections are in ascending order
 * and do not overlap (elf-file.ts), so all that is between them is made zero. It saves a second copy of up to 10 MiB.
 */
function keepFile(executable: usize, end: u32, len: u32): void {
  let zeroed: usize = 0;
  for (let i: u32 = 0, n = sectionCount(); i < n; i++) {
    const s = sectionAt(i);
    const size = <usize>sectionFileSize(s);
    if (!size || !isReadOnly(s)) continue;
    const start = <usize>load<u64>(s, SH_ADDR);
    memory.fill(bytes + zeroed, 0, start - zeroed);
    zeroed = start + size;
  }
  memory.fill(bytes + zeroed, 0, <usize>end - zeroed);
  store<u32>(executable, <u32>bytes, EXE_RODATA);
  store<u32>(executable, len, EXE_RODATA_ROOM);
  bytes = 0;
}

function loadFrom(executable: usize, file: usize, len: u32): bool {
  if (!elfParse(file, len) || !validate(file)) return false;
  const address = load<u64>(text, SH_ADDR);
  if (strict && address != load<u64>(text, SH_OFFSET)) return elfOutOfBounds();
  if (addSaturating(address, PROGRAM_START) > STACK_START) return elfOutOfBounds();
  memory.copy(bytes, file, len);
  if (!relocate()) return false;
  const offset = load<u64>(file, E_ENTRY) - address;
  if (offset & 7) return elfError("Invalid entrypoint");
  const entry = <u32>(offset >> 3);
  functionsSetEntrypoint(entry);
  if (!readOnlyMemory(executable, len)) return false;
  store<u32>(executable, entry, EXE_ENTRY);
  store<u64>(executable, PROGRAM_START + address, EXE_CODE_ADDRESS);
  return true;
}

/** Fills the executable but for its code; false with the error noted. Its functions are in functions.ts afterwards. */
export function elfLoadLenient(executable: usize, file: usize, len: u32, deploying: bool): bool {
  strict = deploying;
  bytes = heapAlloc(len);
  const done = loadFrom(executable, file, len);
  if (bytes) heapFree(bytes, len);
  return done;
}
/** Where the code of the file that was loaded last is in its read-only memory, and how many bytes it has. */
export function lenientCodeOffset(): u32 {
  return <u32>load<u64>(text, SH_ADDR);
}
export function lenientCodeLength(): u32 {
  return <u32>sectionFileSize(text);
}
