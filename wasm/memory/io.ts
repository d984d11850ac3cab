/** The two buffers through which the host and an instance exchange bytes. */
import { heapAlloc, heapFree, heapCapacity } from "./heap";

/** A buffer larger than this is given back when the next use needs less than a quarter of it. */
const KEEP: u32 = 4 << 20;
/** A buffer doubles, but grows by no more than this: while it grows the old one is there too. */
const GROWTH: u32 = 2 << 20;

let inPtr: usize = 0;
let inCap: u32 = 0;
let outPtr: usize = 0;
let outCap: u32 = 0;
let outSize: u32 = 0;

/** Pointer to at least `size` bytes for the host to write its input into; valid until the next call. */
export function ioIn(size: u32): usize {
  if (size > inCap || (inCap > KEEP && size < inCap >> 2)) {
    if (inPtr) heapFree(inPtr, inCap);
    inCap = heapCapacity(max<u32>(size, 4096));
    inPtr = heapAlloc(inCap);
  }
  return inPtr;
}
export function ioOutPtr(): usize {
  return outPtr;
}
export function ioOutLen(): u32 {
  return outSize;
}

export function outReset(): void {
  if (outCap > KEEP && outSize < outCap >> 2) {
    heapFree(outPtr, outCap);
    outPtr = 0;
    outCap = 0;
  }
  outSize = 0;
}
export function outLen(): u32 {
  return outSize;
}
export function outAt(offset: u32): usize {
  return outPtr + offset;
}
/** Room for `n` more bytes; returns where they start. The buffer may move: keep offsets, not pointers. */
export function outEnsure(n: u32): usize {
  if (outSize + n > outCap) {
    const capacity = heapCapacity(max<u32>(outSize + n, max<u32>(outCap + min<u32>(outCap, GROWTH), 65536)));
    const fresh = heapAlloc(capacity);
    if (outPtr) {
      memory.copy(fresh, outPtr, outSize);
      heapFree(outPtr, outCap);
    }
    outPtr = fresh;
    outCap = capacity;
  }
  return outPtr + outSize;
}
export function outAdvance(n: u32): void {
  outSize += n;
}
export function outU8(v: u32): void {
  store<u8>(outEnsure(1), <u8>v);
  outSize += 1;
}
export function outU16(v: u32): void {
  store<u16>(outEnsure(2), <u16>v);
  outSize += 2;
}
export function outU32(v: u32): void {
  store<u32>(outEnsure(4), v);
  outSize += 4;
}
export function outU64(v: u64): void {
  store<u64>(outEnsure(8), v);
  outSize += 8;
}
export function outBytes(ptr: usize, len: u32): void {
  memory.copy(outEnsure(len), ptr, len);
  outSize += len;
}
export function outZeros(len: u32): void {
  memory.fill(outEnsure(len), 0, len);
  outSize += len;
}
