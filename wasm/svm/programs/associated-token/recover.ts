/** RecoverNested: empties and closes an associated account of an associated account (program/src/processor.rs). */
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_COMPUTATIONAL_BUDGET_EXCEEDED,
  ERR_ILLEGAL_OWNER,
  ERR_INCORRECT_PROGRAM_ID,
  ERR_INVALID_SEEDS,
  ERR_MISSING_REQUIRED_SIGNATURE,
  ERR_NOT_ENOUGH_ACCOUNT_KEYS,
} from "../../errors";
import {
  bpfData,
  bpfDataLen,
  bpfOwner,
  consume,
  failCustom,
  ixIsSigner,
  ixKey,
  ixNumAccounts,
  logProgramText,
} from "../../runtime/context";
import { ADDRESS_OUT_OF_UNITS, ADDRESS_SAME, isAssociated } from "./address";
import { isTokenProgram, tokenCloseAccount, tokenTransferChecked } from "./calls";
import * as UNITS from "./compute-units";
import { INVALID_OWNER } from "./instruction";
import { ACCOUNT_AMOUNT, ACCOUNT_OWNER, MINT_DECIMALS, readAccount, readMint } from "./token-state";

const NESTED: u32 = 0;
const NESTED_MINT: u32 = 1;
const DESTINATION: u32 = 2;
const OWNER_ACCOUNT: u32 = 3;
const OWNER_MINT: u32 = 4;
const WALLET: u32 = 5;
const TOKEN_PROGRAM: u32 = 6;

function refuse(text: string, error: i32): i32 {
  if (!consume(UNITS.REFUSED)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  logProgramText(text);
  return error;
}

function checkAddress(account: u32, wallet: u32, mint: u32, text: string): i32 {
  const associated = isAssociated(account, ixKey(wallet), ixKey(TOKEN_PROGRAM), ixKey(mint));
  if (associated == ADDRESS_OUT_OF_UNITS) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  return associated == ADDRESS_SAME ? 0 : refuse(text, ERR_INVALID_SEEDS);
}

// @ts-ignore: decorator
@inline
function isTokens(i: u32): bool {
  return keyEquals(bpfOwner(i), ixKey(TOKEN_PROGRAM));
}

function checkAddresses(): i32 {
  let error = checkAddress(OWNER_ACCOUNT, WALLET, OWNER_MINT, "Error: Owner associated address does not match seed derivation");
  if (error) return error;
  error = checkAddress(NESTED, OWNER_ACCOUNT, NESTED_MINT, "Error: Nested associated address does not match seed derivation");
  if (error) return error;
  return checkAddress(DESTINATION, WALLET, NESTED_MINT, "Error: Destination associated address does not match seed derivation");
}

function checkStates(): i32 {
  if (!ixIsSigner(WALLET)) {
    return refuse("Wallet of the owner associated token account must sign", ERR_MISSING_REQUIRED_SIGNATURE);
  }
  if (!isTokens(OWNER_MINT)) return refuse("Owner mint not owned by provided token program", ERR_ILLEGAL_OWNER);
  if (!isTokens(OWNER_ACCOUNT)) {
    return refuse(
      "Owner associated token account not owned by provided token program, recreate the owner associated token account first",
      ERR_ILLEGAL_OWNER,
    );
  }
  let error = readAccount(bpfData(OWNER_ACCOUNT), bpfDataLen(OWNER_ACCOUNT));
  if (error) return error;
  if (!keyEquals(bpfData(OWNER_ACCOUNT) + ACCOUNT_OWNER, ixKey(WALLET))) {
    return refuse("Owner associated token account not owned by provided wallet", failCustom(INVALID_OWNER));
  }
  if (!isTokens(NESTED)) return refuse("Nested associated token account not owned by provided token program", ERR_ILLEGAL_OWNER);
  error = readAccount(bpfData(NESTED), bpfDataLen(NESTED));
  if (error) return error;
  if (!keyEquals(bpfData(NESTED) + ACCOUNT_OWNER, ixKey(OWNER_ACCOUNT))) {
    return refuse("Nested associated token account not owned by provided associated token account", failCustom(INVALID_OWNER));
  }
  if (!isTokens(NESTED_MINT)) return refuse("Nested mint account not owned by provided token program", ERR_ILLEGAL_OWNER);
  return readMint(bpfData(NESTED_MINT), bpfDataLen(NESTED_MINT));
}

export function recoverNested(): i32 {
  if (ixNumAccounts() <= TOKEN_PROGRAM) {
    return consume(UNITS.TOO_FEW_ACCOUNTS) ? ERR_NOT_ENOUGH_ACCOUNT_KEYS : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  }
  let error = checkAddresses();
  if (error) return error;
  error = checkStates();
  if (error) return error;
  const program = ixKey(TOKEN_PROGRAM);
  if (!isTokenProgram(program)) return ERR_INCORRECT_PROGRAM_ID;
  if (!consume(UNITS.BEFORE_RECOVER)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  const amount = load<u64>(bpfData(NESTED), ACCOUNT_AMOUNT);
  const decimals = load<u8>(bpfData(NESTED_MINT), MINT_DECIMALS);
  const owner = ixKey(OWNER_ACCOUNT);
  error = tokenTransferChecked(program, ixKey(NESTED), ixKey(NESTED_MINT), ixKey(DESTINATION), owner, amount, decimals);
  if (error) return error;
  if (!consume(UNITS.BEFORE_CLOSE)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  error = tokenCloseAccount(program, ixKey(NESTED), ixKey(WALLET), owner);
  if (error) return error;
  return consume(UNITS.AFTER_CLOSE) ? 0 : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}
