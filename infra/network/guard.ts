/**
 * Ends workerd when the process that started it is killed with SIGKILL, as launchers do: there is no moment left to do it in. A small
 * shell reads the process ids from a pipe; at the end of the pipe, whatever ended it, it kills those it read last, and removes the
 * network's folder if that is a temporary one.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Writable } from "node:stream";

const SCRIPT = `
while read -r line; do pids=$line; done
[ -z "$pids" ] && exit
kill -9 $pids
[ -z "$1" ] || rm -rf -- "$1"
`;

export class Guard {
  readonly #shell: ChildProcessByStdio<Writable, null, null>;

  /** `temporary`: a folder that nobody needs afterwards. */
  constructor(temporary = "") {
    const args = ["-c", SCRIPT, "guard", temporary];
    this.#shell = spawn("/bin/sh", args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    // Without a shell there is no guard, and the network works all the same.
    this.#shell.on("error", () => {});
    this.#shell.stdin.on("error", () => {});
    this.#shell.unref();
  }

  /** The processes that run now. */
  watch(pids: readonly number[]): void {
    this.#shell.stdin.write(`${pids.join(" ")}\n`);
  }

  /** They have been ended. */
  release(): void {
    this.#shell.stdin.end("\n");
  }
}
