/**
 * What a slot leaves behind until it is stable: pre-images of the accounts it changed, and the bytes that must be
 * sendable again (its lends, returns and results).
 *
 *   slots, oldest ──▶ ... ──▶ newest          record ── ACC_UNDO ──▶ image of slot 9 ──older──▶ image of slot 7
 *     └─ images of the slot (a list)                                  (value before 9)           (value before 7)
 *     └─ chunks: all memory of the slot, freed at once
 *
 * The account as of the end of slot S is the oldest image of a slot > S, or the record itself when there is none. An image has data only
 * where they were changed: else they are those of the next newer image that has them, or the record's.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyCopy } from "../memory/bytes";
import {
  ACC_DATA,
  ACC_DATA_LEN,
  ACC_FLAGS,
  ACC_FLAG_EXECUTABLE,
  ACC_KEY,
  ACC_LAMPORTS,
  ACC_MODIFIED,
  ACC_OWNER,
  ACC_RENT_EPOCH,
  ACC_UNDO,
} from "./account";
import { bytesEqual, dataSet } from "./data";
import { encodedSize, encodeParts } from "./encoding";

export const SLOT_NUMBER: usize = 0; // u64
export const SLOT_VIEW: usize = 8; // u64
export const SLOT_DIGEST: usize = 16; // hash
export const SLOT_PREVIOUS: usize = 48; // u64: the slot this shard applied before
/** u64 total of the shard after the slot */
export const SLOT_LAMPORTS: usize = 56;
/** u64 burned by the transactions executed here */
export const SLOT_FEES: usize = 64;
export const SLOT_CHUNK: usize = 72; // u32: newest chunk
export const SLOT_AT: usize = 76; // u32
export const SLOT_END: usize = 80; // u32
export const SLOT_IMAGES: usize = 84; // u32: list
export const SLOT_NEXT: usize = 88; // u32: newer slot
export const SLOT_OLDER: usize = 92; // u32
export const SLOT_LENDS: usize = 96; // u32 pointer, entries of 40 bytes
export const SLOT_NUM_LENDS: usize = 100; // u32
/** u32 pointer, u32 length: for each shard {u32 shard, u32 length, account list} */
export const SLOT_RETURNS: usize = 104;
export const SLOT_RETURNS_LEN: usize = 108;
/** u32 pointer, u32 length: u32 count, u32 0, results */
export const SLOT_RESULTS: usize = 112;
export const SLOT_RESULTS_LEN: usize = 116;
/** u32 accounts that exist in the shard after the slot */
export const SLOT_COUNT: usize = 120;
/** u64 height of the newest blockhash that the slot's transactions could use */
export const SLOT_HEIGHT: usize = 128;
/** u32 pointer, u32 count, u32 room: tags that landed (wasm/state/known.ts) */
export const SLOT_LANDED: usize = 136;
export const SLOT_NUM_LANDED: usize = 140;
export const SLOT_LANDED_ROOM: usize = 144;
/** u32 pointer, u32 count: tags of fee payers that are lent, answered (wasm/state/tags.ts) */
export const SLOT_TAGS: usize = 148;
export const SLOT_NUM_TAGS: usize = 152;
/** u32 list: what lenders said of the tags of this shard's transactions */
export const SLOT_BORROWED: usize = 156;
/** u32 pointer, u32 length: a hash for each virtual shard that changed (wasm/state/effects.ts) */
export const SLOT_EFFECTS: usize = 160;
export const SLOT_EFFECTS_LEN: usize = 164;
const SLOT_SIZE: u32 = 168;

export const IMG_NEXT: usize = 0; // u32: next in the slot
export const IMG_RECORD: usize = 4; // u32
export const IMG_OLDER: usize = 8; // u32
export const IMG_NEWER: usize = 12; // u32
export const IMG_SLOT: usize = 16; // u64
export const IMG_OWNER: usize = 24;
export const IMG_LAMPORTS: usize = 56; // u64
export const IMG_RENT_EPOCH: usize = 64; // u64
export const IMG_MODIFIED: usize = 72; // u64
export const IMG_DATA_LEN: usize = 80; // u32
export const IMG_EXECUTABLE: usize = 84; // u8
/** u32 pointer; 0: not changed in the slot, or none */
const IMG_DATA: usize = 88;
const IMG_SIZE: u32 = 96;

const CHUNK_FIRST: u32 = 4096;
const CHUNK_MAX: u32 = 65536;
const CHUNK_NEXT: usize = 0; // u32
const CHUNK_BYTES: usize = 4; // u32
const CHUNK_HEADER: u32 = 16;

export function slotNew(): usize {
  const slot = heapAlloc(SLOT_SIZE);
  memory.fill(slot, 0, SLOT_SIZE);
  return slot;
}

/** `size` bytes that live as long as the slot, 8-byte aligned. */
export function slotAlloc(slot: usize, size: u32): usize {
  size = (size + 7) & ~7;
  let at: usize = load<u32>(slot, SLOT_AT);
  if (at + size > <usize>load<u32>(slot, SLOT_END)) {
    const chunk: usize = load<u32>(slot, SLOT_CHUNK);
    const step = chunk ? min<u32>(CHUNK_MAX, load<u32>(chunk, CHUNK_BYTES) << 1) : CHUNK_FIRST;
    const bytes = max(step, size + CHUNK_HEADER);
    const fresh = heapAlloc(bytes);
    store<u32>(fresh, <u32>chunk, CHUNK_NEXT);
    store<u32>(fresh, bytes, CHUNK_BYTES);
    store<u32>(slot, <u32>fresh, SLOT_CHUNK);
    store<u32>(slot, <u32>fresh + bytes, SLOT_END);
    at = fresh + CHUNK_HEADER;
  }
  store<u32>(slot, <u32>at + size, SLOT_AT);
  return at;
}

export function slotCopy(slot: usize, from: usize, len: u32): usize {
  const to = slotAlloc(slot, len);
  memory.copy(to, from, len);
  return to;
}

/** Frees a slot and all its memory; no record may refer to its images any more. */
export function slotFree(slot: usize): void {
  let chunk: usize = load<u32>(slot, SLOT_CHUNK);
  while (chunk) {
    const next = load<u32>(chunk, CHUNK_NEXT);
    heapFree(chunk, load<u32>(chunk, CHUNK_BYTES));
    chunk = next;
  }
  heapFree(slot, SLOT_SIZE);
}

/** Keeps the pre-image of a record that has none in this slot. `data`: they may be wanted; imageKeepData comes before they are changed. */
export function imageKeep(slot: usize, record: usize, data: bool): void {
  const len = data ? load<u32>(record, ACC_DATA_LEN) : 0;
  const image = slotAlloc(slot, IMG_SIZE);
  store<u32>(image, load<u32>(slot, SLOT_IMAGES));
  store<u32>(slot, <u32>image, SLOT_IMAGES);
  store<u32>(image, <u32>record, IMG_RECORD);
  const older: usize = load<u32>(record, ACC_UNDO);
  store<u32>(image, <u32>older, IMG_OLDER);
  store<u32>(image, 0, IMG_NEWER);
  if (older) store<u32>(older, <u32>image, IMG_NEWER);
  store<u32>(record, <u32>image, ACC_UNDO);
  store<u64>(image, load<u64>(slot), IMG_SLOT);
  keyCopy(image + IMG_OWNER, record + ACC_OWNER);
  store<u64>(image, load<u64>(record, ACC_LAMPORTS), IMG_LAMPORTS);
  store<u64>(image, load<u64>(record, ACC_RENT_EPOCH), IMG_RENT_EPOCH);
  store<u64>(image, load<u64>(record, ACC_MODIFIED), IMG_MODIFIED);
  store<u32>(image, len, IMG_DATA_LEN);
  store<u32>(image, load<u8>(record, ACC_FLAGS) & ACC_FLAG_EXECUTABLE, IMG_EXECUTABLE);
  store<u32>(image, 0, IMG_DATA);
}

/** Before the data of a record are changed that has an image in this slot: the copy that it keeps, or 0 when it has one, or nothing to keep. */
export function imageKeepData(slot: usize, image: usize): usize {
  const len = load<u32>(image, IMG_DATA_LEN);
  if (!len || load<u32>(image, IMG_DATA)) return 0;
  const copy = slotCopy(slot, load<u32>(load<u32>(image, IMG_RECORD), ACC_DATA), len);
  store<u32>(image, <u32>copy, IMG_DATA);
  return copy;
}

/** The data that an image stands for. */
export function imageData(image: usize): usize {
  for (let at = image; at; at = load<u32>(at, IMG_NEWER)) {
    const data = load<u32>(at, IMG_DATA);
    if (data) return data;
  }
  return load<u32>(load<u32>(image, IMG_RECORD), ACC_DATA);
}

/** Takes a record's newest image out of its chain. */
export function imageUnlink(image: usize): void {
  const older: usize = load<u32>(image, IMG_OLDER);
  store<u32>(load<u32>(image, IMG_RECORD), <u32>older, ACC_UNDO);
  if (older) store<u32>(older, 0, IMG_NEWER);
}

/** Takes a record's oldest image out of its chain. */
export function imageExpire(image: usize): void {
  const newer: usize = load<u32>(image, IMG_NEWER);
  if (newer) store<u32>(newer, 0, IMG_OLDER);
  else store<u32>(load<u32>(image, IMG_RECORD), 0, ACC_UNDO);
}

/** The image that shows the account as of the end of slot `asOf`, or 0: the record does. */
export function imageAsOf(record: usize, asOf: u64): usize {
  let found: usize = 0;
  let image: usize = load<u32>(record, ACC_UNDO);
  while (image && load<u64>(image, IMG_SLOT) > asOf) {
    found = image;
    image = load<u32>(image, IMG_OLDER);
  }
  return found;
}

/** Puts a record back to its image (not the chain). */
export function imageRestore(image: usize): void {
  const record: usize = load<u32>(image, IMG_RECORD);
  keyCopy(record + ACC_OWNER, image + IMG_OWNER);
  store<u64>(record, load<u64>(image, IMG_LAMPORTS), ACC_LAMPORTS);
  store<u64>(record, load<u64>(image, IMG_RENT_EPOCH), ACC_RENT_EPOCH);
  store<u64>(record, load<u64>(image, IMG_MODIFIED), ACC_MODIFIED);
  store<u8>(record, load<u8>(image, IMG_EXECUTABLE), ACC_FLAGS);
  const data = load<u32>(image, IMG_DATA);
  if (data || !load<u32>(image, IMG_DATA_LEN)) dataSet(record, data, load<u32>(image, IMG_DATA_LEN));
}

/** Whether the record shows the same account as its image. Two accounts without lamports are the same. */
export function imageSame(image: usize, record: usize): bool {
  const lamports = load<u64>(record, ACC_LAMPORTS);
  if (lamports != load<u64>(image, IMG_LAMPORTS)) return false;
  if (!lamports) return true;
  const len = load<u32>(record, ACC_DATA_LEN);
  return (
    len == load<u32>(image, IMG_DATA_LEN) &&
    load<u64>(record, ACC_RENT_EPOCH) == load<u64>(image, IMG_RENT_EPOCH) &&
    (load<u8>(record, ACC_FLAGS) & ACC_FLAG_EXECUTABLE) == load<u8>(image, IMG_EXECUTABLE) &&
    bytesEqual(record + ACC_OWNER, image + IMG_OWNER, 32) &&
    (!load<u32>(image, IMG_DATA) || bytesEqual(load<u32>(record, ACC_DATA), load<u32>(image, IMG_DATA), len))
  );
}

export function imageEncodedSize(image: usize): u32 {
  return encodedSize(load<u64>(image, IMG_LAMPORTS) ? load<u32>(image, IMG_DATA_LEN) : 0);
}
export function imageEncode(to: usize, image: usize): u32 {
  return encodeParts(
    to,
    <usize>load<u32>(image, IMG_RECORD) + ACC_KEY,
    image + IMG_OWNER,
    load<u64>(image, IMG_LAMPORTS),
    load<u64>(image, IMG_RENT_EPOCH),
    load<u8>(image, IMG_EXECUTABLE) != 0,
    imageData(image),
    load<u32>(image, IMG_DATA_LEN),
  );
}
