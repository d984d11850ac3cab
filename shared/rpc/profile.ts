/** Compute units of a simulated transaction, by instruction and by call. */
import type { Json } from "./json.ts";
import type { ProfiledInstruction } from "./services.ts";

interface Frame {
  readonly instruction: ProfiledInstruction;
  readonly calls: Frame[];
}

const consumed = ({ unitsBefore, unitsAfter }: ProfiledInstruction): bigint => unitsBefore - unitsAfter;

/** The tree of each instruction of the transaction that has begun. */
function trees(profile: readonly ProfiledInstruction[]): Frame[] {
  const roots: Frame[] = [];
  /** The last instruction at each stack height. */
  const open: Frame[] = [];
  for (const instruction of profile) {
    const frame: Frame = { instruction, calls: [] };
    open.length = instruction.stackHeight - 1;
    (open.at(-1)?.calls ?? roots).push(frame);
    open.push(frame);
  }
  return roots;
}

/** `computeUnitsConsumed`: with all that it calls; `computeUnitsOwn`: without. */
function frameJson({ instruction, calls }: Frame, addresses: readonly string[]): { readonly [key: string]: Json } {
  const called = calls.reduce((sum, call) => sum + consumed(call.instruction), 0n);
  return {
    programId: addresses[instruction.program]!,
    stackHeight: instruction.stackHeight,
    computeUnitsConsumed: consumed(instruction),
    computeUnitsOwn: consumed(instruction) - called,
    failed: instruction.failed,
    calls: calls.map((call) => frameJson(call, addresses)),
  };
}

export interface InstructionProfile {
  /** Index in the transaction. */
  readonly index: number;
  readonly computeUnits: bigint;
  readonly failed: boolean;
  readonly frame: { readonly [key: string]: Json };
}

/** Of every instruction of the transaction that has begun, in order. */
export function instructionProfiles(
  profile: readonly ProfiledInstruction[],
  addresses: readonly string[],
): InstructionProfile[] {
  return trees(profile).map((frame) => ({
    index: frame.instruction.outer,
    computeUnits: consumed(frame.instruction),
    failed: frame.instruction.failed,
    frame: frameJson(frame, addresses),
  }));
}

const TOP_LEVEL = / invoke \[1\]$/;

/** The log lines of each instruction that has logged its beginning, in order; what comes before the first one is dropped. */
export function logsByInstruction(logs: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const line of logs) {
    if (line.startsWith("Program ") && TOP_LEVEL.test(line)) groups.push([line]);
    else groups.at(-1)?.push(line);
  }
  return groups;
}
