/** Instructions of the Associated Token Account program (one byte, Borsh); no data at all means Create. */
export const CREATE: u32 = 0;
export const CREATE_IDEMPOTENT: u32 = 1;
export const RECOVER_NESTED: u32 = 2;

/** Custom errors. */
export const INVALID_OWNER: u32 = 0;
