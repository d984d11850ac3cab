/**
 * Profiles of transactions: what one would do and cost, by the id of the profile, by its signature and by tag. The newest are kept in memory;
 * of a transaction that has landed its result tells.
 */
import * as z from "zod";
import { decodeRecord, recordBlockhash, recordSignature } from "../../../shared/protocol/record.ts";
import type { Account } from "../../../shared/rpc/accounts.ts";
import type { Backend } from "../../../shared/rpc/backend.ts";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { isWritable } from "../../../shared/rpc/encode-transaction.ts";
import { errorText } from "../../../shared/rpc/error-text.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import { decodeWire, parseWire, resolve, simulate, TRANSACTION_TYPE } from "../../../shared/rpc/incoming.ts";
import { type Json, stringify } from "../../../shared/rpc/json.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { config, optional, text } from "../../../shared/rpc/params.ts";
import { instructionProfiles, logsByInstruction } from "../../../shared/rpc/profile.ts";
import { viewResult } from "../../../shared/rpc/result-view.ts";
import { ACCOUNT_ENCODINGS } from "../../../shared/rpc/ui-account.ts";
import { accountsAfter, accountsNow, showAccounts } from "./accounts.ts";
import { devMethod } from "./dev-method.ts";

/** Profiles that are kept (Surfpool: 200), and characters of all of them. */
const MAX_PROFILES = 200;
const MAX_CHARACTERS = 16 << 20;
const SIGNATURE_BYTES = 64;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface KeptProfile {
  readonly slot: bigint;
  readonly key: string;
  readonly signature: string;
  readonly tag: string | undefined;
  readonly instructionProfiles: Json;
  readonly transactionProfile: Json;
  readonly readonlyAccountStates: Json;
}

type Depth = "transaction" | "instruction" | undefined;

/** As Surfpool's UiKeyedProfileResult. */
function shown(
  { slot, key, instructionProfiles, transactionProfile, readonlyAccountStates }: KeptProfile,
  depth: Depth,
): Json {
  return {
    slot,
    key,
    ...(depth !== "transaction" && { instructionProfiles }),
    transactionProfile,
    readonlyAccountStates,
  };
}

class Profiles {
  /** By id, oldest first. */
  readonly #kept = new Map<string, { readonly profile: KeptProfile; readonly characters: number }>();
  #characters = 0;

  keep(profile: KeptProfile): void {
    const characters = stringify(shown(profile, undefined)).length;
    this.#kept.set(profile.key, { profile, characters });
    this.#characters += characters;
    while (this.#kept.size > MAX_PROFILES || (this.#characters > MAX_CHARACTERS && this.#kept.size > 1)) {
      const [key, oldest] = this.#kept.entries().next().value!;
      this.#kept.delete(key);
      this.#characters -= oldest.characters;
    }
  }

  /** The newest one of a signature. */
  find(key: string): KeptProfile | undefined {
    return this.#kept.get(key)?.profile ?? this.#all.findLast(({ signature }) => signature === key);
  }

  tagged(tag: string): KeptProfile[] {
    return this.#all.filter((profile) => profile.tag === tag);
  }

  get #all(): KeptProfile[] {
    return [...this.#kept.values()].map(({ profile }) => profile);
  }
}

const profiles = new WeakMap<Backend, Profiles>();

function profilesOf(backend: Backend): Profiles {
  const own = profiles.get(backend) ?? new Profiles();
  profiles.set(backend, own);
  return own;
}

/** Version 4 (RFC 9562 section 5.4). */
function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const profileConfig = config({
  encoding: optional(z.enum(ACCOUNT_ENCODINGS)),
  depth: optional(z.enum(["transaction", "instruction"])),
});

function accountChange(before: Account | null, after: Account | null, json: (Json | null)[]): Json {
  const [old, now] = json as [Json, Json];
  if (before === null && after === null) return { type: "unchanged", data: null };
  if (before === null) return { type: "create", data: now };
  if (after === null) return { type: "delete", data: old };
  const same = JSON.stringify(old, bigintText) === JSON.stringify(now, bigintText);
  return same ? { type: "unchanged", data: old } : { type: "update", data: [old, now] };
}
const bigintText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** What the transaction would do now, and what it costs. */
const profileTransaction = () =>
  method([text, optional(text), profileConfig], async (call, data, tag, { encoding = "base64", depth }) => {
    const record = parseWire(call, decodeWire(data, "base64", TRANSACTION_TYPE));
    const head = await call.head();
    recordBlockhash(record).set(head.blockhash);
    const tables = await resolve(call, head, record, "invalid transaction");
    const unlockable = call.services.checkLocks(record);
    if (unlockable !== null) throw invalidParams(`invalid transaction: ${errorText(unlockable)}`);
    const { result, accounts, profile } = await simulate(call, head, record, tables, { profile: true });
    const view = viewResult(result);
    const tx = decodeRecord(record);
    const addresses = tx.accountKeys.map(encodeBase58);
    const [readBefore, readAfter] = [accountsNow(call, head), accountsAfter(call, head, accounts)];
    const before = await readBefore(tx.accountKeys);
    const after = await readAfter(tx.accountKeys);
    const states: Record<string, Json> = {};
    const readonly: Record<string, Json> = {};
    for (const [i, address] of addresses.entries()) {
      const was = before[i] ?? null;
      const is = after[i] ?? null;
      const view = { encoding, dataSlice: undefined } as const;
      const shown = [...(await showAccounts(readBefore, [was], view)), ...(await showAccounts(readAfter, [is], view))];
      if (isWritable(tx, addresses, i))
        states[address] = { type: "writable", accountChange: accountChange(was, is, shown) };
      else {
        states[address] = { type: "readonly" };
        if (shown[0]) readonly[address] = shown[0];
      }
    }
    const message = view.txError === 0 ? null : errorText(view);
    const profiles = instructionProfiles(profile, addresses);
    const logs = logsByInstruction(
      view.detail?.logs ?? [],
      profiles.map(({ program }) => program),
    );
    const instructions = profiles.map(({ computeUnits, failed, frame }, i) => ({
      accountStates: {},
      computeUnitsConsumed: computeUnits,
      logMessages: logs[i] ?? [],
      errorMessage: failed ? message : null,
      frame,
    }));
    const kept: KeptProfile = {
      slot: head.slot,
      key: newUuid(),
      signature: encodeBase58(recordSignature(record)),
      tag,
      instructionProfiles: instructions,
      transactionProfile: {
        accountStates: states,
        computeUnitsConsumed: view.computeUnits,
        logMessages: view.detail?.logs ?? [],
        errorMessage: message,
      },
      readonlyAccountStates: readonly,
    };
    profilesOf(call.backend).keep(kept);
    return withContext(head.slot, shown(kept, depth));
  });

/** Of a transaction that has landed: what it cost and logged. What its accounts were is not kept. */
async function landedProfile(call: Call, signature: Uint8Array): Promise<KeptProfile | null> {
  const landed = await call.backend.transaction(signature);
  if (!landed) return null;
  const view = viewResult(landed.result);
  const text = encodeBase58(signature);
  return {
    slot: landed.slot,
    key: text,
    signature: text,
    tag: undefined,
    instructionProfiles: [],
    transactionProfile: {
      accountStates: {},
      computeUnitsConsumed: view.computeUnits,
      logMessages: view.detail?.logs ?? [],
      errorMessage: view.txError === 0 ? null : errorText(view),
    },
    readonlyAccountStates: {},
  };
}

const getTransactionProfile = () =>
  method([text, profileConfig], async (call, key, { depth }) => {
    const signature = UUID.test(key) ? null : decodeBase58(key.slice(0, 100));
    if (!UUID.test(key) && signature?.length !== SIGNATURE_BYTES) {
      throw invalidParams(`${key.slice(0, 100)} is neither a signature nor the key of a profile`);
    }
    const found = profilesOf(call.backend).find(key) ?? (signature ? await landedProfile(call, signature) : null);
    return withContext(found?.slot ?? (await call.head()).slot, found && shown(found, depth));
  });

const getProfileResultsByTag = () =>
  method([text, profileConfig], async (call, tag, { depth }) => {
    const found = profilesOf(call.backend).tagged(tag);
    const value = found.length === 0 ? null : found.map((profile) => shown(profile, depth));
    return withContext((await call.head()).slot, value);
  });

export const profileCheatcodes: Methods = {
  ...devMethod("surfnet_profileTransaction", profileTransaction, false),
  ...devMethod("surfnet_getTransactionProfile", getTransactionProfile, false),
  ...devMethod("surfnet_getProfileResultsByTag", getProfileResultsByTag, false),
};
