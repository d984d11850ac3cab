/** The accounts that a new network begins with beside its faucet: programs, accounts from files, wallets with money. */

import { compareBytes, equalBytes } from "../../shared/protocol/bytes.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import {
  BPF_LOADER_UPGRADEABLE,
  DEV_NETWORK_PROGRAM,
  keyBytes,
  RESERVED_KEYS,
  STORED_RESERVED_KEYS,
} from "../../shared/rpc/keys.ts";
import { isProgramData, SLOT_OFFSET } from "../../shared/rpc/program-data.ts";
import { type Account, encodeAccountList, MAX_ACCOUNT_DATA } from "../../shared/state/accounts.ts";
import { carriedAddresses } from "../../shared/state/carried.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "../../shared/svm/rent.ts";
import { Failure } from "../network/failure.ts";
import { FAUCET_LAMPORTS } from "../network/genesis.ts";
import { accountFilesOf, readAccountFile, tooLarge } from "./account-file.ts";
import { addressOf } from "./key-file.ts";
import { finalProgram, upgradeableProgram } from "./program-accounts.ts";

/** An option that names accounts of the genesis, with its values. */
export interface GenesisOption {
  readonly flag: string;
  readonly values: readonly string[];
}

/** Programs that every instance has built in: an account of the genesis could not take their place. */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...[...RESERVED_KEYS].filter((key) => !STORED_RESERVED_KEYS.has(key)),
  ...carriedAddresses(0),
  DEV_NETWORK_PROGRAM,
]);
/** `address`: base58. */
export function isBuiltIn(address: string): boolean {
  return BUILT_IN.has(address);
}

/** What the faucet has, and more than all other accounts may have together: a network's lamports fit into a u64. */
export const MAX_LAMPORTS = (1n << 64n) - 1n - 2n * FAUCET_LAMPORTS;

/** How many values an option takes: fewest and most. */
export const GENESIS_OPTIONS: Readonly<Record<string, readonly [number, number]>> = {
  program: [2, 2],
  "bpf-program": [2, 2],
  "upgradeable-program": [3, 3],
  account: [1, 2],
  "account-dir": [1, 1],
  "clone-from": [1, 1],
  mint: [1, 1],
};

/**
 * What a file says, on a chain that begins: a program is deployed in slot 0. With the slot of the chain that it comes from it would not be
 * visible until this one is as old (as solana-test-validator's --clone does it).
 */
function accountOf(path: string): Account {
  const account = readAccountFile(path);
  const { owner, data } = account;
  if (!equalBytes(owner, keyBytes(BPF_LOADER_UPGRADEABLE)) || !isProgramData(data)) return account;
  return { ...account, data: data.slice().fill(0, SLOT_OFFSET, SLOT_OFFSET + 8) };
}

/** An account that an option names, and what names it: for messages. */
interface Named {
  readonly account: Account;
  readonly by: string;
}

function accountsOf({ flag, values }: GenesisOption): Named[] {
  const [first = "", second = "", third = ""] = values;
  const named = `--${flag}`;
  const by = [named, ...values].join(" ");
  const all = (accounts: readonly Account[]): Named[] => accounts.map((account) => ({ account, by }));
  switch (flag) {
    case "program":
    case "bpf-program":
      return all(finalProgram(addressOf(first, named), second));
    case "upgradeable-program": {
      const authority = third === "none" ? null : addressOf(third, named);
      return all(upgradeableProgram(addressOf(first, named), second, authority));
    }
    case "account": {
      if (values.length === 1) return all([accountOf(first)]);
      // "-", as solana-test-validator has it: the address in the file.
      const key = first === "-" ? null : addressOf(first, named);
      const account = accountOf(second);
      return all([key ? { ...account, key } : account]);
    }
    case "account-dir":
    case "clone-from":
      return accountFilesOf(first).map((file) => ({ account: accountOf(file), by: file }));
    case "mint": {
      const wallet = { owner: new Uint8Array(32), rentEpoch: RENT_EPOCH_EXEMPT, executable: false };
      return all([{ ...wallet, key: addressOf(first, named), lamports: FAUCET_LAMPORTS, data: new Uint8Array(0) }]);
    }
    default:
      throw new Error(`no option of the genesis: ${flag}`);
  }
}

/** What is unusual about accounts of one option, by kind; each kind becomes one warning. */
class Remarks {
  readonly #option: GenesisOption;
  readonly #kinds = new Map<string, string[]>();

  constructor(option: GenesisOption) {
    this.#option = option;
  }

  add(kind: string, what: string): void {
    this.#kinds.set(kind, [...(this.#kinds.get(kind) ?? []), what]);
  }

  get lines(): string[] {
    const named = `--${this.#option.flag} ${this.#option.values.join(" ")}`;
    return [...this.#kinds].map(([kind, list]) => `${named}: ${kind}: ${list.join("; ")}`);
  }
}

const FOLDER_OPTIONS = ["account-dir", "clone-from"];
const TWO_FILES = "several files for one address, of which the last one by name is taken";
const BUILT_IN_FILE = "built in, and left out";
const BELOW_RENT = "fewer lamports than rent exemption takes; loaded as they are";
const EMPTY = "no lamports, so that there is no account";
const NO_FILE = "no account in the .json files of this folder";

/**
 * The accounts of one option by address. Of a folder with several files for one address one is taken: solana-test-validator keeps the files
 * in a set without order and takes one or the other (Agave test-validator/src/lib.rs, add_accounts_from_directories); here it is always the
 * last one by name.
 */
function accountsByAddress(option: GenesisOption, remarks: Remarks): Map<string, Named> {
  const isFolder = FOLDER_OPTIONS.includes(option.flag);
  const found = new Map<string, Named>();
  const files = new Map<string, string[]>();
  for (const named of accountsOf(option)) {
    const address = encodeBase58(named.account.key);
    const { length } = named.account.data;
    if (length > MAX_ACCOUNT_DATA) throw tooLarge(`${named.by}: ${address}`, length);
    if (BUILT_IN.has(address)) {
      if (!isFolder) {
        throw new Failure("account-built-in", `${named.by}: ${address} is built in and cannot be replaced`);
      }
      remarks.add(BUILT_IN_FILE, `${named.by} (${address})`);
      continue;
    }
    files.set(address, [...(files.get(address) ?? []), named.by]);
    found.set(address, named);
  }
  if (isFolder && found.size === 0) remarks.add(NO_FILE, "nothing is loaded from it");
  for (const [address, of] of files) if (of.length > 1) remarks.add(TWO_FILES, `${of.join(", ")} (${address})`);
  for (const [address, { account, by }] of found) {
    const least = rentExemptLamports(account.data.length);
    if (account.lamports === 0n) remarks.add(EMPTY, `${by} (${address})`);
    else if (account.lamports < least) remarks.add(BELOW_RENT, `${by} (${address}: ${account.lamports} of ${least})`);
  }
  return found;
}

export interface GenesisAccounts {
  /** Account list (docs/interfaces.md section 5), by key; undefined: the options name no account. */
  readonly list: Uint8Array | undefined;
  /** What is unusual and was loaded all the same: one line for each kind and option. */
  readonly warnings: readonly string[];
}

/** What the options name. Throws a Failure for what a chain could not have. */
export function genesisAccounts(options: readonly GenesisOption[]): GenesisAccounts {
  const found = new Map<string, Named>();
  const warnings: string[] = [];
  let lamports = 0n;
  for (const option of options) {
    const remarks = new Remarks(option);
    for (const [address, named] of accountsByAddress(option, remarks)) {
      const other = found.get(address);
      if (other) {
        throw new Failure("account-twice", `${address} is there twice: by ${other.by} and by ${named.by}`);
      }
      lamports += named.account.lamports;
      if (lamports > MAX_LAMPORTS) {
        throw new Failure("too-many-lamports", `${named.by}: all accounts have more than ${MAX_LAMPORTS} lamports`);
      }
      found.set(address, named);
    }
    warnings.push(...remarks.lines);
  }
  const accounts = [...found.values()].map(({ account }) => account).filter((account) => account.lamports > 0n);
  if (accounts.length === 0) return { list: undefined, warnings };
  return { list: encodeAccountList(accounts.sort((a, b) => compareBytes(a.key, b.key))), warnings };
}
