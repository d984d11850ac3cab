/** Calls of System by the Address Lookup Table program, and its compute units. */
import { keyCopy } from "../../../memory/bytes";
import { WK_SYSTEM, wellKnownKey } from "../../../transaction/well-known";
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED } from "../../errors";
import { consume, invoke, ixKey } from "../../runtime/context";

/** Accounts that every instruction starts with. */
export const TABLE: u32 = 0;
export const AUTHORITY: u32 = 1;

const META_BYTES: u32 = 40;
const metas: usize = memory.data(80, 8);
const data: usize = memory.data(40, 8);

/** What ends the program at once: no log line of its own comes after it. */
let stopped: bool = false;
export function callsBegin(): void {
  stopped = false;
}
export function callsStopped(): bool {
  return stopped;
}

/** Takes compute units; 0 or the error that ends the program. */
export function pay(units: u64): i32 {
  if (consume(units)) return 0;
  stopped = true;
  return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}

/** Writable account of the call: account `account` of the instruction. */
export function metaOf(i: u32, account: u32, signs: bool): void {
  const m = metas + i * META_BYTES;
  keyCopy(m, ixKey(account));
  store<u64>(m, signs ? 257 : 256, 32);
}

/** Fields behind the u32 instruction number. */
export function fieldU64(offset: u32, v: u64): void {
  store<u64>(data + 4 + offset, v);
}
export function fieldKey(offset: u32, key: usize): void {
  keyCopy(data + 4 + offset, key);
}

/** Calls System; `pda`: the key the program signs for, or 0. An error of the callee ends the caller on the spot. */
export function callSystem(instruction: u32, accounts: u32, fieldBytes: u32, pda: usize): i32 {
  store<u32>(data, instruction);
  const error = invoke(wellKnownKey(WK_SYSTEM), metas, accounts, data, 4 + fieldBytes, pda, pda ? 1 : 0);
  if (error) stopped = true;
  return error;
}
