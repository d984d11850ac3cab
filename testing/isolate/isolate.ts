/**
 * A network within this process: one isolate with the edge worker and all objects, its clock, its randomness, its storage.
 *
 *   request ─▶ edge ─▶ objects ─▶ ... ─▶ nothing can go on without time ─▶ the next timer, while somebody waits or a transaction is under way
 *
 * With a manual clock time goes on only then, and as far as needed: a request is answered once all that it has set going has come to its
 * end, so a transaction that was sent is confirmed. With the real clock nothing waits for anything.
 */
import { type Clock, dateOf, ManualClock, type Timer } from "./clock.ts";
import type { IsolateExports, IsolateGlobals } from "./code.ts";
import { IsolateRequest, IsolateResponse, PulledBody } from "./http.ts";
import { BINDINGS, type ObjectClass, Objects } from "./objects.ts";
import { IsolateCrypto, type SeededBytes } from "./random.ts";
import { AutoResponsePair, type Socket, SocketPair } from "./sockets.ts";
import type { NetworkStorage } from "./storage.ts";

export interface IsolateOptions {
  readonly code: (globals: IsolateGlobals) => IsolateExports;
  /** NETWORK and GENESIS. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly random: SeededBytes;
  readonly storage: NetworkStorage;
  /** What the workers ask of the world outside, by binding. The clock stands still meanwhile. */
  readonly outside?: Readonly<Record<string, (path: string, body: Uint8Array) => Promise<OutsideAnswer>>>;
  /** Of the isolate before: sockets that objects have accepted live on. */
  readonly sockets?: Map<string, Set<Socket>>;
  readonly log: (line: string) => void;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

const LANES = ["lane-0"];
const STOPPED = "the network was closed, or went back to a snapshot";
/** All that could go on by itself has, when the event loop gets here. */
const turn = () => new Promise<void>((done) => setImmediate(done));

export class Isolate {
  readonly clock: Clock;
  readonly sockets: Map<string, Set<Socket>>;
  readonly #objects: Objects;
  readonly #exports: IsolateExports;
  readonly #env: Record<string, unknown>;
  /** Requests and messages of sockets that are not answered. */
  #waiting = 0;
  /** Questions to the world outside that are not answered. */
  readonly #outside = new Set<Promise<unknown>>();
  /** A transaction may be under way. */
  #isBusy = true;
  /** Calls that brought one to a lane. */
  #submitted = 0;
  #driving: Promise<void> | undefined;
  #stopped = false;
  /** What is not answered, to be rejected when the isolate stops. */
  readonly #unanswered = new Set<(reason: Error) => void>();
  /** Sockets that the workers read themselves; they do not outlive the isolate. */
  readonly #ownSockets = new Set<Socket>();

  constructor(options: IsolateOptions) {
    const { clock, storage, variables, log } = options;
    this.clock = clock;
    this.sockets = options.sockets ?? new Map();
    const say = (...parts: unknown[]) => log(parts.map(String).join(" "));
    this.#exports = options.code({
      Date: dateOf(clock),
      setTimeout: (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
        // Work in slices goes on whether or not anybody waits for it.
        if (!(delayMs > 0) && clock instanceof ManualClock) void this.#drive();
        return clock.after(delayMs, () => this.#guard(() => run(...args), log));
      },
      clearTimeout: (timer: Timer | undefined) => timer && clock.cancel(timer),
      crypto: new IsolateCrypto(options.random),
      console: { log: say, info: say, warn: say, error: say, debug: say },
      // As production: code that is made at run time is not allowed there.
      navigator: { userAgent: "Cloudflare-Workers" },
      Request: IsolateRequest,
      Response: IsolateResponse,
      ReadableStream: PulledBody,
      WebSocketPair: this.#pairs(),
      WebSocketRequestResponsePair: AutoResponsePair,
    });
    this.#objects = new Objects({
      classes: Object.fromEntries(Object.keys(BINDINGS).map((name) => [name, this.#exports[name] as ObjectClass])),
      variables: { ...variables, ...this.#services(options.outside ?? {}) },
      clock,
      storage,
      sockets: this.sockets,
      onCall: (className, method) => {
        if (className !== "IngressLane" || !method.startsWith("submit")) return;
        this.#isBusy = true;
        this.#submitted++;
      },
      track: (work) => this.#track(work),
      log,
    });
    this.#env = this.#objects.envOf(() => !this.#stopped);
  }

  /** As a request from outside; answered once what it has set going has come to its end. */
  async fetch(request: IsolateRequest): Promise<IsolateResponse> {
    if (this.#stopped) throw new Error(STOPPED);
    const response = (await this.#track(this.#exports.default.fetch(request, this.#env))) as IsolateResponse;
    if (this.#isBusy) await this.settle();
    return response;
  }

  /** With a manual clock: back when no transaction is under way. With the real one: at once. */
  async settle(): Promise<void> {
    if (!(this.clock instanceof ManualClock) || this.#stopped) return;
    await this.#drive();
  }

  /** Lets the clock run: all that is due until then happens in its order. */
  async advance(milliseconds: number): Promise<void> {
    const { clock } = this;
    if (!(clock instanceof ManualClock)) return;
    await this.settle();
    const end = clock.now() + milliseconds;
    for (;;) {
      const { next } = clock;
      if (this.#stopped || next === undefined || next > end) break;
      clock.fire();
      await turn();
    }
    clock.moveTo(end);
    await this.settle();
  }

  stop(): void {
    this.#stopped = true;
    for (const reject of this.#unanswered) reject(new Error(STOPPED));
    for (const socket of this.#ownSockets) if (!socket.isOwned) socket.break(STOPPED);
    this.clock.stop();
    this.#objects.stop();
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#waiting++;
    if (this.clock instanceof ManualClock) void this.#drive();
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject);
      const done = () => {
        this.#unanswered.delete(reject);
        this.#waiting--;
      };
      work.then(
        (value) => {
          done();
          resolve(value);
        },
        (reason) => {
          done();
          reject(reason);
        },
      );
    });
  }

  #services(outside: NonNullable<IsolateOptions["outside"]>): Record<string, unknown> {
    const bound = Object.entries(outside).map(([name, answer]) => {
      const fetch = async (url: string, { body }: { body: Uint8Array }) => {
        const asked = answer(new URL(url).pathname, body);
        this.#outside.add(asked);
        const done = () => this.#outside.delete(asked);
        asked.then(done, done);
        const { status, body: bytes } = await asked;
        return new IsolateResponse(bytes, { status });
      };
      return [name, { fetch }];
    });
    return Object.fromEntries(bound);
  }

  /** Pairs that this isolate's workers make. */
  #pairs(): typeof SocketPair {
    const own = this.#ownSockets;
    return class extends SocketPair {
      constructor() {
        super();
        own.add(this[1]);
        this[1].addEventListener("close", () => own.delete(this[1]));
      }
    };
  }

  /** Where a timer's work fails the object has been broken off and has said so. */
  #guard(work: () => void, log: (line: string) => void): void {
    try {
      work();
    } catch (error) {
      if (!this.#stopped) log(`a timer failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #drive(): Promise<void> {
    this.#driving ??= this.#run().finally(() => {
      this.#driving = undefined;
    });
    return this.#driving;
  }

  async #run(): Promise<void> {
    const clock = this.clock as ManualClock;
    for (;;) {
      await turn();
      if (this.#stopped) return;
      if (this.#outside.size > 0) {
        await Promise.allSettled(this.#outside);
        // What the answer sets going comes before the next timer.
        continue;
      }
      if (this.#isBusy && this.#waiting === 0) {
        const submitted = this.#submitted;
        if ((await this.#isSettled()) && this.#submitted === submitted && this.#waiting === 0) this.#isBusy = false;
      }
      const { next } = clock;
      // Nothing is to come: whoever waits, waits for something from outside.
      if (next === undefined) return;
      if (this.#waiting === 0 && !this.#isBusy && next > clock.now()) return;
      clock.fire();
    }
  }

  /** Nothing that was sent is on its way to a block or in one that the ledger has not yet. */
  async #isSettled(): Promise<boolean> {
    const builder = this.#objects.hosted("Builder", "builder");
    const { waiting, inFlight } = (await builder.call("stats", [])) as { waiting: number; inFlight: number };
    if (waiting > 0 || inFlight > 0) return false;
    for (const name of LANES) {
      const { heldBytes } = (await this.#objects.hosted("IngressLane", name).call("stats", [])) as {
        heldBytes: number;
      };
      if (heldBytes > 0) return false;
    }
    return true;
  }
}
