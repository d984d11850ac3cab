/**
 * CreateIdempotent of the Associated Token program for an account that is there already, without its ELF: what wallets put before a transfer.
 * All or nothing, as token/transfer.ts: it changes nothing, logs its name and takes units that are known beforehand; anything else is declined
 * and the ELF runs.
 *
 *   0 payer, 1 the account, 2 wallet, 3 mint, 4 System, 5 Token: none named twice but payer and wallet, which may be one
 *   rights as usual, for they show in the units: the payer alone signs, payer and account can be written
 *   the account: derived from wallet, Token and mint; a token account of theirs in use, without delegate, close authority or wrapped SOL
 *
 * Source: solana-program/associated-token-account, program/src/processor.rs (process_create_associated_token_account). The units are
 * those of the ELF with CODE_HASH, measured with litesvm 1.5.
 */
import { blake3 } from "../../../crypto/blake3";
import { keyEquals } from "../../../memory/bytes";
import { ACC_DATA, ACC_DATA_LEN, ACC_OWNER } from "../../../state/account";
import { WK_ASSOCIATED_TOKEN, WK_SYSTEM, WK_TOKEN, wellKnownKey } from "../../../transaction/well-known";
import { findProgramAddress } from "../../runtime/address";
import { ixAcc, ixData, ixDataLen, ixIndex, ixIsSigner, ixIsWritable, ixKey, ixNumAccounts } from "../../runtime/frame";
import { unitsLeft } from "../../runtime/invoke";
import { logProgramText } from "../../runtime/log";
import { heapUnits } from "../../sbpf/run";
import {
  ACCOUNT_HAS_CLOSE_AUTHORITY,
  ACCOUNT_HAS_DELEGATE,
  ACCOUNT_IS_NATIVE,
  ACCOUNT_MINT,
  ACCOUNT_OWNER,
  ACCOUNT_SIZE,
  ACCOUNT_STATE,
  MINT_SIZE,
  STATE_INITIALIZED,
} from "../token/layout";

const CREATE_IDEMPOTENT: u8 = 1;
/** Compute units: without the search for the address, and for each address tried; payer and wallet are one account. */
const UNITS: u32 = 2_937;
const UNITS_OF_ONE: u32 = 2_838;
const UNITS_PER_TRY: u32 = 1_500;
const HIGHEST_BUMP: i32 = 255;

const PAYER: u32 = 0;
const ACCOUNT: u32 = 1;
const WALLET: u32 = 2;
const MINT: u32 = 3;
const SYSTEM: u32 = 4;
const TOKEN: u32 = 5;
const ACCOUNTS: u32 = 6;

/** BLAKE3 of the ELF file. */
const CODE_HASH: usize = memory.data<u8>([
  0x92, 0x4a, 0x87, 0x5d, 0xe9, 0x51, 0x4f, 0x16, 0x18, 0x04, 0x8f, 0x24, 0x4c, 0x21, 0xb3, 0x68,
  0x8e, 0x8f, 0x92, 0x27, 0xcc, 0xfd, 0x95, 0x30, 0xc4, 0xbc, 0x2b, 0xd7, 0x5e, 0xa5, 0x08, 0xd8,
], 8);
const hash: usize = memory.data(32, 8);
let known: bool = false;

/** The ELF file that this instance has for the Associated Token program (svm/carried.ts). */
export function associatedTokenCode(elf: usize, len: u32): void {
  blake3(elf, len, hash);
  known = keyEquals(hash, CODE_HASH);
}

function areDistinct(): bool {
  for (let i: u32 = 1; i < ACCOUNTS; i++) {
    for (let j: u32 = 0; j < i; j++) if (ixIndex(i) == ixIndex(j) && (i != WALLET || j != PAYER)) return false;
  }
  return true;
}

function hasRights(i: u32, signer: bool, writable: bool): bool {
  return ixIsSigner(i) == signer && ixIsWritable(i) == writable;
}

function areRightsUsual(): bool {
  if (!hasRights(PAYER, true, true) || !hasRights(ACCOUNT, false, true)) return false;
  if (ixIndex(WALLET) != ixIndex(PAYER) && !hasRights(WALLET, false, false)) return false;
  return hasRights(MINT, false, false) && hasRights(SYSTEM, false, false) && hasRights(TOKEN, false, false);
}

function isOfToken(i: u32, size: u32): bool {
  const record = ixAcc(i);
  return load<u32>(record, ACC_DATA_LEN) == size && keyEquals(record + ACC_OWNER, wellKnownKey(WK_TOKEN));
}

/** Whether the account is the wallet's plain token account of the mint. */
function isPlain(): bool {
  if (!isOfToken(ACCOUNT, ACCOUNT_SIZE) || !isOfToken(MINT, MINT_SIZE)) return false;
  const data: usize = load<u32>(ixAcc(ACCOUNT), ACC_DATA);
  if (!keyEquals(data + ACCOUNT_MINT, ixKey(MINT)) || !keyEquals(data + ACCOUNT_OWNER, ixKey(WALLET))) return false;
  if (load<u8>(data, ACCOUNT_STATE) != STATE_INITIALIZED) return false;
  return (load<u32>(data, ACCOUNT_HAS_DELEGATE) | load<u32>(data, ACCOUNT_IS_NATIVE) | load<u32>(data, ACCOUNT_HAS_CLOSE_AUTHORITY)) == 0;
}

const seeds: usize = memory.data(24, 8); // 3 x {u32 pointer, u32 length}
const address: usize = memory.data(32, 8);

/** Addresses tried until the account's was found, or 0: it has another. */
function tries(): u32 {
  store<u32>(seeds, <u32>ixKey(WALLET));
  store<u32>(seeds, <u32>ixKey(TOKEN), 8);
  store<u32>(seeds, <u32>ixKey(MINT), 16);
  for (let i: usize = 0; i < 3; i++) store<u32>(seeds + i * 8, 32, 4);
  const bump = findProgramAddress(wellKnownKey(WK_ASSOCIATED_TOKEN), seeds, 3, address);
  return bump >= 0 && keyEquals(address, ixKey(ACCOUNT)) ? <u32>(HIGHEST_BUMP - bump) + 1 : 0;
}

/** Runs the instruction in hand, which is the Associated Token program's: the compute units it took, or 0: declined, nothing has changed. */
export function associatedTokenExisting(): u32 {
  if (!known || ixNumAccounts() != ACCOUNTS || ixDataLen() != 1 || load<u8>(ixData()) != CREATE_IDEMPOTENT) return 0;
  if (heapUnits() || !areDistinct() || !areRightsUsual() || !isPlain()) return 0;
  if (!keyEquals(ixKey(SYSTEM), wellKnownKey(WK_SYSTEM)) || !keyEquals(ixKey(TOKEN), wellKnownKey(WK_TOKEN))) return 0;
  const tried = tries();
  const units = (ixIndex(PAYER) == ixIndex(WALLET) ? UNITS_OF_ONE : UNITS) + tried * UNITS_PER_TRY;
  if (!tried || unitsLeft() < units) return 0;
  logProgramText("CreateIdempotent");
  return units;
}
