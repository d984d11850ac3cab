/**
 * The run: transfers at their time, whatever the network does (an open loop), and a note of when each was confirmed.
 *
 *   plan ─▶ signers (a little ahead) ─▶ at its time: client.submit ─▶ outcomes ─▶ latency since that time
 *
 * A transfer's latency begins when it is due, not when there is room to send it: a network that falls behind cannot hide it. What it
 * is behind waits in the client, bounded; what does not fit is counted as given up.
 */
import {
  type Batch,
  CONFIRMED,
  EXPIRED,
  FAILED,
  FATES,
  NOT_LANDED,
  REFUSED,
  TAKEN,
} from "../../shared/ingest/batch.ts";
import { type IngestClient, IngestError } from "../../shared/ingest/client.ts";
import { SIGNATURE_SIZE } from "../../shared/ingest/protocol.ts";
import { Histogram } from "./histogram.ts";
import { type Plan, ROW } from "./plan.ts";
import type { Signers } from "./signers.ts";

/** Transfers are due in groups: one a tick, or one transfer where they are rarer. */
const TICK_MS = 10;
/** How far ahead of their time they are signed. */
const AHEAD_MS = 300;
/** Age of a blockhash at which the next is asked for. */
const BLOCKHASH_MS = 250;

export interface Clients {
  /** Sends. */
  readonly submit: IngestClient;
  /** Tells outcomes; the same one over the stream. */
  readonly watch: IngestClient;
}

export interface Blockhash {
  readonly blockhash: Uint8Array;
  readonly lastValidBlockHeight: number;
}

interface Group {
  readonly dueMs: number;
  readonly count: number;
  readonly body: Promise<Uint8Array>;
  readonly lastValidBlockHeight: number;
}

/** CPU time of this process with all its threads. */
function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class Run {
  readonly latency = new Histogram();
  /** By fate, the last word. */
  readonly counts = new Float64Array(FATES.length);
  sent = 0;
  accepted = 0;
  /** Of those, given up: the client's queue was full. */
  unsent = 0;
  /** The generator's own delay at the worst, milliseconds: signing or the event loop. */
  lateMs = 0;
  startedAt = 0;
  sentAllMs = 0;
  endedAt = 0;
  /** CPU time of this process from the first transfer to the last outcome, and the part of it that went into signing. */
  cpuUs = 0;
  signingCpuUs = 0;
  readonly #plan: Plan;
  readonly #tps: number;
  readonly #signers: Signers;
  readonly #clients: Clients;
  readonly #askBlockhash: () => Promise<Blockhash>;
  readonly #open = new Set<Promise<void>>();
  #blockhash!: Blockhash;
  #blockhashAt = 0;
  #asking = false;
  #stopped = false;
  #failure: Error | undefined;

  constructor(plan: Plan, tps: number, signers: Signers, clients: Clients, askBlockhash: () => Promise<Blockhash>) {
    this.#plan = plan;
    this.#tps = tps;
    this.#signers = signers;
    this.#clients = clients;
    this.#askBlockhash = askBlockhash;
  }

  get total(): number {
    return this.#plan.rows.length / ROW;
  }
  get settled(): number {
    return [REFUSED, CONFIRMED, FAILED, NOT_LANDED, EXPIRED].reduce((sum, fate) => sum + this.counts[fate]!, 0);
  }
  get busyAnswers(): number {
    return this.#clients.submit.busyAnswers;
  }

  /** No more transfers; what is under way is awaited. */
  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    this.#blockhash = await this.#askBlockhash();
    const first = this.#ahead(0);
    await first[0]?.body;
    this.startedAt = performance.now();
    const cpu = ownCpuUs();
    const signing = this.#signers.cpuUs;
    this.#blockhashAt = this.startedAt;
    await this.#send(first);
    this.sentAllMs = performance.now() - this.startedAt;
    await Promise.all(this.#open);
    this.endedAt = performance.now();
    this.cpuUs = ownCpuUs() - cpu;
    this.signingCpuUs = this.#signers.cpuUs - signing;
    if (this.#failure) throw this.#failure;
  }

  #signedUpTo = 0;

  /** Signs what is due until AHEAD_MS from `nowMs` on. */
  #ahead(nowMs: number): Group[] {
    const groups: Group[] = [];
    while (this.#signedUpTo < this.total && (this.#signedUpTo * 1000) / this.#tps < nowMs + AHEAD_MS) {
      const from = this.#signedUpTo;
      const size = Math.max(1, Math.round((this.#tps * TICK_MS) / 1000));
      const to = Math.min(this.total, from + size);
      const { blockhash, lastValidBlockHeight } = this.#blockhash;
      const body = this.#signers.sign(this.#plan.rows.slice(from * ROW, to * ROW), blockhash);
      groups.push({ dueMs: (from * 1000) / this.#tps, count: to - from, body, lastValidBlockHeight });
      this.#signedUpTo = to;
    }
    return groups;
  }

  async #send(queue: Group[]): Promise<void> {
    while (!this.#stopped && !this.#failure) {
      this.#refreshBlockhash();
      queue.push(...this.#ahead(performance.now() - this.startedAt));
      const group = queue.shift();
      if (!group) return;
      const wait = this.startedAt + group.dueMs - performance.now();
      if (wait > 0) await sleep(wait);
      const body = await group.body;
      this.lateMs = Math.max(this.lateMs, performance.now() - this.startedAt - group.dueMs);
      const open: Promise<void> = this.#follow(group, body).finally(() => this.#open.delete(open));
      this.#open.add(open);
    }
  }

  #refreshBlockhash(): void {
    if (this.#asking || performance.now() - this.#blockhashAt < BLOCKHASH_MS) return;
    this.#asking = true;
    this.#askBlockhash()
      .then((blockhash) => {
        this.#blockhash = blockhash;
        this.#blockhashAt = performance.now();
      })
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#asking = false;
      });
  }

  async #follow(group: Group, body: Uint8Array): Promise<void> {
    const { submit, watch } = this.#clients;
    const { count, lastValidBlockHeight } = group;
    this.sent += count;
    const note = this.#noter(group);
    const onProgress = (batch: Batch) => {
      note.accepted(batch.count - batch.counts[0]! - batch.counts[REFUSED]! - batch.counts[EXPIRED]!);
      if (submit === watch) note.outcomes(batch);
    };
    try {
      const batch = await submit.submit(body, { lastValidBlockHeight, onProgress });
      if (submit === watch) return;
      note.outcomes(batch);
      const signatures = takenSignatures(batch);
      if (signatures.length === 0) return;
      // The stream has been open since before they were sent: it knows the latest outcomes.
      await watch.watch(signatures, { fresh: true, onProgress: this.#noter(group).outcomes });
    } catch (error) {
      if (error instanceof IngestError && error.code === "full") this.unsent += count;
      else this.#failure ??= error as Error;
    }
  }

  /** Adds what is new in a batch to the totals. */
  #noter({ dueMs }: Group): { accepted: (n: number) => void; outcomes: (batch: Batch) => void } {
    const seen = new Uint32Array(FATES.length);
    let accepted = 0;
    return {
      accepted: (n) => {
        this.accepted += Math.max(0, n - accepted);
        accepted = Math.max(accepted, n);
      },
      outcomes: (batch) => {
        for (const fate of [REFUSED, CONFIRMED, FAILED, NOT_LANDED, EXPIRED]) {
          const news = batch.counts[fate]! - seen[fate]!;
          if (news === 0) continue;
          seen[fate] = batch.counts[fate]!;
          this.counts[fate]! += news;
          if (fate === CONFIRMED) this.latency.add(performance.now() - this.startedAt - dueMs, news);
        }
      },
    };
  }
}

function takenSignatures(batch: Batch): Uint8Array {
  const out = new Uint8Array(batch.counts[TAKEN]! * SIGNATURE_SIZE);
  for (let i = 0, at = 0; i < batch.count; i++) {
    if (batch.fateNumber(i) !== TAKEN) continue;
    out.set(batch.signature(i), at);
    at += SIGNATURE_SIZE;
  }
  return out;
}
