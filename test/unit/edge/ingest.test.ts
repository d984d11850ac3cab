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
import { ingestBody } from "../../../workers/edge/ingest.ts";
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
      const done = await ingestBody(packTransactions(wires), {
        wasm: instance(),
        resolveLookups: async () => [],
        backend: {
          head: async () => ({ context: concatBytes(context, new Uint8Array(size).fill(7)) }) as Head,
          submit: async (frame) => {
            frames.push(frame);
            return { ok: true };
          },
        },
      });
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
