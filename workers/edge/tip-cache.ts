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
  readonly #flags: number;
  readonly #developer: Uint8Array | undefined;

  /** `flags`, `developer`: of every slot context. */
  constructor(genesisHash: Uint8Array, flags: number, developer?: Uint8Array) {
    this.#chain = new HashChain(genesisHash);
    this.#flags = flags;
    this.#developer = developer;
  }

  /** Newest slot whose blockhash is known here. */
  get knownSlot(): number {
    return this.#chain.tip;
  }

  /** Answers may overtake each other: each is complete from the slot that was known when it was asked for. */
  head(answer: HeadAnswer): Head {
    const { slot, view, nextTimestamp, epochStartTimestamp } = answer;
    const chain = this.#chain;
    const flags = this.#flags;
    const developer = this.#developer;
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
        const fields = { slot: slot + 1, view, unixTimestamp: nextTimestamp, epochStartTimestamp, flags, developer };
        context ??= encodeContext({
          ...fields,
          hashes: chain.before(slot + 1),
          parent: chain.parentOf(slot + 1)!,
          recent: chain.recentBefore(slot + 1),
        });
        return context;
      },
    };
  }
}
