/**
 * Account shard: owns accounts, executes its groups, lends what others need. Pure state machine around an engine.
 *
 *   proposal n (prevSlot = last slot here)
 *      ├─▶ loan to every borrower ─────────────────────────────▶ its return ─┐
 *      └─ own loans in, programs here ─▶ execute ─▶ return to every owner that lent writable │
 *                                         └──────────── all returns in ◀──────┘ ─▶ commit: one log row ─▶ committed
 *
 * Nothing here decides an outcome: a slot's effects follow from the proposal and the state before it. So a crash at any
 * point is repaired by doing the same again, and for slots that are committed but not yet stable the shard can still
 * answer with the very bytes it answered before: loans, returns and results.
 *
 * Storage has all accounts as of the last checkpoint (shared/state/account-store.ts) and a log row for each slot since; memory
 * has those in use. Before a slot begins its cold accounts are fetched, after it those longest unused are let go.
 */
import type { Effect, Machine, MessageEvent, StorageView, TimerEvent } from "../protocol/actor.ts";
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { SCAN } from "../protocol/layouts/engine.ts";
import { PROP } from "../protocol/layouts/proposal.ts";
import { EARLY_SLOTS } from "../protocol/limits.ts";
import { type Message, type NodeId, nodeNumber, sameBlock } from "../protocol/messages.ts";
import { proposalPrevSlot } from "../scheduling/proposal-row.ts";
import { decodeEpochRecord, EMPTY_EPOCH, type EpochRecord } from "../stake/epoch-record.ts";
import { encodeSummary } from "../stake/summary.ts";
import { ToldSizes } from "./account-sizes.ts";
import { AccountStore } from "./account-store.ts";
import { AccountWalks, type InParts, largestParts, PART_BYTES, scanParts } from "./account-walk.ts";
import { MAX_READ_BYTES, pickAccounts, sortedTotals, splitKeys } from "./accounts.ts";
import { codeRequests } from "./code-requests.ts";
import { type Accounts, EarlyMessages } from "./early-messages.ts";
import { KnownRows } from "./known-rows.ts";
import { leaseParties } from "./lease-parties.ts";
import { type Codec, pack, unpack } from "./pack.ts";
import { EARLIER, LARGE, MAX_SCAN_STORED, MERGE_PACE, type ShardConfig, SMALL_STORE } from "./shard-config.ts";
import { MORE_TO_EXECUTE, type ShardEnginePort } from "./shard-port.ts";
import type { SlotWork } from "./slot-work.ts";
import { StakeIndex } from "./stake-index.ts";
import { stubbedSizeAt } from "./stubs.ts";

export type ShardEvent = TimerEvent | MessageEvent;

type Proposed = Extract<Message, { type: "proposal" }>;

export class ShardMachine implements Machine<ShardEvent> {
  readonly #engine: ShardEnginePort;
  readonly #config: ShardConfig;
  /** Accounts at genesis that this shard owns; loaded when nothing is stored. */
  readonly #genesis: () => Uint8Array;
  #work: SlotWork | undefined;
  /** Proposals whose predecessor is not done here yet. */
  readonly #proposals = new Map<number, Proposed>();
  readonly #early = new EarlyMessages();
  readonly #store: AccountStore;
  readonly #stakes: StakeIndex;
  readonly #walks = new AccountWalks();
  /** The newest epoch record that came here. */
  #epoch: EpochRecord = EMPTY_EPOCH;
  readonly #known = new KnownRows();
  readonly #sizes = new ToldSizes();
  readonly #codec: Codec | undefined;
  #logBytes = 0;
  #logRows: number[] = [];
  /** The engine has not been told of the last checkpoint. */
  #cleanDue = false;
  /** The next large row comes with a slice of a merge. */
  #mergesNext = false;

  constructor(engine: ShardEnginePort, config: ShardConfig, genesis: () => Uint8Array, codec?: Codec) {
    this.#engine = engine;
    this.#config = config;
    this.#genesis = genesis;
    this.#codec = codec;
    this.#store = new AccountStore(config, codec);
    this.#stakes = new StakeIndex(config, codec);
  }

  boot(storage: StorageView): Effect[] {
    const isIndexed = this.#stakes.boot(storage);
    if (!this.#store.boot(storage)) {
      const { list, totals } = sortedTotals(this.#genesis());
      this.#engine.restore(0, totals);
      const stored = [...this.#store.checkpoint(0, totals, [list]), ...this.#store.seal()];
      return [...stored, ...this.#stakes.begin(0, [list])];
    }
    const epoch = storage.get("epoch", 0);
    if (epoch) this.#takeEpoch(epoch);
    this.#engine.restore(this.#store.upTo, this.#store.totals);
    for (const landed of this.#known.boot(storage)) this.#engine.loadKnown(landed);
    const rows: Uint8Array[] = [];
    for (const { id, bytes } of storage.list("log")) {
      const row = unpack(bytes, this.#codec);
      this.#logRows.push(id);
      this.#logBytes += row.length;
      rows.push(row);
    }
    // All at once: each page is read once, not for each row that has an account in it.
    this.#fetch(this.#engine.coldOfKeys(concatBytes(...rows.map((row) => this.#engine.coldOfRow(row)))));
    for (const [i, row] of rows.entries()) {
      const code = this.#engine.replay(row);
      if (code === 0) {
        this.#known.logged(this.#logRows[i]!, row);
        this.#sizes.logged(this.#logRows[i]!, row);
        continue;
      }
      throw new Error(`shard ${this.#config.shard}: log row of slot ${this.#logRows[i]} does not replay, code ${code}`);
    }
    // The storage of an earlier version has no index.
    return isIndexed ? [] : this.#stakes.begin(this.#store.upTo, this.#store.lists());
  }

  step(event: ShardEvent): Effect[] {
    this.#settle();
    if (event.type === "timer") return this.#work ? this.#advance(this.#work) : [];
    const { from, message } = event;
    switch (message.type) {
      case "proposal":
        return this.#proposal(message);
      case "loan":
        return this.#loan(from, message);
      case "return":
        return this.#return(from, message);
      case "loanWanted":
        return this.#loanWanted(from, message);
      case "codeWanted":
        return this.#codeWanted(from, message);
      case "code":
        return this.#code(message);
      case "stakesWanted":
        return this.#stakesWanted(message);
      default:
        return [];
    }
  }

  /** Sorted runs that a lookup may have to ask. */
  get runs(): number {
    return this.#store.runs;
  }
  /** What the shard has, and what of it is in memory. */
  size(): { lamports: bigint; accounts: number; accountsInMemory: number; bytesInMemory: number } {
    const accounts = this.#engine.count();
    return {
      lamports: this.#engine.lamports(),
      accounts,
      accountsInMemory: accounts - this.#engine.coldCount(),
      bytesInMemory: this.#engine.memory(),
    };
  }
  /** Slots of which something is kept before they begin here. */
  get early(): number {
    return Math.max(this.#early.size, this.#proposals.size);
  }

  /** Account list, one entry a key (32 bytes each, all of this shard or built in), as of the end of a slot. */
  read(keys: Uint8Array, asOf: number): Uint8Array {
    const list = this.readBounded(keys, asOf);
    if (!list) throw new Error("a read that is larger than MAX_READ_BYTES");
    return list;
  }

  /**
   * Null when the answer is larger than a read may be. `known`: for each key 32 bytes, the hash of the data that the reader has, or zeros;
   * with it the list has stubs (shared/state/stubs.ts).
   */
  readBounded(keys: Uint8Array, asOf: number, known?: Uint8Array): Uint8Array | null {
    this.#settle();
    if (known && !this.#work) this.#fetchKnown(keys, known);
    const list = this.#engine.readBounded(keys, asOf, known);
    if (!list) return null;
    const cold = this.#engine.coldOfKeys(keys);
    if (cold.length === 0) return list;
    const found = this.#store.findBounded(cold, MAX_READ_BYTES - list.length);
    if (!found) return null;
    return pickAccounts([list, found], splitKeys(keys), stubbedSizeAt);
  }

  /** What a reader has the data of is read again and again: from memory, where there is room, it need not be unpacked each time. */
  #fetchKnown(keys: Uint8Array, known: Uint8Array): void {
    if (this.#engine.coldCount() === 0 || this.#engine.memory() > this.#config.memoryBytes / 2) return;
    const asked = Array.from({ length: keys.length / 32 }, (_, i) => i * 32).filter((at) =>
      known.subarray(at, at + 32).some((byte) => byte !== 0),
    );
    this.#fetch(this.#engine.coldOfKeys(concatBytes(...asked.map((at) => keys.subarray(at, at + 32)))));
  }

  /** Account list of what the request lets through, sorted by key; null when that or what must be walked is too large. */
  *scan(request: Uint8Array, asOf: number): InParts<Uint8Array | null> {
    this.#settle();
    if (this.#engine.coldCount() === 0) return this.#engine.scan(request, asOf);
    if (this.#store.bytes > MAX_SCAN_STORED) return null;
    const limit = viewOf(request).getUint32(SCAN.LIMIT, true);
    return yield* this.#walks.inParts(() => scanParts(this.#engine, this.#lists(), request, asOf, limit));
  }

  /** The accounts with the most lamports (LargestAccount entries); null when more must be walked than a scan may. */
  *largest(asOf: number): InParts<Uint8Array | null> {
    this.#settle();
    if (this.#engine.coldCount() === 0) return this.#engine.largest(asOf);
    if (this.#store.bytes > MAX_SCAN_STORED) return null;
    return yield* this.#walks.inParts(() => largestParts(this.#engine, this.#lists(), asOf));
  }

  /** As of now; at the end of a walk steps that were taken meanwhile count too. */
  *#lists(): Generator<Uint8Array> {
    this.#settle();
    yield* this.#store.lists(PART_BYTES);
    this.#settle();
  }

  get count(): number {
    return this.#engine.count();
  }

  /** Every account in storage that exists, as of the last checkpoint, in account lists. */
  stored(): Iterable<Uint8Array> {
    this.#settle();
    return this.#store.lists();
  }

  /** What the last step has written can be read from now on, and may leave memory. */
  #settle(): void {
    this.#stakes.settle();
    if (this.#store.settle()) this.#cleanDue = true;
    if (!this.#cleanDue || this.#walks.isOpen) return;
    this.#cleanDue = false;
    this.#engine.clean(this.#store.upTo);
  }

  /** Bytes that accounts may take beside the programs of other shards: at least half of the memory. */
  get #accountBytes(): number {
    const { memoryBytes } = this.#config;
    return memoryBytes - Math.min(this.#engine.codeBytes(), Math.floor(memoryBytes / 2));
  }

  /** Brings accounts that are not in memory there, and those on the same pages while memory is half empty. */
  #fetch(keys: Uint8Array, proposal?: Uint8Array): void {
    if (keys.length === 0) return;
    const room = this.#accountBytes / 2 - this.#engine.memory();
    if (this.#store.bytes <= SMALL_STORE && this.#store.bytes <= room / 2) {
      // Then no later proposal needs to be looked through for cold accounts.
      for (const list of this.#store.lists()) this.#engine.fetch(list);
      return;
    }
    for (const list of this.#store.found(keys, Math.max(0, room / 2))) {
      if (proposal && list.length > LARGE) {
        // Room first: memory that was taken is never given back. What is here for the same slot is named again, so that it stays.
        this.#engine.coldOfProposal(proposal);
        this.#walks.break();
        this.#engine.evict(Math.max(0, this.#accountBytes - list.length));
      }
      this.#engine.fetch(list);
    }
  }

  #proposal(proposed: Proposed): Effect[] {
    const { slot, proposal } = proposed;
    if (slot <= this.#engine.applied()) return this.#answer(slot);
    if (this.#work) {
      if (this.#work.slot === slot) return this.#askAgain(this.#work);
    } else if (proposalPrevSlot(proposal) === this.#engine.applied()) {
      return this.#begin(proposed);
    }
    if (this.#proposals.size < EARLY_SLOTS) this.#proposals.set(slot, proposed);
    return [];
  }

  /** The record that slot contexts name from now on. */
  #takeEpoch(record: Uint8Array): void {
    this.#engine.keepEpoch(record);
    this.#epoch = decodeEpochRecord(record);
  }

  /** The builder asks as of its last block: what it knows of this shard must be all that there is. */
  #stakesWanted({ slot, prevSlot }: Extract<Message, { type: "stakesWanted" }>): Effect[] {
    if (this.#work || this.#engine.applied() !== prevSlot) return [];
    const changed = this.#engine.collect(this.#store.upTo, prevSlot);
    const summary = encodeSummary(this.#stakes.summary(changed, this.#epoch));
    return [{ type: "send", to: "builder", message: { type: "stakes", slot, summary } }];
  }

  /** The builder has not heard of a slot that is done here. */
  #answer(slot: number): Effect[] {
    const outcome = this.#engine.outcomeAt(slot);
    if (!outcome) return [];
    const known = this.#engine.known();
    const sizes = this.#sizes.of(slot);
    const message: Message = { type: "committed", slot, known, ...outcome, ...(sizes && { sizes }) };
    return [{ type: "send", to: "builder", message }];
  }

  /** The slot is stuck: say again what others may have missed, and ask for what is missing here. */
  #askAgain(work: SlotWork): Effect[] {
    const { slot, view, digest } = work;
    const effects: Effect[] = [];
    for (const shard of work.returnsMissing) effects.push(this.#sendLoan(work, shard));
    for (const shard of work.loansMissing) {
      effects.push({ type: "send", to: `shard-${shard}`, message: { type: "loanWanted", slot, view, digest } });
    }
    return [...effects, ...this.#askForCode(work)];
  }

  /** Loans have hashes for the data of programs: what this shard does not have it asks the lenders for; `lender`: only this one. */
  #askForCode({ slot, view, digest, executed }: SlotWork, lender?: number): Effect[] {
    return executed ? [] : codeRequests({ slot, view, digest }, this.#engine.codesMissing(), lender);
  }

  #sendLoan(work: SlotWork, shard: number): Effect {
    const accounts = this.#engine.loan(shard);
    return {
      type: "send",
      to: `shard-${shard}`,
      message: { type: "loan", slot: work.slot, view: work.view, digest: work.digest, accounts },
    };
  }

  #begin({ slot, proposal, epoch }: Proposed): Effect[] {
    if (epoch) this.#takeEpoch(epoch);
    this.#fetch(this.#engine.coldOfProposal(proposal), proposal);
    const code = this.#engine.begin(proposal);
    if (code !== 0) {
      throw new Error(`shard ${this.#config.shard}: the proposal of slot ${slot} is refused, code ${code}`);
    }
    const parties = leaseParties(proposal);
    const work: SlotWork = {
      slot,
      view: Number(viewOf(proposal).getBigUint64(PROP.VIEW, true)),
      digest: proposal.slice(PROP.DIGEST, PROP.DIGEST + 32),
      stable: Number(viewOf(proposal).getBigUint64(PROP.STABLE, true)),
      lendsTo: parties.lendsTo,
      borrowsFrom: parties.borrowsFrom,
      returnsTo: parties.returnsTo,
      loansMissing: new Set(parties.borrowsFrom),
      returnsMissing: new Set(parties.returnsFrom),
      executed: false,
    };
    this.#work = work;
    this.#engine.stable(work.stable);
    this.#sizes.stable(work.stable);
    const effects = work.lendsTo.map((shard) => this.#sendLoan(work, shard));
    // Durable before the slot is: the proposals after this one come without it.
    if (epoch) effects.push({ type: "put", table: "epoch", id: 0, bytes: epoch });
    for (const [shard, message] of this.#early.take(slot)) {
      if (message.type === "loan") effects.push(...this.#takeLoan(work, shard, message));
      else this.#takeReturn(work, shard, message);
    }
    return [...effects, ...this.#advance(work)];
  }

  #takeLoan(work: SlotWork, shard: number, message: Accounts): Effect[] {
    if (!work.loansMissing.has(shard) || !sameBlock(message, work)) return [];
    if (this.#engine.receiveLoan(shard, message.accounts) !== 0) return [];
    work.loansMissing.delete(shard);
    return this.#askForCode(work, shard);
  }

  #takeReturn(work: SlotWork, shard: number, message: Accounts): void {
    if (!work.returnsMissing.has(shard) || !sameBlock(message, work)) return;
    if (this.#engine.receiveReturn(shard, message.accounts) === 0) work.returnsMissing.delete(shard);
  }

  /** Goes as far as the messages that are in allow. */
  #advance(work: SlotWork): Effect[] {
    const effects: Effect[] = [];
    if (!work.executed && work.loansMissing.size === 0 && this.#engine.codesMissing().length === 0) {
      const code = this.#engine.executeSome(this.#config.stepUnits);
      if (code === MORE_TO_EXECUTE) return [{ type: "timer", name: "execute", delayMs: 0 }];
      if (code !== 0) throw new Error(`shard ${this.#config.shard}: slot ${work.slot} does not execute, code ${code}`);
      work.executed = true;
      for (const shard of work.returnsTo) {
        const accounts = this.#engine.returned(shard);
        const { slot, view, digest } = work;
        effects.push({ type: "send", to: `shard-${shard}`, message: { type: "return", slot, view, digest, accounts } });
      }
    }
    if (!work.executed || work.returnsMissing.size > 0) return effects;
    this.#work = undefined;
    const writes = this.#commit(work);
    if (!this.#walks.keepMemory(this.#engine.memory(), this.#accountBytes)) this.#engine.evict(this.#accountBytes);
    this.#sizes.told(work.slot, this.#engine.large());
    return [...writes, ...effects, ...this.#answer(work.slot), ...this.#next()];
  }

  /** The row of the slot, and what a checkpoint makes of it and those before. The row is not kept: it may be as large as all that is written. */
  #commit({ slot, stable }: SlotWork): Effect[] {
    const row = this.#engine.commit();
    this.#logRows.push(slot);
    this.#logBytes += row.length;
    this.#known.logged(slot, row);
    return [{ type: "put", table: "log", id: slot, bytes: pack(row, this.#codec) }, ...this.#save(stable, row.length)];
  }

  /** The next proposal, if it is here already. */
  #next(): Effect[] {
    const applied = this.#engine.applied();
    this.#early.drop(applied);
    for (const [slot, proposed] of this.#proposals) {
      if (slot <= applied) this.#proposals.delete(slot);
      else if (proposalPrevSlot(proposed.proposal) === applied) {
        this.#proposals.delete(slot);
        return this.#begin(proposed);
      }
    }
    return [];
  }

  #loan(from: NodeId, message: Accounts): Effect[] {
    const shard = nodeNumber(from);
    const { slot, view, digest } = message;
    if (slot <= this.#engine.applied()) {
      // The lender is still without the return.
      const accounts = this.#engine.returnedAt(slot, shard);
      return accounts ? [{ type: "send", to: from, message: { type: "return", slot, view, digest, accounts } }] : [];
    }
    const work = this.#work;
    if (!work || work.slot !== slot) return this.#keepEarly(shard, message);
    if (work.executed) {
      if (!work.returnsTo.includes(shard) || !sameBlock(message, work)) return [];
      const accounts = this.#engine.returned(shard);
      return [{ type: "send", to: from, message: { type: "return", slot, view, digest, accounts } }];
    }
    const asked = this.#takeLoan(work, shard, message);
    return [...asked, ...this.#advance(work)];
  }

  /** Data that a loan has a hash for. What nobody waits for, or is not what it says, is left. */
  #code(message: Extract<Message, { type: "code" }>): Effect[] {
    const work = this.#work;
    if (!work || work.executed || work.slot !== message.slot || !sameBlock(message, work)) return [];
    return this.#engine.receiveCode(message.code) === 0 ? this.#advance(work) : [];
  }

  #codeWanted(from: NodeId, message: Extract<Message, { type: "codeWanted" }>): Effect[] {
    const { slot, view, digest, hashes } = message;
    const effects: Effect[] = [];
    for (let at = 0; at + 32 <= hashes.length; at += 32) {
      const code = this.#engine.codeAt(slot, nodeNumber(from), hashes.subarray(at, at + 32));
      if (code) effects.push({ type: "send", to: from, message: { type: "code", slot, view, digest, code } });
    }
    return effects;
  }

  #return(from: NodeId, message: Accounts): Effect[] {
    const work = this.#work;
    if (message.slot <= this.#engine.applied()) return [];
    if (!work || work.slot !== message.slot) return this.#keepEarly(nodeNumber(from), message);
    this.#takeReturn(work, nodeNumber(from), message);
    return this.#advance(work);
  }

  #keepEarly(shard: number, message: Accounts): Effect[] {
    this.#early.keep(shard, message);
    return [];
  }

  #loanWanted(from: NodeId, message: Extract<Message, { type: "loanWanted" }>): Effect[] {
    const { slot, view, digest } = message;
    const shard = nodeNumber(from);
    const work = this.#work;
    if (work && work.slot === slot) return work.lendsTo.includes(shard) ? [this.#sendLoan(work, shard)] : [];
    if (slot > this.#engine.applied()) return [];
    const accounts = this.#engine.loanAt(slot, shard);
    return accounts ? [{ type: "send", to: from, message: { type: "loan", slot, view, digest, accounts } }] : [];
  }

  /** Checkpoint and merges, as far as they are due; once a step. */
  #save(stable: number, rowBytes: number): Effect[] {
    if (this.#store.busy || this.#stakes.busy) return [];
    const isLarge = rowBytes > LARGE;
    const merges = !isLarge || this.#mergesNext;
    if (isLarge) this.#mergesNext = !this.#mergesNext;
    const effects = isLarge && merges ? [] : this.#checkpoint(stable);
    const keep = this.#walks.keepParts(this.#store.garbage);
    if (merges) effects.push(...this.#store.maintain(rowBytes * MERGE_PACE, keep));
    return [...effects, ...this.#store.seal(), ...this.#stakes.finish(rowBytes * MERGE_PACE)];
  }

  /**
   * When the log has grown: what changed since the last checkpoint becomes a run in storage, as of the stable slot, so that the
   * log rows after it can rebuild the undo data.
   */
  #checkpoint(stable: number): Effect[] {
    const { checkpointBytes, checkpointRows } = this.#config;
    const full = this.#logBytes >= checkpointBytes || this.#logRows.length >= checkpointRows;
    // What has changed cannot leave memory before a checkpoint: where that is short, one comes sooner.
    const short = this.#engine.memory() > this.#accountBytes && this.#logBytes >= checkpointBytes / EARLIER;
    if ((!full && !short) || stable <= this.#store.upTo) return [];
    const changed = this.#stakes.watch(this.#engine.collect(this.#store.upTo, stable));
    const effects = this.#store.checkpoint(stable, this.#engine.totals(), changed);
    effects.push(...this.#stakes.checkpoint(stable), ...this.#known.checkpoint(stable));
    const gone = this.#logRows.filter((slot) => slot <= stable);
    if (gone.length > 0) effects.push({ type: "delete", table: "log", from: gone[0]!, to: gone.at(-1)! });
    this.#logRows = this.#logRows.filter((slot) => slot > stable);
    this.#logBytes = 0;
    return effects;
  }
}
