/**
 * The programs of this chain and the accounts that stand for them. Index = WK_... of transaction/well-known.ts.
 * What the accounts look like on Agave: Bank::add_builtin and the loaders; sizes read from litesvm 1.5.0 (Agave 4.2).
 */
import {
  WK_BPF_LOADER_1,
  WK_BPF_LOADER_2,
  WK_BPF_LOADER_UPGRADEABLE,
  WK_COMPUTE_BUDGET,
  WK_DEV_NETWORK,
  WK_ED25519,
  WK_NATIVE_LOADER,
  WK_SECP256K1,
  WK_SECP256R1,
  WK_SYSTEM,
  WK_VOTE,
  replicatedIndex,
} from "../transaction/well-known";
import { processComputeBudget } from "./programs/compute-budget/process";
import { processDevNetwork } from "./programs/dev-network/process";
import { processLoaderV1, processLoaderV2 } from "./programs/loader-retired/process";
import { processLoaderV3 } from "./programs/loader-v3/process";
import { processEd25519 } from "./programs/precompiles/ed25519";
import { processSecp256k1 } from "./programs/precompiles/secp256k1";
import { processSecp256r1 } from "./programs/precompiles/secp256r1";
import { processSystem } from "./programs/system/process";
import { processVote } from "./programs/vote/process";

export const BUILTIN_NATIVE: u32 = 1;
/** Says nothing in the log, costs no compute units, leaves the return data, can only be an instruction of the transaction itself. */
export const BUILTIN_PRECOMPILE: u32 = 2;

/** Index of a replicated key, or -1. */
export function builtinFind(key: usize): i32 {
  return replicatedIndex(key);
}

/** How the program behind a well-known key runs; 0: it is no program that runs here. */
export function builtinStyle(index: i32): u32 {
  switch (index) {
    case WK_SYSTEM:
    case WK_COMPUTE_BUDGET:
    case WK_BPF_LOADER_1:
    case WK_BPF_LOADER_2:
    case WK_BPF_LOADER_UPGRADEABLE:
    case WK_DEV_NETWORK:
    case WK_VOTE:
      return BUILTIN_NATIVE;
    case WK_ED25519:
    case WK_SECP256K1:
    case WK_SECP256R1:
      return BUILTIN_PRECOMPILE;
    default:
      return 0;
  }
}

export function builtinRun(index: i32): i32 {
  switch (index) {
    case WK_SYSTEM:
      return processSystem();
    case WK_COMPUTE_BUDGET:
      return processComputeBudget();
    case WK_DEV_NETWORK:
      return processDevNetwork();
    case WK_BPF_LOADER_1:
      return processLoaderV1();
    case WK_BPF_LOADER_2:
      return processLoaderV2();
    case WK_BPF_LOADER_UPGRADEABLE:
      return processLoaderV3();
    case WK_VOTE:
      return processVote();
    case WK_ED25519:
      return processEd25519();
    case WK_SECP256K1:
      return processSecp256k1();
    case WK_SECP256R1:
      return processSecp256r1();
    default:
      return 0;
  }
}

/** The data of a built-in program's account, which the native loader owns: its name. Empty: it is none. */
export function builtinName(index: i32): string {
  switch (index) {
    case WK_SYSTEM:
      return "solana_system_program";
    case WK_COMPUTE_BUDGET:
      return "compute_budget_program";
    case WK_DEV_NETWORK:
      return "infinisvm_dev_network_program";
    case WK_BPF_LOADER_1:
    case WK_BPF_LOADER_2:
      return "solana_bpf_loader_program";
    case WK_BPF_LOADER_UPGRADEABLE:
      return "solana_bpf_loader_upgradeable_program";
    case WK_VOTE:
      return "solana_vote_program";
    default:
      return "";
  }
}
