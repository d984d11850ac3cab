/** The accounts of the genesis, by shard. */
import type { Sha256 } from "../protocol/actor.ts";
import { shardSeeds } from "../protocol/context.ts";
import type { Network } from "../protocol/network.ts";
import { encodeAccountList, shardOf } from "./accounts.ts";

export interface GenesisShard {
  /** Account list (docs/interfaces.md section 5). */
  readonly accounts: Uint8Array;
  readonly lamports: bigint;
}

/** As Agave: rent is never collected from a rent-exempt account. */
const RENT_EPOCH_EXEMPT = (1n << 64n) - 1n;

export function genesisOf(
  network: Pick<Network, "genesisHash" | "shardCount" | "genesisAccounts">,
  sha256: Sha256,
): GenesisShard[] {
  const seeds = shardSeeds(sha256, network.genesisHash);
  return Array.from({ length: network.shardCount }, (_, shard) => {
    const own = network.genesisAccounts.filter(({ address }) => shardOf(address, network.shardCount, seeds) === shard);
    const accounts = own.map(({ address, lamports }) => ({
      key: address,
      owner: new Uint8Array(32),
      lamports,
      rentEpoch: RENT_EPOCH_EXEMPT,
      executable: false,
      data: new Uint8Array(0),
    }));
    return {
      accounts: encodeAccountList(accounts),
      lamports: own.reduce((sum, { lamports }) => sum + lamports, 0n),
    };
  });
}
