/** What the Token program asks about its accounts. An index counts within the instruction; a Batch passes windows of its own accounts on. */
import { keyEquals } from "../../../memory/bytes";
import { ERR_INCORRECT_PROGRAM_ID, ERR_INVALID_ARGUMENT } from "../../errors";
import { bpfOwner, ixAcc, ixKey } from "../../runtime/context";
import { KEY_RENT, KEY_TOKEN } from "./keys";

// @ts-ignore: decorator
@inline
export function sameAccount(i: u32, j: u32): bool {
  return ixAcc(i) == ixAcc(j);
}

/** 0 when the Token program owns the account. The runtime proves it for whatever is written; where nothing is, this does. */
// @ts-ignore: decorator
@inline
export function checkOwner(i: u32): i32 {
  return keyEquals(bpfOwner(i), KEY_TOKEN) ? 0 : ERR_INCORRECT_PROGRAM_ID;
}

/** 0 when account `i` is the Rent sysvar (its contents are always valid). */
export function checkRentSysvar(i: u32): i32 {
  return keyEquals(ixKey(i), KEY_RENT) ? 0 : ERR_INVALID_ARGUMENT;
}
