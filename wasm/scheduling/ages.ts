/**
 * Which blockhashes the next block's transactions can use, and at which heights they are: the context's newest 150, found by a small table.
 */
import { keyEquals } from "../memory/bytes";
import { REC_FLAG_NONCE, REC_FLAGS, REC_OFF_BLOCKHASH, recordTx } from "../transaction/record";
import { BLOCKHASH_HEIGHTS } from "./limits";

/** The record's blockhash cannot be used. */
export const HEIGHT_NONE: u64 = u64.MAX_VALUE;
/** It is taken for a nonce. */
export const HEIGHT_NONCE: u64 = u64.MAX_VALUE - 1;

const hashes: usize = memory.data(150 * 32, 16);
const PLACES: u32 = 512;
/** u16 age + 1 by hash of the blockhash. */
const places: usize = memory.data(512 * 2, 16);
let count: u32 = 0;
/** Height of the newest blockhash. */
let newest: u64 = 0;
let ready: bool = false;

export function agesInit(): void {
  ready = false;
}
export function agesReady(): bool {
  return ready;
}
/** The height that the next block can raise the chain to. */
export function nextHeight(): u64 {
  return newest + 1;
}

// @ts-ignore: decorator
@inline
function placeOf(hash: usize): u32 {
  return <u32>load<u64>(hash) & (PLACES - 1); // a blockhash is a SHA-256: its bytes are as good as a hash of it
}

/** Takes the usable blockhashes, newest first, and the height of the newest one. */
export function agesSetContext(height: u64, list: usize, n: u32): void {
  n = min(n, BLOCKHASH_HEIGHTS);
  if (ready && height == newest && n == count && (!n || keyEquals(hashes, list))) return;
  memory.copy(hashes, list, n * 32);
  memory.fill(places, 0, PLACES * 2);
  for (let age: u32 = 0; age < n; age++) {
    let i = placeOf(hashes + age * 32);
    while (load<u16>(places + i * 2)) i = (i + 1) & (PLACES - 1);
    store<u16>(places + i * 2, <u16>(age + 1));
  }
  count = n;
  newest = height;
  ready = true;
}

/** The height of the record's blockhash, HEIGHT_NONCE or HEIGHT_NONE. */
export function usableHeight(record: usize): u64 {
  const hash = recordTx(record) + load<u16>(record, REC_OFF_BLOCKHASH);
  let i = placeOf(hash);
  while (true) {
    const age: u32 = load<u16>(places + i * 2);
    if (!age) return load<u8>(record, REC_FLAGS) & REC_FLAG_NONCE ? HEIGHT_NONCE : HEIGHT_NONE;
    if (keyEquals(hashes + (age - 1) * 32, hash)) return newest - <u64>(age - 1);
    i = (i + 1) & (PLACES - 1);
  }
}

/** The last height whose blocks can hold a transaction of this height. */
export function lastHeightOf(height: u64): u64 {
  return (height == HEIGHT_NONCE ? nextHeight() : height) + <u64>BLOCKHASH_HEIGHTS;
}
