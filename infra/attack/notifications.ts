/** A user's WebSocket: signatureSubscribe, one at a time; opened again when it was lost. */
interface Waiting {
  readonly id: number;
  subscription: number | undefined;
  resolve(): void;
  reject(error: Error): void;
}

export class Notifications {
  readonly #address: URL;
  #socket: Promise<WebSocket> | undefined;
  #waiting: Waiting | undefined;
  #nextId = 1;

  constructor(url: URL) {
    this.#address = new URL(url);
    this.#address.protocol = "ws:";
  }

  /** Back when the signature is confirmed. Rejects when it failed, was refused, or the socket was lost. */
  async confirmed(signature: string): Promise<void> {
    this.#socket ??= this.#open();
    const socket = await this.#socket;
    const id = this.#nextId++;
    const params = [signature, { commitment: "confirmed" }];
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "signatureSubscribe", params }));
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { id, subscription: undefined, resolve, reject };
    });
  }

  close(): void {
    this.#socket?.then((socket) => socket.close()).catch(() => {});
    this.#socket = undefined;
  }

  #open(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#address.href);
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("message", ({ data }) => this.#heard(JSON.parse(String(data))));
      const lost = () => {
        const error = new Error("the WebSocket was lost");
        reject(error);
        this.#waiting?.reject(error);
        this.#socket = undefined;
      };
      socket.addEventListener("error", lost);
      socket.addEventListener("close", lost);
    });
  }

  #heard(message: {
    readonly id?: number;
    readonly result?: number;
    readonly error?: { readonly code: number };
    readonly params?: { readonly subscription: number; readonly result: { readonly value: { readonly err: unknown } } };
  }): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (message.id === waiting.id) {
      if (message.error) waiting.reject(new Error(`signatureSubscribe: ${message.error.code}`));
      else waiting.subscription = message.result;
    } else if (message.params && message.params.subscription === waiting.subscription) {
      const { err } = message.params.result.value;
      if (err === null) waiting.resolve();
      else waiting.reject(new Error(`failed: ${JSON.stringify(err)}`));
    }
  }
}
