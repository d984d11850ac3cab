/**
 * The network in two workerd processes, one for each core: edges and lanes in one, the builder, the shards and the rest in
 * the other. Miniflare's registry lets an object of one be called from the other.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { bundleWorkers } from "../../infra/network/bundle.ts";
import { createNetworkFile, networkVariable } from "../../infra/network/genesis.ts";
import { findPortPair } from "../../infra/network/ports.ts";
import { BenchClient } from "./client.ts";
import { type BenchNetwork, fundWallets } from "./setup.ts";
import { handleStructuredLogs } from "./workerd.ts";

const ROOT = join(import.meta.dirname, "../..");
const HOST = "127.0.0.1";

const FRONT = { LANE: "IngressLane" };
const BACK = { BUILDER: "Builder", SHARD: "AccountShard", LEDGER: "Ledger", SUBSCRIPTIONS: "Subscriptions" };

interface Half {
  readonly name: string;
  readonly own: Readonly<Record<string, string>>;
  readonly other: Readonly<Record<string, string>>;
  readonly otherName: string;
}

export interface TwoProcesses extends BenchNetwork {
  stop(): Promise<void>;
}

/** A network of its own, with so many funded accounts. */
export async function startTwoProcesses(shards: number, slotMs: number, accounts: number): Promise<TwoProcesses> {
  const directory = mkdtempSync(join(tmpdir(), "infinisvm-two-"));
  const file = createNetworkFile(shards);
  const port = await findPortPair(HOST);
  const modules = await bundleWorkers(join(ROOT, "workers/index.ts"), {});
  const start = async ({ name, own, other, otherName }: Half, sockets: object): Promise<Miniflare> => {
    const bindings = Object.entries({ ...own, ...other }).map(([binding, className]) => {
      const elsewhere = binding in other ? { scriptName: otherName } : {};
      return [binding, { className, useSQLite: true, ...elsewhere }];
    });
    const options = {
      name,
      modulesRoot: "/",
      modules,
      compatibilityDate: "2026-11-01",
      compatibilityFlags: ["nodejs_compat"],
      bindings: { NETWORK: networkVariable(file, slotMs) },
      durableObjects: Object.fromEntries(bindings),
      unsafeDevRegistryPath: join(directory, "registry"),
      unsafeDevRegistryDurableObjectProxy: true,
      resourcePersistencePath: join(directory, name),
      cacheAPI: false,
      cf: false,
      logRequests: false,
      ...sockets,
    } as unknown as V4MiniflareOptions;
    const miniflare = new Miniflare({ ...convertV4MiniflareOptions(options), handleStructuredLogs });
    await miniflare.ready;
    return miniflare;
  };
  const back = await start({ name: "back", own: BACK, other: FRONT, otherName: "front" }, {});
  const sockets = { unsafeDirectSockets: [{ host: HOST, port }] };
  const front = await start({ name: "front", own: FRONT, other: BACK, otherName: "back" }, sockets);
  const stop = async () => {
    await front.dispose();
    await back.dispose();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const client = new BenchClient(`http://${HOST}:${port}`, "");
    const network = { shards, genesisHash: file.genesisHash, faucet: file.faucet, workerdPid: undefined };
    return { network, client, wallets: await fundWallets(network, client, accounts), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
