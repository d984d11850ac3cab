/** How each of the two processes of a split network is configured, and how it is told where the other one is. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kUnsafeEphemeralUniqueKey, type Miniflare } from "miniflare";
import { FRONT, LINK, PEER, SERIES, type SplitVariable, TOKEN_HEADER } from "./plan.ts";
import { DEBUG_PORT } from "./plugin.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const PLUGIN = join(HERE, "plugin.ts");
/** Run by workerd: infra/network/split/worker.ts. */
const WORKER = join(HERE, "worker.ts");

/** "front": the edge and the objects beside it; it has the network's ports. "back": all other objects. */
export type Half = "front" | "back";

/** Where an object lives, by its name. */
export function splitHalfOf(objectName: string): Half {
  return objectName.startsWith("lane-") ? "front" : "back";
}

export interface SplitOptions {
  readonly half: Half;
  /** Of the objects of the network, but for those of a series. */
  readonly objectNames: readonly string[];
  /** The same for both halves. */
  readonly token: string;
}

interface ObjectOptions {
  readonly className: string;
  readonly unsafeUniqueKey?: typeof kUnsafeEphemeralUniqueKey;
  readonly unsafePreventEviction?: boolean;
}
export interface WorkerOptions extends Record<string, unknown> {
  readonly bindings?: object;
  readonly durableObjects?: Readonly<Record<string, ObjectOptions>>;
}

/** Source of the module that is run instead of the worker's main module. */
export function splitSource(main: string, worker: WorkerOptions): string {
  const classes = Object.values(worker.durableObjects ?? {}).map(({ className }) => className);
  const lines = [
    `import * as main from ${JSON.stringify(main)};`,
    `import { splitHandler, splitObject } from ${JSON.stringify(WORKER)};`,
    `export { Link } from ${JSON.stringify(WORKER)};`,
    "export default splitHandler(main.default);",
    "export const pubsub = splitHandler(main.pubsub);",
    ...classes.map((name) => `export const ${name} = splitObject(${JSON.stringify(name)}, main.${name});`),
  ];
  return lines.join("\n");
}

/** The options of a worker, as one half of the network runs it. */
export function splitWorker(worker: WorkerOptions, name: string, options: SplitOptions): WorkerOptions {
  const { half, objectNames, token } = options;
  const keyed = Object.entries(worker.durableObjects ?? {}).map(([binding, object]) => {
    const isHere = FRONT.includes(binding) === (half === "front");
    // Miniflare's own default, so that the state folder is the same for one process and for two.
    return { binding, object, isHere, uniqueKey: `${name}-${object.className}` };
  });
  const here = keyed.filter(({ isHere }) => isHere);
  const there = keyed.filter(({ isHere }) => !isHere);
  const variable: SplitVariable = {
    service: `core:user:${name}`,
    remote: Object.fromEntries(
      there.map(({ binding, object: { className }, uniqueKey }) => [binding, { className, uniqueKey }]),
    ),
    local: Object.fromEntries(here.map(({ object: { className }, uniqueKey }) => [className, uniqueKey])),
    names: objectNames,
    series: SERIES,
    token,
  };
  const plugin = { package: PLUGIN, name: DEBUG_PORT };
  return {
    ...worker,
    bindings: { ...worker.bindings, SPLIT: variable },
    unsafeBindings: [{ name: PEER, type: DEBUG_PORT, plugin, options: {} }],
    durableObjects: {
      ...Object.fromEntries(here.map(({ binding, object }) => [binding, object])),
      [LINK]: { className: "Link", unsafeUniqueKey: kUnsafeEphemeralUniqueKey, unsafePreventEviction: true },
    },
  };
}

/** Where Miniflare writes the debug port of a process, whenever that has started: its registry of running workers. */
export class Registry {
  readonly folder: string;

  /** `storage`: the objects' folder; the registry is beside it. */
  constructor(storage: string, half: Half) {
    this.folder = join(dirname(storage), `split-${half}`);
    this.remove();
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Undefined while the worker is not up. */
  address(workerName: string): string | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, workerName), "utf8")).debugPortAddress;
    } catch {
      return undefined;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Tells a process where the other one is; "": it is down. */
export async function tellPeer(miniflare: Miniflare, token: string, address: string): Promise<void> {
  const response = await miniflare.dispatchFetch("http://split/", {
    method: "POST",
    headers: { [TOKEN_HEADER]: token },
    body: address,
  });
  await response.arrayBuffer();
}
