/** Account data as the programs write them, for accounts that tests put into the chain directly. */

import type { Account } from "../../../shared/rpc/accounts.ts";
import { keyBytes } from "../../../shared/rpc/keys.ts";

export const U64_MAX = 0xffff_ffff_ffff_ffffn;

export function account(key: Uint8Array, owner: string, data: Uint8Array, lamports = 1_000_000n): Account {
  return { key, owner: keyBytes(owner), lamports, rentEpoch: U64_MAX, executable: false, data };
}

function writer(size: number) {
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  const option = (at: number, key: Uint8Array | null) => {
    if (key === null) return;
    view.setUint32(at, 1, true);
    data.set(key, at + 4);
  };
  return { data, view, option };
}

export function mintData(supply: bigint, decimals: number, authority: Uint8Array | null): Uint8Array {
  const { data, view, option } = writer(82);
  option(0, authority);
  view.setBigUint64(36, supply, true);
  data[44] = decimals;
  data[45] = 1;
  return data;
}

export interface TokenFields {
  readonly mint: Uint8Array;
  readonly owner: Uint8Array;
  readonly amount: bigint;
  readonly delegate?: Uint8Array;
  readonly delegated?: bigint;
  readonly native?: bigint;
  readonly closeAuthority?: Uint8Array;
  readonly frozen?: boolean;
}

export function tokenData(fields: TokenFields): Uint8Array {
  const { data, view, option } = writer(165);
  data.set(fields.mint, 0);
  data.set(fields.owner, 32);
  view.setBigUint64(64, fields.amount, true);
  option(72, fields.delegate ?? null);
  data[108] = fields.frozen ? 2 : 1;
  if (fields.native !== undefined) {
    view.setUint32(109, 1, true);
    view.setBigUint64(113, fields.native, true);
  }
  view.setBigUint64(121, fields.delegated ?? 0n, true);
  option(129, fields.closeAuthority ?? null);
  return data;
}

export function multisigData(required: number, signers: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(355);
  data.set([required, signers.length, 1]);
  for (const [i, signer] of signers.entries()) data.set(signer, 3 + i * 32);
  return data;
}

export function lookupTableData(
  addresses: readonly Uint8Array[],
  authority: Uint8Array | null,
  extended = 0n,
): Uint8Array {
  const { data, view } = writer(56 + addresses.length * 32);
  view.setUint32(0, 1, true);
  view.setBigUint64(4, U64_MAX, true);
  view.setBigUint64(12, extended, true);
  if (authority !== null) {
    data[21] = 1;
    data.set(authority, 22);
  }
  for (const [i, address] of addresses.entries()) data.set(address, 56 + i * 32);
  return data;
}
