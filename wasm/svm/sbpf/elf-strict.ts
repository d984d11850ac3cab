/**
 * Loading an ELF file of sBPF v3 (SIMD-0189): program headers only, nothing is relocated.
 * Source: solana-sbpf 0.23 src/elf.rs load_with_strict_parser.
 */
import { heapAlloc } from "../../memory/heap";
import { elfError, elfOutOfBounds, elfUnparsed } from "./elf-error";
import {
  EHDR_SIZE,
  E_EHSIZE,
  E_ENTRY,
  E_MACHINE,
  E_PHENTSIZE,
  E_PHNUM,
  E_PHOFF,
  E_VERSION,
  PHDR_SIZE,
  PT_LOAD,
  P_FILESZ,
  P_FLAGS,
  P_MEMSZ,
  P_OFFSET,
  P_PADDR,
  P_TYPE,
  P_VADDR,
} from "./elf-file";
import { EXE_CODE_ADDRESS, EXE_ENTRY, EXE_RODATA, EXE_RODATA_ADDRESS, EXE_RODATA_LEN, EXE_RODATA_ROOM } from "./executable";

const PF_X: u32 = 1;
const PF_R: u32 = 4;
const CODE_START: u64 = 0x1_0000_0000;
const REGION_SIZE: u64 = 0x1_0000_0000;
const EM_BPF: u32 = 247;

let codeStart: u32 = 0;
let codeLength: u32 = 0;

function headerSound(header: usize, flags: u32, address: u64, offset: u64, len: u64): bool {
  const size = load<u64>(header, P_FILESZ);
  return (
    load<u32>(header, P_TYPE) == PT_LOAD &&
    load<u32>(header, P_FLAGS) == flags &&
    load<u64>(header, P_OFFSET) == offset &&
    offset < len &&
    (offset & 7) == 0 &&
    load<u64>(header, P_VADDR) == address &&
    load<u64>(header, P_PADDR) == address &&
    size == load<u64>(header, P_MEMSZ) &&
    size <= len - offset &&
    (size & 7) == 0 &&
    size < REGION_SIZE
  );
}

/** Fills the executable but for its code; false with the error noted. */
export function elfLoadStrict(executable: usize, file: usize, length: u32): bool {
  const len: u64 = length;
  if (len < EHDR_SIZE) return elfOutOfBounds();
  const count: u32 = load<u16>(file, E_PHNUM);
  const headersEnd = EHDR_SIZE + PHDR_SIZE * count;
  if (
    load<u32>(file) != 0x464c457f || // magic
    load<u32>(file, 4) != 0x0001_0102 || // 64 bit, little endian, version 1, no ABI
    load<u64>(file, 8) != 0 || // its version, padding
    load<u16>(file, E_MACHINE) != EM_BPF ||
    load<u32>(file, E_VERSION) != 1 ||
    load<u64>(file, E_PHOFF) != EHDR_SIZE ||
    load<u16>(file, E_EHSIZE) != EHDR_SIZE ||
    load<u16>(file, E_PHENTSIZE) != PHDR_SIZE ||
    count == 0 ||
    headersEnd > len
  )
    return elfUnparsed("invalid file header");
  const first = file + <usize>EHDR_SIZE;
  const hasData = load<u32>(first, P_FLAGS) == PF_R;
  if (hasData && count < 2) return elfUnparsed("invalid file header");
  const code = hasData ? first + <usize>PHDR_SIZE : first;
  const dataLength: u64 = hasData ? load<u64>(first, P_FILESZ) : 0;
  if (hasData && !headerSound(first, PF_R, 0, headersEnd, len)) return elfError("Invalid ELF program header");
  const start = headersEnd + dataLength;
  if (!headerSound(code, PF_X, CODE_START, start, len)) return elfError("Invalid ELF program header");
  codeStart = <u32>start;
  codeLength = <u32>load<u64>(code, P_FILESZ);
  const entry = load<u64>(file, E_ENTRY);
  if (entry < CODE_START || entry - CODE_START >= codeLength || entry & 7) return elfUnparsed("invalid file header");
  const data = heapAlloc(<u32>dataLength + 1);
  memory.copy(data, file + <usize>headersEnd, <usize>dataLength);
  store<u32>(executable, <u32>data, EXE_RODATA);
  store<u32>(executable, <u32>dataLength + 1, EXE_RODATA_ROOM);
  store<u32>(executable, <u32>dataLength, EXE_RODATA_LEN);
  store<u64>(executable, 0, EXE_RODATA_ADDRESS);
  store<u64>(executable, CODE_START, EXE_CODE_ADDRESS);
  store<u32>(executable, <u32>((entry - CODE_START) >> 3), EXE_ENTRY);
  return true;
}
/** Where the code of the file that was loaded last is in the file, and how many bytes it has. */
export function strictCodeOffset(): u32 {
  return codeStart;
}
export function strictCodeLength(): u32 {
  return codeLength;
}
