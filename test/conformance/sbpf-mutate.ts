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

type Fields = readonly (readonly [number, number])[];

class Mutation {
  private readonly elf: Uint8Array;
  private readonly view: DataView;
  private readonly random: Random;

  constructor(random: Random, elf: Uint8Array) {
    this.random = random;
    this.elf = elf.slice();
    this.view = new DataView(this.elf.buffer);
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

  private bytes(): void {
    const at = this.random.below(this.elf.length);
    this.elf.set(this.random.bytes(Math.min(this.elf.length - at, 1 + this.random.below(16))), at);
  }
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
