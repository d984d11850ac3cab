/** A worker of the benchmarks in workerd, with the two WASM modules that they run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { bundleWorkers } from "../../infra/network/bundle.ts";
import { compileCrypto } from "./compile-crypto.ts";
import type { WorkerParts } from "./worker/index.ts";

const BUILD = join(import.meta.dirname, "../../build");
const ENTRY = join(import.meta.dirname, "worker/index.ts");

export interface BenchWorker {
  run<Name extends keyof WorkerParts>(
    name: Name,
    options: Parameters<WorkerParts[Name]>[0],
  ): Promise<Awaited<ReturnType<WorkerParts[Name]>>>;
  stop(): Promise<void>;
}

export async function startBenchWorker(): Promise<BenchWorker> {
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(join(BUILD, "bench-crypto.wasm"), await compileCrypto());
  const options = {
    name: "bench",
    modulesRoot: "/",
    modules: await bundleWorkers(ENTRY, {}),
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: { PLATFORM: { className: "PlatformObject", useSQLite: true } },
    cf: false,
  } as unknown as V4MiniflareOptions;
  const miniflare = new Miniflare(convertV4MiniflareOptions(options));
  await miniflare.ready;
  return {
    async run(name, options) {
      const response = await miniflare.dispatchFetch(`http://bench/${name}`, {
        method: "POST",
        body: JSON.stringify(options),
      });
      if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
      return (await response.json()) as never;
    },
    stop: () => miniflare.dispose(),
  };
}
