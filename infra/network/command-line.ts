/**
 * Command lines: `npm run SCRIPT -- OPTIONS` in the repository, `infinisvm SCRIPT OPTIONS` where the package is installed
 * (infra/cli/main.ts).
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { Failure, systemCode } from "./failure.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options, P extends boolean> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: P }>
>;

/** npm completes what it knows: it takes `--token` for an option of its own. */
const COMPLETED: Readonly<Record<string, string>> = { token: "token_description" };

let isCommand = false;

/** The package's command runs: whatever is loaded from now on names it in its texts. */
export function runAsCommand(): void {
  isCommand = true;
}

const npmScript = (script: string): string => (script === "start" ? "npm start" : `npm run ${script}`);

/** How a script is called: `npm start`, `npm run load`, `infinisvm load`. */
export const invocation = (script: string): string => (isCommand ? `infinisvm ${script}` : npmScript(script));

/** The same with something behind it. */
export const usage = (script: string): string => (isCommand ? invocation(script) : `${invocation(script)} --`);

/**
 * Refuses options that npm kept for itself because the `--` before them was forgotten: `npm start --reset` starts the script without them,
 * and only the environment shows it. Deprecated options of npm, like `--dev`, are not even there.
 * Throws a Failure that has the command as it was meant.
 */
export function refuseForgottenDashes(
  script: string,
  names: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): void {
  if (env.npm_lifecycle_event !== script) return;
  const kept = names.flatMap((name) => {
    const value = env[`npm_config_${name.replaceAll("-", "_")}`] ?? env[`npm_config_${COMPLETED[name] ?? name}`];
    // Newer versions of npm leave an option's value to the script, older ones keep it.
    return value === undefined || value === "" ? [] : value === "true" ? [`--${name}`] : [`--${name}`, value];
  });
  if (kept.length === 0) return;
  const options = kept.filter((part) => part.startsWith("--")).join(" and ");
  const command = `${usage(script)} ${[...kept, ...args].join(" ")}`;
  throw new Failure(
    "bad-option",
    `npm kept ${options} for itself: options come behind two dashes, as in "${command}" (and any that npm left out)`,
  );
}

/** Parses the options of a script. Throws a Failure for one that is unknown, lacks its value or was kept by npm. */
export function parseCommandLine<const T extends Options, const P extends boolean = false>(
  script: string,
  args: readonly string[],
  options: T,
  allowPositionals: P = false as P,
): Parsed<T, P> {
  refuseForgottenDashes(script, Object.keys(options), args);
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals, options }) as Parsed<T, P>;
  } catch (error) {
    const [sentence] = (error as Error).message.split(/[.\n]/);
    throw new Failure("bad-option", `${sentence}; ${usage(script)} --help lists the options`);
  }
}

/** In the words of every command that needs a network: nothing answers at `url`. */
export function noNetwork(url: string, error: unknown): string {
  const { cause, message } = error as Error;
  return `no network answers at ${url} (${systemCode(cause) || message}); ${invocation("start")} starts one`;
}
