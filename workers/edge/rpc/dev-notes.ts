/** Names and forms of the notes of a development network (dev-method.ts). */
import * as z from "zod";
import { U64_MAX } from "../../../shared/rpc/params.ts";

/** Methods that are switched off. */
export const DISABLED = "disabled methods";
export const disabledNote = z.object({ lockout: z.boolean(), methods: z.array(z.string()) });

const lamports = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt)
  .refine((value) => value <= U64_MAX);

/** What getSupply answers; what is absent is as it is. */
export const SUPPLY = "supply";
export const supplyNote = z.object({
  total: lamports.optional(),
  circulating: lamports.optional(),
  nonCirculating: lamports.optional(),
  nonCirculatingAccounts: z.array(z.string()).optional(),
});

/** Ascending by slot. */
export const idlName = (address: string): string => `IDL of ${address}`;
export const idlNote = z.array(z.object({ slot: z.string(), idl: z.string() }));
