/**
 * Why a wire transaction was refused: the numbers of shared/errors/codes.ts (range 1000..1099), returned negated. Append-only.
 *
 * Codes up to 1049 say that the bytes are no transaction (Agave answers "failed to deserialize"); from 1050 on they are one that
 * must not run (Agave: TransactionError SanitizeFailure, AccountLoadedTwice, TooManyAccountLocks).
 */
export const PARSE_TOO_LARGE: i32 = 1001;
export const PARSE_TRUNCATED: i32 = 1002;
export const PARSE_TRAILING_BYTES: i32 = 1003;
export const PARSE_COMPACT_LENGTH: i32 = 1004;
export const PARSE_UNSUPPORTED_VERSION: i32 = 1005;
/** A batch whose own lengths do not add up: the rest of it is not looked at. */
export const PARSE_BATCH: i32 = 1006;
/** Version 1: a bit of the config mask that means nothing yet, or one of the two bits of the priority fee without the other. */
export const PARSE_CONFIG_MASK: i32 = 1007;

export const SANITIZE_SIGNATURE_COUNT: i32 = 1050;
export const SANITIZE_HEADER_OVERLAP: i32 = 1051;
export const SANITIZE_PAYER_NOT_WRITABLE: i32 = 1052;
export const SANITIZE_PROGRAM_INDEX: i32 = 1053;
export const SANITIZE_PROGRAM_IS_PAYER: i32 = 1054;
export const SANITIZE_ACCOUNT_INDEX: i32 = 1055;
export const SANITIZE_EMPTY_LOOKUP: i32 = 1056;
export const SANITIZE_TOO_MANY_ACCOUNTS: i32 = 1057;
export const SANITIZE_TOO_MANY_INSTRUCTIONS: i32 = 1058;
export const SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS: i32 = 1059;
export const SANITIZE_ACCOUNT_LOADED_TWICE: i32 = 1060;
export const SANITIZE_TOO_MANY_ACCOUNT_LOCKS: i32 = 1061;
export const SANITIZE_TOO_MANY_SIGNATURES: i32 = 1062;
/** Version 1 counts a repeated address and a 65th one as no sound message; for the others they are locks that cannot be taken. */
export const SANITIZE_REPEATED_ADDRESS: i32 = 1063;
export const SANITIZE_TOO_MANY_ADDRESSES: i32 = 1064;
export const SANITIZE_HEAP_SIZE: i32 = 1065;
