/** How long a shard with a million accounts takes from being out of memory to its first answer, in workerd. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { bundleWorkers } from "../../infra/network/bundle.ts";
import { median } from "./measure.ts";
import type { Asked, Fill, Filled, Log } from "./restart-object.ts";

const WORKER = "bench-restart";
const CLASS = "BenchShard";
/** Checkpoints in which the accounts come, each over all of the key space; then a log as long as it gets before the next one. */
const RUNS = 24;
const LOG_ROWS = 96;
const CHANGES = 1_000;
/** Accounts asked for. */
const ASKED = 100;

export interface RestartResult {
  /** From a request to an object out of memory to its answer: code, log, 100 accounts from all over the key space. */
  readonly restartMillionAccountsMs: number;
  /** The same where the log is empty: right after a checkpoint. */
  readonly restartEmptyLogMs: number;
  /** The same question again: the accounts are still cold. */
  readonly coldReadMs: number;
  /** Rows and bytes written to get there, with all merges. */
  readonly rowsWritten: number;
  readonly bytesWritten: number;
  readonly runs: number;
  readonly accountsInMemory: number;
  readonly bytesInMemory: number;
}

async function start(storage: string): Promise<Miniflare> {
  const options = {
    name: WORKER,
    modulesRoot: "/",
    modules: await bundleWorkers(join(import.meta.dirname, "restart-object.ts"), {}),
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: { SHARD: { className: CLASS, useSQLite: true } },
    resourcePersistencePath: storage,
    cf: false,
  } as unknown as V4MiniflareOptions;
  const miniflare = new Miniflare(convertV4MiniflareOptions(options));
  await miniflare.ready;
  return miniflare;
}

export async function benchRestart(rounds = 5, accounts = 1_000_000): Promise<RestartResult> {
  const storage = mkdtempSync(join(tmpdir(), "infinisvm-restart-"));
  const miniflare = await start(storage);
  const call = async <T>(path: string, body?: object): Promise<T> => {
    const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const response = await miniflare.dispatchFetch(`http://bench${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const stride = Math.floor(accounts / ASKED);
  const ask = async (): Promise<[ms: number, answer: Asked]> => {
    const begin = performance.now();
    const answer = await call<Asked>(`/ask?n=${accounts}&stride=${stride}`);
    if (answer.found < ASKED) throw new Error(`only ${answer.found} accounts found`);
    return [performance.now() - begin, answer];
  };
  const restarts = async (): Promise<{ first: number; again: number; answer: Asked }> => {
    const first: number[] = [];
    const again: number[] = [];
    let answer: Asked | undefined;
    for (let round = 0; round < rounds; round++) {
      await miniflare.unsafeEvictDurableObject(WORKER, CLASS, { name: "shard" }).catch((error: Error) => {
        if (!error.message.includes("not currently running")) throw error;
      });
      first.push((await ask())[0]);
      const second = await ask();
      again.push(second[0]);
      answer = second[1];
    }
    return { first: median(first), again: median(again), answer: answer! };
  };
  try {
    const filled = await call<Filled>("/fill", { accounts, runs: RUNS } satisfies Fill);
    const empty = await restarts();
    await call("/log", { accounts, rows: LOG_ROWS, changes: CHANGES } satisfies Log);
    const full = await restarts();
    const { accountsInMemory, bytesInMemory } = full.answer;
    return {
      restartMillionAccountsMs: full.first,
      restartEmptyLogMs: empty.first,
      coldReadMs: empty.again,
      ...filled,
      accountsInMemory,
      bytesInMemory,
    };
  } finally {
    await miniflare.dispose();
    rmSync(storage, { recursive: true, force: true });
  }
}
