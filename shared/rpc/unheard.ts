/**
 * Bytes sent to sockets whose clients have said nothing since. A worker cannot see what of it has left: what a client does not read is in the
 * runtime's memory. So a client that takes much has to be heard now and then; where all together have much unheard, sooner.
 */
export interface UnheardLimits {
  /** Bytes of one socket. */
  readonly socket: number;
  /** Of all; beyond it whoever has more than `spared` is too slow. */
  readonly all: number;
  readonly spared: number;
}

export class Unheard {
  readonly #limits: UnheardLimits;
  readonly #bytes = new Map<string, number>();
  #all = 0;

  constructor(limits: UnheardLimits) {
    this.#limits = limits;
  }

  get all(): number {
    return this.#all;
  }
  /** Whether all together have more than they may. */
  get isOver(): boolean {
    return this.#all > this.#limits.all;
  }

  /** Whether the socket is too slow now. */
  sent(socket: string, bytes: number): boolean {
    this.#bytes.set(socket, (this.#bytes.get(socket) ?? 0) + bytes);
    this.#all += bytes;
    return this.isSlow(socket);
  }

  isSlow(socket: string): boolean {
    const own = this.#bytes.get(socket) ?? 0;
    return own > this.#limits.socket || (this.isOver && own > this.#limits.spared);
  }

  /** The client has said something, or the socket is closed. */
  heard(socket: string): void {
    this.#all -= this.#bytes.get(socket) ?? 0;
    this.#bytes.delete(socket);
  }
}
