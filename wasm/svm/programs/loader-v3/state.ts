/**
 * What the upgradeable loader's accounts hold (bincode, little-endian; solana-sdk loader-v3-interface/src/state.rs):
 *
 *   0 uninitialized  u32 0
 *   1 buffer         u32 1, u8 has authority, key authority                ELF from 37
 *   2 program        u32 2, key programdata
 *   3 programdata    u32 3, u64 slot, u8 has authority, key authority      ELF from 45
 *
 * Where there is no authority its 32 bytes are neither read nor written.
 */
import { ACC_DATA, ACC_DATA_LEN } from "../../../state/account";
import { keyCopy } from "../../../memory/bytes";
import { ERR_ACCOUNT_DATA_TOO_SMALL, ERR_INVALID_ACCOUNT_DATA } from "../../errors";
import { accDataMut, ixAcc, lastError } from "../../runtime/context";

export const UNINITIALIZED: u32 = 0;
export const BUFFER: u32 = 1;
export const PROGRAM: u32 = 2;
export const PROGRAMDATA: u32 = 3;

export const SIZE_OF_UNINITIALIZED: u32 = 4;
export const BUFFER_METADATA: u32 = 37;
export const SIZE_OF_PROGRAM: u32 = 36;
export const PROGRAMDATA_METADATA: u32 = 45;

/** A state that was read: a copy, it stays good when the account changes. */
const STATE_KIND: usize = 0; // u32
const STATE_HAS_KEY: usize = 4; // u8: an authority; always 1 for a program
const STATE_SLOT: usize = 8; // u64
const STATE_KEY: usize = 16; // authority or programdata
const STATE_SIZE: i32 = 48;

const first: usize = memory.data(STATE_SIZE, 8);
const second: usize = memory.data(STATE_SIZE, 8);
const third: usize = memory.data(STATE_SIZE, 8);
/** Places for the states of one instruction. */
export function stateOfBuffer(): usize {
  return first;
}
export function stateOfProgram(): usize {
  return second;
}
export function stateOfProgramdata(): usize {
  return third;
}

export function stateKind(state: usize): u32 {
  return load<u32>(state, STATE_KIND);
}
export function stateSlot(state: usize): u64 {
  return load<u64>(state, STATE_SLOT);
}
/** The authority of a buffer or programdata, or 0; the programdata of a program. */
export function stateKey(state: usize): usize {
  return load<u8>(state, STATE_HAS_KEY) ? state + STATE_KEY : 0;
}

/** Reads account `i` of the instruction; 0 or ERR_INVALID_ACCOUNT_DATA. */
export function stateRead(i: u32, state: usize): i32 {
  const record = ixAcc(i);
  const data: usize = load<u32>(record, ACC_DATA);
  const len = load<u32>(record, ACC_DATA_LEN);
  if (len < 4) return ERR_INVALID_ACCOUNT_DATA;
  const kind = load<u32>(data);
  store<u32>(state, kind, STATE_KIND);
  store<u8>(state, 0, STATE_HAS_KEY);
  if (kind == UNINITIALIZED) return 0;
  if (kind > PROGRAMDATA) return ERR_INVALID_ACCOUNT_DATA;
  let at: u32 = 4;
  if (kind == PROGRAMDATA) {
    if (len < 12) return ERR_INVALID_ACCOUNT_DATA;
    store<u64>(state, load<u64>(data, 4), STATE_SLOT);
    at = 12;
  }
  if (kind != PROGRAM) {
    if (len <= at) return ERR_INVALID_ACCOUNT_DATA;
    const has: u32 = load<u8>(data + at);
    if (has > 1) return ERR_INVALID_ACCOUNT_DATA;
    if (!has) return 0;
    at += 1;
  }
  if (len < at + 32) return ERR_INVALID_ACCOUNT_DATA;
  store<u8>(state, 1, STATE_HAS_KEY);
  keyCopy(state + STATE_KEY, data + at);
  return 0;
}

/** The data of account `i` to write `size` bytes of state into, or 0 (see lastError, or too small). */
function room(i: u32, size: u32): i32 {
  if (!accDataMut(i)) return lastError();
  return load<u32>(ixAcc(i), ACC_DATA_LEN) < size ? ERR_ACCOUNT_DATA_TOO_SMALL : 0;
}

function put(i: u32, at: u32, kind: u32, authority: usize): void {
  const data: usize = load<u32>(ixAcc(i), ACC_DATA);
  store<u32>(data, kind);
  store<u8>(data + at, <u8>(authority != 0));
  if (authority) keyCopy(data + at + 1, authority);
}

export function stateWriteUninitialized(i: u32): i32 {
  const refused = room(i, SIZE_OF_UNINITIALIZED);
  if (refused) return refused;
  store<u32>(load<u32>(ixAcc(i), ACC_DATA), UNINITIALIZED);
  return 0;
}

/** `authority`: 0 for none. */
export function stateWriteBuffer(i: u32, authority: usize): i32 {
  const refused = room(i, authority ? BUFFER_METADATA : BUFFER_METADATA - 32);
  if (refused) return refused;
  put(i, 4, BUFFER, authority);
  return 0;
}

export function stateWriteProgram(i: u32, programdata: usize): i32 {
  const refused = room(i, SIZE_OF_PROGRAM);
  if (refused) return refused;
  const data: usize = load<u32>(ixAcc(i), ACC_DATA);
  store<u32>(data, PROGRAM);
  keyCopy(data + 4, programdata);
  return 0;
}

/** `authority`: 0 for none. */
export function stateWriteProgramdata(i: u32, slot: u64, authority: usize): i32 {
  const refused = room(i, authority ? PROGRAMDATA_METADATA : PROGRAMDATA_METADATA - 32);
  if (refused) return refused;
  put(i, 12, PROGRAMDATA, authority);
  store<u64>(load<u32>(ixAcc(i), ACC_DATA), slot, 4);
  return 0;
}
