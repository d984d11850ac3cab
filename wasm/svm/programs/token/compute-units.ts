/**
 * Compute units charged: a fixed number for each instruction, and fixed differences for its variants. The real program is sBPF, whose units are the
 * machine instructions it happens to execute; what is here is what it uses when it succeeds, measured with litesvm 1.5 (ELF sha256 53e587ee...31cc,
 * p-token@v1.0.0) by test/conformance/token-compute-units.test.ts, which also writes what still differs: test/conformance/token-compute-units.md.
 *
 *   reset ─▶ the handler calls also(difference) where its variant shows ─▶ unitsOf(instruction) + those, all charged at the end
 */
import { ixAcc } from "../../runtime/context";
import { BATCH, TRANSFER, TRANSFER_CHECKED } from "./instruction";

/** Logging an error line (Agave: syscall_base_cost). */
export const ERROR_LOG_UNITS: u64 = 100;
/** An instruction without data; with a number that is none. */
export const EMPTY_UNITS: u64 = 72;
const UNKNOWN_UNITS: i32 = 138;
/** Batch itself; one of its instructions against the same one alone; each check of an owner. */
const BATCH_UNITS: i32 = 41;
const IN_BATCH: i32 = -6;
export const OWNER_CHECK_UNITS: i32 = 15;
/** The program has a short way for a transfer of exactly 3 (4) different accounts. */
const TRANSFER_SLOW: i32 = 139;
const TRANSFER_CHECKED_SLOW: i32 = 158;
const TRANSFER_TO_ITSELF: i32 = 124;

/** What variants use more or less. */
export const IGNORED_DELEGATE: i32 = 5;
export const BY_DELEGATE: i32 = 7;
export const LAST_OF_ALLOWANCE: i32 = 1;
export const NATIVE_TRANSFER: i32 = 7;
export const ZERO_TRANSFER: i32 = 18;
export const ZERO_MINT_TO: i32 = 10;
export const ZERO_BURN: i32 = 21;
export const BURN_IGNORED_DELEGATE: i32 = 2;
export const BURN_BY_DELEGATE: i32 = 5;
export const OWNERLESS_BURN: i32 = -16;
export const FREEZE_AUTHORITY_GIVEN: i32 = 14;
export const NATIVE_ACCOUNT: i32 = -5;
export const NATIVE_ACCOUNT_FORM_1: i32 = -9;
export const REVOKE_DELEGATE: i32 = 7;
export const REVOKE_BY_DELEGATE: i32 = 14;
export const NO_NEW_AUTHORITY: i32 = -10;
export const CLOSE_NATIVE: i32 = -2;
export const CLOSE_BY_CLOSE_AUTHORITY: i32 = 8;
export const RENT_ACCOUNT_IN_SYNC: i32 = -112;
export const WITHDRAW_FROM_MINT: i32 = -12;
export const UNWRAP_AMOUNT_GIVEN: i32 = 4;
export const UNWRAP_BY_DELEGATE: i32 = 20;
export const UNWRAP_TO_ITSELF: i32 = -7;
/** A multisig as authority, about: depends on which members sign. */
export const MULTISIG_UNITS: i32 = 155;

/** u16 by instruction number 0..45. */
const UNITS: usize = memory.data<u16>([
  87, 150, 0, 76, 126, 101, 0, 119, 123, 118, 145, 141, 105, 163, 161, 126, 168, 201, 235, 0, 201, 183, 38, 554, 587,
  138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 138, 274, 138, 138, 138, 138, 138, 138, 139,
], 2);
/** SetAuthority by type 0..3; InitializeMultisig and InitializeMultisig2 by number of members 1..11. */
const SET_AUTHORITY_UNITS: usize = memory.data<u16>([127, 124, 123, 138], 2);
const MULTISIG_1: usize = memory.data<u16>([0, 155, 174, 189, 211, 229, 246, 264, 281, 299, 317, 334], 2);
const MULTISIG_2: usize = memory.data<u16>([0, 260, 285, 304, 319, 341, 359, 376, 394, 411, 429, 447], 2);

let variants: i32 = 0;

/** The instruction that runs is a variant that uses so many units more (or fewer). */
// @ts-ignore: decorator
@inline
export function also(units: i32): void {
  variants += units;
}

export function alsoAuthorityType(type: u32): void {
  also(load<u16>(SET_AUTHORITY_UNITS + (<usize>type << 1)));
}

export function alsoMembers(members: u32, rentGiven: bool): void {
  also(load<u16>((rentGiven ? MULTISIG_1 : MULTISIG_2) + (<usize>members << 1)));
}

// @ts-ignore: decorator
@inline
export function unitsReset(): void {
  variants = 0;
}

/** Of the instruction that ran, which has `numAccounts` accounts. */
// @ts-ignore: decorator
@inline
export function unitsUsed(instruction: u32, numAccounts: u32): u64 {
  let units: i32;
  if (instruction == TRANSFER) {
    units = numAccounts == 3 && distinct(3) ? 76 : numAccounts > 1 && ixAcc(0) == ixAcc(1) ? TRANSFER_TO_ITSELF : TRANSFER_SLOW;
  } else if (instruction == TRANSFER_CHECKED) {
    units = numAccounts == 4 && distinct(4) ? 105 : TRANSFER_CHECKED_SLOW;
  } else {
    units = instruction == BATCH ? BATCH_UNITS : tableUnits(instruction);
  }
  return max(0, units + variants);
}

/** One instruction of a Batch, before its own variants. */
export function alsoBatched(instruction: u32): void {
  const alone = instruction == TRANSFER ? TRANSFER_SLOW : instruction == TRANSFER_CHECKED ? TRANSFER_CHECKED_SLOW : tableUnits(instruction);
  also(alone + IN_BATCH);
}

// @ts-ignore: decorator
@inline
function tableUnits(instruction: u32): i32 {
  return instruction <= 45 ? load<u16>(UNITS + (<usize>instruction << 1)) : UNKNOWN_UNITS;
}

function distinct(n: u32): bool {
  for (let i: u32 = 1; i < n; i++) {
    for (let j: u32 = 0; j < i; j++) if (ixAcc(i) == ixAcc(j)) return false;
  }
  return true;
}
