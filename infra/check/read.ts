/** Reads everything that a stopped network has stored, object by object, in a workerd of its own. */
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

/** `storage`: folder of the objects. Calls `report` for each. */
export async function readObjects(storage: string, report: (object: ObjectReport) => void): Promise<void> {
  const config = readConfig({ config: CONFIG });
  const { workerOptions, define } = workerOptionsOf(config);
  const { durableObjects, compatibilityDate, compatibilityFlags } = workerOptions as unknown as {
    readonly durableObjects: Readonly<Record<string, { readonly className: string }>>;
    readonly compatibilityDate: string;
    readonly compatibilityFlags: readonly string[];
  };
  const classes = new Map(Object.entries(durableObjects).map(([binding, { className }]) => [binding, className]));
  const source = [
    `import { Checker, handler } from ${JSON.stringify(WORKER)};`,
    "export default handler;",
    ...[...classes.values()].map((name) => `export class ${name} extends Checker {}`),
  ].join("\n");
  const options = {
    name: config.name,
    modulesRoot: "/",
    modules: await bundleWorkers(WORKER, define, source),
    compatibilityDate,
    compatibilityFlags,
    durableObjects,
    resourcePersistencePath: storage,
    host: "127.0.0.1",
    port: 0,
    cf: false,
  };
  const miniflare = new Miniflare(convertV4MiniflareOptions(options as unknown as V4MiniflareOptions));
  try {
    for (const { binding, id } of objectFiles(storage, config.name!, classes)) {
      const response = await miniflare.dispatchFetch(`http://check/${binding}/${id}`);
      const text = await response.text();
      if (response.ok) report(JSON.parse(text) as ObjectReport);
      else report({ object: `${classes.get(binding)} ${id}`, rows: 0, bytes: 0, problems: [text.split("\n")[0]!] });
    }
  } finally {
    await miniflare.dispose();
  }
}
