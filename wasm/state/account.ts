/** In-memory and encoded accounts (docs/interfaces.md section 5): their layouts, and the states of a record in the store. */
export * from "../layouts/account";

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
