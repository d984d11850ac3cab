/**
 * The folder that a local network lives in:
 *   network.json   genesis and keys (genesis.ts), written once
 *   accounts.bin   account list of the genesis, when it has more accounts than network.json names
 *   fork/          what a forked network has fetched (infra/fork/cache.ts)
 *   objects/       storage of the Durable Objects, kept by workerd
 *   lock.*         who uses it (lock.ts)
 *   workerd*.capnp what its processes are configured with, while it runs (workerd.ts)
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { realProgramNames } from "../../shared/protocol/real-programs.ts";
import { beganWith, withStandardPrograms } from "../genesis/standard-programs.ts";
import { RESERVE_FILE } from "./disk.ts";
import { Failure, systemCode } from "./failure.ts";
import {
  accountsHash,
  createNetworkFile,
  formatNetworkFile,
  type NetworkFile,
  parseNetworkFile,
  realProgramsOf,
} from "./genesis.ts";
import { LOCK_FILES, lockState, type StateLock } from "./lock.ts";
import { configFile, OBJECTS_FOLDER } from "./worker-config.ts";

export const NETWORK_FILE = "network.json";
const OBJECTS = "objects";
const FORK = "fork";
export const ACCOUNTS_FILE = "accounts.bin";
const temporary = (name: string) => `${name}.new`;
/** While a network runs; by earlier versions too. */
const RUNNING = [configFile(), configFile("front"), configFile("back"), "split-front", "split-back"];
const KNOWN = new Set([
  NETWORK_FILE,
  temporary(NETWORK_FILE),
  ACCOUNTS_FILE,
  temporary(ACCOUNTS_FILE),
  OBJECTS,
  FORK,
  RESERVE_FILE,
  ...RUNNING,
  ...LOCK_FILES,
]);
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
/** What group and others may do. */
const OTHERS = 0o077;
const SQLITE_MAGIC = "SQLite format 3\0";

export const DEFAULT_SHARDS = 4;

export interface StateOptions {
  /** Unset: what the folder says, 4 in a new one. */
  readonly shards?: number | undefined;
  readonly reset?: boolean | undefined;
  /** Account list of a new network's genesis, beside the standard programs. One that is there already must have begun with the same. */
  readonly accounts?: Uint8Array | undefined;
  /** Flags of the programs that run from their real ELFs. Unset: what the folder says, none in a new one. */
  readonly realPrograms?: number | undefined;
}

export interface LoadedState {
  readonly network: NetworkFile;
  /** False: it was there already. */
  readonly created: boolean;
  /** Account list of the genesis, if it has more accounts than the network file names. */
  readonly accounts: Uint8Array | undefined;
}

/** Of the system's error codes, why a folder cannot be used. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: "no folder can be made there",
  ENOTDIR: "it is a file, or below one",
  EEXIST: "there is something else by that name",
  EACCES: "there is no permission to use it",
  EPERM: "there is no permission to use it",
  EROFS: "its file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the system allows no file that large",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its links go round in circles",
};

function unreadable(directory: string, error: unknown): Failure {
  const code = systemCode(error);
  const why = WHY[code] ?? (code || (error as Error).message);
  return new Failure("state-unreadable", `the state folder ${directory} cannot be used: ${why} (--state DIR: another)`);
}

/**
 * Makes a folder and those above it that are missing; returns them, the innermost first. One at a time: mkdir's option `recursive` tries
 * for ever where the system says that the folder above is not there although it is, as below /proc.
 */
function makeFolders(directory: string): string[] {
  const missing: string[] = [];
  for (let at = directory; !existsSync(at); at = dirname(at)) missing.push(at);
  const made: string[] = [];
  try {
    for (const folder of missing.toReversed()) {
      mkdirSync(folder, { mode: PRIVATE_FOLDER });
      made.unshift(folder);
    }
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
  return made;
}

/** Removes folders, the innermost first, up to one in which something is. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // something has come into it
  }
}

/** Files are their user's alone. Earlier versions left that to the umask; what the user may not change stays as it is. */
function makePrivate(directory: string): void {
  for (const name of [".", ...readdirSync(directory, { recursive: true, encoding: "utf8" })]) {
    const path = join(directory, name);
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (!entry || entry.isSymbolicLink() || (entry.mode & OTHERS) === 0) continue;
    try {
      chmodSync(path, entry.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE);
    } catch {
      // of another user, or on a file system without modes
    }
  }
}

function corrupt(directory: string, what: string): Failure {
  return new Failure("state-corrupt", `the state in ${directory} is damaged: ${what} (start afresh with --reset)`);
}

function replaceDurably(directory: string, name: string, content: string | Uint8Array): void {
  const unfinished = join(directory, temporary(name));
  const file = openSync(unfinished, "w", PRIVATE_FILE);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, join(directory, name));
  const folder = openSync(directory, "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** Each database must at least say that it is one. An empty file is a database whose content is still in its log. */
function checkDatabases(directory: string): void {
  const head = Buffer.alloc(SQLITE_MAGIC.length);
  for (const name of readdirSync(join(directory, OBJECTS), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".sqlite")) continue;
    const file = openSync(join(directory, OBJECTS, name), "r");
    const read = readSync(file, head, 0, head.length, 0);
    closeSync(file);
    if (read !== 0 && head.toString("latin1", 0, read) !== SQLITE_MAGIC) {
      throw corrupt(directory, `${OBJECTS}/${name} is not a database`);
    }
  }
}

export class StateFolder {
  readonly directory: string;
  readonly lock: StateLock;
  /** Folders that `take` made, the innermost first. */
  readonly #made: readonly string[];

  private constructor(directory: string, lock: StateLock, made: readonly string[]) {
    this.directory = directory;
    this.lock = lock;
    this.#made = made;
  }

  /** Takes the folder for this process, making it when there is none; changes nothing that is in it. */
  static async take(directory: string): Promise<StateFolder> {
    let made: string[] = [];
    try {
      made = makeFolders(directory);
      // Desktops leave hidden files of their own anywhere.
      const stranger = readdirSync(directory).find((name) => !KNOWN.has(name) && !name.startsWith("."));
      if (stranger !== undefined) {
        throw new Failure("state-foreign", `${directory} is not a state folder: it holds ${stranger}`);
      }
      const lock = await lockState(directory);
      makePrivate(directory);
      return new StateFolder(directory, lock, made);
    } catch (error) {
      removeEmpty(made);
      throw error instanceof Failure ? error : unreadable(directory, error);
    }
  }

  get objects(): string {
    return join(this.directory, OBJECTS);
  }

  /** Where a forked network keeps what it has fetched. */
  get fork(): string {
    return join(this.directory, FORK);
  }

  /** workerd wants the folder to be there. */
  makeObjects(): void {
    mkdirSync(join(this.objects, OBJECTS_FOLDER), { recursive: true, mode: PRIVATE_FOLDER });
  }

  /** The network that lives here; a new one where there is none. */
  async load(options: StateOptions): Promise<LoadedState> {
    try {
      if (options.reset) {
        // The genesis goes last: as long as there are objects there is one.
        rmSync(this.objects, { recursive: true, force: true });
        rmSync(this.fork, { recursive: true, force: true });
        rmSync(join(this.directory, NETWORK_FILE), { force: true });
        rmSync(join(this.directory, ACCOUNTS_FILE), { force: true });
      }
      if (existsSync(join(this.directory, NETWORK_FILE))) return this.#read(options);
      if (existsSync(this.objects)) throw corrupt(this.directory, `it has ${OBJECTS} but no ${NETWORK_FILE}`);
      const { realPrograms = 0 } = options;
      const accounts = await withStandardPrograms(options.accounts);
      const network = createNetworkFile(options.shards ?? DEFAULT_SHARDS, accounts, realPrograms);
      replaceDurably(this.directory, ACCOUNTS_FILE, accounts);
      replaceDurably(this.directory, NETWORK_FILE, formatNetworkFile(network));
      return { network, created: true, accounts };
    } catch (error) {
      throw error instanceof Failure ? error : unreadable(this.directory, error);
    }
  }

  #read(options: StateOptions): LoadedState {
    const parsed = parseNetworkFile(readFileSync(join(this.directory, NETWORK_FILE), "utf8"));
    if (!parsed.ok && parsed.otherFormat !== undefined) {
      const text = `the state in ${this.directory} has format ${parsed.otherFormat}, which this version does not read`;
      throw new Failure("state-other-version", `${text} (start afresh with --reset)`);
    }
    if (!parsed.ok) throw corrupt(this.directory, `${NETWORK_FILE} is not what was written`);
    const { shardCount } = parsed.file.genesis;
    if (options.shards !== undefined && options.shards !== shardCount) {
      const text = `the network in ${this.directory} has ${shardCount} shards by its genesis, not ${options.shards}`;
      throw new Failure("state-other-genesis", `${text} (leave --shards out, or start afresh with --reset)`);
    }
    this.#checkRealPrograms(parsed.file, options.realPrograms);
    const accounts = this.#accounts(parsed.file, options.accounts);
    if (existsSync(this.objects)) checkDatabases(this.directory);
    return { network: parsed.file, created: false, accounts };
  }

  /** The account list of the genesis; `wanted`: the one that the options name. */
  #accounts({ genesis }: NetworkFile, wanted: Uint8Array | undefined): Uint8Array | undefined {
    const path = join(this.directory, ACCOUNTS_FILE);
    const stored =
      genesis.accountsHash !== undefined && existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
    if (genesis.accountsHash !== undefined && (!stored || accountsHash(stored) !== genesis.accountsHash)) {
      throw corrupt(this.directory, `${ACCOUNTS_FILE} is not what was written`);
    }
    if (wanted && !(stored && beganWith(stored, wanted))) {
      const text = `the network in ${this.directory} began with other programs and accounts than the options name`;
      throw new Failure("state-other-genesis", `${text} (leave them out, or start afresh with --reset)`);
    }
    return stored;
  }

  #checkRealPrograms({ genesis }: NetworkFile, wanted: number | undefined): void {
    const have = realProgramsOf(genesis);
    if (wanted === undefined || wanted === have) return;
    const list = (flags: number) => realProgramNames(flags).join(",") || "none";
    const text = `the network in ${this.directory} has real programs ${list(have)} by its genesis, not ${list(wanted)}`;
    throw new Failure("state-other-genesis", `${text} (leave --real-programs out, or start afresh with --reset)`);
  }

  /** Gives the folder back, and takes it away again if `take` made it and nothing came into it. */
  release(): void {
    this.lock.release();
    if (this.#made.length === 0) return;
    try {
      if (readdirSync(this.directory).some((name) => !LOCK_FILES.includes(name))) return;
      for (const name of LOCK_FILES) rmSync(join(this.directory, name), { force: true });
      removeEmpty(this.#made);
    } catch {
      // another process has begun to use it
    }
  }
}
