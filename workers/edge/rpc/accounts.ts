/** Reading accounts. */

import * as z from "zod";
import { type Account, accountAt, accountOffsets, decodeAccountList } from "../../../shared/rpc/accounts.ts";
import type { Head } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, mintScales, scaleFor, withContext } from "../../../shared/rpc/call.ts";
import { invalidParams, scanError } from "../../../shared/rpc/errors.ts";
import { type AccountTests, accountTests } from "../../../shared/rpc/filters.ts";
import { type Json, JsonText, stringify } from "../../../shared/rpc/json.ts";
import { isTokenProgram } from "../../../shared/rpc/keys.ts";
import { large, type Methods, method } from "../../../shared/rpc/method.ts";
import {
  accountConfig,
  commitment,
  config,
  contextConfig,
  optional,
  programAccountsConfig,
  text,
  toKey,
} from "../../../shared/rpc/params.ts";
import { type AccountEncoding, type DataSlice, uiAccount } from "../../../shared/rpc/ui-account.ts";
import { bytesCost, COST } from "../../../shared/turns/costs.ts";

const MAX_MULTIPLE_ACCOUNTS = 100;

export interface AccountView {
  readonly encoding: AccountEncoding;
  readonly dataSlice: DataSlice | undefined;
}

export type ReadAccounts = (keys: readonly Uint8Array[]) => Promise<(Account | null)[]>;

export function accountsNow(call: Call, head: Head): ReadAccounts {
  return (keys) => call.accounts(head, keys);
}

/** Accounts as a simulation left them. `after`: its account list. */
export function accountsAfter(call: Call, head: Head, after: Uint8Array): ReadAccounts {
  const left = new Map(decodeAccountList(after).map((account) => [encodeBase58(account.key), account]));
  return async (keys) => {
    const before = await call.accounts(head, keys);
    return keys.map((key, i) => {
      const account = left.get(encodeBase58(key)) ?? before[i] ?? null;
      return account === null || account.lamports === 0n ? null : account;
    });
  };
}

/** Accounts as the client wants to see them; null where there is none. `read`: where their mints are looked up. */
export async function showAccounts(
  read: ReadAccounts,
  accounts: readonly (Account | null)[],
  view: AccountView,
): Promise<Json[]> {
  const scales = view.encoding === "jsonParsed" ? await mintScales(read, accounts) : new Map();
  return accounts.map(
    (account) => account && uiAccount(account, view.encoding, view.dataSlice, scaleFor(account, scales), true),
  );
}

/** All accounts of `owner` that pass the tests, sorted by key. */
export async function scan(call: Call, head: Head, owner: Uint8Array, tests: AccountTests): Promise<Account[]> {
  call.work.kind = "bulk";
  const list = await call.work.run(COST.scan, () => call.backend.scanAccounts(owner, tests.filter, head.slot));
  if (list === null) throw scanError("The accounts found are larger than 24 MiB; narrow the filters");
  call.work.hold(list.length);
  const offsets = accountOffsets(list)!.slice(0, -1);
  const found = await call.work.each(COST.found, offsets, (at) => accountAt(list, at));
  call.work.charge(bytesCost(list.length));
  return found.filter(tests.accepts);
}

/** Keyed accounts, as text. Of a token program's, `jsonParsed` shows only those that can be parsed. */
export async function showKeyed(
  call: Call,
  head: Head,
  owner: Uint8Array,
  accounts: readonly Account[],
  view: AccountView,
): Promise<Json[]> {
  const { encoding, dataSlice } = view;
  const isParsed = encoding === "jsonParsed";
  const scales = isParsed ? await mintScales(accountsNow(call, head), accounts) : new Map();
  const parsedOnly = isParsed && isTokenProgram(encodeBase58(owner));
  const keyed = await call.work.each(COST.keyed, accounts, (account) => {
    const shown = uiAccount(account, encoding, dataSlice, scaleFor(account, scales), true);
    if (parsedOnly && Array.isArray((shown as { data?: Json }).data)) return [];
    return [new JsonText(stringify({ pubkey: encodeBase58(account.key), account: shown }))];
  });
  return keyed.flat();
}

export const accountMethods: Methods = {
  getBalance: method([text, contextConfig], async (call, address, { minContextSlot }) => {
    const key = toKey(address);
    const head = await call.head(minContextSlot);
    const { balance, fork } = call.backend;
    // On a forked network what is not there must be noticed.
    const isStored = balance !== undefined && fork === undefined && !call.services.areWellKnown(head.sysvars, [key])[0];
    const lamports = isStored ? call.backend.balance!(key, head.slot) : (await call.account(head, key))?.lamports;
    return withContext(head.slot, (await lamports) ?? 0);
  }),

  getAccountInfo: method([text, accountConfig], async (call, address, options) => {
    const key = toKey(address);
    const head = await call.head(options.minContextSlot);
    const view = { encoding: options.encoding ?? "binary", dataSlice: options.dataSlice } as const;
    const read = accountsNow(call, head);
    const [shown] = await showAccounts(read, await read([key]), view);
    return withContext(head.slot, shown ?? null);
  }),

  getMultipleAccounts: method([z.array(text), accountConfig], async (call, addresses, options) => {
    if (addresses.length > MAX_MULTIPLE_ACCOUNTS) {
      throw invalidParams(`Too many inputs provided; max ${MAX_MULTIPLE_ACCOUNTS}`);
    }
    const keys = addresses.map(toKey);
    const head = await call.head(options.minContextSlot);
    const view = { encoding: options.encoding ?? "base64", dataSlice: options.dataSlice } as const;
    const read = accountsNow(call, head);
    const accounts = await call.work.run(keys.length * COST.account, () => read(keys));
    return withContext(head.slot, await showAccounts(read, accounts, view));
  }),

  /** There are no accounts whose lamports do not circulate. */
  getLargestAccounts: large(
    [
      config({
        commitment,
        filter: optional(z.enum(["circulating", "nonCirculating"])),
        sortResults: optional(z.boolean()),
      }),
    ],
    async (call, { filter }) => {
      if (filter === "nonCirculating") return withContext((await call.head()).slot, []);
      call.work.kind = "bulk";
      const largest = await call.work.run(COST.scan, () => call.backend.largestAccounts());
      if (largest === null) throw scanError("There are more accounts than can be walked");
      const accounts = largest.accounts.map(({ key, lamports }) => ({ address: encodeBase58(key), lamports }));
      return withContext(largest.slot, accounts);
    },
  ),

  getProgramAccounts: large([text, programAccountsConfig], async (call, address, options) => {
    const owner = toKey(address);
    const tests = accountTests(options.filters ?? []);
    const head = await call.head(options.minContextSlot);
    const view = { encoding: options.encoding ?? "binary", dataSlice: options.dataSlice } as const;
    const shown = await showKeyed(call, head, owner, await scan(call, head, owner, tests), view);
    return options.withContext ? withContext(head.slot, shown) : shown;
  }),
};
