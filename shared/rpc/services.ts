/**
 * What the RPC layer needs from the WASM module: parsing, signatures, simulation and the accounts that every instance knows.
 * Bound to a WasmInstance in wasm-services.ts, to a twin in tests.
 */

import type { TransactionErrorCode } from "../errors/transaction-error.ts";
import type { Account } from "../state/accounts.ts";
import type { LoadedAccount } from "../state/stubs.ts";

export interface Simulation {
  /** One result (docs/interfaces.md section 4) with detail. */
  readonly result: Uint8Array;
  /** Account list (section 5): the accounts after it. Empty when only the result is wanted. */
  readonly accounts: Uint8Array;
  /** The instructions and the calls between programs in the order in which they began, if asked for. */
  readonly profile: readonly ProfiledInstruction[];
}

export interface ProfiledInstruction {
  /** Instruction of the transaction that it is, or is called by. */
  readonly outer: number;
  /** 1: the transaction's own. */
  readonly stackHeight: number;
  /** Index among the transaction's accounts. */
  readonly program: number;
  readonly failed: boolean;
  /** Compute units left when it began and when it ended. */
  readonly unitsBefore: bigint;
  readonly unitsAfter: bigint;
}

export interface SimulationOptions {
  readonly skipBlockhashCheck?: boolean;
  /** The accounts after it are not wanted. */
  readonly resultOnly?: boolean;
  readonly profile?: boolean;
}

export type Parsed =
  | { readonly ok: true; readonly record: Uint8Array }
  /** Positive code of wasm/transaction/errors.ts. */
  | { readonly ok: false; readonly code: number };

export interface RpcServices {
  /** A wire transaction -> a record without loaded addresses. */
  parse(wire: Uint8Array): Parsed;
  /** Whether all signatures of the record are good; the record with its verified flag set, or null. */
  verify(record: Uint8Array): Uint8Array | null;
  /** Whether the signatures are good of a record whose accounts perhaps cannot be locked. */
  isSigned(record: Uint8Array): boolean;
  /** After its lookups are resolved: TooManyAccountLocks or AccountLoadedTwice, or null. */
  checkLocks(record: Uint8Array): TransactionErrorCode | null;
  /** Executes a resolved record on `accounts` in the slot context, behind which its epoch record may be (Head.context). */
  simulate(
    context: Uint8Array,
    accounts: readonly LoadedAccount[],
    record: Uint8Array,
    options?: SimulationOptions,
  ): Simulation;
  /** Keeps data (512 bytes to 10 MiB) for simulations as long as there is room; their BLAKE3 hash. */
  keepCode(data: Uint8Array): Uint8Array;
  /** The sysvars and native programs among `keys` in that context (Head.sysvars); null for every other key. */
  wellKnown(context: Uint8Array, keys: readonly Uint8Array[]): (Account | null)[];
  /** For which of the keys `wellKnown` has an account: the same in every context of a network. */
  areWellKnown(context: Uint8Array, keys: readonly Uint8Array[]): boolean[];
}
