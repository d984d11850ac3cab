/**
 * How long the builder takes from being out of memory to its tip, after a minute at full rate: the real machine over the rows of an object's
 * store in a SQLite file, in Node. The shards of it answer at once that nothing landed, so that a minute takes seconds to make.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BlobStore } from "../../durable-objects/host/blob-store.ts";
import { LedgerMachine } from "../../shared/ledger/ledger-machine.ts";
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import type { Effect } from "../../shared/protocol/actor.ts";
import { decodeBlock } from "../../shared/protocol/block.ts";
import { shardSeeds } from "../../shared/protocol/context.ts";
import { RESULT } from "../../shared/protocol/layouts/result.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { decodeRecord, makeFrame } from "../../shared/protocol/record.ts";
import { BuilderMachine } from "../../shared/scheduling/builder-machine.ts";
import { Planner } from "../../shared/scheduling/planner.ts";
import { decodeProposal } from "../../shared/scheduling/proposal.ts";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../wasm-module.ts";
import { whole } from "./format.ts";
import { median } from "./measure.ts";
import type { Bench, PartResult } from "./parts.ts";
import { MemoryStorage, sha256 } from "./pipeline.ts";
import { makeWallets, signedBy, transferIx } from "./wallets.ts";

const SHARDS = 4;
const SLOT_MS = 50;
/** A busy chain raises its height every eighth slot: 150 heights are a minute. */
const HEIGHT_STRIDE = 8;
const TX_ERROR = 1;
const genesisHash = sha256(new TextEncoder().encode("builder restart"));

/** What BlobStore needs of an object's SQL, over a file. */
function sqlOf(file: string): { readonly sql: SqlStorage; close(): void } {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL");
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const exec = (query: string, ...bindings: (number | string | Uint8Array)[]) => {
    const statement = statements.get(query) ?? database.prepare(query);
    statements.set(query, statement);
    const rows = query.startsWith("SELECT") ? statement.all(...bindings) : [];
    if (!query.startsWith("SELECT")) statement.run(...bindings);
    return { rowsWritten: 1, toArray: () => rows, [Symbol.iterator]: () => rows.values() };
  };
  return { sql: { exec } as unknown as SqlStorage, close: () => database.close() };
}

/** The answer of a shard that executed its part: nothing landed, nothing changed. */
function committed(message: Extract<Message, { type: "proposal" }>): Message {
  const { slot, view, digest, proposal } = message;
  const { records } = decodeProposal(proposal);
  const results = new Uint8Array(8 + records.length * RESULT.HEADER);
  const out = new DataView(results.buffer);
  out.setUint32(0, records.length, true);
  for (const [i, { blockIndex }] of records.entries()) {
    const at = 8 + i * RESULT.HEADER;
    out.setUint32(at + RESULT.LEN, RESULT.HEADER, true);
    out.setUint32(at + RESULT.BLOCK_INDEX, blockIndex, true);
    out.setUint8(at + RESULT.TX_ERROR, TX_ERROR);
  }
  return { type: "committed", slot, view, digest, results, effects: new Uint8Array(0), lamports: 0n, known: 0 };
}

class Chain {
  builder: BuilderMachine;
  readonly #stored: BlobStore;
  /** What the ledger answers: its newest block's header and carry. The blocks themselves are not kept. */
  #tip: Message & { readonly type: "stored" };
  /** Blocks go to the ledger. Otherwise they stay in flight. */
  stores = true;
  now = 0;

  constructor(stored: BlobStore) {
    this.#stored = stored;
    const genesis = { genesisHash, genesisTimestamp: 0, genesisLamports: new Array<bigint>(SHARDS).fill(0n) };
    const ledger = new LedgerMachine({ ...ledgerShape(), ...genesis, generation: 0 });
    ledger.boot(new MemoryStorage());
    const message: Message = { type: "tipWanted", asked: 1 };
    const [answer] = ledger.step({ type: "message", from: "builder", message });
    if (answer?.type !== "send" || answer.message.type !== "stored") throw new Error("the ledger does not answer");
    this.#tip = answer.message;
    this.builder = this.#create();
    this.#carry(this.builder.boot(stored, this.now));
  }

  #create(): BuilderMachine {
    const seeds = shardSeeds(sha256, genesisHash);
    const planner = new Planner(wasmModule(), { shardCount: SHARDS, ...seeds });
    const times = { slotMs: SLOT_MS, heartbeatMs: 400, heightStride: HEIGHT_STRIDE, genesisTimestamp: 0 };
    return new BuilderMachine(planner, sha256, { shardCount: SHARDS, ...times, genesisHash });
  }

  #carry(effects: readonly Effect[]): void {
    const answers: [NodeId, Message][] = [];
    for (const effect of effects) {
      if (effect.type === "put") this.#stored.put(effect.table, effect.id, effect.bytes);
      if (effect.type === "delete") this.#stored.delete(effect.table, effect.from, effect.to);
      if (effect.type !== "send") continue;
      const { to, message } = effect;
      if (message.type === "proposal") answers.push([to, committed(message)]);
      if (message.type === "tipWanted") answers.push([to, { ...this.#tip, asked: message.asked }]);
      if (message.type !== "block" || !this.stores) continue;
      const { slot, view, digest, block } = message;
      const { header, carry } = decodeBlock(block);
      this.#tip = { type: "stored", asked: 0, slot, view, digest, header: header.slice(), carry: carry.slice() };
      answers.push([to, this.#tip]);
    }
    for (const [from, message] of answers) this.#carry(this.builder.step({ type: "message", from, message }, this.now));
  }

  frame(seq: number, frame: Uint8Array): void {
    const message = { type: "frames", seq, oldest: seq, frame } as const;
    this.#carry(this.builder.step({ type: "message", from: "lane-0", message }, this.now));
  }
  tick(): void {
    this.now += SLOT_MS;
    this.#carry(this.builder.step({ type: "timer", name: "tick" }, this.now));
  }

  /** Milliseconds from nothing in memory to the tip, the proposals in flight sent again. */
  restart(): number {
    const begin = performance.now();
    this.builder = this.#create();
    this.#carry(this.builder.boot(this.#stored, this.now));
    if (!this.builder.head(this.now)) throw new Error("the builder does not come back");
    return performance.now() - begin;
  }
}

/** Records of distinct transfers with this blockhash. */
function records(count: number, blockhash: Uint8Array, parser: WasmInstance, wallets: ReturnType<typeof makeWallets>) {
  return Array.from({ length: count }, (_, i) => {
    const wallet = wallets[i % wallets.length]!;
    const to = sha256(Uint8Array.of(i, i >> 8, i >> 16));
    if (parser.call("txParse", signedBy(wallet, [transferIx(wallet.key, to, 1n)], blockhash)) !== 0)
      throw new Error("a transfer that does not parse");
    return parser.out();
  });
}

/** The same with another blockhash; nobody here looks at signatures. */
function withHash(record: Uint8Array, blockhash: Uint8Array): Uint8Array {
  const old = decodeRecord(record).recentBlockhash;
  const copy = record.slice();
  copy.set(blockhash, Buffer.from(record).indexOf(old));
  return copy;
}

export async function builderRestartPart(bench: Bench): Promise<PartResult> {
  const { rounds, busySeconds, blockTransactions } = bench.sizes;
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-builder-"));
  const { sql, close } = sqlOf(join(folder, "builder.sqlite"));
  try {
    const stored = new BlobStore(sql, "builder");
    const chain = new Chain(stored);
    const slots = Math.round((busySeconds * 1000) / SLOT_MS);
    const made = records(blockTransactions, genesisHash, new WasmInstance(wasmModule()), makeWallets("restart", 64));
    let frame = makeFrame(made);
    for (let slot = 1; slot <= slots; slot++) {
      // The last blocks stay in flight: a restart sends their proposals again.
      chain.stores = slot <= slots - 3;
      // A blockhash lives for 150 heights.
      if (slot % 512 === 0) {
        const { part } = chain.builder.tipSince(-1, -1, chain.now)!;
        frame = makeFrame(made.map((record) => withHash(record, part.steps.at(-1)!.hash)));
      }
      chain.frame(slot, frame);
      chain.tick();
    }
    chain.stores = true;
    const proposed = chain.builder.totals.proposed;
    if (proposed !== slots * blockTransactions) throw new Error(`only ${proposed} transactions were proposed`);
    const bytes = stored.bytesWritten;
    // The first time the blocks in flight are stored: then none is.
    const busy = chain.restart();
    const idle = median(Array.from({ length: rounds }, () => chain.restart()));
    const ms = (value: number) => `${value.toFixed(0)} ms`;
    return {
      figures: busySeconds >= 60 ? { builderRestartMs: Math.max(busy, idle) } : {},
      detail: {
        builderRestartMs: Math.max(busy, idle),
        busyMs: busy,
        idleMs: idle,
        seconds: busySeconds,
        proposed,
        bytes,
      },
      rows: [
        {
          name: `restart of the builder after ${busySeconds} s at ${whole(blockTransactions * (1000 / SLOT_MS))}/s`,
          value: ms(busy),
          beside: `${whole(proposed)} transactions, ${whole(bytes / 1e6)} MB written; target 1,000 ms`,
        },
        { name: "the same with nothing in flight", value: ms(idle) },
      ],
    };
  } finally {
    close();
    rmSync(folder, { recursive: true, force: true });
  }
}
