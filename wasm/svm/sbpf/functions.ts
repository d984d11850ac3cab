/**
 * Functions of the program being loaded, by the hash that calls name them by. One loading at a time. solana-sbpf 0.23 src/program.rs FunctionRegistry.
 *
 * A function goes by murmur3 of its first instruction, "entrypoint" by its name. Over 32-bit numbers murmur3 has no collisions and can be
 * undone, so all there is to keep is a bit an instruction: a file of 10 MiB can have more than a million functions.
 */
import { heapAlloc, heapFree } from "../../memory/heap";
import { murmur3Target } from "./murmur3";

/** murmur3 of "entrypoint". No file is so long that it is the hash of one of its instructions (number 184,599,424). */
export const ENTRYPOINT: u32 = 0x71e3cf81;

let bits: usize = 0;
let room: u32 = 0;
let entry: i64 = -1;

/** For a file of `len` bytes. */
export function functionsBegin(len: u32): void {
  room = (len >> 6) + 8;
  bits = heapAlloc(room);
  memory.fill(bits, 0, room);
  entry = -1;
}
export function functionsEnd(): void {
  heapFree(bits, room);
}

/** First instruction of a function, or -1. */
export function functionsLookup(hash: u32): i64 {
  if (hash == ENTRYPOINT) return entry;
  const instruction = murmur3Target(hash);
  const byte = instruction >> 3;
  return byte < room && load<u8>(bits + byte) & (1 << (instruction & 7)) ? <i64>instruction : -1;
}
/** A function by its first instruction. */
export function functionsAdd(instruction: u32): void {
  const at = bits + (instruction >> 3);
  store<u8>(at, load<u8>(at) | (1 << (<u8>instruction & 7)));
}
/** The function "entrypoint". False: it is another one already. */
export function functionsAddEntrypoint(instruction: u32): bool {
  if (entry >= 0 && entry != <i64>instruction) return false;
  entry = instruction;
  return true;
}
/** The entry point of the file, whatever the name meant before. */
export function functionsSetEntrypoint(instruction: u32): void {
  entry = instruction;
}
