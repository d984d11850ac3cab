/** Options that take several values and may be repeated, which parseArgs of Node does not know. */
import { GENESIS_OPTIONS, type GenesisOption } from "../genesis/accounts.ts";
import { usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";

const isFlag = (text: string | undefined): boolean => text === undefined || text.startsWith("--");

/** Takes those options out of a command line. Throws a Failure when one has too few values. */
export function takeGenesisOptions(args: readonly string[]): {
  readonly rest: readonly string[];
  readonly options: readonly GenesisOption[];
} {
  const rest: string[] = [];
  const options: GenesisOption[] = [];
  for (let at = 0; at < args.length; ) {
    const arg = args[at++]!;
    const flag = arg.slice(2);
    if (!arg.startsWith("--") || !Object.hasOwn(GENESIS_OPTIONS, flag)) {
      rest.push(arg);
      continue;
    }
    const [fewest, most] = GENESIS_OPTIONS[flag]!;
    const values: string[] = [];
    while (values.length < most && !isFlag(args[at])) values.push(args[at++]!);
    if (values.length < fewest || values.includes("")) {
      const wanted = fewest === 1 ? "a value" : `${fewest} values`;
      throw new Failure("bad-option", `${arg} takes ${wanted}; ${usage("start")} --help lists the options`);
    }
    options.push({ flag, values });
  }
  return { rest, options };
}
