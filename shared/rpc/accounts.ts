/** Account lists (docs/interfaces.md section 5) as the RPC layer reads them. */
import { viewOf } from "../protocol/bytes.ts";

export const ACCOUNT_HEADER = 88;
const LIST_HEADER = 8;

export interface Account {
  readonly key: Uint8Array;
  readonly owner: Uint8Array;
  /** 0: the account does not exist. */
  readonly lamports: bigint;
  readonly rentEpoch: bigint;
  readonly executable: boolean;
  readonly data: Uint8Array;
}

const align8 = (n: number) => (n + 7) & ~7;

/** The account at `at` of `bytes`, and where the next one starts. Its arrays are views of `bytes`. */
export function accountAt(bytes: Uint8Array, at: number): { account: Account; next: number } {
  const view = viewOf(bytes);
  const dataLength = view.getUint32(at + 80, true);
  const end = at + ACCOUNT_HEADER + dataLength;
  if (end > bytes.length) throw new RangeError("an account ends outside its list");
  const account = {
    key: bytes.subarray(at, at + 32),
    owner: bytes.subarray(at + 32, at + 64),
    lamports: view.getBigUint64(at + 64, true),
    rentEpoch: view.getBigUint64(at + 72, true),
    executable: bytes[at + 84] !== 0,
    data: bytes.subarray(at + ACCOUNT_HEADER, end),
  };
  return { account, next: at + ACCOUNT_HEADER + align8(dataLength) };
}

export function decodeAccountList(bytes: Uint8Array): Account[] {
  const count = viewOf(bytes).getUint32(0, true);
  const accounts: Account[] = [];
  let at = LIST_HEADER;
  for (let i = 0; i < count; i++) {
    const { account, next } = accountAt(bytes, at);
    accounts.push(account);
    at = next;
  }
  return accounts;
}

export function encodeAccount(account: Account): Uint8Array {
  const out = new Uint8Array(ACCOUNT_HEADER + align8(account.data.length));
  const view = viewOf(out);
  out.set(account.key, 0);
  out.set(account.owner, 32);
  view.setBigUint64(64, account.lamports, true);
  view.setBigUint64(72, account.rentEpoch, true);
  view.setUint32(80, account.data.length, true);
  out[84] = account.executable ? 1 : 0;
  out.set(account.data, ACCOUNT_HEADER);
  return out;
}

export function encodeAccountList(accounts: readonly Account[]): Uint8Array {
  const parts = accounts.map(encodeAccount);
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, LIST_HEADER));
  viewOf(out).setUint32(0, parts.length, true);
  let at = LIST_HEADER;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const NOBODY = new Uint8Array(32);

/** What Agave shows of an account that is not there, where it must show one. */
export function missingAccount(key: Uint8Array): Account {
  return { key, owner: NOBODY, lamports: 0n, rentEpoch: 0n, executable: false, data: new Uint8Array(0) };
}
