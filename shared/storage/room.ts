/**
 * Whether the storage takes writes: what an isolate knows of it, from what the system says and from writes that failed.
 *
 *                  plenty ──────▶ low ──────▶ none         as the system says, where it says anything
 *   new work       taken          refused     refused      a frame that nobody has acknowledged
 *   work under way goes on        goes on     held         what was acknowledged is finished while there is room for it
 *
 *   a write fails ──▶ held, for a pause ──▶ tried again ──▶ fails again: held twice as long
 *
 * A Durable Object whose write fails is ended by the platform with all it has in memory, and begins again from what is stored: a crash
 * before the writes of a step, which loses nothing that was answered. Held means that no step is taken, so that nothing is ended again and again.
 */
import type { SubmitAnswer } from "../protocol/actor.ts";

export type Room = "plenty" | "low" | "none";

/** First and longest pause between a write that failed and the next one, milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 8_000;
/** A failure so soon after a pause is the same trouble. */
const SAME_TROUBLE_MS = 3_000;
/** One line so often while it lasts. */
const LINE_MS = 60_000;

/** When a client shall come again. */
export const FULL_RETRY_MS = 1_000;
/** The answer to new work. */
export const STORAGE_FULL: SubmitAnswer = { ok: false, retryAfterMs: FULL_RETRY_MS, full: true };

/** Of SQLite, in errors and in lines of workerd: no space, errors of the device, of permissions, of limits. */
const STORAGE_FAULT = /SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOLFS|AUTH)\b|STORE_FULL\b/;
/** What is left of an error of the platform behind an object call, and of calls to an object that it has ended. */
const OPAQUE = /internal error; reference =|outputGateBroken|a state machine stopped/;

export const textOf = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));

/** Whether this text speaks of a write, or an opening for writing, that the storage refused. */
export const isStorageFault = (text: string): boolean => STORAGE_FAULT.test(text);

export class RoomKeeper {
  #room: Room = "plenty";
  /** Nothing is written before. */
  #retryAt = Number.NEGATIVE_INFINITY;
  #pause = FIRST_PAUSE_MS;
  #why = "";
  #saidAt = Number.NEGATIVE_INFINITY;
  #wasRefusing = false;

  /** What the system says. */
  told(room: Room): void {
    this.#room = room;
  }

  /** An error somewhere; true where the storage is to blame. `now` in milliseconds. */
  fault(text: string, now: number): boolean {
    // An object that cannot be opened for lack of room says no more than that: in times of trouble that is what it means.
    const isTrouble = this.#room !== "plenty" || now < this.#retryAt + LONGEST_PAUSE_MS;
    if (!isStorageFault(text) && !(isTrouble && OPAQUE.test(text))) return false;
    if (now < this.#retryAt) return true;
    const isSame = now - this.#retryAt < SAME_TROUBLE_MS;
    this.#pause = isSame ? Math.min(this.#pause * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.#retryAt = now + this.#pause;
    if (isStorageFault(text)) this.#why = /SQLITE_(?!FULL)[A-Z]+/.exec(text)?.[0] ?? "";
    return true;
  }

  /** No step may be taken that writes. */
  isHeld(now: number): boolean {
    return this.#room === "none" || now < this.#retryAt;
  }

  /** Work that nobody has acknowledged is taken. */
  takesNew(now: number): boolean {
    return this.#room === "plenty" && !this.isHeld(now);
  }

  /** What to tell the operator now; undefined: nothing new. */
  line(now: number): string | undefined {
    // A pause that has just ended proves nothing yet.
    const isRefusing = !this.takesNew(now) || now - this.#retryAt < SAME_TROUBLE_MS;
    if (!isRefusing) {
      if (!this.#wasRefusing) return undefined;
      this.#wasRefusing = false;
      this.#saidAt = Number.NEGATIVE_INFINITY;
      return "storage: there is room again; transactions are taken";
    }
    this.#wasRefusing = true;
    if (now - this.#saidAt < LINE_MS) return undefined;
    this.#saidAt = now;
    const what = this.#why === "" ? "storage is full" : `storage refuses writes (${this.#why})`;
    return `STORE_FULL: ${what}: no transactions are taken until there is room; it goes on by itself`;
  }
}
