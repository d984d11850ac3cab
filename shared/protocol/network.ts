/** The configuration of a network as its workers get it, in the variable NETWORK. */
import * as z from "zod";
import { DEFAULT_FAUCET_LIMITS } from "../faucet/limits.ts";
import { MAX_GENERATION_BYTES, MAX_INDEX_BYTES } from "../ledger/ledger-shape.ts";
import { normalHost } from "../rpc/access.ts";
import { decodeBase58 } from "../rpc/base58.ts";
import { BLOCK_LIMIT_RANGES, type BlockLimits, DEFAULT_BLOCK_LIMITS } from "./block-limits.ts";
import { ALL_REAL_PROGRAMS } from "./real-programs.ts";

const address = z
  .string()
  .transform((text) => decodeBase58(text) ?? new Uint8Array(0))
  .refine((bytes) => bytes.length === 32, "not a base58 string of 32 bytes");

const lamports = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt)
  .refine((value) => value < 1n << 64n, "more than a u64 holds");

const bytes = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** shared/ledger/ledger-shape.ts. Can be changed while the network stands still; absent: everything is kept. */
const ledgerSchema = z.object({
  keepBytes: bytes.optional(),
  keepSeconds: z.number().int().min(1).max(4_000_000_000).optional(),
  generationBytes: bytes.max(MAX_GENERATION_BYTES).optional(),
  indexBytes: bytes.max(MAX_INDEX_BYTES).optional(),
  /** Of a network that begins: a power of two. */
  indexPartitions: z.union([1, 2, 4, 8, 16, 32, 64].map((count) => z.literal(count))).optional(),
});
const limit = (name: keyof BlockLimits) => {
  const [least, most] = BLOCK_LIMIT_RANGES[name];
  return z.number().int().min(least).max(most);
};

/** Lamports, or null for no limit. */
const cap = (usual: bigint | null) => lamports.nullable().default(usual);

/** shared/faucet/limits.ts. Can be changed at any time. */
const faucetSchema = z.object({
  perCall: cap(DEFAULT_FAUCET_LIMITS.perCall),
  perAddress: cap(DEFAULT_FAUCET_LIMITS.perAddress),
  inAll: cap(DEFAULT_FAUCET_LIMITS.inAll),
  seconds: z.number().int().min(1).max(1_000_000_000).default(DEFAULT_FAUCET_LIMITS.seconds),
});

/** shared/rpc/access.ts. Can be changed at any time. */
const accessSchema = z.object({
  hosts: z
    .array(z.string().refine((host) => normalHost(host) !== null, "not a name or address without a port"))
    .max(64)
    .default([]),
  origins: z.array(z.string().min(1).max(300)).max(64).default([]),
});

const networkSchema = z.object({
  genesisHash: address,
  shardCount: z.number().int().min(1).max(64),
  slotMs: z.number().int().min(1).max(60_000),
  lanes: z.number().int().min(1).max(256),
  identity: address,
  /** The faucet's secret key, 64 bytes as Solana's key files have it, base58 or a byte array. Absent: no faucet. */
  faucetSecret: z
    .union([z.array(z.number().int().min(0).max(255)).length(64), z.string()])
    .transform((value) =>
      typeof value === "string" ? (decodeBase58(value) ?? new Uint8Array(0)) : Uint8Array.from(value),
    )
    .refine((bytes) => bytes.length === 64, "not a secret key of 64 bytes")
    .optional(),
  /** How much the faucet gives. Absent: the usual limits. */
  faucetLimits: faucetSchema.default(DEFAULT_FAUCET_LIMITS),
  /** Names of the network and pages that may use faucet and development methods. Absent: on this machine only. */
  access: accessSchema.default({ hosts: [], origins: [] }),
  /** Unix seconds. */
  genesisTimestamp: z.number().int().min(0),
  /** Limits of a block. The genesis hash commits to them. Absent: the usual ones. */
  blockLimits: z
    .object({
      transactions: limit("transactions"),
      bytes: limit("bytes"),
      cost: limit("cost"),
      accountCost: limit("accountCost"),
      accountBytes: limit("accountBytes"),
    })
    .default(DEFAULT_BLOCK_LIMITS),
  genesisAccounts: z.array(z.object({ address, lamports })),
  /** SHA-256 of the account list in the binding GENESIS. Absent: there is none. */
  genesisAccountsHash: address.optional(),
  /** A network for development: its clock can be set and its accounts changed by decree. Needs a faucet. */
  dev: z.boolean().optional(),
  ledger: ledgerSchema.optional(),
  /** Flags of the programs that run from their real ELFs (real-programs.ts). Absent: none. */
  realPrograms: z.number().int().min(0).max(ALL_REAL_PROGRAMS).optional(),
});

export type Network = z.output<typeof networkSchema>;

/** Reads the variable NETWORK: JSON text or the object itself. Throws an Error that says which field is wrong. */
export function parseNetwork(variable: unknown): Network {
  const result = networkSchema.safeParse(typeof variable === "string" ? JSON.parse(variable) : variable);
  if (!result.success) throw new Error(`variable NETWORK: ${z.prettifyError(result.error)}`);
  return result.data;
}
