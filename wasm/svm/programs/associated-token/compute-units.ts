/**
 * Compute units between the calls of the Associated Token program (the real one is sBPF): measured with litesvm 1.5 on the usual paths.
 */
export const START: u64 = 1000;
export const ADDRESS_DIFFERS: u64 = 100;
export const OWNER_DIFFERS: u64 = 100;
export const EXISTING: u64 = 0;
export const NOT_SYSTEM: u64 = 0;
export const BEFORE_SIZE: u64 = 1000;
export const BEFORE_CREATE: u64 = 1000;
export const BEFORE_TRANSFER: u64 = 1000;
export const BEFORE_ALLOCATE: u64 = 1000;
export const BEFORE_ALLOCATE_FUNDED: u64 = 1000;
export const BEFORE_ASSIGN: u64 = 1000;
export const BEFORE_IMMUTABLE: u64 = 1000;
export const BEFORE_INITIALIZE: u64 = 1000;
export const AFTER_INITIALIZE: u64 = 100;
export const REFUSED: u64 = 100;
export const BEFORE_RECOVER: u64 = 1000;
export const BEFORE_CLOSE: u64 = 1000;
export const AFTER_CLOSE: u64 = 100;
