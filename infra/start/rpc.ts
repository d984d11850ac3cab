/** The few calls that `npm start` makes, over the same RPC and WebSocket as every client. */
export async function rpcCall<T>(url: string, method: string, params: readonly unknown[] = []): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const text = await response.text();
  let answer: { result?: T; error?: { code: number; message: string } };
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`${method}: status ${response.status}, ${text.slice(0, 200)}`);
  }
  if (answer.error) throw new Error(`${method}: ${answer.error.message} (${answer.error.code})`);
  return answer.result as T;
}

export interface SignatureWatch {
  /** Resolves with the transaction's error, null for none, once it is confirmed. */
  readonly confirmed: Promise<unknown>;
  close(): void;
}

/** Subscribes to a signature; resolves once the subscription stands. */
export function watchSignature(wsUrl: string, signature: string): Promise<SignatureWatch> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(wsUrl);
    const fail = () => reject(new Error(`no WebSocket at ${wsUrl}`));
    let notify = (_error: unknown) => {};
    const confirmed = new Promise<unknown>((done) => {
      notify = done;
    });
    socket.addEventListener("error", fail);
    socket.addEventListener("close", fail);
    socket.addEventListener("open", () => {
      const params = [signature, { commitment: "confirmed" }];
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "signatureSubscribe", params }));
    });
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.id === 1 && message.error) reject(new Error(`signatureSubscribe: ${message.error.message}`));
      else if (message.id === 1) resolve({ confirmed, close: () => socket.close() });
      else if (message.method === "signatureNotification") notify(message.params.result.value.err);
    });
  });
}
