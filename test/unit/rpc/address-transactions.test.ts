/** getTransactionsForAddress: both forms, order, cursor and filters as clients write them, and every refusal. */
import { Keypair, type PublicKey } from "@solana/web3.js";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { Fixture } from "./fixture.ts";
import { account, tokenData } from "./states.ts";

const GENESIS_TIME = 1_700_000_000;
const COUNT = 6;
const UNKNOWN = encodeBase58(new Uint8Array(64).fill(9));

let f: Fixture;
let payer: Keypair;
let to: PublicKey;
/** The airdrop in slot 1, then a transfer a slot. */
const signatures: string[] = [];

beforeAll(async () => {
  f = new Fixture();
  payer = await f.funded();
  to = Keypair.generate().publicKey;
  for (let i = 0; i < COUNT; i++) {
    const transaction = await f.transfer(payer, to, 1_000_000 + i);
    signatures.push(await f.connection.sendRawTransaction(transaction.serialize()));
  }
});

const slotsOf = (data: readonly { slot: number }[]) => data.map(({ slot }) => slot);
const slots = async (options: object = {}) =>
  slotsOf((await f.ok("getTransactionsForAddress", to.toBase58(), options)).data);
const filtered = (filters: object) => slots({ filters });
const refusal = (options: object) => f.error("getTransactionsForAddress", to.toBase58(), options);
const invalid = (message: string) => ({ code: -32602, message });

describe("signatures", () => {
  test("are what getSignaturesForAddress says", async () => {
    const { data, paginationToken } = await f.ok("getTransactionsForAddress", to.toBase58());
    expect(paginationToken).toBeNull();
    expect(data).toEqual(await f.ok("getSignaturesForAddress", to.toBase58()));
    expect(data[0]).toEqual({
      signature: signatures[COUNT - 1],
      slot: COUNT + 1,
      err: null,
      memo: null,
      blockTime: GENESIS_TIME + COUNT + 1,
      confirmationStatus: "finalized",
      transactionIndex: 0,
    });
    expect(await f.ok("getTransactionsForAddress", Keypair.generate().publicKey.toBase58())).toEqual({
      data: [],
      paginationToken: null,
    });
  });

  test.each(["asc", "desc"] as const)("page by page, %s", async (sortOrder) => {
    const seen: number[] = [];
    let token: string | null | undefined;
    do {
      const options = { sortOrder, limit: 4, ...(token && { paginationToken: token }) };
      const page = await f.ok("getTransactionsForAddress", to.toBase58(), options);
      seen.push(...slotsOf(page.data));
      token = page.paginationToken;
      if (token) expect(token).toBe(`${seen.at(-1)}:0`);
    } while (token);
    const all = [2, 3, 4, 5, 6, 7];
    expect(seen).toEqual(sortOrder === "asc" ? all : all.toReversed());
  });
});

describe("whole transactions", () => {
  test("are what getTransaction says, in every encoding", async () => {
    for (const encoding of ["json", "jsonParsed", "base58", "base64"]) {
      const options = { encoding, maxSupportedTransactionVersion: 0 };
      const { data } = await f.ok("getTransactionsForAddress", to.toBase58(), {
        transactionDetails: "full",
        sortOrder: "asc",
        limit: 1,
        ...options,
      });
      expect(data).toEqual([await f.ok("getTransaction", signatures[0], options)]);
    }
  });

  test("have no version for clients that name none", async () => {
    const { data } = await f.ok("getTransactionsForAddress", to.toBase58(), { transactionDetails: "full", limit: 2 });
    expect(data[0]).not.toHaveProperty("version");
    expect(data[0].transaction.signatures).toEqual([signatures[COUNT - 1]]);
  });
});

describe("filters", () => {
  test("slots", async () => {
    expect(await filtered({ slot: { gt: 3 } })).toEqual([7, 6, 5, 4]);
    expect(await filtered({ slot: { gte: 3, lt: 6 } })).toEqual([5, 4, 3]);
    expect(await filtered({ slot: { lte: 2 } })).toEqual([2]);
    expect(await filtered({ slot: { lt: 0 } })).toEqual([]);
    expect(await filtered({ slot: { gt: Number.MAX_SAFE_INTEGER } })).toEqual([]);
    expect(await filtered({ slot: { gt: 2, gte: 6 } })).toEqual([7, 6]);
  });

  test("block times", async () => {
    expect(await filtered({ blockTime: { eq: GENESIS_TIME + 4 } })).toEqual([4]);
    expect(await filtered({ blockTime: { gt: GENESIS_TIME + 4 } })).toEqual([7, 6, 5]);
    expect(await filtered({ blockTime: { gte: GENESIS_TIME + 4, lt: GENESIS_TIME + 6 } })).toEqual([5, 4]);
    expect(await filtered({ blockTime: { lte: -5 } })).toEqual([]);
  });

  test("signatures", async () => {
    expect(await filtered({ signature: { gt: signatures[1] } })).toEqual([7, 6, 5, 4]);
    expect(await filtered({ signature: { gte: signatures[1], lte: signatures[3] } })).toEqual([5, 4, 3]);
    expect(await filtered({ signature: { lt: signatures[1] } })).toEqual([2]);
    expect(await refusal({ filters: { signature: { lt: UNKNOWN } } })).toEqual({
      code: -32020,
      message: `Transaction ${UNKNOWN} not found`,
    });
    expect(await refusal({ filters: { signature: { lt: "1" } } })).toEqual(invalid("Invalid param: WrongSize"));
  });

  test("status", async () => {
    expect(await filtered({ status: "any" })).toHaveLength(COUNT);
    expect(await filtered({ status: "succeeded" })).toHaveLength(COUNT);
    expect(await filtered({ status: "failed" })).toEqual([]);
  });

  test("token accounts: with transactions that name one of the address's", async () => {
    const owner = Keypair.generate().publicKey;
    const data = tokenData({ mint: new Uint8Array(32).fill(3), owner: owner.toBytes(), amount: 1n });
    f.backend.put(account(to.toBytes(), TOKEN_PROGRAM, data));
    const of = async (tokenAccounts: string) =>
      slotsOf((await f.ok("getTransactionsForAddress", owner.toBase58(), { filters: { tokenAccounts } })).data);
    expect(await of("none")).toEqual([]);
    expect(await of("all")).toEqual([7, 6, 5, 4, 3, 2]);
    expect(await of("balanceChanged")).toEqual([]);
    for (let i = 0; i < 100; i++) f.backend.put(account(Keypair.generate().publicKey.toBytes(), TOKEN_PROGRAM, data));
    const many = await f.error("getTransactionsForAddress", owner.toBase58(), { filters: { tokenAccounts: "all" } });
    expect(many.code).toBe(-32602);
    expect(many.message).toContain("has 101 token accounts");
  });
});

test("what is no query is refused", async () => {
  expect(await refusal({ limit: 0 })).toEqual(invalid("Invalid limit; max 1000"));
  expect(await refusal({ limit: 1001 })).toEqual(invalid("Invalid limit; max 1000"));
  expect(await refusal({ limit: 101, transactionDetails: "full" })).toEqual(invalid("Invalid limit; max 100"));
  for (const paginationToken of ["", "5", "5:", "a:1", "5:1:1", "-5:1"]) {
    expect(await refusal({ paginationToken })).toEqual(
      invalid("Invalid paginationToken; expected `<slot>:<position>`"),
    );
  }
  expect((await refusal({ sortOrder: "up" })).code).toBe(-32602);
  expect((await refusal({ filters: { status: "ok" } })).code).toBe(-32602);
  expect((await refusal({ filters: { slot: { gt: -1 } } })).code).toBe(-32602);
  expect(await refusal({ commitment: "processed" })).toEqual(
    invalid("Method does not support commitment below `confirmed`"),
  );
  expect((await refusal({ minContextSlot: 1_000 })).code).toBe(-32016);
  expect(await f.error("getTransactionsForAddress", "x")).toEqual(invalid("Invalid param: WrongSize"));
});

describe("with the slot they are as of", () => {
  const context = { apiVersion: "4.3.0", slot: COUNT + 1 };
  test("getSignaturesForAddress", async () => {
    const value = await f.ok("getSignaturesForAddress", payer.publicKey.toBase58());
    expect(await f.ok("getSignaturesForAddress", payer.publicKey.toBase58(), { withContext: true })).toEqual({
      context,
      value,
    });
  });

  test("getTransaction", async () => {
    const value = await f.ok("getTransaction", signatures[0]);
    expect(await f.ok("getTransaction", signatures[0], { withContext: true })).toEqual({ context, value });
    expect(await f.ok("getTransaction", UNKNOWN, { withContext: true })).toEqual({ context, value: null });
    expect(await f.ok("getTransaction", UNKNOWN)).toBeNull();
  });
});

test("getSignaturesForAddress: a bound that nobody knows is named", async () => {
  const missing = { code: -32020, message: `Transaction ${UNKNOWN} not found` };
  expect(await f.error("getSignaturesForAddress", to.toBase58(), { before: UNKNOWN })).toEqual(missing);
  expect(await f.error("getSignaturesForAddress", to.toBase58(), { until: UNKNOWN })).toEqual(missing);
});
