/**
 * Numbers of the errors that are neither a TransactionError nor an InstructionError (those are in transaction-error.ts). One
 * range a domain; append-only: a number is never reused and never changes its meaning. The text is in messages.ts.
 *
 *   1000..1049 the bytes are no transaction         wasm/transaction/errors.ts
 *   1050..1099 a transaction that must not run      wasm/transaction/errors.ts
 *   2000..2099 shard engine                         wasm/state/codes.ts
 *   3000..3099 planner                              wasm/scheduling/codes.ts
 *   4000..4099 HTTP answers of the edge             workers/edge/problem.ts
 *   5000..5099 what an object has stored            durable-objects/host/blob-store.ts
 *
 * An export of the WASM module returns such a number negated.
 */
export const ErrorCode = {
  PARSE_TOO_LARGE: 1001,
  PARSE_TRUNCATED: 1002,
  PARSE_TRAILING_BYTES: 1003,
  PARSE_COMPACT_LENGTH: 1004,
  PARSE_UNSUPPORTED_VERSION: 1005,
  PARSE_BATCH: 1006,
  PARSE_CONFIG_MASK: 1007,

  SANITIZE_SIGNATURE_COUNT: 1050,
  SANITIZE_HEADER_OVERLAP: 1051,
  SANITIZE_PAYER_NOT_WRITABLE: 1052,
  SANITIZE_PROGRAM_INDEX: 1053,
  SANITIZE_PROGRAM_IS_PAYER: 1054,
  SANITIZE_ACCOUNT_INDEX: 1055,
  SANITIZE_EMPTY_LOOKUP: 1056,
  SANITIZE_TOO_MANY_ACCOUNTS: 1057,
  SANITIZE_TOO_MANY_INSTRUCTIONS: 1058,
  SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS: 1059,
  SANITIZE_ACCOUNT_LOADED_TWICE: 1060,
  SANITIZE_TOO_MANY_ACCOUNT_LOCKS: 1061,
  SANITIZE_TOO_MANY_SIGNATURES: 1062,
  SANITIZE_REPEATED_ADDRESS: 1063,
  SANITIZE_TOO_MANY_ADDRESSES: 1064,
  SANITIZE_HEAP_SIZE: 1065,

  ENGINE_MALFORMED: 2001,
  ENGINE_NOT_INITIALISED: 2002,
  ENGINE_BUSY: 2003,
  ENGINE_NOT_OPEN: 2004,
  ENGINE_WRONG_SLOT: 2005,
  ENGINE_WRONG_DIGEST: 2006,
  ENGINE_WRONG_SHARD: 2007,
  ENGINE_WRONG_PREVIOUS: 2008,
  ENGINE_APPLIED: 2009,
  ENGINE_UNEXPECTED: 2010,
  ENGINE_LOANS_MISSING: 2011,
  ENGINE_NOT_EXECUTED: 2012,
  ENGINE_RETURNS_MISSING: 2013,
  ENGINE_PLAN_BROKEN: 2014,
  ENGINE_UNBALANCED: 2015,
  ENGINE_TOO_OLD: 2016,
  ENGINE_TOO_LARGE: 2017,
  ENGINE_CORRUPT: 2018,
  ENGINE_CODE_MISSING: 2019,
  ENGINE_EPOCH_MISSING: 2020,

  PLANNER_MALFORMED: 3001,
  PLANNER_NOT_INITIALISED: 3002,
  PLANNER_FULL: 3003,

  EDGE_NOT_FOUND: 4001,
  EDGE_METHOD: 4002,
  EDGE_BODY_TOO_LARGE: 4003,
  EDGE_BUSY: 4004,
  EDGE_INTERNAL: 4005,
  EDGE_UPGRADE: 4006,
  EDGE_FULL: 4007,
  EDGE_ADDRESS_FULL: 4008,
  EDGE_RANGE: 4009,
  EDGE_RANGE_TOO_LARGE: 4010,
  EDGE_FORBIDDEN: 4020,
  FAUCET_LIMIT: 4021,

  STORE_DAMAGED: 5001,
  STORE_OTHER_FORMAT: 5002,
  STORE_FULL: 5003,
} as const;

export type ErrorName = keyof typeof ErrorCode;
export type ErrorCode = (typeof ErrorCode)[ErrorName];

const NAMES = new Map<number, ErrorName>(Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorName]));

export function isErrorCode(code: number): code is ErrorCode {
  return NAMES.has(code);
}

/** Name of a code, negated or not; undefined for a number that is none. */
export function errorName(code: number): ErrorName | undefined {
  return NAMES.get(Math.abs(code));
}

/** Whether a parse error means that the bytes are no transaction at all (Agave: "failed to deserialize"). */
export function isDeserializeError(code: number): boolean {
  const positive = Math.abs(code);
  return positive >= 1000 && positive < 1050;
}
