/** SystemError (solana-sdk system-interface/src/error.rs): custom codes. */
export const SYSTEM_ACCOUNT_ALREADY_IN_USE: u32 = 0;
export const SYSTEM_RESULT_WITH_NEGATIVE_LAMPORTS: u32 = 1;
export const SYSTEM_INVALID_ACCOUNT_DATA_LENGTH: u32 = 3;
export const SYSTEM_ADDRESS_WITH_SEED_MISMATCH: u32 = 5;
export const SYSTEM_NONCE_NO_RECENT_BLOCKHASHES: u32 = 6;
export const SYSTEM_NONCE_BLOCKHASH_NOT_EXPIRED: u32 = 7;

/** AddressError (solana-sdk address/src/error.rs): the program hands these numbers on as custom codes of its own. */
export const ADDRESS_MAX_SEED_LENGTH_EXCEEDED: u32 = 0;
export const ADDRESS_ILLEGAL_OWNER: u32 = 2;
