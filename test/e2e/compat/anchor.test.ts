/** npm's `anchor` 0.31.2 starts solana-test-validator, follows logs and deploys; `surfpool start` as Anchor 1 starts it. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { getAddressDecoder } from "@solana/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateKeypair } from "../../../infra/network/keypair.ts";
import { findPortPair } from "../../../infra/network/ports.ts";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { decodeBase58 } from "../../../shared/rpc/base58.ts";
import { withOlderGlibc } from "./anchor-binary.ts";
import { accountAt, ask, portIsFree, run, Tool } from "./tool.ts";

const LOADER_V3 = "BPFLoaderUpgradeab1e11111111111111111111111";
/** The package has a binary for Linux on x64 only. */
const isPublished = process.platform === "linux" && process.arch === "x64";

let folder: string;
let anchor: string;
let rpc: number;
let faucet: number;
let url: string;
const at = (name: string) => join(folder, name);
const program = generateKeypair();
const wallet = generateKeypair();

const keyFile = (name: string, { secretKey }: { secretKey: string }) =>
  writeFileSync(at(name), JSON.stringify([...decodeBase58(secretKey)!]));
const failing = (number: number) => assemble(`entrypoint:\n  mov64 r0, ${number}\n  exit`);
/** Asks a method of the network under test, and prints what it answers. */
const CHECK = `
const [method, ...params] = process.argv.slice(2);
const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
const headers = { "content-type": "application/json" };
const response = await fetch(process.env.ANCHOR_PROVIDER_URL, { method: "POST", headers, body });
console.log("ANSWER", JSON.stringify((await response.json()).result));`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "infinisvm-anchor-"));
  for (const name of ["programs/hello/src", "target/deploy", "target/idl"]) mkdirSync(at(name), { recursive: true });
  rpc = await findPortPair("127.0.0.1");
  faucet = await findPortPair("127.0.0.1");
  url = `http://127.0.0.1:${rpc}`;
  keyFile("wallet.json", wallet);
  keyFile("target/deploy/hello-keypair.json", program);
  writeFileSync(at("target/deploy/hello.so"), failing(7));
  writeFileSync(at("Cargo.toml"), '[workspace]\nmembers = ["programs/*"]\n');
  writeFileSync(at("programs/hello/Cargo.toml"), '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n');
  writeFileSync(at("programs/hello/src/lib.rs"), "");
  writeFileSync(at("check.mjs"), CHECK);
  const metadata = { name: "hello", version: "0.1.0", spec: "0.1.0" };
  const idl = { address: program.address, metadata, instructions: [] };
  writeFileSync(at("target/idl/hello.json"), JSON.stringify(idl));
  writeFileSync(
    at("Anchor.toml"),
    `[programs.localnet]
hello = "${program.address}"
[provider]
cluster = "localnet"
wallet = "wallet.json"
[scripts]
test = "node check.mjs getBalance ${wallet.address}"
[test]
startup_wait = 300000
upgradeable = true
[test.validator]
rpc_port = ${rpc}
faucet_port = ${faucet}
bind_address = "127.0.0.1"
`,
  );
  if (!isPublished) return;
  const binary = join(dirname(createRequire(import.meta.url).resolve("@coral-xyz/anchor-cli/package.json")), "anchor");
  anchor = at("anchor");
  writeFileSync(anchor, withOlderGlibc(readFileSync(binary)));
  chmodSync(anchor, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The ELF of the program, and what its account has behind it. */
const code = async (): Promise<Buffer> => {
  const { data } = (await accountAt(url, program.address))!;
  const dataAddress = getAddressDecoder().decode(Buffer.from(data[0], "base64").subarray(4));
  return Buffer.from((await accountAt(url, dataAddress))!.data[0], "base64").subarray(45);
};

test("anchor test, anchor deploy and anchor upgrade", async () => {
  if (!isPublished) return;
  const tested = await run(anchor, ["test", "--skip-build"], { cwd: folder });
  expect({ code: tested.code, stderr: tested.stderr }).toEqual({ code: 0, stderr: "" });
  expect(tested.stdout).toMatch(/ANSWER \{.*"value":500000000000000000\}/);
  // Anchor has ended it with SIGKILL.
  await portIsFree(rpc);
  const ledger = readdirSync(at(".anchor/test-ledger"));
  expect(ledger).toEqual(expect.arrayContaining(["test-ledger-log.txt", "validator-keypair.json", "validator.log"]));
  const logs = readdirSync(at(".anchor/program-logs"));
  expect(logs).toEqual([`${program.address}.hello.log`]);

  const validator = new Tool(
    "solana-test-validator",
    ["--rpc-port", String(rpc), "--faucet-port", String(faucet), "-rq"],
    {
      cwd: folder,
    },
  );
  await validator.answers(url);
  const funds = await run("solana", ["airdrop", "10", wallet.address, "--url", url]);
  expect(funds.stdout).toMatch(/^Requesting airdrop of 10 SOL\n\nSignature: \w+\n\n10 SOL\n$/);
  const deployed = await run(anchor, ["deploy", "--provider.cluster", url], { cwd: folder });
  expect({ code: deployed.code, stderr: deployed.stderr }).toEqual({ code: 0, stderr: "" });
  expect(deployed.stdout).toContain(`Program Id: ${program.address}\n\nSignature: `);
  expect(deployed.stdout).toContain("Deploy success");
  expect((await code()).equals(failing(7))).toBe(true);
  writeFileSync(at("new.so"), failing(8));
  const upgrade = ["upgrade", "--provider.cluster", url, "--program-id", program.address, "new.so"];
  const upgraded = await run(anchor, upgrade, { cwd: folder });
  expect({ code: upgraded.code, stderr: upgraded.stderr }).toEqual({ code: 0, stderr: "" });
  expect((await code()).subarray(0, failing(8).length).equals(failing(8))).toBe(true);
  const show = await run("solana", ["program", "show", program.address, "-u", url, "--output", "json"]);
  expect(JSON.parse(show.stdout)).toMatchObject({ programId: program.address, authority: wallet.address });
  await validator.kill("SIGTERM");
});

test("surfpool start as anchor test of version 1 starts it: the workspace's program is there, and it ends with SIGKILL", async () => {
  const args = ["start", "--airdrop", program.address, "--host", "127.0.0.1", "--port", String(rpc), "--offline"];
  const quiet = ["--block-production-mode", "transaction", "--log-level", "none", "--no-tui", "--no-studio"];
  const more = ["--disable-instruction-profiling", "--max-profiles", "1", "--legacy-anchor-compatibility"];
  const suite = ["--anchor-test-config-path", at("Anchor.toml"), "--ws-port", String(faucet)];
  const surfpool = new Tool("surfpool", [...args, ...quiet, ...more, ...suite], { cwd: folder });
  await surfpool.answers(url);
  const { value } = await ask<{ value: unknown }>(url, "surfnet_getSurfnetInfo");
  expect(value).toEqual({ runbookExecutions: [] });
  expect(await accountAt(url, program.address)).toMatchObject({ owner: LOADER_V3, executable: true });
  expect((await code()).equals(failing(7))).toBe(true);
  const show = await run("solana", ["program", "show", program.address, "-u", url, "--output", "json-compact"]);
  expect(JSON.parse(show.stdout).authority).toBe(wallet.address);
  const socket = new WebSocket(`ws://127.0.0.1:${faucet}`);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.close();
  const { stdout, stderr, signal } = await surfpool.kill("SIGKILL");
  expect({ stdout, stderr, signal }).toEqual({ stdout: "", stderr: "", signal: "SIGKILL" });
  await portIsFree(rpc);
  await portIsFree(faucet);
  expect((await run("surfpool", ["run", "deployment"])).code).toBe(2);
});
