/** A network that is forked from another one: its options, and where its chain begins. */
import { resolve } from "node:path";
import { MAX_CLOCK_SLOT } from "../../shared/scheduling/dev-clock.ts";
import { Failure } from "../network/failure.ts";
import { FolderCache, type ForkPoint, MemoryCache } from "./cache.ts";
import { type ForkService, forkService } from "./service.ts";
import { ForkSource } from "./source.ts";
import { Upstream } from "./upstream.ts";

export type { ForkAnswer, ForkService } from "./service.ts";

export interface ForkOptions {
  /** JSON-RPC of the cluster; unset: offline, from the cache alone. */
  readonly url?: string | undefined;
  /** Where the chain begins. Unset: where the cluster is. */
  readonly slot?: number | undefined;
  /** Folder in which everything that was fetched is kept. */
  readonly cache?: string | undefined;
}

export interface Fork {
  readonly service: ForkService;
  /** Shown to the user: no keys that are in a URL. */
  readonly from: string;
  readonly source: ForkSource;
}

/** Throws a Failure for what cannot be. */
export function checkForkOptions({ url, slot, cache }: ForkOptions): void {
  const refused = (text: string) => new Failure("bad-option", text);
  if (url === undefined && cache === undefined)
    throw refused("--fork needs the URL of a cluster, or --fork-cache a folder");
  const parsed = url === undefined ? undefined : URL.parse(url);
  if (parsed === null || (parsed && !/^https?:$/.test(parsed.protocol))) {
    throw refused(`--fork must be an http or https URL, not "${url}"`);
  }
  if (slot !== undefined && !(Number.isInteger(slot) && slot >= 0 && slot <= MAX_CLOCK_SLOT)) {
    throw refused(`--fork-slot must be a whole number from 0 to ${MAX_CLOCK_SLOT}, not ${slot}`);
  }
}

/** `folder`: where it is kept what was fetched if the options name no folder; unset: in memory. */
export function openFork(options: ForkOptions, warn: (line: string) => void, folder?: string): Fork {
  checkForkOptions(options);
  const { url, slot, cache: own } = options;
  const path = own === undefined ? folder : resolve(own);
  const cache = path === undefined ? new MemoryCache() : new FolderCache(path, warn);
  const upstream = url === undefined ? undefined : new Upstream({ url, warn });
  const source = new ForkSource({ cache, upstream, slot, warn });
  return { service: forkService(source), from: upstream?.host ?? `${own} (offline)`, source };
}

/** Asks the network's own JSON-RPC. */
export type Ask = <T>(method: string, params?: readonly unknown[]) => Promise<T>;

/**
 * Moves the clock of a chain that is younger than the fork to where that begins: programs compare slots and times with what accounts of the
 * cluster say.
 */
export async function beginFork(ask: Ask, { source }: Fork): Promise<ForkPoint | undefined> {
  const point = await source.begin();
  if (!point) return undefined;
  const now = await ask<number>("getSlot");
  if (now >= point.slot) return point;
  const target = { absoluteSlot: point.slot, absoluteTimestamp: point.unixTimestamp * 1000 };
  try {
    await ask("surfnet_timeTravel", [target]);
  } catch (fault) {
    // It got there by itself.
    if ((await ask<number>("getSlot")) < point.slot) throw fault;
  }
  return point;
}
