/**
 * Disassembler for sBPF v0 to v3: an ELF file to text that assemble() makes the same program of.
 *
 * Functions are named `function_N` and jump targets `lbb_N` by the number of their instruction, as solana-sbpf does; data that
 * a relocation leads to is `data_OFFSET`. What no mnemonic of the version says without loss is written as `.insn`.
 */
import { type Image, readElf } from "./elf-read.ts";
import { type ProgramRelocation, R_64_32, R_64_64, R_64_RELATIVE, type SectionName } from "./elf-write.ts";
import { CALL, decode, encode, type Fields, INSTRUCTION_SIZE, LDDW, OPERATIONS, type Operation } from "./opcodes.ts";
import { symbolHash } from "./symbol-hash.ts";
import { syscallName } from "./syscall-names.ts";

const hex = (value: bigint | number) => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);
const signedImm = (imm: number) => imm | 0;
const signed = (n: number | bigint) => (n < 0 ? `${n}` : `+${n}`);

class Disassembler {
  private readonly image: Image;
  private readonly operations = new Map<number, Operation[]>();
  private readonly relocated: Record<SectionName, Map<number, ProgramRelocation>> = {
    ".text": new Map(),
    ".rodata": new Map(),
  };
  /** Instructions: where one begins (an lddw takes two places). */
  private readonly starts = new Set<number>();
  private readonly labels: Record<SectionName, Map<number, string>> = { ".text": new Map(), ".rodata": new Map() };
  private readonly lines: string[] = [];

  constructor(image: Image) {
    this.image = image;
    for (const operation of OPERATIONS[image.version]!) {
      const known = this.operations.get(operation.opcode) ?? [];
      this.operations.set(operation.opcode, [...known, operation]);
    }
    for (const relocation of image.relocations) this.relocated[relocation.section].set(relocation.offset, relocation);
  }

  text(): string {
    const { image } = this;
    for (let at = 0; at + INSTRUCTION_SIZE <= image.text.length; at += this.sizeAt(at)) this.starts.add(at);
    this.nameEverything();
    this.lines.push(`# sBPF v${image.version}`);
    for (const { name, at } of image.symbols) if (at !== null) this.lines.push(`.globl ${name}`);
    this.code();
    if (image.rodata.length) this.data();
    return `${this.lines.join("\n")}\n`;
  }

  private isWide(at: number): boolean {
    const { text, version } = this.image;
    if (version === 2 || text[at] !== LDDW || at + 16 > text.length) return false;
    const first = decode(text, at);
    const second = decode(text, at + INSTRUCTION_SIZE);
    return first.src === 0 && first.off === 0 && (second.opcode | second.dst | second.src | second.off) === 0;
  }
  private sizeAt(at: number): number {
    return this.isWide(at) ? 16 : 8;
  }

  /** Entry point, symbols, targets of calls, jumps and relocations. */
  private nameEverything(): void {
    const { image, labels } = this;
    if (this.starts.has(image.entry)) labels[".text"].set(image.entry, "entrypoint");
    else this.lines.push(`# entry point at byte ${image.entry} of .text`);
    for (const { name, at } of image.symbols) {
      if (at === null || [...labels[".text"].values()].includes(name)) continue;
      if (this.canLabel(at.section, at.offset)) labels[at.section].set(at.offset, name);
    }
    for (const [offset, relocation] of [...this.relocated[".text"], ...this.relocated[".rodata"]]) {
      const address = relocation.type === R_64_RELATIVE ? this.relativeAddress(relocation, offset) : null;
      const place = address === null ? null : this.placeOf(address);
      if (place?.section === ".text") this.name(".text", place.offset, `function_${place.offset / 8}`);
      else if (place) this.name(".rodata", place.offset, `data_${place.offset.toString(16)}`);
    }
    for (const call of [true, false]) {
      for (const at of this.starts) {
        const fields = decode(image.text, at);
        const target = call ? this.callTarget(fields, at) : this.jumpTarget(fields, at);
        if (target !== null) this.name(".text", target, `${call ? "function" : "lbb"}_${target / 8}`);
      }
    }
    // What else is addressed is named from the start of a section.
    if (image.text.length) this.name(".text", 0, "function_0");
    if (image.rodata.length) this.name(".rodata", 0, "data_0");
  }

  private canLabel(section: SectionName, offset: number): boolean {
    return section === ".text" ? this.starts.has(offset) : offset >= 0 && offset <= this.image.rodata.length;
  }
  private name(section: SectionName, offset: number, label: string): void {
    if (this.canLabel(section, offset) && !this.labels[section].has(offset)) this.labels[section].set(offset, label);
  }

  private callTarget({ opcode, src, imm }: Fields, at: number): number | null {
    if (opcode !== CALL || src !== 1 || this.relocated[".text"].has(at)) return null;
    const target = at + 8 + signedImm(imm) * 8;
    return this.starts.has(target) ? target : null;
  }

  private jumpTarget({ opcode, off }: Fields, at: number): number | null {
    const jumps = this.operations.get(opcode)?.some(({ shape }) => shape.endsWith("target"));
    const target = at + 8 + off * 8;
    return jumps && this.starts.has(target) ? target : null;
  }

  private placeOf(address: bigint): { section: SectionName; offset: number } | null {
    const { image } = this;
    const text = Number(address - image.textAddress);
    if (text >= 0 && text < image.text.length) return { section: ".text", offset: text };
    const data = Number(address - image.rodataAddress);
    return data >= 0 && data <= image.rodata.length && image.rodata.length
      ? { section: ".rodata", offset: data }
      : null;
  }

  /** What a relative relocation leads to; null where the assembler would not make such a one. */
  private relativeAddress({ section }: ProgramRelocation, offset: number): bigint | null {
    const { image } = this;
    const value = (bytes: Uint8Array, at: number) => BigInt(decode(bytes, at).imm);
    if (section === ".text") {
      if (!this.starts.has(offset) || !this.isWide(offset)) return null;
      const address = value(image.text, offset) | (value(image.text, offset + 8) << 32n);
      return address;
    }
    if (offset + 8 > image.rodata.length || image.rodata.subarray(offset, offset + 4).some((byte) => byte !== 0))
      return null;
    return value(image.rodata, offset);
  }

  /** As label, or label and distance. */
  private addressText(address: bigint): string {
    const place = this.placeOf(address);
    const section: SectionName = place?.section ?? ".text";
    const label = place === null ? undefined : this.labels[section].get(place.offset);
    if (label !== undefined) return label;
    const base = section === ".text" ? this.image.textAddress : this.image.rodataAddress;
    return this.labels[section].get(0)! + signed(address - base);
  }

  private code(): void {
    const { text } = this.image;
    let at = 0;
    for (; at + INSTRUCTION_SIZE <= text.length; at += this.sizeAt(at)) {
      const label = this.labels[".text"].get(at);
      if (label !== undefined) this.lines.push(`${label}:`);
      this.lines.push(`  ${this.instruction(at)}`);
    }
    if (at < text.length) this.lines.push(`  .byte ${[...text.subarray(at)].map(hex).join(", ")}`);
  }

  private instruction(at: number): string {
    const fields = decode(this.image.text, at);
    const relocation = this.relocated[".text"].get(at);
    if (relocation) {
      const line = this.relocatedInstruction(fields, relocation, at);
      if (line !== null) return line;
      return `${this.unrelocated(fields, at)} # relocation type ${relocation.type}`;
    }
    return this.unrelocated(fields, at);
  }

  private relocatedInstruction(fields: Fields, { type, symbol }: ProgramRelocation, at: number): string | null {
    const name = symbol === null ? undefined : this.image.symbols[symbol];
    if (type === R_64_32 && name && fields.opcode === CALL && fields.imm === 0xffffffff && fields.src === 1) {
      return `${name.at === null ? "syscall" : "call"} ${name.name}${name.at === null ? "" : "@symbol"}`;
    }
    if (!this.isWide(at)) return null;
    if (type === R_64_64 && name && decode(this.image.text, at + 8).imm === 0)
      return `lddw r${fields.dst}, ${name.name}@symbol${fields.imm ? signed(fields.imm) : ""}`;
    const address =
      type === R_64_RELATIVE ? this.relativeAddress({ section: ".text", type, symbol, offset: at }, at) : null;
    return address === null ? null : `lddw r${fields.dst}, ${this.addressText(address)}`;
  }

  private unrelocated(fields: Fields, at: number): string {
    if (this.isWide(at)) {
      const high = BigInt(decode(this.image.text, at + 8).imm);
      return `lddw r${fields.dst}, ${hex((high << 32n) | BigInt(fields.imm))}`;
    }
    if (fields.opcode === CALL) return this.callText(fields, at) ?? rawText(fields);
    for (const operation of this.operations.get(fields.opcode) ?? []) {
      const line = this.plainText(operation, fields, at);
      if (line !== null) return line;
    }
    return rawText(fields);
  }

  private callText(fields: Fields, at: number): string | null {
    const { src, dst, off, imm } = fields;
    if (dst !== 0 || off !== 0) return null;
    if (src === 0) {
      const name = this.image.version === 3 ? syscallName(imm) : null;
      return name === null || symbolHash(name) !== imm ? `syscall ${hex(imm)}` : `syscall ${name}`;
    }
    if (src !== 1) return null;
    const target = this.callTarget(fields, at);
    return `call ${target === null ? signed(signedImm(imm)) : this.labels[".text"].get(target)}`;
  }

  /** Null where the text would not bring back every field. */
  private plainText({ name, shape, width }: Operation, fields: Fields, at: number): string | null {
    const { dst, src, off } = fields;
    const imm = signedImm(fields.imm);
    const target = () => this.labels[".text"].get(this.jumpTarget(fields, at) ?? -1) ?? signed(off);
    const said = (kept: Partial<Fields>, operands: string): string | null => {
      const brought = { opcode: fields.opcode, dst: 0, src: 0, off: 0, imm: 0, ...kept };
      const same = Buffer.compare(encode(brought), encode(fields)) === 0;
      return same ? `${name}${operands && ` ${operands}`}` : null;
    };
    switch (shape) {
      case "none":
        return said({}, "");
      case "dst":
        return said({ dst }, `r${dst}`);
      case "endian":
        return said({ dst, imm: width! }, `r${dst}`);
      case "dst,imm":
        return said({ dst, imm: fields.imm }, `r${dst}, ${imm}`);
      case "dst,src":
        return said({ dst, src }, `r${dst}, r${src}`);
      case "dst,[src+off]":
        return said({ dst, src, off }, `r${dst}, [r${src}${signed(off)}]`);
      case "[dst+off],imm":
        return said({ dst, off, imm: fields.imm }, `[r${dst}${signed(off)}], ${imm}`);
      case "[dst+off],src":
        return said({ dst, src, off }, `[r${dst}${signed(off)}], r${src}`);
      case "target":
        return said({ off }, target());
      case "dst,imm,target":
        return said({ dst, off, imm: fields.imm }, `r${dst}, ${imm}, ${target()}`);
      case "dst,src,target":
        return said({ dst, src, off }, `r${dst}, r${src}, ${target()}`);
      case "callx":
        return this.callxText(fields, said);
      default:
        return null;
    }
  }

  private callxText(
    { dst, src, imm }: Fields,
    said: (kept: Partial<Fields>, operands: string) => string | null,
  ): string | null {
    const { version } = this.image;
    if (version === 2) return said({ src }, `r${src}`);
    if (version === 3) return said({ dst }, `r${dst}`);
    return imm < 16 ? said({ imm }, `r${imm}`) : null;
  }

  private data(): void {
    const { rodata } = this.image;
    this.lines.push(".rodata");
    let at = 0;
    while (at < rodata.length) {
      const label = this.labels[".rodata"].get(at);
      if (label !== undefined) this.lines.push(`${label}:`);
      const relocation = this.relocated[".rodata"].get(at);
      const address = relocation?.type === R_64_RELATIVE ? this.relativeAddress(relocation, at) : null;
      if (address !== null && this.nextBreak(at) >= at + 8) {
        this.lines.push(`  .quad ${this.addressText(address)}`);
        at += 8;
        continue;
      }
      if (relocation) this.lines.push(`  # relocation type ${relocation.type}`);
      const end = Math.min(this.nextBreak(at), rodata.length, at + 4096);
      for (; at < end; at = this.dataLine(at, end));
    }
    const last = this.labels[".rodata"].get(rodata.length);
    if (last !== undefined) this.lines.push(`${last}:`);
  }

  /** The next place after `at` with a label or relocation, or far away. */
  private nextBreak(at: number): number {
    const { rodata } = this.image;
    for (let next = at + 1; next < rodata.length; next++) {
      if (this.labels[".rodata"].has(next) || this.relocated[".rodata"].has(next)) return next;
    }
    return rodata.length;
  }

  /** One line of data; where the next begins. */
  private dataLine(at: number, end: number): number {
    const { rodata } = this.image;
    const printable = (i: number) => rodata[i]! >= 0x20 && rodata[i]! < 0x7f;
    let stop = at;
    while (stop < end && stop < at + 96 && printable(stop)) stop++;
    if (stop - at >= 4) {
      const text = new TextDecoder("latin1").decode(rodata.subarray(at, stop));
      this.lines.push(`  .ascii "${text.replace(/[\\"]/g, "\\$&")}"`);
      return stop;
    }
    stop = at;
    const begins = (i: number) => [0, 1, 2, 3].every((k) => i + k < end && printable(i + k));
    do stop++;
    while (stop < end && stop < at + 16 && !begins(stop));
    this.lines.push(`  .byte ${[...rodata.subarray(at, stop)].map(hex).join(", ")}`);
    return stop;
  }
}

function rawText({ opcode, dst, src, off, imm }: Fields): string {
  return `.insn ${hex(opcode)}, ${dst}, ${src}, ${off}, ${hex(imm)}`;
}

/** Throws ElfError for what is no ELF file of an sBPF program. */
export function disassemble(elf: Uint8Array): string {
  return new Disassembler(readElf(elf)).text();
}
