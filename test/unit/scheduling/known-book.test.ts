import { expect, it } from "vitest";
import { KnownBook } from "../../../shared/scheduling/known-book.ts";

it("takes everything while no shard is full, and a frame a height while one is", () => {
  const book = new KnownBook(100);
  book.note(0, 99, 5);
  book.taken(5);
  expect(book.takes(5)).toBe(true);
  book.note(1, 100, 5);
  expect(book.takes(5)).toBe(false);
  expect(book.takes(6)).toBe(true);
  book.taken(6);
  expect([book.takes(6), book.takes(7)]).toEqual([false, true]);
  book.note(0, 50, 7);
  book.taken(7);
  expect(book.takes(7)).toBe(false);
  book.note(1, 99, 7);
  expect(book.takes(7)).toBe(true);
});

it("forgets after 150 heights what a shard has said that had no part since", () => {
  const book = new KnownBook(100);
  book.note(0, 1_000, 10);
  book.taken(160);
  expect(book.takes(160)).toBe(false);
  book.taken(161);
  expect(book.takes(161)).toBe(true);
});

it("says that a frame waits for the next height until that has come", () => {
  const book = new KnownBook(100);
  book.note(0, 100, 5);
  book.taken(5);
  expect(book.waits(5)).toBe(false);
  book.takes(5);
  expect([book.waits(5), book.waits(6)]).toEqual([true, false]);
  expect(book.takes(6)).toBe(true);
  expect(book.waits(6)).toBe(false);
});
