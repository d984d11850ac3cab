import { describe, expect, it } from "vitest";
import { SLICE } from "../../../shared/turns/costs.ts";
import { Fifo } from "../../../shared/turns/fifo.ts";
import { Outbox, sendCost } from "../../../shared/turns/outbox.ts";

const limits = { messages: 100_000, messagesOfAll: 200_000, characters: 1 << 20, charactersOfAll: 2 << 20 };

describe("Outbox", () => {
  it("sends a socket's messages in their order, and one with few within a slice of one with many", () => {
    const outbox = new Outbox(limits);
    for (let n = 0; n < 5_000; n++) outbox.push("many", `${n}`);
    outbox.push("few", "confirmed");
    let cost = 0;
    const many: string[] = [];
    for (let next = outbox.next(); next; next = outbox.next()) {
      if (next.socket === "few") expect(cost).toBeLessThanOrEqual(SLICE);
      else many.push(next.text);
      cost += sendCost(next.text);
    }
    expect(many).toEqual(Array.from({ length: 5_000 }, (_, n) => `${n}`));
    expect([outbox.messages, outbox.sockets, outbox.characters]).toEqual([0, 0, 0]);
  });

  it("has no room beyond its limits: of a socket, of all, of characters", () => {
    const outbox = new Outbox({ messages: 3, messagesOfAll: 4, characters: 10, charactersOfAll: 12 });
    const pushed = (socket: string, text: string) => outbox.push(socket, text);
    expect([pushed("a", "12345678901"), pushed("a", "1234567890"), pushed("a", "1")]).toEqual([false, true, false]);
    expect([pushed("b", "123"), pushed("b", "12"), pushed("c", "1")]).toEqual([false, true, false]);
    outbox.next();
    expect([pushed("c", "1"), pushed("c", "1"), pushed("c", "1"), pushed("c", "1")]).toEqual([true, true, true, false]);
  });

  it("forgets a socket that is gone, and has its room again", () => {
    const outbox = new Outbox(limits);
    for (const socket of ["a", "b", "a"]) outbox.push(socket, socket);
    outbox.drop("a");
    outbox.drop("a");
    outbox.drop("nobody");
    expect([outbox.messages, outbox.characters, outbox.waits("a"), outbox.waits("b")]).toEqual([1, 1, false, true]);
    outbox.push("a", "again");
    expect([outbox.next(), outbox.next(), outbox.next()].map((next) => next?.text)).toEqual(["b", "again", undefined]);
  });
});

it("a Fifo gives back what it was given, however much and however mixed", () => {
  const fifo = new Fifo<number>();
  let pushed = 0;
  let shifted = 0;
  for (let round = 0; round < 50; round++) {
    for (let n = 0; n < 200; n++) fifo.push(pushed++);
    for (let n = 0; n < (round % 3) * 150 && fifo.length > 0; n++) expect(fifo.shift()).toBe(shifted++);
    expect([fifo.length, fifo.first]).toEqual([pushed - shifted, pushed === shifted ? undefined : shifted]);
  }
  while (fifo.length > 0) expect(fifo.shift()).toBe(shifted++);
  expect([shifted, fifo.shift()]).toEqual([pushed, undefined]);
});
