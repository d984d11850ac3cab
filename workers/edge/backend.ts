/** The chain as the RPC layer sees it (shared/rpc/backend.ts), over the network's Durable Objects. */

import { waitUntil } from "cloudflare:workers";
import type { Busy } from "../../durable-objects/account-shard/account-shard.ts";
import { builderStub, type Env, faucetStub, laneStub, shardStub } from "../../durable-objects/host/env.ts";
import { genesisAccounts } from "../../durable-objects/host/genesis.ts";
import { ledgerReader, readBlock } from "../../durable-objects/host/ledger-ports.ts";
import { type LongBytes, readBytes } from "../../durable-objects/host/long-message.ts";
import { sha256 } from "../../durable-objects/host/sha256.ts";
import { sharedWasm } from "../../durable-objects/host/shared-wasm.ts";
import { storageRoom } from "../../durable-objects/host/storage-room.ts";
import { MAX_GROUP, type SingleAnswer, TAKEN, UNSIGNED } from "../../durable-objects/ingress-lane/group-verifier.ts";
import { callRefusal, hasMemory } from "../../shared/faucet/limits.ts";
import type { AddressPage, AddressQuery } from "../../shared/ledger/address-page.ts";
import { openBlock, recordAt, resultAt } from "../../shared/ledger/ledger-query.ts";
import type { LedgerReader } from "../../shared/ledger/ledger-reader.ts";
import type { PerformanceSample } from "../../shared/ledger/performance-samples.ts";
import { readSoon } from "../../shared/ledger/reading.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { blockhashHeight, shardSeeds } from "../../shared/protocol/context.ts";
import { epochOf } from "../../shared/protocol/limits.ts";
import { type Network, parseNetwork } from "../../shared/protocol/network.ts";
import { makeFrame, recordBlockhash, recordKeys } from "../../shared/protocol/record.ts";
import { decodeAccountList } from "../../shared/rpc/accounts.ts";
import type {
  AccountFilter,
  Backend,
  BlockPriorityFee,
  ChainInfo,
  DevBackend,
  Fork,
  Head,
  LargestAccounts,
  SignatureStatus,
  StoredBlock,
  StoredTransaction,
  SubmitResult,
} from "../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { faucetRefused, nodeUnhealthy, scanError, storageFull } from "../../shared/rpc/errors.ts";
import type { RpcServices } from "../../shared/rpc/services.ts";
import { decodeEpochRecord, type EpochRecord } from "../../shared/stake/epoch-record.ts";
import {
  encodeRangeRequest,
  encodeScanRequest,
  keyText,
  MAX_READ_BYTES,
  MAX_SCAN_BYTES,
  mergeInParts,
  mergeLargest,
  pickAccounts,
  shardOf,
} from "../../shared/state/accounts.ts";
import { HASH_SIZE, type LoadedAccount } from "../../shared/state/stubs.ts";
import { STORAGE_FULL } from "../../shared/storage/room.ts";
import { messageTag } from "../../shared/svm/message-tag.ts";
import { WorkRefused } from "../../shared/turns/work.ts";
import { ChainClock } from "./chain-clock.ts";
import { Decrees } from "./decrees.ts";
import { Faucet } from "./faucet.ts";
import { ForkedAccounts } from "./fork.ts";
import { Gather, type GatherHost } from "./gather.ts";
import { type Known, loadAccounts, NOTHING, type Read } from "./load-accounts.ts";
import type { ProgramCache } from "./program-cache.ts";
import { type ShardRead, ShardReads } from "./shard-reads.ts";
import { SharedTip } from "./shared-tip.ts";
import { networkStatus } from "./status.ts";
import { TipCache } from "./tip-cache.ts";

/** Signatures that are looked up together with those of other requests, and requests of one lookup: 256 signatures. */
const FEW_SIGNATURES = 4;
const MAX_ASKED = 64;
/** Requests that ask for the tip together. */
const MAX_TIPS = 1_024;
/** Of requests that ask together. */
const ISOLATE: GatherHost = {
  keep: waitUntil,
  turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

/** How long a request waits for a builder that is coming up, in steps of 25 ms. */
const START_STEPS = 200;
const START_STEP_MS = 25;
/** Accounts merged in one go: two milliseconds. */
const MERGED_AT_ONCE = 8_192;
/** When to ask again a shard that has many walks over its accounts under way. */
const BUSY_RETRY_MS = 1_000;

/** Reads keys of shards, with the hashes of the data that are known. */
type ReadFrom = (reads: readonly ShardRead[]) => Promise<readonly (Uint8Array | null)[]>;

const readAnswer = async (answer: LongBytes | null) => (answer === null ? null : await readBytes(answer));

/** Throws WorkRefused where a shard has too many walks over its accounts under way. */
function unlessBusy<T>(answer: T | Busy): T {
  if (answer === "busy") throw new WorkRefused(BUSY_RETRY_MS);
  return answer as T;
}

/** The known hash for each key, or zeros; undefined when none is known. */
function hashesOf(keys: readonly Uint8Array[], known: Known): Uint8Array | undefined {
  const found = keys.map((key) => known.get(keyText(key)));
  if (found.every((one) => one === undefined)) return undefined;
  const hashes = new Uint8Array(keys.length * HASH_SIZE);
  for (const [i, one] of found.entries()) if (one) hashes.set(one.hash, i * HASH_SIZE);
  return hashes;
}

/** Whether every shard answered, and all answers together are not larger than one may be. */
function areWithin(lists: readonly (Uint8Array | null)[], limit: number): lists is readonly Uint8Array[] {
  return lists.reduce((sum, list) => sum + (list?.length ?? Number.POSITIVE_INFINITY), 0) <= limit;
}

export class EdgeBackend implements Backend {
  readonly #env: Env;
  readonly #network: Network;
  readonly #seeds: { seed0: bigint; seed1: bigint };
  readonly #faucet: Faucet | undefined;
  readonly #programs: ProgramCache | undefined;
  readonly #tip: TipCache;
  readonly #shared: SharedTip;
  readonly #ledger: LedgerReader;
  #nextLane = 0;
  /** Questions for the tip: whoever has no lease asks. */
  readonly #tips = new Gather(
    (asked: readonly { readonly since: number; readonly epoch: number }[]) => this.#askTip(asked),
    ISOLATE,
    MAX_TIPS,
  );
  readonly #shards: ShardReads;
  readonly #singles = new Gather((records: readonly Uint8Array[]) => this.#submitSingles(records), ISOLATE, MAX_GROUP);
  readonly #statuses = new Gather(
    (asked: readonly (readonly Uint8Array[])[]) => this.#statusesOf(asked, false),
    ISOLATE,
    MAX_ASKED,
  );
  readonly #oldStatuses = new Gather(
    (asked: readonly (readonly Uint8Array[])[]) => this.#statusesOf(asked, true),
    ISOLATE,
    MAX_ASKED,
  );
  /** Of single transactions: one lane gathers more of them than several. Isolates choose for themselves. */
  #ownLane: number;

  /** `programs`: what loadAccounts need not read again. `services`: with them a forked network fetches what is not here. */
  constructor(env: Env, programs?: ProgramCache, services?: Pick<RpcServices, "areWellKnown">) {
    this.#env = env;
    this.#programs = programs;
    this.#ledger = ledgerReader(env);
    this.#shards = new ShardReads(env, ISOLATE);
    this.#network = parseNetwork(env.NETWORK);
    this.#ownLane = Math.floor(Math.random() * this.#network.lanes);
    const { genesisHash, faucetSecret, realPrograms = 0, dev } = this.#network;
    this.#tip = new TipCache(genesisHash, realPrograms, dev ? faucetSecret?.subarray(32) : undefined);
    this.#shared = new SharedTip(this.#tip, {
      ask: (since, epoch) => this.#tips.ask({ since, epoch }),
      now: () => Date.now(),
    });
    this.#seeds = shardSeeds(sha256, this.#network.genesisHash);
    if (faucetSecret) {
      this.#faucet = new Faucet(faucetSecret);
      this.airdrop = (to, lamports, client) => this.#airdrop(this.#faucet!, to, lamports, client);
      if (dev) {
        const decrees = new Decrees(this.#faucet, this, (frame) => laneStub(env, 0).submit(frame));
        this.dev = this.#development(decrees);
        if (env.FORK && services) this.fork = this.#forked(env.FORK, decrees, services);
      }
    }
  }

  airdrop?: (to: Uint8Array, lamports: bigint, client?: string) => Promise<Uint8Array>;
  readonly dev?: DevBackend;
  readonly fork?: Fork;

  async #airdrop(faucet: Faucet, to: Uint8Array, lamports: bigint, client: string | undefined): Promise<Uint8Array> {
    const { faucetLimits } = this.#network;
    const request = { to: encodeBase58(to), client, lamports };
    const tooMuch = callRefusal(faucetLimits, lamports);
    if (tooMuch) throw faucetRefused(tooMuch);
    if (!hasMemory(faucetLimits)) return faucet.airdrop(this, to, lamports);
    const grant = await faucetStub(this.#env).ask(request);
    if (!grant.ok) throw faucetRefused(grant.refusal);
    try {
      return await faucet.airdrop(this, to, lamports);
    } catch (fault) {
      await faucetStub(this.#env).giveBack(request, grant.slice);
      throw fault;
    }
  }

  #development(decrees: Decrees): DevBackend {
    const clock = new ChainClock(this, (command) => builderStub(this.#env).clock(command));
    return {
      setAccount: (decree) => decrees.set(decree),
      setAccounts: (all) => decrees.setEach(all),
      setClock: (command) => clock.set(command),
      genesisAccounts: () => genesisAccounts(this.#env, this.#network),
      everyAccount: (first, last) => this.everyAccount(first, last),
    };
  }

  #forked(upstream: Fetcher, decrees: Decrees, { areWellKnown }: Pick<RpcServices, "areWellKnown">): Fork {
    return new ForkedAccounts({
      backend: this,
      async ask(path, body) {
        const response = await upstream.fetch(`http://fork/${path}`, { method: "POST", body });
        return new Uint8Array(await response.arrayBuffer());
      },
      setAll: (accounts) => decrees.setAll(accounts),
      areWellKnown,
      warn: (line) => console.warn(line),
    });
  }

  async info(): Promise<ChainInfo> {
    const { genesisHash, identity, shardCount, slotMs } = this.#network;
    const faucet = this.#faucet?.address;
    return { genesisHash, identity, shardCount, slotMs, ...(faucet && { faucet }) };
  }

  async head(): Promise<Head> {
    for (let step = 0; step < START_STEPS; step++) {
      const head = await this.#shared.head();
      if (head) return head;
      // A builder whose boot is held for lack of room says nothing until there is some.
      if (storageRoom.isHeld()) throw storageFull();
      await new Promise((resolve) => setTimeout(resolve, START_STEP_MS));
    }
    const { problem } = await networkStatus(this.#env);
    if (!storageRoom.takesNew(this.#env)) throw storageFull();
    throw nodeUnhealthy(problem ?? undefined);
  }

  /** One answer for all: it has what the least of them knows lacks. */
  async #askTip(asked: readonly { readonly since: number; readonly epoch: number }[]) {
    const since = Math.min(...asked.map((one) => one.since));
    const epoch = Math.min(...asked.map((one) => one.epoch));
    const answer = await builderStub(this.#env).head(since, epoch);
    return asked.map(() => answer);
  }

  headLately(ms: number): Head | undefined {
    return this.#shared.lately(ms);
  }

  sysvarsAt({ slot, blockTime }: { readonly slot: bigint; readonly blockTime: bigint }): Uint8Array | undefined {
    return this.#tip.sysvarsOf(Number(slot), Number(blockTime));
  }

  async epochStakes(): Promise<EpochRecord> {
    const { slot } = await this.head();
    const epoch = epochOf(Number(slot));
    // Another call may have seen a later epoch meanwhile.
    return { ...decodeEpochRecord(this.#tip.epochRecord), epoch: Math.max(epoch, this.#tip.knownEpoch) };
  }

  async readAccounts(keys: readonly Uint8Array[], asOf: bigint): Promise<Uint8Array> {
    const lists = await this.#read(keys, asOf, NOTHING);
    // The list of one shard is in the order of the keys that it was asked for.
    return lists.length === 1 ? lists[0]! : pickAccounts(lists, keys);
  }

  /** What the shards answer to those that own the keys; with stubs where the data are those that are known. */
  async #read(
    keys: readonly Uint8Array[],
    asOf: bigint,
    known: Known,
    readFrom: ReadFrom = (reads) => this.#readAlone(reads),
  ): Promise<readonly Uint8Array[]> {
    const byShard = new Map<number, Uint8Array[]>();
    for (const key of keys) {
      const shard = this.#shardOf(key);
      const own = byShard.get(shard);
      if (own) own.push(key);
      else byShard.set(shard, [key]);
    }
    const reads = [...byShard].map(([shard, own]) => {
      return { shard, keys: concatBytes(...own), asOf: Number(asOf), known: hashesOf(own, known) };
    });
    const lists = await readFrom(reads);
    if (!areWithin(lists, MAX_READ_BYTES))
      throw scanError("The accounts are larger than 64 MiB; ask for fewer at a time");
    return lists;
  }

  #readAlone(reads: readonly ShardRead[]): Promise<(Uint8Array | null)[]> {
    return Promise.all(
      reads.map(async ({ shard, keys, asOf, known }) =>
        readAnswer(await shardStub(this.#env, shard).read(keys, asOf, known)),
      ),
    );
  }

  async loadAccounts(keys: readonly Uint8Array[], asOf: bigint): Promise<readonly LoadedAccount[]> {
    const programs = this.#programs;
    if (!programs) return decodeAccountList(await this.readAccounts(keys, asOf));
    return loadAccounts(programs, keys, (wanted, known) => this.#read(wanted, asOf, known));
  }

  async loadForPreflight(keys: readonly Uint8Array[], head: Head, record: Uint8Array) {
    const payer = this.#shardOf(recordKeys(record)[0]!);
    const message = {
      height: blockhashHeight(head.context, recordBlockhash(record))!,
      tag: messageTag(sharedWasm(), this.#seeds, record),
    };
    let hasLanded = false;
    const readFrom: ReadFrom = async (reads) => {
      const asked = reads.map((read) => (read.shard === payer ? { ...read, message } : read));
      const answers = await this.#shards.read(asked);
      for (const answer of answers) if (answer.hasLanded) hasLanded = true;
      return answers.map(({ list }) => list);
    };
    const read: Read = (wanted, known) => this.#read(wanted, head.slot, known, readFrom);
    const accounts = this.#programs
      ? await loadAccounts(this.#programs, keys, read)
      : decodeAccountList(pickAccounts(await read(keys, NOTHING), keys));
    return { accounts, hasLanded };
  }

  balance(key: Uint8Array, asOf: bigint): Promise<bigint> {
    return this.#shards.balance(this.#shardOf(key), key, Number(asOf));
  }

  #shardOf(key: Uint8Array): number {
    return shardOf(key, this.#network.shardCount, this.#seeds);
  }

  scanAccounts(owner: Uint8Array, filter: AccountFilter, asOf: bigint): Promise<Uint8Array | null> {
    return this.#scan(encodeScanRequest(owner, filter), asOf);
  }

  /** As DevBackend.everyAccount; on every network. */
  everyAccount(first: number, last: number): Promise<Uint8Array | null> {
    return this.#scan(encodeRangeRequest(first, last), BigInt(Number.MAX_SAFE_INTEGER));
  }

  async #scan(request: Uint8Array, asOf: bigint): Promise<Uint8Array | null> {
    const lists = await Promise.all(
      Array.from({ length: this.#network.shardCount }, async (_, shard) =>
        readAnswer(unlessBusy(await shardStub(this.#env, shard).scan(request, Number(asOf)))),
      ),
    );
    if (!areWithin(lists, MAX_SCAN_BYTES)) return null;
    const merging = mergeInParts(lists, MERGED_AT_ONCE);
    for (;;) {
      const part = merging.next();
      if (part.done) return part.value;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async submit(frame: Uint8Array): Promise<SubmitResult> {
    if (!storageRoom.takesNew(this.#env)) return STORAGE_FULL;
    this.#nextLane = (this.#nextLane + 1) % this.#network.lanes;
    return laneStub(this.#env, this.#nextLane).submit(frame);
  }

  async submitUnverified(record: Uint8Array): Promise<SubmitResult | "unsigned"> {
    if (!storageRoom.takesNew(this.#env)) return STORAGE_FULL;
    const answer = await this.#singles.ask(record);
    if (answer === UNSIGNED) return "unsigned";
    if (answer === TAKEN) return { ok: true };
    return storageRoom.takesNew(this.#env) ? { ok: false, retryAfterMs: answer } : STORAGE_FULL;
  }

  async #submitSingles(records: readonly Uint8Array[]): Promise<readonly SingleAnswer[]> {
    const answers = await laneStub(this.#env, this.#ownLane).submitUnverified(makeFrame(records));
    // The next one may have room.
    if (answers.some((answer) => answer > 0)) this.#ownLane = (this.#ownLane + 1) % this.#network.lanes;
    return answers;
  }

  async statuses(signatures: readonly Uint8Array[], history = false): Promise<(SignatureStatus | null)[]> {
    if (signatures.length > FEW_SIGNATURES) return readSoon(this.#ledger.statuses(signatures, history));
    return [...(await (history ? this.#oldStatuses : this.#statuses).ask(signatures))];
  }

  async #statusesOf(asked: readonly (readonly Uint8Array[])[], history: boolean) {
    const found = await readSoon(this.#ledger.statuses(asked.flat(), history));
    return asked.map(({ length }) => found.splice(0, length));
  }

  transaction(signature: Uint8Array): Promise<StoredTransaction | null> {
    return readSoon(this.#ledger.transaction(signature));
  }

  /** As the builder sealed it (shared/protocol/block.ts). */
  async blockBytes(slot: number): Promise<Uint8Array | null> {
    return await readSoon(this.#ledger.block(slot, (generation) => readBlock(this.#env, generation, slot)));
  }

  async block(slot: bigint): Promise<StoredBlock | null> {
    const bytes = await this.blockBytes(Number(slot));
    if (!bytes) return null;
    const open = openBlock(bytes);
    const { header } = open;
    const blockTime = BigInt(header.unixTimestamp);
    return {
      slot,
      parentSlot: BigInt(header.parentSlot),
      blockHeight: BigInt(header.height),
      blockhash: header.blockhash,
      previousBlockhash: header.parentBlockhash,
      blockTime,
      transactions: Array.from(open.landed, (_, index) => ({
        slot,
        blockTime,
        index,
        record: recordAt(open, index),
        result: resultAt(open, index),
      })),
    };
  }

  async blocks(from: bigint, to: bigint, limit: number): Promise<bigint[]> {
    return (await readSoon(this.#ledger.blocks(slotNumber(from), slotNumber(to), limit))).map(BigInt);
  }

  async firstBlock(): Promise<bigint> {
    return BigInt(await readSoon(this.#ledger.firstBlock()));
  }

  async countBlocks(from: bigint, to: bigint): Promise<bigint> {
    return BigInt(await readSoon(this.#ledger.countBlocks(slotNumber(from), slotNumber(to))));
  }

  addressPage(query: AddressQuery): Promise<AddressPage> {
    return readSoon(this.#ledger.page(query));
  }

  async priorityFees(addresses: readonly Uint8Array[]): Promise<readonly BlockPriorityFee[]> {
    const fees = await readSoon(this.#ledger.priorityFees(addresses));
    return fees.map(({ slot, price }) => ({ slot: BigInt(slot), price }));
  }

  samples(limit: number): Promise<readonly PerformanceSample[]> {
    return readSoon(this.#ledger.samples(limit));
  }

  async largestAccounts(): Promise<LargestAccounts | null> {
    const { slot } = await this.head();
    const answers = await Promise.all(
      Array.from({ length: this.#network.shardCount }, async (_, shard) =>
        unlessBusy(await shardStub(this.#env, shard).largest(Number(slot))),
      ),
    );
    const known = answers.flatMap((answer) => answer ?? []);
    if (known.length < answers.length) return null;
    return {
      slot: BigInt(Math.min(...known.map((answer) => answer.slot))),
      accounts: mergeLargest(known.map((answer) => answer.entries)),
    };
  }
}

/** What is beyond every slot stays beyond. */
function slotNumber(slot: bigint): number {
  return slot > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(slot);
}
