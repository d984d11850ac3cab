import { expect, test } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import {
  AnswerView,
  AnswerWriter,
  countTransactions,
  encodeAnswer,
  encodeUnwatched,
  FATE,
  HEARD_EVERY_BYTES,
  KIND,
  MAX_REQUEST_TRANSACTIONS,
  MAX_UNHEARD_BYTES,
  MAX_WAITING,
  newRequest,
  OutcomesWriter,
  readMessage,
  readRequest,
  STATUS,
  setHeard,
} from "../../../shared/ingest/protocol.ts";

test("a request", () => {
  const bytes = newRequest(0xffff_fffe, KIND.SUBMIT_AGAIN, 3);
  bytes.set([1, 0, 9], 12);
  setHeard(bytes, 0xffff_ffff);
  expect([...bytes]).toEqual([254, 255, 255, 255, 1, 0, 0, 0, 255, 255, 255, 255, 1, 0, 9]);
  expect(readRequest(bytes)).toEqual({
    request: 0xffff_fffe,
    kind: KIND.SUBMIT_AGAIN,
    heard: 0xffff_ffff,
    body: Uint8Array.of(1, 0, 9),
  });
});

test("what is no request", () => {
  expect(readRequest(new Uint8Array(11))).toBeNull();
  expect(readRequest(newRequest(1, 5, 0))).toBeNull();
});

test("a body's transactions are counted only when its lengths add up", () => {
  expect(countTransactions(Uint8Array.of())).toBe(0);
  expect(countTransactions(Uint8Array.of(1, 0, 7, 0, 0))).toBe(2);
  for (const body of [[1], [2, 0, 7], [0, 1], [1, 0, 7, 0]]) expect(countTransactions(Uint8Array.from(body))).toBe(-1);
});

test("an answer", () => {
  const writer = new AnswerWriter(2);
  writer.set(1, STATUS.REFUSED, 1003);
  const bytes = encodeAnswer(7, 49.2, writer.bytes);
  expect([...bytes]).toEqual([1, 0, 50, 0, 7, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0xeb, 3]);
  const message = readMessage(bytes);
  expect(message).toMatchObject({ type: "answer", request: 7, retryAfterMs: 50 });
  const { answer } = message as { answer: AnswerView };
  expect([answer.count, answer.status(0), answer.status(1), answer.code(1)]).toEqual([2, 0, STATUS.REFUSED, 1003]);
  const busy = new AnswerView(new AnswerWriter(3).fill(STATUS.BUSY, ErrorCode.EDGE_BUSY).bytes);
  expect([busy.status(2), busy.code(2)]).toEqual([STATUS.BUSY, ErrorCode.EDGE_BUSY]);
});

test("outcomes, more of them than the writer has room for at first", () => {
  const writer = new OutcomesWriter();
  const result = (FATE.LANDED | (9 << 8) | (2 << 16) | (25 << 24)) >>> 0;
  for (let i = 0; i < 1_000; i++) writer.add(i, 65_535 - i, i === 3 ? 1e6 : i, result, 0xffff_0000 + i);
  const message = readMessage(writer.finish(5_000, 700));
  if (message.type !== "outcomes") throw new Error("not outcomes");
  const { outcomes } = message;
  expect([message.slot, outcomes.count]).toEqual([5_000, 1_000]);
  expect([outcomes.request(999), outcomes.index(999), outcomes.behind(999), outcomes.behind(3)]).toEqual([
    999, 64_536, 999, 65_535,
  ]);
  expect([outcomes.fate(5), outcomes.txError(5), outcomes.errorIndex(5), outcomes.instructionError(5)]).toEqual([
    FATE.LANDED,
    9,
    2,
    25,
  ]);
  expect(outcomes.customCode(999)).toBe(0xffff_03e7);
});

test("an outcomes message without entries says the height", () => {
  expect(readMessage(new OutcomesWriter().finish(2 ** 40, 2 ** 39))).toMatchObject({ type: "outcomes", slot: 2 ** 40 });
});

test("unwatched", () => {
  expect(readMessage(encodeUnwatched(5, 1e9))).toEqual({ type: "unwatched", request: 5, retryAfterMs: 65_535 });
});

test("what is no message", () => {
  const cut = encodeAnswer(7, 0, new AnswerWriter(2).bytes).subarray(0, -1);
  for (const bytes of [new Uint8Array(0), new Uint8Array(3), Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), cut]) {
    expect(() => readMessage(bytes)).toThrow(RangeError);
  }
  expect(() => readMessage(new OutcomesWriter().finish(1, 1).subarray(0, 23))).toThrow(RangeError);
});

test("limits that belong together", () => {
  expect(MAX_REQUEST_TRANSACTIONS).toBeLessThanOrEqual(65_536);
  expect(MAX_REQUEST_TRANSACTIONS * 4).toBeLessThanOrEqual(MAX_WAITING);
  // What a client may have on the way to it, all outcomes at once and the answers, is less than what closes it as lagging.
  expect(MAX_WAITING * 16 + MAX_WAITING * 3 + HEARD_EVERY_BYTES).toBeLessThan(MAX_UNHEARD_BYTES);
});
