/** Who finds room for a socket, and who makes it. */
import { describe, expect, it } from "vitest";
import { SocketBudget, socketLimits } from "../../../durable-objects/subscriptions/socket-budget.ts";

const LIMITS = { all: 4, ofOneAddress: 2 };
const A = "192.0.2.1";
const B = "192.0.2.2";
const C = "192.0.2.3";

async function refusal(budget: SocketBudget<number>, address: string) {
  const answer = budget.refusal(address);
  if (!answer) return undefined;
  const { code, status } = (await answer.json()) as { code: number; status: number };
  return { code, status, sent: answer.status, retryAfter: answer.headers.get("retry-after") };
}

const ADDRESS_FULL = { code: 4008, status: 429, sent: 429, retryAfter: "1" };
const FULL = { code: 4007, status: 503, sent: 503, retryAfter: "1" };

describe("the budget of sockets", () => {
  it("gives one address half, and says which limit is reached", async () => {
    const budget = new SocketBudget<number>(LIMITS);
    budget.add(1, A);
    expect(await refusal(budget, A)).toBeUndefined();
    budget.add(2, A);
    expect(await refusal(budget, A)).toEqual(ADDRESS_FULL);
    expect(await refusal(budget, B)).toBeUndefined();
    budget.add(3, B);
    budget.add(4, C);
    expect(await refusal(budget, B)).toEqual(FULL);
    budget.remove(1);
    expect(await refusal(budget, A)).toBeUndefined();
  });

  it("has no limit of its own for clients whose address is not known", async () => {
    const budget = new SocketBudget<number>(LIMITS);
    for (const socket of [1, 2, 3]) budget.add(socket, "");
    expect(await refusal(budget, "")).toBeUndefined();
    budget.add(4, "");
    expect(await refusal(budget, "")).toEqual(FULL);
  });

  it("names the socket that has been silent for longest, of the address whose limit is reached", () => {
    const budget = new SocketBudget<number>(LIMITS);
    budget.add(1, B);
    budget.add(2, A);
    budget.add(3, A);
    expect(budget.longestIdle(A)).toBe(2);
    budget.heard(2, true);
    expect(budget.longestIdle(A)).toBe(3);
    budget.heard(3, false);
    budget.heard(2, false);
    expect(budget.longestIdle(A)).toBeUndefined();
    expect(budget.longestIdle(B)).toBe(1);
  });

  it("closes no more for others while too many that were closed are still there", () => {
    const budget = new SocketBudget<number>({ all: 40, ofOneAddress: 3 });
    for (const socket of [1, 2, 3]) budget.add(socket, A);
    budget.leave(1);
    budget.add(4, A);
    expect(budget.longestIdle(A)).toBe(2);
    budget.leave(2);
    budget.add(5, A);
    expect(budget.longestIdle(A)).toBeUndefined();
    budget.remove(1);
    expect(budget.longestIdle(A)).toBe(3);
    budget.leave(2);
    budget.remove(2);
    expect(budget.longestIdle(A)).toBe(3);
  });

  it("counts a socket once, however often it is removed or heard after its end", async () => {
    const budget = new SocketBudget<number>(LIMITS);
    budget.add(1, A);
    budget.remove(1);
    budget.remove(1);
    budget.heard(1, true);
    expect(budget.longestIdle(B)).toBeUndefined();
    for (const [socket, address] of [
      [2, A],
      [3, A],
      [4, B],
    ] as const)
      budget.add(socket, address);
    expect(await refusal(budget, B)).toBeUndefined();
    expect(await refusal(budget, A)).toEqual(ADDRESS_FULL);
  });
});

it("an object has 20,000 sockets where the machine allows them", () => {
  expect(socketLimits(undefined)).toEqual({ all: 20_000, ofOneAddress: 10_000 });
  expect(socketLimits(190_239)).toEqual({ all: 20_000, ofOneAddress: 10_000 });
  expect(socketLimits(5_401)).toEqual({ all: 5_401, ofOneAddress: 2_701 });
});
