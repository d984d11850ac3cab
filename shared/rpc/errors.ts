/** Error answers of JSON-RPC and of Solana's RPC: code, text and data as Agave's custom_error.rs gives them. */
import { ErrorCode } from "../errors/codes.ts";
import { type Damage, describeDamage, slotOf } from "../errors/damage.ts";
import type { FaucetRefusal } from "../faucet/limits.ts";
import { FULL_RETRY_MS } from "../storage/room.ts";
import type { Refusal } from "./access.ts";
import type { Json } from "./json.ts";

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
export const BLOCK_CLEANED_UP = -32001;
export const PREFLIGHT_FAILURE = -32002;
export const SIGNATURE_VERIFICATION_FAILURE = -32003;
export const BLOCK_NOT_AVAILABLE = -32004;
export const NODE_UNHEALTHY = -32005;
export const SLOT_SKIPPED = -32007;
export const NO_SNAPSHOT = -32008;
export const SCAN_ERROR = -32012;
export const UNSUPPORTED_TRANSACTION_VERSION = -32015;
export const MIN_CONTEXT_SLOT_NOT_REACHED = -32016;
export const FILTER_TRANSACTION_NOT_FOUND = -32020;

export class RpcError extends Error {
  override readonly name: string = "RpcError";
  constructor(
    readonly code: number,
    message: string,
    readonly data?: Json,
  ) {
    super(message);
  }
}

export const parseError = () => new RpcError(PARSE_ERROR, "Parse error");
export const invalidRequest = (why?: string) =>
  new RpcError(INVALID_REQUEST, why === undefined ? "Invalid request" : `Invalid request: ${why}`);
export const invalidParams = (message: string, data?: Json) => new RpcError(INVALID_PARAMS, message, data);
export const internalError = () => new RpcError(INTERNAL_ERROR, "Internal error");

/**
 * What was asked for is stored, but is not what was written: never answered with other content. Policy: no code of its own, which kit would
 * stumble over; `data` has ours.
 */
export function storeDamaged(damage: Damage): RpcError {
  const slot = slotOf(damage);
  return new RpcError(INTERNAL_ERROR, `Stored data are damaged: ${describeDamage(damage)}`, {
    code: ErrorCode.STORE_DAMAGED,
    object: damage.object,
    table: damage.table,
    ...(slot === undefined ? { row: damage.id } : { slot }),
  });
}

/** Policy: Agave's text is "Method not found"; the method's name is added, in the text and as data. */
export function methodNotFound(method: string): RpcError {
  const name = method.slice(0, 64);
  return new RpcError(METHOD_NOT_FOUND, `Method not found: ${name}`, { method: name });
}

export const blockCleanedUp = (slot: bigint, first: bigint) =>
  new RpcError(BLOCK_CLEANED_UP, `Block ${slot} cleaned up, does not exist on node. First available block: ${first}`);
export const preflightFailure = (message: string, data: Json) => new RpcError(PREFLIGHT_FAILURE, message, data);
export const signatureVerificationFailure = () =>
  new RpcError(SIGNATURE_VERIFICATION_FAILURE, "Transaction signature verification failure");
export const blockNotAvailable = (slot: bigint) =>
  new RpcError(BLOCK_NOT_AVAILABLE, `Block not available for slot ${slot}`);
export const slotSkipped = (slot: bigint) =>
  new RpcError(SLOT_SKIPPED, `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`);
export const noSnapshot = () => new RpcError(NO_SNAPSHOT, "No snapshot");
export const scanError = (message: string) => new RpcError(SCAN_ERROR, message);
/** A transaction that the client says it cannot read. */
export class UnsupportedVersion extends RpcError {
  constructor(readonly version: number) {
    super(
      UNSUPPORTED_TRANSACTION_VERSION,
      `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
    );
  }
}
export const minContextSlotNotReached = (contextSlot: bigint) =>
  new RpcError(MIN_CONTEXT_SLOT_NOT_REACHED, "Minimum context slot has not been reached", { contextSlot });

export const filterTransactionNotFound = (signature: string) =>
  new RpcError(FILTER_TRANSACTION_NOT_FOUND, `Transaction ${signature} not found`);

/** No code of its own: @solana/kit stumbles over codes that it does not know. */
/** As Surfpool has it. */
export const cheatcodeDisabled = (method: string) =>
  new RpcError(INVALID_REQUEST, `Cheatcode rpc method: ${method} is currently disabled`);

export const developmentOnly = (method: string) =>
  new RpcError(METHOD_NOT_FOUND, `${method} is there only on a network for development; start it with --dev`, {
    method,
  });

/** A guarded method, asked by a request that might come from a page which has no business with this network. */
export const accessRefused = (method: string, { why, obstacle }: Refusal) =>
  new RpcError(INVALID_REQUEST, `${method} is refused: ${why}`, { code: ErrorCode.EDGE_FORBIDDEN, obstacle });

/** Policy: Agave's RPC hides the text of its faucet behind "Internal error". */
export const faucetRefused = ({ text, limit, retryAfterSeconds }: FaucetRefusal) =>
  new RpcError(INVALID_PARAMS, text, {
    code: ErrorCode.FAUCET_LIMIT,
    limit,
    ...(retryAfterSeconds > 0 && { retryAfterMs: retryAfterSeconds * 1_000 }),
  });

/** The chain cannot answer now: a backend throws it while the builder comes up. */
export const nodeUnhealthy = (why?: string) =>
  new RpcError(NODE_UNHEALTHY, why === undefined ? "Node is unhealthy" : `Node is unhealthy: ${why}`, {
    numSlotsBehind: null,
  });

/** Nothing is taken, or can be answered: there is no room on the disk. */
export class StorageFull extends RpcError {
  constructor(retryAfterMs: number) {
    super(NODE_UNHEALTHY, "Node is unhealthy: storage is full, nothing is taken until there is room", {
      numSlotsBehind: null,
      code: ErrorCode.STORE_FULL,
      retryAfterMs,
    });
  }
}

export const storageFull = (retryAfterMs: number = FULL_RETRY_MS) => new StorageFull(retryAfterMs);

/** What to tell who sent something that was not taken. */
export const notTaken = ({ full, retryAfterMs }: { readonly full?: true; readonly retryAfterMs: number }) =>
  full ? storageFull(retryAfterMs) : busy(retryAfterMs);

/** Nothing of the transaction was taken: the lanes are full for the moment. */
export const busy = (retryAfterMs: number) =>
  new RpcError(NODE_UNHEALTHY, `Node is busy, nothing was sent; try again in ${retryAfterMs} ms`, {
    numSlotsBehind: null,
    retryAfterMs,
  });

/** More than one request may do, or more than there is room for at the moment: nothing of the call was done. */
export const tooMuchWork = (retryAfterMs: number) =>
  new RpcError(NODE_UNHEALTHY, `Too much work for one request; send the rest again in ${retryAfterMs} ms`, {
    numSlotsBehind: null,
    retryAfterMs,
  });
