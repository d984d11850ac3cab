/**
 * The genesis of the network as its objects have it: what NETWORK names, and an account list, in the binding GENESIS of a local network or
 * deployed with the code as build/genesis.bin.
 */
import deployed from "../../build/genesis.bin";
import { equalBytes } from "../../shared/protocol/bytes.ts";
import type { Network } from "../../shared/protocol/network.ts";
import { LIST_HEADER } from "../../shared/state/accounts.ts";
import { carriedAccounts } from "../../shared/state/carried.ts";
import { type GenesisShard, genesisOf } from "../../shared/state/genesis.ts";
import type { Env } from "./env.ts";
import { sha256 } from "./sha256.ts";

/** The account list; undefined when there is none. Throws an Error when it is not the one that the genesis hash stands for. */
function listedAccounts(env: Env, { genesisAccountsHash }: Network): Uint8Array | undefined {
  if (genesisAccountsHash === undefined) return undefined;
  const listed = new Uint8Array(env.GENESIS ?? deployed);
  if (!equalBytes(sha256(listed), genesisAccountsHash)) {
    throw new Error("genesis.bin does not hold the accounts that the variable NETWORK stands for");
  }
  return listed;
}

/** Throws an Error when the list is not the one that the genesis hash stands for. */
export function genesisShards(env: Env, network: Network): GenesisShard[] {
  return genesisOf(network, sha256, listedAccounts(env, network));
}

/** Account list of the programs that every instance carries. Throws an Error when the genesis does not have them. */
export function carriedPrograms(env: Env, network: Network): Uint8Array {
  return carriedAccounts(listedAccounts(env, network) ?? new Uint8Array(LIST_HEADER), network.realPrograms ?? 0);
}
