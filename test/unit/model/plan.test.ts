import { describe, expect, it } from "vitest";
import { Planner, type Workload } from "../../../infra/model/plan.ts";

const uniform: Workload = { accounts: 100_000, skew: 0, crossShare: 0.5, shards: 4, seed: 3 };
const sum = (values: Iterable<number>) => [...values].reduce((total, each) => total + each, 0);

describe("a drawn block", () => {
  it("places every transaction once", () => {
    for (const shards of [1, 2, 4, 8]) {
      for (const skew of [0, 1.1]) {
        const plan = new Planner({ ...uniform, shards, skew }).block(1_000);
        expect(sum(plan.transactions)).toBe(1_000);
        expect(plan.groups).toBeGreaterThan(0);
        expect(plan.largestGroup).toBeGreaterThan(0);
      }
    }
  });

  it("leases nothing when nothing crosses, and nothing on one shard", () => {
    const leases = (workload: Workload) => sum(new Planner(workload).block(1_000).leases);
    expect(leases({ ...uniform, crossShare: 0 })).toBe(0);
    expect(leases({ ...uniform, shards: 1 })).toBe(0);
  });

  it("leases about one account for each transfer that crosses, none from a shard to itself", () => {
    const plan = new Planner(uniform).block(2_000);
    const leased = sum(plan.leases);
    expect(leased).toBeGreaterThan(900);
    expect(leased).toBeLessThan(1_100);
    for (let s = 0; s < 4; s++) expect(plan.leases[s * 4 + s]).toBe(0);
  });

  it("has one large group where accounts are skewed, as the planner has", () => {
    // The bench's planner part on the same workload: 406 groups, the largest with 9,572 of 10,000 transfers.
    const plan = new Planner({ ...uniform, skew: 1.1, crossShare: 0.75 }).block(10_000);
    expect(plan.largestGroup).toBeGreaterThan(0.9);
    expect(new Planner(uniform).block(10_000).largestGroup).toBeLessThan(0.01);
  });

  it("is the same from the same seed, and blocks do not leave anything behind", () => {
    const drawn = () => {
      const planner = new Planner(uniform);
      return [planner.block(500), planner.block(500)];
    };
    expect(drawn()).toEqual(drawn());
    const again = new Planner({ ...uniform, accounts: 50 });
    for (let i = 0; i < 20; i++) expect(sum(again.block(100).transactions)).toBe(100);
  });
});
