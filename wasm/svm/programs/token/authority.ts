/**
 * Who may act: the expected key must be account `authority`, and that account signs, or it is a multisig of which enough members sign.
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/mod.rs (validate_owner).
 */
import { keyEquals } from "../../../memory/bytes";
import { ERR_MISSING_REQUIRED_SIGNATURE, ERR_PROGRAM_FAILED_TO_COMPLETE } from "../../errors";
import { bpfData, bpfDataLen, bpfOwner, ixIsSigner, ixKey } from "../../runtime/context";
import { KEY_TOKEN, KEY_TOKEN_2022 } from "./keys";
import { also, MULTISIG_UNITS } from "./compute-units";
import { OWNER_MISMATCH } from "./error";
import { checkMultisig, MAX_SIGNERS, MULTISIG_M, MULTISIG_N, MULTISIG_SIGNERS, MULTISIG_SIZE } from "./state";

/** `authority`: its account's index; the accounts after it, up to `end`, are the members' signatures. */
// @ts-ignore: decorator
@inline
export function checkAuthority(expected: usize, authority: u32, end: u32): i32 {
  if (!keyEquals(expected, ixKey(authority))) return OWNER_MISMATCH;
  if (bpfDataLen(authority) == MULTISIG_SIZE && isMultisig(authority)) return checkMembers(authority, end);
  return ixIsSigner(authority) ? 0 : ERR_MISSING_REQUIRED_SIGNATURE;
}

/** Multisigs of Token-2022 count too. */
function isMultisig(authority: u32): bool {
  return keyEquals(bpfOwner(authority), KEY_TOKEN) || keyEquals(bpfOwner(authority), KEY_TOKEN_2022);
}

/** A member listed at several positions counts once for each, as long as each is matched once. */
function checkMembers(authority: u32, end: u32): i32 {
  const multisig = bpfData(authority);
  const bad = checkMultisig(multisig);
  if (bad) return bad;
  also(MULTISIG_UNITS);
  const members: u32 = load<u8>(multisig, MULTISIG_N);
  let matched: u32 = 0;
  for (let i = authority + 1; i < end; i++) {
    // The real program panics here; such a multisig cannot be made with it.
    if (members > MAX_SIGNERS) return ERR_PROGRAM_FAILED_TO_COMPLETE;
    const key = ixKey(i);
    for (let m: u32 = 0; m < members; m++) {
      if (matched & (1 << m)) continue;
      if (!keyEquals(multisig + MULTISIG_SIGNERS + (<usize>m << 5), key)) continue;
      if (!ixIsSigner(i)) return ERR_MISSING_REQUIRED_SIGNATURE;
      matched |= 1 << m;
    }
  }
  return popcnt(matched) < <u32>load<u8>(multisig, MULTISIG_M) ? ERR_MISSING_REQUIRED_SIGNATURE : 0;
}
