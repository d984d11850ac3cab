/** Run by workerd: an index partition over an object's storage, filled with signatures nobody sent, and asked for others. */
import { DurableObject } from "cloudflare:workers";
import { BlobStore } from "../../durable-objects/host/blob-store.ts";
import { INDEX_CONFIG, IndexMachine } from "../../shared/ledger/index-machine.ts";
import { IndexQuery } from "../../shared/ledger/index-query.ts";
import { ENTRY_WORDS, type IndexKey } from "../../shared/ledger/index-run.ts";
import type { Effect } from "../../shared/protocol/actor.ts";

/** Signatures of a batch, as a busy ledger sends them. */
const BATCH = 65_536;
/** One of so many is remembered, to be asked for. */
const REMEMBERED = 1_021;

export interface FilledIndex {
  readonly signatures: number;
  readonly runs: number;
}

export class BenchIndex extends DurableObject {
  readonly #storage = new BlobStore(this.ctx.storage.sql, "bench");
  readonly #machine = new IndexMachine(INDEX_CONFIG);
  readonly #query = new IndexQuery(this.#machine);
  #state = 0x2545f491;
  readonly #known: IndexKey[] = [];
  #asked = 0;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as Cloudflare.Env);
    this.#apply(this.#machine.boot(this.#storage));
  }

  #apply(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "put") this.#storage.put(effect.table, effect.id, effect.bytes);
      else if (effect.type === "delete") this.#storage.delete(effect.table, effect.from, effect.to);
    }
  }

  /** Marsaglia's xorshift: the same keys in every run. */
  #word(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  /** Batches until there are so many signatures, a slot each. */
  async fill(signatures: number): Promise<FilledIndex> {
    let slot = this.#machine.upTo ?? 0;
    for (; slot * BATCH < signatures; slot++) {
      const words = new Uint32Array(BATCH * ENTRY_WORDS);
      for (let i = 0; i < BATCH; i++) {
        // Even: those that nobody sends are odd, also where the object has begun again and its numbers too.
        const [high, low] = [this.#word(), (this.#word() & ~1) >>> 0];
        words.set([high, low, slot + 1, i], i * ENTRY_WORDS);
        if (i % REMEMBERED === 0) this.#known.push({ high, low });
      }
      const batch = { signatures: new Uint8Array(words.buffer), addresses: new Uint8Array(0) };
      const message = { type: "entries", begin: 0, after: slot, upTo: slot + 1, ...batch } as const;
      this.#apply(this.#machine.step({ type: "message", from: "ledger-0", message }));
    }
    return { signatures: slot * BATCH, runs: this.#machine.runs("signatures") };
  }

  /** How many of so many keys that nobody has sent have a candidate. */
  async ask(count: number): Promise<number> {
    const keys = Array.from({ length: count }, (): IndexKey => ({ high: this.#word(), low: (this.#word() | 1) >>> 0 }));
    return this.#found(keys);
  }

  /** The same of keys that were sent, long ago and lately. */
  async askKnown(count: number): Promise<number> {
    const keys = Array.from({ length: count }, () => this.#known[this.#asked++ % this.#known.length]!);
    return this.#found(keys);
  }

  #found(keys: readonly IndexKey[]): number {
    return this.#query.find("signatures", keys, 0).filter((places) => places.length > 0).length;
  }
}

interface Env {
  readonly INDEX: DurableObjectNamespace<BenchIndex>;
}

/** `/fill?n=`, `/ask?n=`, `/known?n=`. */
export default {
  async fetch(request: Request, { INDEX }: Env): Promise<Response> {
    const url = new URL(request.url);
    const index = INDEX.get(INDEX.idFromName("index"));
    const n = Number(url.searchParams.get("n"));
    if (url.pathname === "/fill") return Response.json(await index.fill(n));
    return Response.json(url.pathname === "/known" ? await index.askKnown(n) : await index.ask(n));
  },
};
