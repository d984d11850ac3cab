/** Encoded accounts and account lists (docs/interfaces.md section 5). An account has exactly one encoding. */
import { keyCopy, keyIsZero } from "../memory/bytes";
import { outAdvance, outEnsure } from "../memory/io";
import {
  ACC_DATA,
  ACC_DATA_LEN,
  ACC_FLAGS,
  ACC_FLAG_EXECUTABLE,
  ACC_KEY,
  ACC_LAMPORTS,
  ACC_MAX_DATA,
  ACC_OWNER,
  ACC_RENT_EPOCH,
  ENC_DATA_LEN,
  ENC_EXECUTABLE,
  ENC_HEADER,
  ENC_LAMPORTS,
  ENC_OWNER,
  ENC_RENT_EPOCH,
  LIST_COUNT,
  LIST_HEADER,
  LIST_PAD,
} from "./account";
import { dataDrop, dataSet } from "./data";

export { LIST_COUNT, LIST_HEADER, LIST_PAD };

// @ts-ignore: decorator
@inline
export function encodedSize(dataLen: u32): u32 {
  return ENC_HEADER + ((dataLen + 7) & ~7);
}

/** Size of the encoded account at `p`, or 0 when it is not one within `available` bytes. */
export function encodedCheck(p: usize, available: u32): u32 {
  if (available < ENC_HEADER) return 0;
  const dataLen = load<u32>(p, ENC_DATA_LEN);
  if (dataLen > ACC_MAX_DATA) return 0;
  const size = encodedSize(dataLen);
  if (size > available || load<u32>(p, ENC_EXECUTABLE) > 1) return 0;
  const rest = dataLen & 7;
  if (rest && load<u64>(p + size - 8) >> (rest << 3)) return 0;
  if (load<u64>(p, ENC_LAMPORTS) == 0) {
    const empty = (load<u64>(p, ENC_RENT_EPOCH) | load<u32>(p, ENC_DATA_LEN) | load<u32>(p, ENC_EXECUTABLE)) == 0;
    if (!empty || !keyIsZero(p + ENC_OWNER)) return 0;
  }
  return size;
}

/** Whether [p, p+len) is one account list, no byte more. */
export function listCheck(p: usize, len: u32): bool {
  if (len < LIST_HEADER || load<u32>(p, LIST_PAD) != 0) return false;
  let at: u32 = LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    const size = encodedCheck(p + at, len - at);
    if (!size) return false;
    at += size;
  }
  return at == len;
}

/** Writes a header and data as an encoded account to `to`, which has room for it. Fields with lamports 0 are all zero. */
export function encodeParts(to: usize, key: usize, owner: usize, lamports: u64, rentEpoch: u64, executable: bool, data: usize, dataLen: u32): u32 {
  keyCopy(to, key);
  if (!lamports) {
    memory.fill(to + ENC_OWNER, 0, ENC_HEADER - <u32>ENC_OWNER);
    return ENC_HEADER;
  }
  keyCopy(to + ENC_OWNER, owner);
  store<u64>(to, lamports, ENC_LAMPORTS);
  store<u64>(to, rentEpoch, ENC_RENT_EPOCH);
  store<u32>(to, dataLen, ENC_DATA_LEN);
  store<u32>(to, <u32>executable, ENC_EXECUTABLE);
  const size = encodedSize(dataLen);
  if (dataLen & 7) store<u64>(to + size - 8, 0);
  if (dataLen) memory.copy(to + ENC_HEADER, data, dataLen);
  return size;
}

/** Bytes that encodeRecord writes. */
export function recordEncodedSize(record: usize): u32 {
  return load<u64>(record, ACC_LAMPORTS) ? encodedSize(load<u32>(record, ACC_DATA_LEN)) : ENC_HEADER;
}
export function encodeRecord(to: usize, record: usize): u32 {
  return encodeParts(
    to,
    record + ACC_KEY,
    record + ACC_OWNER,
    load<u64>(record, ACC_LAMPORTS),
    load<u64>(record, ACC_RENT_EPOCH),
    (load<u8>(record, ACC_FLAGS) & ACC_FLAG_EXECUTABLE) != 0,
    load<u32>(record, ACC_DATA),
    load<u32>(record, ACC_DATA_LEN),
  );
}
/** Appends a record to the output. */
export function outRecord(record: usize): void {
  outAdvance(encodeRecord(outEnsure(recordEncodedSize(record)), record));
}
/** Appends the tombstone of a key to the output. */
export function outTombstone(key: usize): void {
  const to = outEnsure(ENC_HEADER);
  keyCopy(to, key);
  memory.fill(to + ENC_OWNER, 0, ENC_HEADER - <u32>ENC_OWNER);
  outAdvance(ENC_HEADER);
}

/** Sets everything but the key of a record from a checked encoded account. */
export function decodeInto(record: usize, p: usize): void {
  keyCopy(record + ACC_OWNER, p + ENC_OWNER);
  store<u64>(record, load<u64>(p, ENC_LAMPORTS), ACC_LAMPORTS);
  store<u64>(record, load<u64>(p, ENC_RENT_EPOCH), ACC_RENT_EPOCH);
  store<u8>(record, load<u8>(p, ENC_EXECUTABLE) ? ACC_FLAG_EXECUTABLE : 0, ACC_FLAGS);
  dataSet(record, p + ENC_HEADER, load<u32>(p, ENC_DATA_LEN));
}

/** Makes a record show an account that does not exist; the key stays. */
export function recordEmpty(record: usize): void {
  dataDrop(record);
  memory.fill(record + ACC_OWNER, 0, 32);
  store<u64>(record, 0, ACC_LAMPORTS);
  store<u64>(record, 0, ACC_RENT_EPOCH);
  store<u8>(record, 0, ACC_FLAGS);
}
