/** Programs, accounts and wallets that `npm start` gives a new network, seen by @solana/kit. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { address, assertAccountExists, createSolanaRpc, fetchEncodedAccount } from "@solana/kit";
import { LiteSVM } from "litesvm";
import { expect, test } from "vitest";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { ownNetwork, runStart, StartCommand, temporaryFolder } from "./start-command.ts";

const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
const ASSOCIATED_TOKEN = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
const STAKE = "Stake11111111111111111111111111111111111111";
const LOADER_2 = "BPFLoader2111111111111111111111111111111111";
const LOADER_3 = "BPFLoaderUpgradeab1e11111111111111111111111";
const [FINAL, UPGRADEABLE, AUTHORITY, WALLET, FIRST, SECOND] = [1, 2, 3, 4, 5, 6].map((seed) =>
  address(encodeBase58(new Uint8Array(32).fill(seed))),
);
const PROGRAM_DATA = 45;

/** A real program's file, and account files in a folder. */
function inputs() {
  const folder = temporaryFolder();
  const program = join(folder, "program.so");
  const account = new LiteSVM().getAccount(MEMO);
  assertAccountExists(account);
  const elf = Buffer.from(account.data);
  writeFileSync(program, elf);
  const accounts = join(folder, "accounts");
  mkdirSync(accounts);
  for (const [pubkey, lamports] of [
    [FIRST, 1_000_000_001],
    [SECOND, 2_000_000_002],
  ]) {
    const account = { lamports, data: ["aGVsbG8=", "base64"], owner: MEMO, executable: false, rentEpoch: 0, space: 5 };
    writeFileSync(join(accounts, `${pubkey}.json`), JSON.stringify({ pubkey, account }));
  }
  return { folder, program, elf, accounts };
}

test("a new network begins with them; the next start has them without the options, or with the same", async () => {
  const { program, elf, accounts } = inputs();
  const { args, state, url } = await ownNetwork();
  const options = [
    ...["--program", FINAL!, program],
    ...["--upgradeable-program", UPGRADEABLE!, program, AUTHORITY!],
    ...["--account", join(accounts, `${FIRST}.json`)],
    ...["--account", WALLET!, join(accounts, `${SECOND}.json`)],
    ...["--mint", SECOND!],
  ];
  const rpc = createSolanaRpc(url);
  const data = async (key: string) => {
    const account = await fetchEncodedAccount(rpc, address(key));
    assertAccountExists(account);
    return { ...account, owner: account.programAddress };
  };
  const check = async () => {
    expect(await data(FINAL!)).toMatchObject({ executable: true, owner: LOADER_2, data: new Uint8Array(elf) });
    const program = await data(UPGRADEABLE!);
    expect(program).toMatchObject({ executable: true, owner: LOADER_3, space: 36n });
    const programData = await data(encodeBase58(program.data.slice(4)));
    expect(programData).toMatchObject({ executable: false, owner: LOADER_3, space: BigInt(PROGRAM_DATA + elf.length) });
    expect(elf.equals(programData.data.subarray(PROGRAM_DATA))).toBe(true);
    expect(await data(FIRST!)).toMatchObject({ lamports: 1_000_000_001n, owner: MEMO, space: 5n });
    expect(await data(WALLET!)).toMatchObject({ lamports: 2_000_000_002n, owner: MEMO, space: 5n });
    expect((await rpc.getBalance(SECOND!).send()).value).toBe(500_000_000_000_000_000n);
  };

  const first = new StartCommand(...args, ...options);
  await first.up();
  await check();
  const genesis = await rpc.getGenesisHash().send();
  await first.signal("SIGTERM");

  const second = new StartCommand(...args);
  await second.up();
  await check();
  await second.signal("SIGTERM");

  const third = new StartCommand(...args, ...options, "--processes", "2");
  await third.up();
  await check();
  expect(await rpc.getGenesisHash().send()).toBe(genesis);
  await third.signal("SIGTERM");

  const before = readFileSync(join(state, "network.json"), "utf8");
  const other = await runStart(...args, "--mint", SECOND!);
  expect(other).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--reset") });
  expect(readFileSync(join(state, "network.json"), "utf8")).toBe(before);
  writeFileSync(join(state, "accounts.bin"), "something else");
  expect((await runStart(...args)).stderr).toContain("accounts.bin");
});

test("a folder of account files, and --reset with other accounts", async () => {
  const { accounts } = inputs();
  const { args, url } = await ownNetwork();
  const rpc = createSolanaRpc(url);
  const first = new StartCommand(...args, "--clone-from", accounts);
  await first.up();
  expect((await rpc.getBalance(FIRST!).send()).value).toBe(1_000_000_001n);
  expect((await rpc.getBalance(SECOND!).send()).value).toBe(2_000_000_002n);
  await first.signal("SIGTERM");
  const second = new StartCommand(...args, "--reset", "--mint", WALLET!);
  await second.up();
  expect((await rpc.getBalance(FIRST!).send()).value).toBe(0n);
  expect((await rpc.getBalance(WALLET!).send()).value).toBe(500_000_000_000_000_000n);
});

test("programs run from mainnet's ELFs where the network began so; another choice for it is refused", async () => {
  const { args, url } = await ownNetwork();
  const rpc = createSolanaRpc(url);
  const programs = async () => {
    const accounts = [TOKEN_2022, STAKE, TOKEN, ASSOCIATED_TOKEN].map((key) => fetchEncodedAccount(rpc, address(key)));
    return (await Promise.all(accounts)).map((account) => account.exists && [account.programAddress, account.space]);
  };
  const expected = [
    [LOADER_3, 36n],
    [LOADER_3, 36n],
    [LOADER_3, 36n],
    [LOADER_2, 105_032n],
  ];
  const first = new StartCommand(...args, "--real-programs", "token");
  await first.up();
  expect(await programs()).toEqual(expected);
  await first.signal("SIGTERM");
  const second = new StartCommand(...args);
  await second.up();
  expect(await programs()).toEqual(expected);
  await second.signal("SIGTERM");
  for (const choice of ["memo", "token,memo"]) {
    const { code, stdout, stderr } = await runStart(...args, "--real-programs", choice);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`has real programs token by its genesis, not ${choice}`);
  }
});

test("bad input ends the command with one line, and nothing is made", async () => {
  const { args, state } = await ownNetwork();
  for (const [option, text] of [
    [["--program", FINAL!, "nothing.so"], "nothing.so"],
    [["--program", FINAL!, join(import.meta.dirname, "start-genesis.test.ts")], "not an ELF file"],
    [["--account", "x", "y.json"], "neither an address nor a key file"],
    [["--mint", "So1"], "neither an address nor a key file"],
    [["--mint"], "takes a value"],
    [["--real-programs", "token,system"], '"system" is none of token, associated-token, memo, address-lookup-table'],
  ] as const) {
    const { code, stdout, stderr } = await runStart(...args, ...option);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^infinisvm: .+\n$/),
    });
    expect(stderr).toContain(text);
  }
  expect(existsSync(state)).toBe(false);
});
