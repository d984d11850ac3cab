/** Addresses that the Token program compares with (its source: pinocchio/interface/src/{lib,native_mint}.rs, state/account.rs). */
import { WK_RENT, WK_SYSTEM, WK_TOKEN, wellKnownKey } from "../../../transaction/well-known";

export const KEY_TOKEN: usize = wellKnownKey(WK_TOKEN);
export const KEY_SYSTEM: usize = wellKnownKey(WK_SYSTEM);
export const KEY_RENT: usize = wellKnownKey(WK_RENT);

/** TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb */
export const KEY_TOKEN_2022: usize = memory.data<u8>([
  6, 221, 246, 225, 238, 117, 143, 222, 24, 66, 93, 188, 228, 108, 205, 218, 182, 26, 252, 77, 131, 185, 13, 39, 254, 189,
  249, 40, 216, 161, 139, 252,
], 8);
/** So11111111111111111111111111111111111111112 */
export const KEY_NATIVE_MINT: usize = memory.data<u8>([
  6, 155, 136, 87, 254, 171, 129, 132, 251, 104, 127, 99, 70, 24, 192, 53, 218, 196, 57, 220, 26, 235, 59, 85, 152, 160,
  240, 0, 0, 0, 0, 1,
], 8);
/** 1nc1nerator11111111111111111111111111111111 */
export const KEY_INCINERATOR: usize = memory.data<u8>([
  0, 51, 144, 114, 141, 52, 17, 96, 121, 189, 201, 17, 191, 255, 0, 219, 212, 77, 46, 205, 204, 247, 156, 166, 225, 0, 56,
  225, 0, 0, 0, 0,
], 8);
