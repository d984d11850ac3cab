/** The progress of an upload: one line that is written again on a terminal, a line now and then elsewhere. */
const WIDTH = 30;
const TERMINAL_MS = 100;
const LOG_MS = 2_000;

export class Progress {
  readonly #wanted: boolean;
  readonly #isTerminal = process.stderr.isTTY === true;
  readonly #startedAt = performance.now();
  #first: number | undefined;
  #shownAt = Number.NEGATIVE_INFINITY;
  #last = -1;
  #open = false;

  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }

  /** `there` of `all` writes are done; those that were done at the first call do not count for the speed. */
  show(there: number, all: number): void {
    this.#first ??= there;
    const now = performance.now();
    const due = now - this.#shownAt >= (this.#isTerminal ? TERMINAL_MS : LOG_MS);
    if (!this.#wanted || there === this.#last || !(due || there === all)) return;
    this.#last = there;
    this.#shownAt = now;
    const done = Math.floor((there / all) * WIDTH);
    const speed = Math.round((there - this.#first) / Math.max((now - this.#startedAt) / 1000, 0.001));
    const bar = `${"#".repeat(done)}${".".repeat(WIDTH - done)}`;
    const resumed = this.#first > 0 ? ` (${this.#first} were there)` : "";
    const line = `writing [${bar}] ${there}/${all} ${speed}/s${resumed}`;
    process.stderr.write(this.#isTerminal ? `\r${line}\x1b[K` : `${line}\n`);
    this.#open = this.#isTerminal;
  }

  say(line: string): void {
    this.end();
    if (this.#wanted) process.stderr.write(`${line}\n`);
  }

  end(): void {
    if (this.#open) process.stderr.write("\n");
    this.#open = false;
  }
}
