/**
 * What this isolate knows of its storage (shared/storage/room.ts), for the edge and for all objects in it. A local network asks the system,
 * at most once a second while there is work; on the globe a write that fails is how one learns.
 *
 * The edge asks, for each submission. An object asks only while it is held anyway: what it has fetched keeps it in memory, and one that
 * asked every second could never be evicted.
 */
import { type Room, RoomKeeper, textOf } from "../../shared/storage/room.ts";
import type { Env } from "./env.ts";

/** How long an answer of the system is good for, milliseconds. */
const LOOK_MS = 1_000;
/** How often it is looked whether there is something new to say, milliseconds. */
const SAY_MS = 1_000;

export interface DiskReport {
  readonly room: Room;
  /** Memory of the network's workerd processes, where the system says so. */
  readonly residentBytes?: number;
}

const keeper = new RoomKeeper();
let lookAt = Number.NEGATIVE_INFINITY;
let sayAt = Number.NEGATIVE_INFINITY;

function say(now: number): void {
  const line = keeper.line(now);
  if (line === undefined) return;
  if (line.startsWith("STORE_FULL")) console.error(line);
  else console.log(line);
}

export const storageRoom = {
  /** Whether the storage is to blame for an error. Says so in the log, once a minute. */
  blame(fault: unknown): boolean {
    const now = Date.now();
    const isStorage = keeper.fault(textOf(fault), now);
    if (isStorage) say(now);
    return isStorage;
  },

  isHeld(): boolean {
    return keeper.isHeld(Date.now());
  },

  /** Says in the log what is new, at most once a second; nobody is asked. */
  report(): void {
    const now = Date.now();
    if (now < sayAt) return;
    sayAt = now + SAY_MS;
    say(now);
  },

  /** Whether new work may be taken, as far as is known. */
  hasRoom(): boolean {
    return keeper.takesNew(Date.now());
  },

  /** As hasRoom, for the edge: asks the system again if its last answer is old; the answer counts from the next question on. */
  takesNew(env: Env): boolean {
    this.look(env);
    return keeper.takesNew(Date.now());
  },

  look(env: Env): void {
    const now = Date.now();
    if (now < lookAt) return;
    lookAt = now + LOOK_MS;
    this.report();
    if (!env.DISK) return;
    env.DISK.fetch("http://disk/")
      .then(async (response) => {
        keeper.told(((await response.json()) as DiskReport).room);
        say(Date.now());
      })
      .catch(() => {
        // Whoever runs the network is gone, or about to end it: what was known stays.
      });
  },
};
