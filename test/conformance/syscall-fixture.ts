/**
 * One system call with any arguments over any memory, on Agave's runtime and on ours.
 *
 * A small program puts HEAP_BYTES and STACK_BYTES of its instruction data to the start of the heap and of the stack, calls, logs r0
 * and shows its memory. Both sides must agree on all of it; what they agree on is the outcome.
 */
import type { Instruction } from "@solana/kit";
import { assemble } from "../../infra/sbpf/assemble.ts";
import type { SbpfVersion } from "../../infra/sbpf/opcodes.ts";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { u32, u64 } from "./harness-system.ts";

export const PROGRAM = 0x1_0000_0000n;
export const STACK = 0x2_0000_0000n;
export const HEAP = 0x3_0000_0000n;
export const INPUT = 0x4_0000_0000n;
export const HEAP_LENGTH = 32_768n;
/** Bytes of heap and stack that a test fills and sees again. */
export const HEAP_BYTES = 640;
export const STACK_BYTES = 128;
/** The heap's last bytes and the input's first ones are shown too. */
const EDGE_BYTES = 64;
/** Where the program keeps the list of what it shows. */
const SHOWN = HEAP + 0x4000n;

export const LOADER_1 = "BPFLoader1111111111111111111111111111111111";
export const LOADER_2 = "BPFLoader2111111111111111111111111111111111";
const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
const PAYER = testKey(900_001);

export interface CallOptions {
  readonly heap?: ArrayLike<number>;
  readonly stack?: ArrayLike<number>;
  readonly version?: SbpfVersion;
  readonly loader?: string;
  /** Compute unit limit of the transaction. */
  readonly limit?: number;
  /** Assembly that runs before the call; r6 is the address of the instruction data. */
  readonly before?: string;
  /** Instructions of the same transaction before the one with the call; their units count as the call's. */
  readonly earlier?: readonly Instruction[];
  /** Roles of the accounts of the instruction with the call. */
  readonly accounts?: readonly [Key, string][];
}

export interface Outcome {
  /** Null where the call stopped the program. */
  readonly r0: bigint | null;
  readonly error: TransactionErrorJson | null;
  /** What the program's last log line says after "failed: ". */
  readonly fault: string | null;
  /** Compute units of the call itself. */
  readonly units: number;
  readonly heap: Uint8Array;
  readonly stack: Uint8Array;
  readonly heapEnd: Uint8Array;
  readonly input: Uint8Array;
  /** Log lines of the call. */
  readonly logs: string[];
}

const copy = (to: bigint, from: number, length: number): string => `
  lddw r1, ${to}
  mov64 r2, r6
  add64 r2, ${from}
  mov64 r3, ${length}
  call sol_memcpy_`;

const SHOWS: readonly [bigint, number][] = [
  [HEAP, HEAP_BYTES],
  [STACK, STACK_BYTES],
  [HEAP + HEAP_LENGTH - BigInt(EDGE_BYTES), EDGE_BYTES],
  [INPUT, EDGE_BYTES],
];

function source(name: string, before: string): string {
  return `
entrypoint:
  mov64 r6, r2
  ${copy(HEAP, 40, HEAP_BYTES)}
  ${copy(STACK, 40 + HEAP_BYTES, STACK_BYTES)}
  ${before}
  ldxdw r1, [r6]
  ldxdw r2, [r6+8]
  ldxdw r3, [r6+16]
  ldxdw r4, [r6+24]
  ldxdw r5, [r6+32]
  call ${name}
  mov64 r1, r0
  mov64 r2, 0
  mov64 r3, 0
  mov64 r4, 0
  mov64 r5, 0
  call sol_log_64_
  lddw r1, ${SHOWN}
  ${SHOWS.map(
    ([address, length], i) => `
  lddw r2, ${address}
  stxdw [r1+${i * 16}], r2
  mov64 r2, ${length}
  stxdw [r1+${i * 16 + 8}], r2`,
  ).join("")}
  mov64 r2, ${SHOWS.length}
  call sol_log_data
  mov64 r0, 0
  exit`;
}

const RESULT = /^Program log: (0x[0-9a-f]+), 0x0, 0x0, 0x0, 0x0$/;
const BEGINS = /^Program \w+ invoke \[1\]$/;
const DATA = "Program data: ";

function padded(bytes: ArrayLike<number>, length: number): number[] {
  if (bytes.length > length) throw new RangeError(`${bytes.length} bytes, there is room for ${length}`);
  return [...Array.from(bytes), ...new Array<number>(length - bytes.length).fill(0)];
}

function callData(args: readonly bigint[], { heap = [], stack = [] }: CallOptions): number[] {
  return [
    ...Array.from({ length: 5 }, (_, i) => u64(args[i] ?? 0n)).flat(),
    ...padded(heap, HEAP_BYTES),
    ...padded(stack, STACK_BYTES),
  ];
}

export class Syscalls {
  readonly c: Conformance;
  private readonly programs = new Map<string, Key>();
  /** Units before and after the call, by program. */
  private readonly overheads = new Map<string, { before: number; after: number }>();
  private next = 910_000;

  private constructor(c: Conformance) {
    this.c = c;
    c.fund(PAYER, 10n ** 15n);
  }

  static async create(): Promise<Syscalls> {
    return new Syscalls(await Conformance.create());
  }

  /** The program that makes a call, and the data of its instruction: what another program needs to run it. */
  caller(name: string, args: readonly bigint[], heap: ArrayLike<number> = []): { program: Key; data: number[] } {
    return { program: this.program(name, {}), data: callData(args, { heap }) };
  }

  /** Puts a program into both sides. */
  deploy(text: string, version: SbpfVersion = 0, loader: string = LOADER_2): Key {
    const key = testKey(this.next++);
    this.c.setAccount(key, {
      lamports: 10n ** 10n,
      data: assemble(text, { version }),
      owner: loader,
      executable: true,
    });
    return key;
  }

  /** Runs instructions on both sides, which must agree. */
  run(
    instructions: readonly Instruction[],
    limit = 1_400_000,
  ): { error: TransactionErrorJson | null; logs: string[]; units: number } {
    const budget = instruction(COMPUTE_BUDGET, [], [2, ...u32(limit)]);
    const { ours } = this.c.expectSame(this.c.transaction({ payer: PAYER, instructions: [budget, ...instructions] }));
    return { error: ours.error, logs: ours.logs.slice(2), units: ours.computeUnits - 150 };
  }

  private program(name: string, options: CallOptions): Key {
    const { version = 0, loader = LOADER_2, before = "" } = options;
    const id = [name, version, loader, before].join("\n");
    const known = this.programs.get(id);
    if (known !== undefined) return known;
    const key = this.deploy(source(name, before), version, loader);
    this.programs.set(id, key);
    return key;
  }

  /** Calls; throws where the two sides differ in anything. */
  call(name: string, args: readonly bigint[], options: CallOptions = {}): Outcome {
    const data = callData(args, options);
    const key = this.program(name, options);
    const called = instruction(key, options.accounts ?? [], data);
    const { error, logs, units } = this.run([...(options.earlier ?? []), called], options.limit);
    return { ...outcomeOf(error, logs), units: units - this.overhead(options, error === null) };
  }

  /** Calls on our side only, of what Agave's runtime cannot be told here; nobody pays. */
  ours(name: string, args: readonly bigint[], options: CallOptions = {}): Outcome {
    const called = instruction(this.program(name, options), [], callData(args, options));
    const budget = instruction(COMPUTE_BUDGET, [], [2, ...u32(1_400_000)]);
    const wire = this.c.transaction({ payer: PAYER, instructions: [budget, called] });
    const before = this.c.account(PAYER)!;
    const { result } = this.c.ours.execute(wire, this.c.context());
    this.c.ours.setAccount(keyBytes(PAYER), before);
    const units = result.computeUnits - 150 - this.overhead(options, result.error === null);
    return { ...outcomeOf(result.error, result.logs.slice(2)), units };
  }

  /** Units that the program takes besides the call: measured with a call that costs nothing. */
  private overhead(options: CallOptions, returned: boolean): number {
    const { version = 0, loader = LOADER_2, before = "" } = options;
    const id = [version, loader, before].join("\n");
    let known = this.overheads.get(id);
    if (!known) {
      const data = padded([], 40 + HEAP_BYTES + STACK_BYTES);
      const all = this.run([instruction(this.program("sol_alloc_free_", { version, loader, before }), [], data)]).units;
      const until = this.run([instruction(this.program("abort", { version, loader, before }), [], data)]).units;
      known = { before: until, after: all - until };
      this.overheads.set(id, known);
    }
    return known.before + (returned ? known.after : 0);
  }
}

function outcomeOf(error: TransactionErrorJson | null, logs: readonly string[]): Omit<Outcome, "units"> {
  const empty = new Uint8Array(0);
  const begin = logs.findLastIndex((line) => BEGINS.test(line)) + 1;
  const shown = logs.findLastIndex((line) => line.startsWith(DATA));
  const result = shown > 0 && error === null ? RESULT.exec(logs[shown - 1]!) : null;
  if (result) {
    const parts = logs[shown]!.slice(DATA.length).split(" ");
    const [heap, stack, heapEnd, input] = parts.map((part) => new Uint8Array(Buffer.from(part, "base64")));
    return {
      r0: BigInt(result[1]!),
      error,
      fault: null,
      heap: heap!,
      stack: stack!,
      heapEnd: heapEnd!,
      input: input!,
      logs: logs.slice(begin, shown - 1),
    };
  }
  const failed = /^Program \w+ failed: (.*)$/s.exec(logs.at(-1)!);
  return {
    r0: null,
    error,
    fault: failed ? failed[1]! : null,
    heap: empty,
    stack: empty,
    heapEnd: empty,
    input: empty,
    logs: logs.slice(begin, -2),
  };
}

/** A list of slices as a program passes it: address and length each. */
export const slices = (...list: readonly (readonly [bigint, bigint])[]): number[] =>
  list.flatMap(([address, length]) => [...u64(address), ...u64(length)]);

/** What most faults are. */
export const FAILED = { InstructionError: [1, "ProgramFailedToComplete"] };
export const OVER_BUDGET = { InstructionError: [1, "ComputationalBudgetExceeded"] };
