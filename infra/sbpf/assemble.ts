/**
 * Assembler for sBPF v0 to v3: text to an ELF file that Solana's loaders take.
 *
 *   const elf = assemble(`
 *   entrypoint:
 *     lddw r1, message        ; address of read-only data, relocated
 *     mov64 r2, 5
 *     call sol_log_           ; a name that is no label is a system call; `syscall sol_log_` says it outright
 *     mov64 r0, 0
 *     exit
 *   .rodata
 *   message: .ascii "hello"`, { version: 0 });
 *
 * Instructions: solana-sbpf's names; immediates from -2^31 to 2^32 - 1; jump targets are labels or +n / -n.
 * Directives: `.text`, `.rodata`; `.equ NAME, n`; `.globl NAME` (a dynamic symbol; `call NAME@symbol` and `lddw r1, NAME@symbol`
 * are relocated by name); `.ascii`, `.asciz`, `.byte`, `.half`, `.word`, `.quad` (in .rodata also a label), `.zero n`, `.align n`;
 * `.insn opcode, dst, src, off, imm` any instruction at all. Execution begins at the label `entrypoint`, else at the start.
 */
import {
  layout,
  type Program,
  type ProgramRelocation,
  type ProgramSymbol,
  R_64_32,
  R_64_64,
  R_64_RELATIVE,
  relocationOrder,
  type SectionName,
  writeElf,
} from "./elf-write.ts";
import { CALL, encode, HOR64, LDDW, MOV32, type Operation, operationsNamed, type SbpfVersion } from "./opcodes.ts";
import { AssemblyError, type Operand, parse, type Statement } from "./parse.ts";
import { symbolHash } from "./symbol-hash.ts";

export interface AssembleOptions {
  /** 0 without. */
  readonly version?: SbpfVersion;
}

interface Label {
  section: SectionName;
  offset: number;
}

const DATA_SIZES: Record<string, number> = { ".byte": 1, ".half": 2, ".word": 4, ".quad": 8 };

class Assembler {
  private readonly labels = new Map<string, Label>();
  private readonly constants = new Map<string, bigint>();
  private readonly globals = new Set<string>();
  private readonly bytes: Record<SectionName, number[]> = { ".text": [], ".rodata": [] };
  private readonly sizes: Record<SectionName, number> = { ".text": 0, ".rodata": 0 };
  private readonly symbols: ProgramSymbol[] = [];
  private readonly relocations: ProgramRelocation[] = [];
  private section: SectionName = ".text";
  private line = 0;
  private readonly statements: Statement[];
  private readonly version: SbpfVersion;

  constructor(text: string, version: SbpfVersion) {
    this.statements = parse(text);
    this.version = version;
  }

  program(): Program {
    this.place();
    this.section = ".text";
    for (const statement of this.statements) {
      this.line = statement.line;
      if (statement.kind === "directive") this.directive(statement, true);
      else if (statement.kind === "instruction") this.instruction(statement);
    }
    const entry = this.labels.get("entrypoint");
    if (entry && entry.section !== ".text") this.fail("entrypoint is not in .text");
    return {
      version: this.version,
      text: Uint8Array.from(this.bytes[".text"]),
      rodata: Uint8Array.from(this.bytes[".rodata"]),
      entry: entry?.offset ?? 0,
      symbols: this.symbols,
      relocations: this.relocations.sort(relocationOrder),
    };
  }

  private fail(message: string): never {
    throw new AssemblyError(this.line, message);
  }

  /** First pass: where every label is. */
  private place(): void {
    for (const statement of this.statements) {
      this.line = statement.line;
      if (statement.kind === "label") {
        if (this.labels.has(statement.name)) this.fail(`label ${statement.name} is there twice`);
        this.labels.set(statement.name, { section: this.section, offset: this.sizes[this.section] });
      } else if (statement.kind === "directive") this.directive(statement, false);
      else {
        if (this.section !== ".text") this.fail("an instruction outside of .text");
        this.sizes[".text"] += statement.name === "lddw" ? 16 : 8;
      }
    }
    for (const name of this.globals) {
      const at = this.labels.get(name);
      if (!at) throw new AssemblyError(this.line, `.globl ${name}: there is no such label`);
      this.symbols.push({ name, at, isFunction: at.section === ".text" });
    }
  }

  private emit(bytes: Iterable<number>): void {
    for (const byte of bytes) this.bytes[this.section].push(byte);
  }

  private directive({ name, operands }: Statement, emitting: boolean): void {
    if (name === ".text" || name === ".rodata") {
      this.section = name;
      return;
    }
    const first = operands[0];
    if (name === ".globl" || name === ".global") {
      if (first?.kind !== "name") this.fail(`${name} takes a name`);
      this.globals.add(first.name);
      return;
    }
    if (name === ".equ") {
      if (first?.kind !== "name" || operands.length !== 2) this.fail(".equ takes a name and a number");
      this.constants.set(first.name, this.number(operands[1]));
      return;
    }
    const bytes = this.data(name, operands, emitting);
    if (emitting) this.emit(bytes);
    else this.sizes[this.section] += bytes.length;
  }

  /** The bytes of a data directive; before labels are known (first pass) only their number counts. */
  private data(name: string, operands: readonly Operand[], emitting: boolean): number[] {
    const at = emitting ? this.bytes[this.section].length : this.sizes[this.section];
    if (name === ".ascii" || name === ".asciz") {
      return operands.flatMap((operand) => {
        if (operand.kind !== "string") this.fail(`${name} takes strings`);
        return [...operand.bytes, ...(name === ".asciz" ? [0] : [])];
      });
    }
    if (name === ".zero") return new Array<number>(Number(this.ranged(operands[0], 0n, 1n << 24n))).fill(0);
    if (name === ".align") {
      const to = Number(this.ranged(operands[0], 1n, 4096n));
      return new Array<number>((to - (at % to)) % to).fill(0);
    }
    if (name === ".insn") {
      if (operands.length !== 5) this.fail(".insn takes opcode, dst, src, off, imm");
      const [opcode, dst, src] = [255n, 15n, 15n].map((high, i) => Number(this.ranged(operands[i], 0n, high)));
      const off = Number(this.ranged(operands[3], -0x8000n, 0x7fffn));
      return [...encode({ opcode: opcode!, dst: dst!, src: src!, off, imm: this.immediate(operands[4]) })];
    }
    const size = DATA_SIZES[name];
    if (size === undefined) this.fail(`there is no directive ${name}`);
    return operands.flatMap((operand, i) => {
      if (operand.kind === "name" && !this.constants.has(operand.name))
        return emitting ? this.pointer(operand, size, at + i * size) : new Array<number>(size).fill(0);
      const value = this.ranged(operand, -(1n << BigInt(size * 8 - 1)), (1n << BigInt(size * 8)) - 1n);
      return Array.from({ length: size }, (_, k) => Number((value >> BigInt(8 * k)) & 255n));
    });
  }

  /** `.quad label`: in a lenient file the address stands in the upper half, which is what the loader reads. */
  private pointer(operand: Operand & { kind: "name" }, size: number, offset: number): number[] {
    const label = this.labels.get(operand.name);
    if (!label) this.fail(`there is no label ${operand.name}`);
    if (size !== 8 || this.section !== ".rodata") this.fail("an address takes .quad in .rodata");
    let value = this.address(label) + operand.plus;
    if (this.version !== 3) {
      this.relocations.push({ type: R_64_RELATIVE, section: ".rodata", offset, symbol: null });
      value <<= 32n;
    }
    return Array.from({ length: 8 }, (_, k) => Number((value >> BigInt(8 * k)) & 255n));
  }

  /** As it stands in the file, before the loader adds 2^32 (v0 to v2). */
  private address(label: Label): bigint {
    const places = layout(this.version, this.sizes[".text"], this.sizes[".rodata"]);
    return places[label.section].address + BigInt(label.offset);
  }

  private number(operand: Operand | undefined): bigint {
    if (operand?.kind === "number") return operand.value;
    if (operand?.kind === "name") {
      const constant = this.constants.get(operand.name);
      if (constant !== undefined) return constant + operand.plus;
      this.fail(`there is no constant ${operand.name}`);
    }
    this.fail("a number is missing");
  }

  private ranged(operand: Operand | undefined, low: bigint, high: bigint): bigint {
    const value = this.number(operand);
    if (value < low || value > high) this.fail(`${value} is not between ${low} and ${high}`);
    return value;
  }

  private immediate(operand: Operand | undefined): number {
    return Number(this.ranged(operand, -(1n << 31n), (1n << 32n) - 1n) & 0xffffffffn);
  }

  private register(operand: Operand | undefined): number {
    if (operand?.kind !== "register") this.fail("a register is missing");
    return operand.register;
  }

  private memory(operand: Operand | undefined): { base: number; off: number } {
    if (operand?.kind !== "memory") this.fail("a memory operand like [r1+8] is missing");
    const off = operand.offset === null ? 0 : Number(this.ranged(operand.offset, -0x8000n, 0x7fffn));
    return { base: operand.register, off };
  }

  /** Instructions from the next one to a label, or as given. */
  private distance(operand: Operand | undefined): number {
    if (operand?.kind !== "name" || this.constants.has(operand.name)) return Number(this.number(operand));
    const label = this.labels.get(operand.name);
    if (!label) this.fail(`there is no label ${operand.name}`);
    if (label.section !== ".text") this.fail(`${operand.name} is not in .text`);
    const bytes = label.offset - this.bytes[".text"].length;
    if (bytes % 8) this.fail(`${operand.name} is no whole number of instructions away`);
    return bytes / 8 - 1 + Number(operand.plus);
  }

  private instruction({ name, operands }: Statement): void {
    if (name === "syscall") {
      if (operands.length !== 1) this.fail("syscall takes a name");
      this.call(operands[0]!, true);
      return;
    }
    if (name === "lddw") {
      this.loadWide(operands);
      return;
    }
    const candidates = operationsNamed(name, this.version);
    if (!candidates.length) this.fail(`sBPF v${this.version} has no instruction ${name}`);
    const operation = candidates.find((candidate) => fits(candidate, operands));
    if (!operation) this.fail(`${name} takes ${candidates.map(({ shape }) => shape).join(" or ")}`);
    if (operation.shape === "call") this.call(operands[0]!, false);
    else this.plain(operation, operands);
  }

  private plain({ shape, opcode, width }: Operation, operands: readonly Operand[]): void {
    const fields = { opcode, dst: 0, src: 0, off: 0, imm: 0 };
    const [a, b, c] = operands;
    switch (shape) {
      case "endian":
      case "dst":
        fields.dst = this.register(a);
        fields.imm = width ?? 0;
        break;
      case "dst,imm":
        fields.dst = this.register(a);
        fields.imm = this.immediate(b);
        break;
      case "dst,src":
        fields.dst = this.register(a);
        fields.src = this.register(b);
        break;
      case "dst,[src+off]": {
        const { base, off } = this.memory(b);
        Object.assign(fields, { dst: this.register(a), src: base, off });
        break;
      }
      case "[dst+off],imm":
      case "[dst+off],src": {
        const { base, off } = this.memory(a);
        Object.assign(fields, { dst: base, off });
        if (shape === "[dst+off],imm") fields.imm = this.immediate(b);
        else fields.src = this.register(b);
        break;
      }
      case "target":
        fields.off = this.jump(a);
        break;
      case "dst,imm,target":
        Object.assign(fields, { dst: this.register(a), imm: this.immediate(b), off: this.jump(c) });
        break;
      case "dst,src,target":
        Object.assign(fields, { dst: this.register(a), src: this.register(b), off: this.jump(c) });
        break;
      case "callx": {
        const register = this.register(a);
        if (this.version === 2) fields.src = register;
        else if (this.version === 3) fields.dst = register;
        else fields.imm = register;
        break;
      }
    }
    this.emit(encode(fields));
  }

  private jump(operand: Operand | undefined): number {
    const off = this.distance(operand);
    if (off < -0x8000 || off > 0x7fff) this.fail(`a jump over ${off} instructions`);
    return off;
  }

  /** A function by label or distance, or a system call by name. */
  private call(operand: Operand, systemCall: boolean): void {
    const src = this.version === 3 && (systemCall || !this.isFunction(operand)) ? 0 : 1;
    if (systemCall && operand.kind === "number") {
      this.emit(encode({ opcode: CALL, dst: 0, src: 0, off: 0, imm: this.immediate(operand) }));
      return;
    }
    const relocated = operand.kind === "name" && (systemCall || operand.symbolic || !this.isFunction(operand));
    if (!relocated) {
      const imm = this.distance(operand) >>> 0;
      this.emit(encode({ opcode: CALL, dst: 0, src, off: 0, imm }));
      return;
    }
    if (this.version === 3) {
      const imm = src === 0 ? symbolHash(operand.name) : this.distance(operand) >>> 0;
      this.emit(encode({ opcode: CALL, dst: 0, src, off: 0, imm }));
      return;
    }
    const offset = this.bytes[".text"].length;
    this.relocations.push({ type: R_64_32, section: ".text", offset, symbol: this.symbol(operand.name) });
    this.emit(encode({ opcode: CALL, dst: 0, src: 1, off: 0, imm: 0xffffffff }));
  }

  private isFunction(operand: Operand): boolean {
    return operand.kind === "number" || (operand.kind === "name" && this.labels.has(operand.name));
  }

  /** Its index in the symbol table; a new one for a system call. */
  private symbol(name: string): number {
    const found = this.symbols.findIndex((symbol) => symbol.name === name);
    return found >= 0 ? found : this.symbols.push({ name, at: null, isFunction: false }) - 1;
  }

  /** lddw of a number or an address; in v2, which has none, mov32 and hor64 (SIMD-0173). */
  private loadWide(operands: readonly Operand[]): void {
    if (operands.length !== 2) this.fail("lddw takes a register and a number or label");
    const dst = this.register(operands[0]);
    const operand = operands[1]!;
    const offset = this.bytes[".text"].length;
    let value: bigint;
    if (operand.kind === "name" && !this.constants.has(operand.name)) value = this.loadedAddress(operand, offset);
    else value = this.ranged(operand, -(1n << 63n), (1n << 64n) - 1n);
    const [low, high] = [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
    const moved = this.version === 2;
    this.emit(encode({ opcode: moved ? MOV32 : LDDW, dst, src: 0, off: 0, imm: low }));
    this.emit(encode({ opcode: moved ? HOR64 : 0, dst: moved ? dst : 0, src: 0, off: 0, imm: high }));
  }

  /** What lddw has in the file for an address: relocated in v0 and v1, final in v2 and v3. */
  private loadedAddress({ name, plus, symbolic }: Operand & { kind: "name" }, offset: number): bigint {
    if (symbolic && this.version < 2) {
      this.relocations.push({ type: R_64_64, section: ".text", offset, symbol: this.symbol(name) });
      return plus;
    }
    const label = this.labels.get(name);
    if (!label) this.fail(`there is no label ${name}`);
    const address = this.address(label) + plus;
    if (this.version === 2) return address + (1n << 32n);
    if (this.version !== 3) this.relocations.push({ type: R_64_RELATIVE, section: ".text", offset, symbol: null });
    return address;
  }
}

/** Whether these operands are of the operation's shape. */
function fits({ shape }: Operation, operands: readonly Operand[]): boolean {
  const value = (kind: string) => kind === "number" || kind === "name";
  const kinds = operands.map(({ kind }) => kind);
  const wanted: Record<string, ((kind: string) => boolean)[]> = {
    none: [],
    dst: [isRegister],
    endian: [isRegister],
    "dst,imm": [isRegister, value],
    "dst,src": [isRegister, isRegister],
    "dst,[src+off]": [isRegister, isMemory],
    "[dst+off],imm": [isMemory, value],
    "[dst+off],src": [isMemory, isRegister],
    target: [value],
    "dst,imm,target": [isRegister, value, value],
    "dst,src,target": [isRegister, isRegister, value],
    call: [value],
    callx: [isRegister],
  };
  const tests = wanted[shape]!;
  return tests.length === kinds.length && tests.every((test, i) => test(kinds[i]!));
}
const isRegister = (kind: string) => kind === "register";
const isMemory = (kind: string) => kind === "memory";

/** The whole ELF file. Throws AssemblyError with the line. */
export function assemble(text: string, options: AssembleOptions = {}): Uint8Array {
  return writeElf(assembleProgram(text, options));
}

/** What goes into the file, before it is one: for files that depart from the usual layout. */
export function assembleProgram(text: string, { version = 0 }: AssembleOptions = {}): Program {
  return new Assembler(text, version).program();
}
