/** What became of transactions that were sent over the stream, by signature: for whoever asks as if over JSON-RPC. */
import { transactionErrorToJson } from "../shared/errors/transaction-error.ts";
import type { TransactionStatus } from "../shared/ingest/client.ts";

/** Outcomes that are kept; then the oldest go, and who asks is answered by the network. */
const MOST = 65_536;

/** As in getSignatureStatuses. */
export interface StatusJson {
  readonly slot: bigint;
  readonly confirmations: null;
  readonly err: unknown;
  readonly status: { readonly Ok: null } | { readonly Err: unknown };
  readonly confirmationStatus: "finalized";
}

/** Null: it has not landed. */
export function statusJson({ fate, slot, error }: TransactionStatus): StatusJson | null {
  if (fate !== "confirmed" && fate !== "failed") return null;
  const err = error ? transactionErrorToJson(error) : null;
  // What is confirmed here is final: there are no votes yet.
  const confirmationStatus = "finalized";
  return {
    slot: BigInt(slot),
    confirmations: null,
    err,
    status: err === null ? { Ok: null } : { Err: err },
    confirmationStatus,
  };
}

export class Outcomes {
  readonly #statuses = new Map<string, StatusJson>();

  add(signature: string, outcome: TransactionStatus): void {
    const status = statusJson(outcome);
    if (!status) return;
    this.#statuses.set(signature, status);
    for (const oldest of this.#statuses.keys()) {
      if (this.#statuses.size <= MOST) break;
      this.#statuses.delete(oldest);
    }
  }

  get(signature: string): StatusJson | undefined {
    return this.#statuses.get(signature);
  }
}
