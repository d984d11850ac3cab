/**
 * Wraps the worker for one of two processes: bindings to objects of the other process are replaced by stubs that call them
 * over its debug port. A connection belongs to who opened it, so each object here has its own; requests to the edge, which
 * are short, share the one of the object `Link`.
 *
 *   edge ──▶ Link ──┐
 *   lane ───────────┴─connection──▶ objects of the other process
 */

import { DurableObject } from "cloudflare:workers";
import { createHash, createHmac } from "node:crypto";
import { LINK, PEER, type RemoteClass, type SplitVariable, TOKEN_HEADER } from "./plan.ts";

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;
type Remote = Fetcher & Methods;

/** A connected debug port, as workerd gives it. */
interface DebugPort {
  getActor(service: string, className: string, id: string): Remote;
}

interface SplitEnv extends Record<string, unknown> {
  readonly SPLIT: SplitVariable;
  readonly [PEER]: { connect(address: string): DebugPort };
  readonly [LINK]: { get(name: string): Fetcher & Pick<Link, "call"> };
}

/** Something that reaches objects of the other process. */
interface Caller {
  call(className: string, id: string, method: string, args: unknown[]): Promise<unknown>;
  fetchObject(className: string, id: string, request: Request): Promise<Response>;
}

/** Where the other process is: told by infra whenever it has started. */
let peerAddress: string | undefined;

const TARGET_HEADER = "x-split-target";

/** The id of an object by name, as workerd makes it (ActorIdFactoryImpl in its server/actor-id-impl.c++). */
function idOf(uniqueKey: string, name: string): string {
  const key = createHash("sha256").update(uniqueKey).digest();
  const half = (data: string | Uint8Array) => createHmac("sha256", key).update(data).digest().subarray(0, 16);
  const base = half(name);
  return Buffer.concat([base, half(base)]).toString("hex");
}

/** Calls objects over a connection of its own. Calls go out at once: what they carry may change afterwards. */
class Connection implements Caller {
  readonly #env: SplitEnv;
  #address: string | undefined;
  #port: DebugPort | undefined;

  constructor(env: SplitEnv) {
    this.#env = env;
  }

  call(className: string, id: string, method: string, args: unknown[]): Promise<unknown> {
    return this.#use(className, id, (object) => object[method]!(...args));
  }

  fetchObject(className: string, id: string, request: Request): Promise<Response> {
    return this.#use(className, id, (object) => object.fetch(request));
  }

  async #use<T>(className: string, id: string, call: (object: Remote) => Promise<T>): Promise<T> {
    const port = this.#connected();
    try {
      return await call(port.getActor(this.#env.SPLIT.service, className, id));
    } catch (error) {
      // Whether it failed on the way or over there is not known: the next call connects anew.
      if (port === this.#port) this.#port = undefined;
      throw error;
    }
  }

  #connected(): DebugPort {
    if (peerAddress === undefined) throw new Error("the other process is not up");
    if (!this.#port || this.#address !== peerAddress) {
      this.#address = peerAddress;
      this.#port = this.#env[PEER].connect(peerAddress);
    }
    return this.#port;
  }
}

/** The connection of the edge's requests. */
export class Link extends DurableObject<SplitEnv> {
  readonly #connection = new Connection(this.env);

  async call(className: string, id: string, method: string, args: unknown[]): Promise<unknown> {
    const answer = await this.#connection.call(className, id, method, args);
    // What has a disposer is handed on as something that the edge would have to dispose of. No answer here holds anything.
    if (typeof answer === "object" && answer !== null) Reflect.deleteProperty(answer, Symbol.dispose);
    return answer;
  }

  override fetch(request: Request): Promise<Response> {
    const [className, id] = request.headers.get(TARGET_HEADER)!.split("/") as [string, string];
    const headers = new Headers(request.headers);
    headers.delete(TARGET_HEADER);
    return this.#connection.fetchObject(className, id, new Request(request, { headers }));
  }
}

function linkCaller(env: SplitEnv): Caller {
  const link = () => env[LINK].get("link");
  return {
    call: (...call) => link().call(...call),
    fetchObject(className, id, request) {
      const headers = new Headers(request.headers);
      headers.set(TARGET_HEADER, `${className}/${id}`);
      return link().fetch(new Request(request, { headers }));
    },
  };
}

/** Stands for a namespace whose objects are in the other process: what this project uses of one. */
class RemoteNamespace {
  readonly #of: RemoteClass;
  readonly #caller: Caller;
  readonly #stubs = new Map<string, object>();

  constructor(of: RemoteClass, caller: Caller) {
    this.#of = of;
    this.#caller = caller;
  }

  idFromName(name: string): string {
    return name;
  }

  get(name: string): object {
    const stub = this.#stubs.get(name) ?? this.#stub(idOf(this.#of.uniqueKey, name));
    this.#stubs.set(name, stub);
    return stub;
  }

  #stub(id: string): object {
    const { className } = this.#of;
    const caller = this.#caller;
    const fetchObject = (input: RequestInfo, init?: RequestInit) =>
      caller.fetchObject(className, id, new Request(input, init));
    const methods: Record<string | symbol, unknown> = { fetch: fetchObject };
    return new Proxy(methods, {
      get(known, method) {
        if (typeof method !== "string" || method === "then") return undefined;
        known[method] ??= (...args: unknown[]) => caller.call(className, id, method, args);
        return known[method];
      },
    });
  }
}

function splitEnv(env: SplitEnv, caller: Caller): SplitEnv {
  const remote = Object.entries(env.SPLIT.remote).map(([name, of]) => [name, new RemoteNamespace(of, caller)]);
  return { ...env, ...Object.fromEntries(remote) };
}

const nameById = new Map<string, string>();
/** How many numbers of each series are in the map, and how many come in at once. */
let numbered = 0;
const NUMBERS = 256;
const MOST_NUMBERS = 1 << 16;

/** Gives an object that was called by id the name that production gives it. */
function nameObject(ctx: DurableObjectState, { SPLIT }: SplitEnv, className: string): void {
  const { id } = ctx;
  if (id.name !== undefined) return;
  const add = (name: string) => {
    for (const uniqueKey of Object.values(SPLIT.local)) nameById.set(idOf(uniqueKey, name), name);
  };
  if (nameById.size === 0) SPLIT.names.forEach(add);
  const hex = id.toString();
  while (!nameById.has(hex) && numbered < MOST_NUMBERS) {
    for (const series of SPLIT.series) for (let i = 0; i < NUMBERS; i++) add(`${series}${numbered + i}`);
    numbered += NUMBERS;
  }
  const name = nameById.get(hex);
  if (name === undefined) throw new Error(`an object of ${className} without a name: ${hex}`);
  const named = { name, toString: () => hex, equals: (other: DurableObjectId) => id.equals(other) };
  Object.defineProperty(ctx, "id", { value: named });
}

type ObjectClass = new (ctx: DurableObjectState, env: SplitEnv) => DurableObject<SplitEnv>;

/** An object class of the worker, with a connection to the other process for each object. */
export function splitObject(className: string, Base: ObjectClass): ObjectClass {
  return class extends Base {
    constructor(ctx: DurableObjectState, env: SplitEnv) {
      nameObject(ctx, env, className);
      super(ctx, splitEnv(env, new Connection(env)));
    }
  };
}

interface Handler {
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Response | Promise<Response>;
}

/** A handler of the worker; it also takes the other process's address. */
export function splitHandler(handler: Handler): Handler {
  let whole: SplitEnv | undefined;
  return {
    async fetch(request, env, ctx) {
      const split = env as SplitEnv;
      if (request.headers.get(TOKEN_HEADER) === split.SPLIT.token) {
        peerAddress = (await request.text()) || undefined;
        return new Response();
      }
      // The worker keeps the bindings of its first request.
      whole ??= splitEnv(split, linkCaller(split));
      return handler.fetch(request, whole, ctx);
    },
  };
}
