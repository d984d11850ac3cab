/** The accounts that a new network begins with beside its faucet: programs, accounts from files, wallets with money. */

import { compareBytes, equalBytes } from "../../shared/protocol/bytes.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import {
  ASSOCIATED_TOKEN_PROGRAM,
  BPF_LOADER_UPGRADEABLE,
  DEV_NETWORK_PROGRAM,
  keyBytes,
  MEMO_V1_PROGRAM,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  RESERVED_KEYS,
  STORED_RESERVED_KEYS,
  TOKEN_PROGRAM,
} from "../../shared/rpc/keys.ts";
import { type Account, encodeAccountList, MAX_ACCOUNT_DATA } from "../../shared/state/accounts.ts";
import { Failure } from "../network/failure.ts";
import { FAUCET_LAMPORTS } from "../network/genesis.ts";
import { accountFilesOf, readAccountFile, tooLarge } from "./account-file.ts";
import { addressOf } from "./key-file.ts";
import { finalProgram, isProgramData, SLOT_OFFSET, upgradeableProgram } from "./program-accounts.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "./rent.ts";

/** An option that names accounts of the genesis, with its values. */
export interface GenesisOption {
  readonly flag: string;
  readonly values: readonly string[];
}

/** Programs that every instance has built in: an account of the genesis could not take their place. */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...[...RESERVED_KEYS].filter((key) => !STORED_RESERVED_KEYS.has(key)),
  TOKEN_PROGRAM,
  ASSOCIATED_TOKEN_PROGRAM,
  MEMO_V1_PROGRAM,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  DEV_NETWORK_PROGRAM,
]);
/** What the faucet has, and more than all other accounts may have together: a network's lamports fit into a u64. */
const MAX_LAMPORTS = (1n << 64n) - 1n - 2n * FAUCET_LAMPORTS;

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

function accountsOf({ flag, values }: GenesisOption): Account[] {
  const [first = "", second = "", third = ""] = values;
  const named = `--${flag}`;
  switch (flag) {
    case "program":
    case "bpf-program":
      return finalProgram(addressOf(first, named), second);
    case "upgradeable-program":
      return upgradeableProgram(addressOf(first, named), second, third === "none" ? null : addressOf(third, named));
    case "account": {
      if (values.length === 1) return [accountOf(first)];
      // "-", as solana-test-validator has it: the address in the file.
      const key = first === "-" ? null : addressOf(first, named);
      const account = accountOf(second);
      return [key ? { ...account, key } : account];
    }
    case "account-dir":
    case "clone-from":
      return accountFilesOf(first).map(accountOf);
    case "mint": {
      const wallet = { owner: new Uint8Array(32), rentEpoch: RENT_EPOCH_EXEMPT, executable: false };
      return [{ ...wallet, key: addressOf(first, named), lamports: FAUCET_LAMPORTS, data: new Uint8Array(0) }];
    }
    default:
      throw new Error(`no option of the genesis: ${flag}`);
  }
}

/** Throws a Failure for an account that the chain could not have. */
function check(account: Account, option: string): void {
  const address = encodeBase58(account.key);
  if (BUILT_IN.has(address)) {
    throw new Failure("account-built-in", `${option}: ${address} is built in and cannot be replaced`);
  }
  if (account.data.length > MAX_ACCOUNT_DATA) throw tooLarge(`${option}: ${address}`, account.data.length);
  const least = rentExemptLamports(account.data.length);
  if (account.lamports < least) {
    const text = `${option}: ${address} has ${account.lamports} lamports, but is rent-exempt only with ${least}`;
    throw new Failure("account-below-rent", text);
  }
}

/** The account list (docs/interfaces.md section 5) of what the options name, by key; undefined when there are none. */
export function genesisAccounts(options: readonly GenesisOption[]): Uint8Array | undefined {
  const found = new Map<string, { readonly account: Account; readonly option: string }>();
  let lamports = 0n;
  for (const option of options) {
    const named = `--${option.flag} ${option.values.join(" ")}`;
    for (const account of accountsOf(option)) {
      check(account, named);
      const address = encodeBase58(account.key);
      const other = found.get(address);
      if (other) {
        throw new Failure("account-twice", `${address} is there twice: by ${other.option} and by ${named}`);
      }
      lamports += account.lamports;
      if (lamports > MAX_LAMPORTS) {
        throw new Failure("too-many-lamports", `${named}: all accounts have more than ${MAX_LAMPORTS} lamports`);
      }
      found.set(address, { account, option: named });
    }
  }
  if (found.size === 0) return undefined;
  const accounts = [...found.values()].map(({ account }) => account);
  return encodeAccountList(accounts.sort((a, b) => compareBytes(a.key, b.key)));
}
