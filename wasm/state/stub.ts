/**
 * Accounts of programs that are lent without their data: where a loader owns an account that is lent read-only, the loan has its header and
 * the BLAKE3 hash of its data. The borrower has them in its cache, or asks the lender for them before it executes.
 *
 *   encoded account   │ header 88                        │ data, padded to 8 │
 *   stub              │ header 88, byte 85 (a pad) is 1  │ hash 32           │
 */
import { blake3 } from "../crypto/blake3";
import { keyCopy, keyEquals, keyHash, keyIsZero } from "../memory/bytes";
import { heapAlloc, heapFree } from "../memory/heap";
import { outAdvance, outAt, outBytes, outEnsure, outLen, outReset, outZeros } from "../memory/io";
import { WANTED_SIZE, WantedCode } from "../layouts/engine";
import { isLoader } from "../svm/runtime/invoke";
import {
  ACC_DATA,
  ACC_DATA_LEN,
  ACC_FLAGS,
  ACC_FLAG_EXECUTABLE,
  ACC_LAMPORTS,
  ACC_MAX_DATA,
  ACC_MODIFIED,
  ACC_OWNER,
  ACC_RENT_EPOCH,
  ENC_DATA_LEN,
  ENC_EXECUTABLE,
  ENC_HEADER,
  ENC_LAMPORTS,
  ENC_OWNER,
  ENC_RENT_EPOCH,
  ENC_STUB,
  STUB_HASH,
  STUB_SIZE,
} from "./account";
import { codeAdd, codeFind, codesForget, codeStamp, codesTurn } from "./code-cache";
import { ENGINE_CORRUPT, ENGINE_MALFORMED, ENGINE_UNEXPECTED } from "./codes";
import { encodedCheck, encodedSize, encodeParts, LIST_COUNT, LIST_HEADER, LIST_PAD } from "./encoding";
import { sessionOpen } from "./session";
import { modifiedAsOf, outAsOf } from "./store";
import { IMG_DATA_LEN, IMG_EXECUTABLE, IMG_LAMPORTS, IMG_OWNER, IMG_RENT_EPOCH, imageAsOf, imageData } from "./undo";
import { workspaceBorrow } from "./workspace";

export { STUB_SIZE };
/** Bytes of data from which on a hash stands for them. */
const STUB_MIN_DATA: u32 = 512;

// ── loans ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Size of a checked account of a loan. */
export function loanedSize(p: usize): u32 {
  return load<u8>(p, ENC_STUB) ? STUB_SIZE : encodedSize(load<u32>(p, ENC_DATA_LEN));
}
export function isStub(p: usize): bool {
  return load<u8>(p, ENC_STUB) != 0;
}

/** Size of the account of a loan at `p`, or 0 when it is not one within `available` bytes. */
export function loanedCheck(p: usize, available: u32): u32 {
  if (available < ENC_HEADER || !load<u8>(p, ENC_STUB)) return encodedCheck(p, available);
  const dataLen = load<u32>(p, ENC_DATA_LEN);
  const flags = load<u32>(p, ENC_EXECUTABLE);
  const good =
    available >= STUB_SIZE &&
    (flags & ~1) == 0x100 &&
    dataLen >= STUB_MIN_DATA &&
    dataLen <= ACC_MAX_DATA &&
    load<u64>(p, ENC_LAMPORTS) != 0 &&
    isLoader(p + ENC_OWNER);
  return good ? STUB_SIZE : 0;
}

/** Whether [p, p+len) is the account list of a loan, no byte more. */
export function loanListCheck(p: usize, len: u32): bool {
  if (len < LIST_HEADER || load<u32>(p, LIST_PAD) != 0) return false;
  let at: u32 = LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    const size = loanedCheck(p + at, len - at);
    if (!size) return false;
    at += size;
  }
  return at == len;
}

// ── the lender ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Hashes of own accounts' data: key 32, hash 32, u64 slot of the last change, u32 length (0: empty). A newer one displaces an older one. */
const HASH_AT: usize = 32;
const HASH_MODIFIED: usize = 64;
const HASH_LEN: usize = 72;
const HASH_SIZE: u32 = 80;
const HASHES: u32 = 512;
const hashes: usize = memory.data(512 * 80, 16);

/** The data of a stored account as of a slot that can travel as a hash: their length, or 0. */
let dataAt: usize = 0;
function stubData(record: usize, asOf: u64): u32 {
  const image = imageAsOf(record, asOf);
  const lamports = image ? load<u64>(image, IMG_LAMPORTS) : load<u64>(record, ACC_LAMPORTS);
  const len = image ? load<u32>(image, IMG_DATA_LEN) : load<u32>(record, ACC_DATA_LEN);
  if (!lamports || len < STUB_MIN_DATA || !isLoader(image ? image + IMG_OWNER : record + ACC_OWNER)) return 0;
  dataAt = image ? imageData(image) : <usize>load<u32>(record, ACC_DATA);
  return len;
}

/** Hash of what stubData has found. */
function hashOf(record: usize, asOf: u64, len: u32): usize {
  const modified = modifiedAsOf(record, asOf);
  const entry = hashes + (<u32>keyHash(record) & (HASHES - 1)) * HASH_SIZE;
  if (load<u32>(entry, HASH_LEN) != len || load<u64>(entry, HASH_MODIFIED) != modified || !keyEquals(entry, record)) {
    keyCopy(entry, record);
    store<u64>(entry, modified, HASH_MODIFIED);
    store<u32>(entry, len, HASH_LEN);
    blake3(dataAt, len, entry + HASH_AT);
  }
  return entry + HASH_AT;
}

/** Appends an account that is lent to the output. */
export function outLent(record: usize, asOf: u64, writable: bool): void {
  const len = writable ? 0 : stubData(record, asOf);
  if (!len) {
    outAsOf(record, asOf);
    return;
  }
  outStub(record, asOf, len);
}

/** Whether the data of an account as of a slot have this hash; zeros are no hash. Then outStub can say so. */
export function isKnown(record: usize, asOf: u64, hash: usize): bool {
  const len = keyIsZero(hash) ? 0 : stubData(record, asOf);
  return len != 0 && keyEquals(hashOf(record, asOf, len), hash);
}
/** Appends an account for which isKnown has just been true, as of the same slot. */
export function outKnown(record: usize, asOf: u64): void {
  outStub(record, asOf, stubData(record, asOf));
}

/** Appends what stubData has found. */
function outStub(record: usize, asOf: u64, len: u32): void {
  const hash = hashOf(record, asOf, len);
  const image = imageAsOf(record, asOf);
  const to = outEnsure(STUB_SIZE);
  encodeParts(
    to,
    record,
    image ? image + IMG_OWNER : record + ACC_OWNER,
    image ? load<u64>(image, IMG_LAMPORTS) : load<u64>(record, ACC_LAMPORTS),
    image ? load<u64>(image, IMG_RENT_EPOCH) : load<u64>(record, ACC_RENT_EPOCH),
    image ? load<u8>(image, IMG_EXECUTABLE) != 0 : (load<u8>(record, ACC_FLAGS) & ACC_FLAG_EXECUTABLE) != 0,
    0,
    0,
  );
  store<u32>(to, len, ENC_DATA_LEN);
  store<u8>(to, 1, ENC_STUB);
  keyCopy(to + STUB_HASH, hash);
  outAdvance(STUB_SIZE);
}

/** Whether the data of an account as of a slot have this hash; then `out` is it and them. */
export function outCode(record: usize, asOf: u64, hash: usize): bool {
  const len = stubData(record, asOf);
  if (!len || !keyEquals(hashOf(record, asOf, len), hash)) return false;
  outReset();
  outBytes(hash, 32);
  outBytes(dataAt, len);
  return true;
}

// ── the borrower ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Borrowed accounts without their data: u32 record, u32 lender, hash 32. */
const WANT_SHARD: usize = 4;
const WANT_HASH: usize = 8;
const WANT_SIZE: u32 = 40;
let wanted: usize = 0;
let wantedCapacity: u32 = 0;
let wantedCount: u32 = 0;

/** Sets everything but the key of a record from a checked stub; false: the data are not in the cache. */
export function stubInto(record: usize, p: usize): bool {
  const len = load<u32>(p, ENC_DATA_LEN);
  keyCopy(record + ACC_OWNER, p + ENC_OWNER);
  store<u64>(record, load<u64>(p, ENC_LAMPORTS), ACC_LAMPORTS);
  store<u64>(record, load<u64>(p, ENC_RENT_EPOCH), ACC_RENT_EPOCH);
  store<u8>(record, load<u8>(p, ENC_EXECUTABLE) ? ACC_FLAG_EXECUTABLE : 0, ACC_FLAGS);
  store<u32>(record, len, ACC_DATA_LEN);
  // The block is the cache's: a record without a capacity does not own its data, and nobody may write a read-only one.
  return dataInto(record, codeFind(p + STUB_HASH, len));
}
function dataInto(record: usize, data: usize): bool {
  if (!data) return false;
  store<u32>(record, <u32>data, ACC_DATA);
  // Says which version it is, as the slot of the last change does of own accounts.
  store<u64>(record, codeStamp(), ACC_MODIFIED);
  return true;
}

/** Adds a borrowed account from its checked stub, with data from the cache or without. */
export function stubBorrow(p: usize, from: u32): void {
  const record = workspaceBorrow(p);
  if (stubInto(record, p)) return;
  if (wantedCount == wantedCapacity) {
    const next: u32 = wantedCapacity ? wantedCapacity * 2 : 16;
    const fresh = heapAlloc(next * WANT_SIZE);
    if (wantedCapacity) {
      memory.copy(fresh, wanted, wantedCount * WANT_SIZE);
      heapFree(wanted, wantedCapacity * WANT_SIZE);
    }
    wanted = fresh;
    wantedCapacity = next;
  }
  const want = wanted + wantedCount * WANT_SIZE;
  store<u32>(want, <u32>record);
  store<u32>(want, from, WANT_SHARD);
  keyCopy(want + WANT_HASH, p + STUB_HASH);
  wantedCount += 1;
}

/** Borrowed accounts whose data are still missing. */
export function stubsWanted(): u32 {
  return wantedCount;
}

/** out: WANTED each: data that the open slot needs, and who lends them; each once. */
export function engineCodesMissing(): i32 {
  outReset();
  for (let i: u32 = 0; i < wantedCount; i++) {
    const want = wanted + i * WANT_SIZE;
    let before: u32 = 0;
    while (before < i && !keyEquals(wanted + before * WANT_SIZE + WANT_HASH, want + WANT_HASH)) before++;
    if (before < i) continue;
    outZeros(WANTED_SIZE);
    const entry = changetype<WantedCode>(outAt(outLen() - WANTED_SIZE));
    entry.shard = load<u32>(want, WANT_SHARD);
    keyCopy(entry.hash, want + WANT_HASH);
  }
  return 0;
}

/**
 * in: hash 32, data. They are kept, and the borrowed accounts that wait for them have them. ENGINE_UNEXPECTED: nobody waits for them;
 * ENGINE_CORRUPT: they have another hash.
 */
export function engineReceiveCode(p: usize, len: u32): i32 {
  if (len < 32 + STUB_MIN_DATA || len > 32 + ACC_MAX_DATA) return ENGINE_MALFORMED;
  const size = len - 32;
  let found = false;
  for (let i: u32 = 0; i < wantedCount && !found; i++) {
    const want = wanted + i * WANT_SIZE;
    found = keyEquals(want + WANT_HASH, p) && load<u32>(load<u32>(want), ACC_DATA_LEN) == size;
  }
  if (!found) return ENGINE_UNEXPECTED;
  blake3(p + 32, size, computed);
  if (!keyEquals(computed, p)) return ENGINE_CORRUPT;
  const data = codeAdd(p, p + 32, size);
  let left: u32 = 0;
  for (let i: u32 = 0; i < wantedCount; i++) {
    const want = wanted + i * WANT_SIZE;
    const record: usize = load<u32>(want);
    if (keyEquals(want + WANT_HASH, p) && load<u32>(record, ACC_DATA_LEN) == size) dataInto(record, data);
    else {
      if (left != i) memory.copy(wanted + left * WANT_SIZE, want, WANT_SIZE);
      left += 1;
    }
  }
  wantedCount = left;
  return 0;
}
const computed: usize = memory.data(32, 16);

/** in: data. They are kept for simulations, as long as there is room. out: their hash. */
export function engineKeepCode(p: usize, len: u32): i32 {
  outReset();
  if (len < STUB_MIN_DATA || len > ACC_MAX_DATA) return ENGINE_MALFORMED;
  if (!sessionOpen()) codesTurn();
  blake3(p, len, computed);
  if (!codeFind(computed, len)) codeAdd(computed, p, len);
  outBytes(computed, 32);
  return 0;
}

// ── both ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The slot is over. `failed`: something may have been written that must not be. */
export function stubsClose(failed: bool): void {
  wantedCount = 0;
  if (failed) codesForget();
  codesTurn();
}

/** Slots of last changes say nothing any more: another shard, or slots that were taken back. */
export function stubsForget(): void {
  memory.fill(hashes, 0, HASHES * HASH_SIZE);
}
