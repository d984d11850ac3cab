/**
 * The disk that a network's state is on: how much room there is, and a reserve that is given up when there is none.
 *
 *   free  ───────────────────────────────┬──────────────┬───────▶ 0
 *         plenty                         │ low          │ none
 *                                   new work refused    all is held; the reserve goes, so that what was ended can be opened for reading
 */
import { randomFillSync } from "node:crypto";
import { closeSync, existsSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Room } from "../../shared/storage/room.ts";

export const RESERVE_FILE = "reserve.bin";

/** Bytes that a transaction takes with its index, once it is stored; docs/operations.md. */
export const BYTES_PER_TRANSACTION = 460;

const MB = 1 << 20;
/** The reserve is written in pieces: this process keeps the memory of whatever it once had. */
const PIECE = MB / 4;
/** Low: less than this part of the file system, within bounds. None: an eighth of that. */
const LOW_PART = 100;
const LOW = [4 * MB, 256 * MB] as const;
const NONE_PART = 8;
/** The reserve: this part of the file system, within bounds. */
const RESERVE_PART = 256;
const RESERVE = [MB, 16 * MB] as const;
/** Above low, before work is taken again and the reserve is made again: so that it does not go to and fro. */
const MARGIN_PART = 2;

const within = (value: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, value));

export interface DiskSpace {
  /** Bytes that this user can still write, and of the whole file system. */
  readonly free: number;
  readonly total: number;
}

export function diskSpace(path: string): DiskSpace {
  const { bavail, blocks, bsize } = statfsSync(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

/** What so much free space means. `before`: what it meant last. */
export function roomOf({ free, total }: DiskSpace, before: Room): Room {
  const low = within(total / LOW_PART, LOW);
  if (free < low / NONE_PART) return "none";
  if (free < low) return before === "none" && free < low / MARGIN_PART ? "none" : "low";
  return before === "plenty" || free >= low + low / MARGIN_PART ? "plenty" : "low";
}

export class Disk {
  readonly #reserve: string;
  readonly #hasReserve: boolean;
  readonly #space: () => DiskSpace;
  #room: Room = "plenty";

  /** Without a reserve where the folder is a temporary one. */
  constructor(directory: string, options: { readonly reserve: boolean; readonly space?: () => DiskSpace }) {
    this.#reserve = join(directory, RESERVE_FILE);
    this.#hasReserve = options.reserve;
    this.#space = options.space ?? (() => diskSpace(directory));
    this.#keepReserve();
  }

  /** Looks, and makes or gives up the reserve. Where the system says nothing there is room. */
  look(): Room {
    try {
      const { free, total } = this.#space();
      // What was given up is not there to be filled.
      const isGone = this.#hasReserve && !existsSync(this.#reserve);
      const own = isGone ? within(total / RESERVE_PART, RESERVE) : 0;
      this.#room = roomOf({ free: Math.max(0, free - own), total }, this.#room);
      if (this.#room === "none") rmSync(this.#reserve, { force: true });
      else if (this.#room === "plenty" && isGone) this.#keepReserve();
    } catch {
      this.#room = "plenty";
    }
    return this.#room;
  }

  #keepReserve(): void {
    if (!this.#hasReserve) return;
    try {
      const { free, total } = this.#space();
      const size = within(total / RESERVE_PART, RESERVE);
      if (existsSync(this.#reserve) || roomOf({ free: free - size, total }, "low") !== "plenty") return;
      // Bytes that no file system leaves out or compresses.
      const file = openSync(this.#reserve, "w", 0o600);
      try {
        const piece = Buffer.alloc(PIECE);
        for (let left = Math.floor(size); left > 0; left -= PIECE) {
          writeSync(file, randomFillSync(piece), 0, Math.min(left, PIECE));
        }
      } finally {
        closeSync(file);
      }
    } catch {
      rmSync(this.#reserve, { force: true });
    }
  }

  /** In an orderly end: the next start makes it again. */
  release(): void {
    rmSync(this.#reserve, { force: true });
  }
}

const amount = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;

/** In one line, for the report at the start. */
export function describeDisk({ free }: DiskSpace): string {
  return `${amount(free)} free; a million transactions take about ${amount(BYTES_PER_TRANSACTION * 1e6)}`;
}

/** Null: the disk has room for the history that is to be kept. */
export function diskWarning({ free }: DiskSpace, keepBytes: number | undefined): string | null {
  if (keepBytes === undefined || free > keepBytes) return null;
  return `WARNING: the disk has ${amount(free)} left, and up to ${amount(keepBytes)} of history are kept: --keep says how much`;
}
