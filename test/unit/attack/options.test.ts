/** The command line of `npm run attack`, and that it attacks this machine only. */
import { describe, expect, it } from "vitest";
import { ATTACKS } from "../../../infra/attack/attacks/index.ts";
import { parseOptions, requireLoopback } from "../../../infra/attack/options.ts";

describe("npm run attack", () => {
  it("runs all attacks against one process by default", () => {
    const { names, seconds, target, small } = parseOptions([]);
    expect(names).toEqual(ATTACKS.map(({ name }) => name));
    expect({ seconds, target, small }).toEqual({ seconds: 8, target: { processes: 1 }, small: false });
  });

  it("has a name of its own for each attack", () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  });

  it("takes names, seconds, and a network that runs", () => {
    const args = ["--only", "stream, logs", "--seconds", "3", "--url", "http://127.0.0.1:8899", "--small", "--json"];
    expect(parseOptions(args)).toEqual({
      help: false,
      json: true,
      small: true,
      seconds: 3,
      names: ["stream", "logs"],
      target: { url: "http://127.0.0.1:8899" },
    });
  });

  it.each([
    [["--only", "rain"], '--only: there is no attack "rain"; --help lists them'],
    [["--seconds", "61"], '--seconds takes a whole number from 1 to 60, not "61"'],
    [["--seconds", "0"], '--seconds takes a whole number from 1 to 60, not "0"'],
    [["--processes", "3"], '--processes takes a whole number from 1 to 2, not "3"'],
    [["--url", "ftp://127.0.0.1"], '--url takes an http address, not "ftp://127.0.0.1"'],
    [
      ["--url", "http://127.0.0.1", "--processes", "2"],
      "--processes does not go with --url: that network runs already",
    ],
    [["--wrangler", "--processes", "1"], "--wrangler goes with neither --url nor --processes"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  it.each(["http://127.0.0.1:8899", "http://127.5.6.7", "http://[::1]:8899", "http://localhost:8899"])(
    "attacks %s",
    async (url) => {
      await expect(requireLoopback(url)).resolves.toBeUndefined();
    },
  );

  it.each([
    "http://192.0.2.1:8899",
    "http://0.0.0.0:8899",
    "http://[::]:8899",
    "http://[2001:db8::1]",
    "http://no.invalid",
  ])("refuses %s: it is not on loopback", async (url) => {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
    await expect(requireLoopback(url)).rejects.toMatchObject({
      code: "bad-option",
      message: `--url: ${host} is not a loopback address; only a network on this machine is attacked`,
    });
  });
});
