/**
 * For how long a tip that was told stays the newest: then whoever was told it may go on using it without asking again.
 *
 *   edge      ask ─────────────── may use the tip ──────────────┤ leaseMs from when it asked
 *   builder        tell, lease ───────────────────────────────────┤ leaseMs + 1 from when it told
 *                            all shards have committed the next slot ┄┄┄┄▶ block ─▶ ledger ─▶ whoever waits for it
 *
 * Nobody hears of a block before the ledger has it, and the ledger does not get it while a lease on the one before runs. So an edge with a
 * lease answers as if it had asked: who was told of a slot anywhere is never answered as of an older one. Clocks need not agree, only run
 * equally fast for so long: the edge counts from before it asked, the builder from after.
 */
/** Milliseconds, as an edge counts them: at most so much later a block is confirmed for the sake of those who read. */
export const TIP_LEASE_MS = 10;
/** The longest that a lease may be where no block can come, milliseconds. */
const MAX_LEASE_MS = 50;
/** The builder counts so much more: both clocks show whole milliseconds only. */
const CLOCK_MS = 1;

export class TipLease {
  /** Leases may be used until `#heldMs` after `#givenAt`. */
  #givenAt: number;
  #heldMs = MAX_LEASE_MS + CLOCK_MS;
  /** Newest slot whose block the ledger may have. */
  #sent = 0;
  /** A block waits for the leases to end: no more are given. */
  #isAwaited = false;

  /** At a start: who knows what was given before. */
  constructor(now: number) {
    this.#givenAt = now;
  }

  /**
   * Milliseconds for which `stored`, the tip, may be used by who is told it at `now`: 0 while a newer block may be on its way to somebody.
   * `quietMs`: no newer block comes so soon for another reason.
   */
  give(stored: number, now: number, quietMs = 0): number {
    if (this.#isAwaited || stored < this.#sent) return 0;
    const leaseMs = Math.min(MAX_LEASE_MS, Math.max(TIP_LEASE_MS, Math.floor(quietMs)));
    this.#heldMs = Math.max(leaseMs + CLOCK_MS, this.#left(now));
    this.#givenAt = now;
    return leaseMs;
  }

  /** Milliseconds until a block may be sent to the ledger; 0: now. */
  wait(now: number): number {
    const left = this.#left(now);
    this.#isAwaited = left > 0;
    return left;
  }

  /** A clock that was set back says nothing of how much of a lease is over. */
  #left(now: number): number {
    this.#givenAt = Math.min(this.#givenAt, now);
    return Math.max(0, this.#heldMs - (now - this.#givenAt));
  }

  /** The block of `slot` may be with the ledger. */
  sent(slot: number): void {
    this.#sent = Math.max(this.#sent, slot);
  }
}
