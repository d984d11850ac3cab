/** Questions to lenders for the data of programs of which their loans have the hash only. */
import type { Effect } from "../protocol/actor.ts";
import { concatBytes } from "../protocol/bytes.ts";
import type { BlockId } from "../protocol/messages.ts";
import type { MissingCode } from "./shard-port.ts";

/** One to each lender; `lender`: to this one only. */
export function codeRequests(block: BlockId, missing: readonly MissingCode[], lender?: number): Effect[] {
  const byShard = new Map<number, Uint8Array[]>();
  for (const { shard, hash } of missing) {
    if (lender === undefined || lender === shard) byShard.set(shard, [...(byShard.get(shard) ?? []), hash]);
  }
  return [...byShard].map(([shard, hashes]) => ({
    type: "send",
    to: `shard-${shard}`,
    message: { type: "codeWanted", ...block, hashes: concatBytes(...hashes) },
  }));
}
