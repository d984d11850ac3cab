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
  readonly program: string;
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
    program: addresses[frame.instruction.program]!,
    computeUnits: consumed(frame.instruction),
    failed: frame.instruction.failed,
    frame: frameJson(frame, addresses),
  }));
}

const TOP_LEVEL = /^Program ([1-9A-HJ-NP-Za-km-z]{32,44}) invoke \[1\]$/;

/**
 * The log lines of each instruction, `programs`: theirs, base58, in order. One that has logged no beginning has none: a precompile, or what
 * came after the log was cut off.
 */
export function logsByInstruction(logs: readonly string[], programs: readonly string[]): string[][] {
  const groups: { readonly program: string; readonly lines: string[] }[] = [];
  for (const line of logs) {
    const program = TOP_LEVEL.exec(line)?.[1];
    if (program !== undefined) groups.push({ program, lines: [line] });
    else groups.at(-1)?.lines.push(line);
  }
  return programs.map((program) => (groups[0]?.program === program ? groups.shift()!.lines : []));
}
