/** A pool of signing threads. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { SIGNER } from "../package/files.ts";
import type { Signed, SignerData, SignRequest } from "./signer.ts";

/** More than these sign faster than one thread can send. */
const MAX_THREADS = 4;

export class Signers {
  readonly #threads: Worker[];
  readonly #waiting = new Map<number, (body: Uint8Array) => void>();
  #nextId = 0;
  /** CPU time of all signing so far. */
  cpuUs = 0;

  constructor(data: SignerData) {
    const count = Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1));
    this.#threads = Array.from({ length: count }, () => {
      const thread = new Worker(SIGNER, { workerData: data });
      thread.on("message", ({ id, body, cpuUs }: Signed) => {
        this.cpuUs += cpuUs;
        this.#waiting.get(id)!(body);
        this.#waiting.delete(id);
      });
      return thread;
    });
  }

  /** A body of signed transfers. */
  sign(rows: Uint32Array, blockhash: Uint8Array): Promise<Uint8Array> {
    const id = this.#nextId++;
    const request: SignRequest = { id, rows, blockhash };
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#threads[id % this.#threads.length]!.postMessage(request);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
