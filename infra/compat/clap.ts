/**
 * Command lines as clap reads them, in the two versions that the tools imitated here are built with: long and short options, values
 * behind a space or "=", short options in one word, options that take several values. What is refused is said in clap's words.
 */

export interface Option {
  readonly long: string;
  readonly short?: string;
  /** Names of its values; none: a flag. */
  readonly values?: readonly string[];
  /** All values up to the next option. */
  readonly greedy?: boolean;
  /** May be given without its value. */
  readonly optional?: boolean;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** What is wrong with a value. */
  readonly check?: (value: string) => string | undefined;
  readonly requires?: string;
  readonly conflicts?: string;
  readonly aliases?: readonly string[];
  readonly help: string;
}

export interface Command {
  readonly name: string;
  readonly about: string;
  /** Of clap: 2 ends with exit code 1, 4 with 2. */
  readonly clap: 2 | 4;
  readonly options: readonly Option[];
  /** Names of the operands, "[NAME]" for one that may be left out. */
  readonly operands?: readonly string[];
}

/** What clap prints to standard error before it ends the process. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode: number;

  constructor({ name, clap, operands = [] }: Command, what: string) {
    const tail = operands.map((operand) => ` ${operand.startsWith("[") ? operand : `<${operand}>`}`).join("");
    const usage = clap === 2 ? `USAGE:\n    ${name} [FLAGS] [OPTIONS]${tail}` : `Usage: ${name} [OPTIONS]${tail}`;
    super(`error: ${what}\n\n${usage}\n\nFor more information${clap === 2 ? " try --help" : ", try '--help'."}`);
    this.exitCode = clap === 2 ? 1 : 2;
  }
}

export class Parsed {
  readonly #given = new Map<string, string[][]>();
  readonly operands: string[] = [];

  add(long: string, values: string[]): void {
    const before = this.#given.get(long);
    if (before) before.push(values);
    else this.#given.set(long, [values]);
  }

  has(long: string): boolean {
    return this.#given.has(long);
  }

  /** The values of each time that it was given. */
  each(long: string): readonly (readonly string[])[] {
    return this.#given.get(long) ?? [];
  }

  all(long: string): readonly string[] {
    return this.each(long).flat();
  }

  /** The last one. */
  value(long: string): string | undefined {
    return this.all(long).at(-1);
  }

  names(): IterableIterator<string> {
    return this.#given.keys();
  }
}

function shown({ long, values = [], greedy }: Option): string {
  return `--${long}${values.map((name) => ` <${name}>`).join("")}${greedy ? "..." : ""}`;
}

const isOption = (text: string | undefined): boolean => text === undefined || (text.startsWith("-") && text !== "-");

class Reader {
  readonly parsed = new Parsed();
  readonly #command: Command;
  readonly #args: readonly string[];
  #at = 0;

  constructor(command: Command, args: readonly string[]) {
    this.#command = command;
    this.#args = args;
  }

  read(): Parsed {
    let onlyOperands = false;
    while (this.#at < this.#args.length) {
      const arg = this.#args[this.#at++]!;
      if (onlyOperands || !isOption(arg)) this.#operand(arg);
      else if (arg === "--") onlyOperands = true;
      else if (arg.startsWith("--")) this.#long(arg);
      else this.#short(arg);
    }
    for (const option of this.#command.options) this.#relations(option);
    const wanted = (this.#command.operands ?? []).filter((name) => !name.startsWith("["));
    const missing = wanted.slice(this.parsed.operands.length).map((name) => `\n    <${name}>`);
    if (missing.length > 0 && !this.parsed.has("help") && !this.parsed.has("version")) {
      throw this.#refused(`The following required arguments were not provided:${missing.join("")}`);
    }
    return this.parsed;
  }

  #refused(what: string): UsageError {
    // Version 4 begins its sentences with a small letter.
    return new UsageError(this.#command, this.#command.clap === 2 ? what : what[0]!.toLowerCase() + what.slice(1));
  }

  #unexpected(arg: string): UsageError {
    const { clap } = this.#command;
    return this.#refused(
      clap === 2
        ? `Found argument '${arg}' which wasn't expected, or isn't valid in this context`
        : `unexpected argument '${arg}' found`,
    );
  }

  #operand(arg: string): void {
    if (this.parsed.operands.length >= (this.#command.operands?.length ?? 0)) throw this.#unexpected(arg);
    this.parsed.operands.push(arg);
  }

  #long(arg: string): void {
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    const option = this.#command.options.find(({ long, aliases }) => long === name || aliases?.includes(name));
    if (!option) throw this.#unexpected(equals < 0 ? arg : arg.slice(0, equals));
    this.#take(option, equals < 0 ? undefined : arg.slice(equals + 1));
  }

  #short(arg: string): void {
    for (let i = 1; i < arg.length; i++) {
      const option = this.#command.options.find(({ short }) => short === arg[i]);
      if (!option) throw this.#unexpected(`-${arg[i]}`);
      const rest = arg.slice(i + 1).replace(/^=/, "");
      const isLast = option.values !== undefined;
      this.#take(option, isLast && rest !== "" ? rest : undefined);
      if (isLast) return;
    }
  }

  #take(option: Option, attached: string | undefined): void {
    const { values: names = [], greedy = false } = option;
    const { clap } = this.#command;
    if (!option.multiple && this.parsed.has(option.long)) {
      throw this.#refused(
        clap === 2
          ? `The argument '${shown(option)}' was provided more than once, but cannot be used multiple times`
          : `the argument '${shown(option)}' cannot be used multiple times`,
      );
    }
    if (names.length === 0 && attached !== undefined) {
      throw this.#refused(`The argument '--${option.long}' takes no value, but '${attached}' was given`);
    }
    const values = attached === undefined ? [] : [attached];
    const room = () => greedy || values.length < names.length;
    while (names.length > 0 && attached === undefined && room() && !isOption(this.#args[this.#at])) {
      values.push(this.#args[this.#at++]!);
    }
    if (values.length < names.length && !option.optional) {
      const one = names.length === 1 || values.length === 0;
      throw this.#refused(
        one
          ? clap === 2
            ? `The argument '${shown(option)}' requires a value but none was supplied`
            : `a value is required for '${shown(option)}' but none was supplied`
          : `The argument '${shown(option)}' requires ${names.length} values, but ${values.length} was provided`,
      );
    }
    for (const value of values) {
      const wrong = option.check?.(value);
      if (wrong === undefined) continue;
      throw this.#refused(
        clap === 2
          ? `Invalid value for '${shown(option)}': ${wrong}`
          : `invalid value '${value}' for '${shown(option)}': ${wrong}`,
      );
    }
    this.parsed.add(option.long, values);
  }

  #relations({ long, requires, conflicts, ...option }: Option): void {
    if (!this.parsed.has(long)) return;
    const named = (name: string) => {
      const other = this.#command.options.find((one) => one.long === name);
      return other ? shown(other) : `--${name}`;
    };
    if (requires !== undefined && !this.parsed.has(requires)) {
      throw this.#refused(`The following required arguments were not provided:\n    ${named(requires)}`);
    }
    if (conflicts !== undefined && this.parsed.has(conflicts)) {
      throw this.#refused(`The argument '${shown({ long, ...option })}' cannot be used with '${named(conflicts)}'`);
    }
  }
}

const STANDARD: readonly Option[] = [
  { long: "help", short: "h", help: "Prints help information" },
  { long: "version", short: "V", help: "Prints version information" },
];

/** Throws a UsageError for a command line that clap would refuse. --help and --version are always there. */
export function parseArguments(command: Command, args: readonly string[]): Parsed {
  return new Reader({ ...command, options: [...STANDARD, ...command.options] }, args).read();
}

/** The text of --help. */
export function helpText({ name, about, options, operands = [] }: Command): string {
  const tail = operands.map((operand) => ` ${operand.startsWith("[") ? operand : `<${operand}>`}`).join("");
  const rows = [...STANDARD, ...options].map((option) => {
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    return `  ${short}${shown(option)}\n          ${option.help}\n`;
  });
  return `${about}\n\nUsage: ${name} [OPTIONS]${tail}\n\n${rows.join("")}`;
}

/** For `check`: a whole number from `low` to `high`, ends included. */
export function isNumber(low: bigint, high: bigint): (value: string) => string | undefined {
  return (value) => {
    if (!/^\d{1,20}$/.test(value)) return "invalid digit found in string";
    const number = BigInt(value);
    return number >= low && number <= high ? undefined : `${value} is not in ${low}..=${high}`;
  };
}
