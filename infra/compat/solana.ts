/** `solana`: the commands of the Solana CLI that other tools and scripts call. */
import { existsSync, writeFileSync } from "node:fs";
import {
  type Address,
  address,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  type KeyPairSigner,
  signature as toSignature,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { SOLANA_CORE } from "../../shared/rpc/version.ts";
import { rentExemptLamports } from "../../shared/svm/rent.ts";
import { addressOf, readKeyFile } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";
import { ProgramError } from "../program/errors.ts";
import { RpcChain } from "../program/rpc-chain.ts";
import { sendOne } from "../program/transaction.ts";
import { rpcCall } from "../start/rpc.ts";
import { helpText, type Parsed, parseArguments, UsageError } from "./clap.ts";
import { clusterUrl } from "./cluster.ts";
import { type CliConfig, defaultConfigFile, readConfig, websocketUrl, writeConfig } from "./config.ts";
import { solText } from "./dashboard.ts";
import { streamLogs } from "./solana-logs.ts";
import { COMMANDS, GLOBAL } from "./solana-options.ts";
import { type Client, type Output, PROGRAM_COMMANDS } from "./solana-program.ts";

const LAMPORTS_PER_SOL = 1_000_000_000;

/** Integers beyond 2^53 stay what they are. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
const jsonText = (value: unknown, isCompact = false): string =>
  JSON.stringify(value, (_, part) => (typeof part === "bigint" ? rawJSON(String(part)) : part), isCompact ? 0 : 2);

const both = (text: string, json: unknown = text): Output => ({ text, json });
const key = (text: string): Address => address(encodeBase58(addressOf(text, "ADDRESS")));

function keyFile(path: string) {
  if (!existsSync(path)) {
    throw new Failure("bad-key", `No default signer found: there is no key file ${path}; give --keypair`);
  }
  return readKeyFile(path);
}

const signerOf = (path: string): Promise<KeyPairSigner> =>
  createKeyPairSignerFromBytes(decodeBase58(keyFile(path).secretKey)!);

function lamportsOf(sol: string): bigint {
  if (!/^\d*\.?\d{0,9}$/.test(sol) || !/\d/.test(sol)) throw new Failure("bad-option", `"${sol}" is no amount of SOL`);
  const [whole = "", part = ""] = sol.split(".");
  return BigInt(whole || "0") * BigInt(LAMPORTS_PER_SOL) + BigInt(part.padEnd(9, "0"));
}

const amount = (parsed: Parsed, lamports: bigint): string =>
  parsed.has("lamports") ? `${lamports} lamports` : `${solText(lamports)} SOL`;

const balanceOf = async ({ url }: Client, who: Address): Promise<bigint> =>
  (await createSolanaRpc(url).getBalance(who, { commitment: "confirmed" }).send()).value;

type Run = (client: Client, parsed: Parsed) => Promise<Output>;

async function airdrop(client: Client, { operands: [sol = "", recipient] }: Parsed): Promise<Output> {
  const lamports = lamportsOf(sol);
  const to = recipient === undefined ? address(keyFile(client.keypair).address) : key(recipient);
  if (client.json === false) process.stdout.write(`Requesting airdrop of ${solText(lamports)} SOL\n`);
  const signature = await new RpcChain(client.url).airdrop(to, lamports);
  const balance = await balanceOf(client, to);
  return both(`\nSignature: ${signature}\n\n${solText(balance)} SOL`, { signature, balance });
}

async function transfer(client: Client, parsed: Parsed): Promise<Output> {
  const [recipient = "", sol = ""] = parsed.operands;
  const source = await signerOf(parsed.value("from") ?? client.keypair);
  const payer = await signerOf(parsed.value("fee-payer") ?? client.keypair);
  const to = key(recipient);
  const chain = new RpcChain(client.url);
  const all =
    sol === "ALL" ? (await balanceOf(client, source.address)) - (payer.address === source.address ? 5_000n : 0n) : 0n;
  const lamports = sol === "ALL" ? all : lamportsOf(sol);
  const instruction = getTransferSolInstruction({ source, destination: to, amount: lamports });
  const signers = payer.address === source.address ? [payer] : [payer, source];
  const { signature } = await sendOne(chain, "transfer", [instruction], signers);
  return both(`\nSignature: ${signature}\n`, { signature });
}

async function account(client: Client, parsed: Parsed): Promise<Output> {
  const pubkey = key(parsed.operands[0]!);
  const options = { encoding: "base64", commitment: "confirmed" } as const;
  const { value } = await createSolanaRpc(client.url).getAccountInfo(pubkey, options).send();
  if (!value) throw new ProgramError("no-such-account", `AccountNotFound: pubkey=${pubkey}`);
  const { lamports, data, owner, executable, space } = value;
  const rentEpoch = (1n << 64n) - 1n;
  const json = { pubkey, account: { lamports, data, owner, executable, rentEpoch, space } };
  const file = parsed.value("output-file");
  const bytes = Buffer.from(data[0], "base64");
  if (file !== undefined) writeFileSync(file, client.json ? jsonText(json) : bytes);
  const rows = [
    `Public Key: ${pubkey}`,
    `Balance: ${amount(parsed, lamports)}`,
    `Owner: ${owner}`,
    `Executable: ${executable}`,
    `Rent Epoch: ${rentEpoch}`,
    ...(bytes.length > 0 ? [`Length: ${bytes.length} (0x${bytes.length.toString(16)}) bytes`] : []),
    ...(file === undefined ? [] : [`\nWrote account${client.json ? "" : " data"} to ${file}`]),
  ];
  return both(`\n${rows.join("\n")}\n`, json);
}

async function confirm(client: Client, { operands: [text = ""] }: Parsed): Promise<Output> {
  const options = { searchTransactionHistory: true } as const;
  const rpc = createSolanaRpc(client.url);
  const { value } = await rpc.getSignatureStatuses([toSignature(text)], options).send();
  const status = value[0];
  if (!status) return both("Not found", { confirmationStatus: null });
  const { confirmationStatus, err } = status;
  if (err !== null) return both(`Transaction failed: ${jsonText(err, true)}`, { confirmationStatus, err });
  const shown = confirmationStatus === "finalized" ? "Finalized" : "Confirmed";
  return both(shown, { confirmationStatus, err });
}

const number =
  (method: string): Run =>
  async ({ url, commitment }) =>
    both(String(await rpcCall<number>(url, method, [{ commitment }])));

const RUN: Readonly<Record<string, Run>> = {
  ...PROGRAM_COMMANDS,
  account,
  airdrop,
  confirm,
  transfer,
  address: async ({ keypair }) => both(keyFile(keypair).address),
  async balance(client, parsed) {
    const [who] = parsed.operands;
    const lamports = await balanceOf(client, who === undefined ? address(keyFile(client.keypair).address) : key(who));
    return both(amount(parsed, lamports), { lamports });
  },
  async rent(_, parsed) {
    const length = Number(parsed.operands[0]);
    if (!Number.isInteger(length) || length < 0) throw new Failure("bad-option", "DATA_LENGTH takes a number of bytes");
    const lamports = rentExemptLamports(length);
    return both(`Rent-exempt minimum: ${amount(parsed, lamports)}`, { rentExemptMinimumLamports: lamports });
  },
  "block-height": number("getBlockHeight"),
  slot: number("getSlot"),
  "transaction-count": number("getTransactionCount"),
  "genesis-hash": async ({ url }) => both(await rpcCall<string>(url, "getGenesisHash")),
  async "cluster-version"({ url }) {
    return both((await rpcCall<{ "solana-core": string }>(url, "getVersion"))["solana-core"]);
  },
};

const FIELDS: Readonly<Record<string, string>> = {
  json_rpc_url: "RPC URL",
  websocket_url: "WebSocket URL",
  keypair: "Keypair Path",
  commitment: "Commitment",
};

function shownConfig(file: string, config: CliConfig, field: string | undefined): string {
  const websocket = config.websocket_url || `${websocketUrl(clusterUrl(config.json_rpc_url))} (computed)`;
  const rows: Record<string, string> = {
    json_rpc_url: config.json_rpc_url,
    websocket_url: websocket,
    keypair: config.keypair_path,
    commitment: config.commitment,
  };
  const lines = Object.entries(rows).map(([name, value]) => `${FIELDS[name]}: ${value} `);
  if (field === undefined) return [`Config File: ${file}`, ...lines].join("\n");
  if (!Object.hasOwn(rows, field)) {
    throw new Failure("bad-option", `CONFIG_FIELD is one of ${Object.keys(rows).join(", ")}`);
  }
  return `${FIELDS[field]}: ${rows[field]} `;
}

function configure(parsed: Parsed, file: string, config: CliConfig, isChange: boolean): string {
  if (!isChange) return shownConfig(file, config, parsed.operands[0]);
  const url = parsed.value("url");
  const changed = {
    ...config,
    // Another network has another WebSocket.
    ...(url !== undefined && { json_rpc_url: clusterUrl(url), websocket_url: "" }),
    ...(parsed.has("ws") && { websocket_url: parsed.value("ws")! }),
    ...(parsed.has("keypair") && { keypair_path: parsed.value("keypair")! }),
    ...(parsed.has("commitment") && { commitment: parsed.value("commitment")! }),
  };
  if (!["url", "ws", "keypair", "commitment"].some((name) => parsed.has(name))) {
    throw new Failure("bad-option", "config set takes at least one of --url, --ws, --keypair, --commitment");
  }
  writeConfig(file, changed);
  return shownConfig(file, changed, undefined);
}

/** The words that name the command, taken out of the command line: options of all commands may stand before them. */
function commandOf(args: readonly string[]): { readonly name: string; readonly rest: string[] } {
  const rest = [...args];
  const words: string[] = [];
  for (let at = 0; at < rest.length; ) {
    const arg = rest[at]!;
    if (!arg.startsWith("-")) {
      words.push(...rest.splice(at, 1));
      if (words.length === 2 || !/^(program|config)$/.test(words[0]!)) break;
      continue;
    }
    const option = GLOBAL.find(({ long, short }) => arg === `--${long}` || arg === `-${short}`);
    at += option?.values ? 2 : 1;
  }
  return { name: words.join(" "), rest };
}

function help(): string {
  const rows = [...COMMANDS.values()].map(({ name, about }) => `  ${name.slice(7).padEnd(32)}${about}\n`);
  return `The commands of the Solana CLI that other tools call, for any network.\n\nUsage: solana COMMAND ...\n\n${rows.join("")}`;
}

/** Throws a Failure, a ProgramError or a UsageError, in the words of which it is printed. */
export async function solana(args: readonly string[]): Promise<number> {
  if (/^(--version|-V)$/.test(args[0] ?? "")) {
    process.stdout.write(`solana-cli ${SOLANA_CORE} (client:InfiniSVM)\n`);
    return 0;
  }
  const { name, rest } = commandOf(args);
  if (/^(--help|-h|help)$/.test(args[0] ?? "help")) {
    process.stdout.write(help());
    return 0;
  }
  const command = COMMANDS.get(name);
  if (!command) {
    const none = { name: "solana", about: "", clap: 2, options: [] } as const;
    throw new UsageError(none, `The subcommand '${name}' wasn't recognized`);
  }
  const parsed = parseArguments(command, rest);
  if (parsed.has("help")) {
    process.stdout.write(helpText(command));
    return 0;
  }
  const file = parsed.value("config") ?? defaultConfigFile();
  const config = readConfig(file);
  if (name.startsWith("config ")) {
    process.stdout.write(`${configure(parsed, file, config, name === "config set")}\n`);
    return 0;
  }
  const output = parsed.value("output");
  const client: Client = {
    url: clusterUrl(parsed.value("url") ?? config.json_rpc_url),
    keypair: parsed.value("keypair") ?? config.keypair_path,
    commitment: parsed.value("commitment") ?? config.commitment,
    json: output === undefined ? false : output === "json-compact" ? "compact" : true,
  };
  if (name === "logs") return await streamLogs(client.url, parsed.operands[0], client.commitment);
  const { text, json } = await RUN[name]!(client, parsed);
  process.stdout.write(`${client.json === false ? text : jsonText(json, client.json === "compact")}\n`);
  return 0;
}
