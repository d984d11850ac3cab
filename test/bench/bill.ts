/** What the platform charges at list prices for what was counted (Cloudflare's price list for Workers and Durable Objects). */
export interface Usage {
  readonly transactions: number;
  /** Object rows written. */
  readonly rows: number;
  /** Calls of objects. */
  readonly objectRequests: number;
  /** Requests to the worker. */
  readonly workerRequests: number;
  readonly cpuMs: number;
  /** Seconds of wall clock that all objects together were at work or waiting for their own timers. */
  readonly objectSeconds: number;
}

export interface Bill {
  readonly rowsUsd: number;
  readonly requestsUsd: number;
  readonly cpuUsd: number;
  readonly durationUsd: number;
  readonly totalUsd: number;
}

/** USD for a million of each. */
const ROWS = 1.0;
const OBJECT_REQUESTS = 0.15;
const WORKER_REQUESTS = 0.3;
const CPU_MS = 0.02;
const GB_SECONDS = 12.5;
/** An object is charged as if it used all of its 128 MB. */
const OBJECT_GB = 0.128;

/** For a million transactions. The CPU of the whole process is charged as a worker's, which is more than the platform charges. */
export function billPerMillion(usage: Usage): Bill {
  const each = (count: number) => count / usage.transactions;
  const rowsUsd = each(usage.rows) * ROWS;
  const requestsUsd = each(usage.objectRequests) * OBJECT_REQUESTS + each(usage.workerRequests) * WORKER_REQUESTS;
  const cpuUsd = each(usage.cpuMs) * CPU_MS;
  const durationUsd = each(usage.objectSeconds * OBJECT_GB) * GB_SECONDS;
  return { rowsUsd, requestsUsd, cpuUsd, durationUsd, totalUsd: rowsUsd + requestsUsd + cpuUsd + durationUsd };
}
