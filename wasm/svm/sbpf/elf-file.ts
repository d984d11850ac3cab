/**
 * Reading an ELF file of sBPF v0 to v2: headers, section names, dynamic table, with every check of Agave's parser in its order.
 * Source: solana-sbpf 0.23 src/elf_parser/mod.rs Elf64::parse. Offsets of the file are u64; nothing is read before its range is checked.
 */
import { elfError, elfErrorBytes, elfErrorNumber, elfOutOfBounds, elfUnparsed } from "./elf-error";

export const EHDR_SIZE: u64 = 64;
export const PHDR_SIZE: u64 = 56;
export const SHDR_SIZE: u64 = 64;
/** Field offsets of the file header. */
export const E_TYPE: usize = 16;
export const E_MACHINE: usize = 18;
export const E_VERSION: usize = 20;
export const E_ENTRY: usize = 24;
export const E_PHOFF: usize = 32;
const E_SHOFF: usize = 40;
export const E_FLAGS: usize = 48;
export const E_EHSIZE: usize = 52;
export const E_PHENTSIZE: usize = 54;
export const E_PHNUM: usize = 56;
const E_SHENTSIZE: usize = 58;
const E_SHNUM: usize = 60;
const E_SHSTRNDX: usize = 62;
/** Of a program header. */
export const P_TYPE: usize = 0;
export const P_FLAGS: usize = 4;
export const P_OFFSET: usize = 8;
export const P_VADDR: usize = 16;
export const P_PADDR: usize = 24;
export const P_FILESZ: usize = 32;
export const P_MEMSZ: usize = 40;
export const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
/** Of a section header. */
const SH_NAME: usize = 0;
const SH_TYPE: usize = 4;
export const SH_FLAGS: usize = 8;
export const SH_ADDR: usize = 16;
export const SH_OFFSET: usize = 24;
export const SH_SIZE: usize = 32;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_DYNAMIC: u32 = 6;
const SHT_NOBITS: u32 = 8;
const SHT_DYNSYM: u32 = 11;
/** Entries of the dynamic table that are read: tag -> value. */
const DT_SYMTAB: u64 = 6;
const DT_REL: u64 = 17;
const DT_RELSZ: u64 = 18;
const DT_RELENT: u64 = 19;
const DT_NUM: u64 = 35;
const REL_SIZE: u64 = 16;
const SYM_SIZE: u64 = 24;
const DYN_SIZE: u64 = 16;
const MAX_SECTION_NAME: u64 = 16;
const MAX_SYMBOL_NAME: u64 = 64;

let file: usize = 0;
let size: u64 = 0;
let programs: usize = 0;
let numPrograms: u32 = 0;
let sections: usize = 0;
let numSections: u32 = 0;
let names: usize = 0; // section header of the section names
let symbolNames: usize = 0; // section header of .dynstr, or 0
const dynamic: usize = memory.data(280, 8); // DT_NUM x u64
let relocations: usize = 0;
let numRelocations: u32 = 0;
let symbols: usize = 0;
let numSymbols: u32 = 0;
let hasSymbols: bool = false;

/** Length of the string of the last elfString. */
export let stringLength: u32 = 0;

export function sectionCount(): u32 {
  return numSections;
}
export function sectionAt(i: u32): usize {
  return sections + <usize>i * <usize>SHDR_SIZE;
}
export function relocationCount(): u32 {
  return numRelocations;
}
export function relocationAt(i: u32): usize {
  return relocations + <usize>i * <usize>REL_SIZE;
}
/** A symbol of the dynamic table, or 0. */
export function symbolAt(i: u32): usize {
  return hasSymbols && i < numSymbols ? symbols + <usize>i * <usize>SYM_SIZE : 0;
}
export function addSaturating(a: u64, b: u64): u64 {
  const sum = a + b;
  return sum < a ? u64.MAX_VALUE : sum;
}
/** Where the bytes of a section begin in the file and how many there are: none for one without bytes. */
export function sectionFileSize(section: usize): u64 {
  return load<u32>(section, SH_TYPE) == SHT_NOBITS ? 0 : load<u64>(section, SH_SIZE);
}
export function sectionFileStart(section: usize): u64 {
  return load<u32>(section, SH_TYPE) == SHT_NOBITS ? 0 : load<u64>(section, SH_OFFSET);
}
/** Whether [start, start + length) lies in the file. */
export function inFile(start: u64, length: u64): bool {
  return length <= size && start <= size - length;
}

/** A slice of entries; errors: invalid size, out of bounds, alignment. The file counts as aligned to 16. */
function checkSlice(start: u64, length: u64, entry: u64): bool {
  if (length % entry) return elfUnparsed("invalid size");
  if (!inFile(start, length)) return elfOutOfBounds();
  if (start & 7) return elfUnparsed("invalid alignment");
  return true;
}
function sliceSound(start: u64, length: u64, entry: u64): bool {
  return start + length >= start && length % entry == 0 && inFile(start, length) && !(start & 7);
}
function apart(a: u64, aEnd: u64, b: u64, bEnd: u64): bool {
  return aEnd <= b || bEnd <= a || elfUnparsed("values overlap");
}

/** A string of a string table, stringLength bytes: its address, or 0 with the error noted. */
function elfString(table: usize, offset: u32, maximum: u64): usize {
  if (load<u32>(table, SH_TYPE) != SHT_STRTAB) {
    elfUnparsed("invalid section header");
    return 0;
  }
  const base = load<u64>(table, SH_OFFSET);
  const start = base + offset;
  const tableEnd = base + load<u64>(table, SH_SIZE);
  const longest = start + maximum;
  const end = min(tableEnd, longest);
  if (start < base || tableEnd < base || longest < start || start > end || end > size) {
    elfOutOfBounds();
    return 0;
  }
  const at = file + <usize>start;
  const room = <u32>(end - start);
  for (let i: u32 = 0; i < room; i++) {
    if (load<u8>(at + i)) continue;
    stringLength = i;
    return at;
  }
  elfUnparsed("Section or symbol name `");
  elfErrorBytes(at, room);
  elfError("` is longer than `");
  elfErrorNumber(maximum);
  elfError("` bytes");
  return 0;
}
/** Name of a section of a parsed file: it was readable then. */
export function sectionName(section: usize): usize {
  return elfString(names, load<u32>(section, SH_NAME), MAX_SECTION_NAME);
}
/** Name of a dynamic symbol, or 0 (what is noted then is to be replaced). */
export function symbolName(offset: u32): usize {
  return symbolNames ? elfString(symbolNames, offset, MAX_SYMBOL_NAME) : 0;
}
/** Whether the bytes begin with an ASCII literal. */
export function beginsWith(at: usize, len: u32, literal: string): bool {
  const n = <u32>literal.length;
  if (len < n) return false;
  const p = changetype<usize>(literal);
  for (let i: u32 = 0; i < n; i++) if (load<u8>(at + i) != <u8>load<u16>(p + (<usize>i << 1))) return false;
  return true;
}
export function isNamed(at: usize, len: u32, literal: string): bool {
  return len == <u32>literal.length && beginsWith(at, len, literal);
}

function parsePrograms(): bool {
  let address: u64 = 0;
  for (let i: u32 = 0; i < numPrograms; i++) {
    const p = programs + <usize>i * <usize>PHDR_SIZE;
    if (load<u32>(p, P_TYPE) != PT_LOAD) continue;
    if (load<u64>(p, P_VADDR) < address) return elfError("Invalid ELF program header");
    const offset = load<u64>(p, P_OFFSET);
    const end = offset + load<u64>(p, P_FILESZ);
    if (end < offset || end > size) return elfOutOfBounds();
    address = load<u64>(p, P_VADDR);
  }
  return true;
}

function parseSections(phoff: u64, phend: u64, shoff: u64, shend: u64): bool {
  let offset: u64 = 0;
  for (let i: u32 = 0; i < numSections; i++) {
    const s = sectionAt(i);
    if (load<u32>(s, SH_TYPE) == SHT_NOBITS) continue;
    const start = load<u64>(s, SH_OFFSET);
    const end = start + load<u64>(s, SH_SIZE);
    if (end < start) return elfOutOfBounds();
    if (!apart(start, end, 0, EHDR_SIZE) || !apart(start, end, phoff, phend) || !apart(start, end, shoff, shend)) return false;
    if (start < offset) return elfUnparsed("sections not in ascending order");
    offset = end;
    if (offset > size) return elfOutOfBounds();
  }
  return true;
}

function parseNames(): bool {
  let symtab = false;
  let strtab = false;
  symbolNames = 0;
  for (let i: u32 = 0; i < numSections; i++) {
    const s = sectionAt(i);
    const name = sectionName(s);
    if (!name) return false;
    let again = false;
    if (isNamed(name, stringLength, ".symtab")) {
      again = symtab;
      symtab = true;
    } else if (isNamed(name, stringLength, ".strtab")) {
      again = strtab;
      strtab = true;
    } else if (isNamed(name, stringLength, ".dynstr")) {
      again = symbolNames != 0;
      symbolNames = s;
    }
    if (again) return elfUnparsed("invalid section header");
  }
  return true;
}

function invalidDynamic(): bool {
  return elfUnparsed("invalid dynamic section table");
}

function sectionWithAddress(address: u64): usize {
  for (let i: u32 = 0; i < numSections; i++) if (load<u64>(sectionAt(i), SH_ADDR) == address) return sectionAt(i);
  return 0;
}

function parseRelocations(): bool {
  const address = load<u64>(dynamic + <usize>(DT_REL << 3));
  if (!address) return true;
  if (load<u64>(dynamic + <usize>(DT_RELENT << 3)) != REL_SIZE) return invalidDynamic();
  const length = load<u64>(dynamic + <usize>(DT_RELSZ << 3));
  if (!length) return invalidDynamic();
  let offset: u64 = 0;
  let found = false;
  for (let i: u32 = 0; i < numPrograms; i++) {
    const p = programs + <usize>i * <usize>PHDR_SIZE;
    const start = load<u64>(p, P_VADDR);
    const end = start + load<u64>(p, P_MEMSZ);
    if (end < start) return elfOutOfBounds();
    if (address < start || address >= end) continue;
    offset = address - start + load<u64>(p, P_OFFSET);
    if (offset < address - start) return elfOutOfBounds();
    found = true;
    break;
  }
  if (!found) {
    const section = sectionWithAddress(address);
    if (!section) return invalidDynamic();
    offset = load<u64>(section, SH_OFFSET);
  }
  if (offset + length < offset) return elfOutOfBounds();
  if (!sliceSound(offset, length, REL_SIZE)) return invalidDynamic();
  relocations = file + <usize>offset;
  numRelocations = <u32>(length / REL_SIZE);
  return true;
}

function parseSymbols(): bool {
  const address = load<u64>(dynamic + <usize>(DT_SYMTAB << 3));
  if (!address) return true;
  const section = sectionWithAddress(address);
  if (!section) return invalidDynamic();
  const type = load<u32>(section, SH_TYPE);
  if (type != SHT_SYMTAB && type != SHT_DYNSYM) return elfUnparsed("invalid section header");
  const offset = load<u64>(section, SH_OFFSET);
  const length = load<u64>(section, SH_SIZE);
  if (offset + length < offset) return elfOutOfBounds();
  if (!checkSlice(offset, length, SYM_SIZE)) return false;
  symbols = file + <usize>offset;
  numSymbols = <u32>(length / SYM_SIZE);
  hasSymbols = true;
  return true;
}

function parseDynamic(): bool {
  relocations = 0;
  numRelocations = 0;
  symbols = 0;
  numSymbols = 0;
  hasSymbols = false;
  let at: usize = 0;
  let count: u64 = 0;
  for (let i: u32 = 0; i < numPrograms; i++) {
    const p = programs + <usize>i * <usize>PHDR_SIZE;
    if (load<u32>(p, P_TYPE) != PT_DYNAMIC) continue;
    // Only the first counts; where its range is not sound the section does.
    if (sliceSound(load<u64>(p, P_OFFSET), load<u64>(p, P_FILESZ), DYN_SIZE)) {
      at = file + <usize>load<u64>(p, P_OFFSET);
      count = load<u64>(p, P_FILESZ) / DYN_SIZE;
    }
    break;
  }
  if (!at) {
    for (let i: u32 = 0; i < numSections; i++) {
      const s = sectionAt(i);
      if (load<u32>(s, SH_TYPE) != SHT_DYNAMIC) continue;
      if (!sliceSound(load<u64>(s, SH_OFFSET), load<u64>(s, SH_SIZE), DYN_SIZE)) return invalidDynamic();
      at = file + <usize>load<u64>(s, SH_OFFSET);
      count = load<u64>(s, SH_SIZE) / DYN_SIZE;
      break;
    }
    if (!at) return true;
  }
  memory.fill(dynamic, 0, <usize>(DT_NUM << 3));
  for (let i: u64 = 0; i < count; i++) {
    const entry = at + <usize>(i * DYN_SIZE);
    const tag = load<u64>(entry);
    if (!tag) break;
    if (tag < DT_NUM) store<u64>(dynamic + <usize>(tag << 3), load<u64>(entry, 8));
  }
  return parseRelocations() && parseSymbols();
}

/** Parses [ptr, ptr + len); false with the error noted. What it answers about lives while the bytes do. */
export function elfParse(ptr: usize, len: u32): bool {
  file = ptr;
  size = len;
  if (size < EHDR_SIZE) return elfOutOfBounds();
  const shnum: u32 = load<u16>(ptr, E_SHNUM);
  const shstrndx: u32 = load<u16>(ptr, E_SHSTRNDX);
  if (
    load<u32>(ptr) != 0x464c457f || // magic
    load<u16>(ptr, 4) != 0x0102 || // 64 bit, little endian
    load<u8>(ptr, 6) != 1 ||
    load<u32>(ptr, E_VERSION) != 1 ||
    load<u16>(ptr, E_EHSIZE) != EHDR_SIZE ||
    load<u16>(ptr, E_PHENTSIZE) != PHDR_SIZE ||
    load<u16>(ptr, E_SHENTSIZE) != SHDR_SIZE ||
    shstrndx >= shnum
  )
    return elfUnparsed("invalid file header");
  const phoff = load<u64>(ptr, E_PHOFF);
  numPrograms = load<u16>(ptr, E_PHNUM);
  const phend = phoff + PHDR_SIZE * numPrograms;
  if (phend < phoff) return elfOutOfBounds();
  if (!apart(0, EHDR_SIZE, phoff, phend) || !checkSlice(phoff, phend - phoff, PHDR_SIZE)) return false;
  programs = ptr + <usize>phoff;
  const shoff = load<u64>(ptr, E_SHOFF);
  numSections = shnum;
  const shend = shoff + SHDR_SIZE * numSections;
  if (shend < shoff) return elfOutOfBounds();
  if (!apart(0, EHDR_SIZE, shoff, shend) || !apart(phoff, phend, shoff, shend)) return false;
  if (!checkSlice(shoff, shend - shoff, SHDR_SIZE)) return false;
  sections = ptr + <usize>shoff;
  if (load<u32>(sections, SH_TYPE) != 0) return elfUnparsed("invalid section header");
  if (!parsePrograms() || !parseSections(phoff, phend, shoff, shend)) return false;
  if (!shstrndx) return elfUnparsed("no section name string table found");
  names = sectionAt(shstrndx);
  return parseNames() && parseDynamic();
}
