/**
 * Transfer and TransferChecked of the SPL Token program as most transactions have them, without its ELF: all or nothing. What the ELF does and
 * how many compute units it takes is known only for exactly this case; anything else (failures too) is declined before anything changed, and
 * the ELF runs (runtime/invoke.ts).
 *
 *   Transfer 3: source, destination, authority       TransferChecked 12: source, mint, destination, authority
 *   no account named twice; token accounts of 165 bytes, the mint of 82; neither frozen, wrapped SOL nor delegated; the owner alone signs;
 *   an amount that is not 0 and that source has; units for it, and no more heap than a program has anyway
 *
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/entrypoint.rs (entrypoint) and
 * processor/shared/transfer.rs. The units are those of the ELF with CODE_HASH, measured with litesvm 1.5.
 */
import { blake3 } from "../../../crypto/blake3";
import { keyEquals } from "../../../memory/bytes";
import { ACC_DATA, ACC_DATA_LEN, ACC_OWNER } from "../../../state/account";
import { WK_TOKEN, wellKnownKey } from "../../../transaction/well-known";
import { txaTouchData } from "../../runtime/accounts";
import { ixAcc, ixData, ixDataLen, ixIndex, ixIsSigner, ixIsWritable, ixKey, ixNumAccounts } from "../../runtime/frame";
import { unitsLeft } from "../../runtime/invoke";
import { heapUnits } from "../../sbpf/run";
import {
  ACCOUNT_AMOUNT,
  ACCOUNT_HAS_DELEGATE,
  ACCOUNT_IS_NATIVE,
  ACCOUNT_MINT,
  ACCOUNT_OWNER,
  ACCOUNT_SIZE,
  ACCOUNT_STATE,
  MINT_DECIMALS,
  MINT_INITIALIZED,
  MINT_SIZE,
  STATE_INITIALIZED,
} from "./layout";

const TRANSFER: u8 = 3;
const TRANSFER_CHECKED: u8 = 12;
/** Compute units. */
const TRANSFER_UNITS: u32 = 76;
const TRANSFER_CHECKED_UNITS: u32 = 105;

/** An authority of this size may be a multisig. */
const MULTISIG_SIZE: u32 = 355;

/** BLAKE3 of the ELF file. */
const CODE_HASH: usize = memory.data<u8>([
  0xbc, 0x77, 0x94, 0x97, 0x35, 0x9d, 0x8b, 0x7d, 0xab, 0x1d, 0x92, 0x41, 0x2b, 0xf5, 0x2b, 0xfa,
  0xc9, 0x07, 0x0f, 0x8e, 0x9b, 0x81, 0x0a, 0xb3, 0xff, 0x52, 0x0e, 0x03, 0xa6, 0x15, 0x1a, 0x10,
], 8);
const hash: usize = memory.data(32, 8);
let known: bool = false;

/** The ELF file that this instance has for the Token program (svm/carried.ts). */
export function tokenCode(elf: usize, len: u32): void {
  blake3(elf, len, hash);
  known = keyEquals(hash, CODE_HASH);
}

/** The data of a token account that can be written, is of the program and in use, without delegate and not wrapped SOL; else 0. */
// @ts-ignore: decorator
@inline
function plainAccount(i: u32): usize {
  const record = ixAcc(i);
  if (load<u32>(record, ACC_DATA_LEN) != ACCOUNT_SIZE || !ixIsWritable(i)) return 0;
  if (!keyEquals(record + ACC_OWNER, wellKnownKey(WK_TOKEN))) return 0;
  const data: usize = load<u32>(record, ACC_DATA);
  if (load<u8>(data, ACCOUNT_STATE) != STATE_INITIALIZED) return 0;
  return load<u32>(data, ACCOUNT_HAS_DELEGATE) | load<u32>(data, ACCOUNT_IS_NATIVE) ? 0 : data;
}

/** Whether account `i` is the mint of `source` and has so many decimals. */
// @ts-ignore: decorator
@inline
function isMint(i: u32, source: usize, decimals: u8): bool {
  const record = ixAcc(i);
  if (load<u32>(record, ACC_DATA_LEN) != MINT_SIZE || !keyEquals(ixKey(i), source + ACCOUNT_MINT)) return false;
  const data: usize = load<u32>(record, ACC_DATA);
  return load<u8>(data, MINT_INITIALIZED) == 1 && load<u8>(data, MINT_DECIMALS) == decimals;
}

// @ts-ignore: decorator
@inline
function areDistinct(n: u32): bool {
  for (let i: u32 = 1; i < n; i++) for (let j: u32 = 0; j < i; j++) if (ixIndex(i) == ixIndex(j)) return false;
  return true;
}

/** Runs the instruction in hand, which is the Token program's: the compute units it took, or 0: declined, and nothing has changed. */
export function tokenTransfer(): u32 {
  const num = ixNumAccounts();
  const instruction = ixData();
  const len = ixDataLen();
  if (!known || len < 9) return 0;
  const checked = load<u8>(instruction) == TRANSFER_CHECKED;
  if (checked ? num != 4 || len < 10 : num != 3 || load<u8>(instruction) != TRANSFER) return 0;
  const units = checked ? TRANSFER_CHECKED_UNITS : TRANSFER_UNITS;
  if (unitsLeft() < units || heapUnits() || !areDistinct(num)) return 0;
  const to = num - 2;
  const authority = num - 1;
  const source = plainAccount(0);
  const destination = source ? plainAccount(to) : 0;
  if (!destination || !keyEquals(source + ACCOUNT_MINT, destination + ACCOUNT_MINT)) return 0;
  if (!keyEquals(source + ACCOUNT_OWNER, ixKey(authority)) || !ixIsSigner(authority)) return 0;
  if (load<u32>(ixAcc(authority), ACC_DATA_LEN) == MULTISIG_SIZE) return 0;
  if (checked && !isMint(1, source, load<u8>(instruction, 9))) return 0;
  const amount = load<u64>(instruction, 1);
  const balance = load<u64>(source, ACCOUNT_AMOUNT);
  const received = load<u64>(destination, ACCOUNT_AMOUNT) + amount;
  if (!amount || balance < amount || received < amount) return 0;
  txaTouchData(ixIndex(0));
  txaTouchData(ixIndex(to));
  store<u64>(load<u32>(ixAcc(0), ACC_DATA), balance - amount, ACCOUNT_AMOUNT);
  store<u64>(load<u32>(ixAcc(to), ACC_DATA), received, ACCOUNT_AMOUNT);
  return units;
}
