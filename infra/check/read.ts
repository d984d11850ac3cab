/** Opens the storage of a stopped network in a workerd of its own, and reads everything in it, object by object. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { unstable_readConfig as readConfig, unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import { bundleWorkers } from "../network/bundle.ts";
import type { ObjectReport } from "./worker.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const WORKER = join(HERE, "worker.ts");
const CONFIG = join(HERE, "../../wrangler.toml");
/** Miniflare's own database of each class. */
const METADATA = "metadata.sqlite";

interface ObjectFile {
  readonly binding: string;
  readonly id: string;
}

/** The databases of all objects below `storage`. */
function objectFiles(storage: string, worker: string, classes: ReadonlyMap<string, string>): ObjectFile[] {
  return [...classes].flatMap(([binding, className]) => {
    let names: string[] = [];
    try {
      names = readdirSync(join(storage, "do", `${worker}-${className}`));
    } catch {
      // No object of this class has stored anything yet.
    }
    return names
      .filter((name) => name.endsWith(".sqlite") && name !== METADATA)
      .map((name) => ({ binding, id: name.slice(0, -".sqlite".length) }));
  });
}

export interface OpenObject {
  readonly className: string;
  readonly id: string;
  /** What the object's class in `source` answers. */
  ask(query: string): Promise<Response>;
}

/**
 * Every object of the network whose objects are in `storage`, run by another worker: a module that exports `handler`, which is called with
 * `/BINDING/ID`, and the class of all its objects, `Stored`.
 */
export async function withObjects(
  storage: string,
  worker: string,
  use: (objects: readonly OpenObject[]) => Promise<void>,
): Promise<void> {
  const config = readConfig({ config: CONFIG });
  const { workerOptions, define } = workerOptionsOf(config);
  const { durableObjects, compatibilityDate, compatibilityFlags } = workerOptions as unknown as {
    readonly durableObjects: Readonly<Record<string, { readonly className: string }>>;
    readonly compatibilityDate: string;
    readonly compatibilityFlags: readonly string[];
  };
  const classes = new Map(Object.entries(durableObjects).map(([binding, { className }]) => [binding, className]));
  const source = [
    `import { handler, Stored } from ${JSON.stringify(worker)};`,
    "export default handler;",
    ...[...classes.values()].map((name) => `export class ${name} extends Stored {}`),
  ].join("\n");
  const options = {
    name: config.name,
    modulesRoot: "/",
    modules: await bundleWorkers(worker, define, source),
    compatibilityDate,
    compatibilityFlags,
    durableObjects,
    resourcePersistencePath: storage,
    host: "127.0.0.1",
    port: 0,
    cf: false,
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions(options as unknown as V4MiniflareOptions));
  const ask = async (path: string): Promise<Response> =>
    (await miniflare.dispatchFetch(`http://stored/${path}`)) as unknown as Response;
  try {
    const files = objectFiles(storage, config.name!, classes);
    await use(
      files.map(({ binding, id }) => {
        return { className: classes.get(binding)!, id, ask: (query) => ask(`${binding}/${id}${query}`) };
      }),
    );
  } finally {
    await miniflare.dispose();
  }
}

/** `storage`: folder of the objects. Calls `report` for each. */
export function readObjects(storage: string, report: (object: ObjectReport) => void): Promise<void> {
  return withObjects(storage, WORKER, async (objects) => {
    for (const { className, id, ask } of objects) {
      const response = await ask("");
      const text = await response.text();
      if (response.ok) report(JSON.parse(text) as ObjectReport);
      else report({ object: `${className} ${id}`, rows: 0, bytes: 0, problems: [text.split("\n")[0]!] });
    }
  });
}
