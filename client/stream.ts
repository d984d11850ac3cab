/** The binary stream (shared/ingest) over what browsers, Workers and Node have: WebSocket and timers. */
import { hostTimer, streamUrl, webSocket } from "../shared/ingest/adapters.ts";
import { IngestClient, type IngestOptions } from "../shared/ingest/client.ts";
import { StreamTransport } from "../shared/ingest/transport.ts";

export interface StreamOptions extends IngestOptions {
  /** Opens a WebSocket; unset: the global one. */
  readonly open?: (url: string) => unknown;
}

/** A client of the network at `url` (http or https). It connects again by itself until it is closed. */
export function openStream(
  url: string,
  { open = (to) => new WebSocket(to), ...options }: StreamOptions = {},
): IngestClient {
  const timer = hostTimer(setTimeout, clearTimeout);
  const address = streamUrl(url);
  return new IngestClient(
    new StreamTransport(
      webSocket(() => open(address)),
      timer,
    ),
    timer,
    options,
  );
}
