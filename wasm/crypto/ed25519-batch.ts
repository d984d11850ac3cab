/**
 * Many signatures at once, with the verdicts of ed25519.ts. Bernstein, Duif, Lange, Schwabe, Yang, "High-speed
 * high-security signatures" (2011, section 5), in the cofactored form:
 *
 *   [8] ( sum [z_i]R_i  +  sum over keys A of [sum z_i k_i]A  -  [sum z_i S_i]B ) = 0
 *
 * If all signatures are good this holds; if one is bad it holds with probability 2^-127 over the z_i. These are odd
 * 128-bit numbers derived by hash from everything in the group, so that the verdict is deterministic and nobody can
 * choose signatures to fit them. A group that fails is halved until each bad signature is alone, and then judged by the
 * equation of the single function. Odd z_i are units modulo 8 and L: a part of one has the verdict of the single one.
 *
 *   table -> groups of GROUP -> form -> keys (cache) and R decompressed, eight at a time -> k, z, z k, z S -> one sum
 *                                                                                         fails: halves
 */
import { heapKeep } from "../memory/heap";
import { blake3 } from "./blake3";
import { compressBlock } from "./blake3-core";
import { enqueueDecompression, flushDecompressions } from "./decompress-queue";
import { challengeScalar, equationHolds, hasAcceptableForm } from "./ed25519";
import { equal32 } from "./fe";
import { keyCacheFind } from "./key-cache";
import { laneIsTorsion, laneNegateCached } from "./lane-point";
import { DIGIT_BYTES, pippenger } from "./pippenger";
import { scalarAdd, scalarMultiply, scalarNegate } from "./scalar";
import { basePoint, straus, STRAUS_MAX } from "./straus";

const ENTRY: usize = 16; // {msgPtr, msgLen, sigPtr, pubkeyPtr}
/** Signatures in one equation. More make a sum cheaper, until its points no longer fit the cache of the processor. */
const GROUP: u32 = 1024;
/** Halving stops after this many times the group's size in summed signatures; what is left is judged one by one, so that a group of bad signatures costs a bounded multiple of a good one. */
const HALVING_BUDGET: u32 = 3;

const POINT: usize = 320; // a cached point and its negative
const KEY_HASH_SLOTS: u32 = 4096; // four times GROUP
const NO_KEY: u16 = 0xffff;

// Working memory, allocated once.
let ready: bool = false;
let points: usize = 0; // GROUP commitments, GROUP keys, the base point
let keyHash: usize = 0; // u16: key number of a hash slot
let keyBytes: usize = 0; // u32 address of the 32 bytes of a key
let keyOf: usize = 0; // u16: key number of a signature
let live: usize = 0; // u16: indices into the group of the signatures still in question
let transcript: usize = 0; // 128 bytes a signature: R, S, A, k
let zs: usize = 0; // 32 bytes: z, upper half zero
let zk: usize = 0; // 32 bytes: z k mod L
let zS: usize = 0; // 32 bytes: z S mod L
let keySum: usize = 0; // 32 bytes a key: sum of z k
let keyTouched: usize = 0; // a byte a key
let termPoints: usize = 0; // u32 a term
let termScalars: usize = 0; // 32 bytes a term
let digits: usize = 0; // DIGIT_BYTES a term

const seed: usize = memory.data(32, 16);
const zeroBlock: usize = memory.data(64, 16);
const twoCoefficients: usize = memory.data(32, 16);
const baseSum: usize = memory.data(32, 16);
const sum: usize = memory.data(160, 16);
let keyCount: u32 = 0;
let budget: u32 = 0;

function prepare(): void {
  if (ready) return;
  points = heapKeep((2 * GROUP + 1) * POINT);
  keyHash = heapKeep(KEY_HASH_SLOTS * 2);
  keyBytes = heapKeep(GROUP * 4);
  keyOf = heapKeep(GROUP * 2);
  live = heapKeep(GROUP * 2);
  transcript = heapKeep(GROUP * 128);
  zs = heapKeep(GROUP * 32);
  zk = heapKeep(GROUP * 32);
  zS = heapKeep(GROUP * 32);
  keySum = heapKeep(GROUP * 32);
  keyTouched = heapKeep(GROUP);
  termPoints = heapKeep((2 * GROUP + 1) * 4);
  termScalars = heapKeep((2 * GROUP + 1) * 32);
  digits = heapKeep((2 * GROUP + 1) * DIGIT_BYTES);
  memory.fill(zs, 0, GROUP * 32);
  const base = basePointSlot();
  memory.copy(base, basePoint(), 160);
  laneNegateCached(base + 160, base);
  ready = true;
}

// @ts-ignore: decorator
@inline
function commitmentSlot(i: u32): usize { return points + <usize>i * POINT; }
// @ts-ignore: decorator
@inline
function keySlot(key: u32): usize { return points + <usize>(GROUP + key) * POINT; }
// @ts-ignore: decorator
@inline
function basePointSlot(): usize { return points + <usize>(2 * GROUP) * POINT; }

/** The number of this key in the group; a new one is taken from the cache or queued for decompression. */
function keyNumber(pubkey: usize): u32 {
  let slot = <u32>((load<u64>(pubkey) * 0x9e3779b97f4a7c15) >> 52); // 12 bits
  for (; ; slot = (slot + 1) & (KEY_HASH_SLOTS - 1)) {
    const key = load<u16>(keyHash + (slot << 1));
    if (key == NO_KEY) break;
    if (equal32(load<u32>(keyBytes + (<u32>key << 2)), pubkey)) return key;
  }
  const key = keyCount++;
  store<u16>(keyHash + (slot << 1), <u16>key);
  store<u32>(keyBytes + (key << 2), <u32>pubkey);
  store<u8>(keyTouched + key, 1); // 1: a point, until decompression says otherwise
  const cached = keyCacheFind(pubkey);
  if (cached != 0) {
    memory.copy(keySlot(key), cached, 160);
    laneNegateCached(keySlot(key) + 160, keySlot(key));
  } else {
    enqueueDecompression(pubkey, keySlot(key), keyTouched + key, pubkey);
  }
  return key;
}

/** Whether the equation holds for the signatures live[from .. to). */
function groupHolds(from: u32, to: u32): bool {
  memory.fill(baseSum, 0, 32);
  memory.fill(keyTouched, 0, keyCount);
  for (let j = from; j < to; j++) {
    const i = <u32>load<u16>(live + (j << 1));
    const key = <u32>load<u16>(keyOf + (i << 1));
    scalarAdd(baseSum, baseSum, zS + (i << 5));
    const total = keySum + (key << 5);
    if (load<u8>(keyTouched + key)) {
      scalarAdd(total, total, zk + (i << 5));
    } else {
      memory.copy(total, zk + (i << 5), 32);
      store<u8>(keyTouched + key, 1);
    }
  }
  scalarNegate(baseSum, baseSum);
  let terms: u32 = 0;
  for (let key: u32 = 0; key < keyCount; key++) {
    if (!load<u8>(keyTouched + key)) continue;
    store<u32>(termPoints + (terms << 2), <u32>keySlot(key));
    memory.copy(termScalars + (terms << 5), keySum + (key << 5), 32);
    terms++;
  }
  let longTerms = terms;
  const small = terms + (to - from) <= STRAUS_MAX;
  if (!small) {
    store<u32>(termPoints + (terms << 2), <u32>basePointSlot());
    memory.copy(termScalars + (terms << 5), baseSum, 32);
    terms++;
    longTerms++;
  }
  for (let j = from; j < to; j++) {
    const i = <u32>load<u16>(live + (j << 1));
    store<u32>(termPoints + (terms << 2), <u32>commitmentSlot(i));
    memory.copy(termScalars + (terms << 5), zs + (i << 5), 32);
    terms++;
  }
  if (small) straus(sum, baseSum, termPoints, termScalars, terms);
  else pippenger(sum, termPoints, termScalars, longTerms, terms - longTerms, digits);
  return laneIsTorsion(sum);
}

/** Verdicts for live[from .. to); `failing`: the group is known to hold a bad signature. */
function judge(verdicts: usize, from: u32, to: u32, failing: bool): void {
  const count = to - from;
  if (count == 0) return;
  if (count == 1) {
    const i = <u32>load<u16>(live + (from << 1));
    const good = !failing && equationHolds(keySlot(load<u16>(keyOf + (i << 1))), commitmentSlot(i), transcript + (i << 7) + 96, transcript + (i << 7) + 32);
    store<u8>(verdicts + i, <u8>good);
    return;
  }
  if (!failing) {
    if (budget >= count) {
      budget -= count;
      if (groupHolds(from, to)) {
        for (let j = from; j < to; j++) store<u8>(verdicts + load<u16>(live + (j << 1)), 1);
        return;
      }
    } else {
      for (let j = from; j < to; j++) judge(verdicts, j, j + 1, false);
      return;
    }
  }
  const middle = from + (count >> 1);
  judge(verdicts, from, middle, false);
  // If the first half is all good, the bad one is in the second.
  let allGood = true;
  for (let j = from; j < middle; j++) allGood = allGood && load<u8>(verdicts + load<u16>(live + (j << 1))) == 1;
  judge(verdicts, middle, to, allGood);
}

function verifyGroup(table: usize, count: u32, verdicts: usize): void {
  keyCount = 0;
  memory.fill(keyHash, 0xff, KEY_HASH_SLOTS * 2);
  // Form; points. A verdict of 1 means "still in question" until the end.
  for (let i: u32 = 0; i < count; i++) {
    const entry = table + <usize>i * ENTRY;
    const sig = <usize>load<u32>(entry, 8), pubkey = <usize>load<u32>(entry, 12);
    const formed = hasAcceptableForm(sig, pubkey);
    store<u8>(verdicts + i, <u8>formed);
    if (!formed) continue;
    store<u16>(keyOf + (i << 1), <u16>keyNumber(pubkey));
    enqueueDecompression(sig, commitmentSlot(i), verdicts + i, 0);
  }
  flushDecompressions();
  let liveCount: u32 = 0;
  memory.fill(transcript, 0, count << 7);
  for (let i: u32 = 0; i < count; i++) {
    if (!load<u8>(verdicts + i)) continue;
    if (!load<u8>(keyTouched + <u32>load<u16>(keyOf + (i << 1)))) {
      store<u8>(verdicts + i, 0);
      continue;
    }
    const entry = table + <usize>i * ENTRY;
    const sig = <usize>load<u32>(entry, 8), pubkey = <usize>load<u32>(entry, 12);
    const record = transcript + (i << 7);
    memory.copy(record, sig, 64);
    memory.copy(record + 64, pubkey, 32);
    challengeScalar(record + 96, load<u32>(entry), load<u32>(entry, 4), sig, pubkey);
    store<u16>(live + (liveCount << 1), <u16>i);
    liveCount++;
  }
  if (liveCount > 1) coefficients(count, liveCount);
  budget = HALVING_BUDGET * liveCount;
  judge(verdicts, 0, liveCount, false);
}

/** z_i from the hash of the whole group; k binds the messages. One block of BLAKE3 in counter mode gives two of them. */
function coefficients(count: u32, liveCount: u32): void {
  blake3(transcript, count << 7, seed);
  for (let j: u32 = 0; j < liveCount; j++) {
    const i = <u32>load<u16>(live + (j << 1));
    if ((j & 1) == 0) compressBlock(seed, zeroBlock, j >> 1, 64, 0, twoCoefficients);
    const z = zs + (i << 5), record = transcript + (i << 7);
    v128.store(z, v128.load(twoCoefficients + ((j & 1) << 4)));
    store<u8>(z, load<u8>(z) | 1);
    scalarMultiply(zk + (i << 5), z, 4, record + 96);
    scalarMultiply(zS + (i << 5), z, 4, record + 32);
  }
}

/**
 * `table`: `count` entries of four u32 {msgPtr, msgLen, sigPtr, pubkeyPtr}. Writes one byte an entry to `verdicts`,
 * 1 good and 0 bad; returns the number of good ones.
 */
export function ed25519VerifyBatch(table: usize, count: u32, verdicts: usize): u32 {
  prepare();
  for (let done: u32 = 0; done < count; done += GROUP) {
    verifyGroup(table + <usize>done * ENTRY, min(GROUP, count - done), verdicts + done);
  }
  let good: u32 = 0;
  for (let i: u32 = 0; i < count; i++) good += load<u8>(verdicts + i);
  return good;
}
