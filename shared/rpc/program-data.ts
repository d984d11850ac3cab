/** Programs of the upgradeable loader: an account that names another, which has the code. */
import { equalBytes } from "../protocol/bytes.ts";
import type { Account } from "./accounts.ts";
import { BPF_LOADER, BPF_LOADER_2, BPF_LOADER_UPGRADEABLE, keyBytes } from "./keys.ts";

const PROGRAM_SIZE = 36;
const PROGRAM_STATE = 2;
const PROGRAM_DATA_STATE = 3;
const LOADER = keyBytes(BPF_LOADER_UPGRADEABLE);
const OLD_LOADERS = [BPF_LOADER, BPF_LOADER_2].map(keyBytes);

/** Where the bytes of an upgradeable program are; null for any other account. */
export function programDataKey({ owner, data }: Account): Uint8Array | null {
  const isProgram = data.length >= PROGRAM_SIZE && data[0] === PROGRAM_STATE && equalBytes(owner, LOADER);
  return isProgram ? data.subarray(4, PROGRAM_SIZE) : null;
}

/** Whether an account has the code of a program, which seldom changes (a buffer changes all the time). */
export function hasCode({ owner, data, executable }: Account): boolean {
  if (equalBytes(owner, LOADER)) return data[0] === PROGRAM_DATA_STATE;
  return executable && OLD_LOADERS.some((loader) => equalBytes(owner, loader));
}
