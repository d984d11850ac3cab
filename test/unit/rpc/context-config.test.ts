/**
 * What clients ask of the state that is read, over every method: `minContextSlot` (-32016 with the slot that is reached) and `commitment`.
 * A method that is not in the table fails the test, as does one that takes what the table denies.
 */
import { Keypair, SystemProgram, TransactionMessage, VersionedTransaction } from "@solana/web3.js";
import { beforeAll, describe, expect, test } from "vitest";
import { SUBSCRIBE_METHODS } from "../../../shared/rpc/subscription-params.ts";
import { SubscriptionMachine } from "../../../shared/rpc/subscriptions.ts";
import { devMethods } from "../../../workers/edge/rpc/dev.ts";
import { rpcMethods } from "../../../workers/edge/rpc/index.ts";
import { base64, Fixture } from "./fixture.ts";
import { account, mintData, tokenData } from "./states.ts";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TIP = 3;

let f: Fixture;
let payer: Keypair;
const mint = Keypair.generate().publicKey;
const token = Keypair.generate().publicKey;
let wire: string;
let message: string;
let signature: string;

beforeAll(async () => {
  f = new Fixture();
  payer = await f.funded();
  const owner = payer.publicKey.toBytes();
  f.backend.put(account(mint.toBytes(), TOKEN, mintData(5n, 2, null), 10_000_000n));
  f.backend.put(account(token.toBytes(), TOKEN, tokenData({ mint: mint.toBytes(), owner, amount: 5n }), 10_000_000n));
  const sent = await f.transfer(payer, Keypair.generate().publicKey, 1_000_000);
  signature = await f.connection.sendRawTransaction(sent.serialize());
  await f.backend.tick(TIP - 2);
  const transaction = new VersionedTransaction(
    new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: (await f.connection.getLatestBlockhash()).blockhash,
      instructions: [SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: mint, lamports: 1 })],
    }).compileToV0Message(),
  );
  transaction.sign([payer]);
  wire = base64(transaction.serialize());
  message = base64(transaction.message.serialize());
});

/** What stands before the configuration, and what it takes; `more`: members that the call needs. */
interface Case {
  readonly params: () => unknown[];
  readonly minContextSlot?: true;
  /** The name of the member, and whether `processed` will do. */
  readonly commitment?: "any" | "confirmed";
  readonly member?: string;
  readonly more?: object;
}
const key = () => payer.publicKey.toBase58();
const context = (...params: unknown[]): Case => ({ params: () => params, minContextSlot: true, commitment: "any" });
const contextOf = (params: () => unknown[], more?: object): Case => ({
  params,
  minContextSlot: true,
  commitment: "any",
  ...(more && { more }),
});
const confirmed = (params: () => unknown[], more?: object): Case => ({
  ...contextOf(params, more),
  commitment: "confirmed",
});
const committed = (params: () => unknown[], commitment: "any" | "confirmed" = "any"): Case => ({ params, commitment });
const plain = (...params: unknown[]): Case => ({ params: () => params });

const CASES: Readonly<Record<string, Case>> = {
  getAccountInfo: contextOf(() => [key()]),
  getAgGenesisCert: plain(),
  getBalance: contextOf(() => [key()]),
  getBlock: committed(() => [1], "confirmed"),
  getBlockCommitment: plain(1),
  getBlockHeight: context(),
  getBlockProduction: committed(() => []),
  getBlockTime: plain(1),
  getBlocks: confirmed(() => [1, 2]),
  getBlocksWithLimit: confirmed(() => [1, 2]),
  getClusterNodes: plain(),
  getEpochInfo: context(),
  getEpochSchedule: plain(),
  getFeeForMessage: contextOf(() => [message]),
  getFirstAvailableBlock: plain(),
  getGenesisHash: plain(),
  getHealth: plain(),
  getHighestSnapshotSlot: plain(),
  getIdentity: plain(),
  getInflationGovernor: committed(() => []),
  getInflationRate: plain(),
  getInflationReward: confirmed(() => [[key()]]),
  getLargestAccounts: committed(() => []),
  getLatestBlockhash: context(),
  getLeaderSchedule: committed(() => [null]),
  getMaxRetransmitSlot: plain(),
  getMaxShredInsertSlot: plain(),
  getMinimumBalanceForRentExemption: committed(() => [0]),
  getMultipleAccounts: contextOf(() => [[key()]]),
  getProgramAccounts: contextOf(() => [TOKEN], { encoding: "base64" }),
  getRankMap: context(),
  getRecentPerformanceSamples: plain(),
  getRecentPrioritizationFees: plain(),
  getSignatureStatuses: { params: () => [[signature]] },
  getSignaturesForAddress: confirmed(() => [key()]),
  getSlot: context(),
  getSlotLeader: context(),
  getSlotLeaders: plain(0, 1),
  getStakeMinimumDelegation: context(),
  getSupply: committed(() => []),
  getTokenAccountBalance: committed(() => [token.toBase58()]),
  getTokenAccountsByDelegate: contextOf(() => [key(), { programId: TOKEN }]),
  getTokenAccountsByOwner: contextOf(() => [key(), { mint: mint.toBase58() }], { encoding: "jsonParsed" }),
  getTokenLargestAccounts: committed(() => [mint.toBase58()]),
  getTokenSupply: committed(() => [mint.toBase58()]),
  getTransaction: committed(() => [signature], "confirmed"),
  getTransactionCount: context(),
  getTransactionsForAddress: confirmed(() => [key()]),
  getVersion: plain(),
  getVoteAccounts: committed(() => []),
  isBlockhashValid: contextOf(() => [key()]),
  minimumLedgerSlot: plain(),
  requestAirdrop: committed(() => [key(), 1_000_000]),
  sendTransaction: {
    ...contextOf(() => [wire], { encoding: "base64", skipPreflight: true }),
    member: "preflightCommitment",
  },
  simulateTransaction: contextOf(() => [wire], { encoding: "base64" }),
};
const names = Object.keys(CASES);
const ask = (name: string, config: object) => {
  const { params, more } = CASES[name]!;
  return f.call(name, ...params(), { ...more, ...config });
};
/** Those that change nothing, so that the tip stays. */
const reads = names.filter((name) => !["requestAirdrop", "sendTransaction"].includes(name));

/** No epoch is over, and there is no Stake program: they fail, but for another reason. */
const FAILING = ["getInflationReward", "getStakeMinimumDelegation"];

test("the table has every method", () => {
  const served = Object.keys(rpcMethods()).filter((name) => !Object.hasOwn(devMethods, name));
  expect(names).toEqual(served.toSorted());
});

describe("minContextSlot", () => {
  const taking = names.filter((name) => CASES[name]!.minContextSlot);
  test.each(taking)("%s beyond the tip says how far it is", async (name) => {
    for (const minContextSlot of [TIP + 1, 2 ** 53 - 1]) {
      expect((await ask(name, { minContextSlot })).error).toEqual({
        code: -32016,
        message: "Minimum context slot has not been reached",
        data: { contextSlot: TIP },
      });
    }
  });
  test.each(taking.filter((name) => reads.includes(name)))(
    "%s at the tip, before it, or null: as without",
    async (name) => {
      const without = await ask(name, {});
      if (!FAILING.includes(name)) expect(without.error).toBeUndefined();
      for (const minContextSlot of [TIP, 0, null]) {
        expect(await ask(name, { minContextSlot })).toEqual(without);
      }
    },
  );
  test.each(taking)("%s of no slot", async (name) => {
    for (const minContextSlot of [-1, 1.5, "1", true, [], {}]) {
      const { error } = await ask(name, { minContextSlot });
      expect(error).toMatchObject({ code: -32602, message: expect.stringContaining("minContextSlot: expected u64") });
    }
  });
  test.each(reads.filter((name) => !CASES[name]!.minContextSlot && CASES[name]!.commitment))(
    "%s has none, and does not look at it",
    async (name) => {
      expect((await ask(name, { minContextSlot: TIP + 1 })).error).toBeUndefined();
    },
  );
});

describe("commitment", () => {
  const taking = names.filter((name) => CASES[name]!.commitment);
  const named = (name: string, level: unknown) => ({ [CASES[name]!.member ?? "commitment"]: level });
  test.each(taking)("%s of no level that there is", async (name) => {
    for (const level of ["", "recent", "max", "root", "single", "Finalized", 1, {}]) {
      const { error } = await ask(name, named(name, level));
      expect(error).toMatchObject({ code: -32602, message: expect.stringMatching(/^Invalid params: .*ommitment: /) });
    }
  });
  test.each(taking.filter((name) => reads.includes(name)))("%s at each level", async (name) => {
    const without = await ask(name, {});
    for (const level of ["confirmed", "finalized", null]) {
      expect(await ask(name, named(name, level))).toEqual(without);
    }
    const processed = await ask(name, named(name, "processed"));
    if (CASES[name]!.commitment === "any") expect(processed).toEqual(without);
    else {
      expect(processed.error).toEqual({
        code: -32602,
        message: "Method does not support commitment below `confirmed`",
      });
    }
  });
});

test.each(names.filter((name) => !CASES[name]!.commitment && name !== "getSignatureStatuses"))(
  "%s has no configuration",
  async (name) => {
    const { params } = CASES[name]!;
    const filled = name.startsWith("getRecent") ? [null] : params();
    const { error } = await f.call(name, ...filled, { commitment: "confirmed" });
    expect(error).toMatchObject({ code: -32602, message: expect.stringMatching(/^Invalid parameters: /) });
  },
);

describe("subscriptions", () => {
  const PARAMS: Readonly<Record<string, () => unknown[]>> = {
    accountSubscribe: () => [key()],
    programSubscribe: () => [TOKEN],
    logsSubscribe: () => ["all"],
    signatureSubscribe: () => [signature],
    blockSubscribe: () => ["all"],
  };
  const told = (method: string, config?: object) => {
    const machine = new SubscriptionMachine();
    machine.step({ type: "opened", socket: "s", stored: [] });
    const params = [...(PARAMS[method]?.() ?? []), ...(config ? [config] : [])];
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const sent = machine.step({ type: "message", socket: "s", text }).find((effect) => effect.type === "send");
    return JSON.parse((sent as { text: string }).text);
  };

  test.each(Object.keys(PARAMS))("%s: commitment; a minContextSlot is not looked at, as in Agave", (method) => {
    expect(told(method, { minContextSlot: 99, commitment: "finalized" })).toMatchObject({ result: 0 });
    for (const commitment of ["recent", 1, ""]) {
      expect(told(method, { commitment })).toMatchObject({
        error: { code: -32602, message: expect.stringMatching(/^Invalid params: params\[1\]\.commitment: /) },
      });
    }
    const processed = told(method, { commitment: "processed" });
    if (method === "blockSubscribe") {
      expect(processed.error).toEqual({
        code: -32602,
        message: "Method does not support commitment below `confirmed`",
      });
    } else expect(processed).toMatchObject({ result: 0 });
  });
  test.each(SUBSCRIBE_METHODS.filter((name) => !Object.hasOwn(PARAMS, name)))("%s has no parameters", (method) => {
    expect(told(method)).toMatchObject({ result: 0 });
    expect(told(method, { commitment: "confirmed" })).toMatchObject({ error: { code: -32602 } });
  });
});
