/** The chain's tip, clock and constants. */

import { z } from "zod";
import { isUsableBlockhash } from "../../../shared/protocol/context.ts";
import { BLOCKHASH_WINDOW, SLOTS_PER_EPOCH } from "../../../shared/protocol/limits.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, SOLANA_CORE, withContext } from "../../../shared/rpc/call.ts";
import { invalidParams, invalidRequest, noSnapshot } from "../../../shared/rpc/errors.ts";
import { Float } from "../../../shared/rpc/json.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import {
  commitment,
  commitmentConfig,
  config,
  contextConfig,
  optional,
  text,
  toKey,
  u64,
} from "../../../shared/rpc/params.ts";

/** What this software implements, as Agave's number is of its own features: first 4 bytes of sha256("infinisvm-features-1"). */
const FEATURE_SET = 0xf18a5718;
const EPOCH = BigInt(SLOTS_PER_EPOCH);
const WINDOW = BigInt(BLOCKHASH_WINDOW);
/** Longest account (10 MiB). */
const MAX_DATA_LENGTH = 10n * 1024n * 1024n;
const ACCOUNT_STORAGE_OVERHEAD = 128n;
const LAMPORTS_PER_BYTE = 3480n * 2n;
const MAX_SLOT_LEADERS = 5_000n;
const MAX_PERFORMANCE_SAMPLES = 720n;

const identity = async (call: Call) => encodeBase58((await call.info()).identity);

export const chainMethods: Methods = {
  getSlot: method([contextConfig], async (call, { minContextSlot }) => (await call.head(minContextSlot)).slot),
  getBlockHeight: method(
    [contextConfig],
    async (call, { minContextSlot }) => (await call.head(minContextSlot)).blockHeight,
  ),
  getTransactionCount: method(
    [contextConfig],
    async (call, { minContextSlot }) => (await call.head(minContextSlot)).transactionCount,
  ),
  getEpochInfo: method([contextConfig], async (call, { minContextSlot }) => {
    const head = await call.head(minContextSlot);
    return {
      absoluteSlot: head.slot,
      blockHeight: head.blockHeight,
      epoch: head.slot / EPOCH,
      slotIndex: head.slot % EPOCH,
      slotsInEpoch: EPOCH,
      transactionCount: head.transactionCount,
    };
  }),
  getEpochSchedule: method([], () => ({
    slotsPerEpoch: EPOCH,
    leaderScheduleSlotOffset: EPOCH,
    warmup: false,
    firstNormalEpoch: 0,
    firstNormalSlot: 0,
  })),
  getLatestBlockhash: method([contextConfig], async (call, { minContextSlot }) => {
    const head = await call.head(minContextSlot);
    return withContext(head.slot, {
      blockhash: encodeBase58(head.blockhash),
      lastValidBlockHeight: head.blockHeight + WINDOW,
    });
  }),
  isBlockhashValid: method([text, contextConfig], async (call, hash, { minContextSlot }) => {
    const blockhash = toKey(hash);
    const head = await call.head(minContextSlot);
    return withContext(head.slot, isUsableBlockhash(head.context, blockhash));
  }),
  getMinimumBalanceForRentExemption: method([u64, commitmentConfig], (_, length) => {
    if (length > MAX_DATA_LENGTH) throw invalidRequest();
    return (ACCOUNT_STORAGE_OVERHEAD + length) * LAMPORTS_PER_BYTE;
  }),
  getSupply: method(
    [config({ commitment, excludeNonCirculatingAccountsList: optional(z.boolean()) })],
    async (call) => {
      const head = await call.head();
      return withContext(head.slot, {
        total: head.capitalization,
        circulating: head.capitalization,
        nonCirculating: 0,
        nonCirculatingAccounts: [],
      });
    },
  ),

  getGenesisHash: method([], async (call) => encodeBase58((await call.info()).genesisHash)),
  getIdentity: method([], async (call) => ({ identity: await identity(call) })),
  getHealth: method([], async (call) => {
    await call.head();
    return "ok";
  }),
  getVersion: method([], () => ({ "solana-core": SOLANA_CORE, "feature-set": FEATURE_SET })),

  getSlotLeader: method([contextConfig], async (call, { minContextSlot }) => {
    await call.head(minContextSlot);
    return identity(call);
  }),
  /** One elected builder: it leads every slot until another one is elected. */
  getSlotLeaders: method([u64, u64], async (call, _start, limit) => {
    if (limit > MAX_SLOT_LEADERS) throw invalidParams(`Invalid limit; max ${MAX_SLOT_LEADERS}`);
    return new Array<string>(Number(limit)).fill(await identity(call));
  }),
  getClusterNodes: method([], async (call) => [
    {
      pubkey: await identity(call),
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
      version: SOLANA_CORE,
      featureSet: FEATURE_SET,
      shredVersion: 0,
    },
  ]),
  /** Nobody votes yet. */
  getVoteAccounts: method(
    [
      config({
        commitment,
        votePubkey: optional(text),
        keepUnstakedDelinquents: optional(z.boolean()),
        delinquentSlotDistance: optional(u64),
      }),
    ],
    (_, { votePubkey }) => {
      if (votePubkey !== undefined) toKey(votePubkey);
      return { current: [], delinquent: [] };
    },
  ),
  getBlockCommitment: method([u64], () => ({ commitment: null, totalStake: 0 })),

  /** There is no inflation. */
  getInflationGovernor: method([commitmentConfig], () => ({
    initial: new Float(0),
    terminal: new Float(0),
    taper: new Float(0),
    foundation: new Float(0),
    foundationTerm: new Float(0),
  })),
  getInflationRate: method([], async (call) => ({
    total: new Float(0),
    validator: new Float(0),
    foundation: new Float(0),
    epoch: (await call.head()).slot / EPOCH,
  })),

  /** No samples are kept. */
  getRecentPerformanceSamples: method([optional(u64)], (_, limit) => {
    if (limit !== undefined && limit > MAX_PERFORMANCE_SAMPLES) {
      throw invalidParams(`Invalid limit; max ${MAX_PERFORMANCE_SAMPLES}`);
    }
    return [];
  }),
  getHighestSnapshotSlot: method([], () => {
    throw noSnapshot();
  }),
};
