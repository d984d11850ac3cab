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
/** 24 bytes that belong to the store: */
export const ACC_STORE: usize = 104;
/** u32 pointer: newest pre-image of an unstable slot (wasm/state/undo.ts) */
export const ACC_UNDO: usize = 104;
/** u32: the epoch (one per slot) in which its pre-image was kept */
export const ACC_EPOCH: usize = 108;
/** u32: place in the record pool; while free, the next free one */
export const ACC_INDEX: usize = 112;
/** u32 pointer: next in the queue of tombstones */
export const ACC_NEXT: usize = 116;
/** u8: ST_ bits */
export const ACC_STATE: usize = 120;
/** u8: 1 when it was loaded with the genesis, which every restart loads again */
export const ACC_GENESIS: usize = 121;
/** u16: virtual shard + 1, 0: not looked up yet */
export const ACC_VSHARD: usize = 122;
/** u32: the slot (its low half) in which the account was last used, 0 when it was loaded for no slot */
export const ACC_USED: usize = 124;
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
/** Bytes of data an account may have (Agave's MAX_PERMITTED_DATA_LENGTH). */
export const ACC_MAX_DATA: u32 = 10 * 1024 * 1024;

/** In the table of own accounts. */
export const ST_STORED: u8 = 1;
/** An own account that does not exist, or an account of a simulation: lives for one slot. */
export const ST_TEMPORARY: u8 = 2;
/** Borrowed from its owner for one slot. */
export const ST_LEASED: u8 = 4;
/** Not to be changed here in this slot: borrowed or lent read-only. */
export const ST_READONLY: u8 = 8;
/** Own, lent for writing: not to be used here in this slot. */
export const ST_LENT: u8 = 16;
/** Own, lent for reading. */
export const ST_SHARED: u8 = 32;
/** In the queue of tombstones. */
export const ST_QUEUED: u8 = 64;
/** In the pool's free list. */
export const ST_FREE: u8 = 128;
