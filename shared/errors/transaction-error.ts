/**
 * TransactionError and InstructionError between their numbers (wasm/svm/errors.ts, section 4 of docs/interfaces.md) and the JSON
 * that Agave's RPC shows. Order and names: solana-transaction-error 3.x and solana-instruction-error 2.x, append-only.
 */

import { ErrorCode } from "./codes.ts";

/** Name at number n; number 0 is success. */
export const TRANSACTION_ERRORS = [
  "Ok",
  "AccountInUse",
  "AccountLoadedTwice",
  "AccountNotFound",
  "ProgramAccountNotFound",
  "InsufficientFundsForFee",
  "InvalidAccountForFee",
  "AlreadyProcessed",
  "BlockhashNotFound",
  "InstructionError",
  "CallChainTooDeep",
  "MissingSignatureForFee",
  "InvalidAccountIndex",
  "SignatureFailure",
  "InvalidProgramForExecution",
  "SanitizeFailure",
  "ClusterMaintenance",
  "AccountBorrowOutstanding",
  "WouldExceedMaxBlockCostLimit",
  "UnsupportedVersion",
  "InvalidWritableAccount",
  "WouldExceedMaxAccountCostLimit",
  "WouldExceedAccountDataBlockLimit",
  "TooManyAccountLocks",
  "AddressLookupTableNotFound",
  "InvalidAddressLookupTableOwner",
  "InvalidAddressLookupTableData",
  "InvalidAddressLookupTableIndex",
  "InvalidRentPayingAccount",
  "WouldExceedMaxVoteCostLimit",
  "WouldExceedAccountDataTotalLimit",
  "DuplicateInstruction",
  "InsufficientFundsForRent",
  "MaxLoadedAccountsDataSizeExceeded",
  "InvalidLoadedAccountsDataSizeLimit",
  "ResanitizationNeeded",
  "ProgramExecutionTemporarilyRestricted",
  "UnbalancedTransaction",
  "ProgramCacheHitMaxLimit",
  "CommitCancelled",
] as const;
/**
 * Beyond Agave's: the transaction was put off, because the programdata of one of its programs was not brought along; it runs in a later
 * block. No client sees it. The result's byte 10 is the index of the program's account.
 */
export const TX_DEFERRED = 200;
/** AlreadyProcessed: the message has landed in an earlier place. */
export const TX_ALREADY_PROCESSED = 7;
export type TransactionErrorName = (typeof TRANSACTION_ERRORS)[number];

/** Name of variant n (0-based, as in the enum; the runtime's i32 is variant + 1). */
export const INSTRUCTION_ERRORS = [
  "GenericError",
  "InvalidArgument",
  "InvalidInstructionData",
  "InvalidAccountData",
  "AccountDataTooSmall",
  "InsufficientFunds",
  "IncorrectProgramId",
  "MissingRequiredSignature",
  "AccountAlreadyInitialized",
  "UninitializedAccount",
  "UnbalancedInstruction",
  "ModifiedProgramId",
  "ExternalAccountLamportSpend",
  "ExternalAccountDataModified",
  "ReadonlyLamportChange",
  "ReadonlyDataModified",
  "DuplicateAccountIndex",
  "ExecutableModified",
  "RentEpochModified",
  "NotEnoughAccountKeys",
  "AccountDataSizeChanged",
  "AccountNotExecutable",
  "AccountBorrowFailed",
  "AccountBorrowOutstanding",
  "DuplicateAccountOutOfSync",
  "Custom",
  "InvalidError",
  "ExecutableDataModified",
  "ExecutableLamportChange",
  "ExecutableAccountNotRentExempt",
  "UnsupportedProgramId",
  "CallDepth",
  "MissingAccount",
  "ReentrancyNotAllowed",
  "MaxSeedLengthExceeded",
  "InvalidSeeds",
  "InvalidRealloc",
  "ComputationalBudgetExceeded",
  "PrivilegeEscalation",
  "ProgramEnvironmentSetupFailure",
  "ProgramFailedToComplete",
  "ProgramFailedToCompile",
  "Immutable",
  "IncorrectAuthority",
  "BorshIoError",
  "AccountNotRentExempt",
  "InvalidAccountOwner",
  "ArithmeticOverflow",
  "UnsupportedSysvar",
  "IllegalOwner",
  "MaxAccountsDataAllocationsExceeded",
  "MaxAccountsExceeded",
  "MaxInstructionTraceLengthExceeded",
  "BuiltinProgramsMustConsumeComputeUnits",
] as const;
export type InstructionErrorName = (typeof INSTRUCTION_ERRORS)[number];

export const INSTRUCTION_ERROR_CUSTOM = INSTRUCTION_ERRORS.indexOf("Custom");
const INSTRUCTION_ERROR = TRANSACTION_ERRORS.indexOf("InstructionError");
const DUPLICATE_INSTRUCTION = TRANSACTION_ERRORS.indexOf("DuplicateInstruction");
const WITH_ACCOUNT_INDEX: ReadonlySet<number> = new Set([
  TRANSACTION_ERRORS.indexOf("InsufficientFundsForRent"),
  TRANSACTION_ERRORS.indexOf("ProgramExecutionTemporarilyRestricted"),
]);

/** The error fields of a result (section 4). */
export interface TransactionErrorCode {
  /** Number of the TransactionError; 0 is success. */
  readonly txError: number;
  /** Instruction or account index, 0 where the error has none. */
  readonly errorIndex: number;
  /** 0-based variant of the InstructionError. */
  readonly instructionError: number;
  readonly customCode: number;
}

export type InstructionErrorJson = InstructionErrorName | { readonly Custom: number };
export type TransactionErrorJson =
  | TransactionErrorName
  | { readonly InstructionError: readonly [number, InstructionErrorJson] }
  | { readonly DuplicateInstruction: number }
  | { readonly InsufficientFundsForRent: { readonly account_index: number } }
  | { readonly ProgramExecutionTemporarilyRestricted: { readonly account_index: number } };

/** As Agave's RPC shows it; null for success. */
export function transactionErrorToJson(error: TransactionErrorCode): TransactionErrorJson | null {
  const name = TRANSACTION_ERRORS[error.txError];
  if (name === undefined) throw new RangeError(`no transaction error ${error.txError}`);
  if (error.txError === 0) return null;
  if (error.txError === INSTRUCTION_ERROR) {
    const variant = INSTRUCTION_ERRORS[error.instructionError];
    if (variant === undefined) throw new RangeError(`no instruction error ${error.instructionError}`);
    return { InstructionError: [error.errorIndex, variant === "Custom" ? { Custom: error.customCode } : variant] };
  }
  if (error.txError === DUPLICATE_INSTRUCTION) return { DuplicateInstruction: error.errorIndex };
  if (WITH_ACCOUNT_INDEX.has(error.txError)) {
    return { [name]: { account_index: error.errorIndex } } as unknown as TransactionErrorJson;
  }
  return name;
}

const plain = (txError: number, errorIndex = 0): TransactionErrorCode => ({
  txError,
  errorIndex,
  instructionError: 0,
  customCode: 0,
});

function numberOf(name: string): number {
  const txError = (TRANSACTION_ERRORS as readonly string[]).indexOf(name);
  if (txError < 1) throw new RangeError(`no transaction error ${name}`);
  return txError;
}

/** The inverse of transactionErrorToJson; throws RangeError for anything else. */
export function transactionErrorFromJson(json: TransactionErrorJson | null): TransactionErrorCode {
  if (json === null) return plain(0);
  if (typeof json === "string") return plain(numberOf(json));
  if ("InstructionError" in json) {
    const [errorIndex, error] = json.InstructionError;
    const variant = typeof error === "string" ? error : "Custom";
    const instructionError = (INSTRUCTION_ERRORS as readonly string[]).indexOf(variant);
    if (instructionError < 0) throw new RangeError(`no instruction error ${variant}`);
    const customCode = typeof error === "string" ? 0 : error.Custom;
    return { txError: INSTRUCTION_ERROR, errorIndex, instructionError, customCode };
  }
  if ("DuplicateInstruction" in json) return plain(DUPLICATE_INSTRUCTION, json.DuplicateInstruction);
  const [name, value] = Object.entries(json)[0] as [string, { account_index: number }];
  return plain(numberOf(name), value.account_index);
}

/** The error that a record's budgetError stands for (section 2): it is answered before anything runs. */
export function budgetErrorToCode(budgetError: number): TransactionErrorCode {
  const txError = budgetError & 0xff;
  const errorIndex = budgetError >>> 8;
  const instructionError = txError === INSTRUCTION_ERROR ? INSTRUCTION_ERRORS.indexOf("InvalidInstructionData") : 0;
  return { txError, errorIndex, instructionError, customCode: 0 };
}

/** What Agave answers for a transaction that does not pass sanitising (codes 1050..1099 of codes.ts, negated or not). */
export function sanitizeErrorToCode(code: number): TransactionErrorCode {
  const positive = Math.abs(code);
  if (positive === ErrorCode.SANITIZE_ACCOUNT_LOADED_TWICE) return plain(numberOf("AccountLoadedTwice"));
  if (positive === ErrorCode.SANITIZE_TOO_MANY_ACCOUNT_LOCKS) return plain(numberOf("TooManyAccountLocks"));
  return plain(numberOf("SanitizeFailure"));
}
