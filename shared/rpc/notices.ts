/** What one step has to say, and how much of it one socket may be told. */
import type { Account } from "./accounts.ts";
import { scaleFor } from "./call.ts";
import { type Json, JsonText, stringify } from "./json.ts";
import type { Watch } from "./subscription-params.ts";
import type { SocketId, SubscriptionEffect } from "./subscriptions.ts";
import { uiAccount } from "./ui-account.ts";
import type { MintScale } from "./ui-amount.ts";

/**
 * Notifications of one block to one socket: two accounts of each transaction of the largest block. Beyond it the socket is closed: it may come
 * back and ask for less.
 */
export const MAX_NOTICES = 32_768;
const TOO_MANY = "too many notifications of one block";

export class Notices {
  readonly effects: SubscriptionEffect[] = [];
  readonly #counts = new Map<SocketId, number>();

  /** `result`: as text, where several subscriptions are told the same. */
  tell(of: { readonly id: number; readonly socket: SocketId }, method: string, result: Json): void {
    const { id, socket } = of;
    const count = (this.#counts.get(socket) ?? 0) + 1;
    this.#counts.set(socket, count);
    if (count > MAX_NOTICES) {
      if (count === MAX_NOTICES + 1) this.effects.push({ type: "drop", socket, reason: TOO_MANY });
      return;
    }
    const shown = result instanceof JsonText ? result.text : stringify(result);
    const text = `{"jsonrpc":"2.0","method":"${method}","params":{"result":${shown},"subscription":${id}}}`;
    this.effects.push({ type: "send", socket, text });
  }
}

type Viewed = Pick<Extract<Watch, { kind: "account" }>, "encoding" | "dataSlice">;

/** An account as its subscribers want to see it: those that want the same share the text. */
export class ShownAccount {
  readonly #account: Account;
  readonly #scales: ReadonlyMap<string, MintScale>;
  readonly #made = new Map<string, JsonText>();

  constructor(account: Account, scales: ReadonlyMap<string, MintScale>) {
    this.#account = account;
    this.#scales = scales;
  }

  /** `around`: what the account is shown in, the same each time. */
  as({ encoding, dataSlice }: Viewed, around: (value: Json) => Json): JsonText {
    const view = `${encoding} ${dataSlice?.offset} ${dataSlice?.length}`;
    let made = this.#made.get(view);
    if (!made) {
      const value = uiAccount(this.#account, encoding, dataSlice, scaleFor(this.#account, this.#scales), false);
      made = new JsonText(stringify(around(value)));
      this.#made.set(view, made);
    }
    return made;
  }
}
