/**
 * A chain in memory behind the RPC layer: one block for every submitted frame, executed by the WASM module over a map of
 * accounts. Nothing is sharded, durable or concurrent; what a client sees is the same.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  type AddressPage,
  type AddressQuery,
  addressPage,
  comparePositions,
  entryOf,
  type Position,
} from "../../../shared/ledger/address-page.ts";
import { type PerformanceSample, PerformanceSamples } from "../../../shared/ledger/performance-samples.ts";
import { one, readNow } from "../../../shared/ledger/reading.ts";
import { compareBytes, concatBytes } from "../../../shared/protocol/bytes.ts";
import { blockhashOf, encodeContext } from "../../../shared/protocol/context.ts";
import {
  decodeRecord,
  frameRecords,
  makeFrame,
  recordSignature,
  requestsWrite,
} from "../../../shared/protocol/record.ts";
import { type Account, decodeAccountList, encodeAccountList, missingAccount } from "../../../shared/rpc/accounts.ts";
import type {
  AccountFilter,
  Backend,
  BlockPriorityFee,
  ChainInfo,
  Head,
  LargestAccounts,
  SignatureStatus,
  StoredBlock,
  StoredTransaction,
  SubmitResult,
} from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { errorFields } from "../../../shared/rpc/result-view.ts";
import type { RpcServices } from "../../../shared/rpc/services.ts";
import { wasmServices } from "../../../shared/rpc/wasm-services.ts";
import { EMPTY_EPOCH, type EpochRecord } from "../../../shared/stake/epoch-record.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { CARRIED } from "../../carried-programs.ts";

const GENESIS_TIME = 1_700_000_000;
const hash = (...parts: readonly Uint8Array[]) => sha256(concatBytes(...parts));

/** An instance of the module that the suite's global setup has built. */
export function testServices(): RpcServices {
  const bytes = readFileSync(join(import.meta.dirname, "../../../build/infinisvm.wasm"));
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  return wasmServices(new WasmInstance(new Module(bytes)), () => CARRIED);
}

export class MemoryBackend implements Backend {
  readonly services: RpcServices;
  readonly accounts = new Map<string, Account>();
  readonly blocksBySlot = new Map<bigint, StoredBlock>();
  /** What the next submissions answer instead of being taken. */
  refusal: SubmitResult | undefined;
  /** Called after every block. */
  onBlock: (block: StoredBlock) => Promise<void> | void = () => {};
  readonly faucetSecret = sha256(new TextEncoder().encode("faucet"));
  readonly faucet = ed25519.getPublicKey(this.faucetSecret);
  airdrop?: (to: Uint8Array, lamports: bigint) => Promise<Uint8Array>;

  readonly #hashes: Uint8Array[] = [hash(new TextEncoder().encode("genesis"))];
  readonly #transactions = new Map<string, StoredTransaction>();
  readonly #samples = new PerformanceSamples();
  #slot = 0;
  #transactionCount = 0n;

  constructor(services = testServices()) {
    this.services = services;
    this.put({ ...missingAccount(this.faucet), lamports: 1_000_000_000_000_000n, rentEpoch: 0xffff_ffff_ffff_ffffn });
    this.airdrop = (to, lamports) => this.#airdrop(to, lamports);
  }

  put(account: Account): void {
    if (account.lamports === 0n) this.accounts.delete(encodeBase58(account.key));
    else this.accounts.set(encodeBase58(account.key), account);
  }

  get #header() {
    const [slot, transactionCount] = [this.#slot, this.#transactionCount];
    return { slot, unixTimestamp: GENESIS_TIME + slot, transactionCount };
  }

  #context(purpose?: "simulation"): Uint8Array {
    return encodeContext({
      ...(purpose && { purpose }),
      slot: this.#slot + 1,
      view: 0,
      unixTimestamp: GENESIS_TIME + this.#slot + 1,
      epochStartTimestamp: GENESIS_TIME,
      hashes: this.#hashes,
    });
  }

  /** Sysvars as they are after the newest block. */
  #sysvars(): Uint8Array {
    return encodeContext({
      slot: this.#slot,
      view: 0,
      unixTimestamp: GENESIS_TIME + this.#slot,
      epochStartTimestamp: GENESIS_TIME,
      hashes: this.#hashes.slice(1),
      parent: this.#hashes[0]!,
      recent: { hashes: this.#hashes, height: this.#slot },
      purpose: "ended",
    });
  }

  async epochStakes(): Promise<EpochRecord> {
    return EMPTY_EPOCH;
  }

  async info(): Promise<ChainInfo> {
    return {
      genesisHash: this.#hashes.at(-1)!,
      identity: new Uint8Array(32).fill(7),
      shardCount: 1,
      slotMs: 50,
      faucet: this.faucet,
    };
  }

  async head(): Promise<Head> {
    let capitalization = 0n;
    for (const account of this.accounts.values()) capitalization += account.lamports;
    return {
      slot: BigInt(this.#slot),
      blockHeight: BigInt(this.#slot),
      blockhash: this.#hashes[0]!,
      blockTime: BigInt(GENESIS_TIME + this.#slot),
      context: this.#context("simulation"),
      sysvars: this.#sysvars(),
      transactionCount: this.#transactionCount,
      capitalization,
    };
  }

  async readAccounts(keys: readonly Uint8Array[]): Promise<Uint8Array> {
    return encodeAccountList(keys.map((key) => this.accounts.get(encodeBase58(key)) ?? missingAccount(key)));
  }

  async scanAccounts(owner: Uint8Array, filter: AccountFilter): Promise<Uint8Array | null> {
    const found = [...this.accounts.values()].filter(
      ({ owner: owned, data }) =>
        compareBytes(owned, owner) === 0 &&
        (filter.dataSize === undefined || filter.dataSize === BigInt(data.length)) &&
        filter.memcmp.every(
          ({ offset, bytes }) => compareBytes(data.subarray(offset, offset + bytes.length), bytes) === 0,
        ),
    );
    return encodeAccountList(found.sort((a, b) => compareBytes(a.key, b.key)));
  }

  async submit(frame: Uint8Array): Promise<SubmitResult> {
    if (this.refusal !== undefined) return this.refusal;
    await this.produce(frameRecords(frame));
    return { ok: true };
  }

  /** Slots without transactions. */
  async tick(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) await this.produce([]);
  }

  async produce(records: readonly Uint8Array[]): Promise<void> {
    const context = this.#context();
    const slot = BigInt(this.#slot + 1);
    const blockTime = BigInt(GENESIS_TIME + this.#slot + 1);
    const transactions: StoredTransaction[] = [];
    for (const record of records) {
      if (this.#transactions.has(encodeBase58(recordSignature(record)))) continue;
      const result = this.#execute(context, record);
      if (result[8] === 0) continue;
      transactions.push({ slot, blockTime, index: transactions.length, record: record.slice(), result });
    }
    const previousBlockhash = this.#hashes[0]!;
    const frame = makeFrame(transactions.map((tx) => tx.record));
    const blockhash = blockhashOf(hash, previousBlockhash, Number(slot), 0, Number(blockTime), frame);
    this.#hashes.unshift(blockhash);
    this.#hashes.length = Math.min(this.#hashes.length, 512);
    const before = this.#header;
    this.#slot++;
    this.#transactionCount += BigInt(transactions.length);
    this.#samples.add(before, this.#header);
    for (const tx of transactions) this.#transactions.set(encodeBase58(recordSignature(tx.record)), tx);
    const block = {
      slot,
      blockHeight: slot,
      parentSlot: slot - 1n,
      blockhash,
      previousBlockhash,
      blockTime,
      transactions,
    };
    this.blocksBySlot.set(slot, block);
    await this.onBlock(block);
  }

  /** Runs one transaction and keeps what it wrote. */
  #execute(context: Uint8Array, record: Uint8Array): Uint8Array {
    const tx = decodeRecord(record);
    const tables = tx.lookups.map((lookup) => lookup.table);
    const keys = [...new Map([...tx.accountKeys, ...tables].map((key) => [encodeBase58(key), key])).values()];
    const known = this.services.wellKnown(context, keys);
    const accounts = keys
      .filter((_, i) => known[i] === null)
      .map((key) => this.accounts.get(encodeBase58(key)) ?? missingAccount(key));
    const after = this.services.simulate(context, accounts, record);
    if (after.result[8] !== 0) for (const account of decodeAccountList(after.accounts)) this.put(account);
    return after.result;
  }

  async statuses(signatures: readonly Uint8Array[]): Promise<(SignatureStatus | null)[]> {
    return signatures.map((signature) => {
      const found = this.#transactions.get(encodeBase58(signature));
      return found ? { slot: found.slot, ...errorFields(found.result) } : null;
    });
  }

  async transaction(signature: Uint8Array): Promise<StoredTransaction | null> {
    return this.#transactions.get(encodeBase58(signature)) ?? null;
  }
  async block(slot: bigint): Promise<StoredBlock | null> {
    return this.blocksBySlot.get(slot) ?? null;
  }
  async blocks(from: bigint, to: bigint, limit: number): Promise<bigint[]> {
    return [...this.blocksBySlot.keys()].filter((slot) => slot >= from && slot <= to).slice(0, limit);
  }
  async firstBlock(): Promise<bigint> {
    return 1n;
  }

  async countBlocks(from: bigint, to: bigint): Promise<bigint> {
    return BigInt([...this.blocksBySlot.keys()].filter((slot) => slot >= from && slot <= to).length);
  }

  async addressPage(query: AddressQuery): Promise<AddressPage> {
    const all = [...this.#transactions.values()];
    const at = ({ slot, index }: Position) => all.find((tx) => tx.slot === BigInt(slot) && tx.index === index)!;
    const positionOf = ({ slot, index }: StoredTransaction) => ({ slot: Number(slot), index });
    const status = (place: Position) => ({ slot: BigInt(place.slot), ...errorFields(at(place).result) });
    const page = addressPage(
      {
        candidates: (_, oldestFirst, start, count) => {
          const ordered = (oldestFirst ? all : all.toReversed()).map(positionOf);
          const order = (place: Position) => comparePositions(place, start) * (oldestFirst ? 1 : -1);
          return one(ordered.filter((place) => order(place) >= 0).slice(0, count));
        },
        find: (signature) => {
          const found = this.#transactions.get(encodeBase58(signature));
          return one(found ? positionOf(found) : null);
        },
        entries: (filter, places) => one(places.map((place) => entryOf(filter, status(place), at(place)))),
        slotAt: (time) => one(Math.max(0, time - GENESIS_TIME)),
      },
      query,
    );
    return readNow(page);
  }

  async priorityFees(addresses: readonly Uint8Array[]): Promise<readonly BlockPriorityFee[]> {
    const wanted = new Set(addresses.map(encodeBase58));
    return [...this.blocksBySlot.values()].flatMap(({ slot, transactions }) => {
      const records = transactions.map((tx) => decodeRecord(tx.record));
      if (records.length === 0) return [];
      const ascending = (prices: readonly bigint[]) => prices.toSorted((a, b) => Number(a - b));
      const lowest = (some: typeof records) => ascending(some.map((tx) => tx.computeUnitPrice))[0] ?? 0n;
      const writers = (address: string) =>
        records.filter((tx) => tx.accountKeys.some((key, i) => encodeBase58(key) === address && requestsWrite(tx, i)));
      return { slot, price: ascending([records, ...[...wanted].map(writers)].map(lowest)).at(-1)! };
    });
  }

  async samples(limit: number): Promise<readonly PerformanceSample[]> {
    return this.#samples.newest(limit, this.#header);
  }

  async largestAccounts(): Promise<LargestAccounts | null> {
    const all = [...this.accounts.values()].sort(
      (a, b) => Number(b.lamports - a.lamports) || compareBytes(b.key, a.key),
    );
    return { slot: BigInt(this.#slot), accounts: all.slice(0, 20) };
  }

  async #airdrop(to: Uint8Array, lamports: bigint): Promise<Uint8Array> {
    const lamportBytes = new Uint8Array(8);
    new DataView(lamportBytes.buffer).setBigUint64(0, lamports, true);
    const message = concatBytes(
      Uint8Array.from([1, 0, 1, 3]),
      this.faucet,
      to,
      new Uint8Array(32),
      this.#hashes[0]!,
      Uint8Array.from([1, 2, 2, 0, 1, 12, 2, 0, 0, 0]),
      lamportBytes,
    );
    const signature = ed25519.sign(message, this.faucetSecret);
    const parsed = this.services.parse(concatBytes(Uint8Array.of(1), signature, message));
    if (!parsed.ok) throw new Error(`airdrop: ${parsed.code}`);
    await this.produce([parsed.record]);
    return signature;
  }
}
