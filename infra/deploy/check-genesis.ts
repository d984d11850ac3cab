/**
 * Part of the build of a deployment (wrangler.toml): refuses to deploy the code without a network's genesis, which git does not have, and
 * says which one it is deployed with.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeAccountList } from "../../shared/state/accounts.ts";
import { accountsHash } from "../network/genesis.ts";

const path = join(import.meta.dirname, "../../build/genesis.bin");
const list = new Uint8Array(readFileSync(path));
const accounts = list.length > 0 ? decodeAccountList(list) : undefined;
if (accounts) {
  console.log(
    `build/genesis.bin: ${accounts.length} accounts, hash ${accountsHash(list)} (genesisAccountsHash in NETWORK)`,
  );
} else {
  const what = list.length > 0 ? "is no account list" : "is empty";
  console.error(`build/genesis.bin ${what}: copy the genesis.bin of the network there (npm run genesis makes one)`);
  process.exitCode = 2;
}
