/**
 * Runs a state machine inside a Durable Object: feeds it events, applies its effects.
 *
 * The writes of a step happen in one synchronous turn, so SQLite commits them together; messages and answers leave in the
 * same turn behind them, so the output gate holds them until the commit is on disk. Timers run from setTimeout while the
 * object is in memory; an alarm is the watchdog that brings it back if it is evicted with work under way.
 */

import { ErrorCode } from "../../shared/errors/codes.ts";
import { ERROR_TEXT } from "../../shared/errors/messages.ts";
import type { Effect, Machine, MessageEvent, SubmitAnswer, TimerEvent } from "../../shared/protocol/actor.ts";
import { equalBytes } from "../../shared/protocol/bytes.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { STORAGE_FULL, textOf } from "../../shared/storage/room.ts";
import type { ActorStats } from "./actor.ts";
import { BlobStore } from "./blob-store.ts";
import { actorStub, type Env } from "./env.ts";
import { type LongField, packMessage, unpackMessage } from "./long-message.ts";
import { storageRoom } from "./storage-room.ts";

/** How long an evicted object with work under way may sleep, milliseconds. An alarm is one row written. */
const WATCHDOG_MS = 10_000;
/** How long what is held because the storage refuses writes waits before it looks again, milliseconds. */
const HELD_MS = 500;

export class MachineHost<Event> {
  readonly storage: BlobStore;
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #id: NodeId;
  readonly #genesisHash: Uint8Array;
  readonly #machine: Machine<Event | TimerEvent | MessageEvent>;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #waiting = new Map<number, (value: SubmitAnswer) => void>();
  /** Of the boot, while the storage refuses writes: nothing else happens before them. */
  #boot: readonly Effect[] | undefined;
  #nextToken = 1;
  #watchdogAt = 0;
  #counts = { messagesSent: 0, messagesFailed: 0, callsReceived: 0, events: 0 };

  /** Boots the machine before the object takes any call. Throws where the object holds another network's chain. */
  constructor(
    ctx: DurableObjectState,
    env: Env,
    id: NodeId,
    genesisHash: Uint8Array,
    machine: Machine<Event | TimerEvent | MessageEvent>,
  ) {
    this.#ctx = ctx;
    this.#env = env;
    this.#id = id;
    this.#genesisHash = genesisHash;
    this.#machine = machine;
    this.storage = new BlobStore(ctx.storage.sql, id);
    try {
      this.#claim(genesisHash);
      this.#boot = machine.boot(this.storage, Date.now());
      this.#begin();
    } catch (error) {
      // Every call to this object is refused with this text, and the log has it too.
      if (!storageRoom.blame(error)) console.error(`${id}: ${textOf(error)}`);
      throw error;
    }
  }

  async deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    this.#counts.callsReceived++;
    const whole = long ? await unpackMessage(message, long) : message;
    this.step({ type: "message", from, message: whole });
  }

  /** Applies what the boot wanted as soon as the storage takes writes. */
  #begin(): void {
    if (!this.#isReady()) setTimeout(() => this.#begin(), HELD_MS);
  }

  /** Whether a step may be taken: its writes would be refused, and the object ended, while the storage has no room. */
  #isReady(): boolean {
    if (storageRoom.isHeld()) {
      storageRoom.look(this.#env);
      return false;
    }
    const effects = this.#boot;
    this.#boot = undefined;
    if (effects) this.#apply(effects);
    return true;
  }

  /** False: held. The message is lost, as any message can be; whoever misses its answer sends it again. */
  step(event: Event | TimerEvent | MessageEvent): boolean {
    if (!this.#isReady()) return false;
    this.#counts.events++;
    try {
      this.#apply(this.#machine.step(event, Date.now()));
    } catch (error) {
      this.#startAgain(error);
    }
    return true;
  }

  /** A read beside the machine. One that runs the engine's memory full leaves it in no state to go on. */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.#startAgain(error);
      throw error;
    }
  }

  /** A broken invariant, or a write that failed: what is in memory can no longer be trusted, what is stored can. */
  #startAgain(error: unknown): never {
    const isStorage = storageRoom.blame(error);
    if (!isStorage) console.error(`${this.#id}: ${textOf(error)}`);
    this.#ctx.abort(`${isStorage ? "STORE_FULL " : ""}${this.#id}: a state machine stopped`);
    throw error;
  }

  /** An event whose answer comes as a `resolve` effect: work that nobody has acknowledged, refused while there is little room for it. */
  ask(make: (token: number) => Event): Promise<SubmitAnswer> {
    this.#counts.callsReceived++;
    if (!storageRoom.hasRoom()) return Promise.resolve(STORAGE_FULL);
    const token = this.#nextToken++;
    return new Promise((resolve) => {
      this.#waiting.set(token, resolve);
      this.step(make(token));
    });
  }

  /** The watchdog went off. The object is in memory again, which was the point; go on watching while there is work. */
  alarm(): void {
    this.#watchdogAt = 0;
    if (this.#timers.size > 0) this.#watch();
  }

  stats(): ActorStats {
    const { rowsWritten, bytesWritten } = this.storage;
    const { databaseSize } = this.#ctx.storage.sql;
    const own = { databaseBytes: databaseSize, timers: this.#timers.size, answersWaiting: this.#waiting.size };
    return { rowsWritten, bytesWritten, ...this.#counts, memory: { ...own, ...this.#machine.memory?.() } };
  }

  /** An object belongs to the network that first woke it. */
  #claim(genesisHash: Uint8Array): void {
    if (this.storage.hasOtherFormat) {
      const text = ERROR_TEXT[ErrorCode.STORE_OTHER_FORMAT];
      throw new Error(
        `STORE_OTHER_FORMAT ${this.#id}: ${text}; this version goes on from none, see docs/operations.md`,
      );
    }
    const owner = this.storage.get("genesis", 0);
    if (!owner) {
      if (storageRoom.isHeld()) throw new Error(`STORE_FULL ${this.#id}: ${ERROR_TEXT[ErrorCode.STORE_FULL]}`);
      this.storage.put("genesis", 0, genesisHash);
      // Whoever finds the file learns whose it is.
      this.storage.put("genesis", 1, new TextEncoder().encode(this.#id));
    } else if (!equalBytes(owner, genesisHash)) {
      throw new Error(`${this.#id}: NETWORK is another network than the one whose chain is stored here`);
    }
  }

  #apply(effects: readonly Effect[]): void {
    if (effects.some(({ type }) => type === "clear")) this.#clear();
    storageRoom.report();
    for (const effect of effects) {
      if (effect.type === "put") this.storage.put(effect.table, effect.id, effect.bytes);
      else if (effect.type === "delete") this.storage.delete(effect.table, effect.from, effect.to);
    }
    for (const effect of effects) {
      if (effect.type === "send") this.#send(effect.to, effect.message);
      else if (effect.type === "timer") this.#arm(effect.name, effect.delayMs);
      else if (effect.type === "resolve") {
        this.#waiting.get(effect.token)?.(effect.value);
        this.#waiting.delete(effect.token);
      }
    }
  }

  /** Gives the space back. A crash behind it leaves an object that never was: whoever asked for it asks again. */
  #clear(): void {
    void this.#ctx.storage.deleteAll();
    this.#watchdogAt = 0;
    this.storage.forget();
    this.#claim(this.#genesisHash);
  }

  #send(to: NodeId, message: Message): void {
    this.#counts.messagesSent++;
    const packed = packMessage(message);
    actorStub(this.#env, to)
      .deliver(this.#id, packed.message, packed.long)
      .catch((error: unknown) => {
        // Lost messages are part of the protocol: whoever misses the answer asks again.
        this.#counts.messagesFailed++;
        storageRoom.blame(error);
      });
  }

  #arm(name: string, delayMs: number): void {
    clearTimeout(this.#timers.get(name));
    const fire = () => {
      if (!this.#isReady()) {
        this.#timers.set(name, setTimeout(fire, HELD_MS));
        return;
      }
      this.#timers.delete(name);
      this.step({ type: "timer", name });
    };
    this.#timers.set(name, setTimeout(fire, delayMs));
    this.#watch();
  }

  #watch(): void {
    const now = Date.now();
    if (this.#watchdogAt > now) return;
    this.#watchdogAt = now + WATCHDOG_MS;
    void this.#ctx.storage.setAlarm(this.#watchdogAt);
    this.storage.rowsWritten++;
  }
}
