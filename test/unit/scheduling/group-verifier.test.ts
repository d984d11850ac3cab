import { describe, expect, it } from "vitest";
import {
  GroupVerifier,
  MAX_GROUP,
  type SingleAnswer,
  TAKEN,
  UNSIGNED,
} from "../../../durable-objects/ingress-lane/group-verifier.ts";
import type { SubmitAnswer } from "../../../shared/protocol/actor.ts";
import { MAX_UNVERIFIED_BYTES } from "../../../shared/protocol/limits.ts";
import { frameRecords, makeFrame, REC, REC_FLAG_VERIFIED } from "../../../shared/protocol/record.ts";
import { LaneMachine } from "../../../shared/scheduling/lane-machine.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { makeWallets, randomTransfers } from "../../bench/wallets.ts";
import { wasmModule } from "../../wasm-module.ts";
import { sha256 } from "../state/chain.ts";

const wasm = new WasmInstance(wasmModule());
const wallets = makeWallets("group", 4);

function records(count: number): Uint8Array[] {
  return randomTransfers(wallets, count, new Uint8Array(32), 1).map((wire) => {
    expect(wasm.call("txParse", wire)).toBe(0);
    return wasm.out();
  });
}
/** With a signature of another message. */
function unsigned(record: Uint8Array): Uint8Array {
  const bad = record.slice();
  bad[record.length - 4]! ^= 1;
  return bad;
}
const verified = (record: Uint8Array) => {
  const good = record.slice();
  good[REC.FLAGS]! |= REC_FLAG_VERIFIED;
  return good;
};

/** A verifier whose turns and frames the test decides about. */
function setUp() {
  const turns: (() => void)[] = [];
  const frames: { frame: Uint8Array; answer: (answer: SubmitAnswer) => void }[] = [];
  const submit = (frame: Uint8Array) => new Promise<SubmitAnswer>((answer) => frames.push({ frame, answer }));
  const verifier = new GroupVerifier(
    () => wasm,
    submit,
    (work) => turns.push(work),
  );
  const answers: (readonly SingleAnswer[] | undefined)[] = [];
  const add = (...records: Uint8Array[]) => {
    const place = answers.push(undefined) - 1;
    void verifier.add(makeFrame(records)).then((answer) => {
      answers[place] = answer;
    });
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { turns, frames, answers, add, settle };
}

describe("GroupVerifier", () => {
  it("makes one frame of what came in one turn, verified, and answers when that is durable", async () => {
    const { turns, frames, answers, add, settle } = setUp();
    const all = records(4);
    add(...all.slice(0, 2));
    for (const record of all.slice(2)) add(record);
    expect(turns.length).toBe(1);
    turns[0]!();
    expect(frames.map(({ frame }) => frameRecords(frame))).toEqual([all.map(verified)]);
    await settle();
    expect(answers).toEqual([undefined, undefined, undefined]);
    frames[0]!.answer({ ok: true });
    await settle();
    expect(answers).toEqual([[TAKEN, TAKEN], [TAKEN], [TAKEN]]);
  });

  it("leaves out what has a bad signature, and says so of it alone", async () => {
    const { turns, frames, answers, add, settle } = setUp();
    const [first, second, third, fourth] = records(4) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    add(first, unsigned(second));
    add(unsigned(third));
    add(fourth);
    turns[0]!();
    expect(frameRecords(frames[0]!.frame)).toEqual([verified(first), verified(fourth)]);
    frames[0]!.answer({ ok: true });
    await settle();
    expect(answers).toEqual([[TAKEN, UNSIGNED], [UNSIGNED], [TAKEN]]);
  });

  it("makes no frame of bad signatures only, and goes on", async () => {
    const { turns, frames, answers, add, settle } = setUp();
    const [first, second] = records(2) as [Uint8Array, Uint8Array];
    add(unsigned(first));
    turns[0]!();
    await settle();
    expect([answers, frames.length]).toEqual([[[UNSIGNED]], 0]);
    add(second);
    turns[1]!();
    expect(frames.length).toBe(1);
  });

  it("gathers while a frame is on its way to the disk, 256 at most in the next one", async () => {
    const { turns, frames, add, settle } = setUp();
    const all = records(300);
    add(all[0]!);
    turns[0]!();
    for (const record of all.slice(1, 200)) add(record);
    add(...all.slice(200));
    expect(turns.length).toBe(1);
    frames[0]!.answer({ ok: true });
    await settle();
    turns[1]!();
    frames[1]!.answer({ ok: true });
    await settle();
    turns[2]!();
    // Those that came together stay together.
    expect(frames.map(({ frame }) => frameRecords(frame).length)).toEqual([1, 199, 100]);
  });

  it("takes no more at a time than one batch has", () => {
    const { add } = setUp();
    const [record] = records(1) as [Uint8Array];
    expect(() => add(...Array.from({ length: MAX_GROUP + 1 }, () => record))).toThrow("257 records at a time");
  });

  it("says when there may be room where the lane is full, or too many wait", async () => {
    const { turns, frames, answers, add, settle } = setUp();
    const [record] = records(1) as [Uint8Array];
    add(record);
    turns[0]!();
    const bytes = makeFrame([record]).length;
    for (let i = 0; i <= Math.floor(MAX_UNVERIFIED_BYTES / bytes); i++) add(record);
    await settle();
    expect(answers.filter((answer) => answer !== undefined)).toEqual([[100]]);
    frames[0]!.answer({ ok: false, retryAfterMs: 70 });
    await settle();
    expect(answers[0]).toEqual([70]);
  });
});

describe("LaneMachine", () => {
  it("stores a frame that was gathered already in the same step, with what waits, and answers both", () => {
    const lane = new LaneMachine(sha256);
    const frame = (token: number) => ({ type: "submit", token, frame: Uint8Array.of(0, 0, 0, 0, token) }) as const;
    lane.boot({ get: () => undefined, list: () => [] });
    expect(lane.step(frame(1), 0).map(({ type }) => type)).toEqual(["timer"]);
    const effects = lane.step({ ...frame(2), isGathered: true }, 0);
    expect(effects.map(({ type }) => type)).toEqual(["put", "send", "timer", "resolve", "resolve"]);
    expect(effects.flatMap((effect) => (effect.type === "resolve" ? [effect.token] : []))).toEqual([1, 2]);
  });
});
