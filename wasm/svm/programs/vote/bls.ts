/** Proof that a voter has the secret key of a BLS key: SIMD-0387, Agave 4.2 programs/vote/src/vote_state/mod.rs verify_bls_proof_of_possession. */
import { keyCopy } from "../../../memory/bytes";
import { blsProvesPossession } from "../../../crypto/curves/bls-possession";
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED, ERR_INVALID_ARGUMENT } from "../../errors";
import { consume, ixKey } from "../../runtime/context";
import { BLS_KEY_SIZE } from "./state";

const PROOF_COMPUTE_UNITS: u64 = 34_500;
/** "ALPENGLOW", the vote account's key, the BLS key. */
const message: usize = memory.data(89, 8);
const PREFIX: usize = memory.data<u8>([65, 76, 80, 69, 78, 71, 76, 79, 87]);

/** 0 or an error. `key`: 48 bytes, `proof`: 96 bytes, of the voter of account 0. */
export function proveBlsKey(key: usize, proof: usize): i32 {
  if (!consume(PROOF_COMPUTE_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  memory.copy(message, PREFIX, 9);
  keyCopy(message + 9, ixKey(0));
  memory.copy(message + 41, key, BLS_KEY_SIZE);
  return blsProvesPossession(key, proof, message, 89) ? 0 : ERR_INVALID_ARGUMENT;
}
