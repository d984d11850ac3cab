/** `solana-test-validator`: a network under the name, with the options, the output and the ledger folder of Agave's. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FaucetLimits } from "../../shared/faucet/limits.ts";
import { SOLANA_CORE } from "../../shared/rpc/version.ts";
import { addressOf, readKeyFile } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";
import { DEFAULT_PORT, type Network, RANGES, startNetwork } from "../network/index.ts";
import { parseCap } from "../start/exposure.ts";
import { rpcCall } from "../start/rpc.ts";
import { accessFromEnvironment } from "./access.ts";
import { helpText, type Parsed, parseArguments } from "./clap.ts";
import { Cluster, clone } from "./cluster.ts";
import { defaultConfigFile, readConfig } from "./config.ts";
import { Dashboard } from "./dashboard.ts";
import { Faucet } from "./faucet.ts";
import { Genesis } from "./genesis.ts";
import { Ledger } from "./ledger.ts";
import { endBy, signalled } from "./signals.ts";
import { NOT_HONOURED, ONLY_AT_GENESIS, TEST_VALIDATOR } from "./test-validator-options.ts";

const FAUCET_PORT = 9900;
const TIME_SLICE_SECONDS = 60;
const TICK_MS = 6.25;
/** Where Agave looks for the files of --account, after the folder it is started in. */
const FIXTURES = "tests/fixtures";

const notice = (line: string): void => {
  process.stderr.write(`solana-test-validator: ${line}\n`);
};

function accountFile(name: string): string {
  const places = [".", process.env.BPF_OUT_DIR, process.env.SBF_OUT_DIR, FIXTURES].filter((place) => place);
  const found = places.map((place) => (place === "." ? name : join(place!, name))).find((path) => existsSync(path));
  return found ?? name;
}

/** The address that gets the money: --mint, or the wallet of the Solana CLI; undefined where there is neither. */
function mintAddress(parsed: Parsed): string | undefined {
  const given = parsed.value("mint");
  if (given !== undefined) return given;
  const { keypair_path } = readConfig(parsed.value("config") ?? defaultConfigFile());
  return existsSync(keypair_path) ? readKeyFile(keypair_path).address : undefined;
}

const keys = (parsed: Parsed, long: string): Uint8Array[] => {
  const all = parsed.all(long).map((text) => addressOf(text, `--${long}`));
  return [...new Map(all.map((key) => [Buffer.from(key).toString("hex"), key])).values()];
};

async function genesisOf(parsed: Parsed, cluster: Cluster | undefined): Promise<Uint8Array | undefined> {
  const genesis = new Genesis(notice);
  const mint = mintAddress(parsed);
  if (mint !== undefined) genesis.option({ flag: "mint", values: [mint] });
  else if (!parsed.has("quiet")) {
    process.stdout.write("\nNotice! No wallet available. `solana airdrop` localnet SOL after creating one\n\n");
  }
  for (const [address, file] of parsed.each("account") as [string, string][]) {
    genesis.option({ flag: "account", values: [address, accountFile(file)] });
  }
  for (const folder of parsed.all("account-dir")) genesis.option({ flag: "account-dir", values: [folder] });
  if (cluster) {
    const wanted = {
      accounts: keys(parsed, "clone"),
      maybe: keys(parsed, "maybe-clone"),
      programs: keys(parsed, "clone-upgradeable-program"),
      tables: keys(parsed, "deep-clone-address-lookup-table"),
    };
    genesis.add(await clone(cluster, wanted, notice));
  }
  for (const [id, file] of parsed.each("bpf-program") as [string, string][]) genesis.program(id, file);
  for (const [id, file, authority] of parsed.each("upgradeable-program") as [string, string, string][]) {
    genesis.upgradeableProgram(id, file, authority);
  }
  return genesis.list();
}

async function warpSlot(parsed: Parsed, cluster: Cluster | undefined): Promise<number | undefined> {
  if (!parsed.has("warp-slot")) return undefined;
  const slot = parsed.value("warp-slot");
  if (slot !== undefined) return Number(slot);
  if (cluster) return await cluster.slot();
  throw new Failure(
    "bad-option",
    "The --url argument must be provided if --warp-slot/-w is used without an explicit slot",
  );
}

/** As with Agave there are none unless the options say so. They hold for `requestAirdrop` and for the faucet's port. */
function faucetLimits(parsed: Parsed): FaucetLimits {
  const lamports = (long: string) => parseCap(`--${long}`, parsed.value(long) ?? "none");
  return {
    perCall: lamports("faucet-per-request-sol-cap"),
    perAddress: lamports("faucet-per-time-sol-cap"),
    inAll: null,
    seconds: Number(parsed.value("faucet-time-slice-secs") ?? TIME_SLICE_SECONDS),
  };
}

async function faucetOf(parsed: Parsed, limits: FaucetLimits): Promise<Faucet | undefined> {
  const address = parsed.value("rpc-faucet-address");
  const given = parsed.value("faucet-port") ?? address?.slice(address.lastIndexOf(":") + 1);
  try {
    return await Faucet.listen(Number(given ?? FAUCET_PORT), limits);
  } catch (error) {
    if (given !== undefined) throw new Failure("port-taken", `failed to start faucet: ${(error as Error).message}`);
    notice(`no faucet port: ${(error as Error).message}; requestAirdrop works`);
    return undefined;
  }
}

function slotTime(parsed: Parsed): number | undefined {
  const ticks = parsed.value("ticks-per-slot");
  if (ticks === undefined) return undefined;
  const [low, high] = RANGES.slotMs;
  return Math.min(high, Math.max(low, Math.round(Number(ticks) * TICK_MS)));
}

function say(parsed: Parsed, line: string): void {
  if (!parsed.has("quiet") && !parsed.has("log")) process.stdout.write(`${line}\n`);
}

async function start(parsed: Parsed, ledger: Ledger): Promise<{ network: Network; faucet: Faucet | undefined }> {
  const url = parsed.value("url");
  const cluster = url === undefined ? undefined : new Cluster(url);
  if (ledger.continues) {
    for (const long of ONLY_AT_GENESIS) {
      if (parsed.has(long)) process.stdout.write(`--${long} argument ignored, ledger already exists\n`);
    }
  }
  const warp = ledger.continues ? undefined : await warpSlot(parsed, cluster);
  const accounts = ledger.continues ? undefined : await genesisOf(parsed, cluster);
  const limits = faucetLimits(parsed);
  const faucet = await faucetOf(parsed, limits);
  const slotMs = slotTime(parsed);
  const host = parsed.value("bind-address");
  try {
    const network = await startNetwork({
      state: ledger.state,
      reset: parsed.has("reset"),
      port: Number(parsed.value("rpc-port") ?? DEFAULT_PORT),
      guarded: true,
      // The clock is moved as a developer moves it.
      dev: warp !== undefined,
      faucetLimits: limits,
      ...accessFromEnvironment(),
      log: (level, message) => ledger.log(level, "solana_test_validator", message),
      ...(host !== undefined && { host }),
      ...(slotMs !== undefined && { slotMs }),
      ...(accounts && { accounts }),
    });
    faucet?.open(network.faucet);
    if (warp !== undefined) await rpcCall(network.rpcUrl, "surfnet_timeTravel", [{ absoluteSlot: warp }]);
    return { network, faucet };
  } catch (error) {
    faucet?.close();
    throw error;
  }
}

/** Runs until a signal. Throws a Failure, or a UsageError, for what cannot be started. */
export async function testValidator(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(TEST_VALIDATOR, args);
  if (parsed.has("help")) {
    process.stdout.write(helpText(TEST_VALIDATOR));
    return 0;
  }
  if (parsed.has("version")) {
    process.stdout.write(`solana-test-validator ${SOLANA_CORE} (client:InfiniSVM)\n`);
    return 0;
  }
  for (const long of parsed.names()) {
    const why = NOT_HONOURED[long];
    if (why !== undefined) notice(`--${long} is not honoured: ${why}`);
  }
  const ledger = new Ledger(parsed.value("ledger") ?? "test-ledger", {
    reset: parsed.has("reset"),
    log: parsed.has("log"),
  });
  say(parsed, `Ledger location: ${ledger.path}`);
  say(parsed, `Log: ${ledger.logPath}`);
  say(parsed, "⠁ Initializing...");
  const { network, faucet } = await start(parsed, ledger);
  const signal = signalled();
  ledger.begin(network, Date.now());
  ledger.log("info", "solana_test_validator", `Starting validator with: ${JSON.stringify(args)}`);
  ledger.log("info", "solana_rpc::rpc_service", `rpc bound to ${network.rpcUrl.replace("http://", "")}`);
  const dashboard = parsed.has("quiet") || parsed.has("log") ? undefined : new Dashboard(network);
  await dashboard?.open();
  const ended = await signal;
  dashboard?.close();
  faucet?.close();
  await network.stop();
  return await endBy(ended);
}
