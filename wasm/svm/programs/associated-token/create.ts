/** Create and CreateIdempotent (program/src/processor.rs, tools/account.rs). */
import { keyEquals } from "../../../memory/bytes";
import { WK_SYSTEM, wellKnownKey } from "../../../transaction/well-known";
import {
  ERR_COMPUTATIONAL_BUDGET_EXCEEDED,
  ERR_ILLEGAL_OWNER,
  ERR_INCORRECT_PROGRAM_ID,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_INVALID_SEEDS,
  ERR_NOT_ENOUGH_ACCOUNT_KEYS,
} from "../../errors";
import {
  bpfData,
  bpfDataLen,
  bpfLamports,
  bpfOwner,
  consume,
  failCustom,
  ixKey,
  ixNumAccounts,
  logProgramText,
  rentExemptMinimum,
  returnData,
  returnDataLen,
  returnDataProgram,
} from "../../runtime/context";
import { ADDRESS_OUT_OF_UNITS, ADDRESS_SAME, isAssociated } from "./address";
import {
  isTokenProgram,
  systemAllocate,
  systemAssign,
  systemCreateAccount,
  systemTransfer,
  tokenAccountSize,
  tokenInitializeAccount3,
  tokenInitializeImmutableOwner,
} from "./calls";
import * as UNITS from "./compute-units";
import { INVALID_OWNER } from "./instruction";
import { ACCOUNT_MINT, ACCOUNT_OWNER, readAccount } from "./token-state";

const FUNDER: u32 = 0;
const ACCOUNT: u32 = 1;
const WALLET: u32 = 2;
const MINT: u32 = 3;
const TOKEN_PROGRAM: u32 = 5;

/** The existing account, when there is an initialised one: 0 it is the right one, an error, or -1: there is none. */
function existing(): i32 {
  if (!keyEquals(bpfOwner(ACCOUNT), ixKey(TOKEN_PROGRAM))) return -1;
  const data = bpfData(ACCOUNT);
  if (readAccount(data, bpfDataLen(ACCOUNT))) return -1;
  if (!keyEquals(data + ACCOUNT_OWNER, ixKey(WALLET))) {
    if (!consume(UNITS.OWNER_DIFFERS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
    logProgramText("Associated token account owner does not match address derivation");
    return failCustom(INVALID_OWNER);
  }
  if (!keyEquals(data + ACCOUNT_MINT, ixKey(MINT))) {
    return consume(UNITS.MINT_DIFFERS) ? ERR_INVALID_ACCOUNT_DATA : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  }
  return consume(UNITS.EXISTING) ? 0 : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}

/** Asks the token program how large the account is to be, into `space`. */
let space: u64 = 0;
function askSpace(tokenProgram: usize): i32 {
  if (!isTokenProgram(tokenProgram)) return ERR_INCORRECT_PROGRAM_ID;
  const error = tokenAccountSize(tokenProgram, ixKey(MINT));
  if (error) return error;
  if (!returnDataLen()) return ERR_INVALID_INSTRUCTION_DATA;
  if (!keyEquals(returnDataProgram(), tokenProgram)) return ERR_INCORRECT_PROGRAM_ID;
  if (returnDataLen() != 8) return ERR_INVALID_INSTRUCTION_DATA;
  space = load<u64>(returnData());
  return 0;
}

/** Makes the account the token program's: created, or taken over when somebody has sent lamports there before. */
function makeAccount(tokenProgram: usize): i32 {
  const account = ixKey(ACCOUNT);
  const minimum = rentExemptMinimum(<u32>space);
  const held = bpfLamports(ACCOUNT);
  if (!held) {
    if (!consume(UNITS.BEFORE_CREATE)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
    return systemCreateAccount(ixKey(FUNDER), account, minimum, space, tokenProgram);
  }
  if (held < minimum) {
    if (!consume(UNITS.BEFORE_TRANSFER)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
    const error = systemTransfer(ixKey(FUNDER), account, minimum - held);
    if (error) return error;
  }
  if (!consume(held < minimum ? UNITS.BEFORE_ALLOCATE : UNITS.BEFORE_ALLOCATE_FUNDED)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  const error = systemAllocate(account, space);
  if (error) return error;
  if (!consume(UNITS.BEFORE_ASSIGN)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  return systemAssign(account, tokenProgram);
}

export function create(idempotent: bool): i32 {
  if (ixNumAccounts() <= TOKEN_PROGRAM) {
    return consume(UNITS.TOO_FEW_ACCOUNTS) ? ERR_NOT_ENOUGH_ACCOUNT_KEYS : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  }
  const tokenProgram = ixKey(TOKEN_PROGRAM);
  const associated = isAssociated(ACCOUNT, ixKey(WALLET), tokenProgram, ixKey(MINT));
  if (associated == ADDRESS_OUT_OF_UNITS) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  if (associated != ADDRESS_SAME) {
    if (!consume(UNITS.ADDRESS_DIFFERS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
    logProgramText("Error: Associated address does not match seed derivation");
    return ERR_INVALID_SEEDS;
  }
  if (idempotent) {
    if (!consume(UNITS.IDEMPOTENT)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
    const found = existing();
    if (found >= 0) return found;
  }
  if (!keyEquals(bpfOwner(ACCOUNT), wellKnownKey(WK_SYSTEM))) {
    return consume(UNITS.NOT_SYSTEM) ? ERR_ILLEGAL_OWNER : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  }
  if (!consume(UNITS.BEFORE_SIZE)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  let error = askSpace(tokenProgram);
  if (error) return error;
  error = makeAccount(tokenProgram);
  if (error) return error;
  if (!consume(UNITS.BEFORE_IMMUTABLE)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  logProgramText("Initialize the associated token account");
  error = tokenInitializeImmutableOwner(tokenProgram, ixKey(ACCOUNT));
  if (error) return error;
  if (!consume(UNITS.BEFORE_INITIALIZE)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  error = tokenInitializeAccount3(tokenProgram, ixKey(ACCOUNT), ixKey(MINT), ixKey(WALLET));
  if (error) return error;
  return consume(UNITS.AFTER_INITIALIZE) ? 0 : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}
