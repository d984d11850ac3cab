/**
 * Accounts as `solana account ADDRESS --output json` writes them, in files:
 *
 *   { "pubkey": "...", "account": { "lamports": 1, "data": ["...", "base64"], "owner": "...", "executable": false,
 *     "rentEpoch": 18446744073709551615, "space": 0 } }
 */
import { readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as z from "zod";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { parse, stringify } from "../../shared/rpc/json.ts";
import { type Account, MAX_ACCOUNT_DATA } from "../../shared/state/accounts.ts";
import { Failure, systemCode } from "../network/failure.ts";
import { addressBytes, readInput } from "./key-file.ts";

const U64_MAX = (1n << 64n) - 1n;

const u64 = z
  .union([z.number().int().min(0), z.bigint()])
  .transform(BigInt)
  .refine((value) => value >= 0n && value <= U64_MAX, "not a u64");
const address = z.string().transform((text, context) => {
  const bytes = addressBytes(text);
  if (bytes) return bytes;
  context.addIssue({ code: "custom", message: "not an address" });
  return z.NEVER;
});
const fileSchema = z.object({
  pubkey: address,
  account: z.object({
    lamports: u64,
    data: z.tuple([z.string(), z.enum(["base64", "base64+zstd", "base58"])]),
    owner: address,
    executable: z.boolean(),
    // Old tools leave it out.
    rentEpoch: u64.optional(),
    space: u64.optional(),
  }),
});

function decodeData([text, encoding]: readonly [string, string], path: string): Uint8Array {
  const refused = (why: string) => new Failure("bad-account-file", `${path}: account.data is not ${encoding}${why}`);
  if (encoding === "base58") {
    const bytes = decodeBase58(text);
    if (!bytes) throw refused("");
    return bytes;
  }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw refused("");
  const bytes = Buffer.from(text, "base64");
  if (encoding === "base64") return new Uint8Array(bytes);
  try {
    return new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: MAX_ACCOUNT_DATA }));
  } catch (error) {
    if (systemCode(error) === "ERR_BUFFER_TOO_LARGE") throw tooLarge(path, `more than ${MAX_ACCOUNT_DATA}`);
    throw refused(": it does not decompress");
  }
}

/** Data from so many bytes on are compressed, which all tools read. */
const COMPRESSED_FROM = 4_096;

/** An account as `solana account ADDRESS --output json` writes it. */
export function formatAccountFile({ key, lamports, owner, executable, rentEpoch, data }: Account): string {
  const isLarge = data.length >= COMPRESSED_FROM;
  const bytes = isLarge ? zstdCompressSync(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
  const account = {
    lamports,
    data: [bytes.toString("base64"), isLarge ? "base64+zstd" : "base64"],
    owner: encodeBase58(owner),
    executable,
    rentEpoch,
    space: data.length,
  };
  return `${stringify({ pubkey: encodeBase58(key), account })}\n`;
}

export function tooLarge(what: string, bytes: number | string): Failure {
  const limit = `an account has at most ${MAX_ACCOUNT_DATA}`;
  return new Failure("account-too-large", `${what}: ${bytes} bytes of data; ${limit}`);
}

/** Throws a Failure that names the file and what is wrong with it. */
export function readAccountFile(path: string): Account {
  let content: unknown;
  const text = readInput(path).toString("utf8");
  try {
    content = parse(text);
  } catch {
    throw new Failure("bad-account-file", `${path} is not JSON`);
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    const form = 'not what "solana account --output json" writes';
    throw new Failure("bad-account-file", `${path} is ${form}: ${where}${issue.message}`);
  }
  const { pubkey, account } = parsed.data;
  const data = decodeData(account.data, path);
  if (account.space !== undefined && account.space !== BigInt(data.length)) {
    throw new Failure(
      "bad-account-file",
      `${path}: account.space is ${account.space}, but the data have ${data.length} bytes`,
    );
  }
  const { owner, lamports, executable, rentEpoch = U64_MAX } = account;
  return { key: pubkey, owner, lamports, rentEpoch, executable, data };
}

/**
 * The account files of a folder, by name: as solana-test-validator all files whose extension is json, not those of its folders.
 * Throws a Failure where the folder cannot be read.
 */
export function accountFilesOf(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => extname(name) === ".json");
  } catch (error) {
    const why: Record<string, string> = { ENOENT: "there is no such folder", ENOTDIR: "it is no folder" };
    throw new Failure(
      "file-unreadable",
      `cannot read ${folder}: ${why[systemCode(error)] ?? (error as Error).message}`,
    );
  }
  const paths = names.sort().map((name) => join(folder, name));
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
