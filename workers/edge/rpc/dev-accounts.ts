/**
 * Accounts of a development network: made what they were, kept away from upstream; and what is said of them: the supply, the newest
 * transactions.
 */
import { z } from "zod";
import { equalBytes } from "../../../shared/protocol/bytes.ts";
import { recordSignature } from "../../../shared/protocol/record.ts";
import { type Account, decodeAccountList } from "../../../shared/rpc/accounts.ts";
import type { AccountDecree, DevBackend } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { errorJson } from "../../../shared/rpc/error-text.ts";
import { invalidParams, scanError } from "../../../shared/rpc/errors.ts";
import type { Json } from "../../../shared/rpc/json.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { config, optional, text, toKey } from "../../../shared/rpc/params.ts";
import { viewResult } from "../../../shared/rpc/result-view.ts";
import { keyText } from "../../../shared/state/accounts.ts";
import { amount, devMethod, settable, writeNote } from "./dev-method.ts";
import { SUPPLY } from "./dev-notes.ts";

/** Accounts that are made what they were at once, at most. */
const MAX_RESETS = 20_000;
const MAX_SIGNATURES = 1_000;
const DEFAULT_SIGNATURES = 50;
/** Blocks that are looked through for signatures. */
const MAX_BLOCKS = 5_000;

const ownedConfig = config({ includeOwnedAccounts: optional(z.boolean()) });

const nothing = async (call: Call) => withContext((await call.backend.head()).slot, null);

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
  ...devMethod("surfnet_offlineAccount", offlineAccount),
  ...devMethod("surfnet_setSupply", setSupply),
  ...devMethod("surfnet_getLocalSignatures", getLocalSignatures, false),
};
