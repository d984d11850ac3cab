import { describe, expect, it } from "vitest";
import { TurnBook } from "../../../shared/turns/turn-book.ts";

const limits = { perClient: 100, total: 200 };

describe("TurnBook", () => {
  it("gives the turn at once when nobody has it, and to one at a time", () => {
    const book = new TurnBook<string>(limits);
    expect(book.ask("read", "a", 1, 10, "first")).toBe("now");
    expect(book.ask("read", "a", 2, 10, "second")).toBe("wait");
    expect([book.holder, book.waiting]).toEqual(["first", 1]);
    expect([book.pass(), book.holder, book.pass(), book.holder]).toEqual(["second", "second", undefined, undefined]);
    expect(book.ask("bulk", "a", 3, 10, "third")).toBe("now");
  });

  it("lets reads go before bulk, but not for ever", () => {
    const book = new TurnBook<string>(limits);
    book.ask("bulk", "a", 0, 10, "now");
    for (let n = 0; n < 3; n++) book.ask("bulk", "a", 1, 10, `bulk ${n}`);
    for (let n = 0; n < 10; n++) book.ask("read", "b", 2, 10, `read ${n}`);
    const order = Array.from({ length: 13 }, () => book.pass()!.split(" ")[0]);
    const expected = "read read read read bulk read read read read bulk read read bulk";
    expect(order.join(" ")).toBe(expected);
  });

  it("leaves bulk its turn while only its own client waits, for four slices, and never before reads or others", () => {
    const book = new TurnBook<string>(limits);
    book.ask("bulk", "a", 0, 10, "holder");
    expect([book.keeps("bulk", "a", 1e9), book.keeps("read", "a", 1e9)]).toEqual([true, true]);
    book.ask("bulk", "a", 1, 10, "own");
    expect([20_000, 20_001].map((spent) => book.keeps("bulk", "a", spent))).toEqual([true, false]);
    expect(book.keeps("read", "a", 0)).toBe(false);
    book.ask("bulk", "b", 2, 10, "other");
    expect(book.keeps("bulk", "a", 0)).toBe(false);
    expect([book.pass(), book.keeps("bulk", "a", 0)]).toEqual(["own", false]);
    book.ask("read", "a", 3, 10, "read");
    expect([book.pass(), book.keeps("read", "a", 0)]).toEqual(["read", false]);
    expect([book.pass(), book.keeps("bulk", "b", 1e9)]).toEqual(["other", true]);
  });

  it("says when there is no room, and how much a client has waiting", () => {
    const book = new TurnBook<number>({ perClient: 1, total: 2 });
    book.ask("read", "a", 0, 5, 0);
    expect(book.ask("read", "a", 1, 5, 1)).toBe("wait");
    expect(book.ask("read", "a", 2, 5, 2)).toBe("full");
    expect(book.ask("bulk", "a", 3, 7, 3)).toBe("wait");
    expect([book.waitingOf("a"), book.waitingOf("b"), book.clients]).toEqual([12, 0, 1]);
  });
});
