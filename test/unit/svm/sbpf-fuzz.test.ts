/**
 * Whatever the bytes of a program are, the machine neither traps nor hangs, nor writes outside of what it was given, and what ran before
 * does not show.
 *   SBPF_FUZZ_RUNS (20,000), SBPF_SEED (1)
 */
import { describe, expect, it } from "vitest";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { writeElf } from "../../../infra/sbpf/elf-write.ts";
import { encode, OPERATIONS, type SbpfVersion } from "../../../infra/sbpf/opcodes.ts";
import { symbolHash } from "../../../infra/sbpf/symbol-hash.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { Random } from "../../conformance/random-prng.ts";
import { carriedElfs } from "../../conformance/sbpf-elfs.ts";
import { mutateElf } from "../../conformance/sbpf-mutate.ts";
import { wasmModule } from "../../wasm-module.ts";

const RUNS = Number(process.env.SBPF_FUZZ_RUNS ?? 20_000);
const SEED = Number(process.env.SBPF_SEED ?? 1);
const VERSIONS = [0, 1, 2, 3] as const;
/** Runs on one instance; then a new one, so that memory stays small whatever was loaded. */
const CHUNK = 2_000;
/** One run in so many is repeated on an instance that has seen nothing. */
const REPEAT = 50;
/** Bytes behind the input that must stay as they are. */
const GUARD = 64;
const SYSTEM_CALLS = ["sol_memcpy_", "sol_memset_", "sol_memcmp_", "sol_log_", "sol_sha256", "sol_alloc_free_"];
const REGIONS = [0n, 1n, 2n, 3n, 4n, 5n];

interface Case {
  readonly elf: Uint8Array;
  readonly input: Uint8Array;
  readonly heap: number;
  readonly units: bigint;
}

/** Code of one instruction after another, most of them valid, with values near the ends of regions in the registers. */
function randomCode(random: Random, version: SbpfVersion): Uint8Array {
  const operations = OPERATIONS[version]!;
  const count = 1 + random.below(60);
  const bytes: number[] = [];
  const put = (opcode: number, dst: number, src: number, off: number, imm: number) =>
    bytes.push(...encode({ opcode, dst, src, off, imm }));
  const number = (): number =>
    random.weighted([
      [3, () => random.below(64)],
      [2, () => random.u32() | 0],
      [1, () => -random.below(5000)],
      [1, () => 0x7fffffff],
      [1, () => -0x80000000],
    ])();
  for (let register = 0; register < 10 && random.chance(0.8); register++) {
    const region = Number(random.pick(REGIONS));
    const offset = random.pick([
      0,
      random.below(4096),
      4096 - random.below(10),
      random.u32() | 0,
      32_768 - random.below(9),
    ]);
    if (version === 2) put(0xb4, register, 0, 0, offset);
    else put(0x18, register, 0, 0, offset);
    put(version === 2 ? 0xf7 : 0, version === 2 ? register : 0, 0, 0, region);
  }
  for (let i = 0; i < count; i++) {
    const { opcode, shape, width, name } = random.pick(operations);
    const wild = random.chance(0.005);
    const back = -1 - random.below(1 + i);
    let dst = random.below(shape.startsWith("[") ? 11 : 10);
    let src = random.below(11);
    let off = random.pick([0, random.below(64), -random.below(4100), random.below(65_536) - 32_768]);
    let imm = width ?? number();
    if (shape.includes("target")) off = random.chance(0.9) ? random.below(count - i) : back;
    else if (/sh\d/.test(name)) imm = random.below(32);
    else if (/div|mod|rem/.test(name)) imm ||= 3;
    else if (shape === "callx") imm = random.below(10);
    else if (shape === "call") {
      src = random.below(2);
      imm =
        version === 3 && src === 0
          ? symbolHash(random.pick(SYSTEM_CALLS))
          : random.pick([-1, back, random.below(count - i)]);
    }
    if (shape === "callx") dst = src = random.below(10);
    if (wild) [dst, src, imm] = [random.below(16), random.below(16), number()];
    put(wild && random.chance(0.5) ? random.below(256) : opcode, dst, src, off, imm | 0);
    if (shape === "lddw") put(0, 0, 0, 0, number());
  }
  if (random.chance(0.8)) put(0x95, 0, 0, 0, 0);
  const code = Uint8Array.from(bytes);
  return random.chance(0.05) ? code.slice(0, random.below(code.length + 1)) : code;
}

const assembled = VERSIONS.map((version) =>
  assemble(
    `
entrypoint:
  ldxdw r6, [r1]
  lddw r2, text
  stxdw [r10-8], r2
  call inner
  ldxdw r1, [r10-8]
  mov64 r2, 5
  call sol_log_
  exit
inner:
  lddw r3, inner
  jeq r6, 0, end
  add64 r6, -1
  callx r3
end:
  exit
.rodata
text: .ascii "hello"`.replaceAll("lddw r3, inner", version === 2 ? "mov64 r3, 1\n  hor64 r3, 1" : "lddw r3, inner"),
    { version },
  ),
);

function randomCase(random: Random, carried: readonly Uint8Array[]): Case {
  const rest = {
    input: random.bytes(random.pick([0, 8, 100, 1_000])),
    heap: random.pick([0, 32_768, 32_768, 262_144]),
    units: BigInt(
      random.weighted([
        [4, 3_000],
        [2, random.below(200)],
        [1, 0],
      ] as const),
    ),
  };
  const changed = random.weighted([
    [6, null],
    [3, random.pick(assembled)],
    [2, carried.find((elf) => elf.length < 10_000)!],
    [0.02, random.pick(carried)],
  ]);
  if (changed) return { elf: mutateElf(random, changed), ...rest };
  const version = random.pick(VERSIONS);
  const text = randomCode(random, version);
  const entry = random.chance(0.9) ? 0 : 8 * random.below(text.length >> 3 || 1);
  const elf = writeElf({ version, text, rodata: random.bytes(random.below(40)), entry, symbols: [], relocations: [] });
  return { elf, ...rest };
}

interface Outcome {
  readonly code: number;
  readonly out: Uint8Array;
}

/** Throws when something traps, or when bytes before or behind the input have changed. */
function run(wasm: WasmInstance, { elf, input, heap, units }: Case): Outcome {
  const bytes = new Uint8Array(elf.length + input.length + GUARD).fill(0xa5);
  bytes.set(elf);
  bytes.set(input, elf.length);
  const at = wasm.write(bytes);
  const length = elf.length + input.length;
  const checked = wasm.exports.sbpfCheck!(at, elf.length, 0);
  const code = wasm.exports.sbpfRunRaw!(at, length, elf.length, heap, units) as number;
  const out = wasm.out();
  const after = new Uint8Array(wasm.memory.buffer, at, length + GUARD);
  expect(code, "checked and run").toBe(checked);
  expect(Buffer.compare(after.subarray(0, elf.length), elf), "the file is as it was").toBe(0);
  expect(Buffer.compare(after.subarray(length), bytes.subarray(length)), "what is behind the input is as it was").toBe(
    0,
  );
  return { code, out };
}

const kindOf = ({ code, out }: Outcome): string => {
  const at = code === 0 ? new DataView(out.buffer).getUint32(120, true) : out.length;
  const text = new TextDecoder().decode(code === 0 ? out.subarray(128, 128 + at) : out);
  return `${code} ${text.replace(/0x\w+|-?\d+/g, "N").replace(/`.*`|\(.*?\)/gs, "_")}`;
};

describe("the sBPF machine", () => {
  it(`survives ${RUNS} programs, from seed ${SEED}`, { timeout: 0 }, () => {
    const carried = carriedElfs().map(({ elf }) => elf);
    const outcomes = new Map<string, number>();
    let wasm = new WasmInstance(wasmModule());
    for (let i = 0; i < RUNS; i++) {
      if (i % CHUNK === 0) wasm = new WasmInstance(wasmModule());
      const random = new Random(SEED + i);
      const program = randomCase(random, carried);
      let outcome: Outcome;
      try {
        outcome = run(wasm, program);
        if (i % REPEAT === 0) expect(run(new WasmInstance(wasmModule()), program)).toEqual(outcome);
      } catch (error) {
        throw new Error(`SBPF_SEED=${SEED + i} SBPF_FUZZ_RUNS=1: ${(error as Error).message}`, { cause: error });
      }
      const kind = kindOf(outcome);
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    const report = [...outcomes].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
    console.log(`${RUNS} programs, ${report.length} outcomes:\n${report.slice(0, 40).join("\n")}`);
    // Programs that all end in the same way show little.
    expect(report.length).toBeGreaterThan(Math.min(30, RUNS / 100));
    expect(report.filter((line) => / 0 /.test(line)).length).toBeGreaterThan(Math.min(12, RUNS / 500));
  });

  it("gives back all memory of the programs that it has run or refused", () => {
    const wasm = new WasmInstance(wasmModule());
    const random = new Random(SEED);
    const carried = carriedElfs().map(({ elf }) => elf);
    const live = () => wasm.exports.heapLiveBytes!() as bigint;
    // The last program stays, the stack of the machine and the buffers for input and output too.
    const settle = () => run(wasm, { elf: assembled[0]!, input: new Uint8Array(1 << 20), heap: 0, units: 100n });
    settle();
    const before = live();
    for (let i = 0; i < 500; i++) run(wasm, randomCase(random, carried));
    settle();
    expect(live()).toBe(before);
  });
});
