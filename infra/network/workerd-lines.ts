/** What a line on workerd's standard error is worth to the operator of a network. */

/** In lines that tell of no fault of workerd's own, such as calls and connections that its end has cut off. */
const NO_REPORT = "NOSENTRY";
/** At a start: an object has set its alarm again, later, before the kept one came. It runs at the later time (actor-sqlite.c++). */
const ALARM_MOVED = "NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.";

export type Worth =
  /** Nothing to know and nothing to do. */
  | "none"
  /** No news if all of it is about to stop. */
  | "unless-it-stops"
  | "news";

export function worthOf(line: string): Worth {
  if (line.includes(ALARM_MOVED)) return "none";
  return line.includes(NO_REPORT) ? "unless-it-stops" : "news";
}
