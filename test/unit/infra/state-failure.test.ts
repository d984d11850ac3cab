import { expect, test } from "vitest";
import { stateFailure } from "../../../infra/network/state-failure.ts";

const status = (problem: string | null) => JSON.stringify({ slot: 5, ready: problem === null, problem });

test("a format of another version, damage, and neither", () => {
  expect(stateFailure(status("STORE_OTHER_FORMAT builder: what is stored has another format"), "/x")).toMatchObject({
    code: "state-other-version",
    message:
      "the state in /x has the format of another version (--reset begins a new network there, --state DIR one elsewhere)",
  });
  expect(stateFailure(status("STORE_DAMAGED ledger-3 blocks 17: a row is not what was written"), "/x")).toMatchObject({
    code: "state-corrupt",
    message: expect.stringContaining("the state in /x is damaged: ledger-3, table blocks, slot 17 ("),
  });
  expect(stateFailure(status("NETWORK is not set"), "/x")).toBeUndefined();
  expect(stateFailure(status(null), "/x")).toBeUndefined();
});
