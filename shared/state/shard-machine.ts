/**
 * Account shard: owns accounts, executes its groups, lends what others need. Pure state machine around an engine.
 *
 *   proposal n (prevSlot = last slot here)
 *      ├─▶ loan to every borrower ─────────────────────────────▶ its return ─┐
 *      └─ own loans in ─▶ execute ─▶ return to every owner that lent writable │
 *                                         └──────────── all returns in ◀──────┘ ─▶ commit: one log row ─▶ committed
 *
 * Nothing here decides an outcome: a slot's effects follow from the proposal and the state before it. So a crash at any
 * point is repaired by doing the same again, and for slots that are committed but not yet stable the shard can still
 * answer with the very bytes it answered before: loans, returns and results.
 */
import type { Effect, Machine, MessageEvent, StorageView, TimerEvent } from "../protocol/actor.ts";
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { EARLY_SLOTS } from "../protocol/limits.ts";
import type { Message, NodeId } from "../protocol/messages.ts";
import { checkpointPlan, type Segment } from "./checkpoint.ts";
import { leaseParties } from "./lease-parties.ts";
import type { ShardEnginePort } from "./shard-port.ts";

export type ShardEvent = TimerEvent | MessageEvent;

export interface ShardConfig {
  readonly shard: number;
  /** Log bytes after which a checkpoint is taken. */
  readonly checkpointBytes: number;
  /** Log rows after which a checkpoint is taken. */
  readonly checkpointRows: number;
}

export const DEFAULT_CHECKPOINT = { checkpointBytes: 4 << 20, checkpointRows: 128 } as const;

type Accounts = Extract<Message, { type: "loan" | "return" }>;

/** The slot being worked on. */
interface Work {
  readonly slot: number;
  readonly digest: Uint8Array;
  readonly stable: number;
  readonly lendsTo: readonly number[];
  readonly borrowsFrom: readonly number[];
  readonly returnsTo: readonly number[];
  /** Shards whose loan is still missing. */
  readonly loansMissing: Set<number>;
  /** Shards whose return is still missing. */
  readonly returnsMissing: Set<number>;
  executed: boolean;
}

export class ShardMachine implements Machine<ShardEvent> {
  readonly #engine: ShardEnginePort;
  readonly #config: ShardConfig;
  /** Accounts at genesis that this shard owns; loaded when nothing is stored. */
  readonly #genesis: Uint8Array;
  #work: Work | undefined;
  /** Proposals whose predecessor is not done here yet. */
  readonly #proposals = new Map<number, Uint8Array>();
  /** Loans and returns that came before their slot began here, by slot and sender. */
  readonly #early = new Map<number, Map<string, Accounts>>();
  #segments: Segment[] = [];
  #logBytes = 0;
  #logRows: number[] = [];

  constructor(engine: ShardEnginePort, config: ShardConfig, genesis: Uint8Array) {
    this.#engine = engine;
    this.#config = config;
    this.#genesis = genesis;
  }

  boot(storage: StorageView): Effect[] {
    this.#engine.load(this.#genesis, 0);
    this.#segments = [];
    for (const { id, bytes } of storage.list("segments")) {
      const upTo = Number(viewOf(bytes).getBigUint64(0, true));
      const last = this.#segments[this.#segments.length - 1];
      if (last && last.upTo === upTo) last.ids.push(id);
      else this.#segments.push({ upTo, ids: [id], bytes: 0 });
      this.#segments[this.#segments.length - 1]!.bytes += bytes.length;
      this.#engine.load(bytes.subarray(SEGMENT_HEADER), upTo);
    }
    for (const { id, bytes } of storage.list("log")) {
      this.#logRows.push(id);
      this.#logBytes += bytes.length;
      if (id <= this.#checkpointed) continue;
      const code = this.#engine.replay(bytes);
      if (code !== 0)
        throw new Error(`shard ${this.#config.shard}: log row of slot ${id} does not replay, code ${code}`);
    }
    return [];
  }

  step(event: ShardEvent): Effect[] {
    if (event.type === "timer") return [];
    const { from, message } = event;
    switch (message.type) {
      case "proposal":
        return this.#proposal(message.slot, message.proposal);
      case "loan":
        return this.#loan(from, message);
      case "return":
        return this.#return(from, message);
      case "loanWanted":
        return this.#loanWanted(from, message);
      default:
        return [];
    }
  }

  /** Slots of which something is kept before they begin here. */
  get early(): number {
    return Math.max(this.#early.size, this.#proposals.size);
  }

  get #checkpointed(): number {
    return this.#segments[this.#segments.length - 1]?.upTo ?? 0;
  }

  #proposal(slot: number, proposal: Uint8Array): Effect[] {
    if (slot <= this.#engine.applied()) return this.#answer(slot);
    if (this.#work) {
      if (this.#work.slot === slot) return this.#askAgain(this.#work);
    } else if (prevSlotOf(proposal) === this.#engine.applied()) {
      return this.#begin(slot, proposal);
    }
    if (this.#proposals.size < EARLY_SLOTS) this.#proposals.set(slot, proposal);
    return [];
  }

  /** The builder has not heard of a slot that is done here. */
  #answer(slot: number): Effect[] {
    const outcome = this.#engine.outcomeAt(slot);
    return outcome ? [{ type: "send", to: "builder", message: { type: "committed", slot, ...outcome } }] : [];
  }

  /** The slot is stuck: say again what others may have missed, and ask for what is missing here. */
  #askAgain(work: Work): Effect[] {
    const { slot, digest } = work;
    const effects: Effect[] = [];
    for (const shard of work.returnsMissing) effects.push(this.#sendLoan(work, shard));
    for (const shard of work.loansMissing) {
      effects.push({ type: "send", to: `shard-${shard}`, message: { type: "loanWanted", slot, digest } });
    }
    return effects;
  }

  #sendLoan(work: Work, shard: number): Effect {
    const accounts = this.#engine.loan(shard);
    return {
      type: "send",
      to: `shard-${shard}`,
      message: { type: "loan", slot: work.slot, digest: work.digest, accounts },
    };
  }

  #begin(slot: number, proposal: Uint8Array): Effect[] {
    const code = this.#engine.begin(proposal);
    if (code !== 0) {
      throw new Error(`shard ${this.#config.shard}: the proposal of slot ${slot} is refused, code ${code}`);
    }
    const parties = leaseParties(proposal);
    const work: Work = {
      slot,
      digest: proposal.slice(24, 56),
      stable: Number(viewOf(proposal).getBigUint64(64, true)),
      lendsTo: parties.lendsTo,
      borrowsFrom: parties.borrowsFrom,
      returnsTo: parties.returnsTo,
      loansMissing: new Set(parties.borrowsFrom),
      returnsMissing: new Set(parties.returnsFrom),
      executed: false,
    };
    this.#work = work;
    this.#engine.stable(work.stable);
    const effects = work.lendsTo.map((shard) => this.#sendLoan(work, shard));
    const early = this.#early.get(slot);
    this.#early.delete(slot);
    for (const [key, message] of early ?? []) {
      const shard = Number(key.slice(key.indexOf(":") + 1));
      if (message.type === "loan") this.#takeLoan(work, shard, message);
      else this.#takeReturn(work, shard, message);
    }
    return [...effects, ...this.#advance(work)];
  }

  #takeLoan(work: Work, shard: number, message: Accounts): void {
    if (!work.loansMissing.has(shard) || !equalBytes(message.digest, work.digest)) return;
    if (this.#engine.receiveLoan(shard, message.accounts) === 0) work.loansMissing.delete(shard);
  }

  #takeReturn(work: Work, shard: number, message: Accounts): void {
    if (!work.returnsMissing.has(shard) || !equalBytes(message.digest, work.digest)) return;
    if (this.#engine.receiveReturn(shard, message.accounts) === 0) work.returnsMissing.delete(shard);
  }

  /** Goes as far as the messages that are in allow. */
  #advance(work: Work): Effect[] {
    const effects: Effect[] = [];
    if (!work.executed && work.loansMissing.size === 0) {
      const code = this.#engine.execute();
      if (code !== 0) throw new Error(`shard ${this.#config.shard}: slot ${work.slot} does not execute, code ${code}`);
      work.executed = true;
      for (const shard of work.returnsTo) {
        const accounts = this.#engine.returned(shard);
        const { slot, digest } = work;
        effects.push({ type: "send", to: `shard-${shard}`, message: { type: "return", slot, digest, accounts } });
      }
    }
    if (!work.executed || work.returnsMissing.size > 0) return effects;
    const row = this.#engine.commit();
    this.#work = undefined;
    this.#logRows.push(work.slot);
    this.#logBytes += row.length;
    const writes: Effect[] = [
      { type: "put", table: "log", id: work.slot, bytes: row },
      ...this.#checkpoint(work.stable),
    ];
    return [...writes, ...effects, ...this.#answer(work.slot), ...this.#next()];
  }

  /** The next proposal, if it is here already. */
  #next(): Effect[] {
    const applied = this.#engine.applied();
    for (const slot of this.#early.keys()) if (slot <= applied) this.#early.delete(slot);
    for (const [slot, proposal] of this.#proposals) {
      if (slot <= applied) this.#proposals.delete(slot);
      else if (prevSlotOf(proposal) === applied) {
        this.#proposals.delete(slot);
        return this.#begin(slot, proposal);
      }
    }
    return [];
  }

  #loan(from: NodeId, message: Accounts): Effect[] {
    const shard = shardNumber(from);
    const { slot, digest } = message;
    if (slot <= this.#engine.applied()) {
      // The lender is still without the return.
      const accounts = this.#engine.returnedAt(slot, shard);
      return accounts ? [{ type: "send", to: from, message: { type: "return", slot, digest, accounts } }] : [];
    }
    const work = this.#work;
    if (!work || work.slot !== slot) return this.#keepEarly(shard, message);
    if (work.executed) {
      if (!work.returnsTo.includes(shard) || !equalBytes(digest, work.digest)) return [];
      const accounts = this.#engine.returned(shard);
      return [{ type: "send", to: from, message: { type: "return", slot, digest, accounts } }];
    }
    this.#takeLoan(work, shard, message);
    return this.#advance(work);
  }

  #return(from: NodeId, message: Accounts): Effect[] {
    const work = this.#work;
    if (message.slot <= this.#engine.applied()) return [];
    if (!work || work.slot !== message.slot) return this.#keepEarly(shardNumber(from), message);
    this.#takeReturn(work, shardNumber(from), message);
    return this.#advance(work);
  }

  /**
   * Bounded by the number of slots, not by how far ahead they are: the last slot in which this shard had a part may be long ago.
   * What is dropped is asked for again when its slot begins.
   */
  #keepEarly(shard: number, message: Accounts): Effect[] {
    let slot = this.#early.get(message.slot);
    if (!slot) {
      if (this.#early.size >= EARLY_SLOTS) return [];
      slot = new Map();
      this.#early.set(message.slot, slot);
    }
    slot.set(`${message.type}:${shard}`, message);
    return [];
  }

  #loanWanted(from: NodeId, message: Extract<Message, { type: "loanWanted" }>): Effect[] {
    const { slot, digest } = message;
    const shard = shardNumber(from);
    const work = this.#work;
    if (work && work.slot === slot) return work.lendsTo.includes(shard) ? [this.#sendLoan(work, shard)] : [];
    if (slot > this.#engine.applied()) return [];
    const accounts = this.#engine.loanAt(slot, shard);
    return accounts ? [{ type: "send", to: from, message: { type: "loan", slot, digest, accounts } }] : [];
  }

  /**
   * When the log has grown: everything changed since some earlier checkpoint goes into a new segment, as of the stable
   * slot (so that the log rows after it can rebuild the undo data), and what it replaces is removed.
   */
  #checkpoint(stable: number): Effect[] {
    const due = this.#logBytes >= this.#config.checkpointBytes || this.#logRows.length >= this.#config.checkpointRows;
    if (!due || stable <= this.#checkpointed) return [];
    const plan = checkpointPlan(this.#segments, this.#logBytes);
    const effects: Effect[] = [];
    const segment: Segment = { upTo: stable, ids: [], bytes: 0 };
    let id = (this.#segments[this.#segments.length - 1]?.ids.at(-1) ?? 0) + 1;
    const add = (accounts: Uint8Array): void => {
      const bytes = new Uint8Array(SEGMENT_HEADER + accounts.length);
      viewOf(bytes).setBigUint64(0, BigInt(stable), true);
      bytes.set(accounts, SEGMENT_HEADER);
      effects.push({ type: "put", table: "segments", id, bytes });
      segment.ids.push(id++);
      segment.bytes += bytes.length;
    };
    for (const accounts of this.#engine.collect(plan.since, stable)) add(accounts);
    // Nothing older is left in which an account could come back: tombstones have done their work.
    if (plan.since === 0) this.#engine.forget(stable);
    // Nothing changed: a row must still say up to where the log is gone.
    if (segment.ids.length === 0) add(EMPTY_LIST);
    const replaced = this.#segments.slice(plan.keep);
    if (replaced.length > 0) {
      const from = replaced[0]!.ids[0]!;
      effects.push({ type: "delete", table: "segments", from, to: replaced.at(-1)!.ids.at(-1)! });
    }
    this.#segments = [...this.#segments.slice(0, plan.keep), segment];
    const gone = this.#logRows.filter((slot) => slot <= stable);
    if (gone.length > 0) effects.push({ type: "delete", table: "log", from: gone[0]!, to: gone.at(-1)! });
    this.#logRows = this.#logRows.filter((slot) => slot > stable);
    this.#logBytes = 0;
    return effects;
  }
}

/** A segment row: u64 slot up to which it is complete, then an account list. */
const SEGMENT_HEADER = 8;
const EMPTY_LIST = new Uint8Array(8);

function prevSlotOf(proposal: Uint8Array): number {
  return Number(viewOf(proposal).getBigUint64(56, true));
}
function shardNumber(id: NodeId): number {
  return Number(id.slice("shard-".length));
}
