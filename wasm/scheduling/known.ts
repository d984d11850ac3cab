/**
 * What was seen before: at most once, in its blockhash window.
 *
 *   blockhash -> window { height, set of message hashes }     one for each of the newest 150 blockhashes
 *   nonce transactions -> two sets, changed over every 150 heights (after that the nonce itself has moved on)
 *   last blocks -> for each transaction its signature and its message hash, so that it can be forgotten when it did not land
 *
 * A message is known by its 64-bit SipHash-1-3: whoever signs twice with another R sends the same message. A collision can only refuse a
 * transaction, never let one in twice. When a blockhash leaves the window its whole set goes: no entry is ever searched for to expire.
 */
import { siphash13 } from "../crypto/siphash";
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals } from "../memory/bytes";
import {
  REC_FLAG_NONCE, REC_FLAGS, REC_OFF_BLOCKHASH, recordMessage, recordMessageLen, recordSignatures, recordTx,
} from "../transaction/record";
import { SET_HEAD, setAdd, setClear, setHas, setRemove, setSize } from "./hash-set";
import { BLOCKHASH_HEIGHTS, FORGET_BLOCKS, MAX_BLOCK_TRANSACTIONS } from "./limits";

/** A window: blockhash 32, u64 height (the blockhash's), u32 generation, u8 state, set head. */
const WIN_HASH: usize = 0;
const WIN_HEIGHT: usize = 32;
const WIN_GENERATION: usize = 40;
const WIN_STATE: usize = 44;
const WIN_SET: usize = 48;
const WIN_SIZE: u32 = 64;
/** The window exists only because an earlier block was replayed; whether its blockhash is usable shows with the next context. */
const STATE_REPLAYED: u8 = 1;
const STATE_USABLE: u8 = 2;
const STATE_SEEN: u8 = 3;

/** Windows: the newest 150, and while earlier blocks are replayed those before them. */
const WINDOWS: u32 = 512;
const windows: usize = memory.data(512 * 64, 16);
const INDEX_SLOTS: u32 = 2048;
/** u16 window + 1 by hash of the blockhash. */
const index: usize = memory.data(2048 * 2, 16);
/** Window number of a nonce transaction. */
export const WINDOW_NONCE: u32 = 0xffff;
/** No window: the blockhash is unknown or too old. */
export const WINDOW_NONE: u32 = 0xfffe;

const nonceSets: usize = memory.data(32, 16);
let nonceSince: u64 = 0;
let seed0: u64 = 0;
let seed1: u64 = 0;
let known: u32 = 0;
let contextHeight: u64 = 0;
let contextSet: bool = false;

// @ts-ignore: decorator
@inline
function windowAt(i: u32): usize {
  return windows + i * WIN_SIZE;
}

export function knownInit(s0: u64, s1: u64): void {
  for (let i: u32 = 0; i < WINDOWS; i++) {
    setClear(windowAt(i) + WIN_SET);
    store<u8>(windowAt(i), 0, WIN_STATE);
  }
  memory.fill(index, 0, INDEX_SLOTS * 2);
  setClear(nonceSets);
  setClear(nonceSets + SET_HEAD);
  for (let i: u32 = 0; i < FORGET_BLOCKS; i++) dropBlock(i);
  seed0 = s0;
  seed1 = s1;
  known = 0;
  contextSet = false;
}

export function knownReady(): bool {
  return contextSet;
}
export function knownHeight(): u64 {
  return contextHeight;
}
/** Messages remembered. */
export function knownCount(): u32 {
  return known;
}

// @ts-ignore: decorator
@inline
function indexSlot(hash: usize): u32 {
  return <u32>load<u64>(hash) & (INDEX_SLOTS - 1); // a blockhash is a SHA-256: its bytes are as good as a hash of it
}

function findWindow(hash: usize): u32 {
  let i = indexSlot(hash);
  while (true) {
    const entry: u32 = load<u16>(index + i * 2);
    if (!entry) return WINDOW_NONE;
    if (keyEquals(windowAt(entry - 1) + WIN_HASH, hash)) return entry - 1;
    i = (i + 1) & (INDEX_SLOTS - 1);
  }
}

function indexWindow(w: u32): void {
  let i = indexSlot(windowAt(w) + WIN_HASH);
  while (load<u16>(index + i * 2)) i = (i + 1) & (INDEX_SLOTS - 1);
  store<u16>(index + i * 2, <u16>(w + 1));
}

/** A window for a blockhash that has none; WINDOW_NONE when all are taken. */
function openWindow(hash: usize, state: u8): u32 {
  for (let w: u32 = 0; w < WINDOWS; w++) {
    const win = windowAt(w);
    if (load<u8>(win, WIN_STATE)) continue;
    memory.copy(win + WIN_HASH, hash, 32);
    store<u64>(win, 0, WIN_HEIGHT);
    store<u32>(win, load<u32>(win, WIN_GENERATION) + 1, WIN_GENERATION);
    store<u8>(win, state, WIN_STATE);
    indexWindow(w);
    return w;
  }
  return WINDOW_NONE;
}

/** Takes the usable blockhashes, newest first, whose height is `height` - 1: the next block can raise it to `height`. */
export function knownSetContext(height: u64, hashes: usize, count: u32): void {
  const usable: u32 = min<u32>(count, BLOCKHASH_HEIGHTS);
  // Asked again at the same height: nothing changes.
  if (contextSet && height == contextHeight && usable > 0) {
    const w = findWindow(hashes);
    if (w != WINDOW_NONE && load<u64>(windowAt(w), WIN_HEIGHT) == height - 1) return;
  }
  for (let i: u32 = 0; i < usable; i++) {
    let w = findWindow(hashes + i * 32);
    if (w == WINDOW_NONE) w = openWindow(hashes + i * 32, STATE_SEEN);
    if (w == WINDOW_NONE) break; // 150 of 512: only after a replay of more than 362 other blockhashes
    store<u8>(windowAt(w), STATE_SEEN, WIN_STATE);
    store<u64>(windowAt(w), height - 1 - <u64>i, WIN_HEIGHT);
  }
  memory.fill(index, 0, INDEX_SLOTS * 2);
  for (let w: u32 = 0; w < WINDOWS; w++) {
    const win = windowAt(w);
    if (load<u8>(win, WIN_STATE) == STATE_SEEN) {
      store<u8>(win, STATE_USABLE, WIN_STATE);
      indexWindow(w);
    } else if (load<u8>(win, WIN_STATE)) {
      known -= setSize(win + WIN_SET);
      setClear(win + WIN_SET);
      store<u8>(win, 0, WIN_STATE);
    }
  }
  if (!contextSet || height >= nonceSince + <u64>BLOCKHASH_HEIGHTS) {
    if (contextSet) rotateNonces();
    nonceSince = height;
  }
  contextHeight = height;
  contextSet = true;
}

function rotateNonces(): void {
  known -= setSize(nonceSets + SET_HEAD);
  setClear(nonceSets + SET_HEAD);
  memory.copy(nonceSets + SET_HEAD, nonceSets, SET_HEAD);
  memory.fill(nonceSets, 0, SET_HEAD);
}

export function messageHash(record: usize): u64 {
  return siphash13(seed0, seed1, recordMessage(record), recordMessageLen(record));
}

/** The window of a record's blockhash: its number, WINDOW_NONCE, or WINDOW_NONE. */
export function windowOf(record: usize): u32 {
  const w = findWindow(recordTx(record) + load<u16>(record, REC_OFF_BLOCKHASH));
  if (w != WINDOW_NONE && load<u8>(windowAt(w), WIN_STATE) == STATE_USABLE) return w;
  return load<u8>(record, REC_FLAGS) & REC_FLAG_NONCE ? WINDOW_NONCE : WINDOW_NONE;
}

/** The last height whose blocks can hold a transaction of this window. */
export function lastHeightOf(w: u32): u64 {
  return (w == WINDOW_NONCE ? contextHeight : load<u64>(windowAt(w), WIN_HEIGHT)) + <u64>BLOCKHASH_HEIGHTS;
}

/** Whether a message is known as that of a nonce transaction. */
function knownAsNonce(hash: u64): bool {
  return setHas(nonceSets, hash) || setHas(nonceSets + SET_HEAD, hash);
}

/**
 * Remembers the message of a record; false when it is known already. One that looks like a nonce transaction may have been remembered as
 * such although its blockhash is a usable one: a replay before the first context cannot tell them apart.
 */
export function knownAdmit(w: u32, hash: u64, record: usize): bool {
  if (load<u8>(record, REC_FLAGS) & REC_FLAG_NONCE && knownAsNonce(hash)) return false;
  return knownAdd(w, hash);
}

function knownAdd(w: u32, hash: u64): bool {
  if (!setAdd(w == WINDOW_NONCE ? nonceSets : windowAt(w) + WIN_SET, hash)) return false;
  known++;
  return true;
}

/** Remembers a record of an earlier block, which may come before its context does. Returns its window. */
export function knownReplay(record: usize, hash: u64): u32 {
  let w: u32 = WINDOW_NONCE;
  if (!(load<u8>(record, REC_FLAGS) & REC_FLAG_NONCE)) {
    const blockhash = recordTx(record) + load<u16>(record, REC_OFF_BLOCKHASH);
    w = findWindow(blockhash);
    if (w == WINDOW_NONE) {
      if (contextSet) return WINDOW_NONE; // too old to come again
      w = openWindow(blockhash, STATE_REPLAYED);
      if (w == WINDOW_NONE) return w;
    }
  } else {
    const own = findWindow(recordTx(record) + load<u16>(record, REC_OFF_BLOCKHASH));
    if (own != WINDOW_NONE) w = own;
  }
  knownAdmit(w, hash, record);
  return w;
}

/**
 * Blocks whose transactions may yet be forgotten, a ring: u32 count, then entries {16 bytes of R, 16 of S, u64 message hash, u32 window,
 * u32 generation}. Both halves of the signature, because R alone can be chosen equal.
 */
const FORGET_SIGNATURE: u32 = 32;
const FORGET_HASH: usize = 32;
const FORGET_WINDOW: usize = 40;
const FORGET_GENERATION: usize = 44;
const FORGET_ENTRY: u32 = 48;
const blocks: usize = memory.data(8 * 8, 16); // {u32 pointer, u32 count}
let nextBlock: u32 = 0;

function dropBlock(i: u32): void {
  const block = blocks + i * 8;
  if (load<u32>(block)) heapFree(load<u32>(block), load<u32>(block, 4) * FORGET_ENTRY);
  store<u64>(block, 0);
}

/** Opens the entries of a new block of `count` transactions (at most MAX_BLOCK_TRANSACTIONS), to be filled by rememberInBlock. */
export function openBlock(count: u32): usize {
  const i = nextBlock;
  nextBlock = (nextBlock + 1) % FORGET_BLOCKS;
  dropBlock(i);
  if (!count || count > MAX_BLOCK_TRANSACTIONS) return 0;
  const entries = heapAlloc(count * FORGET_ENTRY);
  store<u32>(blocks + i * 8, <u32>entries);
  store<u32>(blocks + i * 8, count, 4);
  return entries;
}

export function rememberInBlock(entries: usize, i: u32, record: usize, hash: u64, w: u32): void {
  if (!entries) return;
  const e = entries + i * FORGET_ENTRY;
  const signature = recordSignatures(record);
  v128.store(e, v128.load(signature));
  v128.store(e, v128.load(signature, 32), 16);
  store<u64>(e, hash, FORGET_HASH);
  store<u32>(e, w, FORGET_WINDOW);
  store<u32>(e, w < WINDOWS ? load<u32>(windowAt(w), WIN_GENERATION) : 0, FORGET_GENERATION);
}

/** Window numbers are reused: whether an entry's window is still the one it meant. */
// @ts-ignore: decorator
@inline
function sameWindow(w: u32, generation: u32): bool {
  return w < WINDOWS && load<u8>(windowAt(w), WIN_STATE) != 0 && load<u32>(windowAt(w), WIN_GENERATION) == generation;
}

function forgetEntry(e: usize): void {
  const hash = load<u64>(e, FORGET_HASH);
  const w = load<u32>(e, FORGET_WINDOW);
  if (w == WINDOW_NONCE) {
    if (setRemove(nonceSets, hash) || setRemove(nonceSets + SET_HEAD, hash)) known--;
  } else if (sameWindow(w, load<u32>(e, FORGET_GENERATION)) && setRemove(windowAt(w) + WIN_SET, hash)) known--;
}

/** Forgets the transactions of the last blocks that have one of these signatures (64 bytes each, unverified). */
export function knownForget(signatures: usize, count: u32): void {
  if (!count) return;
  // A table of the signatures, then one walk over the blocks.
  let capacity: u32 = 16;
  while (capacity < count * 2) capacity <<= 1;
  const table = heapAlloc(capacity * 4);
  memory.fill(table, 0, capacity * 4);
  for (let i: u32 = 0; i < count; i++) {
    let at: u32 = <u32>load<u64>(signatures + i * 64, 32) & (capacity - 1);
    while (load<u32>(table + at * 4)) at = (at + 1) & (capacity - 1);
    store<u32>(table + at * 4, <u32>(signatures + i * 64));
  }
  for (let b: u32 = 0; b < FORGET_BLOCKS; b++) {
    let e: usize = load<u32>(blocks + b * 8);
    for (let left = load<u32>(blocks + b * 8, 4); left; left--, e += FORGET_ENTRY) {
      let at: u32 = <u32>load<u64>(e, 16) & (capacity - 1);
      for (let s: usize = load<u32>(table + at * 4); s; s = load<u32>(table + at * 4)) {
        if (keyEquals16(e, s) && keyEquals16(e + 16, s + 32)) {
          forgetEntry(e);
          break;
        }
        at = (at + 1) & (capacity - 1);
      }
    }
  }
  heapFree(table, capacity * 4);
}

// @ts-ignore: decorator
@inline
function keyEquals16(a: usize, b: usize): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) == 0;
}
