/** Reading accounts for a simulation: what the isolate has of programs does not come anew (program-cache.ts). */
import { missingAccount } from "../../shared/rpc/accounts.ts";
import { keyText } from "../../shared/state/accounts.ts";
import { decodeStubbed, type KnownData, type LoadedAccount } from "../../shared/state/stubs.ts";
import type { ProgramCache } from "./program-cache.ts";

export type Known = ReadonlyMap<string, KnownData>;
/** Account lists that together have the keys, with stubs where the data are those that are known (by keyText). */
export type Read = (keys: readonly Uint8Array[], known: Known) => Promise<readonly Uint8Array[]>;

export const NOTHING: Known = new Map();

/** The accounts of these keys, in order, and behind them those with the code of the programs among them that were seen before. */
export async function loadAccounts(
  programs: ProgramCache,
  keys: readonly Uint8Array[],
  read: Read,
): Promise<readonly LoadedAccount[]> {
  const wanted = [...keys, ...programs.expected(keys)];
  // Held here: what the cache forgets meanwhile is still needed.
  const known = new Map<string, KnownData>();
  for (const key of wanted) {
    const data = programs.find(key);
    if (data) known.set(keyText(key), data);
  }
  const accounts =
    decodeStubbed(await read(wanted, known), known) ?? decodeStubbed(await read(wanted, NOTHING), NOTHING);
  if (!accounts) throw new RangeError("not an account list");
  const loaded = wanted.map((key) => {
    const account: LoadedAccount = accounts.get(keyText(key)) ?? missingAccount(key);
    return account.hash ? account : programs.keep(account);
  });
  return loaded.filter(({ lamports }, i) => i < keys.length || lamports > 0n);
}
