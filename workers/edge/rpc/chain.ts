/** The chain's tip, clock and constants. */

import * as z from "zod";
import { isUsableBlockhash } from "../../../shared/protocol/context.ts";
import { BLOCKHASH_WINDOW } from "../../../shared/protocol/limits.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { EPOCH, epochOf } from "../../../shared/rpc/epochs.ts";
import { invalidParams, invalidRequest, noSnapshot } from "../../../shared/rpc/errors.ts";
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
import { CLIENT_ID, FEATURE_SET, SOLANA_CORE, VERSION } from "../../../shared/rpc/version.ts";
import { readNote } from "./dev-method.ts";
import { SUPPLY, supplyNote } from "./dev-notes.ts";

const WINDOW = BigInt(BLOCKHASH_WINDOW);
/** Longest account (10 MiB). */
const MAX_DATA_LENGTH = 10n * 1024n * 1024n;
const ACCOUNT_STORAGE_OVERHEAD = 128n;
const LAMPORTS_PER_BYTE = 3480n * 2n;
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
      epoch: epochOf(head.slot),
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
      // What a developer has set, where there is one.
      const set = call.backend.dev ? await readNote(call, SUPPLY, supplyNote) : undefined;
      return withContext(head.slot, {
        total: set?.total ?? head.capitalization,
        circulating: set?.circulating ?? head.capitalization,
        nonCirculating: set?.nonCirculating ?? 0,
        nonCirculatingAccounts: set?.nonCirculatingAccounts ?? [],
      });
    },
  ),

  getGenesisHash: method([], async (call) => encodeBase58((await call.info()).genesisHash)),
  getIdentity: method([], async (call) => ({ identity: await identity(call) })),
  getHealth: method([], async (call) => {
    await call.head();
    return "ok";
  }),
  getVersion: method([], () => VERSION),

  /** What is sent between nodes elsewhere goes no further than the block that is stored. */
  getMaxRetransmitSlot: method([], async (call) => (await call.head()).slot),
  getMaxShredInsertSlot: method([], async (call) => (await call.head()).slot),

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
      clientId: CLIENT_ID,
      featureSet: FEATURE_SET,
      shredVersion: 0,
    },
  ]),
  getRecentPerformanceSamples: method([optional(u64)], async (call, given) => {
    const limit = given ?? MAX_PERFORMANCE_SAMPLES;
    if (limit > MAX_PERFORMANCE_SAMPLES) throw invalidParams(`Invalid limit; max ${MAX_PERFORMANCE_SAMPLES}`);
    const samples = await call.backend.samples(Number(limit));
    return samples.map((sample) => ({
      slot: sample.slot,
      numTransactions: sample.transactions,
      numNonVoteTransactions: sample.transactions,
      numSlots: sample.slots,
      samplePeriodSecs: sample.seconds,
    }));
  }),
  getHighestSnapshotSlot: method([], () => {
    throw noSnapshot();
  }),
};
