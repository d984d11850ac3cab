/** Account lists (docs/interfaces.md section 5) as the RPC layer reads them. */
import { type Account, decodeAccountList as decodeList } from "../state/accounts.ts";

export { type Account, accountAt, accountOffsets, encodeAccountList } from "../state/accounts.ts";

/** The accounts of a list from the chain; throws RangeError on anything else. */
export function decodeAccountList(list: Uint8Array): Account[] {
  const accounts = decodeList(list);
  if (accounts === undefined) throw new RangeError("not an account list");
  return accounts;
}

const NOBODY = new Uint8Array(32);

/** What Agave shows of an account that is not there, where it must show one. */
export function missingAccount(key: Uint8Array): Account {
  return { key, owner: NOBODY, lamports: 0n, rentEpoch: 0n, executable: false, data: new Uint8Array(0) };
}
