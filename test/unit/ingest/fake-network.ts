/**
 * A network for the client's tests: virtual time, a chain on which a signature lands at most once, and streams that are busy, slow and
 * break, all from a seed. Who waits for what is answered by the real OutcomeWatch.
 */
import { ErrorCode } from "../../../shared/errors/codes.ts";
import {
  OutcomeWatch,
  REGISTRATION_ENTRY,
  REGISTRATION_HEADER,
  readRegistration,
} from "../../../shared/ingest/outcome-watch.ts";
import {
  AnswerWriter,
  countTransactions,
  encodeAnswer,
  encodeUnwatched,
  isWatch,
  KIND,
  readRequest,
  STATUS,
  wasSentBefore,
} from "../../../shared/ingest/protocol.ts";
import type { Post, SocketHandlers, Timer } from "../../../shared/ingest/transport.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { blockOf, signatureOf } from "./block.ts";

export const SLOT_MS = 50;
const STALE = 8;

/** Transaction number n; its last byte says what the network makes of it. */
export const KINDS = { GOOD: 0, FAILS: 1, REFUSED: 2, NEVER_LANDS: 3, NO_FUNDS: 4 } as const;
export function transaction(n: number, kind: number = KINDS.GOOD): Uint8Array {
  const wire = new Uint8Array(70 + (n % 7));
  wire[0] = 1;
  wire.set(signatureOf(n), 1);
  wire[wire.length - 1] = kind;
  return wire;
}

const name = (signature: Uint8Array) => Buffer.from(signature).toString("latin1");

interface Faults {
  /** Probabilities. */
  readonly busy?: number;
  readonly breaks?: number;
  readonly unwatched?: number;
  readonly lostAnswers?: number;
  /** Longest way of a message, milliseconds. */
  readonly delayMs?: number;
}

interface Connection {
  readonly handlers: SocketHandlers;
  readonly owner: number;
  isOpen: boolean;
  isOver: boolean;
}

export class FakeNetwork {
  readonly faults: Faults;
  now = 0;
  slot = 10;
  /** Slot of each signature that landed, and what came of it. */
  readonly landed = new Map<string, { slot: number; txError: number }>();
  /** Every transaction a lane took, in order, with repetitions. */
  readonly taken: string[] = [];
  readonly connections: Connection[] = [];
  /** Bodies' sizes, kinds and times of what came in. */
  readonly requests: { kind: number; count: number; at: number; heard: number }[] = [];
  /** Answers everything busy. */
  full = false;
  /** The second half of each body is busy. */
  halfFull = false;
  /** Refuses transactions for their blockhash. */
  stale = false;
  readonly #watch = new OutcomeWatch(99, { recent: 64 });
  readonly #pool = new Map<string, { signature: Uint8Array; kind: number }>();
  #events: { at: number; order: number; run: () => void }[] = [];
  #order = 0;
  #seed: number;

  constructor(seed: number, faults: Faults = {}) {
    this.#seed = seed;
    this.faults = faults;
    this.#block();
  }

  chance(probability = 0): boolean {
    return this.below(1_000) < probability * 1_000;
  }
  below(n: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (this.#seed >>> 8) % n;
  }

  readonly timer: Timer = (ms, then) => {
    const event = { at: this.now + ms, order: this.#order++, run: then };
    this.#events.push(event);
    return () => {
      this.#events = this.#events.filter((other) => other !== event);
    };
  };

  /** Lets virtual time pass until `done`; promises run in between. */
  async until(done: () => boolean, limitMs = 600_000): Promise<void> {
    const end = this.now + limitMs;
    while (!done()) {
      this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#events.shift()!;
      if (next.at > end) throw new Error(`nothing came of it in ${limitMs} ms`);
      this.now = Math.max(this.now, next.at);
      next.run();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  async settled<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    promise.then(end, end);
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.until(() => over);
    return await promise;
  }

  // --- streams ---

  readonly connect = (handlers: SocketHandlers) => {
    const connection: Connection = { handlers, owner: this.#watch.open(), isOpen: false, isOver: false };
    this.connections.push(connection);
    this.timer(1, () => {
      if (this.chance(this.faults.breaks)) return this.break(connection);
      connection.isOpen = true;
      handlers.opened();
    });
    return {
      send: (bytes: Uint8Array) => {
        const copy = bytes.slice();
        this.#later(() => connection.isOpen && this.#receive(connection, copy));
        if (this.chance(this.faults.breaks)) this.timer(this.below(20), () => this.break(connection));
      },
      close: () => {
        connection.isOpen = false;
        this.#watch.close(connection.owner);
      },
    };
  };

  break(connection: Connection, code = 1006): void {
    if (connection.isOver) return;
    connection.isOver = true;
    connection.isOpen = false;
    this.#watch.close(connection.owner);
    this.timer(0, () => connection.handlers.closed(code));
  }

  #later(run: () => void): void {
    this.timer(1 + this.below(this.faults.delayMs ?? 1), run);
  }

  /** In order: a WebSocket does not reorder what it delivers. */
  #send(connection: Connection, bytes: Uint8Array): void {
    this.timer(1, () => connection.isOpen && connection.handlers.message(bytes));
  }

  #receive(connection: Connection, bytes: Uint8Array): void {
    const { request, kind, body, heard } = readRequest(bytes)!;
    const count = isWatch(kind) ? body.length / 64 : countTransactions(body);
    this.requests.push({ kind, count, at: this.now, heard });
    if (kind === KIND.HEARD) return;
    if (isWatch(kind)) {
      const signatures = Array.from({ length: count }, (_, i) => ({
        i,
        signature: body.subarray(i * 64, (i + 1) * 64),
      }));
      const ok = !this.full && !this.chance(this.faults.busy);
      if (ok) this.#register(connection, request, signatures, wasSentBefore(kind));
      const answer = new AnswerWriter(count).fill(ok ? STATUS.TAKEN : STATUS.BUSY, ok ? 0 : ErrorCode.EDGE_BUSY);
      this.#send(connection, encodeAnswer(request, ok ? 0 : 30, answer.bytes));
      return;
    }
    const { answer, taken, retryAfterMs } = this.#submit(body);
    this.#send(connection, encodeAnswer(request, retryAfterMs, answer.bytes));
    if (taken.length === 0) return;
    if (this.chance(this.faults.unwatched)) this.#send(connection, encodeUnwatched(request, 40));
    else this.#later(() => connection.isOpen && this.#register(connection, request, taken, wasSentBefore(kind)));
  }

  #register(
    connection: Connection,
    request: number,
    signatures: readonly { i: number; signature: Uint8Array }[],
    lookup: boolean,
  ): void {
    const bytes = new Uint8Array(REGISTRATION_HEADER + signatures.length * REGISTRATION_ENTRY);
    viewOf(bytes).setUint32(0, request, true);
    signatures.forEach(({ i, signature }, n) => {
      viewOf(bytes).setUint16(REGISTRATION_HEADER + n * REGISTRATION_ENTRY, i, true);
      bytes.set(signature, REGISTRATION_HEADER + n * REGISTRATION_ENTRY + 4);
    });
    expectRegistration(bytes, signatures.length);
    this.#watch.register(connection.owner, bytes);
    const asked = lookup ? this.#watch.lookupOf(connection.owner, bytes) : null;
    if (asked) this.#watch.settle(asked, 0, this.#statuses(asked.signatures), false);
    this.#push();
  }

  #statuses(signatures: Uint8Array) {
    return Array.from({ length: signatures.length / 64 }, (_, i) => {
      const found = this.landed.get(name(signatures.subarray(i * 64, (i + 1) * 64)));
      if (!found) return null;
      return { slot: BigInt(found.slot), txError: found.txError, errorIndex: 0, instructionError: 0, customCode: 0 };
    });
  }

  #push(): void {
    for (const [owner, bytes] of this.#watch.pushes()) {
      const connection = this.connections.find((one) => one.owner === owner);
      if (connection) this.#send(connection, bytes.slice());
    }
  }

  #submit(body: Uint8Array) {
    const answer = new AnswerWriter(countTransactions(body));
    const taken: { i: number; signature: Uint8Array }[] = [];
    let retryAfterMs = 0;
    // A lane takes a frame or not: here, the first half of a body is one frame and the second another.
    const halves = [false, this.halfFull].map((half) => half || this.full || this.chance(this.faults.busy));
    const view = viewOf(body);
    const count = countTransactions(body);
    for (let i = 0, at = 0; i < count; i++) {
      const length = view.getUint16(at, true);
      const wire = body.subarray(at + 2, at + 2 + length);
      at += 2 + length;
      const kind = wire[length - 1]!;
      if (kind === KINDS.REFUSED) answer.set(i, STATUS.REFUSED, ErrorCode.PARSE_TRUNCATED);
      else if (this.stale) answer.set(i, STATUS.REFUSED, STALE);
      else if (halves[i * 2 < count ? 0 : 1]) {
        answer.set(i, STATUS.BUSY, ErrorCode.EDGE_BUSY);
        retryAfterMs = 30;
      } else {
        const signature = wire.slice(1, 65);
        taken.push({ i, signature });
        this.taken.push(name(signature));
        if (!this.landed.has(name(signature))) this.#pool.set(name(signature), { signature, kind });
      }
    }
    return { answer, taken, retryAfterMs };
  }

  readonly post: Post = (body) =>
    new Promise((resolve, reject) => {
      this.requests.push({ kind: KIND.SUBMIT, count: countTransactions(body), at: this.now, heard: 0 });
      this.#later(() => {
        const { answer, retryAfterMs } = this.#submit(body);
        if (this.chance(this.faults.lostAnswers)) reject(new Error("connection lost"));
        else resolve({ status: retryAfterMs > 0 ? 429 : 200, body: answer.bytes });
      });
    });

  // --- chain ---

  #block(): void {
    this.timer(SLOT_MS, () => {
      this.slot++;
      const inBlock = [...this.#pool.entries()].filter(([, { kind }]) => kind !== KINDS.NEVER_LANDS);
      const transactions = inBlock.map(([key, { signature, kind }]) => {
        this.#pool.delete(key);
        const txError = kind === KINDS.FAILS ? 9 : kind === KINDS.NO_FUNDS ? 5 : 0;
        if (kind !== KINDS.NO_FUNDS) this.landed.set(key, { slot: this.slot, txError });
        return { signature, landed: kind !== KINDS.NO_FUNDS, txError };
      });
      const { frame, results } = blockOf(transactions);
      this.#watch.block(this.slot, this.slot, frame, results);
      for (let over = this.#watch.expiring(); over; over = this.#watch.expiring()) {
        this.#watch.settle(over, 0, this.#statuses(over.signatures), true);
      }
      this.#push();
      this.#block();
    });
  }
}

function expectRegistration(bytes: Uint8Array, count: number): void {
  if (readRegistration(bytes).count !== count) throw new Error("the fake network makes no sound registrations");
}
