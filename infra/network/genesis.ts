/** What a network is from its first moment on. The genesis hash commits to all of it. */
import { createHash, randomBytes } from "node:crypto";
import type { FaucetLimits } from "../../shared/faucet/limits.ts";
import type { LedgerSettings } from "../../shared/ledger/ledger-shape.ts";
import { type BlockLimits, DEFAULT_BLOCK_LIMITS } from "../../shared/protocol/block-limits.ts";
import { REAL_PROGRAMS, realProgramNames } from "../../shared/protocol/real-programs.ts";
import type { AccessList } from "../../shared/rpc/access.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { generateKeypair, type Keypair, readKeypair } from "./keypair.ts";

/** Version of the state folder and of the formats of everything in it. */
export const FORMAT_VERSION = 12;

/** Ingress lanes of a local network. */
const LANES = 1;

const LAMPORTS_PER_SOL = 1_000_000_000n;
/** What the faucet has, and each account of `--mint`: as solana-test-validator gives its mint address. */
export const FAUCET_LAMPORTS = 500_000_000n * LAMPORTS_PER_SOL;
/** Rent-exempt minimum of an account without data: 128 bytes of overhead, 3,480 lamports a byte-year, two years. */
const RENT_EXEMPT_LAMPORTS = 128n * 3_480n * 2n;

export interface GenesisAccount {
  readonly address: string;
  /** A decimal number: more than a JSON number can hold exactly. */
  readonly lamports: string;
}

export interface Genesis {
  readonly format: number;
  readonly shardCount: number;
  /** Limits of a block. */
  readonly blockLimits: BlockLimits;
  /** Unix seconds. */
  readonly timestamp: number;
  /** 32 random bytes, hex: no two networks have the same genesis hash, and nobody knows a network's sharding in advance. */
  readonly seed: string;
  /** Address of the builder. */
  readonly identity: string;
  /** The faucet's first. */
  readonly accounts: readonly GenesisAccount[];
  /** SHA-256 of the account list with all other accounts, base58; absent: there are none. */
  readonly accountsHash?: string;
  /** Programs that run from their real ELFs (shared/protocol/real-programs.ts), by name; absent: none. */
  readonly realPrograms?: readonly string[];
}

/** The content of a state folder's network.json. */
export interface NetworkFile {
  readonly genesisHash: string;
  readonly genesis: Genesis;
  readonly identity: Keypair;
  readonly faucet: Keypair;
}

/** SHA-256 of the genesis as JSON with its fields in this order, base58. */
export function genesisHash(genesis: Genesis): string {
  const { format, shardCount, blockLimits, timestamp, seed, identity, accounts, accountsHash, realPrograms } = genesis;
  const { transactions, bytes, cost, accountCost, accountBytes } = blockLimits;
  const limits = { transactions, bytes, cost, accountCost, accountBytes };
  const list = accounts.map(({ address, lamports }) => ({ address, lamports }));
  const before = { format, shardCount, blockLimits: limits, timestamp, seed, identity };
  const fields = { ...before, accounts: list, accountsHash, realPrograms };
  return encodeBase58(createHash("sha256").update(JSON.stringify(fields)).digest());
}

/** Of an account list. */
export function accountsHash(list: Uint8Array): string {
  return encodeBase58(createHash("sha256").update(list).digest());
}

/** What makes a network another one than all others. */
export interface Origin {
  readonly identity: Keypair;
  readonly faucet: Keypair;
  /** Unix seconds. */
  readonly timestamp: number;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** Beside faucet and builder. */
  readonly wallets?: readonly GenesisAccount[];
}

const newOrigin = (): Origin => ({
  identity: generateKeypair(),
  faucet: generateKeypair(),
  timestamp: Math.floor(Date.now() / 1000),
  seed: randomBytes(32),
});

/**
 * `accounts`: account list of what the network has beside faucet and builder, with the programs that `realPrograms` (flags) says are not
 * native.
 */
export function createNetworkFile(
  shardCount: number,
  accounts?: Uint8Array,
  realPrograms = 0,
  { identity, faucet, timestamp, seed, wallets = [] }: Origin = newOrigin(),
): NetworkFile {
  const genesis: Genesis = {
    format: FORMAT_VERSION,
    shardCount,
    blockLimits: DEFAULT_BLOCK_LIMITS,
    timestamp,
    seed: Buffer.from(seed).toString("hex"),
    identity: identity.address,
    accounts: [
      { address: faucet.address, lamports: String(FAUCET_LAMPORTS) },
      { address: identity.address, lamports: String(RENT_EXEMPT_LAMPORTS) },
      ...wallets,
    ],
    ...(accounts && { accountsHash: accountsHash(accounts) }),
    ...(realPrograms && { realPrograms: realProgramNames(realPrograms) }),
  };
  return { genesisHash: genesisHash(genesis), genesis, identity, faucet };
}

export function formatNetworkFile(file: NetworkFile): string {
  const { genesisHash, genesis, identity, faucet } = file;
  const content = { genesisHash, genesis, identity: identity.secretKey, faucet: faucet.secretKey };
  return `${JSON.stringify(content, null, 2)}\n`;
}

export type ParsedNetworkFile =
  | { readonly ok: true; readonly file: NetworkFile }
  | { readonly ok: false; readonly otherFormat?: number };

/** Accepts exactly what `formatNetworkFile` writes; `otherFormat`: it was written by another version. */
export function parseNetworkFile(text: string): ParsedNetworkFile {
  try {
    const content = JSON.parse(text);
    const format: unknown = content.genesis.format;
    if (typeof format === "number" && format !== FORMAT_VERSION) return { ok: false, otherFormat: format };
    const identity = readKeypair(content.identity);
    const faucet = readKeypair(content.faucet);
    if (!identity || !faucet) return { ok: false };
    const genesis = content.genesis as Genesis;
    const intact =
      genesisHash(genesis) === content.genesisHash &&
      (genesis.realPrograms ?? []).every((name) => Object.hasOwn(REAL_PROGRAMS, name)) &&
      genesis.identity === identity.address &&
      genesis.accounts[0]?.address === faucet.address;
    return intact ? { ok: true, file: { genesisHash: content.genesisHash, genesis, identity, faucet } } : { ok: false };
  } catch {
    return { ok: false };
  }
}

/** Flags of the programs that are not native. */
export function realProgramsOf({ realPrograms = [] }: Genesis): number {
  return realPrograms.reduce((flags, name) => flags | REAL_PROGRAMS[name]!.flag, 0);
}

/** What may be another at each start. */
export interface NetworkSettings {
  readonly dev?: boolean | undefined;
  readonly ledger?: LedgerSettings | undefined;
  readonly access?: AccessList | undefined;
  readonly faucetLimits?: FaucetLimits | undefined;
}

const text = (lamports: bigint | null): string | null => (lamports === null ? null : String(lamports));

function faucetVariable({ perCall, perAddress, inAll, seconds }: FaucetLimits): Record<string, unknown> {
  return { perCall: text(perCall), perAddress: text(perAddress), inAll: text(inAll), seconds };
}

/** The NETWORK variable, through which a network's configuration reaches its workers (shared/protocol/network.ts). */
export function networkVariable(
  file: NetworkFile,
  slotMs: number,
  { dev, ledger = {}, access, faucetLimits }: NetworkSettings = {},
): Record<string, unknown> {
  return {
    genesisHash: file.genesisHash,
    shardCount: file.genesis.shardCount,
    blockLimits: file.genesis.blockLimits,
    slotMs,
    lanes: LANES,
    identity: file.genesis.identity,
    faucetSecret: file.faucet.secretKey,
    genesisTimestamp: file.genesis.timestamp,
    ...(dev && { dev }),
    ...(access && { access }),
    ...(faucetLimits && { faucetLimits: faucetVariable(faucetLimits) }),
    ledger,
    genesisAccounts: file.genesis.accounts,
    ...(file.genesis.accountsHash !== undefined && { genesisAccountsHash: file.genesis.accountsHash }),
    ...(file.genesis.realPrograms && { realPrograms: realProgramsOf(file.genesis) }),
  };
}

/** Names of a network's objects (durable-objects/host/env.ts), but for those that are as many as its history needs. */
export function objectNames(file: NetworkFile): string[] {
  const numbered = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}-${i}`);
  const many = [...numbered("lane", LANES), ...numbered("shard", file.genesis.shardCount)];
  return ["builder", "subscriptions-0", "faucet", ...many];
}
