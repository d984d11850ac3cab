/** One command of `npm run program` against a running network: from its options to the answer. */
import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Address, address, createKeyPairSignerFromBytes, type KeyPairSigner } from "@solana/kit";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { addressBytes, addressOf, readKeyFile } from "../genesis/key-file.ts";
import { readProgramFile } from "../genesis/program-accounts.ts";
import { usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { generateKeypair, type Keypair } from "../network/keypair.ts";
import { wholeNumber } from "../network/whole-number.ts";
import { deployProgram, type Report, writeBuffer } from "./deploy.ts";
import { LOADER_V3 } from "./loader.ts";
import { changeAuthority, closeAccount, extend, programBytes, type Shown, show } from "./manage.ts";
import type { ProgramOptions } from "./options.ts";
import { Progress } from "./progress.ts";
import { RpcChain } from "./rpc-chain.ts";

const LAMPORTS_PER_SOL = 1_000_000_000;
const MAX_PROGRAM = 10 * 1024 * 1024;
/** base58 of what the accounts of a buffer and of a program's data begin with. */
const BUFFER_TAG = encodeBase58(Uint8Array.of(1, 0, 0, 0));
const PROGRAM_DATA_TAG = encodeBase58(Uint8Array.of(3, 0, 0, 0));

export type Answer = Record<string, string | number | null | readonly unknown[]>;

interface Wallet {
  readonly signer: KeyPairSigner;
  readonly seed: Uint8Array;
}

interface Wallets {
  readonly payer: Wallet;
  readonly authority: Wallet;
}

const secretOf = (keypair: Keypair): Uint8Array => decodeBase58(keypair.secretKey)!;

async function walletOf(path: string): Promise<Wallet> {
  const secret = secretOf(readKeyFile(path));
  return { signer: await createKeyPairSignerFromBytes(secret), seed: secret.subarray(0, 32) };
}

async function keyOrAddress(text: string, what: string): Promise<KeyPairSigner | Address> {
  if (addressBytes(text)) return address(text);
  addressOf(text, what); // refuses what is neither
  return (await walletOf(text)).signer;
}

function newKeyFile(path: string): Keypair {
  const keypair = generateKeypair();
  try {
    writeFileSync(path, `${JSON.stringify([...secretOf(keypair)])}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new Failure("file-unreadable", `cannot write ${path}: ${(error as Error).message}`);
  }
  return keypair;
}

export class Session {
  readonly #options: ProgramOptions;
  readonly #chain: RpcChain;
  readonly #progress: Progress;
  #wallets: Promise<Wallets> | undefined;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#chain = new RpcChain(options.url);
    this.#progress = new Progress(!options.values.quiet && !options.values.json);
  }

  async run(): Promise<Answer> {
    const { command, operands, values } = this.#options;
    const [first = "", second = ""] = operands;
    // Whoever gives the wrong URL hears of it at once.
    if (command !== "keygen") await this.#chain.genesisHash();
    switch (command) {
      case "keygen":
        return { address: newKeyFile(first).address };
      case "deploy":
      case "upgrade":
        return this.#deploy(first, command === "upgrade");
      case "write-buffer":
        return this.#writeBuffer(first);
      case "show":
        return values.programs || values.buffers ? this.#showAll() : describe(await show(this.#chain, key(first)));
      case "dump":
        return this.#dump(key(first), second);
      case "set-authority":
        return this.#setAuthority(key(first));
      case "extend": {
        const bytes = wholeNumber("BYTES", second, [1, MAX_PROGRAM]);
        await extend(this.#chain, (await this.#ready()).payer.signer, key(first), bytes);
        return { program: first, extendedBy: bytes };
      }
      case "close":
        return values.buffers ? this.#closeBuffers() : this.#close(key(first));
      default:
        throw new Error(`no command ${command}`);
    }
  }

  /** The payer with what the faucet gives it, once, and the authority. */
  #ready(): Promise<Wallets> {
    this.#wallets ??= this.#open();
    return this.#wallets;
  }

  async #open(): Promise<Wallets> {
    const { values, payer: path } = this.#options;
    if (values.payer === undefined && !existsSync(path)) {
      throw new Failure(
        "bad-key",
        `${path} is not there: give --payer (${usage("program")} keygen FILE.json makes a key)`,
      );
    }
    const payer = await walletOf(path);
    const authorityPath = values.authority ?? values["upgrade-authority"];
    const authority = authorityPath === undefined ? payer : await walletOf(authorityPath);
    if (values.airdrop !== undefined) {
      const sol = Number(values.airdrop);
      if (!(sol > 0 && sol <= 1e8))
        throw new Failure("bad-option", `--airdrop takes an amount of SOL, not "${values.airdrop}"`);
      await this.#chain.airdrop(payer.signer.address, BigInt(Math.round(sol * LAMPORTS_PER_SOL)));
    }
    return { payer, authority };
  }

  get #report(): Report {
    return {
      progress: (there, all) => this.#progress.show(there, all),
      say: (line) => this.#progress.say(line),
    };
  }

  async #programId(file: string): Promise<KeyPairSigner | Address> {
    const given = this.#options.values["program-id"];
    if (given !== undefined) return keyOrAddress(given, "--program-id");
    const beside = join(dirname(file), `${basename(file).replace(/\.so$/, "")}-keypair.json`);
    if (!existsSync(beside)) newKeyFile(beside);
    return (await walletOf(beside)).signer;
  }

  async #deploy(file: string, upgrade: boolean): Promise<Answer> {
    const { values } = this.#options;
    const elf = readProgramFile(file);
    if (upgrade && values["program-id"] === undefined) {
      throw new Failure("bad-option", "upgrade: --program-id is missing");
    }
    const { payer, authority } = await this.#ready();
    const id = await this.#programId(file);
    const { buffer, "max-len": maxLength } = values;
    const request = {
      elf,
      payer: payer.signer,
      authority: authority.signer,
      program: upgrade && typeof id === "object" ? id.address : id,
      buffer: buffer === undefined ? undefined : await keyOrAddress(buffer, "--buffer"),
      maxLength: maxLength === undefined ? undefined : wholeNumber("--max-len", maxLength, [1, MAX_PROGRAM]),
      final: values.final,
    };
    const done = await deployProgram(this.#chain, request, authority.seed, this.#report);
    const { program, signature, writes } = done;
    return { program, status: done.upgraded ? "upgraded" : "deployed", signature, writes };
  }

  async #writeBuffer(file: string): Promise<Answer> {
    const elf = readProgramFile(file);
    const { payer, authority } = await this.#ready();
    const given = this.#options.values.buffer;
    const buffer = given === undefined ? undefined : (await walletOf(given)).signer;
    const wallets = { elf, payer: payer.signer, authority: authority.signer, buffer };
    return { ...(await writeBuffer(this.#chain, wallets, authority.seed, this.#report)) };
  }

  async #owned(tag: string, offset: number): Promise<Address[]> {
    const { authority } = await this.#ready();
    const filters = [
      { offset: 0, base58: tag },
      { offset, base58: authority.signer.address },
    ];
    return this.#chain.find(LOADER_V3, filters);
  }

  async #showAll(): Promise<Answer> {
    const { buffers } = this.#options.values;
    const found = buffers ? await this.#owned(BUFFER_TAG, 5) : await this.#programs();
    const shown = [];
    for (const one of found) shown.push(describe(await show(this.#chain, one)));
    return { [buffers ? "buffers" : "programs"]: shown };
  }

  /** Programs by their program data: its address is in the program account. */
  async #programs(): Promise<Address[]> {
    const programs: Address[] = [];
    for (const data of await this.#owned(PROGRAM_DATA_TAG, 13)) {
      programs.push(...(await this.#chain.find(LOADER_V3, [{ offset: 4, base58: data }])));
    }
    return programs;
  }

  async #dump(from: Address, file: string): Promise<Answer> {
    const bytes = programBytes(await show(this.#chain, from));
    try {
      writeFileSync(file, bytes);
    } catch (error) {
      throw new Failure("file-unreadable", `cannot write ${file}: ${(error as Error).message}`);
    }
    return { address: from, file, bytes: bytes.length };
  }

  async #setAuthority(target: Address): Promise<Answer> {
    const { values } = this.#options;
    const next = values["new-authority"];
    if ((next === undefined) === !values.final) {
      throw new Failure("bad-option", "set-authority takes either --new-authority or --final");
    }
    const { payer, authority } = await this.#ready();
    const wallets = { payer: payer.signer, authority: authority.signer };
    const given = next === undefined ? undefined : await keyOrAddress(next, "--new-authority");
    await changeAuthority(this.#chain, wallets, target, given);
    return { address: target, authority: typeof given === "object" ? given.address : (given ?? null) };
  }

  async #close(target: Address): Promise<Answer> {
    const { payer, authority } = await this.#ready();
    const { recipient, "bypass-warning": consent = false } = this.#options.values;
    const to = recipient === undefined ? payer.signer.address : key(recipient);
    const wallets = { payer: payer.signer, authority: authority.signer };
    const { kind, lamports } = await closeAccount(this.#chain, wallets, target, to, consent);
    return { address: target, status: `${kind} closed`, lamports: String(lamports) };
  }

  async #closeBuffers(): Promise<Answer> {
    const closed: Answer[] = [];
    for (const buffer of await this.#owned(BUFFER_TAG, 5)) closed.push(await this.#close(buffer));
    return { closed };
  }

  /** Leaves the progress line. */
  end(): void {
    this.#progress.end();
  }
}

/** An address, or a key file's. */
function key(text: string): Address {
  return address(encodeBase58(addressOf(text, "ADDRESS")));
}

function describe(shown: Shown): Answer {
  const { address, kind, owner, programData, authority, slot, lamports } = shown;
  return {
    address,
    kind,
    owner,
    ...(programData && { programData }),
    ...(authority !== undefined && { authority }),
    ...(slot !== undefined && { lastDeployedInSlot: String(slot) }),
    bytes: shown.bytes.length,
    lamports: String(lamports),
  };
}
