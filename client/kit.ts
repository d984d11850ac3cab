/**
 * @solana/kit over the stream: what is sent goes over it, and what became of it answers whoever asks for its status or subscribes to its
 * signature. Everything else is JSON-RPC as usual.
 *
 *   sendTransaction ─▶ preflight, unless it is skipped ─▶ stream ─▶ its outcome, a block later ─▶ the signature, or JSON-RPC's error
 *   getSignatureStatuses, signatureNotifications ─▶ known from the stream? answered here : the network
 */
import {
  createDefaultRpcTransport,
  createDefaultSolanaRpcSubscriptionsChannelCreator,
  createRpcSubscriptionsTransportFromChannelCreator,
  createSolanaRpcFromTransport,
  createSolanaRpcSubscriptionsFromTransport,
  type Rpc,
  type RpcSubscriptions,
  type RpcSubscriptionsTransport,
  type RpcTransport,
  type SolanaRpcApi,
  type SolanaRpcSubscriptionsApi,
} from "@solana/kit";
import { errorName } from "../shared/errors/codes.ts";
import { TRANSACTION_ERRORS, transactionErrorToJson } from "../shared/errors/transaction-error.ts";
import { webSocketUrl } from "../shared/ingest/adapters.ts";
import type { IngestClient, TransactionStatus } from "../shared/ingest/client.ts";
import { wireSignature } from "../shared/protocol/record.ts";
import { encodeBase58 } from "../shared/rpc/base58.ts";
import { decodeBase64 } from "../shared/rpc/base64.ts";
import { Outcomes, type StatusJson } from "./outcomes.ts";
import { openStream, type StreamOptions } from "./stream.ts";

/** JSON-RPC's codes (Agave's rpc-client-api/src/custom_error.rs). */
const PREFLIGHT_FAILURE = -32002;
const INVALID_PARAMS = -32602;
/** Up to here a refusal's code is a TransactionError's number. */
const FIRST_OWN_CODE = 1000;

export interface StreamClientOptions extends StreamOptions {
  /** For what is not sent; unset: kit's own, to the same URL. */
  readonly transport?: RpcTransport;
  /** Of PubSub; unset: kit's own, to the same host. */
  readonly subscriptionsTransport?: RpcSubscriptionsTransport;
}

export interface StreamClient {
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly rpcSubscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  /** The stream itself, for many at once. */
  readonly stream: IngestClient;
  /** Sends a signed transaction's wire bytes without preflight, and resolves with what became of it. */
  send(wire: Uint8Array): Promise<TransactionStatus>;
  close(): void;
}

interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

type Answer = { readonly result: unknown } | { readonly error: { code: number; message: string; data?: unknown } };

const refused = (err: unknown, more: object = {}): Answer => {
  const text =
    typeof err === "string"
      ? err
      : JSON.stringify(err, (_, value) => (typeof value === "bigint" ? Number(value) : value));
  const data = { accounts: null, logs: null, returnData: null, unitsConsumed: null, ...more, err };
  return { error: { code: PREFLIGHT_FAILURE, message: `Transaction simulation failed: ${text}`, data } };
};

/** What JSON-RPC would have answered. */
function answerOf(signature: string, { fate, code, error }: TransactionStatus): Answer {
  if (fate === "expired") return refused("BlockhashNotFound");
  if (fate === "not-landed") {
    const err = error && transactionErrorToJson(error);
    // The same was sent before, and has landed.
    return err === null || err === "AlreadyProcessed" ? { result: signature } : refused(err);
  }
  if (fate !== "refused") return { result: signature };
  if (code < FIRST_OWN_CODE) return refused(TRANSACTION_ERRORS[code]);
  return {
    error: { code: INVALID_PARAMS, message: `invalid transaction: ${errorName(code) ?? code}`, data: { code } },
  };
}

class KitOverStream {
  readonly #stream: IngestClient;
  readonly #network: RpcTransport;
  readonly #outcomes = new Outcomes();

  constructor(stream: IngestClient, network: RpcTransport) {
    this.#stream = stream;
    this.#network = network;
  }

  async send(wire: Uint8Array): Promise<TransactionStatus> {
    const outcome = await this.#stream.send(wire);
    this.#outcomes.add(encodeBase58(wireSignature(wire)), outcome);
    return outcome;
  }

  /** As kit calls it. */
  async transport(config: Parameters<RpcTransport>[0]): Promise<unknown> {
    const request = config.payload as Request;
    const answer = await this.#answer(request, config.signal);
    return answer ? { jsonrpc: "2.0", id: request.id, ...answer } : await this.#network(config);
  }

  async #answer(request: Request, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    if (request.method === "sendTransaction") return await this.#sendTransaction(request, signal);
    if (request.method === "getSignatureStatuses") return this.#statuses(request);
    return undefined;
  }

  async #sendTransaction({ params }: Request, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    const [text, options] = params as [
      string,
      { encoding?: string; skipPreflight?: boolean } & Record<string, unknown>,
    ];
    if (options?.encoding !== "base64") return undefined;
    const wire = decodeBase64(text);
    // The network says what is wrong with it.
    if (wire === null) return undefined;
    if (!options.skipPreflight) {
      const failed = await this.#preflight(text, options, signal);
      if (failed) return failed;
    }
    signal?.throwIfAborted();
    return answerOf(encodeBase58(wireSignature(wire)), await this.send(wire));
  }

  /** Undefined: it would succeed. */
  async #preflight(text: string, options: Record<string, unknown>, signal?: AbortSignal): Promise<Answer | undefined> {
    const { preflightCommitment: commitment, minContextSlot } = options;
    const params = [text, { encoding: "base64", sigVerify: true, commitment, minContextSlot }];
    const payload = { jsonrpc: "2.0", id: 0, method: "simulateTransaction", params };
    const answer: Answer = await this.#network(signal ? { payload, signal } : { payload });
    if ("error" in answer) return answer;
    const { value } = answer.result as { readonly value: { readonly err: unknown } };
    return value.err === null ? undefined : refused(value.err, value);
  }

  /** Undefined unless all of them are known. */
  #statuses({ params }: Request): Answer | undefined {
    const [signatures] = params as [readonly string[]];
    const known = signatures.map((signature) => this.#outcomes.get(signature));
    if (known.length === 0 || known.includes(undefined)) return undefined;
    let slot = 0n;
    for (const status of known as StatusJson[]) if (status.slot > slot) slot = status.slot;
    return { result: { context: { slot }, value: known } };
  }

  /** Undefined: it is for the network. */
  notificationOf(method: string, params: unknown): { context: { slot: bigint }; value: { err: unknown } } | undefined {
    if (method !== "signatureNotifications") return undefined;
    const [signature, options] = params as [string, { enableReceivedNotification?: boolean } | undefined];
    const status = options?.enableReceivedNotification ? undefined : this.#outcomes.get(signature);
    return status && { context: { slot: status.slot }, value: { err: status.err } };
  }
}

/** Something that is published at once to whoever asks, and then nothing. */
function publishing<T>(data: T) {
  return {
    on(channel: string, subscriber: (data: T) => void, options?: { readonly signal?: AbortSignal }): () => void {
      let isWanted = channel === "notification";
      queueMicrotask(() => {
        if (isWanted && !options?.signal?.aborted) subscriber(data);
      });
      return () => {
        isWanted = false;
      };
    },
  };
}

/** A client of the network at `url` (http or https). To be closed: until then it connects again by itself. */
export function createStreamClient(url: string, options: StreamClientOptions = {}): StreamClient {
  const { transport = createDefaultRpcTransport({ url }), subscriptionsTransport, ...rest } = options;
  const pubSub: RpcSubscriptionsTransport =
    subscriptionsTransport ??
    createRpcSubscriptionsTransportFromChannelCreator(
      createDefaultSolanaRpcSubscriptionsChannelCreator({ url: webSocketUrl(url) }),
    );
  const stream = openStream(url, rest);
  const kit = new KitOverStream(stream, transport);
  const known: RpcSubscriptionsTransport = async (config) => {
    const { methodName, params } = config.request;
    const notification = kit.notificationOf(methodName, params);
    return (notification ? publishing(notification) : await pubSub(config)) as Awaited<
      ReturnType<typeof pubSub<never>>
    >;
  };
  return {
    rpc: createSolanaRpcFromTransport(((config) => kit.transport(config)) as RpcTransport) as Rpc<SolanaRpcApi>,
    rpcSubscriptions: createSolanaRpcSubscriptionsFromTransport(known) as RpcSubscriptions<SolanaRpcSubscriptionsApi>,
    stream,
    send: (wire) => kit.send(wire),
    close: () => stream.close(),
  };
}
