/** POST /v1/transactions over raw keep-alive connections, as PostTransport wants it. */
import type { Post } from "../../shared/ingest/transport.ts";
import { HttpConnection, requestBytes } from "./http-connection.ts";

/** Connections are kept and used again, the last one first; there are as many as requests were under way at once. */
export function rawPost(url: string): { readonly post: Post; readonly close: () => void } {
  const address = new URL("/v1/transactions", url);
  const all = new Set<HttpConnection>();
  const free: HttpConnection[] = [];
  const post: Post = async (body) => {
    const connection = free.pop() ?? new HttpConnection(address);
    all.add(connection);
    try {
      return await connection.send(requestBytes("POST", address, body));
    } finally {
      free.push(connection);
    }
  };
  return {
    post,
    close: () => {
      for (const connection of all) connection.close();
    },
  };
}
