/** The genesis of a network inside a test: its keys follow from the seed, its accounts from the options. */
import { readAccountFile, tooLarge } from "../infra/genesis/account-file.ts";
import { isBuiltIn, MAX_LAMPORTS } from "../infra/genesis/accounts.ts";
import { checkElf, readProgramFile, upgradeableElf } from "../infra/genesis/program-accounts.ts";
import { withStandardPrograms } from "../infra/genesis/standard-programs.ts";
import { devMintAccounts } from "../infra/network/dev-mints.ts";
import { Failure } from "../infra/network/failure.ts";
import { createNetworkFile, type NetworkFile } from "../infra/network/genesis.ts";
import { type Keypair, keypairOfSeed } from "../infra/network/keypair.ts";
import { compareBytes } from "../shared/protocol/bytes.ts";
import { decodeBase58, encodeBase58 } from "../shared/rpc/base58.ts";
import { type Account, decodeAccountList, encodeAccountList, MAX_ACCOUNT_DATA } from "../shared/state/accounts.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "../shared/svm/rent.ts";
import { derive } from "./isolate/random.ts";
import type { AccountOption, CheckedOptions, ProgramOption } from "./options.ts";

/** What the payer has: a million SOL. */
export const PAYER_LAMPORTS = 1_000_000_000_000_000n;

export interface TestGenesis {
  readonly file: NetworkFile;
  /** Account list of what the network file does not name. */
  readonly accounts: Uint8Array;
  readonly payer: Keypair;
}

function addressBytes(address: string, what: string): Uint8Array {
  const bytes = address.length > 44 ? null : decodeBase58(address);
  if (bytes?.length !== 32) throw new Failure("bad-key", `${what}: "${address}" is not an address`);
  return bytes;
}

function programAccounts({ address, elf, upgradeAuthority }: ProgramOption): Account[] {
  const id = addressBytes(address, "a program");
  const name = typeof elf === "string" ? elf : `the program ${address}`;
  const bytes = typeof elf === "string" ? readProgramFile(elf) : elf;
  checkElf(bytes, name);
  const authority =
    upgradeAuthority === undefined ? null : addressBytes(upgradeAuthority, `the upgrade authority of ${address}`);
  return upgradeableElf(id, bytes, name, authority);
}

function accountOf(option: AccountOption | string): Account {
  if (typeof option === "string") return readAccountFile(option);
  const { address, data = new Uint8Array(0), executable = false } = option;
  if (data.length > MAX_ACCOUNT_DATA) throw tooLarge(`the account ${address}`, data.length);
  return {
    key: addressBytes(address, "an account"),
    owner: option.owner === undefined ? new Uint8Array(32) : addressBytes(option.owner, `the owner of ${address}`),
    lamports: option.lamports === undefined ? rentExemptLamports(data.length) : BigInt(option.lamports),
    rentEpoch: RENT_EPOCH_EXEMPT,
    executable,
    data,
  };
}

/** Throws a Failure for what a chain could not have. */
function listedAccounts(options: CheckedOptions, taken: readonly string[]): Map<string, Account> {
  const found = new Map<string, Account>();
  let lamports = PAYER_LAMPORTS;
  for (const account of [...options.programs.flatMap(programAccounts), ...options.accounts.map(accountOf)]) {
    const address = encodeBase58(account.key);
    if (isBuiltIn(address)) throw new Failure("account-built-in", `${address} is built in and cannot be replaced`);
    if (found.has(address) || taken.includes(address)) {
      throw new Failure("account-twice", `${address} is there twice`);
    }
    lamports += account.lamports;
    if (account.lamports < 0n || lamports > MAX_LAMPORTS) {
      throw new Failure("too-many-lamports", `${address}: all accounts have 0 to ${MAX_LAMPORTS} lamports`);
    }
    found.set(address, account);
  }
  return found;
}

/** What every network has: standard programs, and, where they do not come from another cluster, mints of USDC and USDT. */
const standard = new Map<"alone" | "forked", Promise<Uint8Array>>();

function standardAccounts(kind: "alone" | "forked"): Promise<Uint8Array> {
  const mints = kind === "alone" ? devMintAccounts() : [];
  const list = standard.get(kind) ?? withStandardPrograms(encodeAccountList(mints));
  standard.set(kind, list);
  return list;
}

async function accountList(options: CheckedOptions, taken: readonly string[]): Promise<Uint8Array> {
  const listed = listedAccounts(options, taken);
  const list = await standardAccounts(options.fork ? "forked" : "alone");
  if (listed.size === 0) return list;
  const all = new Map(decodeAccountList(list)!.map((account) => [encodeBase58(account.key), account]));
  for (const [address, account] of listed) {
    if (account.lamports > 0n) all.set(address, account);
    else all.delete(address);
  }
  return encodeAccountList([...all.values()].sort((a, b) => compareBytes(a.key, b.key)));
}

/** Throws a Failure that says which program or account cannot be. */
export async function testGenesis(options: CheckedOptions): Promise<TestGenesis> {
  const { seed, shards, startTime } = options;
  const keypair = (purpose: string) => keypairOfSeed(derive(seed, purpose));
  const [identity, faucet, payer] = [keypair("identity"), keypair("faucet"), keypair("payer")];
  const own = [identity, faucet, payer].map(({ address }) => address);
  const accounts = await accountList(options, own);
  const file = createNetworkFile(shards, accounts, 0, {
    identity,
    faucet,
    timestamp: Math.floor(startTime / 1000),
    seed: derive(seed, "genesis"),
    wallets: [{ address: payer.address, lamports: String(PAYER_LAMPORTS) }],
  });
  return { file, accounts, payer };
}
