/**
 * ELF files as Solana's loaders take them.
 *
 * v0 to v2 (lenient parser): sections with addresses equal to their offsets, and a dynamic table with the relocations of
 * system calls and of addresses, in the order in which lld writes them:
 *
 *   header | program headers | .text | .rodata | .dynamic | .dynsym | .dynstr | .rel.dyn | .shstrtab | section headers
 *
 * v3 (SIMD-0189): header, one or two program headers, read-only data at address 0, code at 2^32; nothing else.
 */
import type { SbpfVersion } from "./opcodes.ts";

export const R_64_64 = 1;
export const R_64_RELATIVE = 8;
export const R_64_32 = 10;

export type SectionName = ".text" | ".rodata";

export interface ProgramSymbol {
  readonly name: string;
  /** Where it is; none: a system call. */
  readonly at: { readonly section: SectionName; readonly offset: number } | null;
  readonly isFunction: boolean;
}

export interface ProgramRelocation {
  readonly type: number;
  readonly section: SectionName;
  readonly offset: number;
  /** Index into `symbols`; none for R_64_RELATIVE. */
  readonly symbol: number | null;
}

/** Relocations stand in the order of the places they change, those of the code first. */
export const relocationOrder = (a: ProgramRelocation, b: ProgramRelocation): number =>
  a.section === b.section ? a.offset - b.offset : a.section === ".text" ? -1 : 1;

export interface Program {
  readonly version: SbpfVersion;
  readonly text: Uint8Array;
  readonly rodata: Uint8Array;
  /** Byte offset of the first instruction in `text`. */
  readonly entry: number;
  readonly symbols: readonly ProgramSymbol[];
  readonly relocations: readonly ProgramRelocation[];
}

export const EHDR_SIZE = 64;
export const PHDR_SIZE = 56;
export const SHDR_SIZE = 64;
export const CODE_ADDRESS = 1n << 32n;
const EM_BPF = 247;
/** Program headers of a lenient file: text, read-only data, dynamic data, PT_DYNAMIC. */
const LENIENT_HEADERS = 4;
const align8 = (n: number) => (n + 7) & ~7;

/** Addresses (= file offsets) of the sections of a lenient file, or of a strict one. */
export function layout(
  version: SbpfVersion,
  textLength: number,
  rodataLength: number,
): Record<SectionName, { offset: number; address: bigint }> {
  if (version === 3) {
    const data = EHDR_SIZE + (rodataLength > 0 ? 2 : 1) * PHDR_SIZE;
    const text = data + align8(rodataLength);
    return { ".rodata": { offset: data, address: 0n }, ".text": { offset: text, address: CODE_ADDRESS } };
  }
  const text = EHDR_SIZE + LENIENT_HEADERS * PHDR_SIZE;
  const data = align8(text + textLength);
  return {
    ".text": { offset: text, address: BigInt(text) },
    ".rodata": { offset: data, address: BigInt(data) },
  };
}

class Writer {
  private readonly bytes: number[] = [];
  get length(): number {
    return this.bytes.length;
  }
  uint(value: bigint | number, size: number): this {
    let rest = BigInt(value);
    for (let i = 0; i < size; i++, rest >>= 8n) this.bytes.push(Number(rest & 255n));
    return this;
  }
  raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }
  padTo(offset: number): this {
    while (this.bytes.length < offset) this.bytes.push(0);
    return this;
  }
  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

interface Header {
  type: number;
  flags: number;
  offset: number;
  address: bigint;
  size: number;
}

function writeHeader(
  out: Writer,
  version: SbpfVersion,
  entry: bigint,
  headers: readonly Header[],
  sections: { at: number; count: number },
): void {
  const strict = version === 3;
  out.raw(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0)).padTo(16);
  out.uint(3, 2).uint(EM_BPF, 2).uint(1, 4).uint(entry, 8).uint(EHDR_SIZE, 8).uint(sections.at, 8);
  out.uint(version, 4).uint(EHDR_SIZE, 2).uint(PHDR_SIZE, 2).uint(headers.length, 2);
  out
    .uint(strict ? 0 : SHDR_SIZE, 2)
    .uint(sections.count, 2)
    .uint(strict ? 0 : sections.count - 1, 2);
  for (const { type, flags, offset, address, size } of headers) {
    out.uint(type, 4).uint(flags, 4).uint(offset, 8).uint(address, 8).uint(address, 8);
    out
      .uint(size, 8)
      .uint(size, 8)
      .uint(strict ? 0 : 8, 8);
  }
}

function writeStrict(program: Program): Uint8Array {
  const { text, rodata, version } = program;
  const places = layout(version, text.length, rodata.length);
  const headers: Header[] = [{ type: 1, flags: 1, ...places[".text"], size: text.length }];
  if (rodata.length) headers.unshift({ type: 1, flags: 4, ...places[".rodata"], size: align8(rodata.length) });
  const out = new Writer();
  writeHeader(out, version, CODE_ADDRESS + BigInt(program.entry), headers, { at: 0, count: 0 });
  return out.raw(rodata).padTo(places[".text"].offset).raw(text).done();
}

interface Section {
  name: string;
  type: number;
  flags: number;
  offset: number;
  bytes: Uint8Array;
  link: number;
  entrySize: number;
}

/** Names with their offsets, each ended by a zero byte. */
function stringTable(names: readonly string[]): { bytes: Uint8Array; offsets: number[] } {
  const out = new Writer().uint(0, 1);
  const offsets = names.map((name) => {
    const at = out.length;
    out.raw(new TextEncoder().encode(name)).uint(0, 1);
    return at;
  });
  return { bytes: out.done(), offsets };
}

/** .dynamic, .dynsym, .dynstr and .rel.dyn from file offset `start` on; `first` is the section number of .dynamic. */
function dynamicSections(program: Program, start: number, first: number): Section[] {
  const places = layout(program.version, program.text.length, program.rodata.length);
  const names = stringTable(program.symbols.map(({ name }) => name));
  const symbols = new Writer().padTo(24);
  program.symbols.forEach(({ at, isFunction }, i) => {
    const info = 0x10 | (isFunction ? 2 : at ? 1 : 0);
    const section = at === null ? 0 : at.section === ".text" ? 1 : 2;
    const value = at === null ? 0n : places[at.section].address + BigInt(at.offset);
    symbols.uint(names.offsets[i]!, 4).uint(info, 1).uint(0, 1).uint(section, 2).uint(value, 8).uint(0, 8);
  });
  const relocations = new Writer();
  for (const { type, section, offset, symbol } of program.relocations) {
    relocations.uint(places[section].offset + offset, 8);
    relocations.uint((BigInt(symbol === null ? 0 : symbol + 1) << 32n) | BigInt(type), 8);
  }
  const tags = (rel: number, sym: number, str: number): [number, number][] => [
    ...(relocations.length
      ? ([
          [17, rel],
          [18, relocations.length],
          [19, 16],
        ] as [number, number][])
      : []),
    [6, sym],
    [11, 24],
    [5, str],
    [10, names.bytes.length],
    [0, 0],
  ];
  const symOffset = start + tags(0, 0, 0).length * 16;
  const strOffset = symOffset + symbols.length;
  const relOffset = align8(strOffset + names.bytes.length);
  const dynamic = new Writer();
  for (const [tag, value] of tags(relOffset, symOffset, strOffset)) dynamic.uint(tag, 8).uint(value, 8);
  const strings = first + 2;
  const section = (name: string, type: number, offset: number, bytes: Uint8Array, link: number, entrySize: number) => ({
    name,
    type,
    flags: name === ".dynamic" ? 3 : 2,
    offset,
    bytes,
    link,
    entrySize,
  });
  return [
    section(".dynamic", 6, start, dynamic.done(), strings, 16),
    section(".dynsym", 11, symOffset, symbols.done(), strings, 24),
    section(".dynstr", 3, strOffset, names.bytes, 0, 0),
    ...(relocations.length ? [section(".rel.dyn", 9, relOffset, relocations.done(), first + 1, 16)] : []),
  ];
}

function writeLenient(program: Program): Uint8Array {
  const { text, rodata, version } = program;
  const places = layout(version, text.length, rodata.length);
  const plain = { link: 0, entrySize: 0 };
  const sections: Section[] = [
    { name: "", type: 0, flags: 0, offset: 0, bytes: new Uint8Array(0), ...plain },
    { name: ".text", type: 1, flags: 6, offset: places[".text"].offset, bytes: text, ...plain },
  ];
  if (rodata.length)
    sections.push({ name: ".rodata", type: 1, flags: 2, offset: places[".rodata"].offset, bytes: rodata, ...plain });
  let end = align8(places[".rodata"].offset + rodata.length);
  const headers: Header[] = [
    { type: 1, flags: 5, ...places[".text"], size: text.length },
    { type: 1, flags: 4, ...places[".rodata"], size: rodata.length },
  ];
  if (program.symbols.length || program.relocations.length) {
    const dynamic = dynamicSections(program, end, sections.length);
    const start = end;
    const last = dynamic[dynamic.length - 1]!;
    end = align8(last.offset + last.bytes.length);
    sections.push(...dynamic);
    headers.push(
      { type: 1, flags: 4, offset: start, address: BigInt(start), size: end - start },
      { type: 2, flags: 6, offset: start, address: BigInt(start), size: dynamic[0]!.bytes.length },
    );
  } else {
    const nothing = { type: 0, flags: 0, offset: 0, address: 0n, size: 0 };
    headers.push(nothing, nothing);
  }
  const names = stringTable([...sections.map(({ name }) => name), ".shstrtab"]);
  sections.push({ name: ".shstrtab", type: 3, flags: 0, offset: end, bytes: names.bytes, ...plain });
  const table = align8(end + names.bytes.length);
  const out = new Writer();
  const entry = places[".text"].address + BigInt(program.entry);
  writeHeader(out, version, entry, headers, { at: table, count: sections.length });
  for (const { offset, bytes } of sections.slice(1)) out.padTo(offset).raw(bytes);
  out.padTo(table);
  sections.forEach(({ type, flags, offset, bytes, link, entrySize }, i) => {
    const address = flags & 2 ? offset : 0;
    out
      .uint(i === 0 ? 0 : names.offsets[i]!, 4)
      .uint(type, 4)
      .uint(flags, 8)
      .uint(address, 8)
      .uint(offset, 8);
    out
      .uint(bytes.length, 8)
      .uint(link, 4)
      .uint(0, 4)
      .uint(type === 0 ? 0 : type === 3 ? 1 : 8, 8)
      .uint(entrySize, 8);
  });
  return out.done();
}

export function writeElf(program: Program): Uint8Array {
  return program.version === 3 ? writeStrict(program) : writeLenient(program);
}
