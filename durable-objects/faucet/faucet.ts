/** Shell of the faucet's book (shared/faucet/limits.ts): what was given within the hour survives a restart. */
import { DurableObject } from "cloudflare:workers";
import { FaucetBook, type FaucetRefusal, type FaucetRequest, type Given } from "../../shared/faucet/limits.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import type { Env } from "../host/env.ts";

/** `slice`: to be handed to `giveBack` if what was allowed could not be sent. */
export type FaucetGrant =
  | { readonly ok: true; readonly slice: number }
  | { readonly ok: false; readonly refusal: FaucetRefusal };

export class Faucet extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #book: FaucetBook;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS given (name TEXT PRIMARY KEY, slice INTEGER NOT NULL, lamports TEXT NOT NULL) WITHOUT ROWID",
    );
    const rows = this.#sql.exec<{ name: string; slice: number; lamports: string }>("SELECT * FROM given").toArray();
    const given = rows.map(({ name, lamports }): Given => [name, BigInt(lamports)]);
    this.#book = new FaucetBook(parseNetwork(env.NETWORK).faucetLimits, rows[0]?.slice ?? -1, given);
  }

  /** Whether so much may be given. It counts, and is on disk, before the answer leaves. */
  async ask(request: FaucetRequest): Promise<FaucetGrant> {
    const answer = this.#book.ask(request, Date.now() / 1000);
    if (!answer.ok) return answer;
    const { slice, forget, given } = answer;
    if (forget) this.#sql.exec("DELETE FROM given");
    this.#store(slice, given);
    return { ok: true, slice };
  }

  async giveBack(request: FaucetRequest, slice: number): Promise<void> {
    this.#store(slice, this.#book.giveBack(request, slice));
  }

  #store(slice: number, given: readonly Given[]): void {
    for (const [name, lamports] of given) {
      this.#sql.exec("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", name, slice, String(lamports));
    }
  }
}
