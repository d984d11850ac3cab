/** Programs of the upgradeable loader: an account that names another, which has the code. */
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import type { Account } from "./accounts.ts";
import { BPF_LOADER, BPF_LOADER_2, BPF_LOADER_UPGRADEABLE, keyBytes } from "./keys.ts";

/** A program: u32 2, key of its program data. */
export const PROGRAM_SIZE = 36;
const PROGRAM_STATE = 2;
const KEY_AT = 4;
/** Its program data: u32 3, u64 slot of the deployment, u8 has an authority, its key; the ELF from PROGRAM_DATA_HEADER on. */
const PROGRAM_DATA_STATE = 3;
export const PROGRAM_DATA_HEADER = 45;
export const SLOT_OFFSET = 4;
const HAS_AUTHORITY_AT = 12;
const AUTHORITY_AT = 13;
const LOADER = keyBytes(BPF_LOADER_UPGRADEABLE);
const OLD_LOADERS = [BPF_LOADER, BPF_LOADER_2].map(keyBytes);

/** Where the bytes of an upgradeable program are; null for any other account. */
export function programDataKey({ owner, data }: Account): Uint8Array | null {
  const isProgram = data.length >= PROGRAM_SIZE && data[0] === PROGRAM_STATE && equalBytes(owner, LOADER);
  return isProgram ? data.subarray(KEY_AT, PROGRAM_SIZE) : null;
}

/** Whether an account of the upgradeable loader with these data has the code of a program. */
export function isProgramData(data: Uint8Array): boolean {
  return data.length >= PROGRAM_DATA_HEADER && viewOf(data).getUint32(0, true) === PROGRAM_DATA_STATE;
}

/** Data of a program whose code is in the account `programData`. */
export function programState(programData: Uint8Array): Uint8Array {
  const state = new Uint8Array(PROGRAM_SIZE);
  state[0] = PROGRAM_STATE;
  state.set(programData, KEY_AT);
  return state;
}

/** Data of program data with room for so many bytes of code, of slot 0, which nobody can upgrade. */
export function newProgramData(length: number): Uint8Array {
  const data = new Uint8Array(PROGRAM_DATA_HEADER + length);
  data[0] = PROGRAM_DATA_STATE;
  return data;
}

/** Who may upgrade it; null: nobody. */
export function setUpgradeAuthority(programData: Uint8Array, authority: Uint8Array | null): void {
  programData[HAS_AUTHORITY_AT] = authority ? 1 : 0;
  programData.fill(0, AUTHORITY_AT, PROGRAM_DATA_HEADER);
  if (authority) programData.set(authority, AUTHORITY_AT);
}

/** Whether an account has the code of a program, which seldom changes (a buffer changes all the time). */
export function hasCode({ owner, data, executable }: Account): boolean {
  if (equalBytes(owner, LOADER)) return data[0] === PROGRAM_DATA_STATE;
  return executable && OLD_LOADERS.some((loader) => equalBytes(owner, loader));
}
