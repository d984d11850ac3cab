/**
 * The blockhashes that an isolate knows. A tip comes with those it lacks only (a slot context is 21 KiB), and the context
 * is put together when somebody needs it: most calls do not.
 */
import type { HeadAnswer } from "../../durable-objects/builder/builder.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import type { Head } from "../../shared/rpc/backend.ts";
import { HashChain } from "../../shared/scheduling/hash-chain.ts";

type ContextOf = Pick<HeadAnswer, "slot" | "view" | "nextTimestamp" | "epochStartTimestamp">;

export class TipCache {
  readonly #chain: HashChain;
  readonly #flags: number;
  readonly #developer: Uint8Array | undefined;
  /** The context that was put together last, and what for. */
  #last: { readonly bytes: Uint8Array; readonly of: ContextOf } | undefined;

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
    const { slot } = answer;
    const chain = this.#chain;
    chain.absorb(answer.part);
    const { hash, height } = chain.stepAt(slot);
    const contextOf = () => this.#contextOf(answer);
    let context: Uint8Array | undefined;
    return {
      slot: BigInt(slot),
      blockHeight: BigInt(height),
      blockhash: hash,
      blockTime: BigInt(answer.blockTime),
      transactionCount: answer.transactionCount,
      capitalization: answer.capitalization,
      get context() {
        context ??= contextOf();
        return context;
      },
    };
  }

  /** Of the slot after the answer's. Many calls see the same tip; nobody writes to it. */
  #contextOf({ slot, view, nextTimestamp, epochStartTimestamp }: ContextOf): Uint8Array {
    const last = this.#last?.of;
    const same =
      last?.slot === slot &&
      last.view === view &&
      last.nextTimestamp === nextTimestamp &&
      last.epochStartTimestamp === epochStartTimestamp;
    if (same) return this.#last!.bytes;
    const chain = this.#chain;
    const bytes = encodeContext({
      slot: slot + 1,
      view,
      unixTimestamp: nextTimestamp,
      epochStartTimestamp,
      flags: this.#flags,
      developer: this.#developer,
      hashes: chain.before(slot + 1),
      parent: chain.parentOf(slot + 1)!,
      recent: chain.recentBefore(slot + 1),
    });
    this.#last = { bytes, of: { slot, view, nextTimestamp, epochStartTimestamp } };
    return bytes;
  }
}
