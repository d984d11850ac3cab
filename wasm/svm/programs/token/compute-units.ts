/**
 * Compute units charged: one fixed number for each instruction. The real program is sBPF, whose units are the machine instructions it happens to
 * execute; what is here is what it uses on its usual successful way, measured with litesvm 1.5 (ELF sha256 53e587ee...31cc, p-token@v1.0.0) by
 * test/conformance/token-compute-units.test.ts, which also writes the list of differences, test/conformance/token-compute-units.md.
 */
import { ixAcc } from "../../runtime/context";
import { BATCH, TRANSFER, TRANSFER_CHECKED } from "./dispatch";

/** Logging an error line (Agave: syscall_base_cost). */
export const ERROR_LOG_UNITS: u64 = 100;
/** An instruction without data; with a number that is none. */
export const EMPTY_UNITS: u64 = 72;
const UNKNOWN_UNITS: u32 = 138;
/** Batch itself, and what its instructions cost more than alone. */
const BATCH_UNITS: u64 = 37;
const BATCHED_EXTRA: u64 = 24;
/** The program has a short way for a transfer of exactly 3 (4) different accounts; this is what the other way costs more. */
const TRANSFER_DETOUR: u64 = 63;
const TRANSFER_CHECKED_DETOUR: u64 = 63;

/** u16 by instruction number 0..45. */
const UNITS: usize = memory.data<u16>([
  87, 150, 189, 76, 126, 108, 123, 119, 125, 118, 145, 141, 105, 163, 161, 128, 168, 201, 235, 304, 201, 183, 38, 554, 587,
  138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 274, 138, 138, 138, 138, 138, 138, 139,
], 2);

// @ts-ignore: decorator
@inline
function tableUnits(instruction: u32): u32 {
  return instruction <= 45 ? load<u16>(UNITS + (<usize>instruction << 1)) : UNKNOWN_UNITS;
}

/** Of the instruction that runs, which has `numAccounts` accounts. */
// @ts-ignore: decorator
@inline
export function unitsOf(instruction: u32, numAccounts: u32): u64 {
  if (instruction == TRANSFER) return 76 + (numAccounts == 3 && distinct(3) ? 0 : TRANSFER_DETOUR);
  if (instruction == TRANSFER_CHECKED) return 105 + (numAccounts == 4 && distinct(4) ? 0 : TRANSFER_CHECKED_DETOUR);
  return instruction == BATCH ? BATCH_UNITS : tableUnits(instruction);
}

/** Of one instruction in a Batch, without the Batch. */
export function batchedUnitsOf(instruction: u32): u64 {
  const detour = instruction == TRANSFER ? TRANSFER_DETOUR : instruction == TRANSFER_CHECKED ? TRANSFER_CHECKED_DETOUR : 0;
  return tableUnits(instruction) + detour + BATCHED_EXTRA;
}

function distinct(n: u32): bool {
  for (let i: u32 = 1; i < n; i++) {
    for (let j: u32 = 0; j < i; j++) if (ixAcc(i) == ixAcc(j)) return false;
  }
  return true;
}
