/**
 * Whatever a program does, of all memory of the module nothing changes but its own regions and what the machine keeps its accounts in:
 * not a byte of its code and read-only data, of other allocations, of tables.
 *   SBPF_ISOLATION_RUNS (2,000), SBPF_SEED (1)
 */
import { describe, expect, it } from "vitest";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import type { SbpfVersion } from "../../../infra/sbpf/opcodes.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { Random } from "../../conformance/random-prng.ts";
import { VERSIONS } from "../../conformance/sbpf-assembly.ts";
import { generateProgram } from "../../conformance/sbpf-generate.ts";
import { mutateCode } from "../../conformance/sbpf-mutate.ts";
import { wasmModule } from "../../wasm-module.ts";

const RUNS = Number(process.env.SBPF_ISOLATION_RUNS ?? 2_000);
const SEED = Number(process.env.SBPF_SEED ?? 1);
const CHUNK = 500;
/** Runs of a chunk that teach what the machine itself writes. */
const LESSONS = 100;
const VARIANTS = 20;
const REGIONS = 5;
const REGION_SIZE = 16;
/** What the machine writes is known to so many bytes. */
const BLOCK = 64;
const INPUT = 0x800;

interface Range {
  readonly from: number;
  readonly to: number;
}

class Machine {
  private readonly wasm = new WasmInstance(wasmModule());
  /** Blocks of memory that runs change beside their regions. */
  private readonly own = new Set<number>();
  private before = new Uint8Array(0);

  /** The changes of one run outside of its regions that no earlier lesson has shown; null: the program was refused. */
  run(elf: Uint8Array, input: Uint8Array, units: bigint, learning: boolean): Range[] | null {
    const { wasm } = this;
    if (wasm.call("sbpfLoad", elf, 0) !== 0) return null;
    const at = wasm.write(input);
    this.remember();
    expect(wasm.exports.sbpfRunLoaded!(at, input.length, 32_768, units)).toBe(0);
    const changes = this.changes([...this.regions(), this.output()]);
    if (!learning) return changes.filter(({ from }) => !this.own.has(from / BLOCK));
    for (const { from } of changes) this.own.add(from / BLOCK);
    return [];
  }

  /** Bytes beside the regions that may change. */
  allowance(): number {
    return this.own.size * BLOCK;
  }

  private memory(): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer);
  }

  private remember(): void {
    const now = this.memory();
    if (this.before.length === now.length) this.before.set(now);
    else this.before = now.slice();
  }

  private regions(): Range[] {
    const table = this.wasm.exports.sbpfRegions!() as number;
    const view = new DataView(this.wasm.memory.buffer, table, REGIONS * REGION_SIZE);
    return Array.from({ length: REGIONS }, (_, i) => {
      const from = view.getUint32(i * REGION_SIZE, true);
      const writable = view.getUint8(i * REGION_SIZE + 8) === 1;
      return { from, to: writable ? from + view.getUint32(i * REGION_SIZE + 4, true) : from };
    }).filter(({ from, to }) => to > from);
  }

  private output(): Range {
    const from = this.wasm.exports.ioOutPtr!() as number;
    return { from, to: from + (this.wasm.exports.ioOutLen!() as number) };
  }

  /** Blocks that are not as before, outside of `exempt`. Memory that is new is not looked at: nothing was there. */
  private changes(exempt: Range[]): Range[] {
    const now = this.memory();
    const found: Range[] = [];
    let from = 0;
    for (const range of [...exempt.sort((a, b) => a.from - b.from), { from: this.before.length, to: 0 }]) {
      this.compare(now, from, Math.min(range.from, this.before.length), found);
      from = Math.max(from, range.to);
    }
    return found;
  }

  private compare(now: Uint8Array, from: number, to: number, found: Range[]): void {
    if (to <= from || Buffer.compare(now.subarray(from, to), this.before.subarray(from, to)) === 0) return;
    if (to - from <= BLOCK && Math.floor(from / BLOCK) === Math.floor((to - 1) / BLOCK)) {
      found.push({ from: Math.floor(from / BLOCK) * BLOCK, to });
      return;
    }
    const middle = Math.max(from + 1, Math.ceil((from + to) / 2 / BLOCK) * BLOCK);
    if (middle >= to) {
      const last = Math.floor((to - 1) / BLOCK) * BLOCK;
      this.compare(now, from, last, found);
      this.compare(now, last, to, found);
      return;
    }
    this.compare(now, from, middle, found);
    this.compare(now, middle, to, found);
  }
}

/** Text of a fault as long as any that these programs come to. */
const PANIC = `lddw r1, file\nmov64 r2, 2000\nsyscall sol_panic_\nexit\n.rodata\nfile: .ascii "${"panic".repeat(400)}"`;

/** What the machine writes by itself: programs that do a little of everything, calls to the last frame, a long text. */
function learn(machine: Machine): void {
  const lesson = (source: string, version: SbpfVersion) =>
    machine.run(new Uint8Array(assemble(source, { version })), new Uint8Array(INPUT), 3_000n, true);
  for (const version of VERSIONS) lesson("f: call f", version);
  lesson(PANIC, 0);
  for (let i = 0; i < LESSONS; i++) {
    const version = VERSIONS[i % VERSIONS.length]!;
    lesson(generateProgram(new Random(-1 - i), { version, wild: 0.1 }), version);
  }
}

describe("the memory of the module", () => {
  it(`is changed by ${RUNS} programs in their regions alone, from seed ${SEED}`, { timeout: 0 }, () => {
    let machine = new Machine();
    let base = new Uint8Array(0);
    let ran = 0;
    for (let i = 0; i < RUNS; i++) {
      const seed = SEED + i;
      const random = new Random(seed);
      if (i % CHUNK === 0) {
        machine = new Machine();
        learn(machine);
        expect(machine.allowance()).toBeLessThan(16_384);
      }
      if (i % VARIANTS === 0) {
        const version = random.pick(VERSIONS);
        base = new Uint8Array(
          assemble(generateProgram(random, { version, wild: random.pick([0.1, 0.5]) }), { version }),
        );
      }
      const elf = i % VARIANTS === 0 ? base : mutateCode(random, base);
      const input = random.bytes(random.pick([0, 8, 100, INPUT]));
      const changes = machine.run(elf, input, BigInt(random.pick([50, 500, 3_000])), false);
      if (changes === null) continue;
      ran += 1;
      const first = seed - (i % VARIANTS);
      expect(changes, `SBPF_SEED=${first} SBPF_ISOLATION_RUNS=${(i % VARIANTS) + 1}`).toEqual([]);
    }
    expect(ran).toBeGreaterThan(RUNS / 3);
  });
});
