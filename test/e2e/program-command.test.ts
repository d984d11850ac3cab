/** `npm run program` against a running network; what it deploys is called with @solana/kit. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type Address,
  address,
  type EncodedAccount,
  fetchEncodedAccount,
  getBase64EncodedWireTransaction,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { programBytes, show } from "../../infra/program/manage.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import {
  ASSOCIATED_TOKEN_PROGRAM,
  BPF_LOADER_2,
  BPF_LOADER_UPGRADEABLE,
  TOKEN_PROGRAM_DATA,
} from "../../shared/rpc/keys.ts";
import { LiteChain } from "../unit/program/lite-chain.ts";
import { type KitClient, kitClient, rejection } from "./clients/kit-client.ts";

const MAIN = join(import.meta.dirname, "../../infra/program/main.ts");
const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const TOKEN = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

let network: Network;
let client: KitClient;
let folder: string;
const at = (name: string) => join(folder, name);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
async function command(...args: string[]): Promise<Ended> {
  const all = [MAIN, "--url", network.rpcUrl, ...args];
  const run = promisify(execFile)(process.execPath, all);
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}
/** The answer of a command that succeeds. */
async function answer<T = Record<string, string>>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await command(...args, "--payer", at("payer.json"), "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}
async function refused(...args: string[]): Promise<string> {
  const { code, stderr } = await command(...args, "--payer", at("payer.json"), "--json");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^program: /) });
  return stderr;
}

/** A program that fails with a number. */
const versionElf = (version: number): Uint8Array =>
  assemble(`
  entrypoint:
    mov64 r0, ${version}
    exit
  .rodata
  padding: .zero 2000`);

async function callLogs(programAddress: Address, text: string): Promise<readonly string[]> {
  const wallet = await client.funded();
  const signature = await client.send(wallet, [{ programAddress, data: new TextEncoder().encode(text) }]);
  const options = { maxSupportedTransactionVersion: 0, encoding: "json", commitment: "confirmed" } as const;
  const found = await client.rpc.getTransaction(signature, options).send();
  return found!.meta!.logMessages!;
}

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20 });
  client = kitClient(network);
  folder = mkdtempSync(join(tmpdir(), "infinisvm-program-"));
  const svm = new LiteChain();
  writeFileSync(at("memo.so"), programBytes(await show(svm, MEMO)));
  writeFileSync(at("token.so"), programBytes(await show(svm, TOKEN)));
  await answer("keygen", at("payer.json"));
});
afterAll(async () => {
  await network?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a program is deployed, called, shown, dumped, upgraded, handed over and closed", async () => {
  const deployed = await answer("deploy", at("memo.so"), "--airdrop", "50");
  expect(deployed.status).toBe("deployed");
  const program = address(deployed.program!);
  expect(await callLogs(program, "hello")).toContain("Program log: hello");

  const shown = await answer("show", program);
  const memoLength = readFileSync(at("memo.so")).length;
  expect(shown).toMatchObject({ kind: "upgradeable program", bytes: memoLength });
  expect((await answer<{ programs: unknown[] }>("show", "--programs")).programs).toEqual([shown]);
  await answer("dump", program, at("dump.so"));
  expect(readFileSync(at("dump.so")).equals(readFileSync(at("memo.so")))).toBe(true);

  // Longer than the first: the program data are extended, and the same id is found beside the file's name.
  const upgraded = await answer("upgrade", at("token.so"), "--program-id", program);
  expect(upgraded).toMatchObject({ program, status: "upgraded" });
  expect(await refused("deploy", at("memo.so"), "--program-id", at("payer.json"))).toContain(
    "not of an upgradeable program",
  );
  await answer("deploy", at("memo.so"));
  expect(await callLogs(program, "again")).toContain("Program log: again");

  const { address: other } = await answer("keygen", at("other.json"));
  await answer("set-authority", program, "--new-authority", at("other.json"));
  expect((await answer("show", program)).authority).toBe(other);
  expect(await refused("deploy", at("memo.so"))).toContain(`the authority of ${program} is ${other}`);
  expect(await refused("close", program, "--authority", at("other.json"))).toContain("--bypass-warning");
  await answer("close", program, "--authority", at("other.json"), "--bypass-warning");
  expect(await refused("show", program)).toContain("has been closed");
});

test("a simulation runs the program that is deployed, before and after an upgrade, and none when it is closed", async () => {
  // Files of one size: only what they answer differs.
  for (const version of [1, 2]) writeFileSync(at(`v${version}.so`), versionElf(version));
  await answer("keygen", at("simulated.json"));
  const deployed = await answer("deploy", at("v1.so"), "--program-id", at("simulated.json"), "--airdrop", "5");
  const program = address(deployed.program!);
  const wallet = await client.funded();
  const signed = await client.signed(wallet, [{ programAddress: program, data: Uint8Array.of(7) }]);
  const wire = getBase64EncodedWireTransaction(signed);
  const simulated = async () => {
    const options = { encoding: "base64", replaceRecentBlockhash: true, sigVerify: false } as const;
    return (await client.rpc.simulateTransaction(wire, options).send()).value.err;
  };
  const failed = (version: number) => ({ InstructionError: [0n, { Custom: BigInt(version) }] });
  const preflight = () => rejection(client.rpc.sendTransaction(wire, { encoding: "base64" }).send());

  for (let i = 0; i < 3; i++) expect(await simulated()).toMatchObject(failed(1));
  expect(await preflight()).toMatchObject({ cause: { context: { code: 1 } } });
  await answer("upgrade", at("v2.so"), "--program-id", program);
  for (let i = 0; i < 3; i++) expect(await simulated()).toMatchObject(failed(2));
  await answer("upgrade", at("v1.so"), "--program-id", program);
  for (let i = 0; i < 3; i++) expect(await simulated()).toMatchObject(failed(1));
  // What the network keeps in memory is gone; what it stores is not.
  await network.restart();
  expect(await simulated()).toMatchObject(failed(1));
  await answer("close", program, "--bypass-warning");
  for (let i = 0; i < 2; i++) {
    expect(await simulated()).toEqual({ InstructionError: [0n, "UnsupportedProgramId"] });
  }
});

test("an interrupted deployment continues: what the buffer has is not written again", async () => {
  const args = ["deploy", at("token.so"), "--payer", at("payer.json"), "--url", network.rpcUrl];
  const first = execFile(process.execPath, [MAIN, ...args]);
  // Asked over RPC: the whole deployment may take less time than a command needs to start.
  const isBuffer = { memcmp: { offset: 0n, bytes: "AQAAAA==" as never, encoding: "base64" as const } };
  const buffers = () =>
    client.rpc
      .getProgramAccounts(BPF_LOADER_UPGRADEABLE as Address, { encoding: "base64", filters: [isBuffer] })
      .send();
  while ((await buffers()).length === 0) expect(first.exitCode).toBeNull();
  first.kill("SIGKILL");
  await new Promise((resolve) => first.once("close", resolve));
  const { program, writes } = await answer<{ program: string; writes: number }>("deploy", at("token.so"));
  expect(writes).toBeLessThanOrEqual(Math.ceil(readFileSync(at("token.so")).length / 1_012));
  expect((await answer<{ buffers: unknown[] }>("show", "--buffers")).buffers).toEqual([]);
  await answer("dump", program, at("dump.so"));
  expect(readFileSync(at("dump.so")).equals(readFileSync(at("token.so")))).toBe(true);
});

test("programs that every instance carries are dumped and read like any other, and take lamports", async () => {
  await answer("dump", TOKEN, at("dump.so"));
  expect(readFileSync(at("dump.so")).equals(readFileSync(at("token.so")))).toBe(true);
  await answer("dump", MEMO, at("dump.so"));
  expect(readFileSync(at("dump.so")).equals(readFileSync(at("memo.so")))).toBe(true);
  const read = async (key: string) => (await fetchEncodedAccount(client.rpc, address(key))) as EncodedAccount;
  const elf = readFileSync(at("token.so")).length;
  expect(await read(TOKEN)).toMatchObject({ executable: true, space: 36n, lamports: 1_141_440n });
  expect(await read(TOKEN_PROGRAM_DATA)).toMatchObject({ executable: false, space: BigInt(45 + elf) });
  expect(await read(ASSOCIATED_TOKEN_PROGRAM)).toMatchObject({ space: 105_032n, lamports: 731_913_600n });
  const size = [{ dataSize: 105_032n }] as const;
  const owned = await client.rpc
    .getProgramAccounts(address(BPF_LOADER_2), { encoding: "base64", filters: size })
    .send();
  expect(owned.map(({ pubkey }) => pubkey)).toEqual([ASSOCIATED_TOKEN_PROGRAM]);
  const wallet = await client.funded();
  const gift = getTransferSolInstruction({ source: wallet, destination: MEMO, amount: 7n });
  const before = (await read(MEMO)).lamports;
  await client.send(wallet, [gift]);
  expect((await read(MEMO)).lamports).toBe(before + 7n);
  expect(await callLogs(MEMO, "still there")).toContain("Program log: still there");
});

test("a buffer is written first and deployed later; buffers left over are closed", async () => {
  const { buffer } = await answer("write-buffer", at("memo.so"));
  await answer("keygen", at("new.json"));
  const deployed = await answer(
    "deploy",
    at("memo.so"),
    "--buffer",
    buffer!,
    "--program-id",
    at("new.json"),
    "--final",
  );
  expect(deployed).toMatchObject({ status: "deployed", writes: 0 });
  expect((await answer("show", deployed.program!)).authority).toBeNull();
  expect(await refused("deploy", at("memo.so"), "--program-id", at("new.json"))).toContain("final");
  await answer("write-buffer", at("token.so"));
  const { closed } = await answer<{ closed: { status: string }[] }>("close", "--buffers");
  expect(closed.map(({ status }) => status)).toEqual(["buffer closed"]);
});

test("what is refused: one line that says why, nothing sent", async () => {
  writeFileSync(at("text.so"), "x".repeat(100));
  expect(await refused("deploy", at("text.so"))).toContain("not an ELF file");
  expect(await refused("deploy", at("none.so"))).toContain("there is no such file");
  expect(await refused("show", TOKEN.slice(1))).toContain("neither an address nor a key file");
  await answer("keygen", at("poor.json"));
  const poor = await command("deploy", at("memo.so"), "--program-id", at("poor.json"), "--payer", at("poor.json"));
  expect(poor).toMatchObject({ code: 2, stderr: expect.stringContaining("lamports; the deployment needs") });
  expect(await refused("keygen", at("poor.json"))).toContain("poor.json");
  const away = await command("show", TOKEN, "--url", "http://127.0.0.1:9");
  expect(away).toMatchObject({ code: 2, stderr: expect.stringContaining("no network answers at http://127.0.0.1:9") });
  expect((await command("--help")).stdout).toContain("deploy FILE.so");
});

test("progress is told on standard error, the result on standard output", async () => {
  await answer("keygen", at("third.json"));
  const ended = await command(
    "deploy",
    at("memo.so"),
    "--program-id",
    at("third.json"),
    "--payer",
    at("payer.json"),
    "--airdrop",
    "5",
  );
  expect(ended.stderr).toMatch(/writing \[#{30}\] (\d+)\/\1 \d+\/s\n$/);
  expect(ended.stdout).toMatch(/^program +\w+\nstatus +deployed\n/);
});
