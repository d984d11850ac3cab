/** A worker of the benchmarks in workerd, with the two WASM modules that they run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { bundleWorkers } from "../../infra/network/bundle.ts";
import { compileCrypto } from "./compile-crypto.ts";
import type { WorkerParts } from "./worker/index.ts";

const BUILD = join(import.meta.dirname, "../../build");
const ENTRY = join(import.meta.dirname, "worker/index.ts");

type Options<Name extends keyof WorkerParts> = Parameters<WorkerParts[Name]>[0];
type Result<Name extends keyof WorkerParts> = Awaited<ReturnType<WorkerParts[Name]>>;

/** Standard output belongs to the result. */
export const handleStructuredLogs = ({ message }: { message: string }): void => console.error(message);

let prepared: Promise<V4MiniflareOptions> | undefined;

async function prepare(): Promise<V4MiniflareOptions> {
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(join(BUILD, "bench-crypto.wasm"), await compileCrypto());
  return {
    name: "bench",
    modulesRoot: "/",
    modules: await bundleWorkers(ENTRY, {}),
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: { PLATFORM: { className: "PlatformObject", useSQLite: true } },
    cf: false,
  } as unknown as V4MiniflareOptions;
}

/** Runs a part in a workerd process of its own: what one leaves in memory does not slow down the next. */
export async function inWorkerd<Name extends keyof WorkerParts>(
  name: Name,
  options: Options<Name>,
): Promise<Result<Name>> {
  prepared ??= prepare();
  const miniflare = new Miniflare({ ...convertV4MiniflareOptions(await prepared), handleStructuredLogs });
  try {
    const body = JSON.stringify(options);
    const response = await miniflare.dispatchFetch(`http://bench/${name}`, { method: "POST", body });
    if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
    return (await response.json()) as Result<Name>;
  } finally {
    await miniflare.dispose();
  }
}
