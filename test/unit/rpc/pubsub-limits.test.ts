/** PubSub against clients that want to take all there is: each has its limit, and the others go on. */
import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import type { BlockEvent } from "../../../shared/rpc/block-event.ts";
import { BlockNotices, MAX_TOLD } from "../../../shared/rpc/block-notices.ts";
import { JsonText } from "../../../shared/rpc/json.ts";
import { MAX_NOTICES, Notices } from "../../../shared/rpc/notices.ts";
import { Postponed } from "../../../shared/rpc/refusals.ts";
import {
  MAX_BLOCK_SUBSCRIPTIONS,
  MAX_BLOCK_SUBSCRIPTIONS_PER_SOCKET,
  MAX_BROADCASTS_PER_SOCKET,
  MAX_SUBSCRIPTIONS,
  type SubscriptionEffect,
  SubscriptionMachine,
} from "../../../shared/rpc/subscriptions.ts";

const FULL = "Internal Error: Subscription refused. Node subscription limit reached";

function machineWith(...sockets: string[]): {
  machine: SubscriptionMachine;
  call(socket: string, method: string, ...params: unknown[]): { error?: { code: number; message: string } };
} {
  const machine = new SubscriptionMachine();
  for (const socket of sockets) machine.step({ type: "opened", socket, stored: [] });
  return {
    machine,
    call(socket, method, ...params) {
      const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      const [answer] = machine.step({ type: "message", socket, text });
      return JSON.parse((answer as Extract<SubscriptionEffect, { type: "send" }>).text);
    },
  };
}

describe("one client leaves room for the others", () => {
  test("of subscriptions to whole blocks a socket has its part", () => {
    const { call } = machineWith("greedy", "other");
    for (let note = 0; note < MAX_BLOCK_SUBSCRIPTIONS_PER_SOCKET; note++) {
      expect(call("greedy", "blockSubscribe", "all", { note })).toHaveProperty("result");
    }
    expect(call("greedy", "blockSubscribe", "all").error).toEqual({ code: -32603, message: FULL });
    expect(call("other", "blockSubscribe", "all")).toHaveProperty("result");
    expect(MAX_BLOCK_SUBSCRIPTIONS_PER_SOCKET * 4).toBeLessThan(MAX_BLOCK_SUBSCRIPTIONS);
  });

  test.each(["slotSubscribe", "slotsUpdatesSubscribe", "rootSubscribe", "voteSubscribe"])(
    "%s: a socket has one",
    (method) => {
      const { call, machine } = machineWith("greedy", "other");
      const first = call("greedy", method);
      expect(first).toHaveProperty("result");
      for (let i = 0; i < 3; i++) expect(call("greedy", method)).toEqual(first);
      expect(call("other", method)).not.toEqual(first);
      expect(machine.count).toBe(2);
    },
  );

  test("however many sockets take all the subscriptions they get, others find some", () => {
    const { call, machine } = machineWith("greedy", "greedier", "other");
    let key = 0n;
    const address = () => {
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setBigUint64(0, ++key);
      return encodeBase58(bytes);
    };
    const one = { method: "slotSubscribe", params: "null" };
    const stored = Array.from({ length: MAX_SUBSCRIPTIONS - 16 }, (_, id) => ({ id, ...one }));
    machine.step({ type: "opened", socket: "crowd", stored });
    const subscribe = (socket: string) => call(socket, "accountSubscribe", address());
    for (const socket of ["greedy", "greedier"]) while ("result" in subscribe(socket));
    // Of the 16 that are left one gets half, the next half of those.
    expect(machine.count).toBe(MAX_SUBSCRIPTIONS - 16 + 8 + 4);
    expect(subscribe("greedy").error).toEqual({ code: -32603, message: FULL });
    for (let i = 0; i < 2; i++) expect(subscribe("other")).toHaveProperty("result");
  });

  test("however many sockets take all subscriptions to blocks, another finds some", () => {
    const greedy = Array.from({ length: 12 }, (_, i) => `greedy ${i}`);
    const { call } = machineWith(...greedy, "other");
    let note = 0;
    for (const socket of greedy) while ("result" in call(socket, "blockSubscribe", "all", { note: ++note }));
    expect(call("other", "blockSubscribe", "all")).toHaveProperty("result");
  });

  test.each([
    ["logsSubscribe", "all"],
    ["programSubscribe", "11111111111111111111111111111111"],
  ])("%s: what every block is told to, a socket has only so many of", (method, ...params) => {
    const { call, machine } = machineWith("greedy", "other");
    for (let note = 0; note < MAX_BROADCASTS_PER_SOCKET; note++) {
      expect(call("greedy", method, ...params, { note })).toHaveProperty("result");
    }
    expect(call("greedy", method, ...params).error).toEqual({ code: -32603, message: FULL });
    expect(call("greedy", "slotSubscribe").error).toEqual({ code: -32603, message: FULL });
    // What is found by its key costs the blocks nothing.
    expect(call("greedy", "accountSubscribe", "11111111111111111111111111111111")).toHaveProperty("result");
    expect(call("other", method, ...params)).toHaveProperty("result");
    expect(call("greedy", method.replace("Subscribe", "Unsubscribe"), 0)).toMatchObject({ result: true });
    expect(call("greedy", method, ...params)).toHaveProperty("result");
    machine.step({ type: "closed", socket: "greedy" });
    machine.step({ type: "opened", socket: "greedy", stored: [] });
    expect(call("greedy", method, ...params)).toHaveProperty("result");
  });
});

describe("notifications of one block", () => {
  test("a socket that asks for too many is closed, with a reason; another is told all of its", () => {
    const notices = new Notices();
    const [greedy, other] = [
      { id: 1, socket: "greedy" },
      { id: 2, socket: "other" },
    ];
    for (let i = 0; i < MAX_NOTICES + 10; i++) notices.tell(greedy, "logsNotification", { i });
    notices.tell(other, "slotNotification", new JsonText("[7]"));
    const of = (socket: string) =>
      notices.effects.filter((effect) => effect.type === "send" && effect.socket === socket);
    expect(of("greedy")).toHaveLength(MAX_NOTICES);
    expect(notices.effects.filter(({ type }) => type === "drop")).toEqual([
      { type: "drop", socket: "greedy", reason: "too many notifications of one block" },
    ]);
    expect(of("other")).toEqual([
      {
        type: "send",
        socket: "other",
        text: '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":[7],"subscription":2}}',
      },
    ]);
  });
});

describe("messages that are nested deeper than a stack", () => {
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const key = "11111111111111111111111111111111";
  test.each([
    [`{"jsonrpc":"2.0","id":1,"method":"none","params":${deep}}`, -32601],
    [`{"jsonrpc":"2.0","id":1,"method":"slotSubscribe","params":${deep}}`, -32602],
    [`{"jsonrpc":"2.0","id":1,"method":"accountSubscribe","params":["${key}",{"note":${deep}}]}`, -32602],
    [deep, -32600],
  ])("are answered: %#", (text, code) => {
    const machine = new SubscriptionMachine();
    machine.step({ type: "opened", socket: "s", stored: [] });
    for (let i = 0; i < 2; i++) {
      const effects = machine.step({ type: "message", socket: "s", text });
      expect(effects).toHaveLength(1);
      const [{ text: answer }] = effects as [Extract<SubscriptionEffect, { type: "send" }>];
      expect([JSON.parse(answer)].flat()[0].error.code).toBe(code);
    }
    expect(machine.count).toBe(0);
  });
});

describe("whole blocks", () => {
  const nobody: BlockEvent = {
    slot: 5n,
    parentSlot: 4n,
    blockHeight: 5n,
    blockhash: new Uint8Array(32),
    previousBlockhash: new Uint8Array(32),
    blockTime: 0n,
    root: 5n,
    heardAt: 0n,
    frame: new Uint8Array(4),
    results: new Uint8Array(0),
  };
  const watch = { kind: "block", mentions: null, details: "full" } as const;
  const options = { encoding: "base64", maxVersion: 1, showRewards: false } as const;

  test("the notifications of one block are no longer than so much together", () => {
    const notices = new BlockNotices(nobody);
    const { length } = notices.of({ ...watch, options }, "first")!.text;
    for (let told = 2; told * length <= MAX_TOLD; told += 1) notices.of({ ...watch, options }, "first");
    const over = JSON.parse(notices.of({ ...watch, options }, "first")!.text);
    expect(over).toEqual({ context: { slot: 5 }, value: { slot: 5, block: null, err: "BlockStoreError" } });
  });
});

describe("answers that wait", () => {
  test("a socket's, and those of all, have a limit in number and in characters", () => {
    const waiting = new Postponed({ answers: 3, characters: 100, charactersOfAll: 150 });
    expect(["a", "a", "a", "a"].map((socket) => waiting.take(socket, 10))).toEqual([true, true, true, false]);
    expect(waiting.take("b", 101)).toBe(false);
    expect(waiting.take("b", 100)).toBe(true);
    expect(waiting.take("b", 1)).toBe(false);
    expect(waiting.take("c", 20)).toBe(true);
    expect(waiting.take("c", 1)).toBe(false);
    waiting.done("a", 10);
    expect(waiting.take("c", 10)).toBe(true);
    expect(waiting.take("a", 1)).toBe(false);
  });

  test("what a socket that is closed left waiting still counts until its time has come", () => {
    const waiting = new Postponed({ answers: 3, characters: 100, charactersOfAll: 150 });
    waiting.take("a", 100);
    expect(waiting.take("b", 60)).toBe(false);
    waiting.done("a", 100);
    expect(waiting.take("b", 60)).toBe(true);
    expect(waiting.sockets).toBe(1);
  });
});
