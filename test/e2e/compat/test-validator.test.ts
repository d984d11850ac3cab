/** `solana-test-validator` as launchers start it, look at it and end it; cloning from another network. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AccountRole, address, getAddressDecoder, getAddressEncoder } from "@solana/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { genesisAccounts } from "../../../infra/genesis/accounts.ts";
import { readKeyFile } from "../../../infra/genesis/key-file.ts";
import { programDataAddress } from "../../../infra/genesis/program-accounts.ts";
import { startNetwork } from "../../../infra/network/index.ts";
import { findPortPair } from "../../../infra/network/ports.ts";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { decodeBase58, encodeBase58 } from "../../../shared/rpc/base58.ts";
import { kitClient } from "../clients/kit-client.ts";
import { accountAt, ask, portIsFree, run, Tool } from "./tool.ts";

const LOADER_V3 = "BPFLoaderUpgradeab1e11111111111111111111111";
const LOOKUP_TABLES = "AddressLookupTab1e1111111111111111111111111";
const NOBODY = "11111111111111111111111111111111";
const PROGRAM = "Prog111111111111111111111111111111111111111";
const OTHER = "Prog211111111111111111111111111111111111111";
const WALLET = "Wa11et1111111111111111111111111111111111111";
const DATA = "Data111111111111111111111111111111111111111";
const TABLE = "Tab1e11111111111111111111111111111111111111";
const MISSING = "Gone111111111111111111111111111111111111111";

let folder: string;
const at = (name: string) => join(folder, name);
const bytesOf = (account: { data: readonly [string, string] } | null) => Buffer.from(account!.data[0], "base64");
const dataOf = (program: string) => encodeBase58(programDataAddress(decodeBase58(program)!));

async function ports(): Promise<{ rpc: number; faucet: number; url: string; args: string[] }> {
  const rpc = await findPortPair("127.0.0.1");
  const faucet = await findPortPair("127.0.0.1");
  const args = ["--rpc-port", String(rpc), "--faucet-port", String(faucet)];
  return { rpc, faucet, url: `http://127.0.0.1:${rpc}`, args };
}

function accountFile(name: string, pubkey: string, data: Uint8Array, owner: string): string {
  const account = {
    lamports: 1_000_000_000,
    data: [Buffer.from(data).toString("base64"), "base64"],
    owner,
    executable: false,
    rentEpoch: 0,
  };
  writeFileSync(at(name), JSON.stringify({ pubkey, account }));
  return at(name);
}

/** A lookup table that names DATA and an account that is not there, extended in a slot far away. */
function lookupTable(): Uint8Array {
  const table = Buffer.alloc(56 + 64);
  table.writeUInt32LE(1, 0);
  table.writeBigUInt64LE((1n << 64n) - 1n, 4);
  table.writeBigUInt64LE(1_000_000n, 12);
  table[20] = 1;
  table.set(decodeBase58(DATA)!, 56);
  table.set(decodeBase58(MISSING)!, 88);
  return table;
}

/** What the faucet's port answers to a request: the transaction, or undefined where it refuses. */
function askFaucet(port: number, lamports: bigint, to: string, blockhash: string): Promise<Buffer | undefined> {
  const request = Buffer.alloc(76);
  request.writeBigUInt64LE(lamports, 4);
  request.set(decodeBase58(to)!, 12);
  request.set(decodeBase58(blockhash)!, 44);
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      const length = answer.length < 2 ? Number.NaN : answer.readUInt16LE(0);
      if (answer.length < 2 + length || Number.isNaN(length)) return;
      socket.destroy();
      resolve(length === 0 ? undefined : answer.subarray(2));
    });
    // In two pieces, as a network may deliver it.
    socket.write(request.subarray(0, 30));
    socket.write(request.subarray(30));
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "infinisvm-validator-"));
  writeFileSync(at("seven.so"), assemble("entrypoint:\n  mov64 r0, 7\n  exit"));
  mkdirSync(at("accounts"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("is started, asked, started again on its ledger, and ended as launchers do it", async () => {
  expect((await run("solana-test-validator", ["--version"])).stdout).toMatch(/^solana-test-validator \d+\.\d+\.\d+ /);
  const { rpc, faucet, url, args } = await ports();
  accountFile("accounts/one.json", DATA, Uint8Array.of(1, 2, 3), WALLET);
  mkdirSync(at("tests/fixtures"), { recursive: true });
  accountFile("tests/fixtures/two.json", DATA, Uint8Array.of(9), WALLET);
  const ledger = ["--ledger", "led"];
  const genesis = ["--mint", WALLET, "--bpf-program", PROGRAM, "seven.so", "--account-dir", "accounts"];
  const more = ["--upgradeable-program", OTHER, "seven.so", WALLET, "--account", MISSING, "two.json"];
  const odd = ["--limit-ledger-size=10000", "--slots-per-epoch", "64", "--faucet-per-request-sol-cap", "2"];
  const first = new Tool("solana-test-validator", [...args, ...ledger, "-r", ...genesis, ...more, ...odd], {
    cwd: folder,
  });
  await first.printed(/Transactions: \d+ \| ◎/);
  expect(first.stdout).toContain("Ledger location: led\nLog: led/validator.log\n");
  const identity = readKeyFile(at("led/validator-keypair.json")).address;
  const hash = await ask<string>(url, "getGenesisHash");
  expect(first.stdout).toContain(`Identity: ${identity}\nGenesis Hash: ${hash}\n`);
  expect(first.stdout).toContain(`JSON RPC URL: ${url}\nWebSocket PubSub URL: ws://127.0.0.1:${rpc + 1}\n`);
  expect(first.stderr).toMatch(/^solana-test-validator: --slots-per-epoch is not honoured: [^\n]+\n$/);

  expect((await ask<{ value: number }>(url, "getBalance", WALLET)).value).toBe(500_000_000_000_000_000);
  expect(bytesOf(await accountAt(url, DATA))).toEqual(Buffer.from([1, 2, 3]));
  expect(bytesOf(await accountAt(url, MISSING))).toEqual(Buffer.from([9]));
  // As Agave: of the upgradeable loader, its authority an address that nobody has the key of.
  expect(await accountAt(url, PROGRAM)).toMatchObject({ owner: LOADER_V3, executable: true });
  const authorityIn = async (program: string) =>
    getAddressDecoder().decode(bytesOf(await accountAt(url, dataOf(program))).subarray(13, 45));
  expect(await authorityIn(PROGRAM)).toBe(NOBODY);
  expect(await authorityIn(OTHER)).toBe(WALLET);

  const { blockhash } = (await ask<{ value: { blockhash: string } }>(url, "getLatestBlockhash")).value;
  const wire = await askFaucet(faucet, 1_500_000_000n, TABLE, blockhash);
  const faucetKey = readKeyFile(at("led/faucet-keypair.json")).publicKey;
  expect(wire!.subarray(69, 101)).toEqual(Buffer.from(faucetKey));
  await ask(url, "sendTransaction", wire!.toString("base64"), { encoding: "base64" });
  while ((await accountAt(url, TABLE)) === null) await sleep(20);
  expect((await accountAt(url, TABLE))!.lamports).toBe(1_500_000_000);
  // As from Agave's faucet: a transaction that says why.
  const memo = await askFaucet(faucet, 2_000_000_001n, TABLE, blockhash);
  expect(memo!.toString()).toContain("request too large; req: ◎2.000000001, cap: ◎2");
  const told = ask<string>(url, "requestAirdrop", TABLE, 2_000_000_001);
  await expect(told).rejects.toThrow("request too large; req: ◎2.000000001, cap: ◎2");

  expect(await first.kill("SIGTERM")).toMatchObject({ code: null, signal: "SIGTERM" });
  const names = readdirSync(at("led")).filter((name) => !/^validator-\d+\.log$/.test(name));
  expect(names.sort()).toEqual(["faucet-keypair.json", "infinisvm", "validator-keypair.json", "validator.log"]);
  expect(readFileSync(at("led/validator.log"), "utf8")).toContain(`rpc bound to 127.0.0.1:${rpc}\n`);
  expect(readlinkSync(at("led/validator.log"))).toMatch(/^validator-\d+\.log$/);

  // The ledger goes on; what only a genesis can have is ignored. Nothing is printed, and the log is at standard error.
  const second = new Tool("solana-test-validator", [...args, ...ledger, "--log", "--mint", PROGRAM], { cwd: folder });
  await second.printed(/rpc bound to/);
  expect(second.stdout).toBe("--mint argument ignored, ledger already exists\n");
  expect(await ask<string>(url, "getGenesisHash")).toBe(hash);
  expect((await accountAt(url, TABLE))!.lamports).toBe(1_500_000_000);

  // SIGKILL: nothing that it started outlives it.
  expect(await second.kill("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
  await portIsFree(rpc);
  await portIsFree(rpc + 1);
  const third = new Tool("solana-test-validator", [...args, ...ledger, "--reset", "--quiet"], { cwd: folder });
  await third.answers(url);
  expect(await ask<string>(url, "getGenesisHash")).not.toBe(hash);
  const { stdout } = await third.kill("SIGINT");
  expect(stdout).toBe("");
});

test("clones accounts, programs and lookup tables of another network, and goes on from a slot", async () => {
  const { url, args } = await ports();
  const options = [
    { flag: "upgradeable-program", values: [PROGRAM, at("seven.so"), WALLET] },
    { flag: "account", values: [accountFile("data.json", DATA, Uint8Array.of(4, 5), WALLET)] },
    { flag: "account", values: [accountFile("table.json", TABLE, lookupTable(), LOOKUP_TABLES)] },
  ];
  const source = await startNetwork({ accounts: genesisAccounts(options).list! });
  try {
    const clones = ["--url", source.rpcUrl, "--clone-upgradeable-program", PROGRAM, "--maybe-clone", MISSING];
    const table = ["--deep-clone-address-lookup-table", TABLE, "--warp-slot", "500000", "--ledger", at("clone")];
    const tool = new Tool("solana-test-validator", [...args, ...clones, ...table, "--mint", WALLET]);
    await tool.printed(/Transactions: \d+ \| ◎/);
    expect(tool.stderr.split("\n").sort()).toEqual([
      "",
      `solana-test-validator: ${MISSING}: there is no such account; left out`,
      `solana-test-validator: ${MISSING}: there is no such account; left out`,
    ]);
    const theirs = (key: string) => accountAt(source.rpcUrl, key);
    for (const key of [PROGRAM, dataOf(PROGRAM), DATA]) expect(await accountAt(url, key)).toEqual(await theirs(key));
    expect(await ask<number>(url, "getSlot")).toBeGreaterThanOrEqual(500_000);

    // The program runs; the addresses of the table are as of slot 0.
    const client = kitClient({ rpcUrl: url, wsUrl: url.replace("http", "ws") } as never);
    const wallet = await client.funded();
    const failed = await client
      .send(wallet, [
        { programAddress: address(PROGRAM), accounts: [{ address: address(DATA), role: AccountRole.READONLY }] },
      ])
      .catch((error: Error) => error);
    expect(String((failed as Error).cause ?? failed)).toContain("#7");
    const indices = bytesOf(await accountAt(url, TABLE));
    expect(indices.subarray(56, 88)).toEqual(Buffer.from(getAddressEncoder().encode(address(DATA))));
    expect(indices.readBigUInt64LE(12)).toBe(0n);
    await tool.kill("SIGTERM");

    const refused = (...extra: string[]) =>
      run("solana-test-validator", [...args, "--ledger", at("none"), "--url", source.rpcUrl, ...extra]);
    const missing = await refused("--clone", MISSING);
    expect(missing).toMatchObject({ code: 1, stderr: `Error: ${MISSING}: there is no such account\n` });
    const notProgram = await refused("--clone-upgradeable-program", DATA);
    expect(notProgram.stderr).toBe(`Error: ${DATA} is no program of the upgradeable loader\n`);
    const notTable = await refused("--deep-clone-address-lookup-table", DATA);
    expect(notTable.stderr).toBe(`Error: ${DATA} is no address lookup table\n`);
  } finally {
    await source.stop();
  }
});

test("what cannot be started is one line, and nothing runs afterwards", async () => {
  const { rpc, url, args } = await ports();
  const start = (...more: string[]) => run("solana-test-validator", [...args, "--ledger", at("refused"), ...more]);
  const unknown = await start("--gossip");
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
  expect(unknown.stderr).toMatch(/^error: Found argument '--gossip' which wasn't expected/);
  const noFile = await start("--bpf-program", PROGRAM, at("no.so"));
  expect(noFile).toMatchObject({ code: 1, stderr: `Error: cannot read ${at("no.so")}: there is no such file\n` });
  const noSlot = await start("--warp-slot");
  expect(noSlot.stderr).toMatch(/^Error: The --url argument must be provided if --warp-slot/);
  mkdirSync(at("agave"));
  writeFileSync(at("agave/genesis.bin"), "");
  const agave = await run("solana-test-validator", [...args, "--ledger", at("agave")]);
  expect(agave.stderr).toMatch(
    /^Error: \S+agave is a ledger of Agave's solana-test-validator; begin a new one with --reset/,
  );
  const taken = await startNetwork();
  try {
    const { port } = taken;
    const again = await run("solana-test-validator", [
      "--rpc-port",
      String(port),
      "--ledger",
      at("taken"),
      "--mint",
      WALLET,
    ]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`Error: port ${port} (RPC) is taken`);
    const faucet = await start("--faucet-port", String(port)).then(({ stderr }) => stderr);
    expect(faucet).toMatch(/provided more than once/);
  } finally {
    await taken.stop();
  }
  expect(await fetch(url).catch(() => "nobody")).toBe("nobody");
  await portIsFree(rpc);
});
