/**
 * The builder: the only place that orders. Pure state machine.
 *
 *   frames ─▶ pool ─(tick: cut, plan)─▶ proposal row, durable ─▶ proposals ─▶ shards execute ─▶ committed
 *                                                                                   │ all shards of the slot, in slot order
 *                                       head ◀─ stored ◀─ ledger ◀─ block (header, frame, results) ◀┘
 *
 * What is between "proposed" and "stored" is in flight; it is repaired by sending the same bytes again. Slots overlap:
 * up to PIPELINE_DEPTH are in flight at once. An idle chain arms no timer.
 */
import type { Effect, Machine, Sha256, StorageView } from "../protocol/actor.ts";
import { decodeBlock, decodeCarry, type ShardCarry } from "../protocol/block.ts";
import { ByteReader, ByteWriter, equalBytes } from "../protocol/bytes.ts";
import { blockhashOf } from "../protocol/context.ts";
import { type BlockHeader, decodeHeader } from "../protocol/header.ts";
import {
  epochOf,
  MAX_KNOWN,
  PIPELINE_DEPTH,
  PROPOSAL_RING,
  RETRY_MS,
  SAVE_HASHES_EVERY,
  WATCH_MS,
} from "../protocol/limits.ts";
import { type Message, type NodeId, nodeNumber, sameBlock } from "../protocol/messages.ts";
import { NO_RECORD } from "../stake/epoch-record.ts";
import { AccountRoom } from "./account-room.ts";
import type { BuilderConfig, BuilderEvent, BuilderHead, TipAnswer } from "./builder-types.ts";
import { DeferredBook, deferredRow } from "./deferred-book.ts";
import { type ClockCommand, DevClock } from "./dev-clock.ts";
import { elapsed } from "./elapsed.ts";
import { EpochBook } from "./epoch-book.ts";
import { fillProposal } from "./fill-proposal.ts";
import { HashChain } from "./hash-chain.ts";
import { heavyInFlight, type InFlight, keepBlock, proposalsOf, track } from "./in-flight.ts";
import { KnownBook } from "./known-book.ts";
import { LaneBook } from "./lane-book.ts";
import { LatencyWindow } from "./latency-window.ts";
import { LedgerLink } from "./ledger-link.ts";
import { Pace } from "./pace.ts";
import type { PlannerPort } from "./planner-port.ts";
import {
  decodeProposalRow,
  type ProposalRow,
  proposalPrevSlot,
  proposalRowHash,
  proposalRowRaises,
  proposalRowSlot,
  putProposal,
  UNJUSTIFIED,
} from "./proposal-row.ts";
import { type Committed, isOtherBlock, sealBlock } from "./seal.ts";
import { SlotContexts } from "./slot-contexts.ts";
import { TipLease } from "./tip-lease.ts";

export type { BuilderConfig, BuilderEvent, BuilderHead, ClockEvent, TipAnswer, WatchEvent } from "./builder-types.ts";

export class BuilderMachine implements Machine<BuilderEvent> {
  readonly #planner: PlannerPort;
  readonly #sha256: Sha256;
  readonly #config: BuilderConfig;
  readonly #lanes = new LaneBook();
  readonly #deferred = new DeferredBook();
  readonly #known: KnownBook;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #pace: Pace;
  readonly #room: AccountRoom;
  #chain: HashChain;
  readonly #contexts: SlotContexts;
  readonly #epochs: EpochBook;
  #clock = new DevClock();
  /** The clock was set: a block shows it, whatever waits. */
  #forced = false;
  #planned: Uint8Array | undefined;
  #storage!: StorageView;
  /** Until the ledger has said where its tip is. */
  #recovering = true;
  #boot = 0;
  #sealed!: BlockHeader;
  #sealedHash: Uint8Array = new Uint8Array(32);
  #carry: ShardCarry[] = [];
  #stored!: BlockHeader;
  /** Headers of the blocks that the ledger has not answered for yet. */
  readonly #sealedHeaders = new Map<number, BlockHeader>();
  /** Last slot proposed to each shard. */
  #prevSlot: number[] = [];
  #lastTimestamp = 0;
  #lastCut = Number.NEGATIVE_INFINITY;
  #watchedUntil = Number.NEGATIVE_INFINITY;
  #retryArmed = false;
  readonly #ledger = new LedgerLink();
  #lease = new TipLease(0);
  /** Transactions proposed, and those of them whose accounts more than one shard owns. */
  readonly totals = { proposed: 0, crossShard: 0, blocks: 0 };
  /** From a frame's arrival to the ledger's answer for its block, milliseconds, one value a block. */
  readonly confirmation = new LatencyWindow();
  /** When the oldest transaction that waits came in. */
  #waitingSince: number | undefined;

  constructor(planner: PlannerPort, sha256: Sha256, config: BuilderConfig) {
    this.#planner = planner;
    this.#sha256 = sha256;
    this.#config = config;
    this.#pace = new Pace(config.slotMs);
    this.#room = new AccountRoom(planner, config);
    this.#known = new KnownBook(config.maxKnown ?? MAX_KNOWN);
    this.#chain = new HashChain(config.genesisHash);
    this.#epochs = new EpochBook(sha256, config.genesisEpoch ?? (() => NO_RECORD));
    const epochHash = (epoch: number) => this.#epochs.hashOf(epoch);
    this.#contexts = new SlotContexts({ flags: config.contextFlags ?? 0, developer: config.developer, epochHash });
  }

  boot(storage: StorageView, now: number): Effect[] {
    this.#lease = new TipLease(now);
    const saved = storage.get("hashes", 0);
    if (saved) this.#chain = HashChain.decode(saved);
    const clock = storage.get("clock", 0);
    if (clock) this.#clock = DevClock.decode(clock);
    this.#storage = storage;
    for (let row = this.#row(this.#chain.tip + 1); row; row = this.#row(this.#chain.tip + 1)) {
      this.#chain.push(this.#chain.tip + 1, proposalRowHash(row), proposalRowRaises(row));
    }
    this.#ledger.boot(storage);
    const sizes = this.#room.boot(storage, this.#config.genesisSizes);
    const boots = storage.get("boots", 0);
    this.#boot = boots ? Number(new ByteReader(boots).u64()) + 1 : 1;
    const bytes = new ByteWriter().u64(this.#boot).bytes();
    this.#retryArmed = true;
    return [
      ...sizes,
      { type: "put", table: "boots", id: 0, bytes },
      this.#askTip(),
      { type: "timer", name: "retry", delayMs: RETRY_MS },
    ];
  }

  step(event: BuilderEvent, now: number): Effect[] {
    if (event.type === "watch") {
      this.#watchedUntil = now + WATCH_MS;
      return this.#arm(now);
    }
    if (event.type === "clock") return this.#setClock(event.command, now);
    if (event.type === "timer" && event.name === "seal") return this.#seal(now);
    if (event.type === "timer") return event.name === "tick" ? this.#tick(now) : this.#retry(now);
    const { from, message } = event;
    switch (message.type) {
      case "frames":
        return this.#frames(from, message, now);
      case "committed":
        return this.#committed(from, message, now);
      case "moved":
        return this.#moved(message.generation);
      case "stored":
        if (!this.#recovering)
          return isOtherBlock(this.#sealedHeaders.get(message.slot), message) ? [] : this.#onStored(message.slot, now);
        return message.asked === this.#boot ? this.#recover(message, now) : [];
      case "stakes":
        return [...this.#epochs.answer(nodeNumber(from), message), ...this.#arm(now)];
      default:
        return [];
    }
  }

  /** The stored tip, or undefined until the ledger has answered after a start. */
  head(now: number): BuilderHead | undefined {
    if (this.#recovering) return undefined;
    const header = this.#stored;
    return { header, context: this.#nextContext(header.slot + 1, header.view, this.#timestamp(now)) };
  }

  /** The tip for somebody who knows the blockhashes up to slot `since`, and the record of `epoch`: what is new, and the time of a next slot. */
  tipSince(since: number, epoch: number, now: number): TipAnswer | undefined {
    if (this.#recovering) return undefined;
    const header = this.#stored;
    const own = epochOf(header.slot);
    const epochRecord = own === epoch ? undefined : this.#epochs.bytesOf(own);
    // Until then no block can be cut.
    const nextCut = this.#inFlight.size > 0 ? 0 : this.#config.slotMs - elapsed(this.#lastCut, now);
    const leaseMs = this.#lease.give(header.slot, now, nextCut);
    const part = this.#chain.between(since, header.slot);
    return { header, part, unixTimestamp: this.#timestamp(now), epochRecord, leaseMs };
  }

  /** The stored tip as `head` has it, without what the next slot needs. */
  get tip(): BlockHeader | undefined {
    return this.#recovering ? undefined : this.#stored;
  }
  /** Generation of the ledger that takes the blocks. */
  get ledger(): number {
    return this.#ledger.generation;
  }
  get waiting(): number {
    return this.#planner.waiting() + (this.#deferred.pending ? 1 : 0);
  }
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** The stored proposal of a slot. One at a time: all of them together are more than an object may have in memory. */
  #row(slot: number): Uint8Array | undefined {
    const row = this.#storage.get("proposals", this.#chain.numberOf(slot) % PROPOSAL_RING);
    return row && proposalRowSlot(row) === slot ? row : undefined;
  }

  #askTip(): Effect {
    return this.#ledger.send({ type: "tipWanted", asked: this.#boot });
  }

  /** Blocks that the ledger has not answered for go to its next generation. */
  #moved(generation: number): Effect[] {
    const row = this.#ledger.moved(generation);
    if (!row || this.#recovering) return row ? [row, this.#askTip()] : [];
    return [row, ...[...this.#inFlight.values()].flatMap((item) => (item.block ? [this.#blockMessage(item)] : []))];
  }

  #blockMessage({ row: { slot, view, blockhash: digest }, block }: InFlight): Effect {
    return this.#ledger.send({ type: "block", slot, view, digest, block: block! });
  }

  #nextContext(slot: number, view: number, unixTimestamp: number): Uint8Array {
    return this.#contexts.of(this.#chain, slot, view, unixTimestamp, this.#config.development ?? false);
  }

  /** The slot that the next block has. */
  get #nextSlot(): number {
    return Math.max(this.#chain.tip + 1, this.#clock.skipTo);
  }

  /** Block time never runs backwards, whatever the clock does. */
  #timestamp(now: number): number {
    return Math.max(this.#lastTimestamp, this.#clock.time(now));
  }

  #setClock(command: ClockCommand, now: number): Effect[] {
    if (this.#recovering) return [];
    this.#clock.apply(command, now, this.#lastTimestamp, this.#chain.tip, this.#config.slotMs);
    this.#forced = true;
    return [this.#saveClock(), ...this.#arm(now)];
  }

  /** First answer of the ledger after a start: everything proposed beyond its tip is in flight again. */
  #recover(tip: Extract<Message, { type: "stored" }>, now: number): Effect[] {
    const header = decodeHeader(tip.header);
    if (!equalBytes(this.#chain.get(header.slot) ?? new Uint8Array(0), header.blockhash)) {
      throw new Error(`the ledger's block ${header.slot} is not of this builder's chain`);
    }
    this.#recovering = false;
    this.#sealed = header;
    this.#stored = header;
    this.#sealedHash = this.#sha256(tip.header).slice();
    this.#carry = decodeCarry(tip.carry);
    this.#prevSlot = this.#carry.map((shard) => shard.prevSlot);
    this.#lastTimestamp = header.unixTimestamp;
    this.#contexts.begin(header);
    const epochRows = this.#epochs.restore(this.#storage, header);
    // Only proposals under way are sent again; for those of older slots the chain may not reach back far enough.
    const contextOf = (slot: number, view: number, time: number, development: boolean) =>
      slot > header.slot ? this.#contexts.of(this.#chain, slot, view, time, development) : new Uint8Array(0);
    const chain = this.#chain;
    this.#deferred.restore(this.#storage, header.slot);
    const last = chain.numberOf(chain.tip);
    // An earlier incarnation may have sent any of those that are not stored.
    this.#lease.sent(chain.tip);
    for (let n = chain.numberOf(header.slot); n <= last; n++) {
      const slot = chain.slotOf(n);
      const bytes = this.#row(slot);
      if (!bytes) continue;
      const row = decodeProposalRow(bytes, contextOf);
      this.#lanes.restore(row.lanes);
      if (slot <= header.slot) continue;
      // What it writes is not stored: until it is done there is no room for large accounts.
      const accountBytes = row.shards.length > 0 ? this.#room.limit : 0;
      this.#inFlight.set(slot, track(row, now, this.#waitingSince, { heavy: 0, accountBytes }));
      this.#lastTimestamp = Math.max(this.#lastTimestamp, row.unixTimestamp);
      this.#contexts.proposed(slot, row.unixTimestamp);
      for (const { shard } of row.shards) this.#prevSlot[shard] = slot;
    }
    const effects = [...epochRows, ...[...this.#inFlight.values()].flatMap((item) => this.#proposals(item))];
    effects.push(...this.#runClock(now));
    return [...effects, ...this.#seal(now), ...this.#armRetry(), ...this.#readmit(now), ...this.#arm(now)];
  }

  /** Nobody could start a paused clock on a network that is not for development any more. */
  #runClock(now: number): Effect[] {
    if (this.#config.development || !this.#clock.isPaused) return [];
    this.#clock.apply({ type: "resume" }, now, this.#lastTimestamp, this.#chain.tip, this.#config.slotMs);
    return [this.#saveClock()];
  }

  #saveClock(): Effect {
    return { type: "put", table: "clock", id: 0, bytes: this.#clock.encode() };
  }

  /** What execution has put off waits again, as soon as there is room. */
  #readmit(now: number): Effect[] {
    if (!this.#deferred.pending) return [];
    this.#setContext(this.#nextContext(this.#nextSlot, 0, this.#timestamp(now)));
    this.#deferred.admit(this.#planner);
    return this.#deferred.settle(this.#planner.oldestWaiting());
  }

  #frames(from: NodeId, message: Extract<Message, { type: "frames" }>, now: number): Effect[] {
    const later: Effect[] = [{ type: "send", to: from, message: { type: "busy", seq: message.seq } }];
    if (this.#recovering) return later;
    // What was put off comes first, or it might wait for room for ever.
    const readmitted = this.#readmit(now);
    if (this.#deferred.pending) return [...readmitted, ...later, ...this.#arm(now)];
    const lane = nodeNumber(from);
    const place = this.#lanes.place(lane, message.seq, message.oldest);
    if (place === "known") return [...readmitted, ...this.#taken(lane)];
    if (place === "ahead") return [...readmitted, ...later];
    if (!this.#known.takes(this.#height)) return [...readmitted, ...later, ...this.#arm(now)];
    this.#setContext(this.#nextContext(this.#nextSlot, 0, this.#timestamp(now)));
    if (!this.#planner.admit(message.frame)) return [...readmitted, ...later];
    this.#known.taken(this.#height);
    this.#waitingSince ??= now;
    this.#lanes.admit(lane, message.seq, this.#planner.admitted());
    const moved = this.#lanes.settle(this.#planner.oldestWaiting());
    return [...readmitted, ...moved.flatMap((id) => this.#taken(id)), ...this.#arm(now)];
  }

  /** Of the tip, proposed or stored. */
  get #height(): number {
    return this.#chain.stepAt(this.#chain.tip).height;
  }

  #taken(lane: number): Effect[] {
    return [{ type: "send", to: `lane-${lane}`, message: { type: "taken", seq: this.#lanes.taken(lane) } }];
  }

  #setContext(context: Uint8Array): void {
    if (context === this.#planned) return;
    this.#planner.setContext(context);
    this.#planned = context;
  }

  /** Arms the tick for the next block, if there is a reason for one. */
  #arm(now: number): Effect[] {
    if (this.#recovering || this.#inFlight.size >= PIPELINE_DEPTH) return [];
    let period: number;
    if (this.#forced) period = 0;
    else if (this.waiting > 0) period = this.#config.slotMs;
    else if (this.#isAwaited(now)) period = this.#config.heartbeatMs;
    else return [];
    return [{ type: "timer", name: "tick", delayMs: Math.max(0, Math.ceil(period - elapsed(this.#lastCut, now))) }];
  }

  /** Whether a block is to come though there is nothing to put into it. */
  #isAwaited(now: number): boolean {
    return (now < this.#watchedUntil && !this.#clock.isPaused) || this.#known.waits(this.#height);
  }

  #tick(now: number): Effect[] {
    if (this.#recovering || this.#inFlight.size >= PIPELINE_DEPTH) return [];
    const waiting = this.waiting > 0;
    const rested = elapsed(this.#lastCut, now);
    const isDue = this.#isAwaited(now) && rested >= this.#config.heartbeatMs;
    const heartbeat = isDue || this.#forced;
    if (!heartbeat && (!waiting || rested < this.#config.slotMs)) return this.#arm(now);
    const slot = this.#nextSlot;
    if (!this.#epochs.has(epochOf(slot))) return this.#endEpoch(epochOf(slot), now);
    const view = 0;
    const unixTimestamp = this.#timestamp(now);
    const context = this.#nextContext(slot, view, unixTimestamp);
    this.#setContext(context);
    this.#deferred.admit(this.#planner);
    const inFlight = [...this.#inFlight.values()];
    const cut = this.#planner.cut(this.#pace.room(heavyInFlight(inFlight)), this.#room.left(inFlight));
    const oldest = this.#planner.oldestWaiting();
    const taken = [
      ...this.#deferred.settle(oldest),
      ...this.#lanes.settle(oldest).flatMap((lane) => this.#taken(lane)),
    ];
    // Everything that waited had expired: no block for that.
    if (cut.numTransactions === 0 && !heartbeat && this.waiting === 0) return [...taken, ...this.#arm(now)];
    this.#lastCut = now;
    // All that waits is heavy, and as much as a slot executes is in flight.
    if (cut.numTransactions === 0 && !heartbeat) return [...taken, ...this.#arm(now)];
    this.#forced = false;
    this.#lastTimestamp = unixTimestamp;
    const raises = cut.numTransactions === 0 || slot - this.#chain.stepAt(slot - 1).slot >= this.#config.heightStride;
    const digest = blockhashOf(this.#sha256, this.#chain.tipHash, slot, view, unixTimestamp, cut.frame);
    for (const { shard, proposal } of cut.shards) {
      const fields = { slot, view, digest, prevSlot: this.#prevSlot[shard]!, stableSlot: this.#stored.slot, context };
      fillProposal(proposal, fields);
      this.#prevSlot[shard] = slot;
    }
    const skips = slot !== this.#chain.tip + 1;
    this.#chain.push(slot, digest, raises);
    this.#contexts.proposed(slot, unixTimestamp);
    this.totals.proposed += cut.numTransactions;
    this.totals.crossShard += cut.numCrossShard;
    this.totals.blocks++;
    const { frame, shards } = cut;
    const fixed = { slot, view, unixTimestamp, blockhash: digest, justification: UNJUSTIFIED, raises };
    const development = this.#config.development ?? false;
    const row: ProposalRow = { ...fixed, development, frame, shards, lanes: this.#lanes.snapshot() };
    const item = track(row, now, this.#waitingSince, cut);
    if (this.#planner.waiting() === 0) this.#waitingSince = undefined;
    this.#inFlight.set(slot, item);
    const effects: Effect[] = [putProposal(this.#chain.numberOf(slot) % PROPOSAL_RING, row)];
    // Where slots are skipped a start could not find the next row.
    if (slot % SAVE_HASHES_EVERY === 0 || skips) {
      effects.push({ type: "put", table: "hashes", id: 0, bytes: this.#chain.encode() });
    }
    effects.push(...this.#proposals(item), ...taken, ...this.#seal(now), ...this.#armRetry(), ...this.#arm(now));
    return effects;
  }

  /** The next block begins an epoch whose record is not there yet. */
  #endEpoch(epoch: number, now: number): Effect[] {
    // The tick comes again when what is in flight is stored.
    if (this.#inFlight.size > 0) return [];
    return [...this.#epochs.turn(epoch, this.#stored.slot, this.#prevSlot, now), ...this.#armRetry()];
  }

  #proposals(item: InFlight): Effect[] {
    return proposalsOf(item, (slot, proposal) => this.#epochs.bytesFor(slot, proposalPrevSlot(proposal)));
  }

  #committed(from: NodeId, message: Committed, now: number): Effect[] {
    const item = this.#inFlight.get(message.slot);
    if (!item || item.block || !sameBlock({ ...item.row, digest: item.row.blockhash }, message)) return [];
    const shard = nodeNumber(from);
    if (!item.row.shards.some((part) => part.shard === shard)) return [];
    item.committed.set(shard, message);
    this.#known.note(shard, message.known, this.#height);
    const sizes = message.sizes ? this.#room.note(message.sizes) : [];
    return [...sizes, ...this.#seal(now)];
  }

  /** Seals every slot, in order, whose shards have all committed, once nobody may use the tip before it any more. */
  #seal(now: number): Effect[] {
    const effects: Effect[] = [];
    for (;;) {
      const item = this.#inFlight.get(this.#chain.slotAfter(this.#sealed.slot) ?? Number.NaN);
      if (!item || item.block || item.committed.size < item.row.shards.length) return effects;
      const delayMs = this.#lease.wait(now);
      if (delayMs > 0) return [...effects, { type: "timer", name: "seal", delayMs }];
      this.#sealOne(item);
      this.#lease.sent(item.row.slot);
      item.sentAt = now;
      if (item.deferred) effects.push(deferredRow(item.row.slot, item.deferred));
      effects.push(this.#blockMessage(item));
    }
  }

  #sealOne(item: InFlight): void {
    const { row } = item;
    const parent = { header: this.#sealed, hash: this.#sealedHash, carry: this.#carry };
    const sealed = sealBlock(this.#sha256, parent, row, item.committed, this.#epochs.hashOf(epochOf(row.slot)));
    this.#sealed = sealed.header;
    this.#sealedHash = sealed.hash;
    this.#carry = sealed.carry;
    this.#sealedHeaders.set(row.slot, sealed.header);
    item.deferred = sealed.deferred;
    if (item.heavy > 0) this.#pace.note(item.heavy, row.frame, decodeBlock(sealed.block).results);
    keepBlock(item, sealed.block);
  }

  #onStored(slot: number, now: number): Effect[] {
    for (let next = this.#chain.slotAfter(this.#stored.slot); next !== undefined && next <= slot; ) {
      const item = this.#inFlight.get(next);
      const header = this.#sealedHeaders.get(next);
      // The ledger can only have what was sealed here, or sealed by an earlier incarnation from the same proposal.
      if (!item || !header) break;
      if (item.deferred) this.#deferred.add(next, item.deferred);
      this.#stored = header;
      if (item.arrivedAt !== undefined && header.numTransactions > 0) this.confirmation.add(now - item.arrivedAt);
      this.#inFlight.delete(next);
      this.#sealedHeaders.delete(next);
      next = this.#chain.slotAfter(next);
    }
    return [...this.#readmit(now), ...this.#arm(now)];
  }

  #armRetry(): Effect[] {
    if (this.#retryArmed || (this.#inFlight.size === 0 && !this.#epochs.turning)) return [];
    this.#retryArmed = true;
    return [{ type: "timer", name: "retry", delayMs: RETRY_MS }];
  }

  #retry(now: number): Effect[] {
    this.#retryArmed = false;
    if (this.#recovering) {
      this.#retryArmed = true;
      return [this.#askTip(), { type: "timer", name: "retry", delayMs: RETRY_MS }];
    }
    const effects = this.#epochs.retry(now);
    for (const item of this.#inFlight.values()) {
      if (elapsed(item.sentAt, now) < RETRY_MS) continue;
      item.sentAt = now;
      if (item.block) effects.push(this.#blockMessage(item));
      else effects.push(...this.#proposals(item));
    }
    return [...effects, ...this.#armRetry(), ...this.#arm(now)];
  }
}
