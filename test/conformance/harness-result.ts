/** Decoder of results and account lists (docs/interfaces.md sections 4 and 5), written for the tests alone. */
import { type TransactionErrorJson, transactionErrorToJson } from "../../shared/errors/transaction-error.ts";

export interface TokenBalance {
  accountIndex: number;
  decimals: number;
  mint: Uint8Array;
  owner: Uint8Array;
  amount: bigint;
  program: number;
}

export interface InnerInstruction {
  outerIndex: number;
  stackHeight: number;
  programIdIndex: number;
  accounts: number[];
  data: Uint8Array;
}

export interface ExecutionResult {
  length: number;
  landed: boolean;
  error: TransactionErrorJson | null;
  fee: bigint;
  computeUnits: number;
  loadedAccountsDataSize: number;
  preLamports: bigint[];
  postLamports: bigint[];
  tokenPre: TokenBalance[];
  tokenPost: TokenBalance[];
  returnData: { programId: Uint8Array; data: Uint8Array } | null;
  inner: InnerInstruction[];
  logs: string[];
}

export interface AccountState {
  lamports: bigint;
  owner: Uint8Array;
  data: Uint8Array;
  executable: boolean;
  rentEpoch: bigint;
}

const HEADER = 48;
const TOKEN_BALANCE = 88;

class Cursor {
  at = 0;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  take(length: number): Uint8Array {
    const out = this.bytes.slice(this.at, this.at + length);
    if (out.length !== length) throw new RangeError("truncated");
    this.at += length;
    return out;
  }
  u64(): bigint {
    const value = this.view.getBigUint64(this.at, true);
    this.at += 8;
    return value;
  }
  pad(to: number): void {
    this.at = Math.ceil(this.at / to) * to;
  }
}

function u64List(cursor: Cursor, count: number): bigint[] {
  return Array.from({ length: count }, () => cursor.u64());
}

function tokenBalance(cursor: Cursor): TokenBalance {
  const at = cursor.at;
  const { view, bytes } = cursor;
  cursor.at += TOKEN_BALANCE;
  return {
    accountIndex: bytes[at]!,
    decimals: bytes[at + 1]!,
    mint: bytes.slice(at + 8, at + 40),
    owner: bytes.slice(at + 40, at + 72),
    amount: view.getBigUint64(at + 72, true),
    program: bytes[at + 80]!,
  };
}

function innerInstruction(cursor: Cursor): InnerInstruction {
  const [outerIndex, stackHeight, programIdIndex, numAccounts] = cursor.take(4) as unknown as number[];
  const dataLen = cursor.view.getUint16(cursor.at, true);
  cursor.at += 4;
  const accounts = [...cursor.take(numAccounts!)];
  const data = cursor.take(dataLen);
  cursor.pad(4);
  return { outerIndex: outerIndex!, stackHeight: stackHeight!, programIdIndex: programIdIndex!, accounts, data };
}

function logLine(cursor: Cursor): string {
  const length = cursor.view.getUint16(cursor.at, true);
  cursor.at += 2;
  return new TextDecoder().decode(cursor.take(length));
}

export function decodeResult(bytes: Uint8Array): ExecutionResult {
  const cursor = new Cursor(bytes);
  const { view } = cursor;
  const u16 = (at: number): number => view.getUint16(at, true);
  const length = view.getUint32(0, true);
  const numAccounts = u16(32);
  cursor.at = HEADER;
  const preLamports = u64List(cursor, numAccounts);
  const postLamports = u64List(cursor, numAccounts);
  const tokenPre = Array.from({ length: u16(40) }, () => tokenBalance(cursor));
  const tokenPost = Array.from({ length: u16(42) }, () => tokenBalance(cursor));
  let returnData: ExecutionResult["returnData"] = null;
  if (u16(36)) {
    returnData = { programId: cursor.take(32), data: cursor.take(u16(36)) };
    cursor.pad(4);
  }
  const inner = Array.from({ length: u16(38) }, () => innerInstruction(cursor));
  const logs = Array.from({ length: u16(34) }, () => logLine(cursor));
  cursor.pad(4);
  if (cursor.at !== length) throw new RangeError(`result of ${length} bytes, read ${cursor.at}`);
  return {
    length,
    landed: bytes[8] === 1,
    error: transactionErrorToJson({
      txError: bytes[9]!,
      errorIndex: bytes[10]!,
      instructionError: bytes[11]!,
      customCode: view.getUint32(12, true),
    }),
    fee: view.getBigUint64(16, true),
    computeUnits: view.getUint32(24, true),
    loadedAccountsDataSize: view.getUint32(28, true),
    preLamports,
    postLamports,
    tokenPre,
    tokenPost,
    returnData,
    inner,
    logs,
  };
}

const ENCODED_HEADER = 88;

export function encodeAccount(key: Uint8Array, account: AccountState): Uint8Array {
  const out = new Uint8Array(ENCODED_HEADER + Math.ceil(account.data.length / 8) * 8);
  const view = new DataView(out.buffer);
  out.set(key, 0);
  out.set(account.owner, 32);
  view.setBigUint64(64, account.lamports, true);
  view.setBigUint64(72, account.rentEpoch, true);
  view.setUint32(80, account.data.length, true);
  out[84] = account.executable ? 1 : 0;
  out.set(account.data, ENCODED_HEADER);
  return out;
}

export function decodeAccountList(bytes: Uint8Array): { key: Uint8Array; account: AccountState }[] {
  const cursor = new Cursor(bytes);
  const count = cursor.view.getUint32(0, true);
  cursor.at = 8;
  return Array.from({ length: count }, () => {
    const head = cursor.take(ENCODED_HEADER);
    const view = new DataView(head.buffer);
    const data = cursor.take(view.getUint32(80, true));
    cursor.pad(8);
    return {
      key: head.slice(0, 32),
      account: {
        owner: head.slice(32, 64),
        lamports: view.getBigUint64(64, true),
        rentEpoch: view.getBigUint64(72, true),
        executable: head[84] === 1,
        data,
      },
    };
  });
}
