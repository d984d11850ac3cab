/** Accounts that cannot be locked, as Agave's RPC tells of them: more than 64, or one of them twice. */
import { Keypair, MessageV0, type PublicKey, SystemProgram, VersionedTransaction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { ADDRESS_LOOKUP_TABLE_PROGRAM } from "../../../shared/rpc/keys.ts";
import { base64, Fixture } from "./fixture.ts";
import { account, lookupTableData } from "./states.ts";

let f: Fixture;
let payer: Keypair;
let table: PublicKey;
/** What the table names: 70 addresses, and at last the payer's own. */
let addresses: PublicKey[];

beforeEach(async () => {
  f = new Fixture();
  payer = await f.funded();
  table = Keypair.generate().publicKey;
  addresses = [...Array.from({ length: 70 }, () => Keypair.generate().publicKey), payer.publicKey];
  const data = lookupTableData(
    addresses.map((one) => one.toBytes()),
    null,
  );
  f.backend.put(account(table.toBytes(), ADDRESS_LOOKUP_TABLE_PROGRAM, data));
});

/** Signed; payer and System program are static, the table has the rest. */
async function withTable(writableIndexes: number[], readonlyIndexes: number[]): Promise<VersionedTransaction> {
  const { blockhash } = await f.connection.getLatestBlockhash();
  const message = new MessageV0({
    header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
    staticAccountKeys: [payer.publicKey, SystemProgram.programId],
    recentBlockhash: blockhash,
    compiledInstructions: [
      {
        programIdIndex: 1,
        accountKeyIndexes: [0, 2],
        data: Buffer.from([2, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0]),
      },
    ],
    addressTableLookups: [{ accountKey: table, writableIndexes, readonlyIndexes }],
  });
  const transaction = new VersionedTransaction(message);
  transaction.sign([payer]);
  return transaction;
}
const indexes = (n: number) => Array.from({ length: n }, (_, i) => i);
/** A static key twice. */
async function repeated(): Promise<VersionedTransaction> {
  const transaction = await withTable([0], []);
  const { message } = transaction;
  message.staticAccountKeys.splice(1, 0, payer.publicKey);
  message.compiledInstructions[0]!.programIdIndex = 2;
  transaction.sign([payer]);
  return transaction;
}

const CASES: [string, () => Promise<VersionedTransaction>, string, RegExp][] = [
  ["65 accounts", () => withTable(indexes(63), []), "TooManyAccountLocks", /locked too many accounts/],
  ["72, most of them read-only", () => withTable([0], indexes(70).slice(1)), "TooManyAccountLocks", /too many/],
  ["too many and one twice", () => withTable(indexes(62), [0, 1]), "TooManyAccountLocks", /too many/],
  ["one twice through the table", () => withTable([0], [0]), "AccountLoadedTwice", /loaded twice/],
  ["a static one again through the table", () => withTable([0, 70], []), "AccountLoadedTwice", /loaded twice/],
  ["a static one twice", repeated, "AccountLoadedTwice", /loaded twice/],
];

describe.each(CASES)("%s", (_, make, name, text) => {
  test("simulateTransaction answers it as value.err", async () => {
    const transaction = await make();
    const encoded = base64(transaction.serialize());
    const accounts = { encoding: "base64", addresses: [payer.publicKey.toBase58()] };
    for (const options of [{}, { sigVerify: true }, { replaceRecentBlockhash: true }, { accounts }]) {
      const { value } = await f.ok("simulateTransaction", encoded, { encoding: "base64", ...options });
      expect(value).toMatchObject({
        err: name,
        logs: [],
        unitsConsumed: 0,
        loadedAccountsDataSize: 0,
        returnData: null,
        innerInstructions: null,
        fee: null,
        accounts: "accounts" in options ? [null] : null,
      });
      expect(value.preBalances[0]).toBe(10_000_000_000);
      expect(value.postBalances).toEqual(value.preBalances);
      expect(value.replacementBlockhash === null).toBe(!("replaceRecentBlockhash" in options));
    }
  });

  test("sendTransaction is a failed preflight; without one the signature, and nothing lands", async () => {
    const transaction = await make();
    const encoded = base64(transaction.serialize());
    const error = await f.error("sendTransaction", encoded, { encoding: "base64" });
    expect(error).toMatchObject({ code: -32002, data: { err: name, logs: [], unitsConsumed: 0, fee: null } });
    expect(error.message).toMatch(/^Transaction simulation failed: /);
    expect(error.message).toMatch(text);
    const signature = encodeBase58(transaction.signatures[0]!);
    expect(await f.ok("sendTransaction", encoded, { encoding: "base64", skipPreflight: true })).toBe(signature);
    expect((await f.ok("getSignatureStatuses", [signature])).value).toEqual([null]);
    expect(await f.ok("getBalance", payer.publicKey.toBase58())).toMatchObject({ value: 10_000_000_000 });
  });

  test("a wrong signature comes first", async () => {
    const transaction = await make();
    transaction.signatures[0]![5]! ^= 1;
    const encoded = base64(transaction.serialize());
    for (const skipPreflight of [false, true]) {
      const error = await f.error("sendTransaction", encoded, { encoding: "base64", skipPreflight });
      expect(error).toMatchObject(
        skipPreflight ? { code: -32003 } : { code: -32002, data: { err: "SignatureFailure" } },
      );
    }
    const { value } = await f.ok("simulateTransaction", encoded, { encoding: "base64", sigVerify: true });
    expect(value).toMatchObject({ err: "SignatureFailure", preBalances: null });
  });

  test("its fee is known all the same", async () => {
    const message = base64((await make()).message.serialize());
    expect(await f.ok("getFeeForMessage", message)).toMatchObject({ value: 5_000 });
  });
});

test("64 accounts, each once, run", async () => {
  const transaction = await withTable(indexes(62), []);
  const { value } = await f.ok("simulateTransaction", base64(transaction.serialize()), { encoding: "base64" });
  expect(value.err).toBeNull();
  expect(value.loadedAddresses.writable).toEqual(addresses.slice(0, 62).map(String));
});
