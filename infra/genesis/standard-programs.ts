/**
 * The programs that a new network has from its genesis on as the real ELFs of Solana's mainnet. The ELFs are those that the package
 * litesvm has; they are taken from it when a genesis is made.
 *
 *   of shards       Token-2022, Stake, and the account of the stake configuration
 *   carried too     Token, Associated Token, Memo, Address Lookup Table (shared/protocol/real-programs.ts)
 *
 * Not there: Config, Feature and Vote, of which litesvm has no ELF.
 */
import { compareBytes, equalBytes } from "../../shared/protocol/bytes.ts";
import { REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { keyBytes } from "../../shared/rpc/keys.ts";
import { type Account, decodeAccountList, encodeAccountList } from "../../shared/state/accounts.ts";
import { Failure } from "../network/failure.ts";
import { programDataAddress } from "./program-accounts.ts";
import { STANDARD_PROGRAMS } from "./standard-list.ts";

/** Flags of a list of names with commas between them. Throws a Failure for a name that is none. */
export function parseRealPrograms(flag: string, text: string): number {
  let flags = 0;
  for (const name of text.split(",")) {
    if (!Object.hasOwn(REAL_PROGRAMS, name)) {
      const names = Object.keys(REAL_PROGRAMS).join(", ");
      throw new Failure("bad-option", `${flag}: "${name}" is none of ${names}`);
    }
    flags |= REAL_PROGRAMS[name]!.flag;
  }
  return flags;
}

/** Keys of all accounts of standard programs, base58. */
function standardKeys(): Set<string> {
  return new Set(STANDARD_PROGRAMS.flatMap((id) => [id, encodeBase58(programDataAddress(keyBytes(id)))]));
}

const byKey = (accounts: Iterable<Account>): Account[] => [...accounts].sort((a, b) => compareBytes(a.key, b.key));

/** Account list of the standard programs and of `listed`, which takes precedence. */
export async function withStandardPrograms(listed?: Uint8Array): Promise<Uint8Array> {
  // Loaded only here: a network that is there already does not need it.
  const { standardAccounts } = await import("./litesvm-accounts.ts");
  const all = [...(await standardAccounts()), ...((listed && decodeAccountList(listed)) ?? [])];
  return encodeAccountList(byKey(new Map(all.map((account) => [encodeBase58(account.key), account])).values()));
}

/** Whether a genesis with the account list `stored` began with the accounts `listed` beside its standard programs. */
export function beganWith(stored: Uint8Array, listed: Uint8Array): boolean {
  const wanted = new Set(decodeAccountList(listed)!.map(({ key }) => encodeBase58(key)));
  const standard = standardKeys();
  const beside = decodeAccountList(stored)!.filter(({ key }) => {
    const address = encodeBase58(key);
    return wanted.has(address) || !standard.has(address);
  });
  return equalBytes(encodeAccountList(byKey(beside)), listed);
}
