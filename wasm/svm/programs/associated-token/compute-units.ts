/**
 * Compute units of the Associated Token program outside of its calls (the real one is sBPF), measured with litesvm 1.5 (ELF 1.1.1): exact where an
 * account is created or is there already and for RecoverNested of two different mints, a fixed number for each kind of error otherwise. The
 * 1,500 units for every bump tried come on top (address.ts).
 */
/** Until the instruction is known; without data 30 less. */
export const START: u64 = 1_000;
export const START_WITHOUT_DATA: u64 = 970;
export const BAD_INSTRUCTION: u64 = 842;
export const TOO_FEW_ACCOUNTS: u64 = 606;
export const ADDRESS_DIFFERS: u64 = 1_088;

// Create
export const IDEMPOTENT: u64 = 8;
export const EXISTING: u64 = 1_929;
export const OWNER_DIFFERS: u64 = 2_486;
export const MINT_DIFFERS: u64 = 1_939;
export const NOT_SYSTEM: u64 = 1_058;
export const BEFORE_SIZE: u64 = 1_975;
export const BEFORE_CREATE: u64 = 1_434;
export const BEFORE_TRANSFER: u64 = 923;
export const BEFORE_ALLOCATE: u64 = 700;
export const BEFORE_ALLOCATE_FUNDED: u64 = 973;
export const BEFORE_ASSIGN: u64 = 700;
export const BEFORE_IMMUTABLE: u64 = 1_434;
export const BEFORE_INITIALIZE: u64 = 1_480;
export const AFTER_INITIALIZE: u64 = 304;

// RecoverNested
export const REFUSED: u64 = 2_000;
export const BEFORE_RECOVER: u64 = 7_136;
export const BEFORE_CLOSE: u64 = 1_893;
export const AFTER_CLOSE: u64 = 338;
