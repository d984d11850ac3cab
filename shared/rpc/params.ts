/** Schemas of RPC parameters. Unknown members are ignored and null is absent, as serde has it in Agave. */
import * as z from "zod";
import { decodeBase58 } from "./base58.ts";
import { TRANSACTION_DETAILS, TRANSACTION_ENCODINGS } from "./encode-transaction.ts";
import { invalidParams, type RpcError } from "./errors.ts";
import { ACCOUNT_ENCODINGS } from "./ui-account.ts";

export const U64_MAX = 0xffff_ffff_ffff_ffffn;

function isU64(value: unknown): boolean {
  if (typeof value === "bigint") return value >= 0n && value <= U64_MAX;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export const u64 = z.custom<number | bigint>(isU64, { error: "expected u64" }).transform((value) => BigInt(value));

function isI64(value: unknown): boolean {
  if (typeof value === "bigint") return value >= -(1n << 63n) && value < 1n << 63n;
  return typeof value === "number" && Number.isSafeInteger(value);
}
export const i64 = z.custom<number | bigint>(isI64, { error: "expected i64" }).transform((value) => BigInt(value));
export const u8 = z.number().int().min(0).max(255);
export const text = z.string();

/** Absent and null are undefined. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** An optional configuration object; without it all its members are absent. */
export function config<S extends z.ZodRawShape>(shape: S) {
  return z
    .object(shape)
    .nullish()
    .transform((value) => value ?? (z.object(shape).parse({}) as z.output<z.ZodObject<S>>));
}

/** All three are one here: a sealed block is final. */
export const commitment = optional(z.enum(["processed", "confirmed", "finalized"]));
export type Commitment = z.output<typeof commitment>;
/** Throws RpcError for methods that speak of what is stored. */
export function atLeastConfirmed(level: Commitment): void {
  if (level === "processed") throw invalidParams("Method does not support commitment below `confirmed`");
}
export const minContextSlot = optional(u64);
export const commitmentConfig = config({ commitment });
export const contextConfig = config({ commitment, minContextSlot });

const dataSlice = optional(z.object({ offset: u64, length: u64 }));
const accountEncoding = optional(z.enum(ACCOUNT_ENCODINGS));
const accountShape = { encoding: accountEncoding, dataSlice, commitment, minContextSlot };
export const accountConfig = config(accountShape);

const memcmp = z.object({
  offset: u64,
  bytes: z.union([z.string(), z.array(u8)]),
  encoding: optional(z.enum(["base58", "base64", "bytes", "binary"])),
});
const filter = z.union([
  z.object({ memcmp }),
  z.object({ dataSize: u64 }),
  z.literal("tokenAccountState"),
  z.object({ tokenAccountState: z.unknown() }),
]);
export type FilterParam = z.output<typeof filter>;

export const programAccountsConfig = config({
  ...accountShape,
  filters: optional(z.array(filter)),
  withContext: optional(z.boolean()),
  sortResults: optional(z.boolean()),
});

export const tokenAccountsFilter = z.union([z.object({ mint: text }), z.object({ programId: text })]);

const transactionEncoding = optional(z.enum(TRANSACTION_ENCODINGS));
const maxSupportedTransactionVersion = optional(u8);

/** Old clients give the encoding alone. */
function encodingOr<S extends z.ZodRawShape>(shape: S) {
  const object = config({ encoding: transactionEncoding, commitment, ...shape });
  return z.union([z.enum(TRANSACTION_ENCODINGS).transform((encoding) => object.parse({ encoding })), object]);
}
export const transactionConfig = encodingOr({ maxSupportedTransactionVersion, withContext: optional(z.boolean()) });
export const blockConfig = encodingOr({
  maxSupportedTransactionVersion,
  transactionDetails: optional(z.enum(TRANSACTION_DETAILS)),
  rewards: optional(z.boolean()),
});

export const sendConfig = config({
  skipPreflight: optional(z.boolean()),
  preflightCommitment: commitment,
  encoding: transactionEncoding,
  maxRetries: optional(u64),
  minContextSlot,
});
export const simulateConfig = config({
  sigVerify: optional(z.boolean()),
  replaceRecentBlockhash: optional(z.boolean()),
  commitment,
  encoding: transactionEncoding,
  accounts: optional(z.object({ encoding: accountEncoding, addresses: z.array(text) })),
  minContextSlot,
  innerInstructions: optional(z.boolean()),
});

/** The first thing that is wrong with a parameter. */
export function paramError(position: number, error: z.ZodError): RpcError {
  const issue = deepest(error.issues[0]!);
  const where = issue.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return invalidParams(`Invalid params: params[${position}]${where}: ${issue.message}.`);
}

/** Of a union, what is wrong with the alternative that came closest (the one that got furthest into the value). */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const inner = issue.errors.map((issues) => deepest(issues[0]!));
  const best = inner.reduce((a, b) => (b.path.length > a.path.length ? b : a));
  return best.path.length === 0 ? issue : { ...best, path: [...issue.path, ...best.path] };
}

/** base58 of `size` bytes with Agave's errors: WrongSize, Invalid. */
function fixedSize(value: string, size: number, maxLength: number): Uint8Array {
  if (value.length > maxLength) throw invalidParams("Invalid param: WrongSize");
  const bytes = decodeBase58(value);
  if (bytes === null) throw invalidParams("Invalid param: Invalid");
  if (bytes.length !== size) throw invalidParams("Invalid param: WrongSize");
  return bytes;
}

/** Longest base58 of 32 and of 64 bytes. */
const MAX_KEY_TEXT = 44;
const MAX_SIGNATURE_TEXT = 88;

export const toKey = (value: string): Uint8Array => fixedSize(value, 32, MAX_KEY_TEXT);
export const toSignature = (value: string): Uint8Array => fixedSize(value, 64, MAX_SIGNATURE_TEXT);
