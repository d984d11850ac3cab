/** `npm run genesis` from the outside: the files of a network to deploy, and what is refused. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { parseNetwork } from "../../../shared/protocol/network.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { decodeAccountList } from "../../../shared/state/accounts.ts";

const MAIN = join(import.meta.dirname, "../../../infra/deploy/genesis.ts");
const folder = mkdtempSync(join(tmpdir(), "infinisvm-deploy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function genesis(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode!, stdout, stderr });
    });
  });
}

it("writes the network, its programs and its keys, readable by their owner only, and never over others", async () => {
  const out = join(folder, "network");
  const made = await genesis("--out", out, "--shards", "3", "--real-programs", "token,memo");
  expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
  expect(made.stdout).toContain(`cp ${join(out, "genesis.bin")} build/`);
  expect(readdirSync(out).sort()).toEqual(["builder.json", "genesis.bin", "network.json", "treasury.json"]);
  for (const name of readdirSync(out)) expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
  const network = parseNetwork(readFileSync(join(out, "network.json"), "utf8"));
  expect([network.shardCount, network.realPrograms, network.faucetSecret]).toEqual([3, 5, undefined]);
  const list = new Uint8Array(readFileSync(join(out, "genesis.bin")));
  expect(network.genesisAccountsHash).toEqual(new Uint8Array(createHash("sha256").update(list).digest()));
  const keys = decodeAccountList(list)!.map(({ key }) => encodeBase58(key));
  expect(keys).toEqual(expect.arrayContaining([TOKEN_2022_PROGRAM, TOKEN_PROGRAM]));
  const again = await genesis("--out", out);
  expect(again).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("never overwritten") });
});

it("--faucet: who may ask it under which names, and how much it gives", async () => {
  const out = join(folder, "faucet");
  const limits = ["--faucet-per-call", "2.5", "--faucet-per-hour", "none"];
  const access = ["--allow-host", "Net.Example", "--allow-origin", "https://app.example/"];
  const made = await genesis("--out", out, "--faucet", ...limits, ...access);
  expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
  expect(made.stdout).not.toContain("this machine only");
  const network = parseNetwork(readFileSync(join(out, "network.json"), "utf8"));
  expect(network.access).toEqual({ hosts: ["net.example"], origins: ["https://app.example"] });
  expect(network.faucetSecret).toHaveLength(64);
  expect(network.faucetLimits).toEqual({
    perCall: 2_500_000_000n,
    perAddress: null,
    inAll: 1_000_000_000_000_000n,
    seconds: 3_600,
  });
  const unnamed = await genesis("--out", join(folder, "unnamed"), "--faucet");
  expect(unnamed.stdout).toContain("asked on this machine only");
});

it.each([
  [[], "--out DIR is missing"],
  [["--real-programs", "token,stake"], '--real-programs: "stake" is none of token, associated-token, memo'],
  [["--shards", "65"], "--shards"],
  [["--faucet", "--allow-host", "a/b"], "--allow-host"],
  [["--faucet", "--faucet-per-call", "much"], "--faucet-per-call"],
])("refuses %j", async (args, text) => {
  const all = args.length ? ["--out", join(folder, "refused"), ...args] : args;
  const { code, stdout, stderr } = await genesis(...all);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(text);
});
