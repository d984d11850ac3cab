/**
 * The accounts of a genesis, put together as solana-test-validator does it: what comes later takes the place of what came before, and what
 * is built in here stays, with a line that says so.
 */
import { compareBytes } from "../../shared/protocol/bytes.ts";
import { decodeAccountList } from "../../shared/rpc/accounts.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { type Account, encodeAccountList } from "../../shared/state/accounts.ts";
import { RENT_EPOCH_EXEMPT } from "../../shared/svm/rent.ts";
import {
  type GenesisAccounts,
  type GenesisOption,
  genesisAccounts,
  isBuiltIn,
  MAX_LAMPORTS,
} from "../genesis/accounts.ts";
import { addressOf } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";

/** Nobody has its key: what solana-test-validator names as the authority of a program that cannot be upgraded. */
const NOBODY = "11111111111111111111111111111111";
const SYSTEM_PROGRAM = new Uint8Array(32);

export class Genesis {
  readonly #accounts = new Map<string, Account>();
  readonly #notice: (line: string) => void;

  /** `notice` hears of what is left out. */
  constructor(notice: (line: string) => void) {
    this.#notice = notice;
  }

  /** A program that nobody can upgrade. The ID is an address or a key file. */
  program(id: string, file: string): void {
    this.upgradeableProgram(id, file, NOBODY);
  }

  /** `authority` "none": nobody. */
  upgradeableProgram(id: string, file: string, authority: string): void {
    const address = encodeBase58(addressOf(id, "--upgradeable-program"));
    if (isBuiltIn(address)) this.#notice(`${address} is built in; ${file} is not used`);
    else this.option({ flag: "upgradeable-program", values: [id, file, authority === "none" ? NOBODY : authority] });
  }

  /** An option of `npm start`. */
  option(option: GenesisOption): void {
    const { list, warnings } = this.#read(option);
    for (const line of warnings) this.#notice(line);
    if (list) this.add(decodeAccountList(list));
  }

  #read(option: GenesisOption): GenesisAccounts {
    try {
      return genesisAccounts([option]);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "account-built-in") throw error;
      return { list: undefined, warnings: [error.message] };
    }
  }

  wallet(key: Uint8Array, lamports: bigint): void {
    const data = new Uint8Array(0);
    this.add([{ key, owner: SYSTEM_PROGRAM, lamports, rentEpoch: RENT_EPOCH_EXEMPT, executable: false, data }]);
  }

  add(accounts: readonly Account[]): void {
    for (const account of accounts) {
      const address = encodeBase58(account.key);
      if (isBuiltIn(address)) this.#notice(`${address} is built in; it is not replaced`);
      else if (account.lamports > 0n) this.#accounts.set(address, account);
    }
  }

  /** The account list (docs/interfaces.md section 5), by key; undefined when there are none. */
  list(): Uint8Array | undefined {
    if (this.#accounts.size === 0) return undefined;
    const accounts = [...this.#accounts.values()].sort((a, b) => compareBytes(a.key, b.key));
    const total = accounts.reduce((sum, { lamports }) => sum + lamports, 0n);
    if (total > MAX_LAMPORTS) {
      throw new Failure("too-many-lamports", `all accounts together have more than ${MAX_LAMPORTS} lamports`);
    }
    return encodeAccountList(accounts);
  }
}
