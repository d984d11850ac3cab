/** Layout of SPL Token's mint and account (program/src/state.rs), as far as native code reads it. */

export const MINT_SIZE: u32 = 82;
export const MINT_DECIMALS: usize = 44;
export const MINT_INITIALIZED: usize = 45;
export const ACCOUNT_SIZE: u32 = 165;
export const ACCOUNT_MINT: usize = 0;
export const ACCOUNT_OWNER: usize = 32;
export const ACCOUNT_AMOUNT: usize = 64;
export const ACCOUNT_HAS_DELEGATE: usize = 72; // u32
export const ACCOUNT_STATE: usize = 108;
export const ACCOUNT_IS_NATIVE: usize = 109; // u32
export const ACCOUNT_HAS_CLOSE_AUTHORITY: usize = 129; // u32
export const STATE_INITIALIZED: u8 = 1;
