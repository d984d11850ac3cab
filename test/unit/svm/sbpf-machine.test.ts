/** The sBPF machine on its own: what its exports answer, and that every program finds a stack of zeros. Against Agave: test/conformance. */
import { beforeEach, describe, expect, it } from "vitest";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { R_64_32, writeElf } from "../../../infra/sbpf/elf-write.ts";
import { OPERATIONS, type SbpfVersion } from "../../../infra/sbpf/opcodes.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";

const VERSIONS: readonly SbpfVersion[] = OPERATIONS.map((_, version) => version as SbpfVersion);
const HEAP = 32_768;
const STACK_BYTES = 64 * 4096;
let wasm: WasmInstance;
beforeEach(() => {
  wasm = new WasmInstance(wasmModule());
});

function answer() {
  const out = wasm.out();
  const view = new DataView(out.buffer);
  const [textLength, inputLength] = [view.getUint32(120, true), view.getUint32(124, true)];
  const input = 128 + ((textLength + 7) & ~7);
  return {
    r0: view.getBigUint64(0, true),
    kind: view.getUint32(8, true),
    left: view.getBigUint64(16, true),
    registers: Array.from({ length: 11 }, (_, i) => view.getBigUint64(24 + 8 * i, true)),
    instruction: view.getBigUint64(112, true),
    text: new TextDecoder().decode(out.subarray(128, 128 + textLength)),
    input: [...out.subarray(input, input + inputLength)],
  };
}

const load = (elf: Uint8Array): unknown => wasm.exports.sbpfLoad!(wasm.write(elf), elf.length, 0);
const runLoaded = (input: Uint8Array, heap: number, units: bigint): unknown =>
  wasm.exports.sbpfRunLoaded!(wasm.write(input), input.length, heap, units);

function run(source: string, version: SbpfVersion = 0, units = 100_000n) {
  expect(load(assemble(source, { version }))).toBe(0);
  expect(runLoaded(new Uint8Array(16), HEAP, units)).toBe(0);
  return answer();
}

/** r0 = all bytes of the stack or'ed together, those in the gaps of v0 left out. */
const READ_STACK = (version: SbpfVersion): string => `
entrypoint:
  mov64 r0, 0
  mov64 r1, 2
  lsh64 r1, 32
  mov64 r3, 64
frame:
  mov64 r4, 512
word:
  ldxdw r5, [r1]
  or64 r0, r5
  add64 r1, 8
  add64 r4, -1
  jne r4, 0, word
  ${version === 0 ? "add64 r1, 4096" : "mov64 r4, 0"}
  add64 r3, -1
  jne r3, 0, frame
  exit`;

describe("sbpfRunLoaded", () => {
  it("answers r0, registers, units and the input as the program left it", () => {
    const { r0, kind, left, registers, text, input } = run("mov64 r0, 7\nmov64 r9, -1\nstb [r1+3], 5\nexit");
    expect([r0, kind, left, text]).toEqual([7n, 0, 99_996n, ""]);
    expect(registers).toEqual([7n, 0x400000000n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, (1n << 64n) - 1n, 0x200001000n]);
    expect(input).toEqual([0, 0, 0, 5, ...new Array(12).fill(0)]);
    expect(wasm.exports.sbpfInstructions!()).toBe(4n);
  });

  it("answers the fault, its text and its instruction", () => {
    const { kind, left, instruction, text } = run("mov64 r0, 7\nldxb r0, [r0+3]\nexit");
    expect([kind, left, instruction]).toEqual([1, 99_998n, 1n]);
    expect(text).toBe("Access violation reading 1 bytes at address 0xa (in unallocated region)");
  });

  it("stops where the units end, also in a loop and in the middle of code that has no jump", () => {
    const loop = run("here:\nja here");
    expect([loop.kind, loop.left, loop.text]).toEqual([1, 0n, "exceeded CUs meter at BPF instruction"]);
    expect(run("mov64 r0, 1\nmov64 r0, 2\nexit", 0, 2n).text).toBe("exceeded CUs meter at BPF instruction");
    expect(run("mov64 r0, 1\nmov64 r0, 2\nexit", 0, 3n)).toMatchObject({ kind: 0, r0: 2n, left: 0n });
    expect(run("mov64 r0, 1\nexit", 0, 0n).text).toBe("exceeded CUs meter at BPF instruction");
  });

  it("counts the instructions, not what system calls take", () => {
    const { kind, left } = run("mov64 r1, 1\ncall sol_log_64_\nmov64 r0, 0\nexit");
    expect([kind, left]).toEqual([0, 100_000n - 4n - 100n]);
    expect(wasm.exports.sbpfInstructions!()).toBe(4n);
  });

  it("refuses a system call about the transaction that is not there", () => {
    const { kind, text } = run("call sol_get_stack_height\nexit");
    expect([kind, text]).toEqual([2, "a system call that needs a transaction"]);
  });

  it("runs nothing before a program is loaded, nor with too much heap, nor after a file was refused", () => {
    expect(runLoaded(new Uint8Array(0), HEAP, 1n)).toBe(-1);
    expect(load(assemble("exit"))).toBe(0);
    expect(runLoaded(new Uint8Array(0), 262_145, 1n)).toBe(-1);
    expect(runLoaded(new Uint8Array(0), 262_144, 1n)).toBe(0);
    expect(load(new Uint8Array(100))).toBe(-2);
    expect(new TextDecoder().decode(wasm.out())).toBe("Failed to parse ELF file: invalid file header");
    expect(runLoaded(new Uint8Array(0), HEAP, 1n)).toBe(-1);
  });

  it("sbpfRunRaw refuses a file that is longer than what it is given", () => {
    expect(wasm.exports.sbpfRunRaw!(wasm.write(new Uint8Array(8)), 8, 9, HEAP, 1n)).toBe(-1);
  });
});

describe("sbpfCheck", () => {
  it("takes a file of 200,000 functions without more memory than four times its size", () => {
    const count = 200_000;
    const text = new Uint8Array(count * 8);
    const view = new DataView(text.buffer);
    for (let i = 0; i < count - 1; i++) {
      const target = (i * 7919 + 13) % count;
      text[i * 8] = 0x85; // call
      view.setInt32(i * 8 + 4, target === i ? 0 : target - i - 1, true);
    }
    text[(count - 1) * 8] = 0x95; // exit
    const elf = writeElf({ version: 0, text, rodata: new Uint8Array(0), entry: 0, symbols: [], relocations: [] });
    const at = wasm.write(elf);
    const before = wasm.memory.buffer.byteLength;
    expect(wasm.exports.sbpfCheck!(at, elf.length, 1)).toBe(0);
    expect(wasm.memory.buffer.byteLength - before).toBeLessThan(4 * elf.length);
  });

  it("refuses two functions of the name entrypoint, in Agave's words", () => {
    const text = new Uint8Array(6 * 8);
    const view = new DataView(text.buffer);
    for (let i = 0; i < 6; i++) text[i * 8] = i < 2 ? 0x85 : 0x95; // call, call, exit...
    for (const i of [0, 1]) view.setInt32(i * 8 + 4, -1, true);
    const file = (...targets: number[]) =>
      writeElf({
        version: 0,
        text,
        rodata: new Uint8Array(0),
        entry: 0,
        symbols: targets.map((offset) => ({ name: "entrypoint", at: { section: ".text", offset }, isFunction: true })),
        relocations: targets.map((_, symbol) => ({ type: R_64_32, section: ".text", offset: symbol * 8, symbol })),
      });
    const [same, different] = [file(24, 24), file(24, 32)];
    expect(wasm.exports.sbpfCheck!(wasm.write(same), same.length, 1)).toBe(0);
    expect(wasm.exports.sbpfCheck!(wasm.write(different), different.length, 1)).toBe(-2);
    expect(new TextDecoder().decode(wasm.out())).toBe("Symbol hash collision 0x71e3cf81");
  });
});

describe("the stack of a program", () => {
  const deep = (version: SbpfVersion) => `
entrypoint:
  mov64 r1, 62
  call down
  exit
down:
  ${version === 1 || version === 2 ? "add64 r10, -4096" : "mov64 r2, 0"}
  stdw [r10-4096], -1
  stdw [r10-8], -1
  jeq r1, 0, out
  add64 r1, -1
  call down
out:
  exit`;
  const pointers = `
entrypoint:
  mov64 r1, 2
  lsh64 r1, 32
  stb [r1], 1
  mov64 r2, r1
  add64 r2, 0x10ff8
  stdw [r2], -1
  mov64 r2, r1
  add64 r2, 4096
  stxb [r2-1], r2
  exit`;
  const byCall = `
entrypoint:
  mov64 r1, 2
  lsh64 r1, 32
  mov64 r4, r1
  add64 r1, 0x20100
  mov64 r2, 255
  mov64 r3, 50
  call sol_memset_
  mov64 r1, r4
  add64 r1, 0x2300
  mov64 r2, r4
  add64 r2, 0x20100
  mov64 r3, 20
  call sol_memcpy_
  exit`;

  for (const version of VERSIONS) {
    it(`v${version}: is zero at first, and again after programs that wrote all over it`, () => {
      const read = () => run(READ_STACK(version), version, 1_000_000n);
      expect(read()).toMatchObject({ kind: 0, r0: 0n });
      for (const writing of [deep(version), pointers, byCall]) {
        run(writing, version);
        expect(answer().text, writing).toBe("");
        expect(read(), writing).toMatchObject({ kind: 0, r0: 0n });
      }
    });

    it(`v${version}: what a program wrote before a fault is gone too`, () => {
      expect(run(`${pointers.replace("exit", "mov64 r3, 0\n  ldxdw r3, [r3+8]\n  exit")}`, version).kind).toBe(1);
      expect(run(READ_STACK(version), version, 1_000_000n)).toMatchObject({ kind: 0, r0: 0n });
    });
  }

  it(`has ${STACK_BYTES} bytes, and not one more`, () => {
    const last = (offset: number) => `mov64 r1, 2\nlsh64 r1, 32\nadd64 r1, ${offset}\nldxb r0, [r1]\nexit`;
    expect(run(last(STACK_BYTES - 1), 3).kind).toBe(0);
    expect(run(last(STACK_BYTES), 3).text).toBe("Access violation in stack frame 64 at address 0x200040000 of size 1");
    expect(run(last(STACK_BYTES), 1).text).toBe(
      "Access violation reading 1 bytes at address 0x200040000 (in unallocated region)",
    );
    // Frames of v0 have gaps of their size between them.
    expect(run(last(2 * STACK_BYTES - 4097), 0).kind).toBe(0);
    expect(run(last(2 * STACK_BYTES - 4096), 0).kind).toBe(1);
    expect(run(last(4096), 0).text).toBe("Access violation in stack frame 1 at address 0x200001000 of size 1");
  });
});
