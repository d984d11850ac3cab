/** Leaders, production, stakes, samples, fees: every member of each answer, and every refusal. */
import { Keypair, PublicKey } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { missingAccount } from "../../../shared/rpc/accounts.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { keyBytes, STAKE_PROGRAM, VOTE_PROGRAM } from "../../../shared/rpc/keys.ts";
import { EMPTY_EPOCH } from "../../../shared/stake/epoch-record.ts";
import { Fixture } from "./fixture.ts";
import { account } from "./states.ts";

const LEADER = encodeBase58(new Uint8Array(32).fill(7));
const OTHER = Keypair.generate().publicKey.toBase58();
const EPOCH = 432_000;
const context = (slot: number) => ({ apiVersion: "4.3.0", slot });
const invalid = (message: string) => ({ code: -32602, message });

let f: Fixture;
beforeEach(() => {
  f = new Fixture();
});

test("versions agree: the answer, contexts, the node's own entry, and the executor that tests compare with", async () => {
  const version = { "solana-core": "4.3.0", "feature-set": 0xc9ad34d2 };
  expect(await f.ok("getVersion")).toEqual(version);
  expect((await f.ok("getBalance", OTHER)).context).toEqual(context(0));
  expect(await f.ok("getClusterNodes")).toEqual([
    {
      pubkey: LEADER,
      gossip: null,
      tvu: null,
      tpu: null,
      tpuQuic: null,
      tpuForwards: null,
      tpuForwardsQuic: null,
      tpuVote: null,
      serveRepair: null,
      rpc: null,
      pubsub: null,
      version: "4.3.0",
      clientId: "InfiniSVM",
      featureSet: 0xc9ad34d2,
      shredVersion: 0,
    },
  ]);
});

describe("getLeaderSchedule", () => {
  const all = Array.from({ length: EPOCH }, (_, i) => i);

  test("of the current and the next epoch, whole or of one identity", async () => {
    expect(await f.ok("getLeaderSchedule")).toEqual({ [LEADER]: all });
    for (const params of [[null], [null, { identity: LEADER }], [{ identity: LEADER }], [EPOCH], [2 * EPOCH - 1]]) {
      const schedule = await f.ok("getLeaderSchedule", ...params);
      expect(Object.keys(schedule)).toEqual([LEADER]);
      expect(schedule[LEADER]).toHaveLength(EPOCH);
    }
    expect(await f.ok("getLeaderSchedule", 5, { identity: OTHER })).toEqual({});
    expect((await f.connection.getLeaderSchedule())[LEADER]).toHaveLength(EPOCH);
  });

  test("null of later epochs, an error for what is no address", async () => {
    expect(await f.ok("getLeaderSchedule", 2 * EPOCH)).toBeNull();
    expect(await f.error("getLeaderSchedule", null, { identity: "x" })).toEqual(invalid("Invalid param: WrongSize"));
  });
});

test("getSlotLeader, getSlotLeaders", async () => {
  await f.backend.tick(2);
  expect(await f.ok("getSlotLeader")).toBe(LEADER);
  expect((await f.error("getSlotLeader", { minContextSlot: 3 })).code).toBe(-32016);
  expect(await f.ok("getSlotLeaders", 0, 3)).toEqual([LEADER, LEADER, LEADER]);
  expect(await f.ok("getSlotLeaders", 5 * EPOCH, 0)).toEqual([]);
  expect(await f.ok("getSlotLeaders", 2 * EPOCH - 2, 2)).toHaveLength(2);
  const unavailable = (epoch: number) =>
    invalid(`Invalid slot range: leader schedule for epoch ${epoch} is unavailable`);
  expect(await f.error("getSlotLeaders", 2 * EPOCH - 1, 2)).toEqual(unavailable(2));
  expect(await f.error("getSlotLeaders", 7 * EPOCH, 2)).toEqual(unavailable(7));
  expect(await f.error("getSlotLeaders", 0, 5_001)).toEqual(invalid("Invalid limit; max 5000"));
});

describe("getBlockProduction", () => {
  test("slots led and blocks made, in the epoch or a range", async () => {
    await f.backend.tick(9);
    const answer = (firstSlot: number, lastSlot: number, byIdentity: object) => ({
      context: context(9),
      value: { byIdentity, range: { firstSlot, lastSlot } },
    });
    // The chain in memory has no block of slot 0.
    expect(await f.ok("getBlockProduction")).toEqual(answer(0, 9, { [LEADER]: [10, 9] }));
    const range = { firstSlot: 3, lastSlot: 5 };
    expect(await f.ok("getBlockProduction", { range })).toEqual(answer(3, 5, { [LEADER]: [3, 3] }));
    expect(await f.ok("getBlockProduction", { range: { firstSlot: 8 }, identity: LEADER })).toEqual(
      answer(8, 9, { [LEADER]: [2, 2] }),
    );
    expect(await f.ok("getBlockProduction", { range, identity: OTHER })).toEqual(answer(3, 5, {}));
    const { value } = await f.connection.getBlockProduction();
    expect(value.byIdentity).toEqual({ [LEADER]: [10, 9] });
  });

  test("refuses what is no range, or not in the history", async () => {
    await f.backend.tick(9);
    const refusal = (range: object) => f.error("getBlockProduction", { range });
    expect(await refusal({ firstSlot: 5, lastSlot: 4 })).toEqual(
      invalid("lastSlot, 4, cannot be less than firstSlot, 5"),
    );
    expect(await refusal({ firstSlot: 5, lastSlot: 10 })).toEqual(invalid("lastSlot, 10, is too large; max 9"));
    expect(await f.error("getBlockProduction", { identity: "?" })).toEqual(invalid("Invalid param: Invalid"));
    expect((await refusal({ lastSlot: 4 })).code).toBe(-32602);
  });
});

test("getMaxRetransmitSlot, getMaxShredInsertSlot, getAgGenesisCert, getRankMap", async () => {
  await f.backend.tick(4);
  expect(await f.ok("getMaxRetransmitSlot")).toBe(4);
  expect(await f.ok("getMaxShredInsertSlot")).toBe(4);
  expect(await f.ok("getAgGenesisCert")).toBeNull();
  expect(await f.ok("getRankMap")).toEqual({ epoch: 0, totalStake: 0, validators: [] });
});

describe("inflation", () => {
  test("there is none", async () => {
    const text = await f.rpc.handle(
      new TextEncoder().encode(`{"jsonrpc":"2.0","id":1,"method":"getInflationGovernor"}`),
    );
    expect(text.body).toBe(
      `{"jsonrpc":"2.0","result":{"initial":0.0,"terminal":0.0,"taper":0.0,"foundation":0.0,"foundationTerm":0.0},"id":1}`,
    );
    expect(await f.ok("getInflationRate")).toEqual({ total: 0, validator: 0, foundation: 0, epoch: 0 });
  });

  test("rewards of an epoch that is not over are not available", async () => {
    await f.backend.tick(3);
    const missing = (slot: number) => ({ code: -32004, message: `Block not available for slot ${slot}` });
    expect(await f.error("getInflationReward", [OTHER])).toEqual(missing(EPOCH));
    expect(await f.error("getInflationReward", [OTHER], { epoch: 2 })).toEqual(missing(3 * EPOCH));
    expect((await f.error("getInflationReward", [OTHER], { minContextSlot: 4 })).code).toBe(-32016);
    expect(await f.error("getInflationReward", ["1"])).toEqual(invalid("Invalid param: WrongSize"));
    expect(await f.error("getInflationReward", new Array(33).fill(OTHER))).toEqual(
      invalid("Too many inputs provided; max 32"),
    );
    expect(await f.error("getInflationReward", [OTHER], { commitment: "processed" })).toEqual(
      invalid("Method does not support commitment below `confirmed`"),
    );
  });
});

test("getRecentPerformanceSamples: of a young chain the time so far, then one a minute", async () => {
  expect(await f.ok("getRecentPerformanceSamples")).toEqual([]);
  await f.funded();
  await f.backend.tick(9);
  const sample = (slot: number, transactions: number, numSlots: number, samplePeriodSecs: number) => ({
    slot,
    numTransactions: transactions,
    numNonVoteTransactions: transactions,
    numSlots,
    samplePeriodSecs,
  });
  expect(await f.ok("getRecentPerformanceSamples")).toEqual([sample(10, 1, 10, 9)]);
  // A slot of the chain in memory takes a second.
  await f.backend.tick(111);
  expect(await f.ok("getRecentPerformanceSamples")).toEqual([sample(120, 0, 60, 60), sample(60, 1, 60, 60)]);
  expect(await f.connection.getRecentPerformanceSamples(1)).toEqual([sample(120, 0, 60, 60)]);
  expect(await f.error("getRecentPerformanceSamples", 721)).toEqual(invalid("Invalid limit; max 720"));
});

test("getLargestAccounts", async () => {
  for (let i = 1; i <= 25; i++) {
    f.backend.put({ ...missingAccount(new Uint8Array(32).fill(i)), lamports: BigInt(i) << 48n });
  }
  await f.backend.tick(2);
  const { context: at, value } = await f.ok("getLargestAccounts");
  expect(at).toEqual(context(2));
  expect(value).toHaveLength(20);
  expect(value[0]).toEqual({ address: encodeBase58(new Uint8Array(32).fill(25)), lamports: 25 * 2 ** 48 });
  expect(await f.ok("getLargestAccounts", { filter: "circulating" })).toEqual({ context: at, value });
  expect(await f.ok("getLargestAccounts", { filter: "nonCirculating" })).toEqual({ context: at, value: [] });
  expect((await f.error("getLargestAccounts", { filter: "all" })).code).toBe(-32602);
  f.backend.largestAccounts = async () => null;
  expect((await f.error("getLargestAccounts")).code).toBe(-32012);
});

test("getRecentPrioritizationFees: refuses too many, and what is no address", async () => {
  expect(await f.ok("getRecentPrioritizationFees")).toEqual([]);
  await f.funded();
  expect(await f.ok("getRecentPrioritizationFees", [OTHER])).toEqual([{ slot: 1, prioritizationFee: 0 }]);
  expect(await f.error("getRecentPrioritizationFees", new Array(129).fill(OTHER))).toEqual(
    invalid("Too many inputs provided; max 128"),
  );
  expect(await f.error("getRecentPrioritizationFees", ["1"])).toEqual(invalid("Invalid param: WrongSize"));
});

describe("getVoteAccounts", () => {
  const vote = Keypair.generate().publicKey;
  const node = Keypair.generate().publicKey;
  /** VoteState4 without votes, with one voter and two epochs of credits. */
  function voteData(lastVote?: bigint): Uint8Array {
    const data = new Uint8Array(3762);
    const view = new DataView(data.buffer);
    let at = 0;
    const u = (bytes: 1 | 2 | 4 | 8, value: bigint) => {
      if (bytes === 1) view.setUint8(at, Number(value));
      else if (bytes === 2) view.setUint16(at, Number(value), true);
      else if (bytes === 4) view.setUint32(at, Number(value), true);
      else view.setBigUint64(at, value, true);
      at += bytes;
    };
    const key = (bytes: Uint8Array) => {
      data.set(bytes, at);
      at += 32;
    };
    u(4, 3n);
    key(node.toBytes());
    key(node.toBytes());
    key(vote.toBytes());
    key(node.toBytes());
    u(2, 750n);
    u(2, 10_000n);
    u(8, 0n);
    u(1, 0n);
    u(8, lastVote === undefined ? 0n : 1n);
    if (lastVote !== undefined) {
      u(1, 0n);
      u(8, lastVote);
      u(4, 31n);
    }
    u(1, 0n);
    u(8, 1n);
    u(8, 0n);
    key(node.toBytes());
    u(8, 6n);
    for (let epoch = 0n; epoch < 6n; epoch++) {
      u(8, epoch);
      u(8, epoch * 10n + 10n);
      u(8, epoch * 10n);
    }
    return data;
  }
  const put = (lastVote?: bigint) => f.backend.put(account(vote.toBytes(), VOTE_PROGRAM, voteData(lastVote)));
  const info = (stake: number, lastVote: number) => ({
    votePubkey: vote.toBase58(),
    nodePubkey: node.toBase58(),
    activatedStake: stake,
    commission: 7,
    inflationRewardsCommissionBps: 750,
    epochVoteAccount: stake > 0,
    epochCredits: [1, 2, 3, 4, 5].map((epoch) => [epoch, epoch * 10 + 10, epoch * 10]),
    lastVote,
    rootSlot: 0,
  });
  function stakeFor(stake: bigint): void {
    const voters = [{ key: vote.toBytes(), stake }];
    f.backend.epochStakes = async () => ({ ...EMPTY_EPOCH, totalStake: stake + 30n, voters });
  }

  test("none on a chain without", async () => {
    expect(await f.ok("getVoteAccounts")).toEqual({ current: [], delinquent: [] });
    expect(await f.ok("getBlockCommitment", 0)).toEqual({ commitment: null, totalStake: 0 });
  });

  test("one that has not voted is delinquent, and shown when it has stake or is asked for", async () => {
    put();
    expect(await f.ok("getVoteAccounts")).toEqual({ current: [], delinquent: [] });
    expect(await f.ok("getVoteAccounts", { keepUnstakedDelinquents: true })).toEqual({
      current: [],
      delinquent: [info(0, 0)],
    });
    stakeFor(570n);
    expect(await f.ok("getVoteAccounts")).toEqual({ current: [], delinquent: [info(570, 0)] });
    expect(await f.ok("getVoteAccounts", { votePubkey: vote.toBase58() })).toEqual({
      current: [],
      delinquent: [info(570, 0)],
    });
    expect(await f.ok("getVoteAccounts", { votePubkey: OTHER })).toEqual({ current: [], delinquent: [] });
    expect(await f.ok("getBlockCommitment", 0)).toEqual({ commitment: null, totalStake: 600 });
    expect((await f.connection.getVoteAccounts()).delinquent[0]!.activatedStake).toBe(570);
  });

  test("one that has voted lately is current", async () => {
    put(3n);
    await f.backend.tick(130);
    expect(await f.ok("getVoteAccounts")).toEqual({ current: [info(0, 3)], delinquent: [] });
    await f.backend.tick(1);
    expect(await f.ok("getVoteAccounts", { keepUnstakedDelinquents: true })).toEqual({
      current: [],
      delinquent: [info(0, 3)],
    });
    expect(await f.ok("getVoteAccounts", { delinquentSlotDistance: 129 })).toEqual({
      current: [info(0, 3)],
      delinquent: [],
    });
    expect(await f.error("getVoteAccounts", { votePubkey: "1" })).toEqual(invalid("Invalid param: WrongSize"));
  });

  test("a vote account that is not initialized, and one of another program, are none", async () => {
    f.backend.put(account(vote.toBytes(), VOTE_PROGRAM, new Uint8Array(3762)));
    f.backend.put(account(node.toBytes(), PublicKey.default.toBase58(), voteData()));
    for (const votePubkey of [undefined, vote.toBase58(), node.toBase58()]) {
      const options = { keepUnstakedDelinquents: true, ...(votePubkey && { votePubkey }) };
      expect(await f.ok("getVoteAccounts", options)).toEqual({ current: [], delinquent: [] });
    }
  });
});

test("the minimum delegation is what the chain's Stake program answers; without one there is none", async () => {
  expect(await f.error("getStakeMinimumDelegation")).toEqual({ code: -32603, message: "Internal error" });
  expect((await f.error("getStakeMinimumDelegation", { minContextSlot: 1 })).code).toBe(-32016);
  // Answering loads: an account that holds no program.
  f.backend.put(account(keyBytes(STAKE_PROGRAM), PublicKey.default.toBase58(), new Uint8Array(0)));
  expect((await f.error("getStakeMinimumDelegation")).code).toBe(-32603);
});
