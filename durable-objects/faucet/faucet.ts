/** Shell of the faucet's book (shared/faucet/limits.ts): what was given within the hour survives a restart. */
import { DurableObject } from "cloudflare:workers";
import { FaucetBook, type FaucetRefusal, type FaucetRequest } from "../../shared/faucet/limits.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import type { Env } from "../host/env.ts";
import { GivenTable } from "./given-table.ts";

/** `slice`: to be handed to `giveBack` if what was allowed could not be sent. */
export type FaucetGrant =
  | { readonly ok: true; readonly slice: number }
  | { readonly ok: false; readonly refusal: FaucetRefusal };

export class Faucet extends DurableObject<Env> {
  readonly #table: GivenTable;
  readonly #book: FaucetBook;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#table = new GivenTable(ctx.storage.sql);
    const { slice, given } = this.#table.read();
    this.#book = new FaucetBook(parseNetwork(env.NETWORK).faucetLimits, slice, given);
  }

  /** Whether so much may be given. It counts, and is on disk, before the answer leaves. */
  async ask(request: FaucetRequest): Promise<FaucetGrant> {
    const answer = this.#book.ask(request, Date.now() / 1000);
    if (!answer.ok) return answer;
    const { slice, forget, given } = answer;
    if (forget) this.#table.forget();
    this.#table.store(slice, given);
    return { ok: true, slice };
  }

  async giveBack(request: FaucetRequest, slice: number): Promise<void> {
    this.#table.store(slice, this.#book.giveBack(request, slice));
  }
}
