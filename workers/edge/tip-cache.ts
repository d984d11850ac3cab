/**
 * The blockhashes that an isolate knows. A tip comes with those it lacks only (a slot context is 21 KiB), and the context
 * is put together when somebody needs it: most calls do not.
 */
import type { HeadAnswer } from "../../durable-objects/builder/builder.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import type { Head } from "../../shared/rpc/backend.ts";
import { HashChain } from "../../shared/scheduling/hash-chain.ts";

export class TipCache {
  readonly #chain: HashChain;
  readonly #genesisTimestamp: number;
  readonly #flags: number;

  /** `flags`: of every slot context. */
  constructor(genesisHash: Uint8Array, genesisTimestamp: number, flags: number) {
    this.#chain = new HashChain(genesisHash);
    this.#genesisTimestamp = genesisTimestamp;
    this.#flags = flags;
  }

  /** Newest slot whose blockhash is known here. */
  get knownSlot(): number {
    return this.#chain.tip;
  }

  /** Answers may overtake each other: each is complete from the slot that was known when it was asked for. */
  head(answer: HeadAnswer): Head {
    const { slot, view, nextTimestamp } = answer;
    const chain = this.#chain;
    const epochStartTimestamp = this.#genesisTimestamp;
    const flags = this.#flags;
    chain.absorb(answer.part);
    const { hash, height } = chain.stepAt(slot);
    let context: Uint8Array | undefined;
    return {
      slot: BigInt(slot),
      blockHeight: BigInt(height),
      blockhash: hash,
      blockTime: BigInt(answer.blockTime),
      transactionCount: answer.transactionCount,
      capitalization: answer.capitalization,
      get context() {
        const fields = { slot: slot + 1, view, unixTimestamp: nextTimestamp, epochStartTimestamp, flags };
        context ??= encodeContext({ ...fields, hashes: chain.before(slot + 1), recent: chain.recentBefore(slot + 1) });
        return context;
      },
    };
  }
}
