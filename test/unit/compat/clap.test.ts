import { describe, expect, it } from "vitest";
import { type Command, isNumber, parseArguments, UsageError } from "../../../infra/compat/clap.ts";
import { SURFPOOL_START } from "../../../infra/compat/surfpool-options.ts";
import { TEST_VALIDATOR } from "../../../infra/compat/test-validator-options.ts";

const validator = (...args: string[]) => parseArguments(TEST_VALIDATOR, args);
const KEYS = ["11111111111111111111111111111111", "So11111111111111111111111111111111111111112"];
const URL = ["--url", "http://127.0.0.1:1"];

/** First line, and the exit code. */
function refused(command: Command, ...args: string[]): [string, number] {
  try {
    parseArguments(command, args);
  } catch (error) {
    if (error instanceof UsageError) return [error.message.split("\n\n")[0]!, error.exitCode];
    throw error;
  }
  throw new Error("accepted");
}

describe("a command line of solana-test-validator", () => {
  it("has its values behind a space, behind an equals sign and in one word with a short option", () => {
    expect(validator("--rpc-port", "1", "--ledger", "a b").value("rpc-port")).toBe("1");
    expect(validator("--rpc-port=1", "--ledger=x=y").value("ledger")).toBe("x=y");
    expect(validator("-rl./validator").value("ledger")).toBe("./validator");
    expect(validator("-l=x", "-q").has("quiet")).toBe(true);
    expect([...validator("-rq").names()]).toEqual(["reset", "quiet"]);
  });

  it("has options of several values, several times, and options that take all values up to the next", () => {
    const parsed = validator("--bpf-program", "a", "b", "--account", "-", "c", "--bpf-program", "d", "e", "-r");
    expect(parsed.each("bpf-program")).toEqual([
      ["a", "b"],
      ["d", "e"],
    ]);
    expect(parsed.each("account")).toEqual([["-", "c"]]);
    expect(validator(...URL, "-c", ...KEYS, "--clone", KEYS[0]!, "-q").all("clone")).toEqual([...KEYS, KEYS[0]]);
  });

  it("may name a slot to warp to, or none", () => {
    expect(validator("-w", "5").each("warp-slot")).toEqual([["5"]]);
    expect(validator("--warp-slot", "--reset").each("warp-slot")).toEqual([[]]);
  });

  it("is refused as clap 2 refuses it", () => {
    const cases: [string[], string][] = [
      [["--foo"], "Found argument '--foo' which wasn't expected, or isn't valid in this context"],
      [["-x"], "Found argument '-x' which wasn't expected, or isn't valid in this context"],
      [["what"], "Found argument 'what' which wasn't expected, or isn't valid in this context"],
      [["--rpc-port"], "The argument '--rpc-port <PORT>' requires a value but none was supplied"],
      [["--rpc-port", "70000"], "Invalid value for '--rpc-port <PORT>': 70000 is not in 1..=65534"],
      [["--rpc-port", "x"], "Invalid value for '--rpc-port <PORT>': invalid digit found in string"],
      [["--account", "a"], "The argument '--account <ADDRESS> <DUMP.JSON>' requires 2 values, but 1 was provided"],
      [["--quiet", "--log"], "The argument '--quiet' cannot be used with '--log'"],
      [
        ["--ledger", "a", "--ledger", "b"],
        "The argument '--ledger <DIR>' was provided more than once, but cannot be used multiple times",
      ],
      [["--clone", KEYS[0]!], "The following required arguments were not provided:\n    --url <URL_OR_MONIKER>"],
    ];
    for (const [args, text] of cases) expect(refused(TEST_VALIDATOR, ...args)).toEqual([`error: ${text}`, 1]);
  });
});

describe("a command line of surfpool", () => {
  it("is refused as clap 4 refuses it", () => {
    const cases: [string[], string][] = [
      [["--foo"], "unexpected argument '--foo' found"],
      [["--port"], "a value is required for '--port <SIMNET_PORT>' but none was supplied"],
      [["--port", "x"], "invalid value 'x' for '--port <SIMNET_PORT>': invalid digit found in string"],
      [["--port", "1", "-p", "2"], "the argument '--port <SIMNET_PORT>' cannot be used multiple times"],
      [
        ["-u", "http://a", "-n", "devnet"],
        "the argument '--rpc-url <RPC_URL>' cannot be used with '--network <NETWORK>'",
      ],
    ];
    for (const [args, text] of cases) expect(refused(SURFPOOL_START, ...args)).toEqual([`error: ${text}`, 2]);
  });

  it("may have everything that Anchor passes", () => {
    const args =
      "--airdrop A --airdrop B --rpc-url http://a --host 127.0.0.1 --port 8899 --ws-port 8900 --manifest-file-path ./txtx.yml " +
      "--runbook deployment --slot-time 200 --offline --block-production-mode transaction --log-level none --no-tui " +
      "--disable-instruction-profiling --max-profiles 1 --no-studio --legacy-anchor-compatibility " +
      "--anchor-test-config-path ./Anchor.toml --no-deploy";
    expect(parseArguments(SURFPOOL_START, args.split(" ")).all("airdrop")).toEqual(["A", "B"]);
  });
});

describe("operands", () => {
  const command: Command = { name: "x", about: "", clap: 2, options: [], operands: ["A", "[B]"] };

  it("are there, or may be left out, and stand behind -- whatever they are", () => {
    expect(parseArguments(command, ["1"]).operands).toEqual(["1"]);
    expect(parseArguments(command, ["1", "--", "-2"]).operands).toEqual(["1", "-2"]);
    expect(refused(command)[0]).toBe("error: The following required arguments were not provided:\n    <A>");
    expect(refused(command, "1", "2", "3")[0]).toContain("Found argument '3'");
    expect(parseArguments(command, ["--help"]).has("help")).toBe(true);
  });
});

it("a number is within its range, ends included", () => {
  const check = isNumber(2n, 5n);
  expect(["2", "5"].map(check)).toEqual([undefined, undefined]);
  expect(["1", "6", "", "-1", "1e3"].filter((text) => check(text) === undefined)).toEqual([]);
});
