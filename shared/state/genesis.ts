/** The accounts of the genesis, by shard: those the network names, those of its account list, and the mint of wrapped SOL. */
import type { Sha256 } from "../protocol/actor.ts";
import { shardSeeds } from "../protocol/context.ts";
import type { Network } from "../protocol/network.ts";
import { encodeBase58 } from "../rpc/base58.ts";
import { keyBytes, NATIVE_MINT, TOKEN_PROGRAM } from "../rpc/keys.ts";
import { type Account, decodeAccountList, encodeAccountList, LIST_HEADER, shardOf } from "./accounts.ts";

export interface GenesisShard {
  /** Account list (docs/interfaces.md section 5). */
  readonly accounts: Uint8Array;
  readonly lamports: bigint;
}

/** As Agave: rent is never collected from a rent-exempt account. */
const RENT_EPOCH_EXEMPT = (1n << 64n) - 1n;
const LAMPORTS_PER_SOL = 1_000_000_000n;
const MINT_SIZE = 82;
const MINT_DECIMALS = 44;
const MINT_INITIALIZED = 45;

const STANDARD = { rentEpoch: RENT_EPOCH_EXEMPT, executable: false };

/** As in the genesis of every Solana network: no authority, no supply, 1 SOL of lamports. Nobody could create it later. */
function nativeMint(): Account {
  const data = new Uint8Array(MINT_SIZE);
  data[MINT_DECIMALS] = 9;
  data[MINT_INITIALIZED] = 1;
  return { ...STANDARD, key: keyBytes(NATIVE_MINT), owner: keyBytes(TOKEN_PROGRAM), lamports: LAMPORTS_PER_SOL, data };
}

/**
 * All accounts of the genesis. `listed`: account list; what it has takes the place of an account that would be there anyway. Throws RangeError
 * when it is none.
 */
export function genesisAccountsOf(
  network: Pick<Network, "genesisAccounts">,
  listed: Uint8Array = new Uint8Array(LIST_HEADER),
): Account[] {
  const wallets = network.genesisAccounts.map(
    ({ address, lamports }): Account => ({
      ...STANDARD,
      key: address,
      owner: new Uint8Array(32),
      lamports,
      data: new Uint8Array(0),
    }),
  );
  const more = decodeAccountList(listed);
  if (!more) throw new RangeError("the accounts of the genesis are no account list");
  return [
    ...new Map([...wallets, nativeMint(), ...more].map((account) => [encodeBase58(account.key), account])).values(),
  ];
}

/** `listed`: as in genesisAccountsOf. */
export function genesisOf(
  network: Pick<Network, "genesisHash" | "shardCount" | "genesisAccounts">,
  sha256: Sha256,
  listed?: Uint8Array,
): GenesisShard[] {
  const seeds = shardSeeds(sha256, network.genesisHash);
  const byShard = Array.from({ length: network.shardCount }, (): Account[] => []);
  for (const account of genesisAccountsOf(network, listed)) {
    byShard[shardOf(account.key, network.shardCount, seeds)]!.push(account);
  }
  return byShard.map((own) => ({
    accounts: encodeAccountList(own),
    lamports: own.reduce((sum, { lamports }) => sum + lamports, 0n),
  }));
}
