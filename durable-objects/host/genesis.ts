/**
 * The genesis of the network as its objects have it: what NETWORK names, and an account list, in the binding GENESIS of a local network or
 * deployed with the code as build/genesis.bin.
 */
import deployed from "../../build/genesis.bin";
import { equalBytes } from "../../shared/protocol/bytes.ts";
import type { Network } from "../../shared/protocol/network.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { type Account, LIST_HEADER } from "../../shared/state/accounts.ts";
import { carriedAccounts } from "../../shared/state/carried.ts";
import { type GenesisShard, genesisAccountsOf, genesisOf } from "../../shared/state/genesis.ts";
import type { Env } from "./env.ts";
import { sha256 } from "./sha256.ts";

/** The list that was found to be the one of this network: a worker has one network as long as it lives. */
let verified: Uint8Array | undefined;

/** The account list; undefined when there is none. Throws an Error that names both hashes when it is not the network's. */
function listedAccounts(env: Env, { genesisAccountsHash }: Network): Uint8Array | undefined {
  if (genesisAccountsHash === undefined) return undefined;
  if (verified) return verified;
  const listed = new Uint8Array(env.GENESIS ?? deployed);
  const hash = sha256(listed);
  if (!equalBytes(hash, genesisAccountsHash)) {
    const found = listed.length === 0 ? "is empty" : `has the hash ${encodeBase58(hash)}`;
    const wanted = `NETWORK stands for ${encodeBase58(genesisAccountsHash)}`;
    throw new Error(
      `genesis.bin ${found}, and ${wanted}: the code is deployed with the network's genesis.bin in build/`,
    );
  }
  verified = listed;
  return listed;
}

/** At an object's start, also where nothing needs the list yet. Throws an Error when it is not the network's. */
export function checkGenesis(env: Env, network: Network): void {
  listedAccounts(env, network);
}

/** Throws an Error when the list is not the one that the genesis hash stands for. */
export function genesisShards(env: Env, network: Network): GenesisShard[] {
  return genesisOf(network, sha256, listedAccounts(env, network));
}

/** All accounts of the genesis. */
export function genesisAccounts(env: Env, network: Network): Account[] {
  return genesisAccountsOf(network, listedAccounts(env, network));
}

/** Account list of the programs that every instance carries. Throws an Error when the genesis does not have them. */
export function carriedPrograms(env: Env, network: Network): Uint8Array {
  return carriedAccounts(listedAccounts(env, network) ?? new Uint8Array(LIST_HEADER), network.realPrograms ?? 0);
}
