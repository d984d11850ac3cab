import { describe, expect, it } from "vitest";
import { generateKeypair } from "../../../infra/network/keypair.ts";
import { signTransfer } from "../../../infra/network/transfer.ts";
import { TRANSACTION_ERRORS } from "../../../shared/errors/transaction-error.ts";
import { packTransactions } from "../../../shared/ingest/batch.ts";
import { AnswerView, STATUS } from "../../../shared/ingest/protocol.ts";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import type { Head } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { FEW_SIGNATURES, SLICE } from "../../../shared/turns/costs.ts";
import { type Turns, Work } from "../../../shared/turns/work.ts";
import { ingestBody, SignaturePace } from "../../../workers/edge/ingest.ts";
import { instance } from "../transaction/wire.ts";

const hash = (slot: number) => new Uint8Array(32).fill(slot);
const context = encodeContext({
  slot: 11,
  view: 0,
  unixTimestamp: 1,
  epochStartTimestamp: 1,
  hashes: Array.from({ length: 10 }, (_, i) => hash(10 - i)),
});

describe("ingestBody", () => {
  // From a network's first stakes on there is a record, of 48 bytes and more.
  it.each([0, 48, 4_096])(
    "judges blockhashes by a slot context with an epoch record of %i bytes behind it",
    async (size) => {
      const [from, to] = [generateKeypair(), generateKeypair()];
      const wires = [hash(10), hash(99), hash(1)].map(
        (blockhash) => signTransfer(from, to.publicKey, 1n, encodeBase58(blockhash)).wire,
      );
      const frames: Uint8Array[] = [];
      const done = await ingestBody(
        packTransactions(wires),
        {
          wasm: instance(),
          pace: new SignaturePace(),
          resolveLookups: async () => [],
          backend: {
            head: async () => ({ context: concatBytes(context, new Uint8Array(size).fill(7)) }) as Head,
            submit: async (frame) => {
              frames.push(frame);
              return { ok: true };
            },
          },
        },
        new Work(),
      );
      const answer = new AnswerView(done!.answer.bytes);
      const expired = TRANSACTION_ERRORS.indexOf("BlockhashNotFound");
      const verdicts = Array.from({ length: answer.count }, (_, i) => [answer.status(i), answer.code(i)]);
      expect(verdicts).toEqual([
        [STATUS.TAKEN, 0],
        [STATUS.REFUSED, expired],
        [STATUS.TAKEN, 0],
      ]);
      expect(frames.map((frame) => frame[0])).toEqual([2]);
    },
  );
});

describe("a batch of many", () => {
  const [from, to] = [generateKeypair(), generateKeypair()];
  const wires = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => signTransfer(from, to.publicKey, BigInt(i + 1), encodeBase58(hash(10))).wire,
    );
  const spoiled = (wire: Uint8Array) => wire.map((byte, i) => (i === 7 ? byte ^ 1 : byte));

  async function send(batch: readonly Uint8Array[], work = new Work()) {
    const frames: number[] = [];
    const pace = new SignaturePace();
    const done = await ingestBody(
      packTransactions(batch),
      {
        wasm: instance(),
        pace,
        resolveLookups: async () => [],
        backend: {
          head: async () => ({ context }) as Head,
          submit: async (frame) => {
            frames.push(new DataView(frame.buffer, frame.byteOffset).getUint32(0, true));
            return { ok: true };
          },
        },
      },
      work,
    );
    const answer = new AnswerView(done!.answer.bytes);
    return { frames, pace, done: done!, statuses: Array.from({ length: answer.count }, (_, i) => answer.status(i)) };
  }

  /** Counts slices. */
  const counted = () => {
    const costs: number[] = [];
    const turns: Turns = {
      take: async ({ cost }, run) => {
        costs.push(cost);
        return run(async (more) => void costs.push(more));
      },
      hold: () => true,
    };
    return { costs, turns };
  };

  it("is verified in slices of bounded cost, judged in order, and goes to the lane as one frame", async () => {
    const { costs, turns } = counted();
    const batch = wires(700).map((wire, i) => (i % 100 === 42 ? spoiled(wire) : wire));
    const { frames, statuses } = await send(batch, new Work({ turns }));
    expect(statuses).toEqual(batch.map((_, i) => (i % 100 === 42 ? STATUS.REFUSED : STATUS.TAKEN)));
    expect(frames).toEqual([693]);
    // Two of parsing, two of signatures: what is left of the first two does not make a group of its own.
    expect(costs.filter((cost) => cost > SLICE / 2)).toHaveLength(2);
    for (const cost of costs) expect(cost).toBeLessThanOrEqual(SLICE);
  });

  it("bad signatures make the slices smaller, good ones larger again", async () => {
    const { pace } = await send(wires(330).map(spoiled));
    expect(pace.most).toBe(FEW_SIGNATURES);
    pace.note(64, 64);
    pace.note(128, 127);
    expect(pace.most).toBe(4 * FEW_SIGNATURES);
  });

  it("what is over the budget is busy with a time, and what was verified before is taken", async () => {
    const work = new Work({ budget: 8_000 });
    const { statuses, frames, done } = await send(wires(600), work);
    expect(frames).toEqual([448]);
    expect(statuses.filter((status) => status === STATUS.TAKEN)).toHaveLength(448);
    expect(statuses.slice(448)).toEqual(Array.from({ length: 152 }, () => STATUS.BUSY));
    expect(done.retryAfterMs).toBe(100);
  });
});
