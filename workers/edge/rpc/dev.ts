/**
 * What a developer may do with a network that was started with --dev, under the names and with the parameters of Surfpool
 * (crates/core/src/rpc/surfnet_cheatcodes.rs): set accounts and token balances, move, stop and start the clock, profile a
 * transaction. On any other network each of them answers how it is switched on.
 */
import * as z from "zod";
import { sha256 } from "../../../durable-objects/host/sha256.ts";
import { SLOTS_PER_EPOCH } from "../../../shared/protocol/limits.ts";
import { decodeRecord, recordBlockhash, recordSignature } from "../../../shared/protocol/record.ts";
import type { Account } from "../../../shared/rpc/accounts.ts";
import type { DevBackend, Head } from "../../../shared/rpc/backend.ts";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { decodeBase64 } from "../../../shared/rpc/base64.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { isWritable } from "../../../shared/rpc/encode-transaction.ts";
import { errorText } from "../../../shared/rpc/error-text.ts";
import { developmentOnly, invalidParams } from "../../../shared/rpc/errors.ts";
import { decodeWire, parseWire, resolve, simulate, TRANSACTION_TYPE } from "../../../shared/rpc/incoming.ts";
import type { Json } from "../../../shared/rpc/json.ts";
import {
  ASSOCIATED_TOKEN_PROGRAM,
  isTokenProgram,
  keyBytes,
  NATIVE_MINT,
  TOKEN_2022_PROGRAM,
} from "../../../shared/rpc/keys.ts";
import { guarded, type Method, type Methods, method } from "../../../shared/rpc/method.ts";
import { config, optional, text, toKey, U64_MAX, u64 } from "../../../shared/rpc/params.ts";
import { instructionProfiles, logsByInstruction } from "../../../shared/rpc/profile.ts";
import { viewResult } from "../../../shared/rpc/result-view.ts";
import { editTokenAccount, newTokenAccount } from "../../../shared/rpc/token-account-edit.ts";
import { ACCOUNT_STATES, readMint, readTokenAccount } from "../../../shared/rpc/token-state.ts";
import { ACCOUNT_ENCODINGS } from "../../../shared/rpc/ui-account.ts";
import { type ClockCommand, MAX_CLOCK_SECONDS, MAX_CLOCK_SLOT } from "../../../shared/scheduling/dev-clock.ts";
import { MAX_ACCOUNT_DATA } from "../../../shared/state/accounts.ts";
import { isCarried } from "../../../shared/state/carried.ts";
import { findProgramAddress } from "../../../shared/svm/program-address.ts";
import { accountsAfter, accountsNow, showAccounts } from "./accounts.ts";

const EPOCH = BigInt(SLOTS_PER_EPOCH);
const HOUR_S = 3_600n;
const ACCOUNT_OVERHEAD = 128n;
const LAMPORTS_PER_BYTE = 6_960n;
/** Characters of an account's data in base58, whose decoding takes their square: some milliseconds. */
const MAX_BASE58 = 8_192;

const isBytes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
/** Hexadecimal as Surfpool has it, the bytes themselves, or as accounts are answered: text and encoding. */
const dataParam = z.union([
  z.string(),
  z.custom<number[]>(isBytes, { error: "expected bytes" }),
  z.tuple([z.string(), z.enum(["base58", "base64"])]),
]);
/** An integer, or its decimal digits: clients cannot send integers beyond 2^53 to methods that they do not know. */
const isAmount = (value: unknown): value is number | bigint | string =>
  typeof value === "string" ? /^\d{1,20}$/.test(value) && BigInt(value) <= U64_MAX : u64.safeParse(value).success;
const amount = z
  .custom<number | bigint | string>(isAmount, { error: "expected u64, as a number or its decimal digits" })
  .transform((value) => BigInt(value));
// A member with a misspelt name would otherwise be set to nothing, and nobody told.
const accountUpdate = z.strictObject({
  lamports: optional(amount),
  owner: optional(text),
  executable: optional(z.boolean()),
  rentEpoch: optional(amount),
  data: optional(dataParam),
});
const tokenUpdate = z.strictObject({
  amount: optional(amount),
  delegate: optional(text),
  delegatedAmount: optional(amount),
  state: optional(z.enum(ACCOUNT_STATES)),
  closeAuthority: optional(text),
});
const journey = optional(
  z.union(
    [
      // Both: a slot and the time that it has. Ours: a forked network begins where its upstream is.
      z.strictObject({ absoluteSlot: amount, absoluteTimestamp: optional(amount) }),
      z.strictObject({ absoluteEpoch: amount }),
      z.strictObject({ absoluteTimestamp: amount }),
    ],
    { error: "expected exactly one of absoluteSlot, absoluteEpoch, absoluteTimestamp (milliseconds), each u64" },
  ),
);
const profileConfig = config({
  encoding: optional(z.enum(ACCOUNT_ENCODINGS)),
  depth: optional(z.enum(["transaction", "instruction"])),
});

/** How to get a mint. */
const MINTS_HINT =
  "USDC's and USDT's are at their addresses of mainnet; others can be made by a transaction, set with surfnet_setAccount, " +
  "or loaded from files when a network begins (npm start -- --reset --dev --account FILE.json)";

function hexBytes(value: string): Uint8Array {
  const digits = value.startsWith("0x") ? value.slice(2) : value;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw invalidParams(
      "Invalid hex data provided: an even number of hexadecimal digits is expected, and nothing else",
    );
  }
  const out = new Uint8Array(digits.length / 2);
  const digit = (at: number): number => {
    const code = digits.charCodeAt(at);
    return code < 58 ? code - 48 : (code | 32) - 87;
  };
  for (let i = 0; i < out.length; i++) out[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return out;
}

function dataBytes(value: z.output<typeof dataParam>): Uint8Array {
  if (typeof value === "string") return hexBytes(value);
  if (typeof value[0] !== "string") return Uint8Array.from(value as number[]);
  const [encoded, encoding] = value as [string, "base58" | "base64"];
  if (encoding === "base58" && encoded.length > MAX_BASE58) {
    throw invalidParams(`base58 data have at most ${MAX_BASE58} characters here: use base64 or hexadecimal`);
  }
  const bytes = encoding === "base58" ? decodeBase58(encoded) : decodeBase64(encoded);
  if (bytes === null) throw invalidParams(`Invalid ${encoding} data provided`);
  return bytes;
}

/** A method that only a network for development has; it is refused before its parameters are looked at. */
function devMethod(name: string, run: (dev: DevBackend) => Method, acts = true): Methods {
  return {
    [name]: {
      acts,
      async run(call, params) {
        if (call.backend.dev === undefined) throw developmentOnly(name);
        return guarded(name, run(call.backend.dev)).run(call, params);
      },
    },
  };
}

async function epochInfo(call: Call): Promise<Json> {
  const head = await call.backend.head();
  return {
    absoluteSlot: head.slot,
    blockHeight: head.blockHeight,
    epoch: head.slot / EPOCH,
    slotIndex: head.slot % EPOCH,
    slotsInEpoch: EPOCH,
    transactionCount: head.transactionCount,
  };
}

/** Throws RpcError for what is no account of a shard: the chain itself makes its sysvars, and its programs are built in. */
async function settable(call: Call, head: Head, key: Uint8Array): Promise<void> {
  const { faucet } = await call.info();
  if (faucet && encodeBase58(faucet) === encodeBase58(key)) {
    throw invalidParams("the faucet's account cannot be set: its lamports balance what is set elsewhere");
  }
  if (call.services.wellKnown(head.context, [key])[0] !== null || isCarried(key, head.context)) {
    throw invalidParams(`${encodeBase58(key)} is built in and cannot be set`);
  }
}

const rentExempt = (length: number): bigint => (ACCOUNT_OVERHEAD + BigInt(length)) * LAMPORTS_PER_BYTE;
/** "null" stands for nobody. */
const keyOrNone = (value: string | undefined) =>
  value === undefined ? undefined : value === "null" ? null : toKey(value);

const setAccount = (dev: DevBackend) =>
  method([text, accountUpdate], async (call, address, update) => {
    const key = toKey(address);
    const owner = update.owner === undefined ? undefined : toKey(update.owner);
    const data = update.data === undefined ? undefined : dataBytes(update.data);
    if (data && data.length > MAX_ACCOUNT_DATA) {
      throw invalidParams(`the account's data have ${data.length} bytes; at most ${MAX_ACCOUNT_DATA} are possible`);
    }
    await call.fetch([key]);
    await settable(call, await call.head(), key);
    const { lamports, executable, rentEpoch } = update;
    await dev.setAccount({ key, lamports, owner, executable, rentEpoch, data });
    return withContext((await call.backend.head()).slot, null);
  });

/** The mint's account; throws RpcError when it is none of the token program that is asked for. */
async function mintOf(call: Call, head: Head, mint: Uint8Array, program: string | undefined): Promise<Account> {
  const account = await call.account(head, mint);
  const owner = account && encodeBase58(account.owner);
  if (!account || !owner || !isTokenProgram(owner) || !readMint(account.data)) {
    const what = account ? "is not a token mint" : "is not there: a token mint is expected";
    throw invalidParams(`${encodeBase58(mint)} ${what}. ${MINTS_HINT}`);
  }
  if (program !== undefined && program !== owner) {
    throw invalidParams(`the mint ${encodeBase58(mint)} is of token program ${owner}, not ${program}`);
  }
  return account;
}

const setTokenAccount = (dev: DevBackend) =>
  method([text, text, tokenUpdate, optional(text)], async (call, owner, mint, update, program) => {
    const ownerKey = toKey(owner);
    const mintKey = toKey(mint);
    if (program !== undefined) toKey(program);
    await call.fetch([mintKey]);
    const mintAccount = await mintOf(call, await call.head(), mintKey, program);
    const tokenProgram = mintAccount.owner;
    const seeds = [ownerKey, tokenProgram, mintKey];
    const key = findProgramAddress(sha256, seeds, keyBytes(ASSOCIATED_TOKEN_PROGRAM)).address;
    await call.fetch([key]);
    const there = await call.account(await call.head(), key);
    const isNative = mint === NATIVE_MINT;
    const token2022 = encodeBase58(tokenProgram) === TOKEN_2022_PROGRAM;
    const reserve = isNative ? rentExempt(165) : null;
    const current =
      there && readTokenAccount(there.data)
        ? there.data
        : newTokenAccount(mintKey, mintAccount.data, ownerKey, { token2022, reserve });
    const { amount, delegatedAmount, state } = update;
    const keys = { delegate: keyOrNone(update.delegate), closeAuthority: keyOrNone(update.closeAuthority) };
    const data = editTokenAccount(current, { amount, delegatedAmount, state, ...keys });
    // A native account's tokens are its lamports.
    const held = isNative ? readTokenAccount(data) : null;
    const lamports = held ? held.amount + (held.isNative ?? 0n) : undefined;
    await dev.setAccount({ key, owner: tokenProgram, data, lamports });
    return withContext((await call.backend.head()).slot, null);
  });

function clockSeconds(milliseconds: bigint): number {
  const seconds = milliseconds / 1000n;
  if (seconds > BigInt(MAX_CLOCK_SECONDS)) throw invalidParams("the time is further away than a clock can be set");
  return Number(seconds);
}

function clockCommand(target: z.output<typeof journey>, head: Head): ClockCommand {
  const slot = (wanted: bigint) => {
    if (wanted > BigInt(MAX_CLOCK_SLOT)) throw invalidParams(`slot ${wanted} is further away than a clock can be set`);
    return { type: "slot", slot: Number(wanted) } as const;
  };
  if (target && "absoluteSlot" in target) {
    const time = target.absoluteTimestamp;
    return { ...slot(target.absoluteSlot), ...(time !== undefined && { unixTimestamp: clockSeconds(time) }) };
  }
  if (target && "absoluteEpoch" in target) {
    if (target.absoluteEpoch <= head.slot / EPOCH) {
      throw invalidParams(`epoch ${target.absoluteEpoch} has begun: the newest slot is in epoch ${head.slot / EPOCH}`);
    }
    return slot(target.absoluteEpoch * EPOCH);
  }
  const milliseconds = target ? target.absoluteTimestamp : (head.blockTime + HOUR_S) * 1000n;
  return { type: "time", unixTimestamp: clockSeconds(milliseconds) };
}

const timeTravel = (dev: DevBackend) =>
  method([journey], async (call, target) => {
    await dev.setClock(clockCommand(target, await call.head()));
    return epochInfo(call);
  });

const clockMethod = (command: ClockCommand) => (dev: DevBackend) =>
  method([], async (call) => {
    await dev.setClock(command);
    return epochInfo(call);
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

/** What the transaction would do now, and what it costs. Nothing is kept: `tag` is taken and not used. */
const profileTransaction = () =>
  method([text, optional(text), profileConfig], async (call, data, _tag, { encoding = "base64", depth }) => {
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
    return withContext(head.slot, {
      slot: head.slot,
      key: encodeBase58(recordSignature(record)),
      ...(depth !== "transaction" && { instructionProfiles: instructions }),
      transactionProfile: {
        accountStates: states,
        computeUnitsConsumed: view.computeUnits,
        logMessages: view.detail?.logs ?? [],
        errorMessage: message,
      },
      readonlyAccountStates: readonly,
    });
  });

/** Anchor waits until every runbook has ended: here there are none, what is to be deployed is there from the start. */
const surfnetInfo = () => method([], async (call) => withContext((await call.head()).slot, { runbookExecutions: [] }));

export const devMethods: Methods = {
  ...devMethod("surfnet_setAccount", setAccount),
  ...devMethod("surfnet_setTokenAccount", setTokenAccount),
  ...devMethod("surfnet_timeTravel", timeTravel),
  ...devMethod("surfnet_pauseClock", clockMethod({ type: "pause" })),
  ...devMethod("surfnet_resumeClock", clockMethod({ type: "resume" })),
  ...devMethod("surfnet_profileTransaction", profileTransaction, false),
  ...devMethod("surfnet_getSurfnetInfo", surfnetInfo),
};
