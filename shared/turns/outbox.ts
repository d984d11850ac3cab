/**
 * What leaves an object over its sockets: each socket's messages in their order, sockets in turns (fair-queue.ts). So a socket that is told little
 * does not wait behind one that is told much. Texts are shared with whoever made them: what a queue keeps is counted as if they were not.
 */
import { bytesCost, COST } from "./costs.ts";
import { FairQueue } from "./fair-queue.ts";

export interface OutboxLimits {
  /** Messages that wait, of one socket and of all. */
  readonly messages: number;
  readonly messagesOfAll: number;
  /** Their characters. */
  readonly characters: number;
  readonly charactersOfAll: number;
}

/** Of the subscriptions object: infra/model/memory.ts counts them. */
export const OUTBOX_LIMITS: OutboxLimits = {
  messages: 32_768,
  messagesOfAll: 65_536,
  characters: 8 << 20,
  charactersOfAll: 12 << 20,
};

export interface Outgoing {
  readonly socket: string;
  readonly text: string;
}

/** Units of sending a message. */
export const sendCost = (text: string): number => COST.send + bytesCost(text.length);

export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #queue: FairQueue<Outgoing>;
  /** Characters that wait, by socket. */
  readonly #characters = new Map<string, number>();
  #allCharacters = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
    this.#queue = new FairQueue({ perClient: limits.messages, total: limits.messagesOfAll });
  }

  get messages(): number {
    return this.#queue.size;
  }
  get sockets(): number {
    return this.#queue.clients;
  }
  get characters(): number {
    return this.#allCharacters;
  }

  /** Whether something waits for the socket. */
  waits(socket: string): boolean {
    return this.#characters.has(socket);
  }

  /** False: there is no room, for this socket or at all. */
  push(socket: string, text: string): boolean {
    const own = (this.#characters.get(socket) ?? 0) + text.length;
    const all = this.#allCharacters + text.length;
    if (own > this.#limits.characters || all > this.#limits.charactersOfAll) return false;
    if (!this.#queue.push(socket, 0, sendCost(text), { socket, text })) return false;
    this.#characters.set(socket, own);
    this.#allCharacters = all;
    return true;
  }

  /** Takes out what is sent next. */
  next(): Outgoing | undefined {
    const next = this.#queue.next();
    if (next) this.#left(next.socket, next.text.length);
    return next;
  }

  /** The socket is gone, and what it was to be told. */
  drop(socket: string): void {
    this.#queue.drop(socket);
    this.#left(socket, this.#characters.get(socket) ?? 0);
  }

  #left(socket: string, characters: number): void {
    const own = (this.#characters.get(socket) ?? 0) - characters;
    if (own > 0) this.#characters.set(socket, own);
    else this.#characters.delete(socket);
    this.#allCharacters -= characters;
  }
}
