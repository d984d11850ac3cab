/**
 * The carried programs: those that most transactions call and that nobody can change. Every instance has their accounts from the genesis and
 * runs their ELFs; they are lent to nobody, and what a transaction reads of them it reads here (transaction/well-known.ts).
 *
 *   genesis ─▶ the shards' own accounts: RPC reads, scans, lamports that somebody gives them
 *          └─▶ engineCarry, in every instance ─▶ records of sysvars.ts ─▶ execution
 *
 * They must be as nobody can change them: programdata without an upgrade authority, of slot 0, or the account of a loader without upgrades.
 */
import {
  ENC_DATA_LEN,
  ENC_EXECUTABLE,
  ENC_HEADER,
  ENC_LAMPORTS,
  ENC_OWNER,
} from "../state/account";
import { ENGINE_MALFORMED } from "../state/codes";
import { encodedSize, listCheck, LIST_HEADER } from "../state/encoding";
import { keyEquals } from "../memory/bytes";
import {
  WK_ADDRESS_LOOKUP_TABLE,
  WK_ASSOCIATED_TOKEN,
  WK_BPF_LOADER_1,
  WK_BPF_LOADER_2,
  WK_BPF_LOADER_UPGRADEABLE,
  WK_LOOKUP_TABLE_DATA,
  WK_TOKEN,
  WK_TOKEN_DATA,
  mayBeCarried,
  wellKnownIndex,
  wellKnownKey,
} from "../transaction/well-known";
import { associatedTokenCode } from "./programs/associated-token/existing";
import { tokenCode } from "./programs/token/transfer";
import { wellKnownCarry } from "./sysvars";

const PROGRAM: u32 = 2;
const PROGRAM_SIZE: u32 = 36;
const PROGRAMDATA: u32 = 3;
const PROGRAMDATA_SLOT: usize = 4;
const PROGRAMDATA_HAS_AUTHORITY: usize = 12;
const PROGRAMDATA_ELF: u32 = 45;

/** Whether `data` is a program account that names well-known key `programdata`. */
function names(data: usize, len: u32, programdata: i32): bool {
  return len == PROGRAM_SIZE && load<u32>(data) == PROGRAM && keyEquals(data + 4, wellKnownKey(programdata));
}

/** Whether a checked encoded account is as carried key `index` has to be. */
function isSound(account: usize, index: i32): bool {
  const data = account + ENC_HEADER;
  const len = load<u32>(account, ENC_DATA_LEN);
  const owner = wellKnownIndex(account + ENC_OWNER);
  const executable = load<u32>(account, ENC_EXECUTABLE) == 1;
  if (!load<u64>(account, ENC_LAMPORTS)) return false;
  switch (index) {
    case WK_TOKEN:
      return executable && owner == WK_BPF_LOADER_UPGRADEABLE && names(data, len, WK_TOKEN_DATA);
    case WK_ADDRESS_LOOKUP_TABLE:
      return executable && owner == WK_BPF_LOADER_UPGRADEABLE && names(data, len, WK_LOOKUP_TABLE_DATA);
    case WK_TOKEN_DATA:
    case WK_LOOKUP_TABLE_DATA:
      if (executable || owner != WK_BPF_LOADER_UPGRADEABLE || len < PROGRAMDATA_ELF) return false;
      return load<u32>(data) == PROGRAMDATA && load<u64>(data, PROGRAMDATA_SLOT) == 0 && load<u8>(data, PROGRAMDATA_HAS_AUTHORITY) == 0;
    default:
      return executable && (owner == WK_BPF_LOADER_1 || owner == WK_BPF_LOADER_2);
  }
}

/**
 * in: account list of carried programs, of all or some of them; those that are not there do not exist for this instance.
 * ENGINE_MALFORMED: it is no account list, or holds an account that is no carried program's or could still change; nothing was taken.
 */
export function engineCarry(p: usize, len: u32): i32 {
  if (!listCheck(p, len)) return ENGINE_MALFORMED;
  let at = p + LIST_HEADER;
  for (let n = load<u32>(p); n; n--) {
    const index = wellKnownIndex(at);
    if (!mayBeCarried(index) || !isSound(at, index)) return ENGINE_MALFORMED;
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  at = p + LIST_HEADER;
  for (let n = load<u32>(p); n; n--) {
    const index = wellKnownIndex(at);
    const size = load<u32>(at, ENC_DATA_LEN);
    wellKnownCarry(index, at);
    if (index == WK_ASSOCIATED_TOKEN) associatedTokenCode(at + ENC_HEADER, size);
    if (index == WK_TOKEN_DATA) tokenCode(at + ENC_HEADER + PROGRAMDATA_ELF, size - PROGRAMDATA_ELF);
    at += encodedSize(size);
  }
  return 0;
}
