/** sol_secp256k1_recover. Agave 4.2 syscalls/src/lib.rs SyscallSecp256k1Recover; answers: solana-secp256k1-recover Secp256k1RecoverError. */
import { secp256k1Recover } from "../../../crypto/curves/ecdsa";
import { consume } from "../../runtime/invoke";
import { faultBudget } from "../fault";
import { sysSlice } from "../vm";
import { sysRead } from "./translate";

const RECOVER_COST: u64 = 25_000;
const INVALID_RECOVERY_ID: u64 = 2;
const INVALID_SIGNATURE: u64 = 3;

/** sol_secp256k1_recover(hash, recovery id, signature, out key: x and y) */
export function sysSecp256k1Recover(hash: u64, recoveryId: u64, signature: u64, out: u64, e: u64): u64 {
  if (!consume(RECOVER_COST)) return faultBudget();
  const to = sysSlice(out, 64, 1, true);
  if (!to) return 0;
  const h = sysRead(hash, 32);
  if (!h) return 0;
  const s = sysRead(signature, 64);
  if (!s) return 0;
  if (recoveryId > 3) return INVALID_RECOVERY_ID;
  return secp256k1Recover(to, h, s, <u32>recoveryId) ? 0 : INVALID_SIGNATURE;
}
