/**
 * One process to a state folder. The lock is an SQLite file held exclusively, so the operating system gives it back whatever
 * becomes of its holder. Beside it stands who holds it, for the message, and which workerd processes it runs: one that outlived
 * its holder still has the folder's databases and ports open, and is ended by the next holder.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Failure } from "./failure.ts";
import { commandLine, killAndWait } from "./process.ts";

const SQLITE_BUSY = 5;
const PRIVATE_FILE = 0o600;
/** A killed holder may take a moment to disappear, milliseconds. */
const BUSY_TIMEOUT_MS = 300;

interface Holder {
  readonly pid: number;
  readonly workerd?: readonly { readonly pid: number; readonly command: string }[];
}

export interface StateLock {
  /** Notes the workerd processes that run now. */
  note(workerdPids: readonly number[]): void;
  release(): void;
}

export const LOCK_FILES = ["lock.sqlite", "lock.sqlite-journal", "lock.json"];

function readHolder(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Holder;
    return typeof holder.pid === "number" && Array.isArray(holder.workerd ?? []) ? holder : null;
  } catch {
    return null;
  }
}

function openExclusively(directory: string): DatabaseSync {
  const path = join(directory, "lock.sqlite");
  let database: DatabaseSync | undefined;
  try {
    // SQLite would make it by the umask; its journal gets the mode of the file.
    closeSync(openSync(path, "a", PRIVATE_FILE));
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) {
      throw new Failure(
        "state-unreadable",
        `the state folder ${directory} cannot be locked: ${(error as Error).message}`,
      );
    }
    const holder = readHolder(join(directory, "lock.json"));
    const by = holder ? ` (process ${holder.pid})` : "";
    throw new Failure(
      "state-in-use",
      `the state folder ${directory} is in use by a network that runs already${by}; ` +
        "a second network needs a folder and ports of its own: --state DIR --port PORT",
    );
  }
}

export async function lockState(directory: string): Promise<StateLock> {
  const database = openExclusively(directory);
  const path = join(directory, "lock.json");
  for (const orphan of readHolder(path)?.workerd ?? []) {
    if (commandLine(orphan.pid) === orphan.command) await killAndWait(orphan.pid);
  }
  const write = (holder: Holder) => writeFileSync(path, JSON.stringify(holder), { mode: PRIVATE_FILE });
  write({ pid: process.pid });
  return {
    note(workerdPids) {
      const workerd = workerdPids.map((pid) => ({ pid, command: commandLine(pid) }));
      write({ pid: process.pid, workerd });
    },
    release() {
      rmSync(path, { force: true });
      database.close();
    },
  };
}
