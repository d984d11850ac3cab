/** Command lines of the scripts that npm starts: what npm kept for itself is noticed, and said in the user's words. */
import { describe, expect, it } from "vitest";
import { parseCommandLine, refuseForgottenDashes } from "../../../infra/network/command-line.ts";
import { Failure } from "../../../infra/network/failure.ts";
import { parseOptions } from "../../../infra/start/options.ts";

const NAMES = ["reset", "port", "slot-ms", "token", "quiet"];

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("nothing was refused");
}

const asked = (script: string, args: string[], env: Record<string, string>): string =>
  refused(() => refuseForgottenDashes(script, NAMES, args, { npm_lifecycle_event: script, ...env }));

describe("options before which the two dashes were forgotten", () => {
  it("npm start --reset --port 9000: the error has the command as it was meant", () => {
    expect(asked("start", ["9000"], { npm_config_reset: "true", npm_config_port: "true" })).toBe(
      "bad-option: npm kept --reset and --port for itself: options come behind two dashes, " +
        'as in "npm start -- --reset --port 9000" (and any that npm left out)',
    );
  });

  it("older versions of npm keep the value too", () => {
    expect(asked("start", [], { npm_config_slot_ms: "20" })).toContain('"npm start -- --slot-ms 20"');
  });

  it("npm completes --token to an option of its own", () => {
    expect(asked("load", ["5"], { npm_config_token_description: "true" })).toContain('"npm run load -- --token 5"');
  });

  it("not of another script, not without npm, not what npm sets anyway", () => {
    const env = { npm_config_reset: "true" };
    expect(() => refuseForgottenDashes("start", NAMES, [], { npm_lifecycle_event: "test", ...env })).not.toThrow();
    expect(() => refuseForgottenDashes("start", NAMES, [], env)).not.toThrow();
    const usual = { npm_lifecycle_event: "start", npm_config_loglevel: "error", npm_config_reset: "" };
    expect(() => refuseForgottenDashes("start", NAMES, [], usual)).not.toThrow();
  });

  it("the options of npm start are looked for, also those of several values", () => {
    const before = process.env;
    for (const name of ["dev", "clone_from", "real_programs", "upgradeable_program"]) {
      process.env = { npm_lifecycle_event: "start", [`npm_config_${name}`]: "true" };
      try {
        expect(refused(() => parseOptions([]))).toContain(`npm start -- --${name.replace("_", "-")}`);
      } finally {
        process.env = before;
      }
    }
  });
});

describe("options of a script", () => {
  const options = { port: { type: "string" }, reset: { type: "boolean" } } as const;

  it("are parsed, operands only where there are some", () => {
    const { values, positionals } = parseCommandLine("load", ["--port", "1", "a"], options, true);
    expect([values.port, values.reset, positionals]).toEqual(["1", undefined, ["a"]]);
    expect(refused(() => parseCommandLine("load", ["a"], options))).toContain("Unexpected argument 'a'");
  });

  it("one that is unknown: the error says which, and how to see all", () => {
    expect(refused(() => parseCommandLine("load", ["--prot", "1"], options))).toBe(
      "bad-option: Unknown option '--prot'; npm run load -- --help lists the options",
    );
    expect(refused(() => parseCommandLine("start", ["--port"], options))).toContain("npm start -- --help lists");
  });
});
