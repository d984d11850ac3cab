/**
 * The workers' code as files that workerd reads by itself. A bundle is kept in build/workers with what it was made of, and made again
 * when that has changed. The package that is installed has them ready instead (infra/package/ready.ts).
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, bundlesEnded, endBundler } from "./bundle.ts";
import type { CodeFile } from "./code-file.ts";
import { type Deployable, readDeployable } from "./deployable.ts";
import { splitSource } from "./split/setup.ts";
import { changedAt, replaceFile } from "./whole-file.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const FOLDER = join(ROOT, "build/workers");
const CONFIG = join(ROOT, "wrangler.toml");
const STORED = join(ROOT, "infra/check/worker.ts");

interface Made {
  readonly separate: readonly CodeFile[];
  /** When each source was changed last. */
  readonly sources: Readonly<Record<string, number | null>>;
}

/** Null: it has changed since, and which of its contents was read is not known. */
function settledAt(path: string, began: number): number | null {
  const at = changedAt(path);
  return at < began ? at : null;
}

function freshMade(path: string): Made | undefined {
  try {
    const made = JSON.parse(readFileSync(`${path}.json`, "utf8")) as Made;
    const isFresh = changedAt(path) >= 0 && Object.entries(made.sources).every(([file, at]) => changedAt(file) === at);
    return isFresh ? made : undefined;
  } catch {
    return undefined;
  }
}

/** The code that begins with the module `entry`, or with `source`, whose imports are absolute. */
export async function workerCode(entry: string, source?: string): Promise<CodeFile[]> {
  const key = createHash("sha256")
    .update(JSON.stringify([entry, source]))
    .digest("hex")
    .slice(0, 16);
  const path = join(FOLDER, `${key}.js`);
  const main = { name: "index.js", path };
  const kept = freshMade(path);
  if (kept) return [main, ...kept.separate];
  const began = Date.now();
  const { text, separate, sources } = await bundle(entry, { source });
  const made: Made = {
    separate: [...separate].map(([name, path]) => ({ name, path })),
    sources: Object.fromEntries(sources.map((file) => [file, settledAt(file, began)])),
  };
  mkdirSync(FOLDER, { recursive: true });
  replaceFile(path, text);
  replaceFile(`${path}.json`, JSON.stringify(made));
  await endBundler();
  return [main, ...made.separate];
}

export interface NetworkCode {
  readonly deployable: Deployable;
  readonly code: readonly CodeFile[];
}

/** The network's worker as a wrangler.toml describes it; `isSplit`: as one of two processes runs it. */
export async function networkCode(config = CONFIG, isSplit = false): Promise<NetworkCode> {
  const deployable = readDeployable(config);
  const { main } = deployable;
  return { deployable, code: await (isSplit ? workerCode(main, splitSource(deployable)) : workerCode(main)) };
}

/**
 * A worker over the same objects: a module that exports `handler`, and the class of all its objects, `Stored`. Unset: the one of
 * `npm run check`.
 */
export async function storedCode(worker = STORED): Promise<NetworkCode> {
  const deployable = readDeployable(CONFIG);
  return { deployable, code: await workerCode(worker, storedSource(worker, deployable)) };
}

/** Source of its main module. */
export function storedSource(worker: string, { objects }: Deployable): string {
  return [
    `import { handler, Stored } from ${JSON.stringify(worker)};`,
    "export default handler;",
    ...objects.map(({ className }) => `export class ${className} extends Stored {}`),
  ].join("\n");
}

/** Resolves when no code is being made: before that this process should not end. */
export const codeEnded = bundlesEnded;
