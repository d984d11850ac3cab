/** Sending and simulating transactions, and what they cost. */
import { equalBytes } from "../../../shared/protocol/bytes.ts";
import { isUsableBlockhash } from "../../../shared/protocol/context.ts";
import { BLOCKHASH_WINDOW } from "../../../shared/protocol/limits.ts";
import {
  decodeRecord,
  makeFrame,
  REC,
  recordBlockhash,
  recordIsNonce,
  recordKeys,
  recordSignature,
} from "../../../shared/protocol/record.ts";
import type { Account } from "../../../shared/rpc/accounts.ts";
import type { Head } from "../../../shared/rpc/backend.ts";
import { type BalanceMints, standingTokenBalances } from "../../../shared/rpc/balance-mints.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import {
  innerInstructionsJson,
  loadedAddressesJson,
  returnDataJson,
  tokenBalancesJson,
} from "../../../shared/rpc/encode-transaction.ts";
import {
  ALREADY_PROCESSED,
  BLOCKHASH_NOT_FOUND,
  errorJson,
  errorText,
  SIGNATURE_FAILURE,
  type TransactionErrorCode,
} from "../../../shared/rpc/error-text.ts";
import {
  invalidParams,
  invalidRequest,
  notTaken,
  preflightFailure,
  type RpcError,
  signatureVerificationFailure,
} from "../../../shared/rpc/errors.ts";
import {
  decodeWire,
  fetchNamed,
  type LoadAccounts,
  MESSAGE_TYPE,
  parseMessage,
  parseWire,
  resolve,
  simulate,
  TRANSACTION_TYPE,
} from "../../../shared/rpc/incoming.ts";
import type { Json } from "../../../shared/rpc/json.ts";
import { acting, guarded, type Methods, method } from "../../../shared/rpc/method.ts";
import {
  commitment,
  config,
  contextConfig,
  optional,
  sendConfig,
  simulateConfig,
  text,
  toKey,
  u64,
} from "../../../shared/rpc/params.ts";
import { type ResultView, viewResult } from "../../../shared/rpc/result-view.ts";
import type { AccountEncoding } from "../../../shared/rpc/ui-account.ts";
import { accountsAfter, showAccounts } from "./accounts.ts";

const WINDOW = BigInt(BLOCKHASH_WINDOW);

/** Every member that Agave's RpcSimulateTransactionResult has. */
const NOTHING_SIMULATED = {
  err: null,
  logs: [],
  accounts: null,
  unitsConsumed: 0,
  loadedAccountsDataSize: 0,
  returnData: null,
  innerInstructions: null,
  replacementBlockhash: null,
  fee: null,
  preBalances: null,
  postBalances: null,
  preTokenBalances: null,
  postTokenBalances: null,
  loadedAddresses: null,
} as const;

/** `fee`: what the transaction would have been charged all the same. */
function refused(error: TransactionErrorCode, result?: ResultView): RpcError {
  return preflightFailure(`Transaction simulation failed: ${errorText(error)}`, {
    ...NOTHING_SIMULATED,
    err: errorJson(error),
    logs: result?.detail?.logs ?? [],
    unitsConsumed: result?.computeUnits ?? 0,
    loadedAccountsDataSize: result?.loadedAccountsDataSize ?? 0,
    returnData: returnDataJson(result?.detail ?? null),
    fee: result?.landed ? result.fee : null,
  });
}

/** What a simulation says of a transaction that was not run: nothing changed, and its accounts have what they had. */
async function notRun(
  call: Call,
  head: Head,
  record: Uint8Array,
  error: TransactionErrorCode,
): Promise<{ [key: string]: Json }> {
  const tx = decodeRecord(record);
  const accounts = await call.accounts(head, tx.accountKeys);
  const balances = accounts.map((account) => account?.lamports ?? 0n);
  const standing = await standingTokenBalances((keys) => call.accounts(head, keys), tx, accounts);
  const tokenBalances = tokenBalancesJson(standing.balances, standing.mints, false);
  return {
    ...NOTHING_SIMULATED,
    err: errorJson(error),
    preBalances: balances,
    postBalances: balances,
    preTokenBalances: tokenBalances,
    postTokenBalances: tokenBalances,
    loadedAddresses: loadedAddressesJson(tx),
  };
}

async function wasProcessed(call: Call, record: Uint8Array): Promise<boolean> {
  return (await call.backend.statuses([recordSignature(record)]))[0] != null;
}

/** Whether the transaction's blockhash or durable nonce is good: asked before whether it was processed, as Agave does. */
async function isUsable(call: Call, head: Head, record: Uint8Array): Promise<boolean> {
  return isUsableBlockhash(head.context, recordBlockhash(record)) || isUsableNonce(call, head, record);
}

/** Throws RpcError when the transaction would fail. */
async function preflight(call: Call, head: Head, record: Uint8Array, tables: readonly Account[]): Promise<void> {
  const result = viewResult((await simulate(call, head, record, tables, { resultOnly: true })).result);
  if (result.txError !== 0) throw refused(result, result);
}

/** Agave looks at signatures as a part of the preflight; without one it has no word for them. */
const unsigned = (skipPreflight: boolean): RpcError =>
  skipPreflight ? signatureVerificationFailure() : refused(SIGNATURE_FAILURE);

/** A blockhash that was good so long ago is good enough for what goes into the next block, or the one after, milliseconds. */
const LATELY_MS = 1_000;

/** The tip in which the transaction's blockhash can be used; undefined: there is none. Nobody is asked where that can be seen without. */
async function tipWith(call: Call, record: Uint8Array, skipPreflight: boolean, minSlot: bigint | undefined) {
  const isGood = (head: Head) => isUsableBlockhash(head.context, recordBlockhash(record));
  const lately = skipPreflight ? call.backend.headLately?.(LATELY_MS) : undefined;
  if (lately && lately.slot >= (minSlot ?? 0n) && isGood(lately)) return lately;
  const head = await call.head(minSlot);
  return isGood(head) ? head : undefined;
}

/**
 * Sends what most clients send: no lookup tables, a blockhash of the last minute. Without preflight that is one call, to the lane, which
 * checks signatures for many at once; with it one more to each shard that owns accounts of the transaction, the payer's of which knows
 * what has landed. Undefined: it has to be looked at more closely, and nothing was sent. Whoever is refused is told of a bad signature first.
 */
async function sendUsual(
  call: Call,
  record: Uint8Array,
  skipPreflight: boolean,
  minSlot: bigint | undefined,
): Promise<Json | undefined> {
  const { backend, services } = call;
  if (!backend.submitUnverified || !backend.loadForPreflight) return undefined;
  if (recordIsNonce(record) || record[REC.NUM_LOOKUPS] !== 0 || services.checkLocks(record) !== null) return undefined;
  const head = await tipWith(call, record, skipPreflight, minSlot);
  if (head === undefined) return undefined;
  if (!skipPreflight) {
    const refusal = await usualPreflight(call, head, record);
    if (refusal) throw services.isSigned(record) ? refusal : unsigned(false);
  }
  const taken = await backend.submitUnverified(record);
  if (taken === "unsigned") throw unsigned(skipPreflight);
  if (!taken.ok) throw notTaken(taken);
  return encodeBase58(recordSignature(record));
}

async function usualPreflight(call: Call, head: Head, record: Uint8Array): Promise<RpcError | undefined> {
  let hasLanded = false;
  const load: LoadAccounts = async (keys) => {
    const loaded = await call.backend.loadForPreflight!(keys, head, record);
    hasLanded = loaded.hasLanded;
    return loaded.accounts;
  };
  const { result } = await simulate(call, head, record, [], { resultOnly: true }, load);
  if (hasLanded) return refused(ALREADY_PROCESSED);
  const view = viewResult(result);
  return view.txError === 0 ? undefined : refused(view, view);
}

/**
 * Policy: Agave takes whatever comes with skipPreflight and drops later what cannot run. Here a bad signature and a blockhash
 * that is too old are refused at once: nothing that cannot land costs a lane anything.
 */
async function send(call: Call, wire: Uint8Array, skipPreflight: boolean, minSlot: bigint | undefined): Promise<Json> {
  const parsed = parseWire(call, wire);
  await fetchNamed(call, parsed);
  const sent = await sendUsual(call, parsed, skipPreflight, minSlot);
  if (sent !== undefined) return sent;
  const head = await call.head(minSlot);
  const tables = await resolve(call, head, parsed, "invalid transaction");
  const unlockable = call.services.checkLocks(parsed);
  if (unlockable !== null) {
    if (!call.services.isSigned(parsed)) throw unsigned(skipPreflight);
    // Agave sends it on, and no leader takes it.
    if (skipPreflight) return encodeBase58(recordSignature(parsed));
    throw refused(unlockable);
  }
  const record = call.services.verify(parsed);
  if (record === null) throw unsigned(skipPreflight);
  const signature = encodeBase58(recordSignature(record));
  if (await wasProcessed(call, record)) {
    if (skipPreflight) return signature;
    throw refused((await isUsable(call, head, record)) ? ALREADY_PROCESSED : BLOCKHASH_NOT_FOUND);
  }
  if (!recordIsNonce(record) && !isUsableBlockhash(head.context, recordBlockhash(record))) {
    throw refused(BLOCKHASH_NOT_FOUND);
  }
  if (!skipPreflight) await preflight(call, head, record, tables);
  const taken = await call.backend.submit(makeFrame([record]));
  if (!taken.ok) throw notTaken(taken);
  return signature;
}

/** Charged, but not executed: its accounts could not be loaded. */
const isFeesOnly = (result: ResultView): boolean => result.landed && typeof errorJson(result) === "string";

function simulationAnswer(
  record: Uint8Array,
  result: ResultView,
  mints: BalanceMints,
  withInner: boolean,
): { [key: string]: Json } {
  const tx = decodeRecord(record);
  const { detail } = result;
  return {
    ...NOTHING_SIMULATED,
    err: errorJson(result),
    logs: detail?.logs ?? [],
    unitsConsumed: result.computeUnits,
    loadedAccountsDataSize: result.loadedAccountsDataSize,
    returnData: returnDataJson(detail),
    innerInstructions:
      withInner && !isFeesOnly(result)
        ? innerInstructionsJson(detail?.inner ?? [], tx.accountKeys.map(encodeBase58), true)
        : null,
    fee: result.landed ? result.fee : null,
    preBalances: detail?.preBalances ?? [],
    postBalances: detail?.postBalances ?? [],
    preTokenBalances: tokenBalancesJson(detail?.preTokenBalances ?? [], mints, false),
    postTokenBalances: tokenBalancesJson(detail?.postTokenBalances ?? [], mints, false),
    loadedAddresses: loadedAddressesJson(tx),
  };
}

interface WantedAccounts {
  readonly encoding?: AccountEncoding | undefined;
  readonly addresses: readonly string[];
}

function checkWanted(wanted: WantedAccounts, numAccounts: number): void {
  if (wanted.encoding === "binary" || wanted.encoding === "base58") {
    throw invalidParams("base58 encoding not supported");
  }
  if (wanted.addresses.length > numAccounts) {
    throw invalidParams(`Too many accounts provided; max ${numAccounts}`);
  }
}

/** The accounts that the client asks for, as the simulation left them. */
async function wantedAccounts(call: Call, head: Head, wanted: WantedAccounts, after: Uint8Array): Promise<Json> {
  const read = accountsAfter(call, head, after);
  const accounts = await read(wanted.addresses.map(toKey));
  return showAccounts(read, accounts, { encoding: wanted.encoding ?? "base64", dataSlice: undefined });
}

/** Whether the first instruction's nonce account holds the message's blockhash. */
async function isUsableNonce(call: Call, head: Head, record: Uint8Array): Promise<boolean> {
  const tx = decodeRecord(record);
  const index = tx.isNonce ? tx.instructions[0]?.accounts[0] : undefined;
  const key = index === undefined ? undefined : tx.accountKeys[index];
  if (key === undefined) return false;
  const data = (await call.account(head, key))?.data ?? new Uint8Array(0);
  return data.length >= 80 && data[4] === 1 && equalBytes(data.subarray(40, 72), tx.recentBlockhash);
}

export const transactionMethods: Methods = {
  sendTransaction: acting(
    method([text, sendConfig], async (call, data, options) => {
      const wire = decodeWire(data, options.encoding ?? "base58", TRANSACTION_TYPE);
      return send(call, wire, options.skipPreflight ?? false, options.minContextSlot);
    }),
  ),

  simulateTransaction: method([text, simulateConfig], async (call, data, options) => {
    const wire = decodeWire(data, options.encoding ?? "base58", TRANSACTION_TYPE);
    const record = parseWire(call, wire);
    const head = await call.head(options.minContextSlot);
    const replace = options.replaceRecentBlockhash ?? false;
    if (replace && options.sigVerify) throw invalidParams("sigVerify may not be used with replaceRecentBlockhash");
    if (replace) recordBlockhash(record).set(head.blockhash);
    const tables = await resolve(call, head, record, "invalid transaction");
    if (options.accounts) checkWanted(options.accounts, recordKeys(record).length);

    const replacementBlockhash = replace
      ? { blockhash: encodeBase58(head.blockhash), lastValidBlockHeight: head.blockHeight + WINDOW }
      : null;
    const none = options.accounts ? options.accounts.addresses.map(() => null) : null;
    if (options.sigVerify && !call.services.isSigned(record)) {
      // Nothing was looked at: not even balances.
      const loadedAddresses = loadedAddressesJson(decodeRecord(record));
      const err = errorJson(SIGNATURE_FAILURE);
      return withContext(head.slot, { ...NOTHING_SIMULATED, err, accounts: none, loadedAddresses });
    }
    const isRepeated = !replace && (await wasProcessed(call, record)) && (await isUsable(call, head, record));
    const stopped = call.services.checkLocks(record) ?? (isRepeated ? ALREADY_PROCESSED : null);
    if (stopped !== null) {
      const answer = await notRun(call, head, record, stopped);
      return withContext(head.slot, { ...answer, accounts: none, replacementBlockhash });
    }
    const { result, accounts } = await simulate(call, head, record, tables, {
      resultOnly: !options.accounts,
    });
    const view = viewResult(result);
    if (view.detail === null) {
      const answer = await notRun(call, head, record, view);
      return withContext(head.slot, { ...answer, accounts: none, replacementBlockhash });
    }
    const shown =
      options.accounts && view.txError === 0 ? await wantedAccounts(call, head, options.accounts, accounts) : none;
    const mints = await call.balanceMints([result]);
    const answer = simulationAnswer(record, view, mints, options.innerInstructions ?? false);
    return withContext(head.slot, { ...answer, accounts: shown, replacementBlockhash });
  }),

  getFeeForMessage: method([text, contextConfig], async (call, data, { minContextSlot }) => {
    const record = parseMessage(call, decodeWire(data, "base64", MESSAGE_TYPE));
    const head = await call.head(minContextSlot);
    await resolve(call, head, record, "invalid transaction message");
    const usable =
      isUsableBlockhash(head.context, recordBlockhash(record)) || (await isUsableNonce(call, head, record));
    return withContext(head.slot, usable ? decodeRecord(record).fee : null);
  }),

  requestAirdrop: guarded(
    "requestAirdrop",
    acting(
      method(
        [text, u64, config({ commitment, recentBlockhash: optional(text) })],
        async (call, address, lamports, { recentBlockhash }) => {
          if (call.backend.airdrop === undefined) throw invalidRequest("this network has no faucet");
          const key = toKey(address);
          if (recentBlockhash !== undefined) toKey(recentBlockhash);
          await call.fetch([key]);
          return encodeBase58(await call.backend.airdrop(key, lamports, call.asker.address));
        },
      ),
    ),
  ),
};
