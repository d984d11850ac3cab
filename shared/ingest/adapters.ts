/** What a browser, a Worker and Node have, as transport.ts wants it. The constructors and functions are passed in. */
import type { Connect, Post, Timer } from "./transport.ts";

interface StandardSocket {
  binaryType: string;
  send(data: Uint8Array): void;
  close(code?: number): void;
  addEventListener(type: string, listener: (event: { data?: unknown; code?: number }) => void): void;
}

const LOST = 1006;

/** `open`: `() => new WebSocket("ws://…/v1/stream")`. */
export function webSocket(open: () => unknown): Connect {
  return (handlers) => {
    const socket = open() as StandardSocket;
    socket.binaryType = "arraybuffer";
    let over = false;
    const closed = (code: number) => {
      if (!over) handlers.closed(code);
      over = true;
    };
    socket.addEventListener("open", () => handlers.opened());
    socket.addEventListener("message", ({ data }) => {
      if (!over) handlers.message(new Uint8Array(data as ArrayBuffer));
    });
    socket.addEventListener("close", ({ code }) => closed(code ?? LOST));
    socket.addEventListener("error", () => closed(LOST));
    return { send: (bytes) => socket.send(bytes), close: (code) => socket.close(code) };
  };
}

interface StandardResponse {
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}
type StandardFetch = (url: string, init: { method: string; body: never }) => Promise<StandardResponse>;

/** `url` of the network: its POST /v1/transactions. */
export function fetchPost(fetch: StandardFetch, url: string): Post {
  const address = new URL("/v1/transactions", url).href;
  return async (body) => {
    const response = await fetch(address, { method: "POST", body: body as never });
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  };
}

/** The stream's address on the network at `url` (http or https). */
export const streamUrl = (url: string): string => webSocketUrl(new URL("/v1/stream", url).href);

/** `url` (http or https) for a WebSocket. */
export function webSocketUrl(url: string): string {
  const address = new URL(url);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

type Start<Id> = (then: () => void, ms: number) => Id;

/** A host's pair of functions to start and to stop a timer. */
export function hostTimer<Id>(start: Start<Id>, stop: (id: Id) => void): Timer {
  return (ms, then) => {
    const id = start(then, ms);
    return () => stop(id);
  };
}
