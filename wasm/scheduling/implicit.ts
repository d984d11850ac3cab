/**
 * Accounts that a transaction reads without naming them: the programdata of its programs.
 *
 *   instruction ─▶ program id ─┐
 *   any account that is known  ├─▶ programdata = address of [program] under the upgradeable loader ─▶ implicit key of the record
 *   to be a program (noted)  ──┘
 *
 * The planner reads no accounts: a program id may as well be a program without programdata, then the key is that of an account that
 * does not exist, and costs a lease. A program that is only called by others is not seen here at first; execution defers the
 * transaction (docs/svm.md), and it comes back with the programdata of every account it names.
 */
import { keyEquals, keyHash } from "../memory/bytes";
import { heapAlloc } from "../memory/heap";
import { findProgramAddress } from "../svm/runtime/address";
import {
  MAX_IMPLICIT, nextInstruction, REC_NUM_INSTRUCTIONS, REC_OFF_INSTRUCTIONS, recordKey, recordNumAccounts, recordTx,
} from "../transaction/record";
import { WK_BPF_LOADER_UPGRADEABLE, isReplicated, wellKnownKey } from "../transaction/well-known";
import { DERIVED_PLACES, MAX_DERIVED, NOTED_PLACES } from "./limits";

/** A place of either table: key of the program, its programdata, u8 1 when taken; a newer entry displaces an older one. */
const PLACE_ADDRESS: usize = 32;
const PLACE_TAKEN: usize = 64;
const PLACE: u32 = 72;
/** Addresses derived lately, and programs that execution has met: NOTED_PLACES after DERIVED_PLACES. */
let derived: usize = 0;
let noted: usize = 0;
let anyNoted: bool = false;

const keys: usize = memory.data(<i32>MAX_IMPLICIT * 32, 16);
let count: u32 = 0;
const fresh: usize = memory.data(32, 16);
/** u32 pointer, u32 length. */
const SEED_LEN: usize = 4;
const seed: usize = memory.data(8, 8);
/** Whether account i is the program of an instruction. */
const isProgram: usize = memory.data(256, 16);

export function implicitInit(): void {
  const bytes = (DERIVED_PLACES + NOTED_PLACES) * PLACE;
  if (!derived) derived = heapAlloc(bytes);
  noted = derived + DERIVED_PLACES * PLACE;
  memory.fill(derived, 0, bytes);
  anyNoted = false;
}

// @ts-ignore: decorator
@inline
function placeOf(table: usize, places: u32, key: usize): usize {
  return table + (<u32>keyHash(key) & (places - 1)) * PLACE;
}
// @ts-ignore: decorator
@inline
function holds(place: usize, key: usize): bool {
  return load<u8>(place, PLACE_TAKEN) != 0 && keyEquals(place, key);
}

/** Derives the programdata address of a program into a place; there is one but for odds of 2^-255. */
function derive(place: usize, key: usize): usize {
  store<u32>(seed, <u32>key);
  store<u32>(seed, 32, SEED_LEN);
  if (findProgramAddress(wellKnownKey(WK_BPF_LOADER_UPGRADEABLE), seed, 1, fresh) < 0) return 0;
  memory.copy(place, key, 32);
  memory.copy(place + PLACE_ADDRESS, fresh, 32);
  store<u8>(place, 1, PLACE_TAKEN);
  return place + PLACE_ADDRESS;
}

/** Execution has met a program at this key: whoever names it from now on gets its programdata too. */
export function noteProgram(key: usize): void {
  const place = placeOf(noted, NOTED_PLACES, key);
  if (!holds(place, key)) derive(place, key);
  anyNoted = true;
}

function notedProgramdata(key: usize): usize {
  const place = placeOf(noted, NOTED_PLACES, key);
  return holds(place, key) ? place + PLACE_ADDRESS : 0;
}

let derivations: u32 = 0;
function programdataOf(key: usize): usize {
  const known = anyNoted ? notedProgramdata(key) : 0;
  if (known) return known;
  const place = placeOf(derived, DERIVED_PLACES, key);
  if (holds(place, key)) return place + PLACE_ADDRESS;
  if (!derivations) return 0;
  derivations -= 1;
  return derive(place, key);
}

function add(record: usize, address: usize): void {
  if (!address || isReplicated(address)) return;
  for (let i: u32 = 0, n = recordNumAccounts(record); i < n; i++) if (keyEquals(recordKey(record, i), address)) return;
  for (let i: u32 = 0; i < count; i++) if (keyEquals(keys + i * 32, address)) return;
  memory.copy(keys + count * 32, address, 32);
  count += 1;
}

/**
 * Collects the implicit keys of a record that matches its wire transaction; returns their number, at most one for each of its accounts.
 * `complete`: of all its accounts, whatever they are; otherwise of its programs and of what was noted.
 */
export function implicitOf(record: usize, complete: bool): u32 {
  count = 0;
  derivations = complete ? MAX_IMPLICIT : MAX_DERIVED;
  let p = recordTx(record) + load<u16>(record, REC_OFF_INSTRUCTIONS);
  const accounts = recordNumAccounts(record);
  if (complete) {
    for (let i: u32 = 0; i < accounts; i++) {
      const key = recordKey(record, i);
      if (!isReplicated(key)) add(record, programdataOf(key));
    }
    return count;
  }
  let programs = false;
  for (let n: u32 = load<u8>(record, REC_NUM_INSTRUCTIONS); n; n--) {
    const program: u32 = load<u8>(p);
    if (!isReplicated(recordKey(record, program))) {
      if (!programs) memory.fill(isProgram, 0, accounts);
      programs = true;
      if (!load<u8>(isProgram + program)) add(record, programdataOf(recordKey(record, program)));
      store<u8>(isProgram + program, <u8>true);
    }
    if (n > 1) p = nextInstruction(record, p);
  }
  if (!anyNoted) return count;
  for (let i: u32 = 0; i < accounts; i++) {
    if (programs && load<u8>(isProgram + i)) continue;
    const address = notedProgramdata(recordKey(record, i));
    if (address) add(record, address);
  }
  return count;
}
/** The keys that implicitOf has collected, 32 bytes each. */
export function implicitKeys(): usize {
  return keys;
}
