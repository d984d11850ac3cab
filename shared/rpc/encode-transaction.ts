/** Transactions and their meta as Agave's transaction-status encodes them. */
import { type DecodedRecord, decodeRecord, recordSignature, requestsWrite } from "../protocol/record.ts";
import type { StoredBlock, StoredTransaction } from "./backend.ts";
import { type BalanceMints, balanceDecimals, NO_MINTS } from "./balance-mints.ts";
import { encodeBase58 } from "./base58.ts";
import { encodeBase64 } from "./base64.ts";
import { errorJson, statusJson } from "./error-text.ts";
import { UnsupportedVersion } from "./errors.ts";
import type { Json } from "./json.ts";
import { BPF_LOADER_UPGRADEABLE, RESERVED_KEYS, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "./keys.ts";
import { type CompiledInstruction, parsedInstruction } from "./parse-instruction.ts";
import { type InnerInstruction, type ResultView, type TokenBalance, viewResult } from "./result-view.ts";
import { uiTokenAmount } from "./ui-amount.ts";

export const TRANSACTION_ENCODINGS = ["binary", "base64", "base58", "json", "jsonParsed"] as const;
export type TransactionEncoding = (typeof TRANSACTION_ENCODINGS)[number];

export const TRANSACTION_DETAILS = ["full", "accounts", "signatures", "none"] as const;
export type TransactionDetails = (typeof TRANSACTION_DETAILS)[number];

export interface EncodingOptions {
  readonly encoding: TransactionEncoding;
  readonly maxVersion: number | undefined;
  readonly showRewards: boolean;
  /** Those that the results leave open. */
  readonly mints?: BalanceMints | undefined;
}

/** Instructions of the message run one above the transaction itself. */
const OUTER_STACK_HEIGHT = 1;

const compiled = (instruction: CompiledInstruction, stackHeight: number): Json => ({
  programIdIndex: instruction.programIdIndex,
  accounts: Array.from(instruction.accounts),
  data: encodeBase58(instruction.data),
  stackHeight,
});

function lookupsJson(tx: DecodedRecord): Json | undefined {
  if (tx.version !== 0) return undefined;
  return tx.lookups.map((lookup) => ({
    accountKey: encodeBase58(lookup.table),
    writableIndexes: Array.from(lookup.writableIndexes),
    readonlyIndexes: Array.from(lookup.readonlyIndexes),
  }));
}

/** Agave's UiTransactionConfig: every member, null where the message does not give it. Below version 1 there is none. */
function configJson(tx: DecodedRecord): Json | undefined {
  return tx.config === null ? undefined : { ...tx.config };
}

/** Whether account `i` was locked for writing: asked for, no reserved key, and no program that is called. */
export function isWritable(tx: DecodedRecord, keys: readonly string[], i: number): boolean {
  if (!requestsWrite(tx, i) || RESERVED_KEYS.has(keys[i]!)) return false;
  return !tx.instructions.some((ix) => ix.programIdIndex === i) || keys.includes(BPF_LOADER_UPGRADEABLE);
}

function accountsJson(tx: DecodedRecord, keys: readonly string[]): Json {
  return keys.map((pubkey, i) => ({
    pubkey,
    writable: isWritable(tx, keys, i),
    signer: i < tx.numRequiredSignatures,
    source: i < tx.staticKeys.length ? "transaction" : "lookupTable",
  }));
}

function messageJson(tx: DecodedRecord, keys: readonly string[], parsed: boolean): Json {
  const recentBlockhash = encodeBase58(tx.recentBlockhash);
  const addressTableLookups = lookupsJson(tx);
  const transactionConfig = configJson(tx);
  if (parsed) {
    return {
      accountKeys: accountsJson(tx, keys),
      recentBlockhash,
      instructions: tx.instructions.map((ix) => parsedInstruction(ix, keys, OUTER_STACK_HEIGHT)),
      addressTableLookups,
      transactionConfig,
    };
  }
  return {
    header: {
      numRequiredSignatures: tx.numRequiredSignatures,
      numReadonlySignedAccounts: tx.numReadonlySigned,
      numReadonlyUnsignedAccounts: tx.numReadonlyUnsigned,
    },
    accountKeys: keys.slice(0, tx.staticKeys.length),
    recentBlockhash,
    instructions: tx.instructions.map((ix) => compiled(ix, OUTER_STACK_HEIGHT)),
    addressTableLookups,
    transactionConfig,
  };
}

function transactionJson(tx: DecodedRecord, keys: readonly string[], encoding: TransactionEncoding): Json {
  switch (encoding) {
    case "binary":
      return encodeBase58(tx.wire);
    case "base58":
      return [encodeBase58(tx.wire), "base58"];
    case "base64":
      return [encodeBase64(tx.wire), "base64"];
    default:
      return {
        signatures: tx.signatures.map(encodeBase58),
        message: messageJson(tx, keys, encoding === "jsonParsed"),
      };
  }
}

/** `stored`: as Agave reads it back from its ledger, which does not tell a number of zero from none. */
export function tokenBalancesJson(balances: readonly TokenBalance[], mints: BalanceMints, stored: boolean): Json {
  return balances.flatMap((balance) => {
    const decimals = balanceDecimals(balance, mints);
    if (decimals === null) return [];
    return {
      accountIndex: balance.accountIndex,
      mint: encodeBase58(balance.mint),
      uiTokenAmount: {
        ...uiTokenAmount(balance.amount, decimals),
        ...(stored && balance.amount === 0n ? { uiAmount: null } : {}),
      },
      owner: encodeBase58(balance.owner),
      programId: balance.token2022 ? TOKEN_2022_PROGRAM : TOKEN_PROGRAM,
    };
  });
}

/** Inner instructions by the outer one that caused them. */
export function innerInstructionsJson(
  inner: readonly InnerInstruction[],
  keys: readonly string[],
  parsed: boolean,
): Json {
  const groups: { index: number; instructions: Json[] }[] = [];
  for (const ix of inner) {
    let group = groups.at(-1);
    if (group?.index !== ix.outerIndex) {
      group = { index: ix.outerIndex, instructions: [] };
      groups.push(group);
    }
    group.instructions.push(parsed ? parsedInstruction(ix, keys, ix.stackHeight) : compiled(ix, ix.stackHeight));
  }
  return groups;
}

export function returnDataJson(detail: ResultView["detail"]): Json {
  const returned = detail?.returnData ?? null;
  if (returned === null) return null;
  return { programId: encodeBase58(returned.programId), data: [encodeBase64(returned.data), "base64"] };
}

export function loadedAddressesJson(tx: DecodedRecord): Json {
  return { writable: tx.loadedWritable.map(encodeBase58), readonly: tx.loadedReadonly.map(encodeBase58) };
}

function commonMeta(result: ResultView): { [key: string]: Json | undefined } {
  return {
    err: errorJson(result),
    status: statusJson(result),
    fee: result.fee,
    preBalances: result.detail?.preBalances ?? [],
    postBalances: result.detail?.postBalances ?? [],
  };
}

function tokenMeta({ detail }: ResultView, mints = NO_MINTS): { [key: string]: Json | undefined } {
  return {
    preTokenBalances: detail && tokenBalancesJson(detail.preTokenBalances, mints, true),
    postTokenBalances: detail && tokenBalancesJson(detail.postTokenBalances, mints, true),
  };
}

function metaJson(tx: DecodedRecord, result: ResultView, keys: readonly string[], options: EncodingOptions): Json {
  const parsed = options.encoding === "jsonParsed";
  const { detail } = result;
  return {
    ...commonMeta(result),
    innerInstructions: detail && innerInstructionsJson(detail.inner, keys, parsed),
    logMessages: detail?.logs ?? null,
    ...tokenMeta(result, options.mints),
    rewards: options.showRewards ? [] : null,
    loadedAddresses: parsed ? undefined : loadedAddressesJson(tx),
    returnData: returnDataJson(detail) ?? undefined,
    computeUnitsConsumed: result.computeUnits,
    costUnits: tx.cost,
  };
}

/** `undefined`: old clients, which name no version, do not know the field. Throws RpcError where they could not read it. */
function versionJson(tx: DecodedRecord, maxVersion: number | undefined): Json | undefined {
  if (tx.version === "legacy") return maxVersion === undefined ? undefined : "legacy";
  if (maxVersion === undefined || tx.version > maxVersion) throw new UnsupportedVersion(tx.version);
  return tx.version;
}

type Encoded = { readonly [key: string]: Json | undefined };

export function encodeTransaction(stored: StoredTransaction, options: EncodingOptions): Encoded {
  const tx = decodeRecord(stored.record);
  const version = versionJson(tx, options.maxVersion);
  const keys = tx.accountKeys.map(encodeBase58);
  return {
    transaction: transactionJson(tx, keys, options.encoding),
    meta: metaJson(tx, viewResult(stored.result), keys, options),
    version,
  };
}

function encodeAccounts(stored: StoredTransaction, options: EncodingOptions): Encoded {
  const tx = decodeRecord(stored.record);
  const version = versionJson(tx, options.maxVersion);
  const keys = tx.accountKeys.map(encodeBase58);
  const result = viewResult(stored.result);
  return {
    transaction: { signatures: tx.signatures.map(encodeBase58), accountKeys: accountsJson(tx, keys) },
    meta: { ...commonMeta(result), ...tokenMeta(result, options.mints), rewards: options.showRewards ? [] : undefined },
    version,
  };
}

/** A transaction as a block with these details has it; throws UnsupportedVersion. Of no use without details. */
export function encodeInBlock(tx: StoredTransaction, details: TransactionDetails, options: EncodingOptions): Json {
  if (details === "signatures") return encodeBase58(recordSignature(tx.record));
  return details === "accounts" ? encodeAccounts(tx, options) : encodeTransaction(tx, options);
}

/** `shown`: what encodeInBlock makes of each of its transactions. */
export function encodeBlock(
  block: StoredBlock,
  details: TransactionDetails,
  options: EncodingOptions,
  shown: readonly Json[],
): Json {
  return {
    previousBlockhash: encodeBase58(block.previousBlockhash),
    blockhash: encodeBase58(block.blockhash),
    parentSlot: block.parentSlot,
    transactions: details === "full" || details === "accounts" ? shown : undefined,
    signatures: details === "signatures" ? shown : undefined,
    rewards: options.showRewards ? [] : undefined,
    blockTime: block.blockTime,
    blockHeight: block.blockHeight,
  };
}
