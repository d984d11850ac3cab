/** What an ELF file of an sBPF program holds, read as solana-sbpf's loaders do, without applying relocations. */
import {
  CODE_ADDRESS,
  EHDR_SIZE,
  PHDR_SIZE,
  type ProgramRelocation,
  type ProgramSymbol,
  relocationOrder,
  type SectionName,
  SHDR_SIZE,
} from "./elf-write.ts";
import type { SbpfVersion } from "./opcodes.ts";

export class ElfError extends Error {
  override readonly name = "ElfError";
}

export interface Image {
  readonly version: SbpfVersion;
  readonly text: Uint8Array;
  /** All read-only sections but .text with what lies between them. */
  readonly rodata: Uint8Array;
  /** Address of the first byte, before the loader adds 2^32 (v0 to v2). */
  readonly textAddress: bigint;
  readonly rodataAddress: bigint;
  /** Byte offset in `text`. */
  readonly entry: number;
  readonly symbols: readonly ProgramSymbol[];
  /** Relocations of places in .text or read-only data, in the order of the places. */
  readonly relocations: readonly ProgramRelocation[];
}

const SHT_DYNAMIC = 6;
const SHT_REL = 9;
const SHT_DYNSYM = 11;
const READ_ONLY = [".rodata", ".data.rel.ro", ".eh_frame"];

interface SectionHeader {
  name: string;
  type: number;
  address: bigint;
  offset: number;
  size: number;
}

class Reader {
  private readonly view: DataView;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u16(at: number): number {
    this.check(at, 2);
    return this.view.getUint16(at, true);
  }
  u32(at: number): number {
    this.check(at, 4);
    return this.view.getUint32(at, true);
  }
  u64(at: number): bigint {
    this.check(at, 8);
    return this.view.getBigUint64(at, true);
  }
  /** A file offset or a size: anything too large for the file is refused where it is used. */
  place(at: number): number {
    return Number(this.u64(at));
  }
  slice(offset: number, size: number): Uint8Array {
    this.check(offset, size);
    return this.bytes.slice(offset, offset + size);
  }
  text(at: number): string {
    let end = at;
    while (end < this.bytes.length && this.bytes[end] !== 0) end++;
    this.check(at, end - at);
    return new TextDecoder("latin1").decode(this.bytes.subarray(at, end));
  }
  private check(offset: number, size: number): void {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.bytes.length))
      throw new ElfError(`the file ends before offset ${offset + size}`);
  }
}

function readStrict(file: Reader): Image {
  const headers = Array.from({ length: file.u16(56) }, (_, i) => {
    const at = EHDR_SIZE + i * PHDR_SIZE;
    return { flags: file.u32(at + 4), bytes: file.slice(file.place(at + 8), file.place(at + 32)) };
  });
  const code = headers.findIndex(({ flags }) => flags === 1);
  if (code !== 0 && code !== 1) throw new ElfError("there is no program header of code");
  return {
    version: 3,
    text: headers[code]!.bytes,
    rodata: code === 1 ? headers[0]!.bytes : new Uint8Array(0),
    textAddress: CODE_ADDRESS,
    rodataAddress: 0n,
    entry: Number(file.u64(24) - CODE_ADDRESS),
    symbols: [],
    relocations: [],
  };
}

function sectionHeaders(file: Reader): SectionHeader[] {
  const table = file.place(40);
  const count = file.u16(60);
  const names = file.u16(62);
  if (names >= count) throw new ElfError("there is no section with the names of the sections");
  const strings = file.place(table + names * SHDR_SIZE + 24);
  return Array.from({ length: count }, (_, i) => {
    const at = table + i * SHDR_SIZE;
    return {
      name: file.text(strings + file.u32(at)),
      type: file.u32(at + 4),
      address: file.u64(at + 16),
      offset: file.place(at + 24),
      size: file.place(at + 32),
    };
  });
}

/** Which of the two pieces has a file offset or an address. */
interface Piece {
  name: SectionName;
  offset: number;
  address: bigint;
  size: number;
}

function readSymbols(file: Reader, sections: readonly SectionHeader[], pieces: readonly Piece[]): ProgramSymbol[] {
  const table = sections.find(({ type }) => type === SHT_DYNSYM);
  const strings = sections.find(({ name }) => name === ".dynstr");
  if (!table || !strings) return [];
  return Array.from({ length: Math.floor(table.size / 24) }, (_, i): ProgramSymbol => {
    const at = table.offset + i * 24;
    const value = file.u64(at + 8);
    const piece = pieces.find(({ address, size }) => value >= address && value < address + BigInt(size));
    const defined = value !== 0n && piece !== undefined;
    return {
      name: file.text(strings.offset + file.u32(at)),
      at: defined ? { section: piece.name, offset: Number(value - piece.address) } : null,
      isFunction: (file.bytes[at + 4]! & 15) === 2,
    };
  }).slice(1);
}

function readRelocations(
  file: Reader,
  sections: readonly SectionHeader[],
  pieces: readonly Piece[],
): ProgramRelocation[] {
  const dynamic = sections.find(({ type }) => type === SHT_DYNAMIC);
  const table = sections.find(({ type }) => type === SHT_REL);
  if (!dynamic || !table) return [];
  const found: ProgramRelocation[] = [];
  for (let at = table.offset; at + 16 <= table.offset + table.size; at += 16) {
    const place = file.place(at);
    const info = file.u64(at + 8);
    const piece = pieces.find(({ offset, size }) => place >= offset && place < offset + size);
    if (!piece) continue;
    const symbol = Number(info >> 32n);
    found.push({
      type: Number(info & 0xffffffffn),
      section: piece.name,
      offset: place - piece.offset,
      symbol: symbol === 0 ? null : symbol - 1,
    });
  }
  return found.sort(relocationOrder);
}

function readLenient(file: Reader, version: SbpfVersion): Image {
  const sections = sectionHeaders(file);
  const text = sections.find(({ name }) => name === ".text");
  if (!text) throw new ElfError("there is no section .text");
  const data = sections.filter(({ name, size }) => READ_ONLY.includes(name) && size > 0);
  const start = Math.min(...data.map(({ offset }) => offset));
  const end = Math.max(...data.map(({ offset, size }) => offset + size));
  const address = data.find(({ offset }) => offset === start)?.address ?? 0n;
  const pieces: Piece[] = [{ name: ".text", offset: text.offset, address: text.address, size: text.size }];
  if (data.length) pieces.push({ name: ".rodata", offset: start, address, size: end - start });
  return {
    version,
    text: file.slice(text.offset, text.size),
    rodata: data.length ? file.slice(start, end - start) : new Uint8Array(0),
    textAddress: text.address,
    rodataAddress: address,
    entry: Number(file.u64(24) - text.address),
    symbols: readSymbols(file, sections, pieces),
    relocations: readRelocations(file, sections, pieces),
  };
}

/** Throws ElfError for what is no ELF file of an sBPF program. Reads more than the loaders accept: it is for looking at files. */
export function readElf(bytes: Uint8Array): Image {
  if (bytes.length < EHDR_SIZE || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    throw new ElfError("this is no ELF file");
  const file = new Reader(bytes);
  const version = file.u32(48);
  if (version > 3) throw new ElfError(`sBPF version ${version} is unknown`);
  return version === 3 ? readStrict(file) : readLenient(file, version as SbpfVersion);
}
