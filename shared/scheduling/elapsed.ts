/** Milliseconds from `then` to `now`; endless when the clock was set back in between, so that nothing waits for it to catch up. */
export function elapsed(then: number, now: number): number {
  return now >= then ? now - then : Number.POSITIVE_INFINITY;
}
