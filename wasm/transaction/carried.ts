/** Which accounts of a transaction execution takes from the copies that every instance has, and does not borrow. */
import { recordRequestsWrite } from "./record";
import { isCarried, isDemoted, isStored } from "./well-known";

/**
 * Whether account `i` of a record, whose well-known index is `known` (-1: none), needs no shard: it is nobody's, or it is carried and the
 * record asks for no write lock on it. The runtime may still find that what was asked for is demoted, and then reads the copy too.
 */
// @ts-ignore: decorator
@inline
export function readsCopy(record: usize, i: u32, known: i32): bool {
  if (isStored(known)) return false;
  return !isCarried(known) || isDemoted(known) || !recordRequestsWrite(record, i);
}
