/** Compute units between the calls of the Address Lookup Table program (the real one is sBPF): measured with litesvm 1.5 on the usual paths. */
export const ERROR: u64 = 1500;
export const CREATE_TO_TRANSFER: u64 = 1000;
export const CREATE_FUNDED: u64 = 1000;
export const CREATE_TO_ALLOCATE: u64 = 1000;
export const CREATE_TO_ASSIGN: u64 = 1000;
export const CREATE_END: u64 = 1000;
export const CREATE_EXISTING: u64 = 1000;
export const FREEZE: u64 = 1500;
export const EXTEND_TO_TRANSFER: u64 = 1000;
export const EXTEND_EACH: u64 = 100;
export const EXTEND_END: u64 = 100;
export const EXTEND_FUNDED: u64 = 100;
export const DEACTIVATE: u64 = 1500;
export const CLOSE: u64 = 2200;
