/**
 * sol_invoke_signed_c and sol_invoke_signed_rust: a call of another program.
 *
 *   instruction (cpi-instruction.ts) ─▶ signer seeds ─▶ may this program be called ─▶ rights (runtime/call.ts)
 *     ─▶ account infos (cpi-accounts.ts) ─▶ what the caller changed goes to the accounts ─▶ the call
 *     ─▶ what it changed goes to the caller's memory
 *
 * Agave 4.2 program-runtime/src/cpi.rs with syscall_parameter_address_restrictions and increase_cpi_account_info_limit.
 */
import {
  WK_BPF_LOADER_1,
  WK_BPF_LOADER_2,
  WK_BPF_LOADER_UPGRADEABLE,
  WK_ED25519,
  WK_NATIVE_LOADER,
  WK_SECP256K1,
  WK_SECP256R1,
  wellKnownIndex,
} from "../../../transaction/well-known";
import { ERR_INVALID_SEEDS, ERR_MAX_SEED_LENGTH_EXCEEDED } from "../../errors";
import { createProgramAddress } from "../../runtime/address";
import { INVOKE_UNITS, callPrepare, callProgram } from "../../runtime/call";
import { IXA_SIZE, ixProgramId } from "../../runtime/frame";
import { consume, process } from "../../runtime/invoke";
import { scratchAlloc } from "../../runtime/scratch";
import { FAULT_SYSCALL, faultBegin, faultBudget, faultChars, faultInstruction, faultKey, faultSyscall } from "../fault";
import { sysArray, sysSlice } from "../vm";
import { translateAccounts, updateCallees, updateCallers } from "./cpi-accounts";
import { cpiData, cpiDataLen, cpiMetas, cpiNumMetas, cpiProgram, translateC, translateRust } from "./cpi-instruction";

const MAX_SIGNERS: u64 = 16;
const MAX_SEEDS: u64 = 16;
/** A slice of a program: {u64 address, u64 length}. */
const SLICE: u64 = 16;

/** A seed as createProgramAddress wants it: {u32 pointer, u32 length}. */
const seeds: usize = memory.data(128, 8); // MAX_SEEDS * 8

/** Seeds of one signer: the address they make, or a fault (false). */
function translateSigner(slice: usize, signer: usize): bool {
  const num = load<u64>(slice, 8);
  const list = sysArray(load<u64>(slice), num, SLICE, 8, false);
  if (!list) return false;
  if (num > MAX_SEEDS) return faultInstruction(ERR_MAX_SEED_LENGTH_EXCEEDED) != 0;
  for (let i: usize = 0; i < <usize>num; i++) {
    const len = load<u64>(list + i * 16, 8);
    const seed = sysSlice(load<u64>(list + i * 16), len, 1, false);
    if (!seed) return false;
    store<u32>(seeds + i * 8, <u32>seed);
    store<u32>(seeds + i * 8, <u32>len, 4);
  }
  const error = createProgramAddress(ixProgramId(), seeds, <u32>num, signer);
  if (!error) return true;
  faultBegin(FAULT_SYSCALL);
  faultChars("Could not create program address with signer seeds: ");
  faultChars(
    error == ERR_INVALID_SEEDS
      ? "Provided seeds do not result in a valid address"
      : "Length of the seed is too long for address generation",
  );
  return false;
}

/** Addresses that the caller signs for, `num` keys; 0 with a fault. */
function translateSigners(addr: u64, num: u64): usize {
  if (!num) return 16;
  const list = sysArray(addr, num, SLICE, 8, false);
  if (!list) return 0;
  if (num > MAX_SIGNERS) return <usize>faultSyscall("Too many signers");
  const signers = scratchAlloc(<u32>num * 32);
  for (let i: usize = 0; i < <usize>num; i++) if (!translateSigner(list + i * 16, signers + i * 32)) return 0;
  return signers;
}

/** Upgrade, set authority, close, set authority checked: the upgradeable loader's instructions that programs may use. */
function loaderAllows(data: usize, len: u32): bool {
  if (!len) return false;
  const instruction: u32 = load<u8>(data);
  return instruction == 3 || instruction == 4 || instruction == 5 || instruction == 7;
}

function mayBeCalled(program: usize, data: usize, len: u32): bool {
  const index = wellKnownIndex(program);
  switch (index) {
    case WK_NATIVE_LOADER:
    case WK_BPF_LOADER_1:
    case WK_BPF_LOADER_2:
    case WK_ED25519:
    case WK_SECP256K1:
    case WK_SECP256R1:
      break;
    case WK_BPF_LOADER_UPGRADEABLE:
      if (loaderAllows(data, len)) return true;
      break;
    default:
      return true;
  }
  faultBegin(FAULT_SYSCALL);
  faultChars("Program ");
  faultKey(program);
  faultChars(" not supported by inner instructions");
  return false;
}

function invokeSigned(rust: bool, instruction: u64, infos: u64, numInfos: u64, signerSeeds: u64, numSigners: u64): u64 {
  if (!consume(INVOKE_UNITS)) return faultBudget();
  if (!(rust ? translateRust(instruction) : translateC(instruction))) return 0;
  const program = cpiProgram();
  const data = cpiData();
  const len = cpiDataLen();
  const num = cpiNumMetas();
  const signers = translateSigners(signerSeeds, numSigners);
  if (!signers || !mayBeCalled(program, data, len)) return 0;
  const accs = scratchAlloc(num * IXA_SIZE);
  let error = callPrepare(program, accs, cpiMetas(), num, signers, <u32>numSigners);
  if (error) return faultInstruction(error);
  const callee = callProgram();
  const list = translateAccounts(rust, accs, num, infos, numInfos);
  if (!list) return 0;
  error = updateCallees(list);
  if (error) return faultInstruction(error);
  error = process(callee, accs, num, data, len);
  if (error) return faultInstruction(error);
  updateCallers(list);
  return 0;
}

export function sysInvokeSignedC(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return invokeSigned(false, a, b, c, d, e);
}
export function sysInvokeSignedRust(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return invokeSigned(true, a, b, c, d, e);
}
