/** One run of a program on its own: sbpfRunRaw of docs/interfaces.md section 12. */
import type { WasmInstance } from "./wasm-instance.ts";

export interface RawRun {
  /** The kinds of wasm/svm/sbpf/fault.ts; "returned": no fault. */
  readonly kind: "returned" | "machine" | "system-call" | "instruction";
  readonly r0: bigint;
  /** Number of the InstructionError of kind "instruction" (its variant + 1), else 0. */
  readonly error: number;
  readonly unitsLeft: bigint;
  /** r0 to r10 as they were at the end. */
  readonly registers: readonly bigint[];
  /** The instruction that faulted, of kind "machine". */
  readonly instruction: number;
  /** Text of the fault. */
  readonly text: string;
  /** The input region as the program left it. */
  readonly input: Uint8Array;
}

const KINDS = ["returned", "machine", "system-call", "instruction"] as const;
const HEADER = 128;

export interface RawOptions {
  readonly input: Uint8Array;
  readonly heap: number;
  readonly units: bigint;
}

const DEPLOYING = 1;

/** Why a deployment of the file would be refused, in the loader's words; undefined: it would not. */
export function deploymentRefusal(wasm: WasmInstance, elf: Uint8Array): string | undefined {
  return wasm.call("sbpfCheck", elf, DEPLOYING) === 0 ? undefined : new TextDecoder().decode(wasm.out());
}

/** What the program did, or the reason why the loader refuses the file. */
export function runRaw(wasm: WasmInstance, elf: Uint8Array, { input, heap, units }: RawOptions): RawRun | string {
  const bytes = new Uint8Array(elf.length + input.length);
  bytes.set(elf);
  bytes.set(input, elf.length);
  const status = wasm.call("sbpfRunRaw", bytes, elf.length, heap, units);
  const out = wasm.out();
  if (status !== 0) return new TextDecoder().decode(out);
  const view = new DataView(out.buffer, out.byteOffset);
  const length = view.getUint32(120, true);
  return {
    kind: KINDS[view.getUint32(8, true)]!,
    r0: view.getBigUint64(0, true),
    error: view.getUint32(12, true),
    unitsLeft: view.getBigUint64(16, true),
    registers: Array.from({ length: 11 }, (_, i) => view.getBigUint64(24 + i * 8, true)),
    instruction: Number(view.getBigUint64(112, true)),
    text: new TextDecoder().decode(out.subarray(HEADER, HEADER + length)),
    input: out.slice(HEADER + ((length + 7) & ~7)),
  };
}
