/**
 * Instruction number -> handler. Numbers: solana-program/token, tag p-token@v1.0.0, pinocchio/interface/src/instruction.rs.
 * Accounts are the window [first, end) of the running instruction's; `data` starts with the number, `len` >= 1.
 */
import { approve, approveChecked, revoke } from "./delegate";
import { INVALID_INSTRUCTION } from "./error";
import { toggleFrozen } from "./freeze";
import {
  initializeAccount,
  initializeAccountFor,
  initializeImmutableOwner,
  initializeMint,
  initializeMultisig,
} from "./initialize";
import { closeAccount, syncNative, unwrapLamports, withdrawExcessLamports } from "./lamports";
import { setAuthority } from "./set-authority";
import { burn, burnChecked, mintTo, mintToChecked } from "./supply";
import { transfer, transferChecked } from "./transfer";
import { amountToUiAmount, getAccountDataSize, uiAmountToAmount } from "./ui-amount";

export function dispatch(first: u32, end: u32, data: usize, len: u32): i32 {
  switch (load<u8>(data)) {
    case 0: return initializeMint(first, end, data, len, true);
    case 1: return initializeAccount(first, end);
    case 2: return initializeMultisig(first, end, data, len, true);
    case 3: return transfer(first, end, data, len);
    case 4: return approve(first, end, data, len);
    case 5: return revoke(first, end);
    case 6: return setAuthority(first, end, data, len);
    case 7: return mintTo(first, end, data, len);
    case 8: return burn(first, end, data, len);
    case 9: return closeAccount(first, end);
    case 10: return toggleFrozen(first, end, true);
    case 11: return toggleFrozen(first, end, false);
    case 12: return transferChecked(first, end, data, len);
    case 13: return approveChecked(first, end, data, len);
    case 14: return mintToChecked(first, end, data, len);
    case 15: return burnChecked(first, end, data, len);
    case 16: return initializeAccountFor(first, end, data, len, true);
    case 17: return syncNative(first, end);
    case 18: return initializeAccountFor(first, end, data, len, false);
    case 19: return initializeMultisig(first, end, data, len, false);
    case 20: return initializeMint(first, end, data, len, false);
    case 21: return getAccountDataSize(first, end);
    case 22: return initializeImmutableOwner(first, end);
    case 23: return amountToUiAmount(first, end, data, len);
    case 24: return uiAmountToAmount(first, end, data, len);
    case 38: return withdrawExcessLamports(first, end);
    case 45: return unwrapLamports(first, end, data, len);
    default: return INVALID_INSTRUCTION;
  }
}
