/** Disassembled and assembled again, a program is the same: our own files byte for byte, mainnet's in everything that is loaded. */
import { describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { disassemble } from "../../infra/sbpf/disassemble.ts";
import { ElfError, type Image, readElf } from "../../infra/sbpf/elf-read.ts";
import { encode, OPERATIONS, type SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { Random } from "./random-prng.ts";
import { carriedElfs } from "./sbpf-elfs.ts";
import { generateProgram } from "./sbpf-generate.ts";
import { mutateCode } from "./sbpf-mutate.ts";

const VERSIONS: SbpfVersion[] = [0, 1, 2, 3];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const byName = ({ relocations, symbols }: Image) =>
  relocations.map(({ symbol, ...rest }) => ({ ...rest, symbol: symbol === null ? null : symbols[symbol]!.name }));

/** Every opcode with every combination of zero and not zero in its other fields: what a mnemonic says and what it does not. */
function everyInstruction(version: SbpfVersion): string {
  const opcodes = new Set(Array.from({ length: 256 }, (_, opcode) => opcode));
  const lines: string[] = [];
  for (const opcode of opcodes) {
    for (let bits = 0; bits < 16; bits++) {
      const [dst, src, off, imm] = [bits & 1 ? 3 : 0, bits & 2 ? 1 : 0, bits & 4 ? -2 : 0, bits & 8 ? 0x80000010 : 0];
      lines.push(`.insn ${opcode}, ${dst}, ${src}, ${off}, ${imm}`);
    }
  }
  return hex(assemble(lines.join("\n"), { version }));
}

const LINKED = `
.globl f
.globl words
entrypoint:
  lddw r1, text
  lddw r2, words@symbol+8
  lddw r3, f
  lddw r4, 0xffffffffffffffff
  call f
  call f@symbol
  syscall sol_log_
  call sol_memcpy_
  jsgt r1, -1, entrypoint
  jne r1, r2, +0
  ja +30
  exit
f:
  callx r3
  exit
.rodata
text: .ascii "quoted \\" and \\\\ back", "\\x00\\xff\\n"
.align 8
words: .quad 1, -1, text+3, f
`;

describe("the disassembler", () => {
  for (const version of VERSIONS) {
    it(`loses nothing of any bits that can stand in the code of v${version}`, () => {
      const elf = new Uint8Array(Buffer.from(everyInstruction(version), "hex"));
      expect(hex(assemble(disassemble(elf), { version }))).toBe(hex(elf));
    });

    it(`writes every instruction of v${version} with its mnemonic`, () => {
      const code = OPERATIONS[version]!.flatMap(({ shape, opcode, width }) => {
        const fields = { opcode, dst: 0, src: 0, off: 0, imm: width ?? 0 };
        return shape === "lddw" ? [encode(fields), new Uint8Array(8)] : [encode(fields)];
      });
      const raw = code.flatMap((bytes) => [...bytes]).join(", ");
      const text = disassemble(assemble(`.byte ${raw}`, { version }));
      expect(text).not.toContain(".insn");
      const mnemonics = text.match(/^ {2}\w+/gm)!.map((line) => line.trim());
      // A call of the immediate 0 from register 0 is a system call.
      const names = OPERATIONS[version]!.map(({ name }) => (name === "call" ? "syscall" : name));
      expect(mnemonics).toEqual(names);
    });

    it(`brings back labels, symbols, relocations and data of v${version}`, () => {
      const elf = assemble(LINKED, { version });
      const text = disassemble(elf);
      expect(hex(assemble(text, { version }))).toBe(hex(elf));
      if (version === 0) {
        expect(text).toContain("lddw r2, words@symbol+8");
        expect(text).toContain(".quad data_3\n");
        expect(text).toContain("call f@symbol\n  syscall sol_log_\n  syscall sol_memcpy_\n");
        expect(text).toContain('.ascii "ted \\" and \\\\ back"');
      }
    });
  }

  it("brings back random programs byte for byte, whatever was changed in their code", () => {
    for (let seed = 1; seed <= 80; seed++) {
      const random = new Random(seed);
      const version = random.pick(VERSIONS);
      const elf = assemble(generateProgram(random, { version, wild: 0.1, strange: 0.2 }), { version });
      expect(hex(assemble(disassemble(elf), { version })), `seed ${seed}`).toBe(hex(elf));
      const changed = mutateCode(random, elf);
      const text = disassemble(changed);
      // A relocation of what is no call or address any more cannot be written down.
      if (!text.includes("# relocation")) expect(hex(assemble(text, { version })), `seed ${seed}`).toBe(hex(changed));
    }
  });

  it("names a system call of v3 by its hash, and keeps a hash that has no name", () => {
    const text = disassemble(assemble("syscall sol_log_\nsyscall 0x12345678\ncall +0\nexit", { version: 3 }));
    expect(text).toContain("  syscall sol_log_\n  syscall 0x12345678\n  call function_3\nfunction_3:\n  exit\n");
  });

  for (const { address, elf } of carriedElfs()) {
    it(`reads ${address} of mainnet-beta without loss`, () => {
      const text = disassemble(elf);
      const again = assemble(text, { version: readElf(elf).version });
      expect(disassemble(again)).toBe(text);
      expect(text).not.toContain(".insn");
      expect(text).not.toContain("# relocation");
      const [theirs, ours] = [readElf(elf), readElf(again)];
      // Where .text is not where our files have it, addresses differ.
      if (theirs.textAddress !== ours.textAddress) return;
      expect(hex(ours.text) === hex(theirs.text)).toBe(true);
      expect(hex(ours.rodata) === hex(theirs.rodata)).toBe(true);
      expect(byName(ours)).toEqual(byName(theirs));
    });
  }

  it("refuses what is no program, and stops at the end of the file", () => {
    expect(() => disassemble(new Uint8Array(3))).toThrow(new ElfError("this is no ELF file"));
    const elf = assemble(LINKED);
    for (let length = 0; length < elf.length - 32; length += 7) {
      expect(() => disassemble(elf.subarray(0, length))).toThrow(ElfError);
    }
    const later = elf.slice();
    later[48] = 9;
    expect(() => disassemble(later)).toThrow("sBPF version 9 is unknown");
  });
});
