/** The same network on workerd (infra/network), as it is deployed: a process of its own, a port, a state folder. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSolanaRpcSubscriptions, type RpcSubscriptions, type SolanaRpcSubscriptionsApi } from "@solana/kit";
import { formatNetworkFile } from "../infra/network/genesis.ts";
import { type Network, startNetwork } from "../infra/network/index.ts";
import { ACCOUNTS_FILE, NETWORK_FILE } from "../infra/network/state.ts";
import { NO_FAUCET_LIMITS } from "../shared/faucet/limits.ts";
import type { Engine, Urls } from "./engine.ts";
import type { TestGenesis } from "./genesis.ts";
import type { CheckedOptions } from "./options.ts";

const LOCK = /^lock\./;

export class WorkerdEngine implements Engine {
  readonly rpcSubscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  readonly #options: CheckedOptions;
  /** Of this engine: `state`, and a copy of it for each snapshot. */
  readonly #folder: string;
  #network: Network;
  #copies = 0;

  private constructor(options: CheckedOptions, folder: string, network: Network) {
    this.#options = options;
    this.#folder = folder;
    this.#network = network;
    this.rpcSubscriptions = createSolanaRpcSubscriptions(network.wsUrl);
  }

  static async start(options: CheckedOptions, { file, accounts }: TestGenesis): Promise<WorkerdEngine> {
    return WorkerdEngine.#inNewFolder(options, (state) => {
      mkdirSync(state);
      writeFileSync(join(state, ACCOUNTS_FILE), accounts);
      writeFileSync(join(state, NETWORK_FILE), formatNetworkFile(file), { mode: 0o600 });
    });
  }

  static async #inNewFolder(options: CheckedOptions, fill: (state: string) => void): Promise<WorkerdEngine> {
    const folder = mkdtempSync(join(tmpdir(), "infinisvm-test-"));
    const state = join(folder, "state");
    try {
      fill(state);
      return new WorkerdEngine(options, folder, await launch(options, state, 0));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async call(body: string): Promise<string> {
    const headers = { "content-type": "application/json" };
    return (await fetch(this.#network.rpcUrl, { method: "POST", headers, body })).text();
  }

  async urls(): Promise<Urls> {
    return { http: this.#network.rpcUrl, webSocket: this.#network.wsUrl };
  }

  async advance(): Promise<boolean> {
    return false;
  }

  /** The folder's copy. */
  async snapshot(): Promise<string> {
    const copy = join(this.#folder, `snapshot-${this.#copies++}`);
    await this.#whileStopped((state) => copyState(state, copy));
    return copy;
  }

  async revert(copy: string): Promise<void> {
    await this.#whileStopped((state) => {
      rmSync(state, { recursive: true });
      copyState(copy, state);
    });
  }

  async fork(): Promise<WorkerdEngine> {
    const copy = await this.snapshot();
    return WorkerdEngine.#inNewFolder(this.#options, (state) => copyState(copy, state));
  }

  async close(): Promise<void> {
    await this.#network.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What is stored is whole at any moment; it is only read and replaced while nobody writes. */
  async #whileStopped(work: (state: string) => void): Promise<void> {
    const { state, port } = this.#network;
    await this.#network.stop();
    work(state);
    this.#network = await launch(this.#options, state, port);
  }
}

function launch({ slotMs, log, fork }: CheckedOptions, state: string, port: number): Promise<Network> {
  return startNetwork({
    state,
    slotMs,
    dev: true,
    port,
    faucetLimits: NO_FAUCET_LIMITS,
    guarded: true,
    log,
    ...(fork && { fork }),
  });
}

function copyState(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !LOCK.test(path.slice(path.lastIndexOf("/") + 1)) });
}
