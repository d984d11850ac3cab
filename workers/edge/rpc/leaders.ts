/** Who leads which slots, and what they made of them. One builder leads every slot until another one is elected. */
import * as z from "zod";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { EPOCH, epochOf, firstSlotOf } from "../../../shared/rpc/epochs.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import { JsonText } from "../../../shared/rpc/json.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { commitment, config, contextConfig, optional, text, toKey, u64 } from "../../../shared/rpc/params.ts";

const MAX_SLOT_LEADERS = 5_000n;
/** Slots that the sysvar SlotHistory reaches back (solana-slot-history: MAX_ENTRIES). */
const HISTORY = 1n << 20n;

const identity = async (call: Call): Promise<string> => encodeBase58((await call.info()).identity);

/** Indexes of all slots of an epoch: three megabytes of text, made once. */
let everySlot: JsonText | undefined;
function slotsOfEpoch(): JsonText {
  everySlot ??= new JsonText(`[${Array.from({ length: Number(EPOCH) }, (_, i) => i).join()}]`);
  return everySlot;
}

/** Newest epoch whose leaders are known: they are elected an epoch ahead. */
const lastScheduled = (slot: bigint): bigint => epochOf(slot) + 1n;

const leaderConfig = config({ identity: optional(text), commitment });

export const leaderMethods: Methods = {
  getSlotLeader: method([contextConfig], async (call, { minContextSlot }) => {
    await call.head(minContextSlot);
    return identity(call);
  }),

  getSlotLeaders: method([u64, u64], async (call, start, limit) => {
    if (limit > MAX_SLOT_LEADERS) throw invalidParams(`Invalid limit; max ${MAX_SLOT_LEADERS}`);
    if (limit === 0n) return [];
    const last = lastScheduled((await call.head()).slot);
    if (epochOf(start + limit - 1n) > last) {
      const epoch = epochOf(start) > last ? epochOf(start) : last + 1n;
      throw invalidParams(`Invalid slot range: leader schedule for epoch ${epoch} is unavailable`);
    }
    return new Array<string>(Number(limit)).fill(await identity(call));
  }),

  /** The slot may be left out and the configuration given in its place. */
  getLeaderSchedule: method(
    [z.union([optional(u64), leaderConfig]), leaderConfig],
    async (call, slotOrConfig, second) => {
      const options = typeof slotOrConfig === "object" ? slotOrConfig : second;
      if (options.identity !== undefined) toKey(options.identity);
      const head = await call.head();
      const slot = typeof slotOrConfig === "bigint" ? slotOrConfig : head.slot;
      if (epochOf(slot) > lastScheduled(head.slot)) return null;
      const leader = await identity(call);
      const wanted = options.identity === undefined || options.identity === leader;
      return wanted ? { [leader]: slotsOfEpoch() } : {};
    },
  ),

  getBlockProduction: method(
    [
      config({
        identity: optional(text),
        range: optional(z.object({ firstSlot: u64, lastSlot: optional(u64) })),
        commitment,
      }),
    ],
    async (call, options) => {
      if (options.identity !== undefined) toKey(options.identity);
      const { slot } = await call.head();
      const firstSlot = options.range?.firstSlot ?? firstSlotOf(epochOf(slot));
      const lastSlot = options.range?.lastSlot ?? slot;
      if (lastSlot < firstSlot) {
        throw invalidParams(`lastSlot, ${lastSlot}, cannot be less than firstSlot, ${firstSlot}`);
      }
      const oldest = slot + 1n > HISTORY ? slot + 1n - HISTORY : 0n;
      if (firstSlot < oldest) throw invalidParams(`firstSlot, ${firstSlot}, is too small; min ${oldest}`);
      if (lastSlot > slot) throw invalidParams(`lastSlot, ${lastSlot}, is too large; max ${slot}`);
      const leader = await identity(call);
      const wanted = options.identity === undefined || options.identity === leader;
      const produced = wanted ? await call.backend.countBlocks(firstSlot, lastSlot) : 0n;
      return withContext(slot, {
        byIdentity: wanted ? { [leader]: [lastSlot - firstSlot + 1n, produced] } : {},
        range: { firstSlot, lastSlot },
      });
    },
  ),
};
