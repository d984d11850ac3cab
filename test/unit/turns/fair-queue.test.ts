import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FairQueue, QUANTUM } from "../../../shared/turns/fair-queue.ts";

interface Slice {
  readonly client: string;
  readonly request: number;
  readonly cost: number;
}

const open = { perClient: 10_000, total: 100_000 };

function filled(slices: readonly Slice[]): FairQueue<Slice> {
  const queue = new FairQueue<Slice>(open);
  for (const slice of slices) queue.push(slice.client, slice.request, slice.cost, slice);
  return queue;
}

function drained(queue: FairQueue<Slice>): Slice[] {
  const order: Slice[] = [];
  for (let next = queue.next(); next; next = queue.next()) order.push(next);
  return order;
}

const slices = fc.array(
  fc.record({
    client: fc.constantFrom("a", "b", "c", "d"),
    request: fc.integer({ min: 0, max: 3 }),
    cost: fc.integer({ min: 1, max: 3 * QUANTUM }),
  }),
  { maxLength: 200 },
);

describe("FairQueue", () => {
  it("gives every slice a turn, once, those of a request in their order", () => {
    fc.assert(
      fc.property(slices, (all) => {
        const order = drained(filled(all));
        expect(new Set(order)).toEqual(new Set(all));
        expect(order).toHaveLength(all.length);
        for (const { client, request } of all) {
          const own = (list: readonly Slice[]) => list.filter((s) => s.client === client && s.request === request);
          expect(own(order)).toEqual(own(all));
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it("gives clients that have work all the time the same share, whatever their slices cost", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 500, max: 2 * QUANTUM }), { minLength: 2, maxLength: 6 }), (costs) => {
        const queue = new FairQueue<number>(open);
        for (const [client, cost] of costs.entries()) {
          for (let n = 0; n < (60 * QUANTUM) / cost; n++) queue.push(`${client}`, 0, cost, client);
        }
        const done = costs.map(() => 0);
        while (Math.max(...done) < 40 * QUANTUM) {
          const client = queue.next()!;
          done[client]! += costs[client]!;
        }
        // A deficit is below a quantum and a slice; one more round may be under way.
        for (const amount of done) expect(amount).toBeGreaterThan(36 * QUANTUM);
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  it("lets one with little go after one slice of each client that has much", () => {
    const queue = new FairQueue<string>(open);
    for (const client of ["x", "y"]) for (let n = 0; n < 500; n++) queue.push(client, n, QUANTUM, client);
    queue.next();
    queue.push("few", 0, 1_000, "few");
    expect([queue.next(), queue.next(), queue.next()]).toContain("few");
  });

  it("gives a client's requests turns of their own: a batch does not hold up a single call", () => {
    const batch = Array.from({ length: 100 }, () => ({ client: "a", request: 1, cost: QUANTUM }));
    const single = { client: "a", request: 2, cost: QUANTUM };
    expect(drained(filled([...batch, single])).indexOf(single)).toBe(1);
  });

  it("refuses what is beyond a client's room, and beyond all room", () => {
    const queue = new FairQueue<number>({ perClient: 2, total: 3 });
    const took = ["a", "a", "a", "b", "b"].map((client, i) => queue.push(client, i, 10, i));
    expect(took).toEqual([true, true, false, true, false]);
    expect([queue.size, queue.clients, queue.waiting("a"), queue.waiting("b")]).toEqual([3, 2, 20, 10]);
    queue.next();
    queue.next();
    expect(queue.push("b", 9, 10, 9)).toBe(true);
  });

  it("forgets clients that have nothing waiting, and what they have saved up", () => {
    const queue = filled([{ client: "a", request: 0, cost: 1 }]);
    drained(queue);
    expect([queue.size, queue.clients, queue.waiting("a"), queue.next()]).toEqual([0, 0, 0, undefined]);
  });
});
