/**
 * What a storage that refuses writes makes workerd and the workers print: one line, then one a minute, whatever the number of objects and
 * processes that run into it.
 */
import { isStorageFault } from "../../shared/storage/room.ts";
import type { LogSink } from "./workerd.ts";

const LINE_MS = 60_000;
/** What is left of such a fault in the lines of those that called. */
const CONSEQUENCE = /outputGateBroken|internal error; reference =|a state machine stopped/;
const AGAIN = "storage: there is room again";
const FULL = "storage is full: no transactions are taken until there is room; it goes on by itself";

/** Hands on to `log` what is to be printed. `now` in milliseconds. */
export function storageLines(log: LogSink, now: () => number = Date.now): LogSink {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (level, message) => {
    const isRecent = now() - saidAt < LINE_MS;
    if (message.startsWith(AGAIN)) {
      // Each process says so.
      if (saidAt !== Number.NEGATIVE_INFINITY) log("info", message);
      saidAt = Number.NEGATIVE_INFINITY;
    } else if (isStorageFault(message)) {
      if (isRecent) return;
      saidAt = now();
      const [, own] = /^STORE_FULL: (storage [^\n]*)/.exec(message) ?? [];
      const [, code] = /(SQLITE_(?!FULL)[A-Z]+)/.exec(message) ?? [];
      log("error", own ?? (code === undefined ? FULL : FULL.replace("is full", `refuses writes (${code})`)));
    } else if (!isRecent || !CONSEQUENCE.test(message)) {
      log(level, message);
    }
  };
}
