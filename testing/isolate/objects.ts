/**
 * Durable Objects within a process: made on first call, called over stubs, broken off by `ctx.abort`, woken by alarms.
 *
 *   stub.method(...) ──microtask──▶ object (this incarnation)      calls arrive in the order in which they were made
 *
 * Arguments and answers are passed as they are: bytes are immutable by rule. Of an incarnation that was broken off nothing comes any more:
 * it can neither store nor call.
 */
import type { Clock, Timer } from "./clock.ts";
import { IsolateRequest, type IsolateRequestInit, type IsolateResponse } from "./http.ts";
import type { Socket, SocketData, SocketOwner } from "./sockets.ts";
import { type NetworkStorage, type ObjectStorage, ObjectTables } from "./storage.ts";

type Method = (...args: unknown[]) => Promise<unknown>;
type Instance = Record<string, Method | undefined>;
export type ObjectClass = new (ctx: unknown, env: unknown) => Instance;
export type Stub = Record<string, Method>;

/** Binding in `env` by class (wrangler.toml). */
export const BINDINGS: Readonly<Record<string, string>> = {
  IngressLane: "LANE",
  Builder: "BUILDER",
  AccountShard: "SHARD",
  Ledger: "LEDGER",
  IndexPartition: "INDEX",
  Subscriptions: "SUBSCRIPTIONS",
  Faucet: "FAUCET",
};

export interface ObjectsOptions {
  readonly classes: Readonly<Record<string, ObjectClass>>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly storage: NetworkStorage;
  /** Sockets that objects of an earlier isolate had accepted, by class and name. */
  readonly sockets: Map<string, Set<Socket>>;
  /** Told of each call of a method, before it begins. */
  readonly onCall?: (className: string, method: string) => void;
  /** Work that a client waits for, though no request does. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly log: (line: string) => void;
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** One object, through its incarnations. */
class Hosted implements SocketOwner {
  readonly className: string;
  readonly name: string;
  readonly #stored: ObjectStorage;
  readonly #objects: Objects;
  #instance: Instance | undefined;
  #tables: ObjectTables | undefined;
  #alarm: Timer | undefined;
  #autoResponse: { readonly request: string; readonly response: string; readonly at: () => number } | undefined;

  constructor(objects: Objects, className: string, name: string) {
    this.#objects = objects;
    this.className = className;
    this.name = name;
    this.#stored = objects.options.storage.of(className, name);
    if (this.#stored.alarmAt !== undefined) this.#armAlarm(this.#stored.alarmAt);
  }

  /** Throws what its constructor throws: then it is not there, and the next call tries again. */
  get instance(): Instance {
    this.#instance ??= this.#make();
    return this.#instance;
  }
  get isUp(): boolean {
    return this.#instance !== undefined;
  }

  #make(): Instance {
    const { options } = this.#objects;
    const tables = new ObjectTables(this.#stored);
    this.#tables = tables;
    const env = this.#objects.envOf(() => this.#tables === tables);
    const Class = options.classes[this.className]!;
    try {
      const made = new Class(this.#context(tables), env);
      for (const socket of this.#sockets) socket.own(this);
      return made;
    } catch (error) {
      this.abort(textOf(error));
      throw error;
    }
  }

  abort(reason: string): void {
    this.#tables?.revoke(reason);
    this.#tables = undefined;
    this.#instance = undefined;
  }

  get #sockets(): Set<Socket> {
    const { sockets } = this.#objects.options;
    const key = `${this.className} ${this.name}`;
    let own = sockets.get(key);
    if (!own) {
      own = new Set();
      sockets.set(key, own);
    }
    return own;
  }

  #context(tables: ObjectTables) {
    const { clock } = this.#objects.options;
    return {
      id: { name: this.name },
      abort: (reason: string) => {
        if (this.#tables === tables) this.abort(reason);
      },
      storage: {
        sql: tables,
        setAlarm: async (at: number) => {
          if (this.#tables === tables) this.#armAlarm(at);
        },
        deleteAll: async () => {
          tables.open.clear();
          this.#disarm();
        },
      },
      acceptWebSocket: (socket: Socket) => {
        this.#sockets.add(socket);
        socket.autoResponse = this.#autoResponse;
        socket.own(this);
      },
      getWebSockets: () => [...this.#sockets],
      setWebSocketAutoResponse: ({ request, response }: { request: string; response: string }) => {
        this.#autoResponse = { request, response, at: () => clock.now() };
        for (const socket of this.#sockets) socket.autoResponse = this.#autoResponse;
      },
      getWebSocketAutoResponseTimestamp: ({ autoResponseAt }: Socket) =>
        autoResponseAt === undefined ? null : new Date(autoResponseAt),
    };
  }

  #armAlarm(at: number): void {
    const { clock } = this.#objects.options;
    this.#disarm();
    this.#stored.alarmAt = at;
    this.#alarm = clock.after(at - clock.now(), () => {
      this.#alarm = undefined;
      this.#stored.alarmAt = undefined;
      this.call("alarm", []).catch((error) => this.#objects.options.log(`${this.name}: ${textOf(error)}`));
    });
  }

  #disarm(): void {
    if (this.#alarm) this.#objects.options.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    this.#stored.alarmAt = undefined;
  }

  async call(method: string, args: unknown[]): Promise<unknown> {
    // The object may be another one by the time that it is called.
    await undefined;
    return this.instance[method]!(...args);
  }

  // --- its sockets ---

  message(socket: Socket, data: SocketData): void {
    this.#hand("webSocketMessage", [socket, data]);
  }

  closed(socket: Socket, code: number, reason: string, wasClean: boolean): void {
    this.#sockets.delete(socket);
    this.#hand("webSocketClose", [socket, code, reason, wasClean]);
  }

  #hand(method: string, args: unknown[]): void {
    const { track, log } = this.#objects.options;
    track(this.call(method, args)).catch((error) => log(`${this.name}: ${textOf(error)}`));
  }
}

export class Objects {
  readonly options: ObjectsOptions;
  readonly #hosted = new Map<string, Hosted>();
  readonly #methods: ReadonlyMap<string, readonly string[]>;
  #stopped = false;

  constructor(options: ObjectsOptions) {
    this.options = options;
    this.#methods = new Map(Object.entries(options.classes).map(([name, made]) => [name, methodsOf(made)]));
    // An object with an alarm is woken by it, whoever else calls.
    for (const { className, name, alarmAt } of [...options.storage.all]) {
      if (alarmAt !== undefined) this.hosted(className, name);
    }
    // Whoever had sockets listens on.
    for (const key of options.sockets.keys()) {
      const [className, name] = key.split(" ") as [string, string];
      void this.hosted(className, name).instance;
    }
  }

  hosted(className: string, name: string): Hosted {
    const key = `${className} ${name}`;
    let hosted = this.#hosted.get(key);
    if (!hosted) {
      hosted = new Hosted(this, className, name);
      this.#hosted.set(key, hosted);
    }
    return hosted;
  }

  stop(): void {
    this.#stopped = true;
    for (const hosted of this.#hosted.values()) hosted.abort("the network has stopped");
  }

  /** Bindings of a worker or of one incarnation of an object; `isUp`: whether it still is. */
  envOf(isUp: () => boolean): Record<string, unknown> {
    const env: Record<string, unknown> = { ...this.options.variables };
    for (const [className, binding] of Object.entries(BINDINGS)) {
      const stubs = new Map<string, Stub>();
      env[binding] = {
        idFromName: (name: string) => name,
        get: (name: string) => {
          let stub = stubs.get(name);
          if (!stub) {
            stub = this.#stub(className, name, isUp);
            stubs.set(name, stub);
          }
          return stub;
        },
      };
    }
    return env;
  }

  #stub(className: string, name: string, isUp: () => boolean): Stub {
    const hosted = this.hosted(className, name);
    const stub: Stub = {};
    for (const method of this.#methods.get(className)!) {
      stub[method] = (...args) => {
        if (this.#stopped || !isUp()) return Promise.reject(new Error("whoever calls has been stopped"));
        this.options.onCall?.(className, method);
        return hosted.call(method, args);
      };
    }
    const call = stub.fetch;
    if (call) {
      stub.fetch = (input, init) =>
        call(
          new IsolateRequest(input as string | IsolateRequest, init as IsolateRequestInit),
        ) as Promise<IsolateResponse>;
    }
    return stub;
  }
}

function methodsOf({ prototype }: ObjectClass): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
}
