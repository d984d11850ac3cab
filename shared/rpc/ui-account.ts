/** UiAccount of Agave's account-decoder: one account in the encoding that the client asks for. */
import type { Account } from "./accounts.ts";
import { encodeBase58 } from "./base58.ts";
import { encodeBase64 } from "./base64.ts";
import { INVALID_REQUEST, RpcError } from "./errors.ts";
import type { Json } from "./json.ts";
import { isTokenProgram } from "./keys.ts";
import { parseAccountData } from "./parse-account.ts";
import { readTokenAccount } from "./token-state.ts";
import type { MintScale } from "./ui-amount.ts";
import { zstdFrame } from "./zstd.ts";

export const ACCOUNT_ENCODINGS = ["binary", "base58", "base64", "jsonParsed", "base64+zstd"] as const;
export type AccountEncoding = (typeof ACCOUNT_ENCODINGS)[number];

export interface DataSlice {
  readonly offset: bigint;
  readonly length: bigint;
}

/** Longer data are refused in base58, whose cost is quadratic. */
const MAX_BASE58_BYTES = 128;

function slice(data: Uint8Array, cut: DataSlice | undefined): Uint8Array {
  if (cut === undefined) return data;
  const size = BigInt(data.length);
  if (cut.offset >= size) return data.subarray(0, 0);
  const end = cut.offset + cut.length;
  return data.subarray(Number(cut.offset), end > size ? data.length : Number(end));
}

function base58(data: Uint8Array, cut: DataSlice | undefined, strict: boolean): string {
  if (strict && slice(data, cut).length > MAX_BASE58_BYTES) {
    throw new RpcError(
      INVALID_REQUEST,
      `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
    );
  }
  return data.length > MAX_BASE58_BYTES ? "error: data too large for bs58 encoding" : encodeBase58(slice(data, cut));
}

function encodeData(
  account: Account,
  encoding: AccountEncoding,
  cut: DataSlice | undefined,
  scale: MintScale | undefined,
  strict: boolean,
): Json {
  switch (encoding) {
    case "binary":
      return base58(account.data, cut, strict);
    case "base58":
      return [base58(account.data, cut, strict), "base58"];
    case "base64+zstd":
      return [encodeBase64(zstdFrame(slice(account.data, cut))), "base64+zstd"];
    case "base64":
      return [encodeBase64(slice(account.data, cut)), "base64"];
    case "jsonParsed":
      // Agave drops the slice of a token account here, parsed or not.
      return (
        parseAccountData(account, scale) ?? [
          encodeBase64(isTokenProgram(encodeBase58(account.owner)) ? account.data : slice(account.data, cut)),
          "base64",
        ]
      );
  }
}

/** `strict`: throws RpcError when the data are too long for base58; else Agave puts the error where the data would be. */
export function uiAccount(
  account: Account,
  encoding: AccountEncoding,
  cut: DataSlice | undefined,
  scale: MintScale | undefined,
  strict: boolean,
): Json {
  return {
    lamports: account.lamports,
    data: encodeData(account, encoding, cut, scale, strict),
    owner: encodeBase58(account.owner),
    executable: account.executable,
    rentEpoch: account.rentEpoch,
    space: account.data.length,
  };
}

/** The mint that `jsonParsed` needs to show this account, if it is a token account. */
export function mintNeeded(account: Account): Uint8Array | null {
  if (!isTokenProgram(encodeBase58(account.owner))) return null;
  return readTokenAccount(account.data)?.mint ?? null;
}
