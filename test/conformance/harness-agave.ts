/** Agave's runtime (litesvm, without signature checks), its answers in the words of docs/interfaces.md. */
import {
  Account,
  Clock,
  EpochSchedule,
  type FailedTransactionMetadata,
  LiteSvm,
  type TransactionMetadata,
} from "litesvm/dist/internal.js";
import {
  INSTRUCTION_ERRORS,
  type InstructionErrorJson,
  TRANSACTION_ERRORS,
  type TransactionErrorJson,
  type TransactionErrorName,
} from "../../shared/errors/transaction-error.ts";
import { SLOTS_PER_EPOCH } from "../../shared/protocol/limits.ts";
import type { AccountState } from "./harness-result.ts";

export interface AgaveInner {
  outerIndex: number;
  stackHeight: number;
  programIdIndex: number;
  accounts: number[];
  data: Uint8Array;
}

export interface AgaveResult {
  error: TransactionErrorJson | null;
  logs: string[];
  computeUnits: number;
  returnData: { programId: Uint8Array; data: Uint8Array } | null;
  inner: AgaveInner[];
}

/** litesvm numbers the errors without fields by themselves, in Agave's order but for one pair (TransactionErrorFieldless). */
const SWAPPED: Record<string, TransactionErrorName> = {
  InvalidLoadedAccountsDataSizeLimit: "ResanitizationNeeded",
  ResanitizationNeeded: "InvalidLoadedAccountsDataSizeLimit",
};
const FIELDLESS = TRANSACTION_ERRORS.filter(
  (name) =>
    !["Ok", "InstructionError", "DuplicateInstruction", "InsufficientFundsForRent"].includes(name) &&
    name !== "ProgramExecutionTemporarilyRestricted",
);
const FIELDLESS_INSTRUCTION = [
  ...INSTRUCTION_ERRORS.filter((name) => name !== "Custom" && name !== "BorshIoError"),
  "BorshIoError" as const,
];

function instructionError(error: unknown): InstructionErrorJson {
  if (typeof error === "number") return FIELDLESS_INSTRUCTION[error]!;
  if (error !== null && typeof error === "object" && "code" in error) return { Custom: Number(error.code) };
  return "BorshIoError";
}

function transactionError(failed: FailedTransactionMetadata): TransactionErrorJson {
  const error = failed.err() as unknown;
  if (typeof error === "number") return SWAPPED[FIELDLESS[error]!] ?? FIELDLESS[error]!;
  const object = error as { index?: number; accountIndex?: number; err?: () => unknown };
  if (typeof object.err === "function") return { InstructionError: [object.index!, instructionError(object.err())] };
  if (object.accountIndex === undefined) return { DuplicateInstruction: object.index! };
  return { InsufficientFundsForRent: { account_index: object.accountIndex } };
}

function innerOf(meta: TransactionMetadata): AgaveInner[] {
  return meta.innerInstructions().flatMap((list, outerIndex) =>
    list.map((inner) => {
      const compiled = inner.instruction();
      return {
        outerIndex,
        stackHeight: inner.stackHeight(),
        programIdIndex: compiled.programIdIndex(),
        accounts: [...compiled.accounts()],
        data: new Uint8Array(compiled.data()),
      };
    }),
  );
}

export interface AgaveContext {
  slot: number;
  unixTimestamp: number;
  /** Newest first. */
  hashes: { slot: bigint; hash: string }[];
}

export class Agave {
  readonly svm = new LiteSvm();

  constructor() {
    this.svm.setSigverify(false);
    this.svm.setBlockhashCheck(true);
    this.svm.setTransactionHistory(0n);
    this.svm.setEpochSchedule(new EpochSchedule(BigInt(SLOTS_PER_EPOCH), BigInt(SLOTS_PER_EPOCH), false, 0n, 0n));
  }

  setContext(context: AgaveContext): void {
    const epoch = BigInt(Math.floor(context.slot / SLOTS_PER_EPOCH));
    this.svm.setClock(new Clock(BigInt(context.slot), 0n, epoch, epoch + 1n, BigInt(context.unixTimestamp)));
    this.svm.setSlotHashes(context.hashes.map(({ slot, hash }) => ({ slot, hash })));
  }

  account(key: Uint8Array): AccountState | null {
    const account = this.svm.getAccount(key);
    // An account without lamports does not exist; litesvm may still hold it.
    if (account === null || account.lamports() === 0n) return null;
    return {
      lamports: account.lamports(),
      owner: new Uint8Array(account.owner()),
      data: new Uint8Array(account.data()),
      executable: account.executable(),
      rentEpoch: account.rentEpoch(),
    };
  }

  setAccount(key: Uint8Array, account: AccountState): void {
    const { lamports, data, owner, executable, rentEpoch } = account;
    this.svm.setAccount(key, new Account(lamports, data, owner, executable, rentEpoch));
  }

  send(wire: Uint8Array): AgaveResult {
    const answer = this.svm.sendVersionedTransaction(wire);
    const failed = "err" in answer;
    const meta = failed ? answer.meta() : answer;
    const returned = meta.returnData();
    const data = new Uint8Array(returned.data());
    return {
      error: failed ? transactionError(answer) : null,
      logs: meta.logs(),
      computeUnits: Number(meta.computeUnitsConsumed()),
      returnData: data.length ? { programId: new Uint8Array(returned.programId()), data } : null,
      inner: innerOf(meta),
    };
  }
}
