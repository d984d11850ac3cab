/** Whether a frame's transactions can still land: their blockhashes against the slot context of the next slot. */
import { CONTEXT_RECENT, CONTEXT_RECENT_COUNT, CONTEXT_SIZE } from "../layouts/context";
import { FRAME_COUNT, FRAME_HEADER, VERDICTS_HEADER } from "../layouts/record";
import { keyEquals } from "../memory/bytes";
import { outAt, outReset, outU32, outZeros } from "../memory/io";
import { BLOCKHASH_HEIGHTS } from "../scheduling/limits";
import { PARSE_BATCH } from "./errors";
import { recordSound } from "./sound";
import { REC_FLAG_NONCE, REC_FLAGS, REC_HEADER, REC_OFF_BLOCKHASH, recordTx } from "./record";

/**
 * in: a slot context, then a frame. out: `u32 n`, n x `u8` verdict: 1 usable in that slot, or a durable nonce, which only
 * its shard can judge; 0 too old or unknown. Returns how many are usable, or -PARSE_BATCH when the lengths do not add up.
 */
export function txCheckAge(ptr: usize, len: u32): i32 {
  outReset();
  if (len < CONTEXT_SIZE + FRAME_HEADER) return -PARSE_BATCH;
  const hashes = ptr + CONTEXT_RECENT;
  const count = min(load<u32>(ptr, CONTEXT_RECENT_COUNT), BLOCKHASH_HEIGHTS);
  const n = load<u32>(ptr + CONTEXT_SIZE, FRAME_COUNT);
  let record = ptr + CONTEXT_SIZE + FRAME_HEADER;
  const stop = ptr + len;
  if (n > <u32>(stop - record) / REC_HEADER) return -PARSE_BATCH;
  outU32(n);
  outZeros(n);
  let usable = 0;
  // Clients fetch one blockhash for many transactions: the last hit is looked at first.
  let last: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const size = recordSound(record, <u32>(stop - record));
    if (!size) return -PARSE_BATCH;
    const hash = recordTx(record) + load<u16>(record, REC_OFF_BLOCKHASH);
    let good = (load<u8>(record, REC_FLAGS) & REC_FLAG_NONCE) != 0;
    for (let tried: u32 = 0; !good && tried < count; tried++) {
      if (keyEquals(hashes + (<usize>last << 5), hash)) good = true;
      else last = last + 1 < count ? last + 1 : 0;
    }
    if (good) {
      store<u8>(outAt(VERDICTS_HEADER + i), 1);
      usable++;
    }
    record += size;
  }
  return record == stop ? usable : -PARSE_BATCH;
}
