/** A result (docs/interfaces.md section 4) unpacked for answers. */

import type { TransactionErrorCode } from "../errors/transaction-error.ts";
import { viewOf } from "../protocol/bytes.ts";
import { INNER, RESULT, TOKEN_BALANCE } from "../protocol/layouts/result.ts";
import { errorFields } from "../protocol/result.ts";

export interface TokenBalance {
  readonly accountIndex: number;
  /** 255: perhaps not known (balance-mints.ts). */
  readonly decimals: number;
  readonly mint: Uint8Array;
  readonly owner: Uint8Array;
  readonly amount: bigint;
  readonly token2022: boolean;
}

export interface InnerInstruction {
  readonly outerIndex: number;
  readonly stackHeight: number;
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
}

export interface ResultView extends TransactionErrorCode {
  readonly landed: boolean;
  readonly fee: bigint;
  readonly computeUnits: number;
  readonly loadedAccountsDataSize: number;
  /** null: executed without detail. */
  readonly detail: {
    readonly preBalances: readonly bigint[];
    readonly postBalances: readonly bigint[];
    readonly preTokenBalances: readonly TokenBalance[];
    readonly postTokenBalances: readonly TokenBalance[];
    readonly returnData: { readonly programId: Uint8Array; readonly data: Uint8Array } | null;
    readonly inner: readonly InnerInstruction[];
    readonly logs: readonly string[];
  } | null;
}

export { errorFields };

function readTokenBalance(result: Uint8Array, at: number): TokenBalance {
  return {
    accountIndex: result[at + TOKEN_BALANCE.ACCOUNT_INDEX]!,
    decimals: result[at + TOKEN_BALANCE.DECIMALS]!,
    mint: result.subarray(at + TOKEN_BALANCE.MINT, at + TOKEN_BALANCE.MINT + 32),
    owner: result.subarray(at + TOKEN_BALANCE.OWNER, at + TOKEN_BALANCE.OWNER + 32),
    amount: viewOf(result).getBigUint64(at + TOKEN_BALANCE.AMOUNT, true),
    token2022: result[at + TOKEN_BALANCE.PROGRAM] === 1,
  };
}

const align4 = (n: number) => (n + 3) & ~3;
const UTF8 = new TextDecoder();

function readDetail(result: Uint8Array): NonNullable<ResultView["detail"]> {
  const view = viewOf(result);
  const count = (at: number) => view.getUint16(at, true);
  let at: number = RESULT.HEADER;
  const balances = () =>
    Array.from({ length: count(RESULT.NUM_ACCOUNTS) }, () => {
      const lamports = view.getBigUint64(at, true);
      at += 8;
      return lamports;
    });
  const tokenBalances = (length: number) =>
    Array.from({ length }, () => {
      at += TOKEN_BALANCE.SIZE;
      return readTokenBalance(result, at - TOKEN_BALANCE.SIZE);
    });
  const preBalances = balances();
  const postBalances = balances();
  const preTokenBalances = tokenBalances(count(RESULT.NUM_TOKEN_PRE));
  const postTokenBalances = tokenBalances(count(RESULT.NUM_TOKEN_POST));

  let returnData: { programId: Uint8Array; data: Uint8Array } | null = null;
  const returnLength = count(RESULT.RETURN_DATA_LEN);
  if (returnLength > 0) {
    returnData = { programId: result.subarray(at, at + 32), data: result.subarray(at + 32, at + 32 + returnLength) };
    at += 32 + align4(returnLength);
  }
  const inner = Array.from({ length: count(RESULT.NUM_INNER) }, () => {
    const numAccounts = result[at + INNER.NUM_ACCOUNTS]!;
    const dataLength = count(at + INNER.DATA_LEN);
    const body = at + INNER.HEADER;
    const instruction = {
      outerIndex: result[at + INNER.OUTER_INDEX]!,
      stackHeight: result[at + INNER.STACK_HEIGHT]!,
      programIdIndex: result[at + INNER.PROGRAM_INDEX]!,
      accounts: [...result.subarray(body, body + numAccounts)],
      data: result.subarray(body + numAccounts, body + numAccounts + dataLength),
    };
    at = body + align4(numAccounts + dataLength);
    return instruction;
  });
  const logs = Array.from({ length: count(RESULT.NUM_LOGS) }, () => {
    const length = count(at);
    at += 2 + length;
    return UTF8.decode(result.subarray(at - length, at));
  });
  return { preBalances, postBalances, preTokenBalances, postTokenBalances, returnData, inner, logs };
}

export function viewResult(result: Uint8Array): ResultView {
  const view = viewOf(result);
  return {
    ...errorFields(result),
    landed: result[RESULT.LANDED] !== 0,
    fee: view.getBigUint64(RESULT.FEE, true),
    computeUnits: view.getUint32(RESULT.COMPUTE_UNITS, true),
    loadedAccountsDataSize: view.getUint32(RESULT.LOADED_SIZE, true),
    detail: result[RESULT.DETAIL] ? readDetail(result) : null,
  };
}
