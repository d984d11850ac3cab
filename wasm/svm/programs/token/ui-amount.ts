/**
 * What answers with return data: GetAccountDataSize, AmountToUiAmount, UiAmountToAmount. Account: mint.
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/{get_account_data_size,amount_to_ui_amount,
 * ui_amount_to_amount,mod}.rs.
 */
import { ERR_INVALID_ARGUMENT, ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, isUtf8, setReturnData } from "../../runtime/context";
import { checkOwner } from "./accounts";
import { INVALID_INSTRUCTION, INVALID_MINT } from "./error";
import { ACCOUNT_SIZE, checkMint, MINT_DECIMALS } from "./state";

/** Digits of a formatted u64: 255 decimals, the point, a leading zero. */
const MAX_DIGITS: u32 = 257;
const ZERO: u32 = 48;
const NINE: u32 = 57;
const POINT: u32 = 46;
const PLUS: u32 = 43;
const text: usize = memory.data(264, 8);

function checkMintAccount(first: u32, end: u32): i32 {
  if (end == first) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const bad = checkOwner(first);
  if (bad) return bad;
  return checkMint(bpfData(first), bpfDataLen(first)) ? INVALID_MINT : 0;
}

function answerU64(v: u64): void {
  store<u64>(text, v);
  setReturnData(text, 8);
}

export function getAccountDataSize(first: u32, end: u32): i32 {
  const bad = checkMintAccount(first, end);
  if (bad) return bad;
  answerU64(ACCOUNT_SIZE);
  return 0;
}

export function amountToUiAmount(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 9) return INVALID_INSTRUCTION;
  const bad = checkMintAccount(first, end);
  if (bad) return bad;
  formatAmount(load<u64>(data, 1), load<u8>(bpfData(first), MINT_DECIMALS));
  return 0;
}

/** Written from the right: `decimals` digits, the point, the rest; then zeros and a bare point at the end are dropped. */
function formatAmount(amount: u64, decimals: u32): void {
  let at: usize = text + MAX_DIGITS;
  let end = at;
  for (let i: u32 = 0; i < decimals; i++) {
    at -= 1;
    store<u8>(at, <u8>(ZERO + <u32>(amount % 10)));
    amount /= 10;
  }
  if (decimals) {
    while (end > at && load<u8>(end - 1) == ZERO) end -= 1;
    if (end > at) {
      at -= 1;
      store<u8>(at, POINT);
    }
  }
  do {
    at -= 1;
    store<u8>(at, <u8>(ZERO + <u32>(amount % 10)));
    amount /= 10;
  } while (amount);
  setReturnData(at, <u32>(end - at));
}

/** Data: the amount as text, at most one point, not more decimals than the mint's (zeros at the end do not count). */
export function uiAmountToAmount(first: u32, end: u32, data: usize, len: u32): i32 {
  const ui = data + 1;
  const uiEnd = data + len;
  if (!isUtf8(ui, len - 1)) return INVALID_INSTRUCTION;
  const bad = checkMintAccount(first, end);
  if (bad) return bad;
  return parseAmount(ui, uiEnd, load<u8>(bpfData(first), MINT_DECIMALS));
}

function parseAmount(at: usize, end: usize, decimals: u32): i32 {
  let point = at;
  while (point < end && load<u8>(point) != POINT) point += 1;
  const whole = <u32>(point - at);
  const fraction = min(point + 1, end);
  for (let p = fraction; p < end; p++) if (load<u8>(p) == POINT) return ERR_INVALID_ARGUMENT;
  while (end > fraction && load<u8>(end - 1) == ZERO) end -= 1;
  const places = <u32>(end - fraction);
  if (whole + places == 0 || places > decimals || whole + decimals > MAX_DIGITS) return ERR_INVALID_ARGUMENT;
  memory.copy(text, at, whole);
  memory.copy(text + whole, fraction, places);
  memory.fill(text + whole + places, <u8>ZERO, decimals - places);
  return answerParsed(whole + decimals);
}

/** The text as Rust's u64::from_str reads it: one leading plus is allowed, anything else must be a digit. */
function answerParsed(len: u32): i32 {
  let i: u32 = len > 1 && load<u8>(text) == PLUS ? 1 : 0;
  if (len == 0) return ERR_INVALID_ARGUMENT;
  let v: u64 = 0;
  for (; i < len; i++) {
    const c: u32 = load<u8>(text + i);
    if (c < ZERO || c > NINE) return ERR_INVALID_ARGUMENT;
    const digit: u64 = c - ZERO;
    // 10 * v + digit > u64::MAX
    if (v > 1844674407370955161 || (v == 1844674407370955161 && digit > 5)) return ERR_INVALID_ARGUMENT;
    v = v * 10 + digit;
  }
  answerU64(v);
  return 0;
}
