import { expect, it } from "vitest";
import { Unheard } from "../../../shared/rpc/unheard.ts";

it("a socket that is told much and says nothing is too slow; one that says something is not", () => {
  const unheard = new Unheard({ socket: 100, all: 1_000, spared: 10 });
  expect([unheard.sent("a", 100), unheard.sent("a", 1)]).toEqual([false, true]);
  unheard.heard("a");
  expect([unheard.sent("a", 100), unheard.all]).toEqual([false, 100]);
});

it("where all together have much unheard, whoever has a part of it is too slow, and who has little is spared", () => {
  const unheard = new Unheard({ socket: 100, all: 250, spared: 10 });
  for (const socket of ["a", "b", "c"]) unheard.sent(socket, 80);
  expect([unheard.sent("little", 10), unheard.isOver, unheard.isSlow("a")]).toEqual([false, false, false]);
  expect([unheard.sent("little", 1), unheard.isOver]).toEqual([true, true]);
  expect([unheard.isSlow("a"), unheard.isSlow("nobody")]).toEqual([true, false]);
  unheard.heard("b");
  unheard.heard("b");
  expect([unheard.all, unheard.isOver, unheard.isSlow("a")]).toEqual([171, false, false]);
});
