/** sol_secp256k1_recover. Agave 4.2 syscalls/src/lib.rs SyscallSecp256k1Recover; answers: solana-secp256k1-recover Secp256k1RecoverError. */
import { consume } from "../../runtime/invoke";
import { HOST_SECP256K1_RECOVER, hostCrypto } from "../../host-crypto";
import { faultBudget } from "../fault";
import { sysSlice } from "../vm";
import { sysRead } from "./translate";

const RECOVER_COST: u64 = 25_000;
const INVALID_RECOVERY_ID: u64 = 2;
const INVALID_SIGNATURE: u64 = 3;

/** Hash, signature, recovery id. */
const request: usize = memory.data(104, 8);

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
  memory.copy(request, h, 32);
  memory.copy(request + 32, s, 64);
  store<u8>(request, <u8>recoveryId, 96);
  return hostCrypto(HOST_SECP256K1_RECOVER, request, 97, to, 64) ? 0 : INVALID_SIGNATURE;
}
