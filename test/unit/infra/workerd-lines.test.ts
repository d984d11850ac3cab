import { expect, test } from "vitest";
import { LineReader, saysAddressInUse, worthOf } from "../../../infra/network/workerd-lines.ts";

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

function read(...lines: string[]): (readonly [string, string] | undefined)[] {
  const reader = new LineReader();
  return lines.map((line) => {
    const found = reader.read(line);
    return found && ([found.level, found.message] as const);
  });
}

test("lines of the log have their level, others are told as they are", () => {
  expect(
    read(
      JSON.stringify({ timestamp: "1", level: "warn", message: "slow" }),
      JSON.stringify({ timestamp: "1", level: "error", message: "broken" }),
      JSON.stringify({ timestamp: "1", level: "log", message: "from the worker" }),
      "{ no JSON",
      "17",
      "",
    ),
  ).toEqual([
    ["warn", "slow"],
    ["error", "broken"],
    ["info", "from the worker"],
    ["info", "{ no JSON"],
    ["info", "17"],
    undefined,
  ]);
});

test("a stack is told only behind the words that ended the process", () => {
  const stack = "stack: 5555aaaa 5555bbbb 5555cccc 5555dddd";
  expect(read(stack, "*** Fatal uncaught kj::Exception: out of it", stack, "ordinary", stack)).toEqual([
    undefined,
    ["error", "*** Fatal uncaught kj::Exception: out of it"],
    ["error", stack],
    ["info", "ordinary"],
    undefined,
  ]);
});

test.each([
  ['Socket "rpc": bind(): Address in use (os error 98)', true],
  ["bind(): Address already in use (os error 48)", true],
  ["kj/async-io-unix.c++:948: failed: ::bind(): Address already in use; toString() = 127.0.0.1:8899", true],
  ["bind(): Permission denied (os error 13)", false],
])("%s: in use is %s", (line, inUse) => {
  expect(saysAddressInUse(line)).toBe(inUse);
});
