/** A result (docs/interfaces.md section 4) unpacked for answers. */

import type { TransactionErrorCode } from "../errors/transaction-error.ts";
import { viewOf } from "../protocol/bytes.ts";

export const RESULT_HEADER = 48;
export const TOKEN_BALANCE_SIZE = 88;

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

export function errorFields(result: Uint8Array): TransactionErrorCode {
  return {
    txError: result[9]!,
    errorIndex: result[10]!,
    instructionError: result[11]!,
    customCode: viewOf(result).getUint32(12, true),
  };
}

function readTokenBalance(result: Uint8Array, at: number): TokenBalance {
  return {
    accountIndex: result[at]!,
    decimals: result[at + 1]!,
    mint: result.subarray(at + 8, at + 40),
    owner: result.subarray(at + 40, at + 72),
    amount: viewOf(result).getBigUint64(at + 72, true),
    token2022: result[at + 80] === 1,
  };
}

const align4 = (n: number) => (n + 3) & ~3;
const UTF8 = new TextDecoder();

function readDetail(result: Uint8Array): NonNullable<ResultView["detail"]> {
  const view = viewOf(result);
  const count = (at: number) => view.getUint16(at, true);
  let at = RESULT_HEADER;
  const balances = () =>
    Array.from({ length: count(32) }, () => {
      at += 8;
      return view.getBigUint64(at - 8, true);
    });
  const tokenBalances = (length: number) =>
    Array.from({ length }, () => {
      at += TOKEN_BALANCE_SIZE;
      return readTokenBalance(result, at - TOKEN_BALANCE_SIZE);
    });
  const preBalances = balances();
  const postBalances = balances();
  const preTokenBalances = tokenBalances(count(40));
  const postTokenBalances = tokenBalances(count(42));

  let returnData: { programId: Uint8Array; data: Uint8Array } | null = null;
  const returnLength = count(36);
  if (returnLength > 0) {
    returnData = { programId: result.subarray(at, at + 32), data: result.subarray(at + 32, at + 32 + returnLength) };
    at += 32 + align4(returnLength);
  }
  const inner = Array.from({ length: count(38) }, () => {
    const numAccounts = result[at + 3]!;
    const dataLength = count(at + 4);
    const body = at + 8;
    const instruction = {
      outerIndex: result[at]!,
      stackHeight: result[at + 1]!,
      programIdIndex: result[at + 2]!,
      accounts: [...result.subarray(body, body + numAccounts)],
      data: result.subarray(body + numAccounts, body + numAccounts + dataLength),
    };
    at = body + align4(numAccounts + dataLength);
    return instruction;
  });
  const logs = Array.from({ length: count(34) }, () => {
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
    landed: result[8] !== 0,
    fee: view.getBigUint64(16, true),
    computeUnits: view.getUint32(24, true),
    loadedAccountsDataSize: view.getUint32(28, true),
    detail: result[44] ? readDetail(result) : null,
  };
}
