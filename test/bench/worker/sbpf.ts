/** The sBPF machine on its own: loads a program, then runs it again and again on the same input. */
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { takeTurns } from "./rounds.ts";

export interface SbpfOptions {
  readonly rounds: number;
  readonly programs: readonly { elf: string; input: string; units: number; loop: boolean }[];
}

export interface SbpfRun {
  /** Microseconds to load and verify the ELF file. */
  readonly loadUs: number;
  /** Microseconds a run: machine, stack and heap of zeros, input and output copied within WASM. */
  readonly runUs: number;
  readonly instructions: number;
}

const HEAP = 32_768;
/** Before anything is measured: the runtime compiles the interpreter for speed only once it has run for a while. */
const WARM_UP_MS = 1_000;

async function benchOne(
  module: WebAssembly.Module,
  rounds: number,
  { elf, input, units, loop }: SbpfOptions["programs"][number],
): Promise<SbpfRun> {
  const wasm = new WasmInstance(module);
  const file = Buffer.from(elf, "base64");
  const region = Buffer.from(input, "base64");
  const budget = BigInt(units);
  const load = () => {
    if (wasm.exports.sbpfLoad!(wasm.write(file), file.length, 0) !== 0) throw new Error("the program is refused");
  };
  const run = () => {
    wasm.exports.sbpfRunLoaded!(wasm.write(region), region.length, HEAP, budget);
  };
  load();
  run();
  const result = wasm.out();
  const view = new DataView(result.buffer);
  const ended = view.getUint32(8, true) === 0 && view.getBigUint64(0, true) === 0n;
  if (ended === loop) throw new Error(`stopped: ${new TextDecoder().decode(result.subarray(128, 256))}`);
  const instructions = Number(wasm.exports.sbpfInstructions!());
  for (const start = Date.now(); Date.now() - start < WARM_UP_MS; ) run();
  const runs = await takeTurns(rounds, [{ operations: 1, run }]);
  const loads = await takeTurns(rounds, [{ operations: 1, run: load }]);
  return { loadUs: loads.us[0]!, runUs: runs.us[0]!, instructions };
}

export async function benchSbpf(module: WebAssembly.Module, { rounds, programs }: SbpfOptions): Promise<SbpfRun[]> {
  const results: SbpfRun[] = [];
  for (const program of programs) results.push(await benchOne(module, rounds, program));
  return results;
}
