/** `--soak`: the network's memory, a line a minute, with the parts that `/v1/stats` accounts for. */
import type { MemoryReport } from "../../shared/protocol/actor.ts";
import type { NetworkStats } from "../../workers/edge/stats.ts";

const INTERVAL_MS = 60_000;

type Stats = Pick<NetworkStats, "memory" | "builder" | "lanes" | "shards" | "ledger" | "indexes" | "subscriptions">;

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Sums of a name over all objects. */
function sums(stats: Stats): Map<string, number> {
  const { memory, builder, lanes, shards, ledger, indexes, subscriptions } = stats;
  const objects = [builder, ...lanes, ...shards, ledger, ...indexes, subscriptions];
  const all = new Map<string, number>();
  for (const report of [memory, ...objects.map((object): MemoryReport => object.memory)]) {
    for (const [name, value] of Object.entries(report)) all.set(name, (all.get(name) ?? 0) + value);
  }
  return all;
}

/** Resident memory, WASM memory and what of it is in use, and every cache and queue that takes a megabyte or more. */
export function memoryLine(stats: Stats): string {
  const all = sums(stats);
  const of = (name: string) => all.get(name) ?? 0;
  const apart = ["residentBytes", "wasmBytes", "wasmLiveBytes", "databaseBytes"];
  const others = [...all].filter(([name, value]) => name.endsWith("Bytes") && !apart.includes(name) && value >= 1e6);
  return [
    all.has("residentBytes") ? `resident ${mb(of("residentBytes"))}` : "resident unknown",
    `wasm ${mb(of("wasmBytes"))}, ${mb(of("wasmLiveBytes"))} in use`,
    ...others.map(([name, value]) => `${name.slice(0, -"Bytes".length)} ${mb(value)}`),
    `databases ${mb(of("databaseBytes"))}`,
  ].join("  ");
}

export class MemoryWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, say: (line: string) => void) {
    const began = performance.now();
    const look = async () => {
      const minutes = Math.round((performance.now() - began) / 60_000);
      try {
        const stats = (await (await fetch(new URL("/v1/stats", url))).json()) as Stats;
        say(`memory after ${minutes} min: ${memoryLine(stats)}`);
      } catch (error) {
        say(`memory after ${minutes} min: ${(error as Error).message}`);
      }
    };
    this.#timer = setInterval(() => void look(), INTERVAL_MS);
    void look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
