/** Lines that workerd prints: what each says, and what that is worth to the operator of a network. */

/** In lines that tell of no fault of workerd's own, such as calls and connections that its end has cut off. */
const NO_REPORT = "NOSENTRY";
/** At a start: an object has set its alarm again, later, before the kept one came. It runs at the later time (actor-sqlite.c++). */
const ALARM_MOVED = "NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.";
/** Addresses of a stack, and what kj and V8 say about themselves: nothing without a debugger. */
const INTERNAL = /stack:( (0|[a-f\d]{4,})){3,}|\$LLVM_SYMBOLIZER is not set|took recursive isolate lock|CODE_MOVED for/;
/** kj's last words, past all logging. */
const FATAL = /^\*\*\* (std::terminate\(\)|Fatal uncaught|Received signal|Uncaught exception)/;
/** EADDRINUSE of macOS and Linux, in words of workerd's own and of kj. */
const ADDRESS_IN_USE = /bind\(\): .*\(os error (48|98)\)|Address already in use/;

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
}

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

export const saysAddressInUse = (line: string): boolean => ADDRESS_IN_USE.test(line);

function parsed(line: string): LogLine {
  try {
    const { level, message } = Object(JSON.parse(line)) as { readonly level?: unknown; readonly message?: unknown };
    if (typeof message === "string") {
      return { level: level === "error" || level === "warn" ? level : "info", message };
    }
  } catch {
    // Not of its log.
  }
  return { level: "info", message: line };
}

/** What is left of a stream of lines; a stack is told only behind the words that ended the process. */
export class LineReader {
  #isEnding = false;

  /** Undefined: nothing. */
  read(line: string): LogLine | undefined {
    if (line === "") return undefined;
    const { level, message } = parsed(line);
    if (FATAL.test(message)) this.#isEnding = true;
    else if (!INTERNAL.test(message)) this.#isEnding = false;
    else if (!this.#isEnding) return undefined;
    return { level: this.#isEnding ? "error" : level, message };
  }
}
