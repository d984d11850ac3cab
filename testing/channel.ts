/** kit's subscriptions over a socket within this process. */
import {
  createRpcSubscriptionsTransportFromChannelCreator,
  createSolanaRpcSubscriptionsFromTransport,
  getChannelPoolingChannelCreator,
  getDataPublisherFromEventEmitter,
  getRpcSubscriptionsChannelWithBigIntJSONSerialization,
  getRpcSubscriptionsTransportWithSubscriptionCoalescing,
  type RpcSubscriptions,
  SOLANA_ERROR__RPC_SUBSCRIPTIONS__CHANNEL_CONNECTION_CLOSED,
  SolanaError,
  type SolanaRpcSubscriptionsApi,
} from "@solana/kit";
import type { Socket } from "./isolate/sockets.ts";

/** As kit has them by default. */
const POOL = { maxSubscriptionsPerChannel: 100, minChannels: 1 };

type Event = CustomEvent<string> | CustomEvent<SolanaError>;

/** `connect`: a socket to PubSub, not accepted yet. */
export function subscriptionsOver(connect: () => Promise<Socket>): RpcSubscriptions<SolanaRpcSubscriptionsApi> {
  const createChannel = async ({ abortSignal }: { readonly abortSignal: AbortSignal }) => {
    const socket = await connect();
    const events = new EventTarget();
    const tell = (type: "message" | "error", detail: unknown) =>
      events.dispatchEvent(new CustomEvent(type, { detail }));
    const closed = (cause?: unknown) =>
      new SolanaError(SOLANA_ERROR__RPC_SUBSCRIPTIONS__CHANNEL_CONNECTION_CLOSED, { cause });
    socket.addEventListener("message", ({ data }) => tell("message", data));
    socket.addEventListener("close", ({ reason }) => {
      if (!abortSignal.aborted) tell("error", closed(reason));
    });
    abortSignal.addEventListener("abort", () => socket.close(1000));
    socket.accept();
    const publisher = getDataPublisherFromEventEmitter<Record<string, Event>>(events as never);
    const channel = {
      ...publisher,
      async send(message: string) {
        if (socket.readyState !== 1) throw closed();
        socket.send(message);
      },
    };
    return getRpcSubscriptionsChannelWithBigIntJSONSerialization(channel as never);
  };
  const pooled = getChannelPoolingChannelCreator(createChannel as never, POOL);
  const transport = getRpcSubscriptionsTransportWithSubscriptionCoalescing(
    createRpcSubscriptionsTransportFromChannelCreator(pooled) as never,
  );
  return createSolanaRpcSubscriptionsFromTransport(transport as never);
}
