/** How a network in a test has its objects taken out of memory: through a worker of its own (evict-worker.ts). */
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CapnpStruct } from "./capnp.ts";
import { modulesOf } from "./code-file.ts";
import { EVICT_TOKEN_HEADER, type EvictRequest } from "./evict-request.ts";
import type { SocketOptions } from "./listeners.ts";
import { workerCode } from "./worker-code.ts";

/** Run by workerd: infra/network/evict-worker.ts. */
const WORKER = join(dirname(fileURLToPath(import.meta.url)), "evict-worker.ts");
const NAME = "evict";
export class Evictor {
  readonly socket: SocketOptions = { name: NAME, host: "127.0.0.1", port: 0 };
  readonly service: CapnpStruct;
  readonly #token: string;

  private constructor(service: CapnpStruct, token: string) {
    this.service = service;
    this.#token = token;
  }

  /** For the objects of these classes of the service `worker`. */
  static async for(worker: string, compatibilityDate: string, classes: readonly string[]): Promise<Evictor> {
    const token = randomBytes(32).toString("hex");
    const modules = modulesOf(await workerCode(WORKER));
    const objects = classes.map((className) => {
      return { name: className, durableObjectNamespace: { className, serviceName: worker } };
    });
    const bindings = [{ name: "TOKEN", text: token }, ...objects];
    const compatibilityFlags = ["unsafe_module"];
    return new Evictor({ name: NAME, worker: { modules, compatibilityDate, compatibilityFlags, bindings } }, token);
  }

  /** `port`: the socket's. */
  async evict(port: number, request: EvictRequest): Promise<void> {
    const headers = { [EVICT_TOKEN_HEADER]: this.#token };
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers,
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(`evicting ${request.name} failed: ${await response.text()}`);
  }
}
