/** The accounts of the genesis, by shard: those the network names, and the mint of wrapped SOL. */
import type { Sha256 } from "../protocol/actor.ts";
import { shardSeeds } from "../protocol/context.ts";
import type { Network } from "../protocol/network.ts";
import { keyBytes, NATIVE_MINT, TOKEN_PROGRAM } from "../rpc/keys.ts";
import { encodeAccountList, shardOf } from "./accounts.ts";

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

interface GenesisAccount {
  readonly key: Uint8Array;
  readonly owner: Uint8Array;
  readonly lamports: bigint;
  readonly data: Uint8Array;
}

/** As in the genesis of every Solana network: no authority, no supply, 1 SOL of lamports. Nobody could create it later. */
function nativeMint(): GenesisAccount {
  const data = new Uint8Array(MINT_SIZE);
  data[MINT_DECIMALS] = 9;
  data[MINT_INITIALIZED] = 1;
  return { key: keyBytes(NATIVE_MINT), owner: keyBytes(TOKEN_PROGRAM), lamports: LAMPORTS_PER_SOL, data };
}

export function genesisOf(
  network: Pick<Network, "genesisHash" | "shardCount" | "genesisAccounts">,
  sha256: Sha256,
): GenesisShard[] {
  const seeds = shardSeeds(sha256, network.genesisHash);
  const wallets = network.genesisAccounts.map(
    ({ address, lamports }): GenesisAccount => ({
      key: address,
      owner: new Uint8Array(32),
      lamports,
      data: new Uint8Array(0),
    }),
  );
  const all = [...wallets, nativeMint()];
  return Array.from({ length: network.shardCount }, (_, shard) => {
    const own = all.filter(({ key }) => shardOf(key, network.shardCount, seeds) === shard);
    const accounts = own.map((account) => ({ ...account, rentEpoch: RENT_EPOCH_EXEMPT, executable: false }));
    return {
      accounts: encodeAccountList(accounts),
      lamports: own.reduce((sum, { lamports }) => sum + lamports, 0n),
    };
  });
}
