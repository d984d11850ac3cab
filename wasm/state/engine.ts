/**
 * The shard engine: the accounts of one shard, and the slots it takes part in (docs/interfaces.md section 6).
 *
 *   engineBegin ─▶ engineLoan ... ─▶ engineReceiveLoan ... ─▶ engineExecute ─▶ engineReturn ...
 *               ─▶ engineReceiveReturn ... ─▶ engineCommit (log row)            crash: engineReplay (log row)
 *
 * Bytes come from other objects and are checked before anything changes; a refused message changes nothing, a repeated
 * one neither. Pure: what it answers follows from what it was given.
 */
import { keyCopy, keyHashSeed } from "../memory/bytes";
import { outAt, outBytes, outLen, outReset, outU32, outZeros } from "../memory/io";
import { epochKeep, epochKnown } from "../svm/epoch";
import { ANSWER_HEADER, Fault, FAULT_SIZE, SlotAnswer } from "../layouts/engine";
import { ENC_DATA_LEN } from "./account";
import {
  ENGINE_BUSY,
  ENGINE_EPOCH_MISSING,
  ENGINE_LOANS_MISSING,
  ENGINE_MALFORMED,
  ENGINE_NOT_EXECUTED,
  ENGINE_NOT_INITIALISED,
  ENGINE_NOT_OPEN,
  ENGINE_PLAN_BROKEN,
  ENGINE_RETURNS_MISSING,
  ENGINE_TOO_OLD,
  ENGINE_WRONG_PREVIOUS,
  ENGINE_WRONG_SHARD,
} from "./codes";
import { coldReset, coldRollback } from "./cold";
import { encodedSize, LIST_COUNT, LIST_HEADER, listCheck } from "./encoding";
import { EXECUTION_MORE, executionEnd, executionFailedIndex, executionGoOn } from "./execution";
import { knownCount, knownHas, knownLoad, landedOpen } from "./known";
import { leasesOrdered, tagsCheck } from "./lease-format";
import { codeOut, leasesBegin, loanIn, loanOut, returnIn, returnOut, returnsKeep } from "./leases";
import {
  CONTEXT_EPOCH_HASH,
  CONTEXT_HEIGHT,
  PROP_CONTEXT,
  PROP_DIGEST,
  PROP_NUM_BORROWS,
  PROP_NUM_LENDS,
  PROP_NUM_RECORDS,
  PROP_NUM_TAGS,
  PROP_PREVIOUS,
  PROP_SHARD,
  PROP_SLOT,
  PROP_VIEW,
  proposalBorrows,
  proposalCheck,
  proposalLends,
  proposalTags,
} from "./proposal";
import { queryCollect, queryRead, queryScan } from "./query";
import { rowCommit, rowReplay } from "./row";
import {
  PARTNER_WANTED,
  PHASE_EXECUTED,
  PHASE_FAILED,
  findCode,
  loanState,
  loansMissing,
  returnState,
  returnsMissing,
  sessionAbort,
  sessionApplied,
  sessionBase,
  sessionInitialised,
  sessionIsBare,
  sessionOpen,
  sessionPhase,
  sessionProposal,
  sessionReset,
  sessionRevert,
  sessionSetApplied,
  sessionSetPhase,
  sessionStable,
  sessionStart,
  sessionUndo,
  slotFind,
  slotIs,
  slotPast,
} from "./session";
import { shardOf, shardSelf, shardSetup, shardTotal, VIRTUAL_SHARDS } from "./shard";
import { stubsWanted } from "./stub";
import { storeCount, storeLamports, storeSet, tombstonesDrop } from "./store";
import {
  SLOT_DIGEST,
  SLOT_EFFECTS,
  SLOT_EFFECTS_LEN,
  SLOT_FEES,
  SLOT_HEIGHT,
  SLOT_LAMPORTS,
  SLOT_NUMBER,
  SLOT_PREVIOUS,
  SLOT_RESULTS,
  SLOT_RESULTS_LEN,
  SLOT_VIEW,
  slotCopy,
  slotNew,
} from "./undo";
import { workspaceFault, workspaceFaultKey } from "./workspace";

let loadSlot: u64 = 0;
/** Why the open slot failed, and the block index of the transaction that did it. */
let failure: i32 = 0;

/** Optional, before engineInit: a secret of the host that keeps others from choosing keys that collide in the tables. */
export function engineHashSeed(seed: u64): i32 {
  if (sessionInitialised()) return ENGINE_BUSY;
  keyHashSeed(seed);
  return 0;
}

/** Which programs of the network run from their real ELFs (REAL_...), before the first slot context says so. */
export { realProgramsSet as engineRealPrograms } from "../transaction/well-known";

/** An empty shard, whatever was there before. */
export function engineInit(shardIndex: u32, shardCount: u32, seed0: u64, seed1: u64): i32 {
  if (!shardCount || shardCount > VIRTUAL_SHARDS || shardIndex >= shardCount) return ENGINE_NOT_INITIALISED;
  sessionReset();
  coldReset();
  shardSetup(shardIndex, shardCount, seed0, seed1);
  loadSlot = 0;
  return 0;
}

/** What engineLoad loads is as of this slot, and the chain goes on after it. */
export function engineSetSlot(slot: u64): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (!sessionIsBare()) return ENGINE_BUSY;
  loadSlot = slot;
  sessionSetApplied(slot);
  return 0;
}

/** in: an account list (genesis, checkpoint). A later list replaces accounts of an earlier one; a tombstone removes. */
export function engineLoad(p: usize, len: u32): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (!sessionIsBare()) return ENGINE_BUSY;
  if (!listCheck(p, len)) return ENGINE_MALFORMED;
  let at = p + LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    if (shardOf(at) != shardSelf()) return ENGINE_WRONG_SHARD;
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  at = p + LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    storeSet(at, loadSlot);
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  return 0;
}

/** in: an epoch record, which slot contexts name by its hash; the last two are kept. */
export function engineEpoch(p: usize, len: u32): i32 {
  return epochKeep(p, len) ? 0 : ENGINE_MALFORMED;
}

/** in: a shard proposal. Opens its slot; the same proposal again changes nothing. */
export function engineBegin(p: usize, len: u32): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (!proposalCheck(p, len)) return ENGINE_MALFORMED;
  if (load<u32>(p, PROP_SHARD) != shardSelf()) return ENGINE_WRONG_SHARD;
  const number = load<u64>(p, PROP_SLOT);
  const view = load<u64>(p, PROP_VIEW);
  const current = sessionOpen();
  if (current) {
    if (load<u64>(current, SLOT_NUMBER) == number) return slotIs(current, view, p + PROP_DIGEST);
    return number <= sessionApplied() ? slotPast(number, view, p + PROP_DIGEST) : ENGINE_BUSY;
  }
  if (number <= sessionApplied()) return slotPast(number, view, p + PROP_DIGEST);
  if (load<u64>(p, PROP_PREVIOUS) != sessionApplied()) return ENGINE_WRONG_PREVIOUS;
  if (!epochKnown(p + PROP_CONTEXT + CONTEXT_EPOCH_HASH)) return ENGINE_EPOCH_MISSING;
  if (!leasesOrdered(proposalLends(p), load<u32>(p, PROP_NUM_LENDS))) return ENGINE_MALFORMED;
  if (!leasesOrdered(proposalBorrows(p), load<u32>(p, PROP_NUM_BORROWS))) return ENGINE_MALFORMED;
  if (!tagsCheck(proposalTags(p), load<u32>(p, PROP_NUM_TAGS), false)) return ENGINE_MALFORMED;
  const slot = slotNew();
  store<u64>(slot, number, SLOT_NUMBER);
  store<u64>(slot, view, SLOT_VIEW);
  memory.copy(slot + SLOT_DIGEST, p + PROP_DIGEST, 32);
  store<u64>(slot, sessionApplied(), SLOT_PREVIOUS);
  store<u64>(slot, load<u64>(p + PROP_CONTEXT, CONTEXT_HEIGHT), SLOT_HEIGHT);
  landedOpen(slot, load<u32>(p, PROP_NUM_RECORDS) + load<u32>(p, PROP_NUM_TAGS));
  sessionStart(slot, p, len);
  const code = leasesBegin();
  if (code) sessionAbort();
  return code;
}

/** Drops the open slot; nothing of it stays. */
export function engineAbort(): i32 {
  if (!sessionOpen()) return ENGINE_NOT_OPEN;
  sessionAbort();
  return 0;
}

/** out: the loan to a shard in the open slot. */
export function engineLoan(toShard: u32): i32 {
  const slot = sessionOpen();
  return slot ? loanOut(load<u64>(slot, SLOT_NUMBER), toShard) : ENGINE_NOT_OPEN;
}
/** out: the loan to a shard in the open slot or an unstable one. */
export function engineLoanAt(slot: u64, toShard: u32): i32 {
  return loanOut(slot, toShard);
}
/** in: a hash that a loan has (32 bytes). out: the hash and the data it stands for, of a slot that is open or unstable. */
export function engineCodeAt(slot: u64, toShard: u32, p: usize, len: u32): i32 {
  return len == 32 ? codeOut(slot, toShard, p) : ENGINE_MALFORMED;
}
/** in: a loan from a shard. */
export function engineReceiveLoan(fromShard: u32, p: usize, len: u32): i32 {
  return loanIn(fromShard, p, len);
}
/** out: the return to a shard in the open slot, once executed. */
export function engineReturn(toShard: u32): i32 {
  const slot = sessionOpen();
  return slot ? returnOut(load<u64>(slot, SLOT_NUMBER), toShard) : ENGINE_NOT_OPEN;
}
/** out: the return to a shard in the open slot or an unstable one. */
export function engineReturnAt(slot: u64, toShard: u32): i32 {
  return returnOut(slot, toShard);
}
/** in: a return from a shard. */
export function engineReceiveReturn(fromShard: u32, p: usize, len: u32): i32 {
  return returnIn(fromShard, p, len);
}

/** out: u32 each: shards whose loan (`returns` 0) or return (1) the open slot still waits for. */
export function engineMissing(returns: u32): i32 {
  outReset();
  if (!sessionOpen()) return ENGINE_NOT_OPEN;
  for (let shard: u32 = 0; shard < shardTotal(); shard++) {
    if ((returns ? returnState(shard) : loanState(shard)) == PARTNER_WANTED) outU32(shard);
  }
  return 0;
}

/** The open slot, executed as far as `units` go (execution.ts): 1 when there is more to do. */
function executeSome(units: u64): i32 {
  const slot = sessionOpen();
  outReset();
  if (!slot) return ENGINE_NOT_OPEN;
  if (sessionPhase() == PHASE_FAILED) return failure;
  if (loansMissing() || stubsWanted()) return ENGINE_LOANS_MISSING;
  if (sessionPhase() == PHASE_EXECUTED) {
    outBytes(load<u32>(slot, SLOT_RESULTS), load<u32>(slot, SLOT_RESULTS_LEN));
    return 0;
  }
  const code = executionGoOn(slot, sessionProposal(), units);
  if (code == EXECUTION_MORE) return code;
  executionEnd();
  failure = code;
  if (failure) {
    outReset();
    sessionUndo();
    sessionSetPhase(PHASE_FAILED);
    return failure;
  }
  store<u32>(slot, outLen(), SLOT_RESULTS_LEN);
  store<u32>(slot, <u32>slotCopy(slot, outAt(0), outLen()), SLOT_RESULTS);
  returnsKeep();
  sessionSetPhase(PHASE_EXECUTED);
  return 0;
}

/** out: u32 count, u32 0, results. All loans must be in, and the data that their hashes stand for. Executes once; asked again it answers the same. */
export function engineExecute(): i32 {
  return executeSome(u64.MAX_VALUE);
}

/**
 * The same in slices: as much as takes about `units` compute units, at least one transaction. 1: there is more; what the slot has done so far shows
 * in nothing that is asked in between. With the last slice it answers as engineExecute.
 */
export function engineExecuteSome(units: u32): i32 {
  return executeSome(units);
}

/** out: FAULT, its reason one of workspace.ts: what broke the plan of the failed open slot. */
export function engineFault(): i32 {
  outReset();
  if (!sessionOpen() || sessionPhase() != PHASE_FAILED || failure != ENGINE_PLAN_BROKEN) return ENGINE_NOT_OPEN;
  outZeros(FAULT_SIZE);
  const fault = changetype<Fault>(outAt(0));
  fault.reason = workspaceFault();
  fault.blockIndex = executionFailedIndex();
  keyCopy(fault.key, workspaceFaultKey());
  return 0;
}

/** out: the log row. All returns must be in. */
export function engineCommit(): i32 {
  outReset();
  if (!sessionOpen()) return ENGINE_NOT_OPEN;
  if (sessionPhase() == PHASE_FAILED) return failure;
  if (sessionPhase() != PHASE_EXECUTED) return ENGINE_NOT_EXECUTED;
  if (returnsMissing()) return ENGINE_RETURNS_MISSING;
  rowCommit();
  return 0;
}

/** in: a log row. The slot is applied as engineCommit left it. */
export function engineReplay(p: usize, len: u32): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (sessionOpen()) return ENGINE_BUSY;
  return rowReplay(p, len);
}

/** out: ANSWER, the effects (wasm/state/effects.ts), then a list of results. */
export function engineResultsAt(number: u64): i32 {
  outReset();
  const slot = slotFind(number);
  if (!slot) return findCode();
  if (slot == sessionOpen()) return ENGINE_NOT_EXECUTED;
  outZeros(ANSWER_HEADER);
  const answer = changetype<SlotAnswer>(outAt(0));
  keyCopy(answer.digest, slot + SLOT_DIGEST);
  answer.view = load<u64>(slot, SLOT_VIEW);
  answer.lamports = load<u64>(slot, SLOT_LAMPORTS);
  answer.fees = load<u64>(slot, SLOT_FEES);
  answer.lenEffects = load<u32>(slot, SLOT_EFFECTS_LEN);
  outBytes(load<u32>(slot, SLOT_EFFECTS), load<u32>(slot, SLOT_EFFECTS_LEN));
  outBytes(load<u32>(slot, SLOT_RESULTS), load<u32>(slot, SLOT_RESULTS_LEN));
  return 0;
}

/** What only slots up to this one need may go: undo data, loans, returns, results. */
export function engineStable(slot: u64): void {
  sessionStable(slot);
}

/** Takes back every applied slot after this one. They must all be unstable. */
export function engineRollback(slot: u64): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (sessionOpen()) return ENGINE_BUSY;
  if (slot < sessionBase()) return ENGINE_TOO_OLD;
  while (sessionApplied() > slot && !sessionIsBare()) sessionRevert();
  coldRollback();
  return 0;
}

export function engineApplied(): u64 {
  return sessionApplied();
}
/** The last slot with a part of this shard that is stable: what a checkpoint of it is as of. */
export function engineBase(): u64 {
  return sessionBase();
}
export function engineLamports(): u64 {
  return storeLamports();
}
export function engineCount(): u32 {
  return storeCount();
}
/** in: what landed in slots that are in no log row any more: {u64 tag, u32 height of the blockhash} each. Before any row is replayed. */
export function engineKnownLoad(p: usize, len: u32): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (!sessionIsBare()) return ENGINE_BUSY;
  return knownLoad(p, len) ? ENGINE_MALFORMED : 0;
}
/** Whether a message whose blockhash is of that height has landed: 1 or 0. Also 0 where no slot can use the blockhash any more. */
export function engineLanded(height: u64, tag: u64): u32 {
  return knownHas(height, tag) ? 1 : 0;
}
/** Messages that are kept from landing again. */
export function engineKnown(): u32 {
  return knownCount();
}
/** The shard that owns the key at `p`. */
export function engineShardOf(p: usize): u32 {
  return shardOf(p);
}

/** in: keys. out: account list in their order; what does not exist is a tombstone. */
export function engineRead(asOf: u64, p: usize, len: u32): i32 {
  outReset();
  return sessionInitialised() ? queryRead(asOf, p, len, false) : ENGINE_NOT_INITIALISED;
}
/** in: {key, hash of its data as far as the reader knows, or zeros}. out: the same list, with stubs where that is so. */
export function engineReadKnown(asOf: u64, p: usize, len: u32): i32 {
  outReset();
  return sessionInitialised() ? queryRead(asOf, p, len, true) : ENGINE_NOT_INITIALISED;
}
/** in: owner and filters. out: account list sorted by key. */
export function engineScan(asOf: u64, p: usize, len: u32): i32 {
  outReset();
  return sessionInitialised() ? queryScan(asOf, p, len) : ENGINE_NOT_INITIALISED;
}
/** out: account list, sorted by key. Returns the next cursor, 0 at the end, or a code. */
export function engineCollect(since: u64, asOf: u64, cursor: u32, maxBytes: u32): i32 {
  outReset();
  return sessionInitialised() ? queryCollect(since, asOf, cursor, maxBytes) : ENGINE_NOT_INITIALISED;
}
/** Tombstones up to `slot` are no longer needed: everything stored before `slot` has been replaced by one full checkpoint. */
export function engineForget(slot: u64): void {
  if (sessionInitialised()) tombstonesDrop(min(slot, sessionBase()));
}
