/** The assembler's files on Agave's runtime: every version and loader takes them, labels and relocations lead where they should. */
import { describe, expect, it } from "vitest";
import { assemble, assembleProgram } from "../../infra/sbpf/assemble.ts";
import type { SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { symbolHash } from "../../infra/sbpf/symbol-hash.ts";
import { Conformance, instruction, keyBytes, testKey } from "./harness.ts";
import { Agave, type AgaveResult } from "./harness-agave.ts";

const VERSIONS: SbpfVersion[] = [0, 1, 2, 3];
const LOADERS = ["BPFLoader2111111111111111111111111111111111", "BPFLoaderUpgradeab1e11111111111111111111111"];
const PROGRAM = testKey(1);
const PAYER = testKey(2);

function run(elf: Uint8Array, loader = LOADERS[0]!): AgaveResult {
  const agave = new Agave();
  agave.svm.setBlockhashCheck(false);
  agave.svm.airdrop(keyBytes(PAYER), 10n ** 9n);
  agave.svm.addProgramWithLoader(keyBytes(PROGRAM), elf, keyBytes(loader));
  const blockhash = agave.svm.latestBlockhash();
  return agave.send(transaction(blockhash));
}

const transaction = (blockhash: string) =>
  Conformance.prototype.transaction({ payer: PAYER, instructions: [instruction(PROGRAM, [], [])], blockhash });

const logged = (result: AgaveResult) => result.logs.filter((line) => line.startsWith("Program log: "));
const text = (source: string, version: SbpfVersion = 0) =>
  Buffer.from(assembleProgram(source, { version }).text).toString("hex");

const EVERYTHING = `
.globl add            ; called and addressed by a relocation of its name
.globl message
.equ LENGTH, 5
entrypoint:
  lddw r1, message@symbol
  mov64 r2, LENGTH
  call sol_log_
  lddw r1, pointer    # an address in read-only data
  ldxdw r1, [r1]
  mov64 r2, 3
  syscall sol_log_
  mov64 r1, 4
  call add@symbol
  mov64 r6, r0
  call sub
  lddw r2, add@symbol
  callx r2
  mov64 r1, r6
  mov64 r2, r0
  mov64 r3, 0
  jeq r3, 0, +1
  exit
  mov64 r4, 3
again:
  add64 r4, -1
  jne r4, 0, again
  call sol_log_64_
  mov64 r0, 0
  exit
add:
  mov64 r0, r1
  add64 r0, 3
  exit
sub:
  add64 r1, -4
  exit
.rodata
message: .ascii "hel\\x6c", "o"   // two strings
.align 8
pointer: .quad message+1
`;

describe("the assembler", () => {
  for (const version of VERSIONS) {
    it(`makes files of v${version} that both loaders run: calls, system calls, read-only data, addresses`, () => {
      const elf = assemble(EVERYTHING, { version });
      for (const loader of LOADERS) {
        const result = run(elf, loader);
        expect(result.error).toBeNull();
        expect(logged(result)).toEqual([
          "Program log: hello",
          "Program log: ell",
          expect.stringMatching(/^Program log: 0x7, 0x3, 0x0, 0x0, 0x/),
        ]);
      }
    });

    it(`makes files of v${version} without data, symbols or labels`, () => {
      const result = run(assemble("mov64 r0, 7\nexit", { version }));
      expect(result.error).toEqual({ InstructionError: [0, { Custom: 7 }] });
      expect(result.computeUnits).toBe(2);
    });

    it(`begins at the entrypoint in v${version}, wherever it is`, () => {
      const result = run(assemble("other: exit\nmov64 r0, 9\nentrypoint: mov64 r0, 8\nexit", { version }));
      expect(result.error).toEqual({ InstructionError: [0, { Custom: 8 }] });
    });
  }

  it("encodes operands as solana-sbpf does", () => {
    expect(text("add64 r1, 0x605\nmov64 r2, 0x32\nmov r1, r0\nbe16 r0\nneg r2\nexit")).toBe(
      "0701000005060000b702000032000000bf01000000000000dc0000001000000087020000000000009500000000000000",
    );
    expect(text("ldxw r3, [r4-8]\nstdw [r10+0x10], -1\nstxb [r9], r5")).toBe(
      "6143f8ff000000007a0a1000ffffffff7359000000000000",
    );
    expect(text("lddw r1, 0x1122334455667788")).toBe("18010000887766550000000044332211");
    expect(text("jeq64 r1, 2, +3\njslt r1, r2, -1\nja end\nend: exit")).toBe(
      "1501030002000000cd21ffff0000000005000000000000009500000000000000",
    );
  });

  it("moves memory instructions, callx and lddw in v2", () => {
    expect(text("ldxb r1, [r2+1]\nstw [r1], 5\nstxdw [r1-1], r2", 2)).toBe(
      "2c210100000000008701000005000000" + "9f21ffff00000000",
    );
    expect(text("callx r3", 2)).toBe("8d30000000000000");
    expect(text("callx r3", 3)).toBe("8d03000000000000");
    expect(text("callx r3", 0)).toBe("8d00000003000000");
    expect(text("lddw r1, 0x1122334455667788", 2)).toBe("b40100008877665" + "5f701000044332211");
  });

  it("hashes system calls with MurmurHash3", () => {
    expect(symbolHash("sol_log_")).toBe(0x207559bd);
    expect(symbolHash("abort")).toBe(0xb6fc1a11);
    expect(text("call sol_log_", 3)).toBe("85000000bd597520");
  });

  it("names the line of what it does not understand", () => {
    const refused = (source: string, version: SbpfVersion = 0) => {
      try {
        assemble(source, { version });
      } catch (error) {
        return (error as Error).message;
      }
      return "taken";
    };
    expect(refused("exit\nfoo r1")).toBe("line 2: sBPF v0 has no instruction foo");
    expect(refused("mul64 r1, r2", 2)).toBe("line 1: sBPF v2 has no instruction mul64");
    expect(refused("lmul64 r1, r2", 0)).toBe("line 1: sBPF v0 has no instruction lmul64");
    expect(refused("mov64 r1")).toBe("line 1: mov64 takes dst,imm or dst,src");
    expect(refused("mov64 r16, 1")).toMatch(/^line 1: /);
    expect(refused("mov64 r1, 0x100000000")).toMatch(/^line 1: 4294967296 is not between/);
    expect(refused("ja nowhere")).toBe("line 1: there is no label nowhere");
    expect(refused("a:\na:")).toBe("line 2: label a is there twice");
    expect(refused(".rodata\nexit")).toBe("line 2: an instruction outside of .text");
    expect(refused('.ascii "\\q"')).toBe("line 1: unknown escape \\q");
    expect(refused(".frob 1")).toBe("line 1: there is no directive .frob");
    expect(refused(".insn 1, 2, 3, 4")).toBe("line 1: .insn takes opcode, dst, src, off, imm");
  });
});
