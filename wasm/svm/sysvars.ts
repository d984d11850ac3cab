/**
 * The context of the slot and the accounts that show it: sysvars and programs. Every instance builds them itself; they are never
 * stored, lent or changed by a transaction. Contents: Agave 4.2 runtime/src/bank.rs (update_*), solana-sdk sysvar crates.
 */
import { heapKeep } from "../memory/heap";
import {
  ACC_DATA,
  ACC_DATA_CAP,
  ACC_DATA_LEN,
  ACC_FLAGS,
  ACC_FLAG_EXECUTABLE,
  ACC_KEY,
  ACC_LAMPORTS,
  ACC_MODIFIED,
  ACC_OWNER,
  ACC_RENT_EPOCH,
  ACC_SIZE,
} from "../state/account";
import { decodeInto } from "../state/encoding";
import {
  CONTEXT_DEVELOPER,
  CONTEXT_EPOCH_HASH,
  CONTEXT_EPOCH_NUMBER,
  CONTEXT_EPOCH_START,
  CONTEXT_FLAGS,
  CONTEXT_FLAG_DEVELOPMENT,
  CONTEXT_FLAG_ENDED,
  CONTEXT_FLAG_SIMULATION,
  CONTEXT_HASHES,
  CONTEXT_HASH_COUNT,
  CONTEXT_HEIGHT,
  CONTEXT_LAMPORTS_PER_SIGNATURE,
  CONTEXT_MAX_HASHES,
  CONTEXT_MAX_RECENT,
  CONTEXT_PARENT_HASH,
  CONTEXT_PARENT_SLOT,
  CONTEXT_RECENT,
  CONTEXT_RECENT_COUNT,
  CONTEXT_SIZE,
  CONTEXT_SLOT,
  CONTEXT_UNIX_TIMESTAMP,
  EPOCH_RECORD_MAX_HISTORY,
  HISTORY_SIZE,
} from "../layouts/context";
import { assertThat } from "../memory/assert";
import { keyCopy, keyEquals, keyIsZero } from "../memory/bytes";
import { sha256Final, sha256Init, sha256Update } from "../crypto/sha256";
import {
  WK_CLOCK,
  WK_COUNT,
  WK_EPOCH_REWARDS,
  WK_EPOCH_SCHEDULE,
  WK_INSTRUCTIONS,
  WK_LAST_RESTART_SLOT,
  WK_NATIVE_LOADER,
  WK_RECENT_BLOCKHASHES,
  WK_RENT,
  WK_SLOT_HASHES,
  WK_SLOT_HISTORY,
  WK_STAKE_HISTORY,
  WK_SYSVAR_OWNER,
  isCarried,
  realProgramsSet,
  replicatedIndex,
  wellKnownKey,
} from "../transaction/well-known";
import { builtinName, builtinStyle } from "./builtins";
import { epochChanges, epochHistory, epochHistoryCount, epochUse } from "./epoch";
import { rentExemptMinimum } from "./runtime/rent";

const context: usize = memory.data(<i32>CONTEXT_SIZE, 16);
const records: usize = memory.data(4992, 16); // WK_COUNT * ACC_SIZE
const durableNonce: usize = memory.data(32, 8);
/** Sysvars whose data are rebuilt when they are first asked for in a slot. */
let slotHashesStale: bool = true;
let recentBlockhashesStale: bool = true;
let slotHistoryStale: bool = true;
/** Changes of the epoch record that StakeHistory shows. */
let stakeHistoryOf: u32 = 0;
let prepared: bool = false;
/** Neighbours in a block often have the same blockhash. */
let lastUsed: u32 = 0;

export function contextSlot(): u64 {
  return load<u64>(context, CONTEXT_SLOT);
}
export function contextEpoch(): u64 {
  return load<u64>(context, CONTEXT_EPOCH_NUMBER);
}
export function contextUnixTimestamp(): i64 {
  return load<i64>(context, CONTEXT_UNIX_TIMESTAMP);
}
/** Whether the network was started for development. */
export function contextIsDevelopment(): bool {
  return (load<u32>(context, CONTEXT_FLAGS) & CONTEXT_FLAG_DEVELOPMENT) != 0;
}
/** The first 28 bytes of the address that then may decree: what the context has room for, and more than anybody can find another key to. */
export function contextDeveloper(): usize {
  return context + CONTEXT_DEVELOPER;
}
export function contextLamportsPerSignature(): u64 {
  return load<u64>(context, CONTEXT_LAMPORTS_PER_SIGNATURE);
}
export function contextHashCount(): u32 {
  return load<u32>(context, CONTEXT_HASH_COUNT);
}
/** Blockhash of slot - 1 - i; zero: that slot was skipped. */
export function contextHash(i: u32): usize {
  return context + CONTEXT_HASHES + <usize>i * 32;
}
/** Blockhashes that transactions can use: Policy: 150 block heights, one less than Agave, so that a client that gives up in time is right. */
export function contextRecentCount(): u32 {
  return load<u32>(context, CONTEXT_RECENT_COUNT);
}
/** The i-th newest of them. */
export function contextRecent(i: u32): usize {
  return context + CONTEXT_RECENT + <usize>i * 32;
}
/** The value a nonce gets in this slot: sha256("DURABLE_NONCE" || newest blockhash). */
export function contextDurableNonce(): usize {
  return durableNonce;
}

/** Whether a transaction with this blockhash is young enough. */
export function contextHashUsable(hash: usize): bool {
  const n = contextRecentCount();
  if (lastUsed < n && keyEquals(contextRecent(lastUsed), hash)) return true;
  const first = load<u64>(hash);
  for (let i: u32 = 0; i < n; i++) {
    if (load<u64>(contextRecent(i)) != first || !keyEquals(contextRecent(i), hash)) continue;
    lastUsed = i;
    return true;
  }
  return false;
}

/** Height of the blockhash that contextHashUsable has found last. */
export function contextHashHeight(): u64 {
  return load<u64>(context, CONTEXT_HEIGHT) - <u64>lastUsed;
}

/** Blockhash of a slot in the SlotHashes sysvar, or 0. */
export function slotHashesLookup(slot: u64): usize {
  const age = contextSlot() - 1 - slot; // wraps for the future
  if (age >= <u64>min(contextHashCount(), CONTEXT_MAX_HASHES)) return 0;
  const hash = contextHash(<u32>age);
  return keyIsZero(hash) ? 0 : hash;
}

// ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────

// @ts-ignore: decorator
@inline
function recordOf(index: i32): usize {
  return records + <usize>index * ACC_SIZE;
}

/** Gives the record data of `len` bytes, zero, and the owner. */
function shape(index: i32, owner: i32, len: u32): usize {
  const record = recordOf(index);
  keyCopy(record + ACC_OWNER, wellKnownKey(owner));
  const data = heapKeep(max<u32>(len, 16));
  memory.fill(data, 0, len);
  store<u32>(record, len, ACC_DATA_LEN);
  store<u32>(record, len, ACC_DATA_CAP);
  store<u32>(record, <u32>data, ACC_DATA);
  store<u64>(record, 0, ACC_RENT_EPOCH);
  return data;
}

function sysvar(index: i32, len: u32): usize {
  const data = shape(index, WK_SYSVAR_OWNER, len);
  store<u64>(recordOf(index), rentExemptMinimum(len), ACC_LAMPORTS);
  return data;
}

function program(index: i32): void {
  if (!builtinStyle(index)) return;
  const name = builtinName(index);
  const len = name.length;
  const data = shape(index, WK_NATIVE_LOADER, len);
  for (let i = 0; i < len; i++) store<u8>(data + i, <u8>name.charCodeAt(i));
  const record = recordOf(index);
  store<u64>(record, 1, ACC_LAMPORTS);
  store<u8>(record, ACC_FLAG_EXECUTABLE, ACC_FLAGS);
}

const SLOTS_PER_EPOCH: u64 = 432_000;
const SLOT_HISTORY_BITS: u32 = 1024 * 1024;

function prepare(): void {
  prepared = true;
  assertThat(WK_COUNT == 39); // so many places have the tables of this file and of runtime/log.ts
  for (let i: i32 = 0; i < WK_COUNT; i++) {
    const record = recordOf(i);
    keyCopy(record + ACC_KEY, wellKnownKey(i));
    program(i);
  }
  sysvar(WK_CLOCK, 40);
  // u64 lamports per byte, f64 threshold 1.0, u8 burn percent 50
  const rent = sysvar(WK_RENT, 17);
  store<u64>(rent, 6960);
  store<u64>(rent, 0x3ff0000000000000, 8);
  store<u8>(rent, 50, 16);
  // Without warm-up, as on mainnet: u64 slots, u64 leader schedule offset, bool warm-up, u64 first normal epoch, u64 its slot
  const schedule = sysvar(WK_EPOCH_SCHEDULE, 33);
  store<u64>(schedule, SLOTS_PER_EPOCH);
  store<u64>(schedule, SLOTS_PER_EPOCH, 8);
  sysvar(WK_EPOCH_REWARDS, 81);
  sysvar(WK_LAST_RESTART_SLOT, 8);
  // As long as it can be, as on Agave.
  sysvar(WK_STAKE_HISTORY, 8 + EPOCH_RECORD_MAX_HISTORY * HISTORY_SIZE);
  sysvar(WK_SLOT_HASHES, 8 + CONTEXT_MAX_HASHES * 40);
  sysvar(WK_RECENT_BLOCKHASHES, 8 + CONTEXT_MAX_RECENT * 40);
  sysvar(WK_SLOT_HISTORY, 1 + 8 + SLOT_HISTORY_BITS / 8 + 8 + 8);
  // The Instructions sysvar exists only inside a transaction.
  const record = recordOf(WK_INSTRUCTIONS);
  keyCopy(record + ACC_OWNER, wellKnownKey(WK_SYSVAR_OWNER));
}

function dataOf(index: i32): usize {
  return load<u32>(recordOf(index), ACC_DATA);
}

function buildClock(): void {
  const d = dataOf(WK_CLOCK);
  store<u64>(d, contextSlot() - <u64>((load<u32>(context, CONTEXT_FLAGS) & CONTEXT_FLAG_SIMULATION) != 0));
  store<i64>(d, load<i64>(context, CONTEXT_EPOCH_START), 8);
  store<u64>(d, contextEpoch(), 16);
  store<u64>(d, contextEpoch() + 1, 24); // epoch whose leaders are known
  store<i64>(d, contextUnixTimestamp(), 32);
}

function buildSlotHashes(): void {
  const d = dataOf(WK_SLOT_HASHES);
  const n = min(contextHashCount(), CONTEXT_MAX_HASHES);
  memory.fill(d, 0, 8 + CONTEXT_MAX_HASHES * 40);
  let at = d + 8;
  for (let i: u32 = 0; i < n; i++) {
    if (keyIsZero(contextHash(i))) continue;
    store<u64>(at, contextSlot() - 1 - i);
    keyCopy(at + 8, contextHash(i));
    at += 40;
  }
  store<u64>(d, (at - d - 8) / 40);
}

function buildRecentBlockhashes(): void {
  const d = dataOf(WK_RECENT_BLOCKHASHES);
  const n = contextRecentCount();
  memory.fill(d, 0, 8 + CONTEXT_MAX_RECENT * 40);
  store<u64>(d, n);
  for (let i: u32 = 0; i < n; i++) {
    const at = d + 8 + <usize>i * 40;
    keyCopy(at, contextRecent(i));
    store<u64>(at, contextLamportsPerSignature(), 32);
  }
}

/**
 * Option tag, u64 words, bits, u64 bits, u64 next slot: Agave adds a slot when its bank is frozen, so a block sees those up to its parent.
 * Slots before those of the context are taken to have blocks.
 */
function buildSlotHistory(): void {
  const d = dataOf(WK_SLOT_HISTORY);
  const ended = (load<u32>(context, CONTEXT_FLAGS) & CONTEXT_FLAG_ENDED) != 0;
  const next = (ended ? contextSlot() : load<u64>(context, CONTEXT_PARENT_SLOT)) + 1;
  const slots = min<u64>(next, SLOT_HISTORY_BITS);
  store<u8>(d, 1);
  store<u64>(d, SLOT_HISTORY_BITS / 64, 1);
  memory.fill(d + 9, 0xff, <usize>(slots >> 3));
  memory.fill(d + 9 + <usize>(slots >> 3), 0, <usize>(SLOT_HISTORY_BITS / 8) - <usize>(slots >> 3));
  if (slots & 7) store<u8>(d + 9 + <usize>(slots >> 3), <u8>((<u32>1 << <u32>(slots & 7)) - 1));
  for (let i: u32 = 0, n = contextHashCount(); i < n; i++) {
    if (!keyIsZero(contextHash(i)) || contextSlot() - 1 - i >= next) continue;
    const bit = <u32>((contextSlot() - 1 - i) % SLOT_HISTORY_BITS);
    const at = d + 9 + (bit >> 3);
    store<u8>(at, load<u8>(at) & ~(<u8>1 << <u8>(bit & 7)));
  }
  store<u64>(d + 9 + SLOT_HISTORY_BITS / 8, SLOT_HISTORY_BITS);
  store<u64>(d + 17 + SLOT_HISTORY_BITS / 8, next);
}

/** u64 entries, then the entries, newest first, and zeros. */
function buildStakeHistory(): void {
  const d = dataOf(WK_STAKE_HISTORY);
  const count = epochHistoryCount();
  memory.fill(d, 0, 8 + EPOCH_RECORD_MAX_HISTORY * HISTORY_SIZE);
  store<u64>(d, count);
  if (count) memory.copy(d + 8, epochHistory(), count * HISTORY_SIZE);
}

// "DURABLE_NONCE"
const NONCE_PREFIX: usize = memory.data<u8>([68, 85, 82, 65, 66, 76, 69, 95, 78, 79, 78, 67, 69]);

let number: u32 = 0;
/** Counts the contexts that were set: a slot or a simulation has one of its own. */
export function contextNumber(): u32 {
  return number;
}

/** Takes a slot context (docs/interfaces.md section 3). */
export function runtimeSetContext(ptr: usize): void {
  if (!prepared) prepare();
  number += 1;
  const count = min(load<u32>(ptr, CONTEXT_HASH_COUNT), CONTEXT_MAX_HASHES);
  memory.copy(context, ptr, CONTEXT_HASHES + <usize>count * 32);
  store<u32>(context, count, CONTEXT_HASH_COUNT);
  const recent = min(load<u32>(ptr, CONTEXT_RECENT_COUNT), CONTEXT_MAX_RECENT);
  memory.copy(context + CONTEXT_RECENT, ptr + CONTEXT_RECENT, <usize>recent * 32);
  store<u32>(context, recent, CONTEXT_RECENT_COUNT);
  memory.copy(context + CONTEXT_EPOCH_HASH, ptr + CONTEXT_EPOCH_HASH, 64);
  epochUse(context + CONTEXT_EPOCH_HASH);
  realProgramsSet(load<u32>(ptr, CONTEXT_FLAGS));
  slotHashesStale = true;
  recentBlockhashesStale = true;
  slotHistoryStale = true;
  buildClock();
  if (!count) memory.fill(context + CONTEXT_PARENT_HASH, 0, 32);
  sha256Init();
  sha256Update(NONCE_PREFIX, 13);
  sha256Update(context + CONTEXT_PARENT_HASH, 32);
  sha256Final(durableNonce);
}

/** What the copies of carried accounts have as the slot of their last change: they are always what they were, and nobody's own. */
const CARRIED_VERSION: u64 = u64.MAX_VALUE - 1;
/** Takes a checked encoded account for well-known key `index` (svm/carried.ts). */
export function wellKnownCarry(index: i32, encoded: usize): void {
  if (!prepared) prepare();
  const record = recordOf(index);
  decodeInto(record, encoded);
  store<u64>(record, CARRIED_VERSION, ACC_MODIFIED);
}

/** Record of a key that no shard stores: a sysvar or a built-in program; 0 for any other key. */
export function generatedAccount(key: usize): usize {
  const index = replicatedIndex(key);
  return index < 0 || isCarried(index) ? 0 : wellKnownAccountAt(index);
}

/** Record of a replicated key (an empty one where Agave has an account and this chain has none), or 0 for any other key. */
export function wellKnownAccount(key: usize): usize {
  const index = replicatedIndex(key);
  return index < 0 ? 0 : wellKnownAccountAt(index);
}

export function wellKnownAccountAt(index: i32): usize {
  if (!prepared) prepare();
  if (index == WK_SLOT_HASHES && slotHashesStale) {
    slotHashesStale = false;
    buildSlotHashes();
  } else if (index == WK_RECENT_BLOCKHASHES && recentBlockhashesStale) {
    recentBlockhashesStale = false;
    buildRecentBlockhashes();
  } else if (index == WK_SLOT_HISTORY && slotHistoryStale) {
    slotHistoryStale = false;
    buildSlotHistory();
  } else if (index == WK_STAKE_HISTORY && stakeHistoryOf != epochChanges()) {
    stakeHistoryOf = epochChanges();
    buildStakeHistory();
  }
  return recordOf(index);
}

// ── Instructions sysvar ────────────────────────────────────────────────────────────────────────────────────────────

let instructionsData: usize = 0;
let instructionsLen: u32 = 0;

/** Data of the Instructions sysvar of the running transaction (0: it does not name the sysvar). */
export function setInstructionsSysvar(data: usize, len: u32): void {
  instructionsData = data;
  instructionsLen = len;
  const record = recordOf(WK_INSTRUCTIONS);
  store<u32>(record, <u32>data, ACC_DATA);
  store<u32>(record, len, ACC_DATA_LEN);
}

/** The last two bytes hold the index of the running instruction. */
export function currentInstructionChanged(index: u32): void {
  if (instructionsData) store<u16>(instructionsData + instructionsLen - 2, <u16>index);
}
