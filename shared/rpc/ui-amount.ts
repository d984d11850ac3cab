/** UiTokenAmount of Agave's account-decoder (parse_token.rs). */
import { Float, type Json } from "./json.ts";

/** 10^19 is the largest power of ten in a u64; beyond it Agave gives no number. */
const MAX_DIVISOR_EXPONENT = 19;

export function uiAmountString(amount: bigint, decimals: number): string {
  if (decimals === 0) return String(amount);
  const digits = String(amount).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

export function uiTokenAmount(amount: bigint, decimals: number): { readonly [key: string]: Json } {
  return {
    uiAmount: decimals > MAX_DIVISOR_EXPONENT ? null : new Float(Number(amount) / 10 ** decimals),
    decimals,
    amount: String(amount),
    uiAmountString: uiAmountString(amount, decimals),
  };
}
