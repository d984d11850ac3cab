/** A transaction on its way in: from the client's text to a parsed, resolved record, with Agave's errors on the way. */
import { type ErrorCode, isDeserializeError } from "../errors/codes.ts";
import { ERROR_TEXT } from "../errors/messages.ts";
import { sanitizeErrorToCode } from "../errors/transaction-error.ts";
import { decodeRecord, recordKeys, requestsWrite, V1_FIRST_BYTE } from "../protocol/record.ts";
import { keyText } from "../state/accounts.ts";
import { isCarried } from "../state/carried.ts";
import type { LoadedAccount } from "../state/stubs.ts";
import { simulationCost } from "../turns/costs.ts";
import { type Account, decodeAccountList } from "./accounts.ts";
import type { Head } from "./backend.ts";
import { decodeBase58 } from "./base58.ts";
import { decodeBase64 } from "./base64.ts";
import type { Call } from "./call.ts";
import { errorText } from "./error-text.ts";
import { invalidParams } from "./errors.ts";
import { lookupTables, resolveLookups } from "./lookup-tables.ts";
import { programDataKey } from "./program-data.ts";
import { viewResult } from "./result-view.ts";
import type { Simulation, SimulationOptions } from "./services.ts";

/** Bytes of a wire transaction or message; longest text of so many in base58 and base64. */
const MAX_BYTES = 1232;
const MAX_BASE58 = 1683;
const MAX_BASE64 = 1644;
/** Of version 1, whose first byte shows in the text already. Base58 stays as it is, as in Agave. */
const MAX_V1_BYTES = 4096;
const MAX_V1_BASE64 = 5464;
const V1_BASE64 = /^g[Q-Za-f]/;

export const TRANSACTION_TYPE = "solana_transaction::versioned::VersionedTransaction";
export const MESSAGE_TYPE = "solana_message::versions::VersionedMessage";

/** Decodes the client's text; throws RpcError with Agave's text. */
export function decodeWire(text: string, encoding: string, type: string): Uint8Array {
  if (encoding !== "base58" && encoding !== "base64") {
    throw invalidParams(`unsupported encoding: ${encoding}. Supported encodings: base58, base64`);
  }
  const isV1 = encoding === "base64" && V1_BASE64.test(text);
  const max = encoding === "base58" ? MAX_BASE58 : isV1 ? MAX_V1_BASE64 : MAX_BASE64;
  const maxBytes = isV1 ? MAX_V1_BYTES : MAX_BYTES;
  if (text.length > max) {
    throw invalidParams(
      `${encoding} encoded ${type} too large: ${text.length} bytes (max: encoded/raw ${max}/${maxBytes})`,
    );
  }
  const bytes = encoding === "base58" ? decodeBase58(text) : decodeBase64(text);
  if (bytes === null) throw invalidParams(`invalid ${encoding} encoding`);
  if (bytes.length > maxBytes) {
    throw invalidParams(`decoded ${type} too large: ${bytes.length} bytes (max: ${maxBytes} bytes)`);
  }
  return bytes;
}

const codeText = (code: number) => ERROR_TEXT[code as ErrorCode] ?? `error ${code}`;

/** Parses a wire transaction; throws RpcError as Agave does for what it cannot read or may not run. */
export function parseWire(call: Call, wire: Uint8Array): Uint8Array {
  const parsed = call.services.parse(wire);
  if (parsed.ok) return parsed.record;
  const { code } = parsed;
  if (isDeserializeError(code)) throw invalidParams(`failed to deserialize ${TRANSACTION_TYPE}: ${codeText(code)}`);
  throw invalidParams(`invalid transaction: ${errorText(sanitizeErrorToCode(code))} (${codeText(code)})`);
}

/**
 * The message as a transaction with empty signatures, null where there are too many of them. Its header's first byte (after the version
 * prefix) says how many; version 1 has them last.
 */
function unsigned(message: Uint8Array): Uint8Array | null {
  const first = message[0] ?? 0;
  const signatures = first & 0x80 ? (message[1] ?? 0) : first;
  if (signatures >= 0x80) return null;
  const isV1 = first === V1_FIRST_BYTE;
  const wire = new Uint8Array((isV1 ? 0 : 1) + signatures * 64 + message.length);
  if (!isV1) wire[0] = signatures;
  wire.set(message, isV1 ? 0 : 1 + signatures * 64);
  return wire;
}

/** Parses a message alone. Throws RpcError. */
export function parseMessage(call: Call, message: Uint8Array): Uint8Array {
  const wire = unsigned(message);
  if (wire === null) throw invalidParams(`failed to deserialize ${MESSAGE_TYPE}: too many signatures`);
  const parsed = call.services.parse(wire);
  if (parsed.ok) return parsed.record;
  const { code } = parsed;
  if (isDeserializeError(code)) throw invalidParams(`failed to deserialize ${MESSAGE_TYPE}: ${codeText(code)}`);
  throw invalidParams(`invalid transaction message: ${errorText(sanitizeErrorToCode(code))} (${codeText(code)})`);
}

/** Fills in the addresses of the record's lookup tables; the tables. Throws RpcError. Whether they can be locked is not asked. */
export async function resolve(call: Call, head: Head, record: Uint8Array, what: string): Promise<Account[]> {
  const keys = lookupTables(record);
  if (keys.length === 0) return [];
  const tables = await call.accounts(head, keys);
  const failed = resolveLookups(record, tables, head.context);
  if (failed !== null) throw invalidParams(`${what}: ${errorText(failed)}`);
  return tables.filter((table) => table !== null);
}

/**
 * On a forked network: what the transaction names comes before it does, its lookup tables first, for they name the rest. Throws RpcError as
 * `resolve`.
 */
export async function fetchNamed(call: Call, record: Uint8Array): Promise<void> {
  if (!call.backend.fork) return;
  await call.fetch(lookupTables(record));
  await resolve(call, await call.head(), record, "invalid transaction");
  await call.fetch(recordKeys(record));
}

/** One account for each key and, behind them, others that the simulation is expected to need. */
export type LoadAccounts = (keys: readonly Uint8Array[]) => Promise<readonly LoadedAccount[]>;

async function load(call: Call, head: Head, keys: readonly Uint8Array[]): Promise<readonly LoadedAccount[]> {
  if (keys.length === 0) return [];
  const { backend } = call;
  if (backend.loadAccounts) return backend.loadAccounts(keys, head.slot);
  return decodeAccountList(await backend.readAccounts(keys, head.slot));
}

/**
 * Runs the record on the accounts as of the tip. `given`: accounts that are known: its lookup tables, or what shall be. `loadNamed`: how
 * those that it names are read.
 */
export async function simulate(
  call: Call,
  head: Head,
  record: Uint8Array,
  given: readonly Account[],
  options?: SimulationOptions,
  loadNamed: LoadAccounts = (keys) => load(call, head, keys),
): Promise<Simulation> {
  const decoded = decodeRecord(record);
  const keys = decoded.accountKeys.filter((key, i) => requestsWrite(decoded, i) || !isCarried(key, head.context));
  const known = call.services.areWellKnown(head.context, keys);
  const read = await loadNamed(keys.filter((_, i) => !known[i]));
  call.noteLoaded(read);
  const accounts = new Map<string, LoadedAccount>(
    [...read, ...given].map((account) => [keyText(account.key), account]),
  );
  // What the transaction does not name, but its programs are.
  const programData = read.flatMap((account) => programDataKey(account) ?? []);
  const unnamed = programData.filter((key) => !accounts.has(keyText(key)) && !isCarried(key, head.context));
  const loaded = await load(call, head, unnamed);
  call.noteLoaded(loaded);
  for (const account of loaded) {
    if (account.lamports > 0n) accounts.set(keyText(account.key), account);
  }
  // What it may use at most, until it is known.
  const cost = simulationCost(decoded.computeUnitLimit);
  const simulated = await call.work.run(cost, () =>
    call.services.simulate(head.context, [...accounts.values()], record, options),
  );
  call.work.charge(simulationCost(viewResult(simulated.result).computeUnits) - cost);
  return simulated;
}
