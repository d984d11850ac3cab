/**
 * How many sockets one object lets in: of all clients, and of one address, so that one client leaves room for others. When there is no
 * room, one that has no subscription and has been silent for longest makes some: so idle sockets keep nobody out.
 */
import { ErrorCode } from "../../shared/errors/codes.ts";
import { problem } from "../../workers/edge/problem.ts";

export interface SocketLimits {
  readonly all: number;
  readonly ofOneAddress: number;
}

/** Of one object, whatever the machine allows; one address takes at most half. */
const MOST = 20_000;
/** Of all sockets, those that were told to go and are still there: a client that does not answer keeps its connection. */
const LEAVING_SHARE = 0.05;
const RETRY = { "retry-after": "1" };

/** `allowed`: by the descriptors that workerd may have; undefined where there is no such limit. */
export function socketLimits(allowed: number | undefined): SocketLimits {
  const all = Math.min(MOST, allowed ?? MOST);
  return { all, ofOneAddress: Math.ceil(all / 2) };
}

/** Sockets of one address. */
interface Client {
  count: number;
  /** Those without a subscription, the longest silent first. */
  readonly idle: Set<unknown>;
}

/** `Socket`: whatever names one. */
export class SocketBudget<Socket> {
  readonly #limits: SocketLimits;
  readonly #clients = new Map<string, Client>();
  readonly #addressOf = new Map<Socket, string>();
  readonly #idle = new Set<Socket>();
  readonly #leaving = new Set<Socket>();

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  #isFull(): boolean {
    return this.#addressOf.size >= this.#limits.all;
  }

  /** Addresses that are not known ("") have no limit of their own. */
  #isAddressFull(address: string): boolean {
    return address !== "" && (this.#clients.get(address)?.count ?? 0) >= this.#limits.ofOneAddress;
  }

  /** Why there is no room for a socket of that address; undefined: there is. */
  refusal(address: string): Response | undefined {
    if (this.#isAddressFull(address)) return problem(ErrorCode.EDGE_ADDRESS_FULL, RETRY);
    return this.#isFull() ? problem(ErrorCode.EDGE_FULL, RETRY) : undefined;
  }

  /**
   * The one to close first so that a socket of that address has room; undefined: all have subscriptions, or too many that were
   * closed are still there.
   */
  longestIdle(address: string): Socket | undefined {
    if (this.#leaving.size >= this.#limits.all * LEAVING_SHARE) return undefined;
    const idle = this.#isAddressFull(address) ? (this.#clients.get(address)!.idle as Set<Socket>) : this.#idle;
    return idle.values().next().value;
  }

  /** A new socket, idle until it is `used`. */
  add(socket: Socket, address: string): void {
    const client = this.#clients.get(address) ?? { count: 0, idle: new Set() };
    client.count++;
    this.#clients.set(address, client);
    this.#addressOf.set(socket, address);
    this.heard(socket, true);
  }

  /** It has said something, and has subscriptions or none. */
  heard(socket: Socket, isIdle: boolean): void {
    const address = this.#addressOf.get(socket);
    if (address === undefined) return;
    for (const idle of [this.#idle, this.#clients.get(address)!.idle]) {
      idle.delete(socket);
      if (isIdle) idle.add(socket);
    }
  }

  /** It was told to go: its place is free, until too many of them are still there. */
  leave(socket: Socket): void {
    if (!this.#addressOf.has(socket)) return;
    this.remove(socket);
    this.#leaving.add(socket);
  }

  /** It is gone. */
  remove(socket: Socket): void {
    this.#leaving.delete(socket);
    const address = this.#addressOf.get(socket);
    if (address === undefined) return;
    this.heard(socket, false);
    this.#addressOf.delete(socket);
    const client = this.#clients.get(address)!;
    client.count--;
    if (client.count === 0) this.#clients.delete(address);
  }
}
