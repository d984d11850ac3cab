/**
 * npm run genesis: makes the genesis of a network that is to be deployed. Writes the value of the secret NETWORK, and
 * the key files of treasury (which holds the whole supply) and builder beside it, readable by their owner only.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import { parseRealPrograms, withStandardPrograms } from "../genesis/standard-programs.ts";
import { parseCommandLine, usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { createNetworkFile, networkVariable } from "../network/genesis.ts";
import { RANGES } from "../network/index.ts";
import type { Keypair } from "../network/keypair.ts";
import { wholeNumber } from "../network/whole-number.ts";
import { EXPOSURE_OPTIONS, parseExposure } from "../start/exposure.ts";

const HELP = `Makes the genesis of a network to deploy.

Usage: ${usage("genesis")} --out DIR [options]

  --out DIR      folder for network.json (the secret NETWORK), genesis.bin (programs and accounts, deployed with the code),
                 treasury.json and builder.json (key files as the Solana CLI has them)
  --shards N     account shards, 1 to 64 (16)
  --lanes N      ingress lanes, 1 to 256 (4)
  --slot-ms MS   time of a slot in milliseconds, 10 to 10000 (50)
  --real-programs LIST
                 programs that no instance carries, for comparison: ${Object.keys(REAL_PROGRAMS).join(",")}
  --faucet       the network gives the treasury's lamports away over requestAirdrop: for test networks
  --allow-host NAME      a name that the faucet is asked under; repeatable; none: on this machine only
  --allow-origin ORIGIN  pages of this origin may ask it; repeatable, * for all
  --faucet-per-call SOL, --faucet-per-hour SOL, --faucet-total-per-hour SOL
                 what it gives a call (10,000), within an hour to an address (100,000) and to all (1,000,000), or none
`;

const LANES = [1, 256] as const;

const OPTIONS = {
  out: { type: "string" },
  shards: { type: "string" },
  lanes: { type: "string" },
  "slot-ms": { type: "string" },
  "real-programs": { type: "string" },
  faucet: { type: "boolean" },
  ...EXPOSURE_OPTIONS,
  help: { type: "boolean", short: "h" },
} as const;

/** The Solana CLI's key file: the 64 bytes of seed and public key as a JSON array. */
const keyFile = (keypair: Keypair): string => `${JSON.stringify([...decodeBase58(keypair.secretKey)!])}\n`;

async function main(): Promise<void> {
  const { values } = parseCommandLine("genesis", process.argv.slice(2), OPTIONS);
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (!values.out) throw new Failure("bad-option", "--out DIR is missing");
  const shards = wholeNumber("--shards", values.shards ?? "16", RANGES.shards);
  const lanes = wholeNumber("--lanes", values.lanes ?? "4", LANES);
  const slotMs = wholeNumber("--slot-ms", values["slot-ms"] ?? "50", RANGES.slotMs);
  const real = values["real-programs"];
  const realPrograms = real === undefined ? 0 : parseRealPrograms("--real-programs", real);
  const path = (name: string) => join(values.out!, name);
  const names = ["network.json", "genesis.bin", "treasury.json", "builder.json"];
  const taken = names.find((name) => existsSync(path(name)));
  if (taken) throw new Failure("bad-option", `${path(taken)} is there already; a genesis is never overwritten`);
  const { allowHosts, allowOrigins, faucetLimits } = parseExposure(values);
  const accounts = await withStandardPrograms();
  const file = createNetworkFile(shards, accounts, realPrograms);
  const access = { hosts: allowHosts, origins: allowOrigins };
  const settings = values.faucet ? { access, faucetLimits } : {};
  const { faucetSecret, ...network } = { ...networkVariable(file, slotMs, settings), lanes } as Record<string, unknown>;
  mkdirSync(values.out, { recursive: true });
  const write = (name: string, text: string | Uint8Array) => writeFileSync(path(name), text, { mode: 0o600 });
  write("network.json", `${JSON.stringify(values.faucet ? { ...network, faucetSecret } : network)}\n`);
  write("genesis.bin", accounts);
  write("treasury.json", keyFile(file.faucet));
  write("builder.json", keyFile(file.identity));
  console.log(`genesis   ${file.genesisHash}\ntreasury  ${file.faucet.address}\nbuilder   ${file.identity.address}`);
  if (values.faucet && allowHosts.length === 0) {
    console.log("faucet    asked on this machine only: --allow-host NAME.SUBDOMAIN.workers.dev adds a name");
  }
  console.log(`next: cp ${path("genesis.bin")} build/ && npx wrangler deploy`);
  console.log(`then: npx wrangler secret put NETWORK < ${path("network.json")}`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`genesis: ${error.message}`);
  process.exitCode = 2;
}
