/** `npm run load` from the outside. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { findPortPair } from "../../infra/network/ports.ts";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "../../infra/load/main.ts");
const folder = mkdtempSync(join(tmpdir(), "infinisvm-load-"));
const file = join(folder, "transfers");

let network: Network;
beforeAll(async () => {
  network = await startNetwork({ shards: 2 });
});
afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true });
});

function load(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode!, stdout, stderr });
    });
  });
}

/** The counts of the final table. */
function counts(stdout: string): Record<string, number> {
  const rows = stdout.matchAll(/^(sent|accepted|confirmed|failed|not landed|refused|expired|given up) +([\d,]+)/gm);
  return Object.fromEntries(Array.from(rows, ([, name, text]) => [name, Number(text!.replaceAll(",", ""))]));
}

const allConfirmed = (n: number) => ({
  sent: n,
  accepted: n,
  confirmed: n,
  failed: 0,
  "not landed": 0,
  refused: 0,
  expired: 0,
  "given up": 0,
});

test("two seconds of transfers over the stream, kept in a file", async () => {
  const args = ["--tps", "300", "--duration", "2", "--accounts", "30", "--zipf", "1.1", "--save", file];
  const { code, stdout, stderr } = await load("--url", network.rpcUrl, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(counts(stdout)).toEqual(allConfirmed(600));
  expect(stdout).toMatch(/^ {2}p50 [\d.]+ ms {2}p90 [\d.]+ ms {2}p99 [\d.]+ ms {2}max [\d.]+ ms$/m);
  expect(stdout).toMatch(/^ *(\d+ to \d+|over \d+) ms #+ +[\d.]+%$/m);
  expect(stdout).toMatch(/^this generator's CPU a transfer: \d+\.\d us, and \d+\.\d us to sign it$/m);
  expect(stdout).toMatch(/^\d+\.\d s {2}sent \d+ of 600 {2}confirmed \d+ \(\d+\/s\) {2}waiting \d+ {2}busy 0/m);
});

test("the file again, over POST, at another rate, and on another network", async () => {
  const head = JSON.parse(readFileSync(file, "latin1").split("\n")[0]!);
  expect(head).toEqual({ version: 1, seed: "load", accounts: 30, token: false, tps: 300 });
  const again = await load("--url", network.rpcUrl, "--replay", file, "--tps", "600", "--transport", "post");
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(counts(again.stdout)).toEqual(allConfirmed(600));
  const other = await startNetwork({ shards: 1 });
  const elsewhere = await load("--url", other.rpcUrl, "--replay", file);
  await other.stop();
  expect(elsewhere).toMatchObject({ code: 0, stderr: "" });
  expect(counts(elsewhere.stdout)).toEqual(allConfirmed(600));
});

test("transfers of version 1, also of tokens", async () => {
  for (const more of [[], ["--token", "--seed", "tokens"]]) {
    const args = ["--tps", "200", "--duration", "1", "--accounts", "25", "--version", "1", ...more];
    const { code, stdout, stderr } = await load("--url", network.rpcUrl, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(counts(stdout)).toEqual(allConfirmed(200));
  }
});

test("token transfers; a second run finds its accounts and tokens", async () => {
  for (let round = 0; round < 2; round++) {
    const args = ["--tps", "200", "--duration", "1", "--accounts", "25", "--token", "--seed", "tokens"];
    const { code, stdout, stderr } = await load("--url", network.rpcUrl, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(counts(stdout)).toEqual(allConfirmed(200));
  }
});

test("no network: one clear line, exit code 2", async () => {
  const url = `http://127.0.0.1:${await findPortPair("127.0.0.1")}`;
  const unsaved = join(folder, "unsaved");
  const { code, stdout, stderr } = await load("--url", url, "--save", unsaved);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^infinisvm load: no network answers at http.*\n$/);
  expect(existsSync(unsaved)).toBe(false);
});

test.for([
  ["--tps", "0"],
  ["--tps", "1.5"],
  ["--tps", "fast"],
  ["--duration", "0"],
  ["--accounts", "1"],
  ["--zipf", "6"],
  ["--version", "2"],
  ["--transport", "pigeon"],
  ["--url", "ftp://x"],
  ["--save", ""],
  ["--replay", "x", "--zipf", "1"],
  ["--replay", "/nowhere/at/all"],
  ["--tps", "1000000", "--duration", "86400"],
  ["--nonsense"],
  ["word"],
])("a bad option: %s", async (args) => {
  const { code, stdout, stderr } = await load("--url", network.rpcUrl, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^infinisvm load: .+\n$/);
});

test.for([
  "",
  "{}\n",
  "not JSON\n12345678",
  '{"version":2}\n123456789012',
  '{"version":1,"seed":"a","accounts":2,"token":false,"tps":1}\n123456789012',
  '{"version":1,"seed":"a","accounts":2,"token":false,"tps":1}\n1234',
])("a file that is not from --save: %j", async (content) => {
  const broken = join(folder, "broken");
  writeFileSync(broken, content);
  const { code, stderr } = await load("--url", network.rpcUrl, "--replay", broken);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^infinisvm load: .*broken is no file of npm run load -- --save: .+\n$/);
});

test("--help", async () => {
  const { code, stdout, stderr } = await load("--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const option of [
    "--tps",
    "--duration",
    "--accounts",
    "--zipf",
    "--token",
    "--version",
    "--transport",
    "--replay",
  ]) {
    expect(stdout).toContain(option);
  }
});
