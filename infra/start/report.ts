/** What `npm start` prints once its network is up. */
import { networkInterfaces } from "node:os";
import type { FaucetLimits } from "../../shared/faucet/limits.ts";
import type { LedgerSettings } from "../../shared/ledger/ledger-shape.ts";
import { usage } from "../network/command-line.ts";
import type { Budget } from "../network/descriptors.ts";
import { type DiskSpace, describeDisk } from "../network/disk.ts";
import type { Network } from "../network/index.ts";
import { describeFaucet } from "./exposure.ts";
import { describeKeep } from "./keep.ts";

/** Addresses of this machine that others may reach; of IPv6 without those that need a zone. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const others = all.filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  return others.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
}

const isEvery = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** Whether only this machine reaches what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

export interface Started {
  readonly network: Pick<
    Network,
    | "rpcUrl"
    | "wsUrl"
    | "port"
    | "shards"
    | "slotMs"
    | "state"
    | "created"
    | "workerdPids"
    | "faucet"
    | "budget"
    | "fork"
    | "forkedAt"
  >;
  readonly host: string;
  readonly dev: boolean;
  readonly keep: LedgerSettings;
  /** Of the file system that the state is on. */
  readonly disk: DiskSpace;
  readonly faucetLimits: FaucetLimits;
  /** Of the first transfer, milliseconds. */
  readonly confirmedMs: number;
  readonly startedMs: number;
}

/** Where it listens, when that is not only this machine. */
function listening({ host, network: { port } }: Started, addresses: readonly string[]): [string, string][] {
  if (isLoopback(host)) return [];
  if (!isEvery(host)) return [["Listening", `on ${host}: others may reach it`]];
  const urls = addresses.map((address) => `http://${address}:${port}`).join(", ");
  return [["Listening", `on every address of this machine (${host})${urls ? `: ${urls}` : ""}`]];
}

/** Fewer WebSockets than this are worth a line. */
const MANY_SOCKETS = 10_000;

function connections({ limit, connections, webSockets }: Budget): [string, string][] {
  if (webSockets >= MANY_SOCKETS) return [];
  const text = (count: number) => count.toLocaleString("en");
  const room = `room for ${text(connections)}, ${text(webSockets)} of them WebSockets`;
  return [["Connections", `${room}: the limit of file descriptors is ${text(limit)} (ulimit -n)`]];
}

function forked({ fork, forkedAt }: Started["network"]): [string, string][] {
  if (!fork) return [];
  return [
    ["Fork", forkedAt ? `of ${fork.from}, from slot ${forkedAt.slot} on` : `of ${fork.from}, which does not answer`],
  ];
}

export function report(started: Started, addresses: readonly string[] = ownAddresses()): string {
  const { network, dev, confirmedMs, startedMs } = started;
  const origin = network.created ? "new" : "continued";
  const rows = [
    ["RPC", network.rpcUrl],
    ["WebSocket", `${network.wsUrl} (and ${network.rpcUrl.replace("http", "ws")})`],
    ...listening(started, addresses),
    ["Shards", String(network.shards)],
    ["Slot time", `${network.slotMs} ms`],
    ...(network.workerdPids.length > 1 ? [["Processes", String(network.workerdPids.length)]] : []),
    ...connections(network.budget),
    ["State", `${network.state} (${origin})`],
    ["History", describeKeep(started.keep)],
    ["Disk", describeDisk(started.disk)],
    ["Faucet", network.faucet.address],
    ["Airdrops", describeFaucet(started.faucetLimits)],
    ["Development", dev ? "on: a client can set accounts and the clock" : `off (${usage("start")} --dev)`],
    ...forked(network),
    ["First transfer", `confirmed in ${Math.round(confirmedMs)} ms`],
  ];
  const lines = rows.map(([name, value]) => `  ${name!.padEnd(16)}${value}`);
  return `InfiniSVM network, up in ${(startedMs / 1000).toFixed(1)} s\n${lines.join("\n")}\n`;
}

/** What is dangerous about how it was started; null: nothing. */
export function danger({ host, dev }: Pick<Started, "host" | "dev">): string | null {
  if (!dev || isLoopback(host)) return null;
  return (
    `WARNING: --dev with --host ${host}: everybody who reaches this machine over the network can set any account and the clock. ` +
    "Leave --host out, or --dev."
  );
}
