/** A shard in a Durable Object of the benchmark: filled with very many accounts, taken out of memory, asked. */

import { DurableObject } from "cloudflare:workers";
import { blake3 } from "@noble/hashes/blake3.js";
import wasm from "../../build/infinisvm.wasm";
import { BlobStore } from "../../durable-objects/host/blob-store.ts";
import { zstd } from "../../durable-objects/host/zstd.ts";
import type { Effect } from "../../shared/protocol/actor.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { AccountStore } from "../../shared/state/account-store.ts";
import { pack } from "../../shared/state/pack.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../shared/state/shard-machine.ts";

export interface Fill {
  readonly accounts: number;
  /** Checkpoints in which they come, each over all keys. */
  readonly runs: number;
}

export interface Log {
  readonly accounts: number;
  /** Log rows after the last checkpoint, and accounts that each changes. */
  readonly rows: number;
  readonly changes: number;
}

export interface Filled {
  readonly rowsWritten: number;
  readonly bytesWritten: number;
  readonly runs: number;
}

export interface Asked {
  readonly found: number;
  readonly lamports: string;
  readonly accountsInMemory: number;
  readonly bytesInMemory: number;
}

const HEADER = 8;
const SIZE = 88;
const LAMPORTS = 1_000_000_000;

/** The key of account i of n: ascending in i, its other bytes as good as random. */
function writeKey(view: DataView, at: number, i: number, n: number): void {
  view.setUint32(at, Math.floor((i * 2 ** 32) / n));
  let state = i + 1;
  for (let word = 4; word < 32; word += 4) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    view.setUint32(at + word, state);
  }
}

/** Account list of the accounts first, first + step, ... below n. */
function accountList(n: number, first: number, step: number, lamports: number): Uint8Array {
  const count = Math.ceil((n - first) / step);
  const list = new Uint8Array(HEADER + count * SIZE);
  const view = viewOf(list);
  view.setUint32(0, count, true);
  for (let i = 0, at = HEADER; i < count; i++, at += SIZE) {
    const account = first + i * step;
    writeKey(view, at, account, n);
    view.setBigUint64(at + 64, BigInt(lamports + (account % 1000)), true);
    view.setBigUint64(at + 72, (1n << 64n) - 1n, true);
  }
  return list;
}

/** A log row that changes accounts and nothing else; their lamports stay in sum. */
function logRow(slot: number, previous: number, lamports: bigint, writes: Uint8Array): Uint8Array {
  const row = new Uint8Array(128 + writes.length + 8);
  const view = viewOf(row);
  view.setUint32(0, row.length, true);
  view.setUint32(4, 0x31574f52, true);
  view.setBigUint64(8, BigInt(slot), true);
  view.setBigUint64(56, BigInt(previous), true);
  view.setBigUint64(64, lamports, true);
  row.set(blake3(writes), 80);
  view.setUint32(112, writes.length, true);
  view.setUint32(124, 8, true);
  row.set(writes, 128);
  return row;
}

export class BenchShard extends DurableObject {
  readonly #storage = new BlobStore(this.ctx.storage.sql, "bench");
  #machine: ShardMachine | undefined;

  #apply(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "put") this.#storage.put(effect.table, effect.id, effect.bytes);
      else if (effect.type === "delete") this.#storage.delete(effect.table, effect.from, effect.to);
    }
  }

  /** As a long life would leave it: checkpoints merged as usual. */
  async fill({ accounts, runs }: Fill): Promise<Filled> {
    const store = new AccountStore(DEFAULT_CHECKPOINT, zstd);
    store.boot(this.#storage);
    const sum = (list: Uint8Array): bigint => {
      const view = viewOf(list);
      let total = 0n;
      for (let at = HEADER; at < list.length; at += SIZE) total += view.getBigUint64(at + 64, true);
      return total;
    };
    let lamports = 0n;
    let count = 0;
    for (let run = 0; run < runs; run++) {
      const list = accountList(accounts, run, runs, LAMPORTS);
      lamports += sum(list);
      count += viewOf(list).getUint32(0, true);
      this.#apply([...store.checkpoint(run + 1, { lamports, count }, [list]), ...store.seal()]);
      store.settle();
      for (let effects = store.maintain(4 << 20); effects.length > 0; effects = store.maintain(4 << 20)) {
        this.#apply([...effects, ...store.seal()]);
        store.settle();
      }
    }
    const { rowsWritten, bytesWritten } = this.#storage;
    return { rowsWritten, bytesWritten, runs: store.runs };
  }

  async log({ accounts, rows, changes }: Log): Promise<number> {
    const store = new AccountStore(DEFAULT_CHECKPOINT, zstd);
    store.boot(this.#storage);
    let { lamports } = store.totals;
    const step = Math.floor(accounts / changes);
    let bytes = 0;
    for (let row = 0; row < rows; row++) {
      const slot = store.upTo + row + 1;
      // Each row changes other accounts, from what the checkpoint has.
      const writes = accountList(accounts, row % step, step, LAMPORTS + 1);
      lamports += BigInt(viewOf(writes).getUint32(0, true));
      const packed = pack(logRow(slot, slot - 1, lamports, writes), zstd);
      this.#storage.put("log", slot, packed);
      bytes += packed.length;
    }
    return bytes;
  }

  #boot(): ShardMachine {
    const engine = new ShardEngine(wasm, { shardIndex: 0, shardCount: 1, seed0: 1n, seed1: 2n });
    const machine = new ShardMachine(engine, { shard: 0, ...DEFAULT_CHECKPOINT }, () => new Uint8Array(8), zstd);
    machine.boot(this.#storage);
    return machine;
  }

  /** Reads some accounts, every `stride`th of n. */
  async ask(n: number, stride: number): Promise<Asked> {
    this.#machine ??= this.#boot();
    const keys = new Uint8Array(Math.ceil(n / stride) * 32);
    for (let i = 0, at = 0; at < keys.length; i += stride, at += 32) writeKey(viewOf(keys), at, i, n);
    const list = this.#machine.read(keys, Number.MAX_SAFE_INTEGER);
    let found = 0;
    const view = viewOf(list);
    for (let at = HEADER; at < list.length; at += SIZE) if (view.getBigUint64(at + 64, true) > 0n) found++;
    const { lamports, accountsInMemory, bytesInMemory } = this.#machine.size();
    return { found, lamports: String(lamports), accountsInMemory, bytesInMemory };
  }
}

interface Env {
  readonly SHARD: DurableObjectNamespace<BenchShard>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const stub = env.SHARD.get(env.SHARD.idFromName("shard"));
    const url = new URL(request.url);
    if (url.pathname === "/fill") return Response.json(await stub.fill((await request.json()) as Fill));
    if (url.pathname === "/log") return Response.json(await stub.log((await request.json()) as Log));
    const [n, stride] = ["n", "stride"].map((name) => Number(url.searchParams.get(name)));
    return Response.json(await stub.ask(n!, stride!));
  },
};
