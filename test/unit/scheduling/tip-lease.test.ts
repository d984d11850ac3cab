import { describe, expect, it } from "vitest";
import { TIP_LEASE_MS, TipLease } from "../../../shared/scheduling/tip-lease.ts";

/** Long after a start: leases of before are over. */
function rested(): TipLease {
  return new TipLease(-1_000);
}

describe("TipLease", () => {
  it("holds a block back until the last lease is over, a millisecond longer for the clocks, and gives none meanwhile", () => {
    const lease = rested();
    expect(lease.give(7, 100)).toBe(TIP_LEASE_MS);
    expect(lease.give(7, 102)).toBe(TIP_LEASE_MS);
    expect(lease.wait(104)).toBe(TIP_LEASE_MS - 1);
    expect(lease.give(7, 104)).toBe(0);
    expect(lease.wait(106)).toBe(TIP_LEASE_MS - 3);
    expect(lease.wait(102 + TIP_LEASE_MS + 1)).toBe(0);
  });

  it("holds nothing back where nobody has asked", () => {
    expect(rested().wait(0)).toBe(0);
  });

  it("gives none from when a block may be with the ledger until it is the tip", () => {
    const lease = rested();
    lease.sent(8);
    expect(lease.give(7, 100)).toBe(0);
    expect(lease.wait(100)).toBe(0);
    expect(lease.give(8, 101)).toBe(TIP_LEASE_MS);
  });

  it("gives a longer one where no block can come for so long, 50 ms at the most; a shorter one after it does not end it", () => {
    const lease = rested();
    expect(lease.give(7, 100, 30.7)).toBe(30);
    expect(lease.give(7, 101)).toBe(TIP_LEASE_MS);
    expect(lease.wait(101)).toBe(30);
    expect(rested().give(7, 100, 10_000)).toBe(50);
    expect(rested().give(7, 100, Number.NEGATIVE_INFINITY)).toBe(TIP_LEASE_MS);
  });

  it("holds a block back after a start, as long as a lease of before may run", () => {
    const lease = new TipLease(100);
    expect(lease.wait(100)).toBe(51);
    expect(lease.wait(151)).toBe(0);
  });

  it("begins to count again when the clock was set back, and does not wait for it to catch up", () => {
    const lease = rested();
    lease.give(7, 10_000);
    expect(lease.wait(4_000)).toBe(TIP_LEASE_MS + 1);
    expect(lease.wait(4_000 + TIP_LEASE_MS + 1)).toBe(0);
  });
});
