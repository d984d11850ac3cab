/** Every way in which the machine itself stops a program: the same error, log lines and compute units as on Agave. */
import { beforeAll, describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { OPERATIONS, type SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { testKey } from "./harness.ts";
import { Programs, VERSIONS } from "./sbpf-assembly.ts";

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.create();
});

const FINISH = "\nmov64 r0, 0\nexit\n";

/** Runs it on both; the last "failed" line behind the program's name, or "success". */
function outcome(source: string, version: SbpfVersion, options: object = {}): string {
  const { ours } = programs.same(source, { version, ...options });
  const line = ours.logs.findLast((text) => / failed: | success$/.test(text))!;
  return line.replace(/^Program \w+ (failed: )?/, "");
}

const REGIONS = {
  null: 0n,
  program: 0x100000000n,
  "program's end": 0x1fffffff0n,
  stack: 0x200000000n,
  "first frame's end": 0x200001000n,
  "first gap's end": 0x200002000n,
  "stack's end": 0x200000000n + 64n * 4096n,
  "stack's end with gaps": 0x200000000n + 128n * 4096n,
  heap: 0x300000000n,
  "heap's end": 0x300000000n + 32n * 1024n,
  input: 0x400000000n,
  "behind the input": 0x400010000n,
  "no region": 0x500000000n,
  "no region, far": 0x8000000000000000n,
  "the last byte": 0xffffffffffffffffn,
};
const ACCESSES = ["ldxb r3, [r4]", "ldxh r3, [r4]", "ldxdw r3, [r4]", "stxb [r4], r3", "stxdw [r4], r3", "stw [r4], 1"];

/** Outcomes without addresses, sizes and frame numbers. */
const kind = (text: string) =>
  text
    .replace(/at address 0x\w+/, "")
    .replace(/(reading|writing) \d+ bytes|of size \d+|frame -?\d+/g, (m) => m.split(" ")[0]!);

describe("sBPF faults", () => {
  for (const version of VERSIONS) {
    it(`v${version}: loads and stores around the borders of every region`, () => {
      const kinds = new Set<string>();
      for (const base of Object.values(REGIONS)) {
        for (const distance of [-9n, -8n, -7n, -2n, -1n, 0n, 1n, 5n]) {
          for (const access of ACCESSES) {
            const address = BigInt.asUintN(64, base + distance);
            kinds.add(kind(outcome(`lddw r4, ${address}\n${access}${FINISH}`, version, { data: [1, 2, 3] })));
          }
        }
      }
      const frames = ["Access violation in stack frame  of"];
      const regions = ["heap", "program", "stack", "unallocated"].map((region) => `(in ${region} region)`);
      const seen = [...kinds]
        .filter((text) => text !== "success")
        .map((text) => /\(.*\)|.*frame.*/.exec(text)![0].trim());
      const expected = {
        0: [...frames, ...regions],
        1: regions,
        2: regions,
        3: [...frames, "(in heap region)", "(in unallocated region)"],
      }[version];
      expect([...new Set(seen)].sort()).toEqual(expected.sort());
    });

    it(`v${version}: the stack from functions at every depth`, () => {
      for (const depth of [0, 1, 2, 30, 61, 62]) {
        for (const offset of [-8, -4088, -4096, -4097, -4104, -8192, -8200, 0, 1, 8, 4088, 4096, 8184, 8192]) {
          const bump = (version === 1 || version === 2) && depth % 2 === 0 ? "add64 r10, -4096" : "mov64 r0, r0";
          const source = `
          entrypoint:
            mov64 r1, ${depth}
            call down
            mov64 r0, 0
            exit
          down:
            ${bump}
            jeq r1, 0, touch
            add64 r1, -1
            call down
            exit
          touch:
            mov64 r4, r10
            add64 r4, ${offset}
            stxdw [r4], r1
            ldxb r3, [r4+7]
            exit`;
          programs.same(source, { version });
        }
      }
    });

    it(`v${version}: heaps of every size that can be asked for`, () => {
      for (const heap of [32 * 1024, 33 * 1024, 64 * 1024, 255 * 1024, 256 * 1024]) {
        for (const distance of [-8, -7, 0]) {
          const text = outcome(`lddw r4, ${0x300000000 + heap + distance}\nstxdw [r4], r4${FINISH}`, version, {
            heap,
            units: 5_000,
          });
          expect(text === "success").toBe(distance === -8);
        }
      }
    });

    it(`v${version}: the input region to its last byte, with accounts of odd lengths`, () => {
      const account = testKey(7);
      for (const length of [0, 1, 8, 9]) {
        programs.c.setAccount(account, { lamports: 10n ** 9n, data: new Uint8Array(length).fill(7) });
        const end = 8 + 88 + length + ((8 - (length % 8)) % 8) + 10_240 + 8 + 8 + 3 + 32;
        for (const distance of [-9, -8, -7, -1, 0]) {
          const source = `lddw r4, ${0x400000000 + end + distance}\nldxdw r3, [r4]${FINISH}`;
          const text = outcome(source, version, { accounts: [[account, "w"]], data: [1, 2, 3] });
          expect(text === "success", `${length} ${distance}`).toBe(distance <= -8);
        }
      }
    });

    it(`v${version}: division by zero and of the smallest number by -1`, () => {
      const divisions = OPERATIONS[version]!.filter(
        ({ name, shape }) => /div|mod|rem/.test(name) && shape === "dst,src",
      );
      for (const { name } of divisions) {
        expect(outcome(`mov64 r3, 5\nmov64 r4, 0\n${name} r3, r4${FINISH}`, version)).toBe(
          "divide by zero at BPF instruction",
        );
        const half = outcome(`mov64 r3, 5\nlddw r4, 0x500000000\n${name} r3, r4${FINISH}`, version);
        expect(half).toBe(name.endsWith("32") ? "divide by zero at BPF instruction" : "success");
        const smallest = name.endsWith("32") ? "0x80000000" : "0x8000000000000000";
        const text = outcome(`lddw r3, ${smallest}\nmov64 r4, -1\n${name} r3, r4${FINISH}`, version);
        expect(text).toBe(/^s(div|rem)/.test(name) ? "division overflow at BPF instruction" : "success");
      }
      expect(divisions.length).toBe(version === 2 ? 8 : 4);
    });

    it(`v${version}: a signed division by the immediate -1 overflows too`, () => {
      if (version !== 2) return;
      for (const name of ["sdiv32", "sdiv64", "srem32", "srem64"]) {
        const smallest = name.endsWith("32") ? "0x80000000" : "0x8000000000000000";
        expect(outcome(`lddw r3, ${smallest}\n${name} r3, -1${FINISH}`, 2)).toBe(
          "division overflow at BPF instruction",
        );
      }
    });

    it(`v${version}: compute units that end at every point of loops, calls, system calls and a violation`, () => {
      const program = (last: string) => `
        entrypoint:
          mov64 r6, 3
        again:
          call twice
          add64 r6, -1
          jne r6, 0, again
          ldxb r3, [r2]
          lddw r1, text
          mov64 r2, 2
          syscall sol_log_
          mov64 r1, r10
          add64 r1, -8
          mov64 r2, 8
          syscall sol_set_return_data
          ja over
          exit
        over:
          ${last}
          mov64 r0, 0
          exit
        twice:
          add64 r0, r0
          lddw r7, 0x1111111111
          exit
        .rodata
        text: .ascii "hi"`;
      for (const last of ["mov64 r0, 1", "ldxdw r3, [r0]", "mov64 r3, 0\nstxdw [r3], r3\nldxdw r3, [r0]"]) {
        const elf = assemble(program(last), { version });
        const installed = programs.install(elf);
        const { ours } = programs.c.both(programs.transaction(installed, { data: [1] }));
        // What a violation takes is everything: the way to it is no longer than to the end of the others.
        const needed = ours.error === null ? ours.computeUnits : 260;
        for (let units = 0; units <= needed + 2; units += units > 40 && units < needed - 20 ? 7 : 1) {
          programs.c.expectSame(programs.transaction(installed, { units, data: [1] }));
        }
      }
    });

    it(`v${version}: system calls that end the program`, () => {
      expect(outcome(`syscall abort${FINISH}`, version)).toBe("SBF program panicked");
      const panic = `lddw r1, file\nmov64 r2, 4\nmov64 r3, 7\nmov64 r4, 9\nsyscall sol_panic_${FINISH}.rodata\nfile: .ascii "main"`;
      expect(outcome(panic, version)).toBe("SBF program Panicked in main at 7:9");
      expect(outcome(`mov64 r1, 0\nmov64 r2, 5\nsyscall sol_log_${FINISH}`, version)).toMatch(/^Access violation/);
      expect(
        outcome(`lddw r1, 0x300000001\nmov64 r2, 1\nmov64 r3, 1\nmov64 r4, 1\nsyscall sol_log_data${FINISH}`, version),
      ).toMatch(/./);
    });
  }
});
