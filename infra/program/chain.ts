/** What a deployment needs from a network; rpc-chain.ts has it over JSON-RPC. */
import type { Address, Blockhash, Signature, Transaction } from "@solana/kit";

export interface Lifetime {
  readonly blockhash: Blockhash;
  readonly lastValidBlockHeight: bigint;
}

export interface ChainAccount {
  readonly owner: Address;
  readonly lamports: bigint;
  readonly executable: boolean;
  readonly data: Uint8Array;
}

export interface Outcome {
  readonly slot: bigint;
  /** Null: it succeeded. */
  readonly error: string | null;
}

export interface Chain {
  /** Names the chain: a buffer of one is not taken for that of another. */
  genesisHash(): Promise<string>;
  latest(): Promise<Lifetime>;
  blockHeight(): Promise<bigint>;
  slot(): Promise<bigint>;
  /**
   * Resolves once the network has it, with "expired" when its blockhash is too old to be taken. Throws a ProgramError when the
   * network refuses the transaction.
   */
  send(transaction: Transaction, options: { readonly preflight: boolean }): Promise<"sent" | "expired">;
  /** In the order of the signatures; null: not there (yet). */
  outcomes(signatures: readonly Signature[]): Promise<(Outcome | null)[]>;
  /** Logs of a transaction that has landed. */
  logs(signature: Signature): Promise<readonly string[]>;
  account(address: Address): Promise<ChainAccount | null>;
  rentExempt(dataLength: number): Promise<bigint>;
  sleep(ms: number): Promise<void>;
}
