/**
 * What a developer may do with a network that was started with --dev, under the names and with the parameters of Surfpool
 * (crates/core/src/rpc/surfnet_cheatcodes.rs): here accounts, token balances and the clock; what else there is comes from the files beside
 * this one. On any other network each of them answers how it is switched on. Which of Surfpool's are not here, and why: docs/operations.md.
 */
import * as z from "zod";
import { sha256 } from "../../../durable-objects/host/sha256.ts";
import { SLOTS_PER_EPOCH } from "../../../shared/protocol/limits.ts";
import type { Account } from "../../../shared/rpc/accounts.ts";
import type { DevBackend, Head } from "../../../shared/rpc/backend.ts";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { decodeBase64 } from "../../../shared/rpc/base64.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import type { Json } from "../../../shared/rpc/json.ts";
import {
  ASSOCIATED_TOKEN_PROGRAM,
  isTokenProgram,
  keyBytes,
  NATIVE_MINT,
  TOKEN_2022_PROGRAM,
} from "../../../shared/rpc/keys.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { optional, text, toKey } from "../../../shared/rpc/params.ts";
import { editTokenAccount, newTokenAccount } from "../../../shared/rpc/token-account-edit.ts";
import { ACCOUNT_STATES, readMint, readTokenAccount } from "../../../shared/rpc/token-state.ts";
import { type ClockCommand, MAX_CLOCK_SECONDS, MAX_CLOCK_SLOT } from "../../../shared/scheduling/dev-clock.ts";
import { MAX_ACCOUNT_DATA } from "../../../shared/state/accounts.ts";
import { findProgramAddress } from "../../../shared/svm/program-address.ts";
import { rentExemptLamports } from "../../../shared/svm/rent.ts";
import { accountCheatcodes } from "./dev-accounts.ts";
import { idlCheatcodes } from "./dev-idl.ts";
import { amount, devMethod, hexBytes, nothing, settable } from "./dev-method.ts";
import { profileCheatcodes } from "./dev-profiles.ts";
import { programCheatcodes } from "./dev-programs.ts";
import { switchCheatcodes } from "./dev-switches.ts";

const EPOCH = BigInt(SLOTS_PER_EPOCH);
const HOUR_S = 3_600n;
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
/** How to get a mint. */
const MINTS_HINT =
  "USDC's and USDT's are at their addresses of mainnet; others can be made by a transaction, set with surfnet_setAccount, " +
  "or loaded from files when a network begins (npm start -- --reset --dev --account FILE.json)";

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
    return nothing(call);
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
    const reserve = isNative ? rentExemptLamports(165) : null;
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
    return nothing(call);
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

/** Anchor waits until every runbook has ended: here there are none, what is to be deployed is there from the start. */
const surfnetInfo = () => method([], async (call) => withContext((await call.head()).slot, { runbookExecutions: [] }));

export const devMethods: Methods = {
  ...devMethod("surfnet_setAccount", setAccount),
  ...devMethod("surfnet_setTokenAccount", setTokenAccount),
  ...devMethod("surfnet_timeTravel", timeTravel),
  ...devMethod("surfnet_pauseClock", clockMethod({ type: "pause" })),
  ...devMethod("surfnet_resumeClock", clockMethod({ type: "resume" })),
  ...devMethod("surfnet_getSurfnetInfo", surfnetInfo, false),
  ...accountCheatcodes,
  ...programCheatcodes,
  ...profileCheatcodes,
  ...idlCheatcodes,
  ...switchCheatcodes(() => Object.keys(devMethods)),
};
