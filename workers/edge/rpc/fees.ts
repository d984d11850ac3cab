/** getRecentPrioritizationFees: what the transactions of the newest blocks paid above the base fee. */
import * as z from "zod";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { optional, text, toKey } from "../../../shared/rpc/params.ts";

/** Agave: MAX_TX_ACCOUNT_LOCKS. */
const MAX_KEYS = 128;

export const feeMethods: Methods = {
  getRecentPrioritizationFees: method([optional(z.array(text))], async (call, given) => {
    const addresses = given ?? [];
    if (addresses.length > MAX_KEYS) throw invalidParams(`Too many inputs provided; max ${MAX_KEYS}`);
    const fees = await call.backend.priorityFees(addresses.map(toKey));
    return fees.map(({ slot, price }) => ({ slot, prioritizationFee: price }));
  }),
};
