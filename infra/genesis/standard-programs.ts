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
import { ALL_REAL_PROGRAMS, REAL_PROGRAMS, realProgramAddresses } from "../../shared/protocol/real-programs.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import {
  BPF_LOADER_UPGRADEABLE,
  keyBytes,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  STAKE_CONFIG,
  STAKE_PROGRAM,
  TOKEN_2022_PROGRAM,
} from "../../shared/rpc/keys.ts";
import { type Account, decodeAccountList, encodeAccountList } from "../../shared/state/accounts.ts";
import { Failure } from "../network/failure.ts";
import { programDataAddress, SLOT_OFFSET } from "./program-accounts.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "./rent.ts";

const PROGRAMS = [TOKEN_2022_PROGRAM, STAKE_PROGRAM, STAKE_CONFIG, ...realProgramAddresses(ALL_REAL_PROGRAMS)];
/** Memo 4 has the code of Memo 3 at its own address. */
const SAME_CODE: Readonly<Record<string, string>> = { [MEMO_V4_PROGRAM]: MEMO_V3_PROGRAM };

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

/** Keys of all accounts that `standardAccounts` can answer, base58. */
function standardKeys(): Set<string> {
  return new Set(PROGRAMS.flatMap((id) => [id, encodeBase58(programDataAddress(keyBytes(id)))]));
}

/** Programs are deployed in slot 0 and nobody can upgrade them; everything is rent-exempt. */
async function standardAccounts(): Promise<Account[]> {
  // Loaded only here: a network that is there already does not need it.
  const { LiteSvm } = await import("litesvm/dist/internal.js");
  const svm = new LiteSvm();
  const read = (source: Uint8Array, key: Uint8Array): Account => {
    const found = svm.getAccount(source);
    if (!found) throw new Failure("build-failed", `the package litesvm has no account ${encodeBase58(source)}`);
    const data = new Uint8Array(found.data());
    return {
      key,
      owner: new Uint8Array(found.owner()),
      lamports: rentExemptLamports(data.length),
      rentEpoch: RENT_EPOCH_EXEMPT,
      executable: found.executable(),
      data,
    };
  };
  return PROGRAMS.flatMap((id) => {
    const account = read(keyBytes(SAME_CODE[id] ?? id), keyBytes(id));
    if (!account.executable || !equalBytes(account.owner, keyBytes(BPF_LOADER_UPGRADEABLE))) return [account];
    const programData = read(programDataAddress(account.key), programDataAddress(account.key));
    programData.data.fill(0, SLOT_OFFSET, SLOT_OFFSET + 8);
    return [account, programData];
  });
}

const byKey = (accounts: Iterable<Account>): Account[] => [...accounts].sort((a, b) => compareBytes(a.key, b.key));

/** Account list of the standard programs and of `listed`, which takes precedence. */
export async function withStandardPrograms(listed?: Uint8Array): Promise<Uint8Array> {
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
