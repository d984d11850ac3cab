/** ELF files of programs with something wrong: cut off, bits turned over, numbers in their headers changed. */
import { readElf } from "../../infra/sbpf/elf-read.ts";
import { layout } from "../../infra/sbpf/elf-write.ts";
import { encode, INSTRUCTION_SIZE, OPERATIONS } from "../../infra/sbpf/opcodes.ts";
import type { Random } from "./random-prng.ts";

const EHDR_SIZE = 64;
/** Fields of the file header: offset and size. */
const HEADER_FIELDS = [
  [0, 4],
  [4, 1],
  [5, 1],
  [6, 1],
  [7, 1],
  [8, 1],
  [9, 1],
  [16, 2],
  [18, 2],
  [20, 4],
  [24, 8],
  [32, 8],
  [40, 8],
  [48, 4],
  [52, 2],
  [54, 2],
  [56, 2],
  [58, 2],
  [60, 2],
  [62, 2],
] as const;
const PROGRAM_HEADER_FIELDS = [
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 8],
  [24, 8],
  [32, 8],
  [40, 8],
  [48, 8],
] as const;
const SECTION_HEADER_FIELDS = [
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 8],
  [24, 8],
  [32, 8],
  [40, 4],
  [44, 4],
  [48, 8],
  [56, 8],
] as const;
const DYNAMIC_FIELDS = [
  [0, 8],
  [8, 8],
] as const;
const SYMBOL_FIELDS = [
  [0, 4],
  [4, 1],
  [5, 1],
  [6, 2],
  [8, 8],
  [16, 8],
] as const;
const RELOCATION_FIELDS = [
  [0, 8],
  [8, 4],
  [12, 4],
] as const;

/** Names that the loader knows, and such that it does not. */
const SECTION_NAMES = [
  "",
  ".text",
  ".rodata",
  ".data.rel.ro",
  ".eh_frame",
  ".dynamic",
  ".dynsym",
  ".dynstr",
  ".rel.dyn",
  ".shstrtab",
  ".symtab",
  ".strtab",
  ".bss",
  ".bss.x",
  ".data",
  ".data.x",
  ".data.rel",
  ".data.rel.ro.x",
  ".comment",
  ".fifteen_letters",
  ".sixteen__letters",
  ".seventeen_letters",
];

type Fields = readonly (readonly [number, number])[];

class Mutation {
  private readonly elf: Uint8Array;
  private readonly view: DataView;
  private readonly random: Random;

  /** Offset of the names of withSections in the table of names; 0: it is another file. */
  private readonly names: number;

  constructor(random: Random, elf: Uint8Array) {
    this.random = random;
    this.elf = elf.slice();
    this.view = new DataView(this.elf.buffer);
    const at = Buffer.from(elf).indexOf(NAMES);
    this.names = at < 0 ? 0 : at - this.place(this.place(40) + 64 * this.u16(62) + 24);
  }

  done(): Uint8Array {
    const { random } = this;
    for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) {
      random.weighted([
        [3, () => this.bit(0, this.elf.length)],
        [2, () => this.bit(0, EHDR_SIZE)],
        [2, () => this.field(0, HEADER_FIELDS)],
        [3, () => this.record(32, 56, 56, PROGRAM_HEADER_FIELDS)],
        [5, () => this.record(40, 60, 64, SECTION_HEADER_FIELDS)],
        [5, () => this.inSection()],
        [3, () => this.instruction()],
        [this.names > 0 ? 3 : 0, () => this.rename()],
        [1, () => this.bytes()],
      ])();
    }
    return random.chance(0.1) ? this.elf.slice(0, random.below(this.elf.length + 1)) : this.elf;
  }

  private bit(from: number, to: number): void {
    const at = from + this.random.below(to - from);
    if (at < this.elf.length) this.elf[at]! ^= 1 << this.random.below(8);
  }

  /** Another number: nearby, zero, a length, the largest, another field's. */
  private value(old: bigint): bigint {
    const { random } = this;
    const length = BigInt(this.elf.length);
    return random.weighted([
      [4, () => old + BigInt(random.below(17) - 8)],
      [2, () => old ^ (1n << BigInt(random.below(64)))],
      [2, () => BigInt(random.below(40))],
      [2, () => BigInt(random.below(this.elf.length + 16))],
      [1, () => length + BigInt(random.below(17) - 8)],
      [1, () => (1n << 64n) - 1n - BigInt(random.below(9))],
      [1, () => (1n << BigInt(random.pick([31, 32, 33, 63]))) + BigInt(random.below(3) - 1)],
      [1, () => old + (1n << 32n)],
    ])();
  }

  private field(record: number, fields: Fields): void {
    const [offset, size] = this.random.pick(fields);
    const at = record + offset;
    if (at < 0 || at + size > this.elf.length) return;
    let old = 0n;
    for (let i = 0; i < size; i++) old |= BigInt(this.elf[at + i]!) << BigInt(8 * i);
    const value = this.value(old);
    for (let i = 0; i < size; i++) this.elf[at + i] = Number((value >> BigInt(8 * i)) & 255n);
  }

  private u16(at: number): number {
    return at + 2 <= this.elf.length ? this.view.getUint16(at, true) : 0;
  }
  private place(at: number): number {
    return at + 8 <= this.elf.length ? Number(this.view.getBigUint64(at, true)) : 0;
  }

  /** A field of a record of the table whose offset and number the header has at `table` and `count`. */
  private record(table: number, count: number, size: number, fields: Fields): void {
    this.field(this.place(table) + this.random.below(this.u16(count) || 1) * size, fields);
  }

  /** Something inside of a section: an entry of one of the dynamic tables, or a bit. */
  private inSection(): void {
    const header = this.place(40) + this.random.below(this.u16(60) || 1) * 64;
    if (header + 64 > this.elf.length) return;
    const [offset, size] = [this.place(header + 24), this.place(header + 32)];
    if (size === 0 || offset + size > this.elf.length) return;
    const entries: Record<number, [number, Fields]> = {
      6: [16, DYNAMIC_FIELDS],
      9: [16, RELOCATION_FIELDS],
      11: [24, SYMBOL_FIELDS],
    };
    const entry = entries[this.view.getUint32(header + 4, true)];
    if (entry) this.field(offset + this.random.below(Math.max(1, Math.floor(size / entry[0]))) * entry[0], entry[1]);
    else this.bit(offset, offset + size);
  }

  /** A field of something at a multiple of 8, as if it were an instruction. */
  private instruction(): void {
    const at = 8 * this.random.below(this.elf.length >> 3);
    this.field(at, [
      [0, 1],
      [1, 1],
      [2, 2],
      [4, 4],
    ]);
  }

  private rename(): void {
    const index = this.random.below(SECTION_NAMES.length);
    const offset = this.names + SECTION_NAMES.slice(0, index).reduce((sum, name) => sum + name.length + 1, 0);
    const header = this.place(40) + 64 * this.random.below(this.u16(60) || 1);
    if (header + 4 <= this.elf.length) this.view.setUint32(header, offset, true);
  }

  private bytes(): void {
    const at = this.random.below(this.elf.length);
    this.elf.set(this.random.bytes(Math.min(this.elf.length - at, 1 + this.random.below(16))), at);
  }
}

const NAMES = Buffer.from(SECTION_NAMES.map((name) => `${name}\0`).join(""), "latin1");

/**
 * The same program in a file (v0 to v2) with three more sections behind the others (24 bytes of data, 16 bytes of data, one that has no
 * bytes in the file), and a table of names that has all of SECTION_NAMES.
 */
export function withSections(elf: Uint8Array): Uint8Array {
  const view = new DataView(elf.buffer, elf.byteOffset);
  const [table, count, index] = [
    Number(view.getBigUint64(40, true)),
    view.getUint16(60, true),
    view.getUint16(62, true),
  ];
  const old = table + 64 * index;
  const strings = Number(view.getBigUint64(old + 24, true));
  const length = Number(view.getBigUint64(old + 32, true));
  const names = Buffer.concat([elf.subarray(strings, strings + length), NAMES]);
  const pad = (bytes: Uint8Array) => Buffer.concat([bytes, new Uint8Array((8 - (bytes.length % 8)) % 8)]);
  const extra = new Uint8Array(40).map((_, i) => i);
  const [namesAt, extraAt] = [table, table + pad(names).length];
  const headers = Buffer.concat([elf.subarray(table, table + 64 * count), new Uint8Array(3 * 64)]);
  headers.writeBigUInt64LE(BigInt(namesAt), index * 64 + 24);
  headers.writeBigUInt64LE(BigInt(names.length), index * 64 + 32);
  const name = (text: string) => length + NAMES.indexOf(`\0${text}\0`) + 1;
  for (const [i, section, type, at, size] of [
    [0, ".data.rel.ro", 1, extraAt, 24],
    [1, ".comment", 1, extraAt + 24, 16],
    [2, ".eh_frame", 8, extraAt + 40, 0],
  ] as const) {
    const header = (count + i) * 64;
    headers.writeUInt32LE(name(section), header);
    headers.writeUInt32LE(type, header + 4);
    headers.writeBigUInt64LE(3n, header + 8);
    headers.writeBigUInt64LE(BigInt(at), header + 16);
    headers.writeBigUInt64LE(BigInt(at), header + 24);
    headers.writeBigUInt64LE(BigInt(size), header + 32);
  }
  const made = Buffer.concat([elf.subarray(0, table), pad(names), extra, headers]);
  made.writeBigUInt64LE(BigInt(extraAt + extra.length), 40);
  made.writeUInt16LE(count + 3, 60);
  return new Uint8Array(made);
}

export function mutateElf(random: Random, elf: Uint8Array): Uint8Array {
  return new Mutation(random, elf).done();
}

/** A file of the assembler with a few instructions changed, most of them into ones that the verifier takes too. */
export function mutateCode(random: Random, elf: Uint8Array): Uint8Array {
  const changed = elf.slice();
  const { version, text, rodata } = readElf(elf);
  const start = layout(version, text.length, rodata.length)[".text"].offset;
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = start + INSTRUCTION_SIZE * random.below(text.length / INSTRUCTION_SIZE);
    random.weighted([
      [3, () => changed.set(Uint8Array.of(random.u32(), random.u32() & (random.chance(0.5) ? 255 : 0)), at + 4)],
      [2, () => (changed[at + 1] = random.below(11) * 16 + random.below(10))],
      [2, () => (changed[at + 2] = random.u32())],
      [1, () => changed.set(changed.slice(start, start + INSTRUCTION_SIZE), at)],
      [
        2,
        () => {
          const { opcode, width } = random.pick(OPERATIONS[version]!);
          const [dst, src] = [random.below(10), random.below(10)];
          changed.set(encode({ opcode, dst, src, off: random.below(16), imm: width ?? 1 + random.below(16) }), at);
        },
      ],
    ])();
  }
  return changed;
}
