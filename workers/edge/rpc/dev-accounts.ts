/**
 * Accounts of a development network as a whole: made what they were, kept away from upstream, written out; and what is said of them: the supply,
 * the newest transactions.
 */
import * as z from "zod";
import { equalBytes } from "../../../shared/protocol/bytes.ts";
import { recordSignature } from "../../../shared/protocol/record.ts";
import { type Account, decodeAccountList } from "../../../shared/rpc/accounts.ts";
import type { AccountDecree, DevBackend } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { encodeBase64 } from "../../../shared/rpc/base64.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { errorJson } from "../../../shared/rpc/error-text.ts";
import { invalidParams, scanError } from "../../../shared/rpc/errors.ts";
import { type Json, stringify } from "../../../shared/rpc/json.ts";
import {
  BPF_LOADER,
  BPF_LOADER_2,
  BPF_LOADER_UPGRADEABLE,
  DEV_NETWORK_PROGRAM,
  keyBytes,
} from "../../../shared/rpc/keys.ts";
import { large, type Methods, method } from "../../../shared/rpc/method.ts";
import { config, optional, text, toKey } from "../../../shared/rpc/params.ts";
import { viewResult } from "../../../shared/rpc/result-view.ts";
import { keyText } from "../../../shared/state/accounts.ts";
import { isCarried } from "../../../shared/state/carried.ts";
import { readInHalves } from "../../../shared/state/key-ranges.ts";
import { accountsNow, showAccounts } from "./accounts.ts";
import { amount, devMethod, nothing, settable, writeNote } from "./dev-method.ts";
import { SUPPLY } from "./dev-notes.ts";

/** Accounts that surfnet_resetNetwork makes what they were, at most. */
const MAX_RESETS = 20_000;
/** Characters of a snapshot. */
const MAX_SNAPSHOT = 64 << 20;
const MAX_SIGNATURES = 1_000;
const DEFAULT_SIGNATURES = 50;
/** Blocks that are looked through for signatures. */
const MAX_BLOCKS = 5_000;

const PROGRAM = keyBytes(DEV_NETWORK_PROGRAM);
const LOADERS = [BPF_LOADER, BPF_LOADER_2, BPF_LOADER_UPGRADEABLE].map(keyBytes);
const ownedConfig = config({ includeOwnedAccounts: optional(z.boolean()) });

const isOwnedByOne = ({ owner }: Account, owners: readonly Uint8Array[]) =>
  owners.some((one) => equalBytes(one, owner));

/** Every account, in pieces that a scan may answer. Throws RpcError where there is more than may be walked. */
async function* everyAccount(dev: DevBackend): AsyncGenerator<readonly Account[]> {
  const read = (first: number, last: number) => dev.everyAccount(first, last);
  const tooMany = () => scanError("There are more accounts than can be walked");
  for await (const { found } of readInHalves(read, tooMany)) yield decodeAccountList(found)!;
}

/** What it was in the genesis, or what upstream has now; missing, where it was not there. */
async function origin(call: Call, key: Uint8Array, genesis: ReadonlyMap<string, Account>): Promise<readonly Account[]> {
  const was = genesis.get(keyText(key));
  if (was) return [was];
  const { fork } = call.backend;
  if (!fork) return [];
  // What upstream cannot tell is as if it were not there.
  return (await fork.again(key)) ?? [];
}

const genesisByKey = (dev: DevBackend) =>
  new Map(dev.genesisAccounts().map((account) => [keyText(account.key), account]));

/** What makes an account what it was; code comes before its program. */
async function restored(
  call: Call,
  key: Uint8Array,
  genesis: ReadonlyMap<string, Account>,
): Promise<readonly AccountDecree[]> {
  const before = (await origin(call, key, genesis)).toReversed();
  return before.some((account) => equalBytes(account.key, key)) ? before : [...before, { key, lamports: 0n }];
}

const resetAccount = (dev: DevBackend) =>
  method([text, ownedConfig], async (call, address, { includeOwnedAccounts = false }) => {
    const key = toKey(address);
    const head = await call.head();
    await settable(call, head, key);
    const genesis = genesisByKey(dev);
    const keys = [key];
    if (includeOwnedAccounts) {
      const list = await call.backend.scanAccounts(key, { memcmp: [] }, head.slot);
      if (list === null) throw scanError("The owned accounts are larger than 24 MiB: reset them one by one");
      keys.push(...decodeAccountList(list)!.map((account) => account.key));
      if (keys.length > MAX_RESETS) throw scanError(`More than ${MAX_RESETS} accounts are owned`);
    }
    const decrees: AccountDecree[] = [];
    for (const one of keys) decrees.push(...(await restored(call, one, genesis)));
    await dev.setAccounts(decrees);
    return nothing(call);
  });

const sameAccount = (a: Account, b: Account): boolean =>
  a.lamports === b.lamports &&
  a.executable === b.executable &&
  a.rentEpoch === b.rentEpoch &&
  equalBytes(a.owner, b.owner) &&
  equalBytes(a.data, b.data);

/** All accounts as the genesis had them, on a forked network those of upstream as they are there. Slots, blocks, time and notes go on. */
const resetNetwork = (dev: DevBackend) =>
  method([], async (call) => {
    const { faucet } = await call.info();
    const head = await call.head();
    const genesis = genesisByKey(dev);
    const gone: Uint8Array[] = [];
    const changed: Account[] = [];
    const isOurs = (key: Uint8Array) => (faucet && equalBytes(key, faucet)) || isCarried(key, head.context);
    for await (const some of everyAccount(dev)) {
      for (const account of some) {
        const name = keyText(account.key);
        const was = genesis.get(name);
        genesis.delete(name);
        if (isOurs(account.key) || equalBytes(account.owner, PROGRAM)) continue;
        if (!was) gone.push(account.key.slice());
        else if (!sameAccount(was, account)) changed.push(was);
      }
      if (gone.length + changed.length > MAX_RESETS) {
        throw scanError(`More than ${MAX_RESETS} accounts have changed: begin anew with npm start -- --reset`);
      }
    }
    const missing = [...genesis.values()].filter(({ key }) => !isOurs(key));
    const decrees: AccountDecree[] = [...changed, ...missing];
    for (const key of gone) decrees.push(...(await restored(call, key, genesis)));
    await dev.setAccounts(decrees);
    return nothing(call);
  });

const exportConfig = config({
  includeParsedAccounts: optional(z.boolean()),
  filter: optional(
    z.object({
      includeProgramAccounts: optional(z.boolean()),
      includeAccounts: optional(z.array(text).max(10_000)),
      excludeAccounts: optional(z.array(text).max(10_000)),
    }),
  ),
  scope: optional(z.union([z.literal("network"), z.object({ preTransaction: text })])),
});

const exportSnapshot = (dev: DevBackend) =>
  large([exportConfig], async (call, { includeParsedAccounts = false, filter = {}, scope = "network" }) => {
    if (scope !== "network") {
      throw invalidParams("preTransaction: what accounts were before a transaction that has landed is not kept");
    }
    const [included, excluded] = [new Set(filter.includeAccounts ?? []), new Set(filter.excludeAccounts ?? [])];
    const head = await call.head();
    const read = accountsNow(call, head);
    const value: [string, Json][] = [];
    let characters = 0;
    for await (const some of everyAccount(dev)) {
      const wanted = some.filter((account) => {
        const address = encodeBase58(account.key);
        if (excluded.has(address) || equalBytes(account.owner, PROGRAM)) return false;
        return included.has(address) || filter.includeProgramAccounts || !isOwnedByOne(account, LOADERS);
      });
      const view = { encoding: "jsonParsed", dataSlice: undefined } as const;
      const parsed = includeParsedAccounts ? await showAccounts(read, wanted, view) : [];
      for (const [i, { key, lamports, owner, executable, rentEpoch, data }] of wanted.entries()) {
        const shown = (parsed[i] as { data?: Json } | undefined)?.data;
        const parsedData = shown === undefined || Array.isArray(shown) ? null : shown;
        const snapshot = {
          lamports,
          owner: encodeBase58(owner),
          executable,
          rentEpoch,
          data: encodeBase64(data),
          parsedData,
        };
        characters += snapshot.data.length + stringify(parsedData).length + 300;
        if (characters > MAX_SNAPSHOT) throw scanError(`The snapshot is larger than ${MAX_SNAPSHOT} characters`);
        value.push([encodeBase58(key), snapshot]);
      }
    }
    value.sort(([a], [b]) => (a < b ? -1 : 1));
    return withContext(head.slot, Object.fromEntries(value));
  });

/** A transaction that names the account and does nothing: what has been named is this chain's, and is not fetched. */
const offlineAccount = (dev: DevBackend) =>
  method([text, ownedConfig], async (call, address, { includeOwnedAccounts = false }) => {
    if (includeOwnedAccounts) {
      throw invalidParams(
        "includeOwnedAccounts: an account has to be named; who owns it is not known before it is fetched",
      );
    }
    const key = toKey(address);
    await settable(call, await call.head(), key);
    await dev.setAccount({ key, lamports: 0n, missingOnly: true });
    return nothing(call);
  });

// Surfpool's names have underscores here and nowhere else; both are read.
const supplyUpdate = z.strictObject({
  total: optional(amount),
  circulating: optional(amount),
  nonCirculating: optional(amount),
  non_circulating: optional(amount),
  nonCirculatingAccounts: optional(z.array(text).max(10_000)),
  non_circulating_accounts: optional(z.array(text).max(10_000)),
});

const setSupply = (dev: DevBackend) =>
  method([supplyUpdate], async (call, update) => {
    const lamports = (value: bigint | undefined) => (value === undefined ? undefined : String(value));
    const accounts = update.nonCirculatingAccounts ?? update.non_circulating_accounts;
    for (const address of accounts ?? []) toKey(address);
    await writeNote(dev, SUPPLY, {
      total: lamports(update.total),
      circulating: lamports(update.circulating),
      nonCirculating: lamports(update.nonCirculating ?? update.non_circulating),
      nonCirculatingAccounts: accounts,
    });
    return nothing(call);
  });

const limitParam = optional(z.number().int().min(0).max(MAX_SIGNATURES));

const getLocalSignatures = () =>
  method([z.union([limitParam, z.object({ limit: limitParam })])], async (call, given) => {
    const limit = (typeof given === "object" ? given?.limit : given) ?? DEFAULT_SIGNATURES;
    const head = await call.head();
    const value: Json[] = [];
    let block = limit > 0 ? await call.backend.block(head.slot) : null;
    for (let looked = 0; block && looked < MAX_BLOCKS; looked++) {
      for (const { record, result } of block.transactions.toReversed()) {
        if (value.length >= limit) break;
        const view = viewResult(result);
        const signature = encodeBase58(recordSignature(record));
        value.push({ signature, err: errorJson(view), logs: view.detail?.logs ?? [] });
      }
      // The genesis is its own parent.
      const isLast = value.length >= limit || block.parentSlot >= block.slot;
      block = isLast ? null : await call.backend.block(block.parentSlot);
    }
    return withContext(head.slot, value);
  });

export const accountCheatcodes: Methods = {
  ...devMethod("surfnet_resetAccount", resetAccount),
  ...devMethod("surfnet_resetNetwork", resetNetwork),
  ...devMethod("surfnet_exportSnapshot", exportSnapshot, false),
  ...devMethod("surfnet_offlineAccount", offlineAccount),
  ...devMethod("surfnet_setSupply", setSupply),
  ...devMethod("surfnet_getLocalSignatures", getLocalSignatures, false),
};
