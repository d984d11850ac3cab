import { expect, test } from "vitest";
import { worthOf } from "../../../infra/network/workerd-lines.ts";

test.each([
  [
    "NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.; scheduledTime = 1796049709.5s; actorId = 6cbd",
    "none",
  ],
  ["NOSENTRY SQLite reschedule later alarm failed", "unless-it-stops"],
  ["workerd/io/worker.c++:2164: info: NOSENTRY the connection was lost", "unless-it-stops"],
  ["builder: an invariant is broken", "news"],
  ["SQLite alarm handler canceled with requestScheduledAlarm.", "news"],
])("%s: %s", (line, worth) => {
  expect(worthOf(line)).toBe(worth);
});
