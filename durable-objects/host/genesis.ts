/**
 * The genesis of the network as its objects have it: what NETWORK names, and an account list, in the binding GENESIS of a local network or
 * deployed with the code as build/genesis.bin.
 */
import deployed from "../../build/genesis.bin";
import { equalBytes } from "../../shared/protocol/bytes.ts";
import type { Network } from "../../shared/protocol/network.ts";
import { type GenesisShard, genesisOf } from "../../shared/state/genesis.ts";
import type { Env } from "./env.ts";
import { sha256 } from "./sha256.ts";

/** Throws an Error when the list is not the one that the genesis hash stands for. */
export function genesisShards(env: Env, network: Network): GenesisShard[] {
  const { genesisAccountsHash } = network;
  if (genesisAccountsHash === undefined) return genesisOf(network, sha256);
  const listed = new Uint8Array(env.GENESIS ?? deployed);
  if (!equalBytes(sha256(listed), genesisAccountsHash)) {
    throw new Error("genesis.bin does not hold the accounts that the variable NETWORK stands for");
  }
  return genesisOf(network, sha256, listed);
}
