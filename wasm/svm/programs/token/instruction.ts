/** Instruction numbers that more than one file asks for. */
export const TRANSFER: u32 = 3;
export const TRANSFER_CHECKED: u32 = 12;
export const BATCH: u32 = 255;
