/** Stakes, inflation and certificates. Nobody votes yet, and nothing is minted. */
import * as z from "zod";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { missingAccount } from "../../../shared/rpc/accounts.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { epochOf, firstSlotOf } from "../../../shared/rpc/epochs.ts";
import { blockNotAvailable, internalError, invalidParams } from "../../../shared/rpc/errors.ts";
import { parseWire, simulate } from "../../../shared/rpc/incoming.ts";
import { Float } from "../../../shared/rpc/json.ts";
import { keyBytes, STAKE_PROGRAM } from "../../../shared/rpc/keys.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import {
  atLeastConfirmed,
  commitment,
  commitmentConfig,
  config,
  contextConfig,
  minContextSlot,
  optional,
  text,
  toKey,
  U64_MAX,
  u64,
} from "../../../shared/rpc/params.ts";
import { viewResult } from "../../../shared/rpc/result-view.ts";

/** Agave: MAX_GET_INFLATION_REWARD_ADDRESSES of rpc-client-types/src/request.rs. */
const MAX_REWARD_ADDRESSES = 32;
const PAYER = new Uint8Array(32).fill(1);
const PAYER_LAMPORTS = 1_000_000_000n;
/** StakeInstruction::GetMinimumDelegation. */
const GET_MINIMUM_DELEGATION = 13;

/** A transaction that asks the Stake program itself; nobody signs it and it is never sent. */
function minimumDelegationWire(): Uint8Array {
  const message = [1, 0, 1, 2, ...PAYER, ...keyBytes(STAKE_PROGRAM), ...new Uint8Array(32), 1, 1, 0, 4];
  return Uint8Array.from([1, ...new Uint8Array(64), ...message, GET_MINIMUM_DELEGATION, 0, 0, 0]);
}

/** Lamports, as the Stake program of the chain says. */
async function minimumDelegation(call: Call, minSlot: bigint | undefined) {
  const head = await call.head(minSlot);
  const payer = { ...missingAccount(PAYER), lamports: PAYER_LAMPORTS, rentEpoch: U64_MAX };
  const record = parseWire(call, minimumDelegationWire());
  const { result } = await simulate(call, head, record, [payer], { skipBlockhashCheck: true, resultOnly: true });
  const returned = viewResult(result).detail?.returnData?.data;
  if (returned?.length !== 8) throw internalError();
  return withContext(head.slot, viewOf(returned).getBigUint64(0, true));
}

export const stakingMethods: Methods = {
  getStakeMinimumDelegation: method([contextConfig], (call, options) =>
    minimumDelegation(call, options.minContextSlot),
  ),

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
    epoch: epochOf((await call.head()).slot),
  })),
  /** Of an epoch that is over, nobody had any. */
  getInflationReward: method(
    [z.array(text), config({ epoch: optional(u64), commitment, minContextSlot })],
    async (call, addresses, options) => {
      if (addresses.length > MAX_REWARD_ADDRESSES) {
        throw invalidParams(`Too many inputs provided; max ${MAX_REWARD_ADDRESSES}`);
      }
      for (const address of addresses) toKey(address);
      atLeastConfirmed(options.commitment);
      const head = await call.head(options.minContextSlot);
      const epoch = options.epoch ?? (epochOf(head.slot) > 0n ? epochOf(head.slot) - 1n : 0n);
      const first = firstSlotOf(epoch + 1n);
      if (first > head.slot) throw blockNotAvailable(first);
      return addresses.map(() => null);
    },
  ),

  /** Alpenglow's certificate of the genesis: there is none before validators vote. */
  getAgGenesisCert: method([], () => null),
  /** Validators by stake as certificates number them. */
  getRankMap: method([config({ epoch: optional(u64), commitment, minContextSlot })], async (call, options) => {
    const head = await call.head(options.minContextSlot);
    return { epoch: options.epoch ?? epochOf(head.slot), totalStake: 0, validators: [] };
  }),
};
