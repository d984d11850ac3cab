/**
 * Where a shard stands: the slots that are applied but not yet stable, and the one slot that is open.
 *
 *   base ── slot ── slot ── applied     open slot: begun ─▶ executed ─▶ (committed: becomes the newest applied)
 *     └ state before it is forgotten                 └──▶ failed ─▶ (aborted)
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals, keyHash } from "../memory/bytes";
import { programsForget } from "../svm/sbpf/programs";
import { ACC_DATA_LEN, ACC_EPOCH, ACC_LAMPORTS, ACC_MODIFIED, ACC_STATE, ST_LEASED, ST_LENT, ST_SHARED, ST_STORED, ST_TEMPORARY } from "./account";
import { codesForget } from "./code-cache";
import { ENGINE_APPLIED, ENGINE_NOT_OPEN, ENGINE_TOO_OLD, ENGINE_WRONG_DIGEST } from "./codes";
import { dataDrop, dataTrim } from "./data";
import { recordEmpty } from "./encoding";
import { executionEnd } from "./execution";
import { LEASE_KEY, LEASE_SIZE } from "./proposal";
import { LARGE_DATA, largeNote } from "./large";
import { knownReset, knownStable, landedUndo } from "./known";
import { recordAt, recordsEnd } from "./records";
import { VIRTUAL_SHARDS } from "./shard";
import { stubsClose, stubsForget } from "./stub";
import { tagsClose } from "./tags";
import { memoryOf, storeBalance, storeCount, storeInsert, storeLamports, storeReset, storeResized, tombstoneQueue } from "./store";
import {
  IMG_DATA_LEN,
  IMG_LAMPORTS,
  IMG_NEXT,
  IMG_RECORD,
  SLOT_COUNT,
  SLOT_DIGEST,
  SLOT_HEIGHT,
  SLOT_IMAGES,
  SLOT_LAMPORTS,
  SLOT_LENDS,
  SLOT_NEXT,
  SLOT_NUMBER,
  SLOT_NUM_LENDS,
  SLOT_OLDER,
  SLOT_PREVIOUS,
  SLOT_VIEW,
  imageExpire,
  imageKeepData,
  imageRestore,
  imageSame,
  imageUnlink,
  slotFree,
} from "./undo";
import { workspaceClose, workspaceOpen, workspaceOwn } from "./workspace";

export const PHASE_IDLE: u32 = 0;
export const PHASE_BEGUN: u32 = 1;
export const PHASE_EXECUTED: u32 = 2;
export const PHASE_FAILED: u32 = 3;

/** What is expected from a partner shard in the open slot. */
export const PARTNER_NONE: u8 = 0;
export const PARTNER_WANTED: u8 = 1;
export const PARTNER_DONE: u8 = 2;

let initialised: bool = false;
let phase: u32 = PHASE_IDLE;
let open: usize = 0;
let applied: u64 = 0;
let base: u64 = 0;
/** Totals as of the base, while there are unstable slots. */
let baseLamports: u64 = 0;
let baseCount: u32 = 0;
/** Oldest and newest of the applied slots that are not yet stable. */
let oldest: usize = 0;
let newest: usize = 0;
/** The proposal of the open slot, a copy. */
let proposal: usize = 0;
let proposalLen: u32 = 0;
const loanStates: usize = memory.data(4096, 16); // a PARTNER_ byte for each shard
const returnStates: usize = memory.data(4096, 16);
let loansWanted: u32 = 0;
let returnsWanted: u32 = 0;

export function sessionInitialised(): bool {
  return initialised;
}
export function sessionPhase(): u32 {
  return phase;
}
export function sessionSetPhase(to: u32): void {
  phase = to;
}
export function sessionOpen(): usize {
  return open;
}
export function sessionApplied(): u64 {
  return applied;
}
/** The oldest slot as of whose end the state is known. */
export function sessionBase(): u64 {
  return base;
}
export function sessionBaseLamports(): u64 {
  return oldest ? baseLamports : storeLamports();
}
export function sessionBaseCount(): u32 {
  return oldest ? baseCount : storeCount();
}
export function sessionIsBare(): bool {
  return !open && !oldest;
}
/** Where the chain goes on from what was loaded. Only when no slot is open or unstable. */
export function sessionSetApplied(slot: u64): void {
  applied = slot;
  base = slot;
}
export function sessionProposal(): usize {
  return proposal;
}

/** Forgets everything. */
export function sessionReset(): void {
  if (initialised) {
    if (open) sessionAbort();
    while (oldest) {
      const next: usize = load<u32>(oldest, SLOT_NEXT);
      slotFree(oldest);
      oldest = next;
    }
    for (let i: u32 = 0, n = recordsEnd(); i < n; i++) {
      const record = recordAt(i);
      if (load<u8>(record, ACC_STATE) & ST_STORED) dataDrop(record);
    }
  }
  newest = 0;
  applied = 0;
  base = 0;
  storeReset();
  knownReset();
  stubsForget();
  codesForget();
  programsForget();
  initialised = true;
}

/** Opens a slot. `from` is its proposal, of which a copy is kept, or 0. */
export function sessionStart(slot: usize, from: usize, len: u32): void {
  open = slot;
  phase = PHASE_BEGUN;
  loansWanted = 0;
  returnsWanted = 0;
  if (!oldest) {
    baseLamports = storeLamports();
    baseCount = storeCount();
  }
  memory.fill(loanStates, PARTNER_NONE, VIRTUAL_SHARDS);
  memory.fill(returnStates, PARTNER_NONE, VIRTUAL_SHARDS);
  if (from) {
    proposal = heapAlloc(len);
    proposalLen = len;
    memory.copy(proposal, from, len);
  }
  workspaceOpen(slot);
}

export function loanState(shard: u32): u8 {
  return load<u8>(loanStates + shard);
}
export function loanWant(shard: u32): void {
  if (loanState(shard) == PARTNER_NONE) loansWanted += 1;
  store<u8>(loanStates + shard, PARTNER_WANTED);
}
export function loanDone(shard: u32): void {
  store<u8>(loanStates + shard, PARTNER_DONE);
  loansWanted -= 1;
}
export function loansMissing(): u32 {
  return loansWanted;
}
export function returnState(shard: u32): u8 {
  return load<u8>(returnStates + shard);
}
export function returnWant(shard: u32): void {
  if (returnState(shard) == PARTNER_NONE) returnsWanted += 1;
  store<u8>(returnStates + shard, PARTNER_WANTED);
}
export function returnDone(shard: u32): void {
  store<u8>(returnStates + shard, PARTNER_DONE);
  returnsWanted -= 1;
}
export function returnsMissing(): u32 {
  return returnsWanted;
}

/** The slot of a message, which is open or applied, or 0 and a code in `findCode()`. */
let code: i32 = 0;
export function findCode(): i32 {
  return code;
}
export function slotFind(number: u64): usize {
  code = 0;
  if (open && load<u64>(open, SLOT_NUMBER) == number) return open;
  for (let slot = newest; slot; slot = load<u32>(slot, SLOT_OLDER)) {
    if (load<u64>(slot, SLOT_NUMBER) == number) return slot;
  }
  code = number > applied ? ENGINE_NOT_OPEN : ENGINE_TOO_OLD;
  return 0;
}
/** 0 when the slot has this view and digest. */
export function slotIs(slot: usize, view: u64, digest: usize): i32 {
  return load<u64>(slot, SLOT_VIEW) == view && keyEquals(slot + SLOT_DIGEST, digest) ? 0 : ENGINE_WRONG_DIGEST;
}
/** Code for a proposal of a slot that is not after the applied one. */
export function slotPast(number: u64, view: u64, digest: usize): i32 {
  const slot = slotFind(number);
  if (!slot) return ENGINE_APPLIED;
  return slotIs(slot, view, digest) ? ENGINE_WRONG_DIGEST : ENGINE_APPLIED;
}

function end(): void {
  executionEnd();
  let lend: usize = load<u32>(open, SLOT_LENDS);
  for (let n = load<u32>(open, SLOT_NUM_LENDS); n; n--) {
    const record = workspaceOwn(lend + LEASE_KEY);
    store<u8>(record, load<u8>(record, ACC_STATE) & ~(ST_LENT | ST_SHARED), ACC_STATE);
    lend += LEASE_SIZE;
  }
  workspaceClose();
  tagsClose();
  stubsClose(phase == PHASE_FAILED);
  if (proposal) heapFree(proposal, proposalLen);
  proposal = 0;
  open = 0;
  phase = PHASE_IDLE;
}

/** Puts own accounts and known messages back to what they were before the open slot. */
export function sessionUndo(): void {
  landedUndo(open);
  for (let image: usize = load<u32>(open, SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) {
    const record: usize = load<u32>(image, IMG_RECORD);
    if (!(load<u8>(record, ACC_STATE) & ST_STORED)) continue;
    imageRestore(image);
    imageUnlink(image);
    store<u32>(record, 0, ACC_EPOCH);
  }
  store<u32>(open, 0, SLOT_IMAGES);
}

/** Closes the open slot as if it had never been. */
export function sessionAbort(): void {
  sessionUndo();
  const slot = open;
  end();
  slotFree(slot);
}

/** Leaves only the images of own accounts that really changed in the open slot's list; returns how many. */
export function sessionChanged(): u32 {
  let image: usize = load<u32>(open, SLOT_IMAGES);
  let kept: usize = 0;
  let n: u32 = 0;
  while (image) {
    const next: usize = load<u32>(image, IMG_NEXT);
    const record: usize = load<u32>(image, IMG_RECORD);
    if (!(load<u8>(record, ACC_STATE) & ST_LEASED)) {
      if (!load<u64>(record, ACC_LAMPORTS)) {
        imageKeepData(open, image);
        recordEmpty(record);
      }
      if (imageSame(image, record)) {
        imageUnlink(image);
        store<u32>(record, 0, ACC_EPOCH);
      } else {
        store<u32>(image, <u32>kept, IMG_NEXT);
        kept = image;
        n += 1;
        const len = load<u32>(record, ACC_DATA_LEN);
        if (max(len, load<u32>(image, IMG_DATA_LEN)) >= LARGE_DATA) largeNote(record, len);
      }
    }
    image = next;
  }
  store<u32>(open, <u32>kept, SLOT_IMAGES);
  return n;
}

/** Makes the open slot the newest applied one. Its list holds only real changes (sessionChanged). */
export function sessionPromote(): void {
  const number = load<u64>(open, SLOT_NUMBER);
  for (let image: usize = load<u32>(open, SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) {
    const record: usize = load<u32>(image, IMG_RECORD);
    const after = load<u64>(record, ACC_LAMPORTS);
    storeBalance(load<u64>(image, IMG_LAMPORTS), after);
    store<u64>(record, number, ACC_MODIFIED);
    const isNew = (load<u8>(record, ACC_STATE) & ST_TEMPORARY) != 0;
    if (isNew) storeInsert(record, keyHash(record));
    if (after) dataTrim(record);
    else tombstoneQueue(record);
    storeResized(isNew ? 0 : memoryOf(load<u32>(image, IMG_DATA_LEN)), memoryOf(load<u32>(record, ACC_DATA_LEN)));
  }
  store<u32>(open, <u32>newest, SLOT_OLDER);
  if (newest) store<u32>(newest, <u32>open, SLOT_NEXT);
  else oldest = open;
  newest = open;
  applied = number;
  end();
}

/** Undo data of slots up to this one go. */
export function sessionStable(slot: u64): void {
  while (oldest && load<u64>(oldest, SLOT_NUMBER) <= slot) {
    const gone = oldest;
    for (let image: usize = load<u32>(gone, SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) imageExpire(image);
    knownStable(load<u64>(gone, SLOT_HEIGHT));
    base = load<u64>(gone, SLOT_NUMBER);
    baseLamports = load<u64>(gone, SLOT_LAMPORTS);
    baseCount = load<u32>(gone, SLOT_COUNT);
    oldest = load<u32>(gone, SLOT_NEXT);
    if (oldest) store<u32>(oldest, 0, SLOT_OLDER);
    else newest = 0;
    slotFree(gone);
  }
}

/** Takes the newest applied slot back. No slot is open. */
export function sessionRevert(): void {
  stubsForget();
  programsForget();
  const slot = newest;
  landedUndo(slot);
  for (let image: usize = load<u32>(slot, SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) {
    const record: usize = load<u32>(image, IMG_RECORD);
    storeBalance(load<u64>(record, ACC_LAMPORTS), load<u64>(image, IMG_LAMPORTS));
    storeResized(memoryOf(load<u32>(record, ACC_DATA_LEN)), memoryOf(load<u32>(image, IMG_DATA_LEN)));
    imageRestore(image);
    imageUnlink(image);
    if (!load<u64>(record, ACC_LAMPORTS)) tombstoneQueue(record);
  }
  applied = load<u64>(slot, SLOT_PREVIOUS);
  newest = load<u32>(slot, SLOT_OLDER);
  if (newest) store<u32>(newest, 0, SLOT_NEXT);
  else oldest = 0;
  slotFree(slot);
}
