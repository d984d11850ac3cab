/**
 * UiTokenAmount of Agave's account-decoder (parse_token.rs). Floats are exact: what the Token-2022 program itself answers to
 * AmountToUiAmount (spl-token-2022, extension/{interest_bearing_mint,scaled_ui_amount}/mod.rs), digit for digit.
 */
import { formatFixed } from "./float-text.ts";
import { Float, type Json } from "./json.ts";

/** 10^19 is the largest power of ten in a u64; beyond it Agave gives no number. */
const MAX_DIVISOR_EXPONENT = 19;
const SECONDS_PER_YEAR = 31_556_736;
const ONE_IN_BASIS_POINTS = 10_000;
const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

/** Interest compounds continuously; rates in basis points a year, times in seconds since 1970. */
export interface InterestBearing {
  readonly initializationTimestamp: bigint;
  readonly preUpdateAverageRate: number;
  readonly lastUpdateTimestamp: bigint;
  readonly currentRate: number;
}

export interface ScaledUiAmount {
  readonly multiplier: number;
  /** From this second on `newMultiplier` holds. */
  readonly newMultiplierEffectiveTimestamp: bigint;
  readonly newMultiplier: number;
}

/** What showing an amount needs from its mint, as of `unixTimestamp` (seconds, of the Clock of the slot that was read). */
export interface MintScale {
  readonly decimals: number;
  readonly interestBearing?: InterestBearing | undefined;
  readonly scaledUiAmount?: ScaledUiAmount | undefined;
  readonly unixTimestamp: bigint;
}

export function uiAmountString(amount: bigint, decimals: number): string {
  if (decimals === 0) return String(amount);
  const digits = String(amount).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** By repeated squaring, in the order of num_traits::pow: from 10^23 on the order decides the last bits. */
function powerOfTen(exponent: number): number {
  if (exponent === 0) return 1;
  let base = 10;
  let rest = exponent;
  for (; rest % 2 === 0; rest /= 2) base *= base;
  let power = base;
  while (rest > 1) {
    rest = Math.floor(rest / 2);
    base *= base;
    if (rest % 2 === 1) power *= base;
  }
  return power;
}

/** Growth over a span at a rate. `null`: the span is no i64. */
function growth(rate: number, from: bigint, to: bigint): number | null {
  const span = to - from;
  if (span < I64_MIN || span > I64_MAX) return null;
  return Math.exp(Number(BigInt(rate) * span) / SECONDS_PER_YEAR / ONE_IN_BASIS_POINTS);
}

function withInterest(amount: bigint, config: InterestBearing, scale: MintScale): number | null {
  const before = growth(config.preUpdateAverageRate, config.initializationTimestamp, config.lastUpdateTimestamp);
  const after = growth(config.currentRate, config.lastUpdateTimestamp, scale.unixTimestamp);
  if (before === null || after === null) return null;
  return Number(amount) * ((before * after) / powerOfTen(scale.decimals));
}

function withMultiplier(amount: bigint, config: ScaledUiAmount, scale: MintScale): number {
  const isNew = scale.unixTimestamp >= config.newMultiplierEffectiveTimestamp;
  const multiplier = isNew ? config.newMultiplier : config.multiplier;
  return Math.trunc(Number(amount) * multiplier) / powerOfTen(scale.decimals);
}

function shown(value: number | null, decimals: number): { number: Json; text: string } {
  if (value === null) return { number: null, text: "" };
  const digits = formatFixed(value, decimals);
  const text = decimals === 0 ? digits : digits.replace(/0+$/, "").replace(/\.+$/, "");
  return { number: new Float(Number(text === "inf" || text === "-inf" ? value : text)), text };
}

/** The raw amount, as instructions and the ledger's balances are shown: without interest or multiplier. */
export function uiTokenAmount(amount: bigint, decimals: number): { readonly [key: string]: Json } {
  return {
    uiAmount: decimals > MAX_DIVISOR_EXPONENT ? null : new Float(Number(amount) / 10 ** decimals),
    decimals,
    amount: String(amount),
    uiAmountString: uiAmountString(amount, decimals),
  };
}

/** The amount as its mint wants it shown: with interest, else with the multiplier, if it has either extension. */
export function scaledTokenAmount(amount: bigint, scale: MintScale): { readonly [key: string]: Json } {
  const { decimals, interestBearing, scaledUiAmount } = scale;
  if (interestBearing === undefined && scaledUiAmount === undefined) return uiTokenAmount(amount, decimals);
  const value =
    interestBearing === undefined
      ? withMultiplier(amount, scaledUiAmount!, scale)
      : withInterest(amount, interestBearing, scale);
  const { number, text } = shown(value, decimals);
  return { uiAmount: number, decimals, amount: String(amount), uiAmountString: text };
}
