/**
 * The blockhashes that an isolate knows. A tip comes with those it lacks only (a slot context is 16 KiB), and the context
 * is put together when somebody needs it: most calls do not.
 */
import type { HeadAnswer } from "../../durable-objects/builder/builder.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import type { Head } from "../../shared/rpc/backend.ts";
import { HashChain } from "../../shared/scheduling/hash-chain.ts";

export class TipCache {
  readonly #genesisTimestamp: number;
  #chain: HashChain | undefined;

  constructor(genesisTimestamp: number) {
    this.#genesisTimestamp = genesisTimestamp;
  }

  /** Newest slot whose blockhash is known here; -1: none. */
  get knownSlot(): number {
    return this.#chain?.tip ?? -1;
  }

  /** Answers may overtake each other: each is complete from the slot that was known when it was asked for. */
  head(answer: HeadAnswer): Head {
    const { slot, view, hashes, nextTimestamp } = answer;
    const count = hashes.length / 32;
    for (let i = 0; i < count; i++) {
      const of = slot - count + 1 + i;
      const hash = hashes.subarray(i * 32, (i + 1) * 32);
      // The first answer, or one after so long that what is known here is out of the window.
      if (!this.#chain || of > this.#chain.tip + 1) this.#chain = new HashChain(of, hash);
      else if (of > this.#chain.tip) this.#chain.push(of, hash);
    }
    const chain = this.#chain!;
    const epochStartTimestamp = this.#genesisTimestamp;
    let context: Uint8Array | undefined;
    return {
      slot: BigInt(slot),
      blockhash: answer.blockhash,
      blockTime: BigInt(answer.blockTime),
      transactionCount: answer.transactionCount,
      capitalization: answer.capitalization,
      get context() {
        const fields = { slot: slot + 1, view, unixTimestamp: nextTimestamp, epochStartTimestamp };
        context ??= encodeContext({ ...fields, hashes: chain.before(slot + 1) });
        return context;
      },
    };
  }
}
