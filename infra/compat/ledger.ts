/**
 * The ledger folder of solana-test-validator, with what launchers look for in it:
 *
 *   validator.log -> validator-TIME.log                  what would be printed with --log
 *   validator-keypair.json, faucet-keypair.json          the network's identity and its faucet
 *   infinisvm/                                           the network (network/state.ts)
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import { Failure } from "../network/failure.ts";
import type { Network } from "../network/index.ts";
import type { Keypair } from "../network/keypair.ts";

const STATE = "infinisvm";
const LOG = "validator.log";
/** What a ledger of Agave's own has, and this one never: --reset takes it away, as it would there. */
const GENESIS = "genesis.bin";
const AGAVES =
  /^(genesis\.(bin|tar\.bz2)|rocksdb|accounts.*|snapshot.*|tower.*|contact-info\.bin|admin\.rpc|ledger\.lock|banking_trace|(vote|stake)-account-keypair\.json)$/;
const OURS = /^(validator(-\d+)?\.log|(validator|faucet)-keypair\.json)$/;

export class Ledger {
  readonly path: string;
  /** Of the network. */
  readonly state: string;
  /** A network is there and goes on. */
  readonly continues: boolean;
  readonly #toStandardError: boolean;
  #log: string | undefined;

  /** Makes the folder. Throws a Failure when it cannot, or when it is one of Agave's own. */
  constructor(path: string, options: { readonly reset: boolean; readonly log: boolean }) {
    this.path = path;
    this.state = join(path, STATE);
    this.continues = !options.reset && existsSync(join(this.state, "network.json"));
    this.#toStandardError = options.log;
    if (!options.reset && existsSync(join(path, GENESIS))) {
      const text = `${path} is a ledger of Agave's solana-test-validator`;
      throw new Failure("state-foreign", `${text}; begin a new one with --reset, or choose another --ledger`);
    }
    try {
      mkdirSync(path, { recursive: true });
      if (options.reset) this.#remove(AGAVES);
    } catch (error) {
      throw new Failure("state-unreadable", `Unable to create directory ${path}: ${(error as Error).message}`);
    }
  }

  get logPath(): string {
    return join(this.path, LOG);
  }

  /** Once the network has the folder: the files of the run before go when it began anew. */
  begin(network: Network, now: number): void {
    if (network.created) this.#remove(OURS);
    if (!this.#toStandardError) {
      const name = `validator-${now}.log`;
      this.#log = join(this.path, name);
      writeFileSync(this.#log, "");
      rmSync(this.logPath, { force: true });
      symlinkSync(name, this.logPath);
    }
    this.#keyFile("validator", network.identity);
    this.#keyFile("faucet", network.faucet);
  }

  #remove(names: RegExp): void {
    for (const name of readdirSync(this.path)) {
      if (names.test(name)) rmSync(join(this.path, name), { recursive: true, force: true });
    }
  }

  #keyFile(name: string, keypair: Keypair): void {
    const content = JSON.stringify([...decodeBase58(keypair.secretKey)!]);
    writeFileSync(join(this.path, `${name}-keypair.json`), content, { mode: 0o600 });
  }

  /** A line of the log, in the form of Agave's. */
  log(level: "info" | "warn" | "error", source: string, message: string): void {
    const line = `[${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${source}] ${message}\n`;
    if (this.#toStandardError) process.stderr.write(line);
    else if (this.#log !== undefined) appendFileSync(this.#log, line);
  }
}
