/** Calls of every sBPF version: saved registers, stack frames, depth, addresses of functions; same result and units as on Agave. */
import { beforeAll, describe, expect, it } from "vitest";
import { failed } from "./loader-fixture.ts";
import { Programs, RESULTS, VERSIONS } from "./sbpf-assembly.ts";

/** Functions that are running at once when the next call is one too many. */
const MAX_CALL_DEPTH = 64;
const FRAME = 4096;
const STACK = 0x200000000n;
const incomplete = failed("ProgramFailedToComplete");

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.create();
});

/** Values that the text leaves in r3, one for each "save". */
function saved(text: string, version: 0 | 1 | 2 | 3): bigint[] {
  const count = text.split("save").length - 1;
  let next = 0;
  const body = text.replace(/save/g, () => `lddw r6, ${RESULTS}\nstxdw [r6+${8 * next++}], r3`);
  const data = programs.results(body, count * 8, version);
  const view = new DataView(data.buffer, data.byteOffset);
  return Array.from({ length: count }, (_, i) => view.getBigUint64(i * 8, true));
}

/** Calls itself as often as the first byte of the instruction data says; r2 is its address. */
const RECURSIVE = `
entrypoint:
  ldxb r1, [r2]
  call down
  mov64 r0, 0
  exit
down:
  jeq r1, 0, done
  add64 r1, -1
  call down
done:
  exit`;

const INDIRECT = (target: string) => `
entrypoint:
  lddw r3, ${target}
  callx r3
  mov64 r0, 0
  exit
second:
  mov64 r7, 1
  exit
wide:
  lddw r7, 0x123456789
  exit`;

describe("sBPF calls", () => {
  for (const version of VERSIONS) {
    it(`v${version} saves r6 to r9 and the frame pointer, and nothing else`, () => {
      const values = saved(
        `
        entrypoint:
          mov64 r7, 7
          mov64 r8, 8
          mov64 r9, 9
          mov64 r1, 1
          mov64 r5, 5
          mov64 r0, 33
          stxdw [r10-8], r10
          call change
          mov64 r3, r0
          save
          mov64 r3, r1
          save
          mov64 r3, r5
          save
          mov64 r3, r7
          save
          mov64 r3, r9
          save
          ldxdw r3, [r10-8]
          add64 r3, -0
          mov64 r4, r10
          xor64 r3, r4
          save
          mov64 r0, 0
          exit
        change:
          mov64 r1, 101
          mov64 r5, 105
          mov64 r7, 107
          mov64 r9, 109
          exit`,
        version,
      );
      expect(values).toEqual([33n, 101n, 105n, 7n, 9n, 0n]);
    });

    it(`v${version} puts frames where Agave does`, () => {
      const [outer, inner, innermost] = saved(
        `
        entrypoint:
          mov64 r3, r10
          save
          call one
          mov64 r0, 0
          exit
        one:
          mov64 r3, r10
          save
          call two
          exit
        two:
          mov64 r3, r10
          save
          exit`,
        version,
      );
      // v0 leaves a gap of a frame between frames, v1 and v2 leave the frame pointer to the program.
      const step = BigInt(version === 0 ? 2 * FRAME : version === 3 ? FRAME : 0);
      expect([inner! - outer!, innermost! - inner!]).toEqual([step, step]);
      const first = version === 1 || version === 2 ? MAX_CALL_DEPTH * FRAME : FRAME;
      expect(outer).toBe(STACK + BigInt(first));
    });

    it(`v${version} has frames of its own: what a function writes below its frame pointer is not its caller's`, () => {
      const bump = version === 1 || version === 2 ? "add64 r10, -128" : "mov64 r0, r0";
      const [own, again] = saved(
        `
        entrypoint:
          stdw [r10-8], 11
          call write
          ldxdw r3, [r10-8]
          save
          call write
          mov64 r3, r0
          save
          mov64 r0, 0
          exit
        write:
          ${bump}
          ldxdw r0, [r10-8]
          stdw [r10-8], 22
          exit`,
        version,
      );
      expect(own).toBe(11n);
      // A later call finds what the earlier one left.
      expect(again).toBe(22n);
    });

    it(`v${version} allows ${MAX_CALL_DEPTH} functions at once, and one more is too many`, () => {
      for (const [depth, error] of [
        [0, null],
        [1, null],
        [MAX_CALL_DEPTH - 3, null],
        [MAX_CALL_DEPTH - 2, null],
        [MAX_CALL_DEPTH - 1, incomplete],
        [MAX_CALL_DEPTH, incomplete],
        [255, incomplete],
      ] as const) {
        const { ours } = programs.same(RECURSIVE, { version, data: [depth] });
        expect(ours.error, `depth ${depth}`).toEqual(error);
      }
    });

    it(`v${version} calls the function at an address, and no address outside of its code`, () => {
      for (const [target, error] of [
        ["second", null],
        ["wide", null],
        ["second+3", null],
        ["second-8", null],
        ["entrypoint-8", incomplete],
        ["entrypoint-1", incomplete],
        ["0", incomplete],
        [`${STACK}`, incomplete],
        ["0xffffffffffffffff", incomplete],
        ["second+80", incomplete],
      ] as const) {
        const { ours } = programs.same(INDIRECT(target), { version });
        if (target !== "second+80") expect(ours.error, target).toEqual(error);
      }
    });

    it(`v${version} runs the second half of an lddw that is called as what it is`, () => {
      if (version !== 2) programs.same(INDIRECT("wide+8"), { version });
    });

    it(`v${version} stops at a call of what is neither function nor system call`, () => {
      const unknown = version === 3 ? "syscall 0x12345678" : "syscall sol_nothing_";
      expect(programs.same(`${unknown}\nmov64 r0, 0\nexit`, { version }).ours.error).toEqual(incomplete);
      programs.same(".insn 0x85, 0, 0, 0, 0xffffffff\nmov64 r0, 0\nexit", { version });
      programs.same(".insn 0x85, 0, 1, 0, 0xffffffff\nmov64 r0, 0\nexit", { version });
    });

    it(`v${version} stops behind the last instruction`, () => {
      programs.same("entrypoint: ja last\nexit\nlast: mov64 r0, 0", { version });
      programs.same("call last\nexit\nlast: mov64 r0, 0", { version });
    });
  }

  it("calls by symbol and by distance lead to the same function, and main can be called", () => {
    const text = `
    .globl twice
    .globl entrypoint
    entrypoint:
      jeq r9, 1, inner
      mov64 r1, 21
      call twice@symbol
      call twice
      mov64 r9, 1
      call entrypoint
      call entrypoint@symbol
      mov64 r0, r1
      exit
    inner:
      add64 r1, 1
      exit
    twice:
      add64 r1, r1
      exit`;
    for (const version of [0, 1, 2] as const) {
      expect(programs.same(text, { version }).ours.error).toEqual(failed({ Custom: 86 }));
    }
  });

  it("a frame pointer moved by the program comes back at the return (v1, v2)", () => {
    for (const version of [1, 2] as const) {
      const values = saved(
        `
        entrypoint:
          mov64 r3, r10
          save
          call f
          mov64 r3, r10
          save
          add64 r10, -64
          add64 r10, 128
          add64 r10, -64
          mov64 r3, r10
          save
          mov64 r0, 0
          exit
        f:
          add64 r10, -4096
          stdw [r10], 1
          exit`,
        version,
      );
      expect(new Set(values).size).toBe(1);
    }
  });
});
