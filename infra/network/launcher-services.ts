/**
 * Services that the network's worker has from the process that started workerd: how much room the disk has (DISK), what a forked network's
 * upstream says (FORK). Each is a binding of its name; only workerd has the token.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CapnpStruct } from "./capnp.ts";

const TOKEN_HEADER = "x-launcher-token";
const SERVICE_HEADER = "x-launcher-service";

export interface LauncherAnswer {
  readonly status: number;
  readonly body: string | Uint8Array;
}

/** `path` and body of a request. */
export type LauncherService = (path: string, body: Uint8Array) => LauncherAnswer | Promise<LauncherAnswer>;

export class LauncherServices {
  readonly #server: Server;
  readonly #token = randomBytes(32).toString("hex");
  readonly #services: Readonly<Record<string, LauncherService>>;

  private constructor(services: Readonly<Record<string, LauncherService>>) {
    this.#services = services;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
    });
  }

  /** By the name of their binding. */
  static async start(services: Readonly<Record<string, LauncherService>>): Promise<LauncherServices> {
    const started = new LauncherServices(services);
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    started.#server.unref();
    return started;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { [TOKEN_HEADER]: token, [SERVICE_HEADER]: name } = request.headers;
    const service = token === this.#token ? this.#services[String(name)] : undefined;
    if (!service) {
      response.writeHead(403).end();
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { status, body } = await service(request.url ?? "/", new Uint8Array(Buffer.concat(parts)));
    response.writeHead(status).end(body);
  }

  get names(): string[] {
    return Object.keys(this.#services);
  }

  /** Services of workerd's, of the same names. */
  get config(): CapnpStruct[] {
    const { port } = this.#server.address() as AddressInfo;
    return this.names.map((name) => {
      const injectRequestHeaders = [
        { name: TOKEN_HEADER, value: this.#token },
        { name: SERVICE_HEADER, value: name },
      ];
      return { name, external: { address: `127.0.0.1:${port}`, http: { injectRequestHeaders } } };
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
