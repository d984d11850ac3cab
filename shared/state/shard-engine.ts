/**
 * One shard's engine (wasm/state, docs/interfaces.md section 6) behind typed methods. Methods that take bytes of others
 * answer a code and change nothing when they refuse them; a method called out of order is a fault of the caller and throws.
 */

import { errorName } from "../errors/codes.ts";
import type { MemoryReport } from "../protocol/actor.ts";
import { viewOf } from "../protocol/bytes.ts";
import { LIST } from "../protocol/layouts/account.ts";
import { ANSWER, COLD_SCAN, readFault, readSlotAnswer, readTotals, WANTED } from "../protocol/layouts/engine.ts";
import { WasmInstance } from "../svm/wasm-instance.ts";
import type { Totals } from "./account-store.ts";
import type { ShardSeeds } from "./accounts.ts";
import type { MissingCode, ShardEnginePort, SlotOutcome } from "./shard-port.ts";

export interface ShardEngineOptions extends ShardSeeds {
  readonly shardIndex: number;
  readonly shardCount: number;
  /** Programs that are accounts of shards only (shared/protocol/real-programs.ts). Unset: none. */
  readonly realPrograms?: number;
  /** Account list of the carried programs (carried.ts). Unset: there are none. */
  readonly carried?: Uint8Array;
  /** A secret of the host against keys made to collide in the tables. No result depends on it. */
  readonly hashSeed?: bigint;
}

/** What broke the plan of a slot that failed to execute. */
export interface PlanFault {
  /** 1: neither own nor borrowed; 2: own but lent for writing; 3: written though borrowed or lent read-only; 4: storage was not asked for it; 5: nobody said whether the message is known. */
  readonly reason: number;
  readonly blockIndex: number;
  readonly key: Uint8Array;
}

/** Bytes of one list of `collect`: with its header it fits a storage row of 2 MB, unless one account alone does not. */
export const COLLECT_BYTES = 1 << 20;

const TOO_LARGE = -2017;
/** u32 shard, u32 0, hash */
const NO_KEYS = new Uint8Array(0);

export class ShardEngine implements ShardEnginePort {
  readonly instance: WasmInstance;

  constructor(module: WebAssembly.Module, options: ShardEngineOptions) {
    const { shardIndex, shardCount, seed0, seed1, hashSeed, realPrograms = 0, carried } = options;
    this.instance = new WasmInstance(module);
    if (hashSeed !== undefined) this.#number("engineHashSeed", hashSeed);
    this.#must("engineInit", this.#number("engineInit", shardIndex, shardCount, seed0, seed1));
    this.#number("engineRealPrograms", realPrograms);
    if (carried) this.#must("engineCarry", this.instance.call("engineCarry", carried));
  }

  #number(name: string, ...args: (number | bigint)[]): number {
    return this.instance.exports[name]!(...args) as number;
  }
  #big(name: string): bigint {
    return BigInt.asUintN(64, this.instance.exports[name]!() as bigint);
  }
  #must(name: string, code: number): void {
    if (code < 0) throw new Error(`${name}: ${errorName(code) ?? code}`);
  }
  /** An export without input that must succeed; its output. */
  #output(name: string, ...args: (number | bigint)[]): Uint8Array {
    this.#must(name, this.#number(name, ...args));
    return this.instance.out();
  }
  #outputOrNothing(name: string, ...args: (number | bigint)[]): Uint8Array | undefined {
    return this.#number(name, ...args) === 0 ? this.instance.out() : undefined;
  }
  #receive(name: string, from: number, bytes: Uint8Array): number {
    return this.#number(name, from, this.instance.write(bytes), bytes.length);
  }

  applied(): number {
    return Number(this.#big("engineApplied"));
  }
  /** The oldest slot as of whose end the state is known: the last stable one with a part of this shard. */
  base(): number {
    return Number(this.#big("engineBase"));
  }
  lamports(): bigint {
    return this.#big("engineLamports");
  }
  /** Accounts that exist. */
  count(): number {
    return this.#number("engineCount") >>> 0;
  }

  load(accounts: Uint8Array, slot: number): void {
    this.#must("engineSetSlot", this.#number("engineSetSlot", BigInt(slot)));
    this.#must("engineLoad", this.instance.call("engineLoad", accounts));
  }
  restore(slot: number, { lamports, count }: Totals): void {
    this.#must("engineRestore", this.#number("engineRestore", BigInt(slot), lamports, count));
  }
  loadKnown(landed: Uint8Array): void {
    this.#must("engineKnownLoad", this.instance.call("engineKnownLoad", landed));
  }
  /** Whether the message with this tag, whose blockhash is of that height and still usable, has landed. */
  hasLanded(height: bigint, tag: bigint): boolean {
    return this.#number("engineLanded", height, tag) === 1;
  }
  known(): number {
    return this.#number("engineKnown") >>> 0;
  }
  totals(): Totals {
    return readTotals(this.#output("engineTotals"));
  }
  clean(slot: number): void {
    this.#number("engineClean", BigInt(slot));
  }
  evict(limit: number): void {
    this.#must("engineEvict", this.#number("engineEvict", limit));
  }
  memory(): number {
    return Number(this.#big("engineMemory"));
  }
  memoryReport(): MemoryReport {
    return this.instance.memoryReport();
  }
  coldCount(): number {
    return this.#number("engineColdCount") >>> 0;
  }
  fetch(accounts: Uint8Array): void {
    this.#must("engineFetch", this.instance.call("engineFetch", accounts));
  }
  /** Empty while everything is in memory; a proposal or row that will be refused is not looked at. */
  #cold(name: string, bytes: Uint8Array): Uint8Array {
    if (this.coldCount() === 0) return NO_KEYS;
    return this.instance.call(name, bytes) === 0 ? this.instance.out() : NO_KEYS;
  }
  coldOfProposal(proposal: Uint8Array): Uint8Array {
    return this.#cold("engineColdOfProposal", proposal);
  }
  coldOfRow(row: Uint8Array): Uint8Array {
    return this.#cold("engineColdOfRow", row);
  }
  coldOfKeys(keys: Uint8Array): Uint8Array {
    return this.#cold("engineColdOfKeys", keys);
  }
  replay(row: Uint8Array): number {
    return this.instance.call("engineReplay", row);
  }

  keepEpoch(record: Uint8Array): void {
    this.#must("engineEpoch", this.instance.call("engineEpoch", record));
  }
  begin(proposal: Uint8Array): number {
    return this.instance.call("engineBegin", proposal);
  }
  /** Drops the open slot, if there is one. */
  abort(): void {
    this.#number("engineAbort");
  }
  loan(toShard: number): Uint8Array {
    return this.#output("engineLoan", toShard);
  }
  loanAt(slot: number, toShard: number): Uint8Array | undefined {
    return this.#outputOrNothing("engineLoanAt", BigInt(slot), toShard);
  }
  receiveLoan(fromShard: number, message: Uint8Array): number {
    return this.#receive("engineReceiveLoan", fromShard, message);
  }
  /** Shards whose loan the open slot still waits for. */
  loansMissing(): number[] {
    return numbersOf(this.#output("engineMissing", 0));
  }
  codesMissing(): MissingCode[] {
    const out = this.#output("engineCodesMissing");
    const view = viewOf(out);
    return Array.from({ length: out.length / WANTED.SIZE }, (_, i) => ({
      shard: view.getUint32(i * WANTED.SIZE + WANTED.SHARD, true),
      hash: out.subarray(i * WANTED.SIZE + WANTED.HASH, (i + 1) * WANTED.SIZE),
    }));
  }
  receiveCode(code: Uint8Array): number {
    return this.instance.call("engineReceiveCode", code);
  }
  codeAt(slot: number, toShard: number, hash: Uint8Array): Uint8Array | undefined {
    const at = this.instance.write(hash);
    return this.#outputOrNothing("engineCodeAt", BigInt(slot), toShard, at, hash.length);
  }
  codeBytes(): number {
    return Number(this.#big("engineCodeBytes"));
  }
  execute(): number {
    return this.#number("engineExecute");
  }
  executeSome(units: number): number {
    return this.#number("engineExecuteSome", units);
  }
  /** Why execute answered ENGINE_PLAN_BROKEN. */
  fault(): PlanFault | undefined {
    const out = this.#outputOrNothing("engineFault");
    return out && readFault(out);
  }
  returned(toShard: number): Uint8Array {
    return this.#output("engineReturn", toShard);
  }
  returnedAt(slot: number, toShard: number): Uint8Array | undefined {
    return this.#outputOrNothing("engineReturnAt", BigInt(slot), toShard);
  }
  receiveReturn(fromShard: number, message: Uint8Array): number {
    return this.#receive("engineReceiveReturn", fromShard, message);
  }
  /** Shards whose return the open slot still waits for. */
  returnsMissing(): number[] {
    return numbersOf(this.#output("engineMissing", 1));
  }
  commit(): Uint8Array {
    this.#must("engineCommit", this.#number("engineCommit"));
    return this.instance.view();
  }
  large(): Uint8Array {
    return this.#output("engineLarge");
  }
  outcomeAt(slot: number): SlotOutcome | undefined {
    if (this.#number("engineResultsAt", BigInt(slot)) !== 0) return undefined;
    const out = this.instance.view();
    const { view, digest, lamports, lenEffects } = readSlotAnswer(out);
    const results = ANSWER.HEADER + lenEffects;
    return { view, digest, effects: out.slice(ANSWER.HEADER, results), lamports, results: out.slice(results) };
  }

  stable(slot: number): void {
    this.#number("engineStable", BigInt(slot));
  }
  /** Takes back every applied slot after this one; a code when one of them is stable. */
  rollback(slot: number): number {
    return this.#number("engineRollback", BigInt(slot));
  }

  /** `asOf`, or the oldest slot that is still known when that is later: stability may have moved on since the caller looked. */
  #asOf(asOf: number): bigint {
    return BigInt(Math.max(asOf, this.base()));
  }
  /** Account list, one entry a key (32 bytes each, all of this shard or built in), as of the end of a slot. */
  read(keys: Uint8Array, asOf: number): Uint8Array {
    const list = this.readBounded(keys, asOf);
    if (!list) throw new Error("engineRead: larger than MAX_READ_BYTES");
    return list;
  }
  /**
   * The same; null when it is larger than MAX_READ_BYTES. `known`: for each key the hash that its data have as far as the reader knows, or
   * zeros; what is so is answered as a stub (shared/state/stubs.ts).
   */
  readBounded(keys: Uint8Array, asOf: number, known?: Uint8Array): Uint8Array | null {
    if (known) return this.#readKnown(keys, asOf, known);
    const at = this.instance.write(keys);
    return this.#unlessLarge("engineRead", this.#number("engineRead", this.#asOf(asOf), at, keys.length));
  }
  #readKnown(keys: Uint8Array, asOf: number, known: Uint8Array): Uint8Array | null {
    const input = new Uint8Array(keys.length * 2);
    for (let at = 0; at < keys.length; at += 32) {
      input.set(keys.subarray(at, at + 32), at * 2);
      input.set(known.subarray(at, at + 32), at * 2 + 32);
    }
    const at = this.instance.write(input);
    return this.#unlessLarge("engineReadKnown", this.#number("engineReadKnown", this.#asOf(asOf), at, input.length));
  }
  #unlessLarge(name: string, code: number): Uint8Array | null {
    if (code === TOO_LARGE) return null;
    this.#must(name, code);
    return this.instance.out();
  }
  /** Account list of what the request (encodeScanRequest) lets through, sorted by key; null when larger than it allows. */
  scan(request: Uint8Array, asOf: number): Uint8Array | null {
    const at = this.instance.write(request);
    return this.#unlessLarge("engineScan", this.#number("engineScan", this.#asOf(asOf), at, request.length));
  }
  scanCold(request: Uint8Array, accounts: Uint8Array): Uint8Array {
    const skip = COLD_SCAN.HEADER + ((request.length + 7) & ~7);
    const input = new Uint8Array(skip + accounts.length);
    viewOf(input).setUint32(COLD_SCAN.LEN, request.length, true);
    input.set(request, COLD_SCAN.HEADER);
    input.set(accounts, skip);
    this.#must("engineScanCold", this.instance.call("engineScanCold", input));
    return this.instance.out();
  }
  largest(asOf: number): Uint8Array {
    this.#must("engineLargest", this.#number("engineLargest", this.#asOf(asOf)));
    return this.instance.out();
  }
  largestCold(accounts: Uint8Array): Uint8Array {
    this.#must("engineLargestCold", this.instance.call("engineLargestCold", accounts));
    return this.instance.out();
  }
  /** Account lists of everything changed after `since`, tombstones too, as of the end of slot `asOf`. */
  *collect(since: number, asOf: number, listBytes = COLLECT_BYTES): Generator<Uint8Array> {
    let cursor = 0;
    do {
      cursor = this.#number("engineCollect", BigInt(since), BigInt(asOf), cursor, listBytes);
      this.#must("engineCollect", cursor);
      const list = this.instance.out();
      if (viewOf(list).getUint32(LIST.COUNT, true) > 0) yield list;
    } while (cursor !== 0);
  }
  /** Tombstones up to `slot` may go: one checkpoint since genesis (`collect(0, slot)`) has replaced all earlier ones. */
  forget(slot: number): void {
    this.#number("engineForget", BigInt(slot));
  }
}

function numbersOf(bytes: Uint8Array): number[] {
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true));
}
