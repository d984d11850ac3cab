/**
 * Random programs that the verifier takes: arithmetic, jumps, bounded loops, memory, calls, system calls. What they leave in
 * registers and memory they write into the data of their account, so that one comparison sees everything.
 *
 * Registers: r0 to r5 anything; r6 to r9 anything; r10 only as Agave lets it be used. Most memory accesses are inside of a region,
 * most divisors are not zero; the others are there so that programs stop anywhere.
 */
import { OPERATIONS, type Operation, type SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import { SYSTEM_CALL_NAMES } from "../../infra/sbpf/syscall-names.ts";
import type { Random } from "./random-prng.ts";
import { RESULTS } from "./sbpf-assembly.ts";

/** Bytes of data of the account the program is given. */
export const ACCOUNT_DATA = 512;
const SCRATCH = 256;
const REGISTERS = 10;
const HEAP = 0x300000000n;
const EDGES = [
  0n,
  1n,
  2n,
  31n,
  32n,
  63n,
  64n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 32n,
  1n << 63n,
  (1n << 64n) - 1n,
];
const SYSTEM_CALLS = [
  "memset",
  "memcpy",
  "memmove",
  "memcmp",
  "log64",
  "sha256",
  "return",
  "units",
  "height",
  "log",
] as const;

export interface GenerateOptions {
  readonly version: SbpfVersion;
  /** Chance that an access or a divisor is left to luck. */
  readonly wild: number;
  /** How often any system call of all stands where a usual one would; its arguments are pointers, lengths or anything. */
  readonly strange?: number;
}

class Generator {
  private readonly lines: string[] = [];
  private labels = 0;
  private loops = 0;
  private readonly random: Random;
  private readonly options: GenerateOptions;
  private readonly functions: number;
  private readonly plain: readonly Operation[];
  private readonly jumps: readonly Operation[];
  private readonly memory: readonly Operation[];

  constructor(random: Random, options: GenerateOptions) {
    this.random = random;
    this.options = options;
    this.functions = random.below(4);
    const operations = OPERATIONS[options.version]!;
    const shaped = (shapes: string[]) => operations.filter(({ shape }) => shapes.includes(shape));
    this.plain = shaped(["dst", "endian", "dst,imm", "dst,src"]);
    this.jumps = shaped(["dst,imm,target", "dst,src,target", "target"]);
    this.memory = shaped(["dst,[src+off]", "[dst+off],imm", "[dst+off],src"]);
  }

  source(): string {
    this.lines.push("entrypoint:");
    for (let r = 0; r < REGISTERS; r++) if (r !== 1 || this.random.chance(0.5)) this.load(r);
    this.block(4 + this.random.below(40), 2, 0);
    this.epilogue();
    for (let f = 0; f < this.functions; f++) {
      this.lines.push(`f${f}:`);
      if (this.options.version === 1 || this.options.version === 2) {
        if (this.random.chance(0.7)) this.lines.push(`add64 r10, ${-64 * this.random.below(20)}`);
      }
      this.block(1 + this.random.below(16), 1, f + 1);
      this.lines.push("exit");
    }
    this.lines.push(".rodata", "data:");
    const bytes = [...this.random.bytes(8 * (1 + this.random.below(8)))];
    this.lines.push(`.byte ${bytes.join(", ")}`);
    return this.lines.join("\n");
  }

  private wild(): boolean {
    return this.random.chance(this.options.wild);
  }
  private register(): number {
    return this.random.below(REGISTERS);
  }
  private value(): bigint {
    const { random } = this;
    return random.weighted([
      [3, () => random.pick(EDGES)],
      [2, () => BigInt(random.below(256))],
      [2, () => random.u64()],
      [1, () => HEAP + BigInt(random.below(1000))],
    ])();
  }
  private immediate(): number {
    const { random } = this;
    return random.chance(0.5) ? random.u32() | 0 : Number(BigInt.asIntN(32, random.pick(EDGES)));
  }

  private load(register: number): void {
    if (this.random.chance(0.5)) this.lines.push(`lddw r${register}, ${this.value()}`);
    else this.lines.push(`mov64 r${register}, ${this.immediate()}`);
  }

  /** Any instruction, at most `depth` loops or jumps inside of each other; calls only lead to functions from `first` on. */
  private block(count: number, depth: number, first: number): void {
    for (let i = 0; i < count; i++) {
      this.random.weighted([
        [10, () => this.arithmetic()],
        [5, () => this.access()],
        [2, () => this.load(this.register())],
        [depth > 0 ? 2 : 0, () => this.branch(depth - 1, first)],
        [depth > 0 ? 1 : 0, () => this.loop(depth - 1, first)],
        [1, () => this.call(first)],
        [2, () => this.systemCall()],
      ])();
    }
  }

  private arithmetic(): void {
    const { random } = this;
    const { name, shape } = random.pick(this.plain);
    const dst = this.register();
    if (shape === "dst" || shape === "endian") this.lines.push(`${name} r${dst}`);
    else if (shape === "dst,imm") this.lines.push(`${name} r${dst}, ${this.allowed(name)}`);
    else {
      const src = random.chance(0.05) ? 10 : this.register();
      if (/div|mod|rem/.test(name) && !this.wild()) this.lines.push(`or64 r${src === 10 ? 9 : src}, 1`);
      this.lines.push(`${name} r${dst}, r${src}`);
    }
  }

  /** An immediate that the verifier takes. */
  private allowed(name: string): number {
    if (/^(lsh|rsh|arsh)/.test(name)) return this.random.below(name.endsWith("32") ? 32 : 64);
    const imm = this.immediate();
    return /div|mod|rem/.test(name) && imm === 0 ? 1 : imm;
  }

  /** Points `register` at `room` bytes in a region. */
  private pointer(register: number, room: number): void {
    const { random } = this;
    const at = (size: number) => BigInt(random.below(size - room + 1));
    random.weighted([
      [4, () => this.lines.push(`mov64 r${register}, r10`, `add64 r${register}, ${-SCRATCH + Number(at(SCRATCH))}`)],
      [3, () => this.lines.push(`lddw r${register}, ${HEAP + at(1024)}`)],
      [3, () => this.lines.push(`lddw r${register}, ${RESULTS + at(ACCOUNT_DATA)}`)],
      [this.options.wild > 0 ? 1 : 0, () => this.lines.push(`lddw r${register}, data`)],
      [this.options.wild > 0 ? 0.3 : 0, () => this.load(register)],
    ])();
  }

  private access(): void {
    const { random } = this;
    const { name, shape } = random.pick(this.memory);
    const base = this.register();
    const off = random.below(64);
    if (!this.wild()) {
      this.pointer(base, 8);
      this.lines.push(`add64 r${base}, ${-off}`);
    }
    if (shape === "dst,[src+off]") this.lines.push(`${name} r${this.register()}, [r${base}+${off}]`);
    else if (shape === "[dst+off],imm") this.lines.push(`${name} [r${base}+${off}], ${this.immediate()}`);
    else this.lines.push(`${name} [r${base}+${off}], r${random.chance(0.1) ? 10 : this.register()}`);
  }

  private branch(depth: number, first: number): void {
    const { name, shape } = this.random.pick(this.jumps);
    const over = `l${this.labels++}`;
    const dst = `r${this.register()}, `;
    if (shape === "target") this.lines.push(`${name} ${over}`);
    else if (shape === "dst,imm,target") this.lines.push(`${name} ${dst}${this.immediate()}, ${over}`);
    else this.lines.push(`${name} ${dst}r${this.register()}, ${over}`);
    this.block(this.random.below(6), depth, first);
    this.lines.push(`${over}:`);
  }

  /** The counter is in memory, where only a wild store reaches it: such a loop ends with the compute units. */
  private loop(depth: number, first: number): void {
    const counter = `[r9-${8 * (1 + (this.loops++ % 8))}]`;
    const again = `l${this.labels++}`;
    const base = "lddw r9, 0x300004000";
    this.lines.push(base, `stdw ${counter}, ${1 + this.random.below(9)}`, `${again}:`);
    this.block(1 + this.random.below(6), depth, first);
    this.lines.push(base, `ldxdw r8, ${counter}`, "add64 r8, -1", `stxdw ${counter}, r8`, `jne r8, 0, ${again}`);
  }

  private call(first: number): void {
    const { random } = this;
    if (this.wild()) {
      this.lines.push(`callx r${this.register()}`);
      return;
    }
    if (first >= this.functions) return;
    const target = `f${first + random.below(this.functions - first)}`;
    if (random.chance(0.3)) {
      const register = this.register();
      this.lines.push(`lddw r${register}, ${target}`, `callx r${register}`);
    } else this.lines.push(`call ${target}`);
  }

  /** Any system call with pointers to what is mostly zeros, small numbers, or what the registers have. */
  private strangeCall(): void {
    const { random } = this;
    for (let register = 1; register <= 5; register++) {
      random.weighted([
        [4, () => this.pointer(register, 200)],
        [
          4,
          () => this.lines.push(`mov64 r${register}, ${random.pick([0, 1, 2, 3, 8, 32, 64, 128, random.below(300)])}`),
        ],
        [1, () => {}],
        [0.3, () => this.load(register)],
      ])();
    }
    this.lines.push(`syscall ${random.pick(SYSTEM_CALL_NAMES)}`);
  }

  private systemCall(): void {
    const { random, lines } = this;
    if (random.chance(this.options.strange ?? 0)) {
      this.strangeCall();
      return;
    }
    const length = random.below(33);
    const lengths = (register: number) => lines.push(`mov64 r${register}, ${length}`);
    const kind = random.pick(SYSTEM_CALLS);
    const wild = this.wild();
    const point = (register: number, room: number) => {
      if (!wild) this.pointer(register, room);
    };
    switch (kind) {
      case "memset":
        point(1, 32);
        lengths(3);
        break;
      case "memcpy":
      case "memmove":
        point(1, 32);
        point(2, 32);
        lengths(3);
        break;
      case "memcmp":
        point(1, 32);
        point(2, 32);
        lengths(3);
        lines.push(`lddw r4, ${HEAP + 4n * BigInt(random.below(64))}`);
        break;
      case "sha256":
        // One slice: {address, length} in the heap.
        point(4, 32);
        lengths(5);
        lines.push(`lddw r1, ${HEAP + 0x100n}`, "stxdw [r1], r4", "stxdw [r1+8], r5", "mov64 r2, 1");
        lines.push(`lddw r3, ${HEAP + 0x200n}`);
        break;
      case "return":
      case "log":
        point(1, 32);
        lengths(2);
        break;
    }
    const names = {
      memset: "sol_memset_",
      memcpy: "sol_memcpy_",
      memmove: "sol_memmove_",
      memcmp: "sol_memcmp_",
      log64: "sol_log_64_",
      sha256: "sol_sha256",
      return: "sol_set_return_data",
      units: "sol_log_compute_units_",
      height: "sol_get_stack_height",
      log: "sol_log_",
    };
    lines.push(`syscall ${names[kind]}`);
  }

  /** Registers into the account's data, a piece of the stack into the return data. */
  private epilogue(): void {
    const { lines, random } = this;
    lines.push("stxdw [r10-8], r9", `lddw r9, ${RESULTS}`);
    for (let r = 0; r < 9; r++) lines.push(`stxdw [r9+${r * 8}], r${r}`);
    lines.push("ldxdw r1, [r10-8]", "stxdw [r9+72], r1");
    lines.push("mov64 r1, r10", `add64 r1, ${-SCRATCH}`, `mov64 r2, ${SCRATCH}`, "syscall sol_set_return_data");
    lines.push(random.chance(0.9) ? "mov64 r0, 0" : `mov64 r0, ${random.below(100)}`, "exit");
  }
}

export function generateProgram(random: Random, options: GenerateOptions): string {
  return new Generator(random, options).source();
}
