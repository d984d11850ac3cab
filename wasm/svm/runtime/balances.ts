/** Token balances of a transaction for its status: Agave svm/src/transaction_balances.rs. */
import { TOKEN_BALANCE_DECIMALS_UNKNOWN, TOKEN_BALANCE_SIZE, TokenBalance } from "../../layouts/result";
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { keyEquals } from "../../memory/bytes";
import { WK_TOKEN, wellKnownKey } from "../../transaction/well-known";
import { accountsCount, txaKey, txaRecord } from "./accounts";
import { accountInvoked } from "./message";
import { scratchAlloc } from "./scratch";

/** Of a token account (spl-token's state): mint and owner come first. */
const ACCOUNT_AMOUNT: usize = 64;
const ACCOUNT_STATE: usize = 108;
/** Of a mint. */
const MINT_DECIMALS: usize = 44;
const MINT_INITIALIZED: usize = 45;
const ACCOUNT_LEN: u32 = 165;
const MINT_LEN: u32 = 82;

// TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb
const TOKEN_2022: usize = memory.data<u8>(
  [
    6, 221, 246, 225, 238, 117, 143, 222, 24, 66, 93, 188, 228, 108, 205, 218, 182, 26, 252, 77, 131, 185, 13, 39, 254,
    189, 249, 40, 216, 161, 139, 252,
  ],
  8,
);
// So11111111111111111111111111111111111111112
const NATIVE_MINT: usize = memory.data<u8>(
  [
    6, 155, 136, 87, 254, 171, 129, 132, 251, 104, 127, 99, 70, 24, 192, 53, 218, 196, 57, 220, 26, 235, 59, 85, 152,
    160, 240, 0, 0, 0, 0, 1,
  ],
  8,
);

/** 0 Token, 1 Token-2022, -1 neither. */
function tokenProgram(key: usize): i32 {
  if (keyEquals(key, wellKnownKey(WK_TOKEN))) return 0;
  return keyEquals(key, TOKEN_2022) ? 1 : -1;
}

/** An extended account or mint of Token-2022 says at byte 165 what it is: 1 mint, 2 account. */
function hasShape(data: usize, len: u32, plain: u32, kind: u8, program: i32): bool {
  if (len == plain) return true;
  return program == 1 && len > ACCOUNT_LEN && len != 355 && load<u8>(data, ACCOUNT_LEN) == kind;
}

function decimalsOf(mint: usize, program: i32): u8 {
  if (keyEquals(mint, NATIVE_MINT)) return 9;
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) {
    if (!keyEquals(txaKey(i), mint)) continue;
    const record = txaRecord(i);
    const data: usize = load<u32>(record, ACC_DATA);
    const len = load<u32>(record, ACC_DATA_LEN);
    if (tokenProgram(record + ACC_OWNER) != program || !hasShape(data, len, MINT_LEN, 1, program)) return TOKEN_BALANCE_DECIMALS_UNKNOWN;
    return load<u8>(data, MINT_INITIALIZED) ? load<u8>(data, MINT_DECIMALS) : TOKEN_BALANCE_DECIMALS_UNKNOWN;
  }
  return TOKEN_BALANCE_DECIMALS_UNKNOWN;
}

let found: u32 = 0;
export function tokenBalancesCount(): u32 {
  return found;
}

/** The balances as they are now, in the result's format. */
export function tokenBalances(): usize {
  found = 0;
  const n = accountsCount();
  let involved = false;
  for (let i: u32 = 0; i < n; i++) if (tokenProgram(txaKey(i)) >= 0) involved = true;
  if (!involved) return 0;
  const list = scratchAlloc(n * TOKEN_BALANCE_SIZE);
  for (let i: u32 = 0; i < n; i++) {
    const record = txaRecord(i);
    const program = tokenProgram(record + ACC_OWNER);
    if (program < 0 || accountInvoked(i) || !load<u64>(record, ACC_LAMPORTS)) continue;
    const data: usize = load<u32>(record, ACC_DATA);
    const len = load<u32>(record, ACC_DATA_LEN);
    if (!hasShape(data, len, ACCOUNT_LEN, 2, program)) continue;
    const state = load<u8>(data, ACCOUNT_STATE);
    if (state != 1 && state != 2) continue;
    const at = list + found * TOKEN_BALANCE_SIZE;
    memory.fill(at, 0, TOKEN_BALANCE_SIZE);
    const balance = changetype<TokenBalance>(at);
    balance.accountIndex = <u8>i;
    balance.decimals = decimalsOf(data, program);
    memory.copy(balance.mint, data, 64); // and owner
    balance.amount = load<u64>(data, ACCOUNT_AMOUNT);
    balance.program = <u8>program;
    found += 1;
  }
  return list;
}
