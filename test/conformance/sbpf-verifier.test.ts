/** What the verifier takes and refuses, instruction by instruction, with the words in which a deployment says so. */
import { beforeAll, describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import type { SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { keyBytes, testKey } from "./harness.ts";
import {
  deploy,
  deployAccounts,
  LOADER_V2,
  LoaderWorld,
  PROGRAM_SIZE,
  payer,
  program,
  programdata,
} from "./loader-fixture.ts";
import { VERSIONS } from "./sbpf-assembly.ts";

let world: LoaderWorld;
beforeAll(async () => {
  world = await LoaderWorld.create();
});

/** What the deployment logs about the file, or "accepted". The same on both sides. */
function deployed(source: string, version: SbpfVersion): string {
  const { c } = world;
  const elf = assemble(source, { version });
  world.setBuffer(elf);
  world.set(program, new Uint8Array(PROGRAM_SIZE));
  c.setAccount(programdata, { lamports: 0n });
  const { ours } = c.expectSame(c.transaction({ payer, instructions: [deploy(deployAccounts, elf.length)] }));
  return ours.error === null ? "accepted" : ours.logs.find((line) => !line.startsWith("Program "))!;
}

/** Whether it may run, on both sides: without a transaction, so that many can be asked about. */
function accepted(elf: Uint8Array): boolean {
  const { agave, ours } = world.c;
  const key = keyBytes(testKey(50));
  const account = { lamports: 10n ** 10n, owner: keyBytes(LOADER_V2), data: elf, executable: true, rentEpoch: 0n };
  let theirs = true;
  try {
    agave.setAccount(key, account);
  } catch {
    theirs = false;
  }
  const mine = ours.wasm.call("sbpfCheck", elf, 0) === 0;
  if (mine !== theirs) throw new Error(`agave ${theirs}, ours ${mine}: ${Buffer.from(elf).toString("base64")}`);
  return mine;
}

const raw = (opcode: number, dst: number, src: number, off: number, imm: number) =>
  `.insn ${opcode}, ${dst}, ${src}, ${off}, ${imm}\nmov64 r0, 0\nexit\nexit`;

describe("the verifier", () => {
  for (const version of VERSIONS) {
    it(`v${version}: every opcode with every kind of registers, offset and immediate`, () => {
      let taken = 0;
      for (let opcode = 0; opcode < 256; opcode++) {
        for (const [dst, src, off, imm] of [
          [0, 0, 0, 0],
          [1, 2, 1, 16],
          [10, 1, 0, 64],
          [10, 0, 2, 31],
          [11, 0, 0, 32],
          [2, 0, -2, 5],
          [3, 1, 0, 33],
        ] as const) {
          if (accepted(assemble(raw(opcode, dst, src, off, imm), { version }))) taken += 1;
        }
      }
      expect(taken).toBeGreaterThan(300);
      expect(taken).toBeLessThan(256 * 7);
    });

    it(`v${version}: the words of every refusal`, () => {
      const says = (source: string, text: RegExp | string) => expect(deployed(source, version)).toMatch(text);
      const end = "\nexit";
      says(`.insn 0xff, 0, 0, 0, 0${end}`, "Verifier error: unknown eBPF opcode 0xff (insn #0)");
      says(`mov64 r0, 0\n.insn 0x07, 11, 0, 0, 1${end}`, "Verifier error: invalid destination register (insn #1)");
      says(`.insn 0x0f, 1, 11, 0, 0${end}`, "Verifier error: invalid source register (insn #0)");
      says(`.insn 0x0f, 10, 1, 0, 0${end}`, "Verifier error: cannot write into register r10 (insn #0)");
      says(`.insn 0x67, 1, 0, 0, 64${end}`, "Verifier error: Shift with overflow of 64-bit value by 64 (insn #0)");
      says(
        `.insn 0x64, 1, 0, 0, -1${end}`,
        "Verifier error: Shift with overflow of 18446744073709551615-bit value by 32 (insn #0)",
      );
      says(`.insn 0xdc, 1, 0, 0, 17${end}`, "Verifier error: unsupported argument for LE/BE (insn #0)");
      says(`ja +5${end}`, "Verifier error: jump out of code to #6 (insn #0)");
      says(`ja -2${end}`, /^Verifier error: jump out of code to #\d+ \(insn #0\)$/);
      says(`.insn 0x8d, 10, 10, 0, 10${end}`, "Verifier error: Invalid register specified at instruction 0");
      if (version === 2) {
        says(`.insn 0x46, 1, 0, 0, 0${end}`, "Verifier error: division by 0 (insn #0)");
        says(`.insn 0x18, 1, 0, 0, 0\n.insn 0, 0, 0, 0, 0${end}`, "Verifier error: unknown eBPF opcode 0x18 (insn #0)");
      } else {
        says(`.insn 0x34, 1, 0, 0, 0${end}`, "Verifier error: division by 0 (insn #0)");
        says(`.insn 0x18, 1, 0, 0, 0${end}`, "Verifier error: incomplete LD_DW instruction (insn #0)");
        says(`exit\n.insn 0x18, 1, 0, 0, 0`, "Verifier error: LD_DW instruction cannot be last in program");
        says(`ja +1\nlddw r1, 5${end}`, "Verifier error: jump to middle of LD_DW at #2 (insn #0)");
      }
      if (version === 1 || version === 2) says(`add64 r10, 63${end}`, /^Verifier error: .*(insn #0)/);
      else says(`add64 r10, 64${end}`, "Verifier error: cannot write into register r10 (insn #0)");
      if (version === 3) return;
      says(`exit\n.byte 1, 2, 3`, /multiple of 8/);
      says(
        `call sol_nothing_${end}`,
        /^Unresolved symbol \(sol_nothing_\) at instruction #\d+ \(ELF file offset 0x120\)$/,
      );
      says(`call sol_alloc_free_${end}`, /^Unresolved symbol \(sol_alloc_free_\)/);
      says(`call +5${end}`, "Relative jump out of bounds at instruction #0");
    });
  }

  it("takes what a deployment refuses where the program is there already: sol_alloc_free_ and unknown names", () => {
    for (const version of [0, 1, 2] as const) {
      expect(accepted(assemble("call sol_alloc_free_\nexit", { version }))).toBe(true);
      expect(accepted(assemble("call sol_nothing_\nexit", { version }))).toBe(true);
    }
  });
});
