/** A small chain for tests: transactions, a naive planner, and engines that exchange loans and returns. */
import { createHash } from "node:crypto";
import { compareBytes, concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { CONTEXT_SIZE } from "../../../shared/protocol/limits.ts";
import { type Account, encodeAccountList, shardOf, virtualShardOf } from "../../../shared/state/accounts.ts";
import { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";
import { tagOf } from "../scheduling/reference.ts";

const parser = new WasmInstance(wasmModule());

export const SEEDS = { seed0: 0x0706050403020100n, seed1: 0x0f0e0d0c0b0a0908n };
export const SYSTEM = new Uint8Array(32);
export const RENT_EXEMPT = 890_880n;

export const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest());
/** A key that looks random and is the same in every run. */
export const keyOf = (n: number | string): Uint8Array => sha256(new TextEncoder().encode(`key ${n}`));
export const digestOf = (slot: number): Uint8Array => sha256(new TextEncoder().encode(`digest ${slot}`));
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export const wallet = (key: Uint8Array, lamports: bigint): Account => ({
  key,
  owner: SYSTEM,
  lamports,
  rentEpoch: (1n << 64n) - 1n,
  executable: false,
  data: new Uint8Array(0),
});

/** The order of a log row's writes. */
export const byVirtualShard = (a: Account, b: Account): number =>
  virtualShardOf(a.key, SEEDS) - virtualShardOf(b.key, SEEDS) || compareBytes(a.key, b.key);

export const engineOf = (shardIndex = 0, shardCount = 1): ShardEngine =>
  new ShardEngine(wasmModule(), { shardIndex, shardCount, ...SEEDS });

const BLOCKHASH = digestOf(0);
export const contextOf = (slot: number): Uint8Array =>
  encodeContext({
    slot,
    view: 1,
    unixTimestamp: 1_700_000_000 + slot,
    epochStartTimestamp: 1_700_000_000,
    hashes: [BLOCKHASH],
  });

export interface Transfer {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly lamports: bigint;
  /** System program instruction: 2 transfer, or any number for a failing one. */
  readonly instruction?: number;
}

/** The record of an unsigned legacy transaction that transfers lamports. */
export function transferRecord({ from, to, lamports, instruction = 2 }: Transfer): Uint8Array {
  const same = compareBytes(from, to) === 0;
  const keys = same ? [from, SYSTEM] : [from, to, SYSTEM];
  const data = new Uint8Array(12);
  viewOf(data).setUint32(0, instruction, true);
  viewOf(data).setBigUint64(4, lamports, true);
  const wire = concatBytes(
    Uint8Array.of(1),
    new Uint8Array(64),
    Uint8Array.of(1, 0, 1, keys.length),
    ...keys,
    BLOCKHASH,
    Uint8Array.of(1, keys.length - 1, 2, 0, same ? 0 : 1, data.length),
    data,
  );
  const code = parser.call("txParse", wire);
  if (code !== 0) throw new Error(`txParse: ${code}`);
  return parser.out();
}

export interface Lease {
  readonly shard: number;
  readonly writable: boolean;
  readonly key: Uint8Array;
}
/** A transaction whose fee payer is lent to `shard`. */
export interface Tag {
  readonly shard: number;
  readonly tag: bigint;
  /** Of its blockhash. */
  readonly height: number;
}
export interface Plan {
  readonly slot: number;
  readonly shard: number;
  readonly prevSlot: number;
  readonly digest?: Uint8Array;
  readonly lends?: readonly Lease[];
  readonly borrows?: readonly Lease[];
  readonly tags?: readonly Tag[];
  readonly records?: readonly { readonly blockIndex: number; readonly record: Uint8Array }[];
}

export const sortLeases = (leases: readonly Lease[]): Lease[] =>
  [...leases].sort((a, b) => a.shard - b.shard || compareBytes(a.key, b.key));

/** Bytes of a shard proposal; nothing is sorted or checked. */
export function proposalOf({
  slot,
  shard,
  prevSlot,
  digest,
  lends = [],
  borrows = [],
  tags = [],
  records = [],
}: Plan): Uint8Array {
  const size =
    96 +
    CONTEXT_SIZE +
    (lends.length + borrows.length) * 40 +
    tags.length * 16 +
    records.reduce((n, { record }) => n + 8 + record.length, 0);
  const out = new Uint8Array(size);
  const view = viewOf(out);
  view.setUint32(0, size, true);
  view.setUint32(4, 0x50524f50, true);
  view.setBigUint64(8, BigInt(slot), true);
  view.setBigUint64(16, 1n, true);
  out.set(digest ?? digestOf(slot), 24);
  view.setBigUint64(56, BigInt(prevSlot), true);
  view.setUint32(72, shard, true);
  view.setUint32(80, records.length, true);
  view.setUint32(84, lends.length, true);
  view.setUint32(88, borrows.length, true);
  view.setUint32(92, tags.length, true);
  out.set(contextOf(slot), 96);
  let at = 96 + CONTEXT_SIZE;
  for (const { shard, writable, key } of [...lends, ...borrows]) {
    view.setUint16(at, shard, true);
    out[at + 2] = writable ? 1 : 0;
    out.set(key, at + 8);
    at += 40;
  }
  for (const { shard, tag, height } of tags) {
    view.setBigUint64(at, tag, true);
    view.setUint32(at + 8, height, true);
    view.setUint16(at + 12, shard, true);
    at += 16;
  }
  for (const { blockIndex, record } of records) {
    view.setUint32(at, blockIndex, true);
    out.set(record, at + 8);
    at += 8 + record.length;
  }
  return out;
}

/** Groups transfers that share an account and puts each group on the shard of its first payer. */
export function planOf(
  slot: number,
  transfers: readonly Transfer[],
  shardCount: number,
  prevSlots: readonly number[],
): Map<number, Plan> {
  const parent = transfers.map((_, i) => i);
  const root = (i: number): number => (parent[i] === i ? i : root(parent[i]!));
  const first = new Map<string, number>();
  transfers.forEach(({ from, to }, i) => {
    for (const key of [from, to]) {
      const other = first.get(hex(key));
      if (other === undefined) first.set(hex(key), i);
      else parent[root(i)] = root(other);
    }
  });
  type Draft = { lends: Lease[]; borrows: Lease[]; tags: Tag[]; records: { blockIndex: number; record: Uint8Array }[] };
  const drafts = new Map<number, Draft>();
  const draft = (shard: number): Draft => {
    const found = drafts.get(shard) ?? { lends: [], borrows: [], tags: [], records: [] };
    drafts.set(shard, found);
    return found;
  };
  const leased = new Set<string>();
  transfers.forEach((transfer, blockIndex) => {
    const shard = shardOf(transfers[root(blockIndex)]!.from, shardCount, SEEDS);
    const record = transferRecord(transfer);
    draft(shard).records.push({ blockIndex, record });
    const payerShard = shardOf(transfer.from, shardCount, SEEDS);
    if (payerShard !== shard) {
      draft(payerShard).tags.push({ shard, tag: tagOf(record, SEEDS.seed0, SEEDS.seed1), height: slot - 1 });
    }
    for (const key of [transfer.from, transfer.to]) {
      const owner = shardOf(key, shardCount, SEEDS);
      if (owner === shard || leased.has(hex(key))) continue;
      leased.add(hex(key));
      draft(shard).borrows.push({ shard: owner, writable: true, key });
      draft(owner).lends.push({ shard, writable: true, key });
    }
  });
  return new Map(
    [...drafts].map(([shard, { lends, borrows, tags, records }]) => {
      const leases = { lends: sortLeases(lends), borrows: sortLeases(borrows) };
      return [shard, { slot, shard, prevSlot: prevSlots[shard]!, ...leases, tags, records }];
    }),
  );
}

/** Engines of one chain that run each slot to its end. */
export class Chain {
  readonly engines: ShardEngine[];
  readonly rows: Uint8Array[][];
  readonly shardCount: number;

  constructor(shardCount: number, genesis: readonly Account[]) {
    this.shardCount = shardCount;
    this.engines = Array.from({ length: shardCount }, (_, shard) => engineOf(shard, shardCount));
    this.rows = this.engines.map(() => []);
    this.engines.forEach((engine, shard) => {
      engine.load(encodeAccountList(genesis.filter(({ key }) => shardOf(key, shardCount, SEEDS) === shard)), 0);
    });
  }

  /** Results by block index. Every message is delivered `times` times. */
  run(slot: number, transfers: readonly Transfer[], times = 1): Map<number, Uint8Array> {
    const must = (what: string, code: number): void => {
      if (code !== 0) throw new Error(`slot ${slot}: ${what}: ${code}`);
    };
    const plans = planOf(
      slot,
      transfers,
      this.shardCount,
      this.engines.map((engine) => engine.applied()),
    );
    const again = (step: () => void): void => {
      for (let i = 0; i < times; i++) step();
    };
    for (const [shard, plan] of plans) again(() => must("begin", this.engines[shard]!.begin(proposalOf(plan))));
    for (const [shard, { lends }] of plans) {
      for (const to of new Set(lends!.map((lease) => lease.shard))) {
        again(() => must("loan", this.engines[to]!.receiveLoan(shard, this.engines[shard]!.loan(to))));
      }
    }
    for (const [shard] of plans) again(() => must("execute", this.engines[shard]!.execute()));
    for (const [shard, { borrows }] of plans) {
      for (const to of new Set(borrows!.map((lease) => lease.shard))) {
        again(() => must("return", this.engines[to]!.receiveReturn(shard, this.engines[shard]!.returned(to))));
      }
    }
    const results = new Map<number, Uint8Array>();
    for (const [shard] of plans) {
      this.rows[shard]!.push(this.engines[shard]!.commit().slice());
      for (const [index, result] of resultsOf(this.engines[shard]!.outcomeAt(slot)!.results))
        results.set(index, result);
    }
    return results;
  }

  /** Every account of the keys, as of a slot, in their order. */
  read(keys: readonly Uint8Array[], asOf = Number.MAX_SAFE_INTEGER): Uint8Array[] {
    return keys.map((key) => this.engines[shardOf(key, this.shardCount, SEEDS)]!.read(key, asOf));
  }
  lamports(): bigint {
    return this.engines.reduce((sum, engine) => sum + engine.lamports(), 0n);
  }
}

export function resultsOf(results: Uint8Array): [number, Uint8Array][] {
  const view = viewOf(results);
  const out: [number, Uint8Array][] = [];
  let at = 8;
  for (let n = view.getUint32(0, true); n > 0; n--) {
    const length = view.getUint32(at, true);
    out.push([view.getUint32(at + 4, true), results.slice(at, at + length)]);
    at += length;
  }
  return out;
}

/** What the twenty largest accounts are, in the order of the answer. */
export function largestOf(accounts: Iterable<Account>): { key: Uint8Array; lamports: bigint }[] {
  return [...accounts]
    .map(({ key, lamports }) => ({ key: Uint8Array.from(key), lamports }))
    .sort((a, b) => (a.lamports === b.lamports ? compareBytes(b.key, a.key) : a.lamports < b.lamports ? 1 : -1))
    .slice(0, 20);
}
