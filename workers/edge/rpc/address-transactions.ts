/**
 * getTransactionsForAddress as @solana/kit types it and RPC providers answer it: an address's transactions in either order, filtered,
 * whole or by signature, from a cursor on. Agave does not have it.
 */
import * as z from "zod";
import type { AddressQuery, FoundEntry, Position, Range } from "../../../shared/ledger/address-page.ts";
import type { Head } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import type { Call } from "../../../shared/rpc/call.ts";
import { encodeTransaction } from "../../../shared/rpc/encode-transaction.ts";
import { filterTransactionNotFound, invalidParams } from "../../../shared/rpc/errors.ts";
import { type Json, JsonText, stringify } from "../../../shared/rpc/json.ts";
import { keyBytes, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { large, type Methods } from "../../../shared/rpc/method.ts";
import {
  atLeastConfirmed,
  commitment,
  config,
  i64,
  minContextSlot,
  optional,
  text,
  toKey,
  toSignature,
  u8,
  u64,
} from "../../../shared/rpc/params.ts";
import { readTokenAccount } from "../../../shared/rpc/token-state.ts";
import { COST } from "../../../shared/turns/costs.ts";
import { scan } from "./accounts.ts";
import { signatureJson } from "./history.ts";

const MAX_SIGNATURES = 1_000;
const MAX_FULL = 100;
/** Token accounts of one address whose transactions are looked at. */
const MAX_TOKEN_ACCOUNTS = 100;
const TOKEN_OWNER_AT = 32;
const CURSOR = /^(\d{1,16}):(\d{1,8})$/;

const range = <S extends z.ZodType>(value: S) => ({
  gt: optional(value),
  gte: optional(value),
  lt: optional(value),
  lte: optional(value),
});
const filters = z.object({
  slot: optional(z.object(range(u64))),
  blockTime: optional(z.object({ ...range(i64), eq: optional(i64) })),
  signature: optional(z.object(range(text))),
  status: optional(z.enum(["any", "succeeded", "failed"])),
  tokenAccounts: optional(z.enum(["none", "balanceChanged", "all"])),
});
type Filters = z.output<typeof filters>;

const transactionsConfig = config({
  commitment,
  minContextSlot,
  transactionDetails: optional(z.enum(["signatures", "full"])),
  encoding: optional(z.enum(["json", "jsonParsed", "base58", "base64"])),
  maxSupportedTransactionVersion: optional(u8),
  filters: optional(filters),
  limit: optional(u64),
  paginationToken: optional(text),
  sortOrder: optional(z.enum(["asc", "desc"])),
});

interface Bounds {
  readonly gt?: bigint | undefined;
  readonly gte?: bigint | undefined;
  readonly lt?: bigint | undefined;
  readonly lte?: bigint | undefined;
  readonly eq?: bigint | undefined;
}

/** What a number cannot hold is beyond everything that there is. */
function clamped(value: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > most ? most : value < -most ? -most : value);
}

function rangeOf({ gt, gte, lt, lte, eq }: Bounds): Range {
  const from = [gt === undefined ? undefined : gt + 1n, gte, eq].flatMap((bound) => bound ?? []);
  const to = [lt === undefined ? undefined : lt - 1n, lte, eq].flatMap((bound) => bound ?? []);
  return {
    ...(from.length > 0 && { from: Math.max(...from.map(clamped)) }),
    ...(to.length > 0 && { to: Math.min(...to.map(clamped)) }),
  };
}

function cursorOf(token: string): Position {
  const match = CURSOR.exec(token);
  if (!match) throw invalidParams("Invalid paginationToken; expected `<slot>:<position>`");
  return { slot: clamped(BigInt(match[1]!)), index: Number(match[2]) };
}

/** The token accounts that the address has now. */
async function tokenAccountsOf(call: Call, head: Head, owner: Uint8Array): Promise<Uint8Array[]> {
  const filter = { memcmp: [{ offset: TOKEN_OWNER_AT, bytes: owner }] };
  const accepts = ({ data }: { readonly data: Uint8Array }) => readTokenAccount(data) !== null;
  const programs = [TOKEN_PROGRAM, TOKEN_2022_PROGRAM].map(keyBytes);
  const found = (await Promise.all(programs.map((program) => scan(call, head, program, { filter, accepts })))).flat();
  if (found.length <= MAX_TOKEN_ACCOUNTS) return found.map(({ key }) => key);
  throw invalidParams(
    `The address has ${found.length} token accounts; \`tokenAccounts\` can take ${MAX_TOKEN_ACCOUNTS}: ask for theirs`,
  );
}

function boundsOf({ slot, blockTime, signature, status }: Filters): Partial<AddressQuery> {
  const signatures = Object.entries(signature ?? {}).flatMap(([bound, value]) =>
    value === undefined ? [] : [[bound, toSignature(value)] as const],
  );
  return {
    ...(slot && { slots: rangeOf(slot) }),
    ...(blockTime && { times: rangeOf(blockTime) }),
    ...(signatures.length > 0 && { signatures: Object.fromEntries(signatures) }),
    ...(status && status !== "any" && { status }),
  };
}

export const addressTransactionMethods: Methods = {
  getTransactionsForAddress: large([text, transactionsConfig], async (call, address, options) => {
    const key = toKey(address);
    atLeastConfirmed(options.commitment);
    const full = options.transactionDetails === "full";
    const most = full ? MAX_FULL : MAX_SIGNATURES;
    const limit = options.limit ?? BigInt(most);
    if (limit < 1n || limit > BigInt(most)) throw invalidParams(`Invalid limit; max ${most}`);
    const after = options.paginationToken === undefined ? undefined : cursorOf(options.paginationToken);
    const { tokenAccounts = "none", ...others } = options.filters ?? {};
    const bounds = boundsOf(others as Filters);
    const head = await call.head(options.minContextSlot);
    const owned = tokenAccounts === "none" ? [] : await tokenAccountsOf(call, head, key);
    const query = {
      ...bounds,
      addresses: [key, ...owned],
      oldestFirst: options.sortOrder === "asc",
      balanceChanged: tokenAccounts === "balanceChanged",
      ...(after && { after }),
      limit: Number(limit),
      full,
    };
    const page = await call.work.run(COST.lookup * query.addresses.length, () => call.backend.addressPage(query));
    if (!page.ok) throw filterTransactionNotFound(encodeBase58(page.unknown));
    const results = page.entries.flatMap(({ transaction }) => transaction?.result ?? []);
    const mints = await call.balanceMints(results);
    const fullJson = ({ transaction }: FoundEntry): Json => {
      const stored = transaction!;
      const encoded = encodeTransaction(stored, {
        encoding: options.encoding ?? "json",
        maxVersion: options.maxSupportedTransactionVersion,
        showRewards: true,
        mints,
      });
      return { slot: stored.slot, transactionIndex: stored.index, ...encoded, blockTime: stored.blockTime };
    };
    return {
      data: full
        ? await call.work.each(COST.transaction, page.entries, (entry) => new JsonText(stringify(fullJson(entry))))
        : await call.work.each(COST.entry, page.entries, signatureJson),
      paginationToken: page.next && `${page.next.slot}:${page.next.index}`,
    };
  }),
};
