/**
 * Functions of the program being loaded: hash -> first instruction, open addressing. One loading at a time; the table is given back when
 * the code is translated. solana-sbpf src/program.rs FunctionRegistry.
 *
 * A slot: u32 hash, u32 instruction + 1 (0: empty). A file has at most one function a call and a relocation, so the table grows by need.
 */
import { wordHash } from "../../memory/bytes";
import { heapAlloc, heapFree } from "../../memory/heap";

let slots: usize = 0;
let capacity: u32 = 0;
let used: u32 = 0;

export function functionsBegin(): void {
  capacity = 256;
  used = 0;
  slots = heapAlloc(capacity << 3);
  memory.fill(slots, 0, capacity << 3);
}
export function functionsEnd(): void {
  heapFree(slots, capacity << 3);
  slots = 0;
}

/** The slot of a hash, or the empty one where it belongs. A file can be made so that its hashes lie close together: hence wordHash. */
function find(hash: u32): usize {
  const mask = capacity - 1;
  let i = <u32>wordHash(hash);
  while (true) {
    const slot = slots + ((i & mask) << 3);
    if (!load<u32>(slot, 4) || load<u32>(slot) == hash) return slot;
    i += 1;
  }
}

function grow(): void {
  const old = slots;
  const oldCapacity = capacity;
  capacity <<= 1;
  slots = heapAlloc(capacity << 3);
  memory.fill(slots, 0, capacity << 3);
  for (let i: u32 = 0; i < oldCapacity; i++) {
    const from = old + (i << 3);
    if (load<u32>(from, 4)) store<u64>(find(load<u32>(from)), load<u64>(from));
  }
  heapFree(old, oldCapacity << 3);
}

/** First instruction of a function, or -1. */
export function functionsLookup(hash: u32): i32 {
  return <i32>load<u32>(find(hash), 4) - 1;
}
/** False: the hash belongs to another function already. */
export function functionsAdd(hash: u32, instruction: u32): bool {
  const slot = find(hash);
  const known = load<u32>(slot, 4);
  if (known) return known == instruction + 1;
  store<u32>(slot, hash);
  store<u32>(slot, instruction + 1, 4);
  used += 1;
  if (used > capacity >> 1) grow();
  return true;
}
/** Where the hash belongs to, whatever it belonged to before. */
export function functionsReplace(hash: u32, instruction: u32): void {
  const slot = find(hash);
  if (load<u32>(slot, 4)) store<u32>(slot, instruction + 1, 4);
  else functionsAdd(hash, instruction);
}
