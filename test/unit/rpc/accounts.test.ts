import { zstdDecompressSync } from "node:zlib";
import { Keypair, PublicKey, SYSVAR_CLOCK_PUBKEY, SYSVAR_RENT_PUBKEY } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { ADDRESS_LOOKUP_TABLE_PROGRAM, NATIVE_MINT, SYSTEM_PROGRAM, TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { MAX_SCAN_BYTES } from "../../../shared/state/accounts.ts";
import { Fixture } from "./fixture.ts";
import { account, lookupTableData, mintData, multisigData, tokenData } from "./states.ts";

const key = (n: number) => new Uint8Array(32).fill(n);
const name = (n: number) => encodeBase58(key(n));
const PROGRAM = name(200);

let f: Fixture;
beforeEach(() => {
  f = new Fixture();
});

const value = async (address: string, options?: object) => (await f.ok("getAccountInfo", address, options)).value;

describe("getAccountInfo", () => {
  test("nobody there", async () => {
    expect(await f.ok("getAccountInfo", name(1))).toEqual({ context: { apiVersion: "4.3.0", slot: 0 }, value: null });
    expect((await f.ok("getBalance", name(1))).value).toBe(0);
  });

  test("every encoding", async () => {
    const data = Uint8Array.from({ length: 100 }, (_, i) => i);
    f.backend.put(account(key(1), PROGRAM, data));
    const rest = {
      lamports: 1_000_000,
      owner: PROGRAM,
      executable: false,
      rentEpoch: 18446744073709551615n,
      space: 100,
    };
    const base64 = Buffer.from(data).toString("base64");
    expect(await value(name(1))).toEqual({ ...rest, data: encodeBase58(data) });
    expect(await value(name(1), { encoding: "base58" })).toEqual({ ...rest, data: [encodeBase58(data), "base58"] });
    expect(await value(name(1), { encoding: "base64" })).toEqual({ ...rest, data: [base64, "base64"] });
    expect(await value(name(1), { encoding: "jsonParsed" })).toEqual({ ...rest, data: [base64, "base64"] });
    const zstd = await value(name(1), { encoding: "base64+zstd" });
    expect(zstd.data[1]).toBe("base64+zstd");
    expect(zstdDecompressSync(Buffer.from(zstd.data[0], "base64")).equals(data)).toBe(true);
  });

  test("base58 up to 128 bytes", async () => {
    f.backend.put(account(key(1), PROGRAM, new Uint8Array(129)));
    expect(await f.error("getAccountInfo", name(1))).toMatchObject({
      code: -32600,
      message: "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.",
    });
    const sliced = await value(name(1), { encoding: "base58", dataSlice: { offset: 0, length: 8 } });
    expect(sliced.data[0]).toBe("error: data too large for bs58 encoding");
  });

  test.each([
    [0, 4, "AAECAw=="],
    [2, 2, "AgM="],
    [8, 100, "CAk="],
    [10, 1, ""],
    [4_000_000_000, 4_000_000_000, ""],
  ])("slice from %i, %i long", async (offset, length, expected) => {
    f.backend.put(
      account(
        key(1),
        PROGRAM,
        Uint8Array.from({ length: 10 }, (_, i) => i),
      ),
    );
    expect((await value(name(1), { encoding: "base64", dataSlice: { offset, length } })).data).toEqual([
      expected,
      "base64",
    ]);
  });

  test.each([
    ["", "WrongSize"],
    ["1111", "WrongSize"],
    ["1".repeat(33), "WrongSize"],
    ["1".repeat(45), "WrongSize"],
    ["0".repeat(32), "Invalid"],
  ])("address %j: %s", async (address, why) => {
    expect(await f.error("getAccountInfo", address)).toMatchObject({ code: -32602, message: `Invalid param: ${why}` });
  });

  test("minContextSlot", async () => {
    expect(await f.error("getAccountInfo", name(1), { minContextSlot: 1 })).toMatchObject({
      code: -32016,
      data: { contextSlot: 0 },
    });
    await f.backend.tick();
    expect(await value(name(1), { minContextSlot: 1 })).toBeNull();
  });
});

test("sysvars are as of the tip, as Agave's frozen bank has them", async () => {
  await f.backend.tick(3);
  const info = async (address: string) => (await value(address, { encoding: "jsonParsed" })).data.parsed.info;
  const clock = await f.connection.getParsedAccountInfo(SYSVAR_CLOCK_PUBKEY);
  expect(clock.value?.data).toMatchObject({
    program: "sysvar",
    parsed: { type: "clock", info: { epoch: 0, slot: 3, leaderScheduleEpoch: 1 } },
  });
  const rent = await value(SYSVAR_RENT_PUBKEY.toBase58(), { encoding: "jsonParsed" });
  const { lamportsPerByteYear, exemptionThreshold } = rent.data.parsed.info;
  expect(Number(lamportsPerByteYear) * exemptionThreshold).toBe(6960);
  const hashes = await info("SysvarS1otHashes111111111111111111111111111");
  const block = f.backend.blocksBySlot.get(3n)!;
  expect(hashes[0]).toEqual({ slot: 2, hash: encodeBase58(block.previousBlockhash) });
  const recent = await info("SysvarRecentB1ockHashes11111111111111111111");
  expect(recent[0].blockhash).toBe(encodeBase58(block.blockhash));
  const { nextSlot, bits } = await info("SysvarS1otHistory11111111111111111111111111");
  expect([nextSlot, bits.length, bits.slice(0, 6), bits.lastIndexOf("1")]).toEqual([4, 1_048_576, "111100", 3]);
  expect(await info("SysvarStakeHistory1111111111111111111111111")).toEqual([]);
  expect((await value(SYSTEM_PROGRAM, { encoding: "base64" })).executable).toBe(true);
});

test("getMultipleAccounts keeps the order and counts to 100", async () => {
  f.backend.put(account(key(1), PROGRAM, Uint8Array.of(1)));
  f.backend.put(account(key(3), PROGRAM, Uint8Array.of(3)));
  const { value: accounts } = await f.ok("getMultipleAccounts", [name(3), name(2), name(1), SYSTEM_PROGRAM]);
  expect(accounts.map((one: { data: unknown[] } | null) => one?.data[0])).toEqual([
    "Aw==",
    undefined,
    "AQ==",
    Buffer.from("solana_system_program").toString("base64"),
  ]);
  expect((await f.ok("getMultipleAccounts", [])).value).toEqual([]);
  expect((await f.error("getMultipleAccounts", new Array(101).fill(name(1)))).message).toBe(
    "Too many inputs provided; max 100",
  );
});

describe("getProgramAccounts", () => {
  beforeEach(() => {
    for (let i = 1; i <= 5; i++) f.backend.put(account(key(i), PROGRAM, new Uint8Array(i * 10).fill(i)));
    f.backend.put(account(key(9), name(201), new Uint8Array(10)));
  });
  const found = async (options?: object) =>
    (await f.ok("getProgramAccounts", PROGRAM, options)).map((one: { pubkey: string }) => one.pubkey);

  test("all of a program, sorted", async () => {
    expect(await found()).toEqual([1, 2, 3, 4, 5].map(name));
    const answer = await f.ok("getProgramAccounts", PROGRAM, { withContext: true, encoding: "base64" });
    expect(answer).toMatchObject({
      context: { slot: 0 },
      value: [{ pubkey: name(1), account: { space: 10 } }, {}, {}, {}, {}],
    });
  });

  test("filters", async () => {
    expect(await found({ filters: [{ dataSize: 20 }] })).toEqual([name(2)]);
    expect(await found({ filters: [{ memcmp: { offset: 4, bytes: encodeBase58(Uint8Array.of(3, 3)) } }] })).toEqual([
      name(3),
    ]);
    expect(await found({ filters: [{ memcmp: { offset: 9, bytes: "BQU=", encoding: "base64" } }] })).toEqual([name(5)]);
    expect(await found({ filters: [{ memcmp: { offset: 0, bytes: [1] } }] })).toEqual([name(1)]);
    expect(await found({ filters: [{ memcmp: { offset: 40, bytes: "" } }, { dataSize: 40 }] })).toEqual([name(4)]);
    expect(await found({ filters: [{ memcmp: { offset: 5_000_000_000, bytes: "2" } }] })).toEqual([]);
    expect(await found({ filters: [{ tokenAccountState: null }] })).toEqual([]);
  });

  test("filters that Agave refuses", async () => {
    const refused = async (...filters: unknown[]) =>
      (await f.error("getProgramAccounts", PROGRAM, { filters })).message;
    expect(await refused(...new Array(5).fill({ dataSize: 1 }))).toBe("Too many filters provided; max 4");
    expect(await refused({ memcmp: { offset: 0, bytes: "0" } })).toBe("Invalid param: Base58DecodeError");
    expect(await refused({ memcmp: { offset: 0, bytes: "=", encoding: "base64" } })).toBe(
      "Invalid param: Base64DecodeError",
    );
    expect(await refused({ memcmp: { offset: 0, bytes: "2".repeat(176) } })).toBe("Invalid param: DataTooLarge");
    expect(await refused({ memcmp: { offset: 0, bytes: new Array(129).fill(1) } })).toBe("Invalid param: DataTooLarge");
    expect(await refused({ memcmp: { offset: -1, bytes: "2" } })).toContain("Invalid params: params[1].filters[0]");
    expect(await refused({ size: 1 })).toContain("Invalid params");
  });

  test("more than fits", async () => {
    f.backend.scanAccounts = async () => null;
    const error = await f.error("getProgramAccounts", PROGRAM);
    expect(error.code).toBe(-32012);
    expect(error.message).toContain(`larger than ${MAX_SCAN_BYTES >> 20} MiB`);
  });
});

describe("tokens", () => {
  const mint = key(50);
  const owner = key(60);
  beforeEach(() => {
    f.backend.put(account(mint, TOKEN_PROGRAM, mintData(1_000_000n, 4, owner)));
    f.backend.put(account(key(51), TOKEN_PROGRAM, tokenData({ mint, owner, amount: 123_400n })));
    f.backend.put(
      account(
        key(52),
        TOKEN_PROGRAM,
        tokenData({
          mint,
          owner: key(61),
          amount: 800_000n,
          delegate: owner,
          delegated: 5n,
          closeAuthority: key(62),
          frozen: true,
        }),
      ),
    );
    f.backend.put(
      account(
        key(53),
        TOKEN_PROGRAM,
        tokenData({ mint: new PublicKey(NATIVE_MINT).toBytes(), owner, amount: 7n, native: 2_039_280n }),
      ),
    );
    f.backend.put(account(key(54), TOKEN_PROGRAM, multisigData(2, [key(1), key(2), key(3)])));
    f.backend.put(account(key(55), PROGRAM, new Uint8Array(3)));
  });

  test("jsonParsed", async () => {
    const parsed = async (n: number) => (await value(name(n), { encoding: "jsonParsed" })).data;
    expect(await parsed(50)).toEqual({
      program: "spl-token",
      space: 82,
      parsed: {
        type: "mint",
        info: { decimals: 4, freezeAuthority: null, isInitialized: true, mintAuthority: name(60), supply: "1000000" },
      },
    });
    expect(await parsed(51)).toEqual({
      program: "spl-token",
      space: 165,
      parsed: {
        type: "account",
        info: {
          isNative: false,
          mint: name(50),
          owner: name(60),
          state: "initialized",
          tokenAmount: { amount: "123400", decimals: 4, uiAmount: 12.34, uiAmountString: "12.34" },
        },
      },
    });
    expect((await parsed(52)).parsed.info).toMatchObject({
      state: "frozen",
      delegate: name(60),
      delegatedAmount: { amount: "5", uiAmountString: "0.0005" },
      closeAuthority: name(62),
    });
    expect((await parsed(53)).parsed.info).toMatchObject({
      isNative: true,
      rentExemptReserve: { amount: "2039280", decimals: 9, uiAmountString: "0.00203928" },
    });
    expect((await parsed(54)).parsed).toEqual({
      type: "multisig",
      info: { numRequiredSigners: 2, numValidSigners: 3, isInitialized: true, signers: [1, 2, 3].map(name) },
    });
  });

  test("balances and supplies", async () => {
    expect((await f.ok("getTokenAccountBalance", name(51))).value).toEqual({
      amount: "123400",
      decimals: 4,
      uiAmount: 12.34,
      uiAmountString: "12.34",
    });
    expect((await f.ok("getTokenSupply", name(50))).value).toMatchObject({ amount: "1000000", uiAmountString: "100" });
    const say = async (method: string, n: number) => (await f.error(method, name(n))).message;
    expect(await say("getTokenAccountBalance", 99)).toBe("Invalid param: could not find account");
    expect(await say("getTokenAccountBalance", 55)).toBe("Invalid param: not a Token account");
    expect(await say("getTokenAccountBalance", 50)).toBe("Invalid param: not a Token account");
    expect(await say("getTokenSupply", 99)).toBe("Invalid param: could not find account");
    expect(await say("getTokenSupply", 55)).toBe("Invalid param: not a Token mint");
    expect(await say("getTokenSupply", 51)).toBe("Invalid param: mint could not be unpacked");
  });

  test("accounts by owner, delegate and mint", async () => {
    const keys = async (method: string, filter: object) =>
      (await f.ok(method, name(60), filter, { encoding: "jsonParsed" })).value.map(
        (one: { pubkey: string }) => one.pubkey,
      );
    expect(await keys("getTokenAccountsByOwner", { mint: name(50) })).toEqual([name(51)]);
    expect(await keys("getTokenAccountsByOwner", { programId: TOKEN_PROGRAM })).toEqual([name(51), name(53)]);
    expect(await keys("getTokenAccountsByDelegate", { programId: TOKEN_PROGRAM })).toEqual([name(52)]);
    expect(await keys("getTokenAccountsByDelegate", { mint: name(50) })).toEqual([name(52)]);
    const largest = await f.connection.getTokenLargestAccounts(new PublicKey(mint));
    expect(largest.value.map((one) => [one.address.toBase58(), one.amount])).toEqual([
      [name(52), "800000"],
      [name(51), "123400"],
    ]);
  });

  test("a mint or program that is none", async () => {
    const say = async (filter: object) => (await f.error("getTokenAccountsByOwner", name(60), filter)).message;
    expect(await say({ mint: name(99) })).toBe("Invalid param: could not find mint");
    expect(await say({ mint: name(55) })).toBe("Invalid param: Token mint could not be unpacked");
    expect(await say({ programId: PROGRAM })).toBe("Invalid param: unrecognized Token program id");
    expect(await say({ mint: "x" })).toBe("Invalid param: WrongSize");
    expect(await say({})).toContain("Invalid params");
  });

  test("web3.js reads them", async () => {
    const byOwner = await f.connection.getParsedTokenAccountsByOwner(new PublicKey(owner), {
      mint: new PublicKey(mint),
    });
    expect(byOwner.value[0]!.account.data.parsed.info.tokenAmount.uiAmount).toBe(12.34);
    const raw = await f.connection.getTokenAccountsByOwner(new PublicKey(owner), { mint: new PublicKey(mint) });
    expect(raw.value[0]!.account.data).toHaveLength(165);
    expect(
      await f.connection.getProgramAccounts(new PublicKey(TOKEN_PROGRAM), { filters: [{ dataSize: 82 }] }),
    ).toHaveLength(1);
  });
});

test("a lookup table that is frozen, and one that is nothing", async () => {
  f.backend.put(account(key(1), ADDRESS_LOOKUP_TABLE_PROGRAM, lookupTableData([key(2)], null)));
  f.backend.put(account(key(3), ADDRESS_LOOKUP_TABLE_PROGRAM, new Uint8Array(57)));
  const { data } = await value(name(1), { encoding: "jsonParsed" });
  expect(data.parsed.info).toEqual({
    addresses: [name(2)],
    deactivationSlot: "18446744073709551615",
    lastExtendedSlot: "0",
    lastExtendedSlotStartIndex: 0,
  });
  expect((await value(name(3), { encoding: "jsonParsed" })).data.parsed).toEqual({ type: "uninitialized" });
});

test("a system account is no nonce", async () => {
  const to = Keypair.generate();
  await f.backend.airdrop!(to.publicKey.toBytes(), 5_000_000n);
  expect((await value(to.publicKey.toBase58(), { encoding: "jsonParsed" })).data).toEqual(["", "base64"]);
});
