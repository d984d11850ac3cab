/**
 * Who waits for which signature, and what the blocks say about them: what the subscriptions object does for binary streams, without
 * sockets and clock.
 *
 *   register ─▶ landed a moment ago? ─yes─▶ push          block ─▶ each of its signatures: does somebody wait? ─▶ push
 *                     │ no: waits                                                     │
 *                     └────────────────────────────▶ table ◀──────────────────────────┘
 *                                                      └─ waited for LIFETIME slots: ask the ledger once more, else expired
 *
 * A registration may come after the block that it waits for: the edge registers only what a lane has taken, and lane, builder and
 * shards may be faster than the edge's message. So the latest outcomes are kept too, and what is older than they are is found when
 * it expires: no transaction that landed is ever called expired.
 *
 * Between two parties: the edge (shared channel, one a stream) and here.
 *   edge ─▶ here   u32 request, u8 lookup (1: they were sent before, ask the ledger now), u8[3] 0, then {u16 index, u16 0, signature}
 *   here ─▶ edge   `outcomes` messages (protocol.ts), which go to the client as they are; and `registered`: u8 4, u8 1 or 0 (no room,
 *                  none of it waits), u16 retryAfterMs, u32 request, u32 number of signatures: after a lookup's outcomes
 */
import { TX_ALREADY_PROCESSED, TX_DEFERRED } from "../errors/transaction-error.ts";
import { viewOf } from "../protocol/bytes.ts";
import { RESULT as LAYOUT } from "../protocol/layouts/result.ts";
import { BLOCKHASH_WINDOW, MAX_HEIGHT_STRIDE, PIPELINE_DEPTH } from "../protocol/limits.ts";
import { signaturesAt } from "../protocol/record.ts";
import { FATE, OutcomesWriter, SIGNATURE_SIZE } from "./protocol.ts";
import { SignatureTable } from "./signature-table.ts";

/** Signatures that all streams of one object wait for; about 90 bytes each. */
export const MAX_WATCHED = 262_144;
/** Outcomes kept for registrations that come late. */
const RECENT = 65_536;
/**
 * Slots after which what waits can no longer land: it was taken before it was registered, so its blockhash was known by then, except
 * for those of the slots in flight; one more window of them for messages under way.
 */
export const LIFETIME = BLOCKHASH_WINDOW * MAX_HEIGHT_STRIDE + 4 * PIPELINE_DEPTH;
/** Signatures in one question to the ledger. */
export const LOOKUP_SIZE = 1_024;

export const REGISTRATION_HEADER = 8;
export const REGISTRATION_ENTRY = 4 + SIGNATURE_SIZE;
export const TYPE_REGISTERED = 4;
const RETRY_AFTER_MS = 250;

/** Fields of a waiting signature. */
const OWNER = 0;
const REQUEST = 1;
const INDEX = 2;
const SINCE = 3;
/** Fields of a recent outcome. */
const RESULT = 0;
const CUSTOM_CODE = 1;
const SLOT = 2;
/** Of a result: landed, txError, index and instructionError as one word, then the custom code. */
const RESULT_WORD = LAYOUT.LANDED;
const RESULT_CUSTOM = LAYOUT.CUSTOM_CODE;

/** Waiting signatures to ask the ledger about. */
export interface Lookup {
  /** 64 bytes each. */
  readonly signatures: Uint8Array;
  /** Three words each: owner, request, index. */
  readonly waiters: Uint32Array;
}

/** A signature's status as the ledger has it. */
export interface LedgerStatus {
  readonly slot: bigint;
  readonly txError: number;
  readonly errorIndex: number;
  readonly instructionError: number;
  readonly customCode: number;
}

interface Owner {
  waiting: number;
  writer: OutcomesWriter | undefined;
}

export function encodeRegistered(ok: boolean, request: number, count: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = viewOf(bytes);
  view.setUint8(0, TYPE_REGISTERED);
  view.setUint8(1, ok ? 1 : 0);
  view.setUint16(2, ok ? 0 : RETRY_AFTER_MS, true);
  view.setUint32(4, request, true);
  view.setUint32(8, count, true);
  return bytes;
}

export interface Registration {
  readonly request: number;
  readonly count: number;
  readonly lookup: boolean;
}

/** Throws RangeError when the lengths do not add up. */
export function readRegistration(bytes: Uint8Array): Registration {
  const view = viewOf(bytes);
  const count = (bytes.length - REGISTRATION_HEADER) / REGISTRATION_ENTRY;
  if (!Number.isInteger(count) || count < 0) throw new RangeError("not a registration");
  return { request: view.getUint32(0, true), count, lookup: view.getUint8(4) === 1 };
}

export class OutcomeWatch {
  readonly #waiting: SignatureTable;
  readonly #recent: SignatureTable;
  readonly #maxRecent: number;
  readonly #owners = new Map<number, Owner>();
  #nextOwner = 1;
  #slot = -1;
  /** Block height of the newest block told. */
  #height = 0;
  /** Newest slot heard of, from a block or from the ledger: what messages count back from. */
  #tip = 0;

  /** `seed`: 32 random bits of the host. */
  constructor(seed: number, limits: { readonly watched?: number; readonly recent?: number } = {}) {
    this.#maxRecent = limits.recent ?? RECENT;
    this.#waiting = new SignatureTable(limits.watched ?? MAX_WATCHED, seed);
    this.#recent = new SignatureTable(this.#maxRecent, seed);
  }

  /** Newest block told, -1 before the first. */
  get slot(): number {
    return this.#slot;
  }
  get streams(): number {
    return this.#owners.size;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  open(): number {
    const owner = this.#nextOwner++;
    this.#owners.set(owner, { waiting: 0, writer: undefined });
    return owner;
  }

  close(owner: number): void {
    this.#owners.delete(owner);
    for (let entry = this.#waiting.oldest; entry >= 0; ) {
      const newer = this.#waiting.newer(entry);
      if (this.#waiting.field(entry, OWNER) === owner) this.#waiting.remove(entry);
      entry = newer;
    }
  }

  /**
   * All of a registration waits or is answered from the recent outcomes, or nothing of it (`false`: no room). Afterwards `pushes` has what
   * was known, and `lookupOf` what the ledger may know.
   */
  register(owner: number, bytes: Uint8Array): boolean {
    const of = this.#owners.get(owner);
    const { request, count } = readRegistration(bytes);
    if (!of || this.#waiting.size + count > this.#waiting.max) return false;
    const view = viewOf(bytes);
    for (let i = 0; i < count; i++) {
      const at = REGISTRATION_HEADER + i * REGISTRATION_ENTRY;
      const index = view.getUint16(at, true);
      const known = this.#recent.find(view, at + 4);
      if (known >= 0) {
        const behind = this.#tip - this.#recent.field(known, SLOT);
        const result = this.#recent.field(known, RESULT);
        this.#writer(of).add(request, index, behind, result, this.#recent.field(known, CUSTOM_CODE));
        continue;
      }
      const entry = this.#waiting.add(view, at + 4);
      this.#waiting.setField(entry, OWNER, owner);
      this.#waiting.setField(entry, REQUEST, request);
      this.#waiting.setField(entry, INDEX, index);
      this.#waiting.setField(entry, SINCE, Math.max(0, this.#slot));
      of.waiting++;
    }
    return true;
  }

  /** A block in order: section 2 and section 4 of docs/interfaces.md. Afterwards `pushes` has a message for whoever waits. */
  block(slot: number, height: number, frame: Uint8Array, results: Uint8Array): void {
    if (slot <= this.#slot) return;
    if (this.#slot < 0) this.#restamp(slot);
    this.#slot = slot;
    this.#height = height;
    this.#tip = Math.max(this.#tip, slot);
    if (this.#owners.size === 0) return;
    for (const of of this.#owners.values()) if (of.waiting > 0) this.#writer(of);
    const records = viewOf(frame);
    const outcomes = viewOf(results);
    let at = 4;
    let result = 0;
    for (let left = records.getUint32(0, true); left > 0; left--) {
      const word = outcomes.getUint32(result + RESULT_WORD, true);
      const custom = outcomes.getUint32(result + RESULT_CUSTOM, true);
      // What is deferred comes again in a later block; of what has landed before, the outcome is that of then, which the ledger has.
      const error = (word >>> 8) & 0xff;
      const isOutcome = error !== TX_DEFERRED && error !== TX_ALREADY_PROCESSED;
      if (isOutcome) this.#told(records, signaturesAt(records, at), word, custom);
      at += records.getUint32(at, true);
      result += outcomes.getUint32(result, true);
    }
  }

  /** What is to be sent now, to each owner at most one message. */
  pushes(): Map<number, Uint8Array> {
    const out = new Map<number, Uint8Array>();
    for (const [id, of] of this.#owners) {
      if (!of.writer) continue;
      out.set(id, of.writer.finish(this.#tip, this.#height));
      of.writer = undefined;
    }
    return out;
  }

  /** The next signatures whose time is over, at most LOOKUP_SIZE; null: none. `settle` them with `expire`. */
  expiring(): Lookup | null {
    return this.#collect((entry) => this.#slot - this.#waiting.field(entry, SINCE) > LIFETIME, LOOKUP_SIZE);
  }

  /** All that waits, after blocks were missed. */
  all(): Lookup | null {
    return this.#collect(() => true, this.#waiting.size);
  }

  /** Of a registration, what waits. */
  lookupOf(owner: number, bytes: Uint8Array): Lookup | null {
    const { request, count } = readRegistration(bytes);
    const view = viewOf(bytes);
    const signatures = new Uint8Array(count * SIGNATURE_SIZE);
    const waiters = new Uint32Array(count * 3);
    let n = 0;
    for (let i = 0; i < count; i++) {
      const at = REGISTRATION_HEADER + i * REGISTRATION_ENTRY;
      const index = view.getUint16(at, true);
      if (this.#waiter(view, at + 4, owner, request, index) < 0) continue;
      signatures.set(bytes.subarray(at + 4, at + 4 + SIGNATURE_SIZE), n * SIGNATURE_SIZE);
      waiters.set([owner, request, index], n * 3);
      n++;
    }
    if (n === 0) return null;
    return { signatures: signatures.subarray(0, n * SIGNATURE_SIZE), waiters: waiters.subarray(0, n * 3) };
  }

  /**
   * The ledger's answer to (a part of) a lookup, from its `first` signature on. `expire`: what it has not is expired. Take the pushes
   * before and after: the ledger may know newer slots, and a message counts from one.
   */
  settle(lookup: Lookup, first: number, statuses: readonly (LedgerStatus | null)[], expire: boolean): void {
    const view = viewOf(lookup.signatures);
    for (const status of statuses) if (status) this.#tip = Math.max(this.#tip, Number(status.slot));
    statuses.forEach((status, i) => {
      const [owner, request, index] = lookup.waiters.subarray((first + i) * 3, (first + i) * 3 + 3);
      if (!status && !expire) return;
      const entry = this.#waiter(view, (first + i) * SIGNATURE_SIZE, owner!, request!, index!);
      if (entry < 0) return;
      const { txError = 0, errorIndex = 0, instructionError = 0, customCode = 0 } = status ?? {};
      const fate = status ? FATE.LANDED : FATE.EXPIRED;
      const word = fate | (txError << 8) | (errorIndex << 16) | (instructionError << 24);
      this.#answer(entry, status ? this.#tip - Number(status.slot) : 0, word >>> 0, customCode);
    });
  }

  #collect(wanted: (entry: number) => boolean, limit: number): Lookup | null {
    let n = 0;
    for (let entry = this.#waiting.oldest; entry >= 0 && n < limit && wanted(entry); ) {
      n++;
      entry = this.#waiting.newer(entry);
    }
    if (n === 0) return null;
    const signatures = new Uint8Array(n * SIGNATURE_SIZE);
    const waiters = new Uint32Array(n * 3);
    let entry = this.#waiting.oldest;
    for (let i = 0; i < n; i++) {
      signatures.set(this.#waiting.signature(entry), i * SIGNATURE_SIZE);
      for (const field of [OWNER, REQUEST, INDEX]) waiters[i * 3 + field] = this.#waiting.field(entry, field);
      entry = this.#waiting.newer(entry);
    }
    return { signatures, waiters };
  }

  #waiter(view: DataView, at: number, owner: number, request: number, index: number): number {
    let entry = this.#waiting.find(view, at);
    while (entry >= 0) {
      const same =
        this.#waiting.field(entry, OWNER) === owner &&
        this.#waiting.field(entry, REQUEST) === request &&
        this.#waiting.field(entry, INDEX) === index;
      if (same) return entry;
      entry = this.#waiting.findNext(entry, view, at);
    }
    return -1;
  }

  #told(records: DataView, at: number, result: number, customCode: number): void {
    for (let entry = this.#waiting.find(records, at); entry >= 0; entry = this.#waiting.find(records, at)) {
      this.#answer(entry, this.#tip - this.#slot, result, customCode);
    }
    // What did not land may be sent again, and land: only the last word is kept.
    if ((result & 0xff) !== FATE.LANDED || this.#maxRecent === 0) return;
    if (this.#recent.size === this.#maxRecent) this.#recent.remove(this.#recent.oldest);
    const entry = this.#recent.add(records, at);
    this.#recent.setField(entry, RESULT, result);
    this.#recent.setField(entry, CUSTOM_CODE, customCode);
    this.#recent.setField(entry, SLOT, this.#slot);
  }

  #answer(entry: number, behind: number, result: number, customCode: number): void {
    const of = this.#owners.get(this.#waiting.field(entry, OWNER))!;
    const request = this.#waiting.field(entry, REQUEST);
    this.#writer(of).add(request, this.#waiting.field(entry, INDEX), behind, result, customCode);
    of.waiting--;
    this.#waiting.remove(entry);
  }

  #writer(of: Owner): OutcomesWriter {
    of.writer ??= new OutcomesWriter();
    return of.writer;
  }

  /** What was registered before the first block is known has waited since then. */
  #restamp(slot: number): void {
    for (let entry = this.#waiting.oldest; entry >= 0; entry = this.#waiting.newer(entry)) {
      this.#waiting.setField(entry, SINCE, slot);
    }
  }
}
