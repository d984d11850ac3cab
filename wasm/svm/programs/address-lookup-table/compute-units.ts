/**
 * Compute units of the Address Lookup Table program outside of its calls (the real one is sBPF), measured with litesvm 1.5: exact on the
 * usual paths (1 unit off where the recipient of a closed table did not sign), one fixed number for errors of its own.
 */
export const ERROR: u64 = 1_500;

export const CREATE_TO_TRANSFER: u64 = 4_107;
/** Instead of it, when the account holds enough lamports already. */
export const CREATE_FUNDED: u64 = 3_318;
export const CREATE_TO_ALLOCATE: u64 = 589;
export const CREATE_TO_ASSIGN: u64 = 589;
export const CREATE_END: u64 = 2_020;
/** The table is there already. */
export const CREATE_EXISTING: u64 = 3_032;

export const FREEZE: u64 = 1_518;
export const DEACTIVATE: u64 = 3_152;
export const CLOSE: u64 = 2_233;

const EXTEND: u64 = 3_615;
/** With payer and System program among the accounts. */
const EXTEND_PAYER: u64 = 321;
const EXTEND_EACH: u64 = 294;
/** Not the first extension in its slot: the start index stays. */
const EXTEND_AGAIN: u64 = 2;
/** Before and after the transfer; instead of both, when no lamports are missing. */
export const EXTEND_TO_TRANSFER: u64 = 677;
export const EXTEND_END: u64 = 141;
export const EXTEND_FUNDED: u64 = 100;

/** Extending by `count` addresses, without the lamports; fewer than four do not fill the program's vector. */
export function extendUnits(count: u32, accounts: u32, first: bool): u64 {
  const vector: u64 = count < 4 ? 28 + 36 * <u64>(count - 1) : 0;
  return EXTEND + (accounts > 3 ? EXTEND_PAYER : 0) + EXTEND_EACH * <u64>count + vector - (first ? 0 : EXTEND_AGAIN);
}
