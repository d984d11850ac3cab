/** The examples of README and docs, run as they stand: only the port is another one. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { address, createSolanaRpc, fetchJsonParsedAccount } from "@solana/kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEV_MINTS } from "../../infra/network/dev-mints.ts";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { rpcCall } from "../../infra/start/rpc.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)];
const SCRIPTS: Record<string, string> = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts;

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(file: string): Block[] {
  const found = readFileSync(join(ROOT, file), "utf8").matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return Array.from(found, ([, language, text]) => ({ language: language!, text: text! }));
}
/** Commands of a block, those that are continued in one line, without remarks. */
const commandsOf = ({ text }: Block): string[] =>
  text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => /^(npm|npx|curl|cp) /.test(line));

/** Inside the project, so that packages are found; git ignores it. */
let folder: string;
let network: Network;
beforeAll(async () => {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "build/examples-"));
  network = await startNetwork({ dev: true, slotMs: 20 });
});
afterAll(async () => {
  await network?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const here = (text: string): string =>
  text
    .replaceAll('from "./testing/', 'from "../../testing/')
    .replaceAll("127.0.0.1:8899", `127.0.0.1:${network.port}`)
    .replaceAll("127.0.0.1:8900", `127.0.0.1:${network.port + 1}`);
const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: folder });

test("README has examples in TypeScript", () => {
  expect(blocksOf("README.md").filter(({ language }) => language === "ts").length).toBeGreaterThanOrEqual(3);
});

test.for(FILES.filter((file) => blocksOf(file).some(({ language }) => language === "ts")))(
  "%s: its TypeScript, one block after the other, runs to its end",
  async (file) => {
    const blocks = blocksOf(file).filter(({ language }) => language === "ts");
    const path = join(folder, `${file.replaceAll("/", "-")}.ts`);
    writeFileSync(path, here(blocks.map(({ text }) => text).join("\n")));
    const { stderr } = await run(path);
    expect(stderr).toBe("");
  },
);

describe("commands", () => {
  const all = FILES.flatMap((file) => blocksOf(file).flatMap((block) => commandsOf(block)));

  test("each names a script that there is", () => {
    expect(all.length).toBeGreaterThan(10);
    const scripts = all.flatMap((line) => Array.from(line.matchAll(/npm (?:run )?([\w:-]+)/g), ([, name]) => name!));
    expect(scripts.filter((name) => !["ci", "pack"].includes(name) && !Object.hasOwn(SCRIPTS, name))).toEqual([]);
  });

  test("npm run program, npm run load and npm run genesis do what they say", async () => {
    mkdirSync(join(folder, "target/deploy"), { recursive: true });
    writeFileSync(join(folder, "target/deploy/my_program.so"), assemble("entrypoint:\n  mov64 r0, 0\n  exit\n"));
    const script = (name: string) => join(ROOT, SCRIPTS[name]!.replace(/^node /, ""));
    const tried = all.filter((line) => /^npm run (program|genesis) -- [a-z-]/.test(line));
    expect(tried).toContain("npm run program -- keygen payer.json");
    for (const line of tried) {
      const [, , name, , ...args] = line.split(/\s+/);
      const url = name === "program" ? ["--url", network.rpcUrl] : [];
      await run(script(name!), ...args.map((arg) => arg.replace(/^\.\.\//, "./")), ...url);
    }
    for (const line of all.filter((command) => /^npm run load -- --tps \d+ --duration/.test(command))) {
      const args = line.split(/\s+/).slice(4);
      const { stdout } = await run(
        script("load"),
        ...args,
        "--url",
        network.rpcUrl,
        "--duration",
        "0.2",
        "--tps",
        "20",
        "--accounts",
        "4",
      );
      expect(stdout).toContain("confirmed");
    }
  });
});

describe("USDC and USDT on a network for development", () => {
  test("have mainnet's decimals and authorities", async () => {
    const rpc = createSolanaRpc(network.rpcUrl);
    for (const { address: mint, supply, mintAuthority, freezeAuthority } of DEV_MINTS) {
      const account = await fetchJsonParsedAccount(rpc, address(mint));
      const info = { decimals: 6, freezeAuthority, isInitialized: true, mintAuthority, supply: String(supply) };
      expect(account).toMatchObject({ exists: true, data: info, lamports: 1_461_600n });
    }
  });

  test("a mint that is not there: the error says how to get one", async () => {
    const params = [DEV_MINTS[0]!.address, "11111111111111111111111111111112", { amount: 1 }];
    await expect(rpcCall(network.rpcUrl, "surfnet_setTokenAccount", params)).rejects.toThrow(
      /is not there: a token mint is expected\. USDC's and USDT's are .* surfnet_setAccount/,
    );
  });
});
