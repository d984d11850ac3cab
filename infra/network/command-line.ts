/** Command lines of this package's scripts, which npm starts: `npm run SCRIPT -- OPTIONS`. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { Failure } from "./failure.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options, P extends boolean> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: P }>
>;

/** npm completes what it knows: it takes `--token` for an option of its own. */
const COMPLETED: Readonly<Record<string, string>> = { token: "token_description" };

/** How a script is called: `npm start`, `npm run load`. */
export const invocation = (script: string): string => (script === "start" ? "npm start" : `npm run ${script}`);

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
  const command = `${invocation(script)} -- ${[...kept, ...args].join(" ")}`;
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
    throw new Failure("bad-option", `${sentence}; ${invocation(script)} -- --help lists the options`);
  }
}
