/**
 * Mints of token balances. Execution knows only the accounts of its transaction: where the mint is not among them (a plain Transfer), the
 * result leaves the decimals open, and they are looked up when it is shown. A mint's decimals never change.
 */
import { viewOf } from "../protocol/bytes.ts";
import { RESULT, TOKEN_BALANCE, TOKEN_BALANCE_DECIMALS_UNKNOWN } from "../protocol/layouts/result.ts";
import type { DecodedRecord } from "../protocol/record.ts";
import type { Account } from "./accounts.ts";
import { encodeBase58 } from "./base58.ts";
import { keyBytes, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "./keys.ts";
import type { TokenBalance } from "./result-view.ts";
import { readMint, readTokenAccount, TOKEN_ACCOUNT_SIZE } from "./token-state.ts";

/** Mints in one question to the chain. */
const READ_MINTS = 1_000;
type Read = (keys: readonly Uint8Array[]) => Promise<readonly (Account | null)[]>;
/** Program and decimals by the mint's base58. */
export type BalanceMints = ReadonlyMap<string, { readonly program: string; readonly decimals: number }>;
export const NO_MINTS: BalanceMints = new Map();

function* openMints(result: Uint8Array): Generator<Uint8Array> {
  if (!result[RESULT.DETAIL]) return;
  const view = viewOf(result);
  let at = RESULT.HEADER + 16 * view.getUint16(RESULT.NUM_ACCOUNTS, true);
  for (let n = view.getUint16(RESULT.NUM_TOKEN_PRE, true) + view.getUint16(RESULT.NUM_TOKEN_POST, true); n > 0; n--) {
    const mint = at + TOKEN_BALANCE.MINT;
    if (result[at + TOKEN_BALANCE.DECIMALS] === TOKEN_BALANCE_DECIMALS_UNKNOWN) yield result.subarray(mint, mint + 32);
    at += TOKEN_BALANCE.SIZE;
  }
}

async function readMints(read: Read, keys: Iterable<Uint8Array>): Promise<BalanceMints> {
  const wanted = [...new Map([...keys].map((key) => [encodeBase58(key), key]))];
  const mints = new Map<string, { program: string; decimals: number }>();
  for (let from = 0; from < wanted.length; from += READ_MINTS) {
    const part = wanted.slice(from, from + READ_MINTS);
    const accounts = await read(part.map(([, key]) => key));
    for (const [i, [address]] of part.entries()) {
      const account = accounts[i];
      const mint = account && readMint(account.data);
      if (mint) mints.set(address, { program: encodeBase58(account.owner), decimals: mint.decimals });
    }
  }
  return mints;
}

/** Of the balances in `results` whose decimals are open. */
export function balanceMints(read: Read, results: Iterable<Uint8Array>): Promise<BalanceMints> {
  const keys: Uint8Array[] = [];
  for (const result of results) keys.push(...openMints(result));
  return readMints(read, keys);
}

const programOf = (balance: TokenBalance): string => (balance.token2022 ? TOKEN_2022_PROGRAM : TOKEN_PROGRAM);

/** Decimals of a balance; null where its mint is none, or another program's: Agave leaves such a balance out. */
export function balanceDecimals(balance: TokenBalance, mints: BalanceMints): number | null {
  if (balance.decimals !== TOKEN_BALANCE_DECIMALS_UNKNOWN) return balance.decimals;
  const mint = mints.get(encodeBase58(balance.mint));
  return mint?.program === programOf(balance) ? mint.decimals : null;
}

const TOKEN_KEYS = [keyBytes(TOKEN_PROGRAM), keyBytes(TOKEN_2022_PROGRAM)].map(encodeBase58);

/**
 * Token balances of a transaction that was not executed, in the order of its accounts (Agave svm/src/transaction_balances.rs).
 * `accounts`: one for each of its keys.
 */
export async function standingTokenBalances(
  read: Read,
  tx: DecodedRecord,
  accounts: readonly (Account | null)[],
): Promise<{ readonly balances: readonly TokenBalance[]; readonly mints: BalanceMints }> {
  const keys = tx.accountKeys.map(encodeBase58);
  if (!keys.some((key) => TOKEN_KEYS.includes(key))) return { balances: [], mints: NO_MINTS };
  const balances = accounts.flatMap((account, accountIndex): TokenBalance[] => {
    const program = account && TOKEN_KEYS.indexOf(encodeBase58(account.owner));
    if (!account || program === null || program < 0) return [];
    if (tx.instructions.some((ix) => ix.programIdIndex === accountIndex)) return [];
    // Data longer than an account are Token-2022's alone.
    const token = program === 0 && account.data.length !== TOKEN_ACCOUNT_SIZE ? null : readTokenAccount(account.data);
    if (!token) return [];
    const { mint, owner, amount } = token;
    return [{ accountIndex, decimals: TOKEN_BALANCE_DECIMALS_UNKNOWN, mint, owner, amount, token2022: program === 1 }];
  });
  return {
    balances,
    mints: await readMints(
      read,
      balances.map(({ mint }) => mint),
    ),
  };
}
