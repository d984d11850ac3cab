/** A network in this process: the workers' code over stand-ins for the platform (isolate/). */
import type { RpcSubscriptions, SolanaRpcSubscriptionsApi } from "@solana/kit";
import { beginFork, type ForkService, openFork } from "../infra/fork/index.ts";
import { networkVariable } from "../infra/network/genesis.ts";
import { NO_FAUCET_LIMITS } from "../shared/faucet/limits.ts";
import type { Json } from "../shared/rpc/json.ts";
import { subscriptionsOver } from "./channel.ts";
import type { Engine, Urls } from "./engine.ts";
import type { TestGenesis } from "./genesis.ts";
import { clockOf } from "./isolate/clock.ts";
import { type IsolateExports, type IsolateGlobals, isolateCode } from "./isolate/code.ts";
import { IsolateRequest, type IsolateResponse } from "./isolate/http.ts";
import { Isolate } from "./isolate/isolate.ts";
import { derive, SeededBytes } from "./isolate/random.ts";
import type { Socket } from "./isolate/sockets.ts";
import { type FrozenStorage, NetworkStorage } from "./isolate/storage.ts";
import type { CheckedOptions } from "./options.ts";
import { ask } from "./rpc.ts";
import { PortServer } from "./server.ts";

const URL = "http://localhost/";
const HOST = { host: "localhost" };

/** Storage shares with the network what neither has changed since. */
interface Frozen {
  readonly storage: FrozenStorage;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly random: SeededBytes;
}

interface Setup {
  readonly code: (globals: IsolateGlobals) => IsolateExports;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly clock: "manual" | "real";
  readonly fork: ForkService | undefined;
  readonly log: (line: string) => void;
}

export class InProcessEngine implements Engine {
  readonly rpcSubscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly #setup: Setup;
  #isolate!: Isolate;
  #storage!: NetworkStorage;
  #random!: SeededBytes;
  #server: Promise<{ readonly server: PortServer; readonly urls: Urls }> | undefined;

  constructor(setup: Setup, from: Frozen) {
    this.#setup = setup;
    this.#begin(from);
    this.rpcSubscriptions = subscriptionsOver(() => this.#connect());
  }

  static async start(options: CheckedOptions, { file, accounts }: TestGenesis): Promise<InProcessEngine> {
    const { clock, log, slotMs, startTime, seed } = options;
    const fork = options.fork && openFork(options.fork, log);
    const variables = {
      NETWORK: networkVariable(file, slotMs, { dev: true, faucetLimits: NO_FAUCET_LIMITS }),
      GENESIS: accounts,
    };
    const random = new SeededBytes(derive(seed, "random"));
    const setup = { code: await isolateCode(), variables, clock, log, fork: fork?.service };
    const engine = new InProcessEngine(setup, { storage: [], now: startTime, random });
    if (fork) await beginFork((method, params) => ask(engine, method, params as Json[] | undefined), fork);
    return engine;
  }

  async call(body: string): Promise<string> {
    const headers = { ...HOST, "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
    const response = await this.#isolate.fetch(new IsolateRequest(URL, { method: "POST", headers, body }));
    return response.text();
  }

  async urls(): Promise<Urls> {
    this.#server ??= PortServer.open((request) => this.#fetch(request));
    return (await this.#server).urls;
  }

  async advance(milliseconds: number): Promise<boolean> {
    if (this.#setup.clock !== "manual") return false;
    await this.#isolate.advance(milliseconds);
    return true;
  }

  async snapshot(): Promise<Frozen> {
    await this.#isolate.settle();
    return { storage: this.#storage.freeze(), now: this.#isolate.clock.now(), random: this.#random.copy() };
  }

  async revert(moment: Frozen): Promise<void> {
    this.#isolate.stop();
    this.#begin({ ...moment, random: moment.random.copy() }, this.#isolate, this.#storage);
  }

  async fork(): Promise<InProcessEngine> {
    return new InProcessEngine(this.#setup, await this.snapshot());
  }

  async close(): Promise<void> {
    this.#isolate.stop();
    if (this.#server) await (await this.#server).server.close();
  }

  /** `before`, `stored`: an isolate whose clients stay, and what it had stored. */
  #begin({ storage, now, random }: Frozen, before?: Isolate, stored?: NetworkStorage): void {
    this.#storage = new NetworkStorage(storage, stored);
    this.#random = random;
    const { code, variables, clock, log, fork } = this.#setup;
    const outside = fork && { outside: { FORK: fork } };
    const sockets = before && { sockets: before.sockets };
    const shared = { code, variables, log, random, storage: this.#storage, ...sockets, ...outside };
    this.#isolate = new Isolate({ ...shared, clock: clockOf(clock, now) });
  }

  #fetch(request: IsolateRequest): Promise<IsolateResponse> {
    return this.#isolate.fetch(request);
  }

  async #connect(): Promise<Socket> {
    const { webSocket } = await this.#fetch(new IsolateRequest(URL, { headers: { ...HOST, upgrade: "websocket" } }));
    if (!webSocket) throw new Error("the network takes no more sockets");
    return webSocket;
  }
}
