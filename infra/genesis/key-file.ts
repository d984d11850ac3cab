/** Addresses on a command line: base58, or a key file of the Solana CLI (a JSON array of the 64 bytes of seed and public key). */
import { readFileSync } from "node:fs";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { Failure, systemCode } from "../network/failure.ts";
import { type Keypair, readKeypair } from "../network/keypair.ts";

/** Longest base58 of 32 bytes. */
const MAX_ADDRESS_TEXT = 44;

export function readInput(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why: Record<string, string> = { ENOENT: "there is no such file", EISDIR: "it is a folder" };
    throw new Failure("file-unreadable", `cannot read ${path}: ${why[systemCode(error)] ?? (error as Error).message}`);
  }
}

/** `null`: not the base58 of 32 bytes. */
export function addressBytes(text: string): Uint8Array | null {
  const bytes = text.length > MAX_ADDRESS_TEXT ? null : decodeBase58(text);
  return bytes?.length === 32 ? bytes : null;
}

/** Throws a Failure when the file cannot be read or is no key file. */
export function readKeyFile(path: string): Keypair {
  const refused = new Failure(
    "bad-key",
    `${path} is no key file: it must be a JSON array of 64 bytes, seed and public key`,
  );
  let content: unknown;
  const text = readInput(path).toString("utf8");
  try {
    content = JSON.parse(text);
  } catch {
    throw refused;
  }
  const isByte = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
  if (!Array.isArray(content) || content.length !== 64 || !content.every(isByte)) throw refused;
  const keypair = readKeypair(encodeBase58(Uint8Array.from(content)));
  if (!keypair) throw new Failure("bad-key", `${path} is no key file: its public key is not that of its seed`);
  return keypair;
}

/** The address that `text` is or, as the Solana tools have it, that of the key file that it names. `what` names it in an error. */
export function addressOf(text: string, what: string): Uint8Array {
  const bytes = addressBytes(text);
  if (bytes) return bytes;
  if (!/\.json$/.test(text)) throw new Failure("bad-key", `${what}: "${text}" is neither an address nor a key file`);
  return readKeyFile(text).publicKey;
}
