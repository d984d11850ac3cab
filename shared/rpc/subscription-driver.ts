/**
 * Drives the SubscriptionMachine: answers its questions from the chain, in order, and repairs what it missed. The sockets and
 * their storage are behind a port, so that the same code runs in the Durable Object and in tests.
 *
 * Bounds: QUEUE blocks wait at once (what comes on top is dropped and fetched again from the ledger); under load the reads of
 * several blocks are done as one; a gap of more than REPAIR blocks is skipped, and all waiting signatures are looked up.
 */
import { COST } from "../turns/costs.ts";
import type { Account } from "./accounts.ts";
import type { Backend, Head } from "./backend.ts";
import { type BalanceMints, balanceMints } from "./balance-mints.ts";
import { encodeBase58 } from "./base58.ts";
import { type BlockEvent, blockEvent, landedTransactions } from "./block-event.ts";
import { mintScales, readAccounts } from "./call.ts";
import { RpcError, SCAN_ERROR } from "./errors.ts";
import type { RpcServices } from "./services.ts";
import { SubscribeMessage } from "./subscribe-message.ts";
import {
  type SocketId,
  type StoredSubscription,
  type SubscriptionEffect,
  SubscriptionMachine,
} from "./subscriptions.ts";

/** Blocks that wait to be told. */
const QUEUE = 64;
/** Blocks fetched from the ledger to close a gap. */
const REPAIR = 64n;
/** Beyond so many blocks behind, reads are put together. */
const BUSY = 4;
/** Keys in one question to the chain. */
const READ_KEYS = 1_000;
/** Keys put together at most. */
const MAX_KEYS = 100_000;
/** Signatures in one question; those that come while it is on its way wait for the next, as long as there are not too many. */
const STATUSES = 64;
const MAX_QUESTIONS = 8_192;
/** Calls of a message that are read in one go. */
const READ_CALLS = 16;

type Question = Extract<SubscriptionEffect, { type: "findStatus" }>;

export interface SubscriptionPort {
  /** `delayMs`: it goes out so much later. */
  send(socket: SocketId, text: string, delayMs?: number): void;
  /** Closes the socket. */
  drop(socket: SocketId, reason: string): void;
  added(socket: SocketId, stored: StoredSubscription): void;
  removed(socket: SocketId, id: number): void;
  /** Work was done that costs so much (shared/turns/costs.ts): back when there may be more. Unset: at once. */
  worked?(cost: number): Promise<void>;
  /** A fault that is not the client's. */
  fault(fault: unknown, where: string): void;
}

export class SubscriptionDriver {
  readonly machine = new SubscriptionMachine();
  readonly #backend: Backend;
  readonly #services: RpcServices;
  readonly #port: SubscriptionPort;
  #chain: Promise<void> = Promise.resolve();
  #queued = 0;
  /** The block that is told, or was last. */
  #told: BlockEvent | undefined;
  #unread = new Map<string, Uint8Array>();
  #questions: Question[] = [];
  #asking: Promise<void> | undefined;

  constructor(backend: Backend, services: RpcServices, port: SubscriptionPort) {
    this.#backend = backend;
    this.#services = services;
    this.#port = port;
  }

  opened(socket: SocketId, stored: readonly StoredSubscription[]): void {
    this.machine.step({ type: "opened", socket, stored });
  }
  closed(socket: SocketId): void {
    this.machine.step({ type: "closed", socket });
  }
  async message(socket: SocketId, text: string): Promise<void> {
    const message = SubscribeMessage.open(text);
    while (message.readSome(READ_CALLS)) await this.#port.worked?.(READ_CALLS * COST.subscribe);
    await this.#apply(this.machine.step({ type: "calls", socket, message }));
  }

  /** Resolves when the block has been told, or dropped because too many wait. */
  block(event: BlockEvent): Promise<void> {
    if (event.slot <= this.machine.lastSlot) return Promise.resolve();
    if (this.#queued === 0 && this.machine.count === 0) {
      this.machine.step({ type: "block", block: event });
      return Promise.resolve();
    }
    if (this.#queued >= QUEUE) return Promise.resolve();
    this.#queued++;
    this.#chain = this.#chain
      .then(() => this.#tell(event))
      .catch((fault) => this.#port.fault(fault, `block ${event.slot}`))
      .finally(() => {
        this.#queued--;
      });
    return this.#chain;
  }

  async #tell(event: BlockEvent): Promise<void> {
    this.#told = event;
    await this.#repair(event.slot);
    await this.#step(event);
  }

  async #step(event: BlockEvent): Promise<void> {
    const mints = this.machine.wantsBalances ? await this.#mintsOf(event) : undefined;
    await this.#apply(this.machine.step({ type: "block", block: mints ? { ...event, mints } : event }));
  }

  /** A block whose mints cannot be read is told without those balances. */
  async #mintsOf(event: BlockEvent): Promise<BalanceMints | undefined> {
    const results = [...landedTransactions(event)].map((tx) => tx.result);
    const read = async (keys: readonly Uint8Array[]) =>
      readAccounts(this.#backend, this.#services, await this.#backend.head(), keys);
    try {
      return await balanceMints(read, results);
    } catch (fault) {
      this.#port.fault(fault, `mints of block ${event.slot}`);
      return undefined;
    }
  }

  /** Blocks between the last one told and `slot`, from the ledger. */
  async #repair(slot: bigint): Promise<void> {
    const last = this.machine.lastSlot;
    if (slot === last + 1n) return;
    if (last < 0n || slot - last > REPAIR) return this.#apply(this.machine.findAllStatuses());
    for (let missing = last + 1n; missing < slot; missing++) {
      const block = await this.#backend.block(missing);
      if (block !== null) await this.#step(blockEvent(block));
    }
  }

  async #apply(effects: readonly SubscriptionEffect[]): Promise<void> {
    const questions: Question[] = [];
    for (const effect of effects) {
      if (effect.type === "send") this.#port.send(effect.socket, effect.text, effect.delayMs);
      else if (effect.type === "drop") this.#port.drop(effect.socket, effect.reason);
      else if (effect.type === "added") this.#port.added(effect.socket, effect.stored);
      else if (effect.type === "removed") this.#port.removed(effect.socket, effect.id);
      else if (effect.type === "findStatus") questions.push(effect);
    }
    if (questions.length > 0) await this.#ask(questions);
    for (const effect of effects) if (effect.type === "read") await this.#read(effect.slot, effect.keys);
  }

  /** Back when they are answered. One question is on its way at a time, with all that came meanwhile in the next. */
  async #ask(questions: readonly Question[]): Promise<void> {
    for (let from = 0; from < questions.length; ) {
      while (this.#questions.length >= MAX_QUESTIONS) await this.#asking;
      const some = questions.slice(from, from + STATUSES);
      this.#questions.push(...some);
      from += some.length;
      this.#asking ??= this.#askAll();
    }
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    try {
      while (this.#questions.length > 0) await this.#answer(this.#questions.splice(0, STATUSES));
    } finally {
      this.#asking = undefined;
    }
  }

  async #answer(questions: readonly Question[]): Promise<void> {
    let statuses: Awaited<ReturnType<Backend["statuses"]>>;
    try {
      statuses = await this.#backend.statuses(questions.map(({ signature }) => signature));
    } catch (fault) {
      // The block that brings the signature will tell.
      this.#port.fault(fault, "statuses");
      return;
    }
    for (const [i, { socket, id }] of questions.entries()) {
      await this.#apply(this.machine.step({ type: "status", socket, id, status: statuses[i] ?? null }));
    }
  }

  async #read(slot: bigint, keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) if (this.#unread.size < MAX_KEYS) this.#unread.set(encodeBase58(key), key);
    if (this.#queued > BUSY) return;
    const wanted = [...this.#unread.values()];
    this.#unread = new Map();
    const head = await this.#headAt(slot);
    for (let from = 0; from < wanted.length; from += READ_KEYS) {
      await this.#showParts(head, wanted.slice(from, from + READ_KEYS));
    }
  }

  /** The chain may have gone on since the block: what is told of it is as of its end, sysvars too. */
  async #headAt(slot: bigint): Promise<Head> {
    const head = await this.#backend.head();
    if (head.slot === slot) return head;
    const block = this.#told?.slot === slot ? this.#told : undefined;
    const { context } = head;
    return { ...head, context, slot, sysvars: (block && this.#backend.sysvarsAt?.(block)) ?? head.sysvars };
  }

  /** Accounts that are together too large for one answer are asked for in halves. */
  async #showParts(head: Head, keys: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#show(head, keys);
    } catch (fault) {
      if (keys.length < 2 || !(fault instanceof RpcError) || fault.code !== SCAN_ERROR) throw fault;
      const half = keys.length >> 1;
      await this.#showParts(head, keys.slice(0, half));
      await this.#showParts(head, keys.slice(half));
    }
  }

  async #show(head: Head, keys: readonly Uint8Array[]): Promise<void> {
    const read = (some: readonly Uint8Array[]): Promise<(Account | null)[]> =>
      readAccounts(this.#backend, this.#services, head, some);
    const accounts = await read(keys);
    const scales = await mintScales(read, accounts);
    await this.#apply(this.machine.step({ type: "accounts", slot: head.slot, keys, accounts, scales }));
  }
}
