/** The sBPF interpreter beside Agave's native JIT: nanoseconds an instruction for real programs and for loops. */
import { FailedTransactionMetadata } from "litesvm/dist/internal.js";
import { times, us, whole } from "./format.ts";
import { median, timed } from "./measure.ts";
import type { Bench, PartResult, Row } from "./parts.ts";
import { type BenchProgram, benchPrograms, inputOf, MAX_UNITS, wireOf } from "./sbpf-programs.ts";
import { inWorkerd } from "./workerd.ts";

type Svm = Awaited<ReturnType<typeof benchPrograms>>["svm"];

/** Transactions of one measurement. */
const REPEATS = 40;
/** Copies of an instruction in a transaction: what a transaction costs besides is taken out by the difference to one copy. */
const COPIES = 2;

/** Microseconds that litesvm takes for one instruction; of a loop, for its whole transaction less one that ends at once. */
function agaveUs(svm: Svm, program: BenchProgram, rounds: number): number {
  const simulate = (wire: Uint8Array) => () => {
    for (let i = 0; i < REPEATS; i++) svm.simulateLegacyTransaction(wire);
  };
  const [more, less] = program.loop
    ? [wireOf(program, 1), wireOf(program, 0)]
    : [wireOf(program, COPIES), wireOf(program, 1)];
  const failed = svm.simulateLegacyTransaction(more) instanceof FailedTransactionMetadata;
  if (failed !== program.loop) throw new Error(`${program.name}: litesvm ${failed ? "refuses it" : "ends it"}`);
  const [longer, shorter] = [simulate(more), simulate(less)];
  longer();
  const differences = Array.from({ length: rounds * 5 }, () => (timed(longer) - timed(shorter)) / REPEATS);
  return median(differences) * 1000;
}

export async function sbpfPart(bench: Bench): Promise<PartResult> {
  const rounds = Math.max(3, bench.sizes.rounds);
  const { svm, programs } = await benchPrograms();
  const results = await inWorkerd("sbpf", {
    rounds,
    programs: programs.map((program) => ({
      elf: Buffer.from(program.elf).toString("base64"),
      input: Buffer.from(inputOf(program)).toString("base64"),
      units: MAX_UNITS,
      loop: program.loop,
    })),
  });
  const detail = programs.map((program, i) => {
    const { runUs, loadUs, instructions } = results[i]!;
    const agave = agaveUs(svm, program, rounds);
    return {
      name: program.name,
      instructions,
      loadUs,
      runUs,
      nsPerInstruction: (runUs * 1000) / instructions,
      agaveUs: agave,
      agaveNsPerInstruction: (agave * 1000) / instructions,
    };
  });
  const rows: Row[] = detail.map((each) => ({
    name: `${each.name} (${whole(each.instructions)} instructions)`,
    value: `${each.nsPerInstruction.toFixed(2)} ns`,
    beside: `target 15 ns; ${us(each.runUs)} a run, loaded in ${us(each.loadUs)}; litesvm's JIT ${us(each.agaveUs)} (${each.agaveNsPerInstruction.toFixed(2)} ns): we take ${times(each.runUs / each.agaveUs)} as long`,
  }));
  const loops = detail.filter((_, i) => programs[i]!.loop);
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  return {
    figures: {
      sbpfLoopNs: mean(loops.map(({ nsPerInstruction }) => nsPerInstruction)),
      sbpfProgramNs: mean(
        detail.filter((each) => !loops.includes(each)).map(({ nsPerInstruction }) => nsPerInstruction),
      ),
    },
    detail: { programs: detail },
    rows,
  };
}
