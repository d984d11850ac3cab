/** In-memory layout of an account record: a fixed header; the data live in a heap block of their own so that they can grow. */
export const ACC_KEY: usize = 0;
export const ACC_OWNER: usize = 32;
/** u64 */
export const ACC_LAMPORTS: usize = 64;
/** u64 */
export const ACC_RENT_EPOCH: usize = 72;
/** u32 */
export const ACC_DATA_LEN: usize = 80;
/** u32: bytes of the heap block at ACC_DATA, 0 when there is none */
export const ACC_DATA_CAP: usize = 84;
/** u32 pointer */
export const ACC_DATA: usize = 88;
/** u8: bit 0 executable */
export const ACC_FLAGS: usize = 92;
/** u64: the slot in which the account was last changed */
export const ACC_MODIFIED: usize = 96;
/** 24 bytes that belong to the store */
export const ACC_STORE: usize = 104;
export const ACC_SIZE: u32 = 128;

export const ACC_FLAG_EXECUTABLE: u8 = 1;

/** Header of an encoded account (loans, log rows, checkpoints, reads): see docs/interfaces.md section 5. */
export const ENC_KEY: usize = 0;
export const ENC_OWNER: usize = 32;
export const ENC_LAMPORTS: usize = 64;
export const ENC_RENT_EPOCH: usize = 72;
export const ENC_DATA_LEN: usize = 80;
export const ENC_EXECUTABLE: usize = 84;
export const ENC_HEADER: u32 = 88;
