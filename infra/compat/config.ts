/** Configuration of the Solana CLI: ~/.config/solana/cli/config.yml, or what -C names. Five members, each a line. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../network/failure.ts";

export interface CliConfig {
  readonly json_rpc_url: string;
  readonly websocket_url: string;
  readonly keypair_path: string;
  readonly commitment: string;
}

export const defaultConfigFile = (): string => join(homedir(), ".config/solana/cli/config.yml");

function defaults(): CliConfig {
  return {
    json_rpc_url: "http://127.0.0.1:8899",
    websocket_url: "",
    keypair_path: join(homedir(), ".config/solana/id.json"),
    commitment: "confirmed",
  };
}

function unquoted(text: string): string {
  const quoted = /^'(.*)'$|^"(.*)"$/.exec(text);
  return quoted ? (quoted[1]?.replaceAll("''", "'") ?? quoted[2]!.replace(/\\(["\\])/g, "$1")) : text;
}

/** What the file says, and the defaults for the rest; all defaults where there is no file. */
export function readConfig(path = defaultConfigFile()): CliConfig {
  if (!existsSync(path)) return defaults();
  const found: Record<string, string> = {};
  for (const line of readFileSync(path, "utf8").split(/\r?\n/)) {
    const member = /^(\w+):\s*(.*?)\s*$/.exec(line);
    if (member) found[member[1]!] = unquoted(member[2]!);
  }
  const config = defaults();
  const text = (name: keyof CliConfig) => found[name] || config[name];
  return {
    json_rpc_url: text("json_rpc_url"),
    websocket_url: text("websocket_url"),
    keypair_path: text("keypair_path").replace(/^~(?=\/)/, homedir()),
    commitment: text("commitment"),
  };
}

/** Throws a Failure when the file cannot be written. */
export function writeConfig(path: string, config: CliConfig): void {
  const quote = (text: string) => (/^[\w./][\w./:@-]*$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`);
  const members = Object.entries(config).map(([name, value]) => `${name}: ${quote(value)}\n`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      `---\n${members.join("")}address_labels:\n  '11111111111111111111111111111111': System Program\n`,
    );
  } catch (error) {
    throw new Failure("file-unreadable", `cannot write ${path}: ${(error as Error).message}`);
  }
}

/** The URL of the WebSocket that belongs to that of an RPC, as the CLI computes it: the port after it, or the same host. */
export function websocketUrl(rpcUrl: string): string {
  const url = new URL(rpcUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (url.port !== "") url.port = String(Number(url.port) + 1);
  return url.href;
}
