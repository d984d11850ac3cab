/**
 * Batch: several instructions in one, each `u8 number of accounts, u8 length of data, data`, taking its accounts from the outer ones in order.
 * Between its instructions the runtime checks nothing, so whose accounts are written is checked here.
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/batch.rs.
 */
import { ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { checkOwner } from "./accounts";
import { also, alsoBatched, OWNER_CHECK_UNITS } from "./compute-units";
import { dispatch } from "./dispatch";
import { INVALID_INSTRUCTION } from "./error";

/** Bit n: instruction n writes its accounts 0 and 1; 0 and 2; 0. */
const WRITES_0_1: u64 = (1 << 3) | (1 << 7) | (1 << 8) | (1 << 14) | (1 << 15);
const WRITES_0_2: u64 = 1 << 12;
const WRITES_0: u64 =
  (1 << 4) | (1 << 5) | (1 << 6) | (1 << 9) | (1 << 10) | (1 << 11) | (1 << 13) | (1 << 22) | (1 << 38) | (1 << 45);

/** `data` starts with the number of Batch itself. */
export function batch(first: u32, end: u32, data: usize, len: u32): i32 {
  const dataEnd = data + len;
  data += 1;
  do {
    if (dataEnd - data < 2) return INVALID_INSTRUCTION;
    const accounts: u32 = load<u8>(data);
    const size: u32 = load<u8>(data, 1);
    data += 2;
    if (size == 0 || dataEnd - data < <usize>size) return INVALID_INSTRUCTION;
    if (end - first < accounts) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
    let bad = checkWritten(load<u8>(data), first, first + accounts);
    if (bad) return bad;
    alsoBatched(load<u8>(data));
    bad = dispatch(first, first + accounts, data, size);
    if (bad) return bad;
    first += accounts;
    data += size;
  } while (data < dataEnd);
  return 0;
}

function checkWritten(instruction: u32, first: u32, end: u32): i32 {
  if (instruction > 63) return 0;
  const bit: u64 = (<u64>1) << instruction;
  const second: u32 = bit & WRITES_0_1 ? 1 : bit & WRITES_0_2 ? 2 : 0;
  if (!second && !(bit & WRITES_0)) return 0;
  if (end - first <= second) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  also(second ? 2 * OWNER_CHECK_UNITS : OWNER_CHECK_UNITS);
  const bad = checkOwner(first);
  return bad || !second ? bad : checkOwner(first + second);
}
