/**
 * Solana's PubSub without the sockets: `step(event)` changes what is watched and says what to send.
 *
 *   message ──▶ answer, and for a signature: is it processed already?  ──▶ findStatus … status
 *   block   ──▶ slot, root, logs and signature notifications; accounts that changed and are watched ──▶ read … accounts
 *
 * Keys are found by their first four bytes, so that a block of thousands of transactions costs a map lookup an account where
 * nobody watches, and no string.
 */
import { equalBytes } from "../protocol/bytes.ts";
import { epochOf } from "../protocol/limits.ts";
import { type Account, missingAccount } from "./accounts.ts";
import type { SignatureStatus } from "./backend.ts";
import { encodeBase58 } from "./base58.ts";
import { type BlockEvent, type Landed, landedTransactions } from "./block-event.ts";
import { BlockNotices, slotUpdates } from "./block-notices.ts";
import { errorAnswer } from "./engine.ts";
import { errorJson, type TransactionErrorCode } from "./error-text.ts";
import { INTERNAL_ERROR, internalError, invalidParams, invalidRequest, methodNotFound, RpcError } from "./errors.ts";
import { type Json, JsonText, parse, stringify } from "./json.ts";
import {
  keyBytes,
  SYSVAR_CLOCK,
  SYSVAR_RECENT_BLOCKHASHES,
  SYSVAR_SLOT_HASHES,
  SYSVAR_SLOT_HISTORY,
  SYSVAR_STAKE_HISTORY,
} from "./keys.ts";
import { Notices, ShownAccount } from "./notices.ts";
import { Refusals } from "./refusals.ts";
import { errorFields, viewResult } from "./result-view.ts";
import { type CallOf, type ReadCall, SubscribeMessage } from "./subscribe-message.ts";
import { Index, type OfKind, type Subscription } from "./subscription-index.ts";
import { isUnsubscribe, parseSubscribe, type Watch } from "./subscription-params.ts";
import type { MintScale } from "./ui-amount.ts";
import { VERSION } from "./version.ts";

/** Subscriptions of one socket, and of all sockets of one object. */
export const MAX_SUBSCRIPTIONS_PER_SOCKET = 10_000;
export const MAX_SUBSCRIPTIONS = 50_000;
/** Subscriptions to whole blocks of all sockets, and of one: each costs with every block. */
export const MAX_BLOCK_SUBSCRIPTIONS = 100;
export const MAX_BLOCK_SUBSCRIPTIONS_PER_SOCKET = 10;
/** Subscriptions of one socket that every block is told to or held against: slots, roots, votes, blocks, programs, all logs. */
export const MAX_BROADCASTS_PER_SOCKET = 100;
/** Characters of one subscription's parameters: four filters of 128 bytes fit. They are kept as long as it lives. */
const MAX_PARAMS = 2_048;

export type SocketId = string;

/** A subscription as it survives hibernation: its id, and the call that made it. */
export interface StoredSubscription {
  readonly id: number;
  readonly method: string;
  /** JSON text. */
  readonly params: string;
}

export type SubscriptionEvent =
  | { readonly type: "opened"; readonly socket: SocketId; readonly stored: readonly StoredSubscription[] }
  | { readonly type: "closed"; readonly socket: SocketId }
  | { readonly type: "message"; readonly socket: SocketId; readonly text: string }
  /** The same, read already. */
  | { readonly type: "calls"; readonly socket: SocketId; readonly message: SubscribeMessage }
  /** Answer to findStatus. */
  | {
      readonly type: "status";
      readonly socket: SocketId;
      readonly id: number;
      readonly status: SignatureStatus | null;
    }
  | { readonly type: "block"; readonly block: BlockEvent }
  /** Answer to read: one entry a key, null where there is no account; scales of the mints concerned. */
  | {
      readonly type: "accounts";
      readonly slot: bigint;
      readonly keys: readonly Uint8Array[];
      readonly accounts: readonly (Account | null)[];
      readonly scales: ReadonlyMap<string, MintScale>;
    };

/** What is kept of a socket. */
interface Socket {
  readonly subscriptions: Map<number, Subscription>;
  readonly refusals: Refusals;
  /** Their ids by the call that made them: the same call has the same subscription, as in Agave. */
  readonly calls: Map<string, number>;
  /** Of the subscriptions: those that every block concerns, and of these those to whole blocks. */
  broadcasts: number;
  blocks: number;
}

export type SubscriptionEffect =
  /** `delayMs`: it goes out so much later. */
  | { readonly type: "send"; readonly socket: SocketId; readonly text: string; readonly delayMs?: number }
  /** It asks for more than it can be told: it is closed. */
  | { readonly type: "drop"; readonly socket: SocketId; readonly reason: string }
  | { readonly type: "added"; readonly socket: SocketId; readonly stored: StoredSubscription }
  | { readonly type: "removed"; readonly socket: SocketId; readonly id: number }
  | { readonly type: "findStatus"; readonly socket: SocketId; readonly id: number; readonly signature: Uint8Array }
  | { readonly type: "read"; readonly slot: bigint; readonly keys: readonly Uint8Array[] };

/** Sysvars that change with every slot, though no transaction writes them. */
const TICKING = [SYSVAR_CLOCK, SYSVAR_RECENT_BLOCKHASHES, SYSVAR_SLOT_HASHES, SYSVAR_SLOT_HISTORY].map(keyBytes);
/** The one that changes with the first block of an epoch. */
const STAKE_HISTORY = keyBytes(SYSVAR_STAKE_HISTORY);

const inSlot = (slot: bigint, value: Json): Json => ({ context: { slot }, value });

export class SubscriptionMachine {
  #nextId = 0;
  #lastSlot = -1n;
  #count = 0;
  readonly #sockets = new Map<SocketId, Socket>();
  readonly #accounts = new Index<"account">((watch) => watch.key);
  readonly #signatures = new Index<"signature">((watch) => watch.signature);
  readonly #mentions = new Index<"logs">((watch) => watch.mentions!);
  readonly #programs = new Set<OfKind<"program">>();
  readonly #allLogs = new Set<OfKind<"logs">>();
  readonly #blocks = new Set<OfKind<"block">>();
  readonly #slots = new Set<Subscription>();
  readonly #slotsUpdates = new Set<Subscription>();
  readonly #votes = new Set<Subscription>();
  readonly #roots = new Set<Subscription>();

  /** Subscriptions of all sockets. */
  get count(): number {
    return this.#count;
  }
  /** Whether somebody waits for slots as such, which an idle chain does not make. */
  get wantsSlots(): boolean {
    const slots = this.#slots.size > 0 || this.#slotsUpdates.size > 0 || this.#roots.size > 0;
    const blocks = [...this.#blocks].some(({ watch }) => watch.mentions === null);
    return slots || blocks || TICKING.some((key) => this.#accounts.has(key));
  }
  /** Whether a block is shown with its token balances. */
  get wantsBalances(): boolean {
    return [...this.#blocks].some(({ watch }) => watch.details === "full" || watch.details === "accounts");
  }
  /** Asks for the status of every signature that is waited for: after blocks may have been missed. */
  findAllStatuses(): SubscriptionEffect[] {
    return this.#signatures.all().map(({ id, socket, watch }) => ({
      type: "findStatus",
      socket,
      id,
      signature: watch.signature,
    }));
  }
  /** Newest block that was told. */
  get lastSlot(): bigint {
    return this.#lastSlot;
  }

  step(event: SubscriptionEvent): SubscriptionEffect[] {
    switch (event.type) {
      case "opened":
        return this.#opened(event.socket, event.stored);
      case "closed":
        return this.#closed(event.socket);
      case "message":
        return this.#calls(event.socket, SubscribeMessage.read(event.text));
      case "calls":
        return this.#calls(event.socket, event.message);
      case "status":
        return this.#status(event.socket, event.id, event.status);
      case "block":
        return this.#block(event.block);
      case "accounts":
        return this.#changed(event.slot, event.keys, event.accounts, event.scales);
    }
  }

  #opened(socket: SocketId, stored: readonly StoredSubscription[]): SubscriptionEffect[] {
    this.#sockets.set(socket, {
      subscriptions: new Map(),
      calls: new Map(),
      refusals: new Refusals(),
      broadcasts: 0,
      blocks: 0,
    });
    for (const one of stored) {
      const watch = parseSubscribe(one.method, parse(one.params));
      if (watch !== null) this.#add({ id: one.id, socket, watch, stored: one });
    }
    return [];
  }

  #closed(socket: SocketId): SubscriptionEffect[] {
    for (const subscription of this.#sockets.get(socket)?.subscriptions.values() ?? []) this.#unindex(subscription);
    this.#sockets.delete(socket);
    return [];
  }

  #setOf(watch: Watch): Set<Subscription> | null {
    if (watch.kind === "slot") return this.#slots;
    if (watch.kind === "slotsUpdates") return this.#slotsUpdates;
    if (watch.kind === "vote") return this.#votes;
    if (watch.kind === "block") return this.#blocks as Set<Subscription>;
    if (watch.kind === "root") return this.#roots;
    if (watch.kind === "program") return this.#programs as Set<Subscription>;
    return watch.kind === "logs" && watch.mentions === null ? (this.#allLogs as Set<Subscription>) : null;
  }

  #indexOf(watch: Watch): Index<never> {
    const index =
      watch.kind === "account" ? this.#accounts : watch.kind === "signature" ? this.#signatures : this.#mentions;
    return index as unknown as Index<never>;
  }

  #add(subscription: Subscription): void {
    const own = this.#sockets.get(subscription.socket)!;
    own.subscriptions.set(subscription.id, subscription);
    own.calls.set(callOf(subscription.stored), subscription.id);
    this.#nextId = Math.max(this.#nextId, subscription.id + 1);
    this.#count++;
    const set = this.#setOf(subscription.watch);
    if (set) own.broadcasts++;
    if (subscription.watch.kind === "block") own.blocks++;
    if (set) set.add(subscription);
    else this.#indexOf(subscription.watch).add(subscription as OfKind<never>);
  }

  #unindex(subscription: Subscription): void {
    this.#count--;
    const set = this.#setOf(subscription.watch);
    if (set) set.delete(subscription);
    else this.#indexOf(subscription.watch).remove(subscription as OfKind<never>);
  }

  #remove(subscription: Subscription): SubscriptionEffect {
    const own = this.#sockets.get(subscription.socket);
    if (own?.subscriptions.delete(subscription.id)) {
      own.calls.delete(callOf(subscription.stored));
      if (this.#setOf(subscription.watch)) own.broadcasts--;
      if (subscription.watch.kind === "block") own.blocks--;
    }
    this.#unindex(subscription);
    return { type: "removed", socket: subscription.socket, id: subscription.id };
  }

  // --- calls ---

  #calls(socket: SocketId, message: SubscribeMessage): SubscriptionEffect[] {
    const send = (answer: string, delayMs = 0): SubscriptionEffect => ({
      type: "send",
      socket,
      text: answer,
      ...(delayMs > 0 && { delayMs }),
    });
    const { refusal, isBatch } = message;
    if (refusal) return [send(errorAnswer(null, refusal), this.#delayOf(socket, refusal.message))];
    const calls = message.calls.map((one) => this.#call(socket, one));
    const answers = calls.flatMap(({ answer }) => answer ?? []);
    const effects = calls.flatMap((call) => call.effects);
    const delayMs = Math.max(...calls.map((call) => call.delayMs));
    if (answers.length === 0) return effects;
    return [send(isBatch ? `[${answers.join(",")}]` : answers[0]!, delayMs), ...effects];
  }

  /** `answer` null: there is none. */
  #call(socket: SocketId, read: ReadCall): { answer: string | null; effects: SubscriptionEffect[]; delayMs: number } {
    if (read.kind === "malformed") {
      const error = invalidRequest();
      return { answer: errorAnswer(null, error), effects: [], delayMs: this.#delayOf(socket, error.message) };
    }
    if (read.kind === "notification") return { answer: null, effects: [], delayMs: 0 };
    const { id, method, text } = read;
    try {
      const { result, effects } = this.#run(socket, read);
      return { answer: stringify({ jsonrpc: "2.0", result, id }), effects, delayMs: 0 };
    } catch (error) {
      const answer = errorAnswer(id, error instanceof RpcError ? error : internalError());
      return { answer, effects: [], delayMs: this.#delayOf(socket, `${method} ${text ?? ""}`) };
    }
  }

  #delayOf(socket: SocketId, call: string): number {
    return this.#sockets.get(socket)?.refusals.delayOf(call) ?? 0;
  }

  /**
   * Whether the socket, or all together, have as many subscriptions as they may, or as many of this kind. None may have more than are
   * left: however many sockets take all they get, those with few find some (Choudhury and Hahne 1998, dynamic thresholds).
   */
  #isFull(socket: SocketId, watch: Watch): boolean {
    const own = this.#sockets.get(socket);
    if (!own) return true;
    const left = MAX_SUBSCRIPTIONS - this.#count;
    if (own.subscriptions.size >= Math.min(MAX_SUBSCRIPTIONS_PER_SOCKET, left)) return true;
    if (this.#setOf(watch) && own.broadcasts >= MAX_BROADCASTS_PER_SOCKET) return true;
    const blocksLeft = MAX_BLOCK_SUBSCRIPTIONS - this.#blocks.size;
    return watch.kind === "block" && own.blocks >= Math.min(MAX_BLOCK_SUBSCRIPTIONS_PER_SOCKET, blocksLeft);
  }

  #run(socket: SocketId, call: CallOf): { result: Json; effects: SubscriptionEffect[] } {
    const { method, params, watch } = call;
    if (method === "getVersion") return { result: VERSION, effects: [] };
    if (isUnsubscribe(method)) return this.#unsubscribe(socket, params);
    if (watch === null) throw methodNotFound(method);
    if (watch instanceof RpcError) throw watch;
    return this.#subscribe(socket, call, watch);
  }

  #subscribe(
    socket: SocketId,
    { method, text }: CallOf,
    watch: Watch,
  ): { result: Json; effects: SubscriptionEffect[] } {
    const id = this.#nextId;
    if (text !== null && text.length <= MAX_PARAMS) {
      const there = this.#sockets.get(socket)?.calls.get(callOf({ method, params: text }));
      if (there !== undefined) return { result: there, effects: [] };
    }
    if (this.#isFull(socket, watch)) {
      throw new RpcError(INTERNAL_ERROR, "Internal Error: Subscription refused. Node subscription limit reached");
    }
    if (text === null || text.length > MAX_PARAMS) {
      throw invalidParams(`Invalid params: longer than ${MAX_PARAMS} characters.`);
    }
    const stored = { id, method, params: text };
    this.#add({ id, socket, watch, stored });
    const effects: SubscriptionEffect[] = [{ type: "added", socket, stored }];
    if (watch.kind === "signature") effects.push({ type: "findStatus", socket, id, signature: watch.signature });
    return { result: id, effects };
  }

  #unsubscribe(socket: SocketId, params: unknown): { result: Json; effects: SubscriptionEffect[] } {
    const given = Array.isArray(params) ? params : [];
    if (given.length !== 1 || !Number.isSafeInteger(given[0])) {
      throw invalidParams("Invalid params: expected one subscription id.");
    }
    const subscription = this.#sockets.get(socket)?.subscriptions.get(given[0] as number);
    if (subscription === undefined) throw invalidParams("Invalid subscription id.");
    return { result: true, effects: [this.#remove(subscription)] };
  }

  // --- notifications ---

  #status(socket: SocketId, id: number, status: SignatureStatus | null): SubscriptionEffect[] {
    const subscription = this.#sockets.get(socket)?.subscriptions.get(id);
    if (status === null || subscription?.watch.kind !== "signature") return [];
    return this.#processed(subscription as OfKind<"signature">, status.slot, status);
  }

  /** The last word on a signature: with it the subscription ends. */
  #processed(subscription: OfKind<"signature">, slot: bigint, error: TransactionErrorCode): SubscriptionEffect[] {
    const notices = new Notices();
    const tell = (value: Json) => notices.tell(subscription, "signatureNotification", inSlot(slot, value));
    if (subscription.watch.received) tell("receivedSignature");
    tell({ err: errorJson(error) });
    return [...notices.effects, this.#remove(subscription)];
  }

  /** A block that was told already, or is older, says nothing. */
  #block(block: BlockEvent): SubscriptionEffect[] {
    if (block.slot <= this.#lastSlot) return [];
    this.#lastSlot = block.slot;
    const notices = new Notices();
    const { effects } = notices;
    const updates = this.#slotsUpdates.size > 0 ? slotUpdates(block) : null;
    if (updates) this.#tellAll(this.#slotsUpdates, "slotsUpdatesNotification", updates.before, notices);
    const changed = new Map<string, Uint8Array>();
    if (this.#wantsTransactions()) {
      for (const tx of landedTransactions(block)) this.#transaction(block.slot, tx, changed, notices);
    }
    const isNewEpoch = epochOf(Number(block.slot)) > epochOf(Number(block.parentSlot));
    for (const key of isNewEpoch ? [...TICKING, STAKE_HISTORY] : TICKING) {
      if (this.#accounts.has(key)) changed.set(encodeBase58(key), key);
    }
    if (changed.size > 0) effects.push({ type: "read", slot: block.slot, keys: [...changed.values()] });
    const slotInfo = { slot: block.slot, parent: block.parentSlot, root: block.root };
    this.#tellAll(this.#slots, "slotNotification", [slotInfo], notices);
    if (this.#blocks.size > 0) this.#wholeBlock(new BlockNotices(block), notices);
    if (updates) this.#tellAll(this.#slotsUpdates, "slotsUpdatesNotification", updates.after, notices);
    this.#tellAll(this.#roots, "rootNotification", [block.root], notices);
    return effects;
  }

  #tellAll(subscriptions: ReadonlySet<Subscription>, method: string, results: readonly Json[], notices: Notices): void {
    for (const result of results) {
      const shown = new JsonText(stringify(result));
      for (const subscription of subscriptions) notices.tell(subscription, method, shown);
    }
  }

  #wholeBlock(shown: BlockNotices, notices: Notices): void {
    for (const subscription of this.#blocks) {
      const block = shown.of(subscription.watch, subscription.stored.params);
      if (block) notices.tell(subscription, "blockNotification", block);
    }
  }

  #wantsTransactions(): boolean {
    const keyed = !this.#accounts.isEmpty || !this.#signatures.isEmpty || !this.#mentions.isEmpty;
    return keyed || this.#programs.size > 0 || this.#allLogs.size > 0;
  }

  #transaction(slot: bigint, tx: Landed, changed: Map<string, Uint8Array>, notices: Notices): void {
    if (!this.#accounts.isEmpty || this.#programs.size > 0) {
      for (const key of tx.written()) {
        if (this.#programs.size > 0 || this.#accounts.has(key)) changed.set(encodeBase58(key), key);
      }
    }
    if (this.#allLogs.size > 0 || !this.#mentions.isEmpty) this.#logs(slot, tx, notices);
    if (!this.#signatures.has(tx.signature)) return;
    for (const subscription of this.#signatures.find(tx.signature)) {
      notices.effects.push(...this.#processed(subscription, slot, errorFields(tx.result)));
    }
  }

  #logs(slot: bigint, tx: Landed, notices: Notices): void {
    const listeners = new Set<OfKind<"logs">>(this.#allLogs);
    if (!this.#mentions.isEmpty) {
      for (const key of tx.record.accountKeys) for (const one of this.#mentions.find(key)) listeners.add(one);
    }
    if (listeners.size === 0) return;
    const result = viewResult(tx.result);
    const value = {
      signature: encodeBase58(tx.signature),
      err: errorJson(result),
      logs: result.detail?.logs ?? [],
    };
    const shown = new JsonText(stringify(inSlot(slot, value)));
    for (const listener of listeners) notices.tell(listener, "logsNotification", shown);
  }

  #changed(
    slot: bigint,
    keys: readonly Uint8Array[],
    accounts: readonly (Account | null)[],
    scales: ReadonlyMap<string, MintScale>,
  ): SubscriptionEffect[] {
    const notices = new Notices();
    for (const [i, key] of keys.entries()) {
      const account = accounts[i] ?? null;
      const shown = new ShownAccount(account ?? missingAccount(key), scales);
      for (const subscription of this.#accounts.find(key)) {
        const text = shown.as(subscription.watch, (value) => inSlot(slot, value));
        notices.tell(subscription, "accountNotification", text);
      }
      if (account === null) continue;
      const pubkey = encodeBase58(account.key);
      const keyed = new ShownAccount(account, scales);
      for (const subscription of this.#programs) {
        const { watch } = subscription;
        if (!equalBytes(watch.key, account.owner) || !watch.tests.accepts(account)) continue;
        const text = keyed.as(watch, (value) => inSlot(slot, { pubkey, account: value }));
        notices.tell(subscription, "programNotification", text);
      }
    }
    return notices.effects;
  }
}

const callOf = ({ method, params }: Omit<StoredSubscription, "id">): string => `${method} ${params}`;
