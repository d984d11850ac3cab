/**
 * What methods of a network for development share: they are guarded, can be switched off, and keep what they have to remember on the chain.
 *
 * A note is an account of the development program with JSON, whose address is made from the note's name: it is there after a restart, and goes
 * back with the chain.
 */
import * as z from "zod";
import { sha256 } from "../../../durable-objects/host/sha256.ts";
import type { DevBackend, Head } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { cheatcodeDisabled, developmentOnly, invalidParams } from "../../../shared/rpc/errors.ts";
import { type Json, parse, stringify } from "../../../shared/rpc/json.ts";
import { DEV_NETWORK_PROGRAM, keyBytes } from "../../../shared/rpc/keys.ts";
import { guarded, type Method, type Methods } from "../../../shared/rpc/method.ts";
import { U64_MAX, u64 } from "../../../shared/rpc/params.ts";
import { MAX_ACCOUNT_DATA } from "../../../shared/state/accounts.ts";
import { isCarried } from "../../../shared/state/carried.ts";
import { DISABLED, disabledNote } from "./dev-notes.ts";

const PROGRAM = keyBytes(DEV_NETWORK_PROGRAM);

/** An integer, or its decimal digits: clients cannot send integers beyond 2^53 to methods that they do not know. */
const isAmount = (value: unknown): value is number | bigint | string =>
  typeof value === "string" ? /^\d{1,20}$/.test(value) && BigInt(value) <= U64_MAX : u64.safeParse(value).success;
export const amount = z
  .custom<number | bigint | string>(isAmount, { error: "expected u64, as a number or its decimal digits" })
  .transform((value) => BigInt(value));

const noteKey = (name: string): Uint8Array =>
  sha256(new TextEncoder().encode(`note of a development network: ${name}`));

/** Undefined: nothing was noted. */
export async function readNote<T extends z.ZodType>(
  call: Call,
  name: string,
  schema: T,
): Promise<z.output<T> | undefined> {
  const account = await call.account(await call.head(), noteKey(name));
  if (account === null) return undefined;
  const parsed = schema.safeParse(parse(new TextDecoder().decode(account.data)));
  return parsed.success ? parsed.data : undefined;
}

export async function writeNote(dev: DevBackend, name: string, value: Json): Promise<void> {
  const data = new TextEncoder().encode(stringify(value));
  if (data.length > MAX_ACCOUNT_DATA) throw invalidParams(`${data.length} bytes are more than an account may have`);
  await dev.setAccount({ key: noteKey(name), owner: PROGRAM, data });
}

/** The answer of what has nothing to tell but the slot as of which it is done. */
export const nothing = async (call: Call) => withContext((await call.backend.head()).slot, null);

/** A method that only a network for development has; it is refused before its parameters are looked at. */
export function devMethod(name: string, run: (dev: DevBackend) => Method, acts = true): Methods {
  return {
    [name]: {
      acts,
      async run(call, params) {
        if (call.backend.dev === undefined) throw developmentOnly(name);
        const method: Method = {
          async run(call, params) {
            const note = await readNote(call, DISABLED, disabledNote);
            if (note?.methods.includes(name)) throw cheatcodeDisabled(name);
            return run(call.backend.dev!).run(call, params);
          },
        };
        return guarded(name, method).run(call, params);
      },
    },
  };
}

export function hexBytes(value: string): Uint8Array {
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

/** Throws RpcError for what is no account of a shard: the chain itself makes its sysvars, and its programs are built in. */
export async function settable(call: Call, head: Head, key: Uint8Array): Promise<void> {
  const { faucet } = await call.info();
  if (faucet && encodeBase58(faucet) === encodeBase58(key)) {
    throw invalidParams("the faucet's account cannot be set: its lamports balance what is set elsewhere");
  }
  if (call.services.wellKnown(head.context, [key])[0] !== null || isCarried(key, head.context)) {
    throw invalidParams(`${encodeBase58(key)} is built in and cannot be set`);
  }
}
