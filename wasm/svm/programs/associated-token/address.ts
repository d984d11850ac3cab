/** Associated token addresses: derived from wallet, token program and mint. */
import { keyEquals } from "../../../memory/bytes";
import { consume, findProgramAddress, ixKey, ixProgramId, unitsLeft } from "../../runtime/context";

const seeds: usize = memory.data(24, 8);
/** The address found last. */
const found: usize = memory.data(32, 8);
/** Units of the system call for each bump it tries. */
const TRY_UNITS: u64 = 1_500;

export const ADDRESS_OUT_OF_UNITS: i32 = -1;
export const ADDRESS_DIFFERS: i32 = 0;
export const ADDRESS_SAME: i32 = 1;

function seed(i: u32, key: usize): void {
  store<u32>(seeds + i * 8, <u32>key);
  store<u32>(seeds + i * 8, 32, 4);
}

/** Whether account `account` of the instruction is at the address of (wallet, mint) under the token program. */
export function isAssociated(account: u32, wallet: usize, tokenProgram: usize, mint: usize): i32 {
  seed(0, wallet);
  seed(1, tokenProgram);
  seed(2, mint);
  const bump = findProgramAddress(ixProgramId(), seeds, 3, found);
  const units = TRY_UNITS * <u64>(bump < 0 ? 256 : 256 - bump);
  if (unitsLeft() < units) {
    // The system call cannot be paid: an error of the call, not of the machine.
    consume(unitsLeft());
    return ADDRESS_OUT_OF_UNITS;
  }
  consume(units);
  return bump >= 0 && keyEquals(found, ixKey(account)) ? ADDRESS_SAME : ADDRESS_DIFFERS;
}
