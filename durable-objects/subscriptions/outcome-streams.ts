/**
 * The channels of binary streams (workers/edge/stream.ts) around shared/ingest/outcome-watch.ts: one WebSocket from the edge a stream.
 * What it waits for is in memory only: when this object goes away its channels break, the edge says so to the clients, and they ask
 * again.
 */

import {
  encodeRegistered,
  LOOKUP_SIZE,
  type Lookup,
  OutcomeWatch,
  readRegistration,
} from "../../shared/ingest/outcome-watch.ts";
import { SIGNATURE_SIZE } from "../../shared/ingest/protocol.ts";
import type { LedgerReader } from "../../shared/ledger/ledger-reader.ts";
import { readSoon } from "../../shared/ledger/reading.ts";
import type { MemoryReport } from "../../shared/protocol/actor.ts";
import { decodeBlock } from "../../shared/protocol/block.ts";
import { decodeHeader } from "../../shared/protocol/header.ts";
import type { Env } from "../host/env.ts";
import { ledgerReader, readBlock } from "../host/ledger-ports.ts";
import { SocketBudget } from "./socket-budget.ts";

/** Channels of one object. */
const LIMITS = { all: 1_024, ofOneAddress: 512 };
/** Blocks fetched to close a gap; beyond it the ledger is asked for all that waits. */
const REPAIR = 16;
const INTERNAL_ERROR = 1011;

export class OutcomeStreams {
  readonly #env: Env;
  readonly #ledger: LedgerReader;
  readonly #watch = new OutcomeWatch(crypto.getRandomValues(new Uint32Array(1))[0]!);
  readonly #channels = new Map<number, WebSocket>();
  readonly #budget = new SocketBudget<number>(LIMITS);
  /** Blocks and lookups, one after another. */
  #work: Promise<void> = Promise.resolve();

  constructor(env: Env) {
    this.#env = env;
    this.#ledger = ledgerReader(env);
  }

  /** Somebody waits: the chain has to go on making blocks, so that what is not taken expires. */
  get waiting(): boolean {
    return this.#watch.waiting > 0;
  }

  memory(): MemoryReport {
    return { streams: this.#channels.size, signaturesWaiting: this.#watch.waiting };
  }

  /** A stream's channel, of a client at `address`. `onWaiting` is called when something may wait. */
  open(address: string, onWaiting: () => void): Response {
    const refusal = this.#budget.refusal(address);
    if (refusal) return refusal;
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.binaryType = "arraybuffer";
    const owner = this.#watch.open();
    this.#channels.set(owner, server);
    this.#budget.add(owner, address);
    const close = () => {
      this.#budget.remove(owner);
      if (!this.#channels.delete(owner)) return;
      this.#watch.close(owner);
      server.close();
    };
    server.addEventListener("close", close);
    server.addEventListener("error", close);
    server.addEventListener("message", ({ data }) => {
      this.#register(owner, server, new Uint8Array(data as ArrayBuffer));
      onWaiting();
    });
    return new Response(null, { status: 101, webSocket: client });
  }

  #register(owner: number, channel: WebSocket, bytes: Uint8Array): void {
    const { request, count, lookup } = readRegistration(bytes);
    const ok = this.#watch.register(owner, bytes);
    this.#push();
    if (!ok || !lookup) {
      channel.send(encodeRegistered(ok, request, count));
      return;
    }
    this.#enqueue(async () => {
      const asked = this.#watch.lookupOf(owner, bytes);
      if (asked) await this.#ask(asked, false);
      if (this.#channels.has(owner)) channel.send(encodeRegistered(true, request, count));
    });
  }

  /** Back when it is told; blocks come in any order and may be missing. */
  async block(slot: number, height: number, frame: Uint8Array, results: Uint8Array): Promise<void> {
    if (this.#channels.size === 0) {
      this.#watch.block(slot, height, frame, results);
      return;
    }
    await this.#enqueue(async () => {
      await this.#repair(slot);
      this.#watch.block(slot, height, frame, results);
      this.#push();
      for (let over = this.#watch.expiring(); over; over = this.#watch.expiring()) await this.#ask(over, true);
    });
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task).catch((fault) => {
      // What was missed is not known: whoever waits is sent away, and comes back asking.
      console.error(`subscriptions: streams: ${fault instanceof Error ? fault.message : String(fault)}`);
      for (const [owner, channel] of this.#channels) {
        this.#channels.delete(owner);
        this.#watch.close(owner);
        channel.close(INTERNAL_ERROR, "try again");
      }
    });
    return this.#work;
  }

  async #repair(slot: number): Promise<void> {
    const last = this.#watch.slot;
    if (last < 0 || slot <= last + 1) return;
    for (let missing = Math.max(last + 1, slot - REPAIR); missing < slot; missing++) {
      const bytes = await readSoon(
        this.#ledger.block(missing, (generation) => readBlock(this.#env, generation, missing)),
      );
      if (!bytes) continue;
      const { header, frame, results } = decodeBlock(bytes);
      this.#watch.block(missing, decodeHeader(header).height, frame, results);
      this.#push();
    }
    if (slot - last - 1 <= REPAIR) return;
    const all = this.#watch.all();
    if (all) await this.#ask(all, false);
  }

  async #ask(lookup: Lookup, expire: boolean): Promise<void> {
    const count = lookup.signatures.length / SIGNATURE_SIZE;
    for (let first = 0; first < count; first += LOOKUP_SIZE) {
      const last = Math.min(count, first + LOOKUP_SIZE);
      const signatures = Array.from({ length: last - first }, (_, i) =>
        lookup.signatures.subarray((first + i) * SIGNATURE_SIZE, (first + i + 1) * SIGNATURE_SIZE),
      );
      const statuses = await readSoon(this.#ledger.statuses(signatures, true));
      this.#push();
      this.#watch.settle(lookup, first, statuses, expire);
      this.#push();
    }
  }

  #push(): void {
    for (const [owner, bytes] of this.#watch.pushes()) this.#channels.get(owner)?.send(bytes);
  }
}
