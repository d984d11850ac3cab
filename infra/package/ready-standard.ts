/** Stands for infra/genesis/litesvm-accounts.ts in the package: the standard programs were taken from litesvm when it was packed. */
import { readFileSync } from "node:fs";
import { type Account, decodeAccountList } from "../../shared/state/accounts.ts";
import { STANDARD_ACCOUNTS } from "./ready-files.ts";

export async function standardAccounts(): Promise<Account[]> {
  return decodeAccountList(new Uint8Array(readFileSync(STANDARD_ACCOUNTS)))!;
}
