/** What a lookup of unknown and of known signatures costs an index partition after ten million transactions, and after few. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { bundleWorkers } from "../../infra/network/bundle.ts";
import { whole } from "./format.ts";
import type { FilledIndex } from "./lookup-object.ts";
import { median } from "./measure.ts";
import type { Bench, PartResult } from "./parts.ts";

const FRESH = 65_536;
/** As many as getSignatureStatuses takes. */
const MANY = 256;
const REQUESTS = 300;

interface Cost extends FilledIndex {
  /** Microseconds of a request for one signature that nobody has sent, and of one for 256; the same of some that were sent. */
  readonly oneUs: number;
  readonly manyUs: number;
  readonly knownOneUs: number;
  readonly knownManyUs: number;
}

export async function lookupPart(bench: Bench): Promise<PartResult> {
  const storage = mkdtempSync(join(tmpdir(), "infinisvm-lookup-"));
  const options = {
    name: "bench-lookup",
    modulesRoot: "/",
    modules: await bundleWorkers(join(import.meta.dirname, "lookup-object.ts"), {}),
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: { INDEX: { className: "BenchIndex", useSQLite: true } },
    resourcePersistencePath: storage,
    cf: false,
  } as unknown as V4MiniflareOptions;
  const miniflare = new Miniflare(convertV4MiniflareOptions(options));
  const call = async <T>(path: string): Promise<T> => {
    const response = await miniflare.dispatchFetch(`http://bench/${path}`);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const requestUs = async (count: number, path = "ask", found = 0): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      const begin = performance.now();
      const answer = await call<number>(`${path}?n=${count}`);
      if (answer !== found) throw new Error(`${answer} of ${count} are found, not ${found}`);
      times.push((performance.now() - begin) * 1_000);
    }
    return median(times);
  };
  const cost = async (signatures: number): Promise<Cost> => {
    const filled = await call<FilledIndex>(`fill?n=${signatures}`);
    await requestUs(MANY);
    const [oneUs, manyUs] = [await requestUs(1), await requestUs(MANY)];
    return {
      ...filled,
      oneUs,
      manyUs,
      knownOneUs: await requestUs(1, "known", 1),
      knownManyUs: await requestUs(MANY, "known", MANY),
    };
  };
  try {
    const fresh = await cost(FRESH);
    const late = await cost(bench.sizes.indexedTransactions);
    const ratio = late.oneUs / fresh.oneUs;
    const us = (value: number) => `${value.toFixed(0)} us`;
    const after = (what: string, { signatures, runs }: Cost) => `${what}, after ${whole(signatures)} (${runs} runs)`;
    return {
      // The figure is of ten million transactions.
      figures: bench.sizes.indexedTransactions >= 10_000_000 ? { lookupAfterHistoryRatio: ratio } : {},
      detail: { fresh, late, lookupAfterHistoryRatio: ratio },
      rows: [
        { name: after("a request for one", fresh), value: us(fresh.oneUs) },
        { name: after("a request for one", late), value: us(late.oneUs), beside: `${ratio.toFixed(2)}x, target 1.1x` },
        { name: after("a request for 256", fresh), value: us(fresh.manyUs) },
        { name: after("a request for 256", late), value: us(late.manyUs) },
        { name: after("a request for one that is known", fresh), value: us(fresh.knownOneUs) },
        { name: after("a request for one that is known", late), value: us(late.knownOneUs) },
        { name: after("a request for 256 that are known", fresh), value: us(fresh.knownManyUs) },
        { name: after("a request for 256 that are known", late), value: us(late.knownManyUs) },
      ],
    };
  } finally {
    await miniflare.dispose();
    rmSync(storage, { recursive: true, force: true });
  }
}
