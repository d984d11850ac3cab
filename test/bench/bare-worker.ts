/** The bare worker (bare/worker.ts) in a workerd process of its own, started as a network's is. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { budgetOf, descriptorLimit } from "../../infra/network/descriptors.ts";
import { findPortPair } from "../../infra/network/ports.ts";
import { OBJECTS_FOLDER } from "../../infra/network/worker-config.ts";
import { Workerd } from "../../infra/network/workerd.ts";
import type { BarePath } from "./bare/worker.ts";

export interface BareWorker {
  /** Of an answer of so many bytes, made with or without an object call. */
  url(objectCalls: 0 | 1, bytes: number): string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";

export async function startBareWorker(): Promise<BareWorker> {
  const storage = mkdtempSync(join(tmpdir(), "infinisvm-bare-"));
  mkdirSync(join(storage, OBJECTS_FOLDER));
  const port = await findPortPair(HOST);
  const workerd = await Workerd.start({
    config: join(import.meta.dirname, "bare/wrangler.toml"),
    budget: budgetOf(descriptorLimit()),
    host: HOST,
    port,
    wsPorts: [],
    storage,
    variables: {},
    data: {},
    log: (_, message) => console.error(message),
    onProcess: () => {},
  });
  return {
    url(objectCalls, bytes) {
      const path: BarePath = objectCalls === 0 ? "none" : "one";
      return `http://${HOST}:${port}/${path}?bytes=${bytes}`;
    },
    get pid() {
      return workerd.pid;
    },
    async stop() {
      await workerd.stop();
      rmSync(storage, { recursive: true, force: true });
    },
  };
}
