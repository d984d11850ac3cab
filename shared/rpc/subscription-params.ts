/** Subscribe calls of Solana's PubSub: from method and parameters to what to watch, with Agave's errors (rpc_pubsub.rs). */
import * as z from "zod";
import { decodeBase58 } from "./base58.ts";
import type { BlockWatch } from "./block-notices.ts";
import { TRANSACTION_DETAILS, TRANSACTION_ENCODINGS } from "./encode-transaction.ts";
import { invalidParams } from "./errors.ts";
import { type AccountTests, accountTests } from "./filters.ts";
import { parseParams } from "./method.ts";
import {
  accountConfig,
  atLeastConfirmed,
  commitment,
  commitmentConfig,
  config,
  optional,
  programAccountsConfig,
  text,
  u8,
} from "./params.ts";
import type { AccountEncoding, DataSlice } from "./ui-account.ts";

interface Shown {
  readonly encoding: AccountEncoding;
  readonly dataSlice: DataSlice | undefined;
}

export type Watch =
  | ({ readonly kind: "account"; readonly key: Uint8Array } & Shown)
  | ({ readonly kind: "program"; readonly key: Uint8Array; readonly tests: AccountTests } & Shown)
  /** `mentions` null: every transaction. */
  | { readonly kind: "logs"; readonly mentions: Uint8Array | null }
  | { readonly kind: "signature"; readonly signature: Uint8Array; readonly received: boolean }
  | BlockWatch
  | { readonly kind: "slot" }
  | { readonly kind: "slotsUpdates" }
  /** Nobody votes yet: there is nothing to tell. */
  | { readonly kind: "vote" }
  | { readonly kind: "root" };

const MAX_KEY_TEXT = 44;
const MAX_SIGNATURE_TEXT = 88;

/** base58 of `size` bytes, in canonical form. */
function bytesOf(value: string, size: number, thing: string): Uint8Array {
  const bytes = value.length <= (size === 32 ? MAX_KEY_TEXT : MAX_SIGNATURE_TEXT) ? decodeBase58(value) : null;
  if (bytes?.length !== size) throw invalidParams(`Invalid Request: Invalid ${thing} provided`);
  return bytes;
}

const logsFilter = z.union([z.enum(["all", "allWithVotes"]), z.object({ mentions: z.array(text) })]);
const blockFilter = z.union([z.literal("all"), z.object({ mentionsAccountOrProgram: text })]);
const blockConfig = config({
  commitment,
  encoding: optional(z.enum(TRANSACTION_ENCODINGS)),
  transactionDetails: optional(z.enum(TRANSACTION_DETAILS)),
  showRewards: optional(z.boolean()),
  maxSupportedTransactionVersion: optional(u8),
});
const signatureConfig = config({ commitment, enableReceivedNotification: optional(z.boolean()) });

const PARSERS: Readonly<Record<string, (params: unknown) => Watch>> = {
  accountSubscribe(params) {
    const [key, options] = parseParams([text, accountConfig], params);
    const { encoding = "binary", dataSlice } = options;
    return { kind: "account", key: bytesOf(key, 32, "pubkey"), encoding, dataSlice };
  },
  programSubscribe(params) {
    const [key, options] = parseParams([text, programAccountsConfig], params);
    const { encoding = "binary", dataSlice, filters = [] } = options;
    return { kind: "program", tests: accountTests(filters), key: bytesOf(key, 32, "pubkey"), encoding, dataSlice };
  },
  logsSubscribe(params) {
    const [filter] = parseParams([logsFilter, commitmentConfig], params);
    if (typeof filter === "string") return { kind: "logs", mentions: null };
    if (filter.mentions.length !== 1) throw invalidParams("Invalid Request: Only 1 address supported");
    return { kind: "logs", mentions: bytesOf(filter.mentions[0]!, 32, "mentions") };
  },
  signatureSubscribe(params) {
    const [signature, options] = parseParams([text, signatureConfig], params);
    const received = options.enableReceivedNotification ?? false;
    return { kind: "signature", signature: bytesOf(signature, 64, "signature"), received };
  },
  blockSubscribe(params) {
    const [filter, options] = parseParams([blockFilter, blockConfig], params);
    atLeastConfirmed(options.commitment);
    const address = filter === "all" ? null : filter.mentionsAccountOrProgram;
    return {
      kind: "block",
      mentions: address === null ? null : bytesOf(address, 32, "mentions_account_or_program"),
      details: options.transactionDetails ?? "full",
      options: {
        encoding: options.encoding ?? "base64",
        maxVersion: options.maxSupportedTransactionVersion,
        showRewards: options.showRewards ?? false,
      },
    };
  },
  slotsUpdatesSubscribe(params) {
    parseParams([], params);
    return { kind: "slotsUpdates" };
  },
  voteSubscribe(params) {
    parseParams([], params);
    return { kind: "vote" };
  },
  slotSubscribe(params) {
    parseParams([], params);
    return { kind: "slot" };
  },
  rootSubscribe(params) {
    parseParams([], params);
    return { kind: "root" };
  },
};

export const SUBSCRIBE_METHODS: readonly string[] = Object.keys(PARSERS);

const UNSUBSCRIBES: ReadonlySet<string> = new Set(
  SUBSCRIBE_METHODS.map((name) => name.replace("Subscribe", "Unsubscribe")),
);

/** `null`: not a subscribe method. Throws RpcError. */
export function parseSubscribe(method: string, params: unknown): Watch | null {
  return Object.hasOwn(PARSERS, method) ? PARSERS[method]!(params) : null;
}

export function isUnsubscribe(method: string): boolean {
  return UNSUBSCRIBES.has(method);
}
