/** Every instruction of every sBPF version with operands at the edges: same registers, same memory, same compute units as on Agave. */
import { beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, type Operation, type SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { Programs, RESULTS, VERSIONS } from "./sbpf-assembly.ts";

const VALUES = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  33n,
  63n,
  64n,
  65n,
  0x7fn,
  0x80n,
  0xffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0xffffffff80000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  0x123456789abcdef0n,
  0xfedcba9876543210n,
];
const IMMEDIATES = [
  0, 1, 2, 7, 15, 31, 32, 63, 64, 255, 0x7fff, 0x8000, 0x7fffffff, -1, -2, -63, -64, -0x80000000, -0x12345678,
];

const divides = ({ name }: Operation) => /div|mod|rem/.test(name);
const signedDivision = ({ name }: Operation) => /^s(div|rem)/.test(name);
const narrow = ({ name }: Operation) => name.endsWith("32");
/** Whether the machine stops: sbpf-faults has these. */
function faults(operation: Operation, a: bigint, b: bigint): boolean {
  if (!divides(operation)) return false;
  const bits = narrow(operation) ? 32 : 64;
  const [x, y] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  return y === 0n || (signedDivision(operation) && y === -1n && x === -(1n << BigInt(bits - 1)));
}
/** Whether the verifier takes the immediate. */
function immediateAllowed(operation: Operation, imm: number): boolean {
  if (/^(lsh|rsh|arsh)/.test(operation.name)) return imm >= 0 && imm < (narrow(operation) ? 32 : 64);
  return !divides(operation) || imm !== 0;
}

const PROLOGUE = `lddw r6, ${RESULTS}\n`;
const EPILOGUE = "mov64 r0, 0\nexit\n";

/** A program of cases; each leaves its result in r3. */
function run(programs: Programs, version: SbpfVersion, cases: readonly string[]): bigint[] {
  const stored = cases.map((text, i) => `${text}\nstxdw [r6+${i * 8}], r3\n`);
  const data = programs.results(PROLOGUE + stored.join("") + EPILOGUE, cases.length * 8, version);
  const view = new DataView(data.buffer, data.byteOffset);
  return cases.map((_, i) => view.getBigUint64(i * 8, true));
}

const load = (register: string, value: bigint) => `lddw ${register}, ${value}\n`;

function arithmetic(operation: Operation): string[] {
  const { name, shape } = operation;
  if (shape === "dst" || shape === "endian") return VALUES.map((a) => `${load("r3", a)}${name} r3`);
  if (shape === "dst,imm") {
    return VALUES.flatMap((a) =>
      IMMEDIATES.filter((imm) => immediateAllowed(operation, imm) && !faults(operation, a, BigInt(imm))).map(
        (imm) => `${load("r3", a)}${name} r3, ${imm}`,
      ),
    );
  }
  return VALUES.flatMap((a) =>
    VALUES.filter((b) => !faults(operation, a, b)).map((b) => `${load("r3", a)}${load("r4", b)}${name} r3, r4`),
  );
}

function jumps(operation: Operation): string[] {
  const taken = (test: string) => `mov64 r3, 1\n${test}, +1\nmov64 r3, 0`;
  if (operation.shape === "dst,imm,target") {
    return VALUES.flatMap((a) => IMMEDIATES.map((imm) => load("r1", a) + taken(`${operation.name} r1, ${imm}`)));
  }
  return VALUES.flatMap((a) => VALUES.map((b) => load("r1", a) + load("r2", b) + taken(`${operation.name} r1, r2`)));
}

const ALU_SHAPES = ["dst", "endian", "dst,imm", "dst,src"];
const PATTERN = 0x8182838485868788n;

/** Loads of every size from a pattern at every distance, stores of every size over ones; through r10 and with both signs of offset. */
function memoryCases(version: SbpfVersion): string[] {
  const fresh = `${load("r4", PATTERN)}stxdw [r10-16], r4\n${load("r4", ~PATTERN & (2n ** 64n - 1n))}stxdw [r10-8], r4\n`;
  return OPERATIONS[version]!.flatMap(({ name, shape }) => {
    if (shape === "dst,[src+off]") {
      return [0, 1, 2, 3, 4, 5, 7].flatMap((at) => [
        `${fresh}${name} r3, [r10-${16 - at}]`,
        `${fresh}mov64 r5, r10\nadd64 r5, -30\n${name} r3, [r5+${14 + at}]`,
        `${fresh}mov64 r3, r10\nadd64 r3, 20\n${name} r3, [r3-${36 - at}]`,
      ]);
    }
    const values = shape === "[dst+off],imm" ? IMMEDIATES.map(String) : VALUES;
    if (shape !== "[dst+off],imm" && shape !== "[dst+off],src") return [];
    return values.flatMap((value, i) => {
      const store =
        typeof value === "string"
          ? `${name} [r10-${16 - (i % 8)}], ${value}`
          : `${load("r5", value)}${name} [r10-${16 - (i % 8)}], r5`;
      return [`${fresh}${store}\nldxdw r3, [r10-16]`, `${fresh}${store}\nldxdw r3, [r10-8]`];
    });
  });
}

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.create();
});

describe("sBPF instructions", () => {
  for (const version of VERSIONS) {
    const operations = OPERATIONS[version]!;

    it(`arithmetic of v${version}: immediates, registers, shifts at and over the width, sign extension, byte order`, () => {
      for (const operation of operations.filter(({ shape }) => ALU_SHAPES.includes(shape))) {
        const found = run(programs, version, arithmetic(operation));
        expect(new Set(found).size, operation.name).toBeGreaterThan(1);
      }
    });

    it(`jumps of v${version}: each comparison, signed and unsigned, taken and not`, () => {
      for (const operation of operations.filter(({ shape }) => /^dst,.*target$/.test(shape))) {
        expect(new Set(run(programs, version, jumps(operation))), operation.name).toEqual(new Set([0n, 1n]));
      }
    });

    it(`loads and stores of v${version}: every size, unaligned, both signs of the offset, immediates`, () => {
      const cases = memoryCases(version);
      for (let at = 0; at < cases.length; at += 200) run(programs, version, cases.slice(at, at + 200));
    });
  }

  it("computes what the instruction set's documentation says", () => {
    const one = (version: SbpfVersion, text: string) => run(programs, version, [text])[0];
    // Shift counts are taken modulo the width.
    expect(one(0, "mov64 r3, 1\nmov64 r4, 65\nlsh64 r3, r4")).toBe(2n);
    expect(one(0, "mov64 r3, 1\nmov64 r4, 33\nlsh32 r3, r4")).toBe(2n);
    expect(one(0, "mov64 r3, -8\narsh32 r3, 1")).toBe(0xfffffffcn);
    // 32-bit sums are sign extended before v2 (SIMD-0174), and zero extended in it.
    expect(one(0, "mov32 r3, 0x7fffffff\nadd32 r3, 1")).toBe(0xffffffff80000000n);
    expect(one(2, "mov32 r3, 0x7fffffff\nadd32 r3, 1")).toBe(0x80000000n);
    // v2 subtracts the register from the immediate.
    expect(one(0, "mov64 r3, 5\nsub64 r3, 7")).toBe(0xfffffffffffffffen);
    expect(one(2, "mov64 r3, 5\nsub64 r3, 7")).toBe(2n);
    expect(one(2, "mov32 r3, -1\nhor64 r3, 0x12345678")).toBe(0x12345678ffffffffn);
    expect(one(0, "lddw r3, 0x1122334455667788\nbe32 r3")).toBe(0x88776655n);
    expect(one(0, "lddw r3, 0x1122334455667788\nle16 r3")).toBe(0x7788n);
    expect(one(2, "lddw r3, 0xffffffffffffffff\nmov64 r4, r3\nuhmul64 r3, r4")).toBe(0xfffffffffffffffen);
    expect(one(2, "lddw r3, 0x8000000000000000\nmov64 r4, 2\nshmul64 r3, r4")).toBe(0xffffffffffffffffn);
  });
});
