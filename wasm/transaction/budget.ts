/**
 * Compute budget, fee and block cost of a transaction, gathered instruction by instruction while it is parsed.
 *
 * Agave 4.3: compute-budget-instruction/src/compute_budget_instruction_details.rs (what the instructions mean, in which order
 * their errors show), builtins-default-costs (default compute units), cost-model/src/block_cost_limits.rs (block cost),
 * fee/src/lib.rs (fee).
 */
import { TX_DUPLICATE_INSTRUCTION, TX_INSTRUCTION_ERROR, TX_INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT } from "../svm/errors";
import {
  REC_BUDGET_ERROR, REC_COST, REC_CU_LIMIT, REC_CU_PRICE, REC_FEE, REC_HEAP_SIZE, REC_LOADED_DATA_LIMIT,
} from "./record";
import {
  WK_ADDRESS_LOOKUP_TABLE, WK_ASSOCIATED_TOKEN, WK_BPF_LOADER_UPGRADEABLE, WK_BUILTIN, WK_COMPUTE_BUDGET, WK_CONFIG, WK_ED25519, WK_FEATURE, WK_MEMO_V1, WK_MEMO_V3, WK_MEMO_V4, WK_SECP256K1,
  WK_SECP256R1, WK_STAKE, WK_SYSTEM, WK_TOKEN, wellKnownFlags,
} from "./well-known";

// Agave program-runtime execution_budget.rs; compute units and bytes. Consensus.
export const MAX_COMPUTE_UNIT_LIMIT: u32 = 1_400_000;
const DEFAULT_INSTRUCTION_UNITS: u32 = 200_000;
const BUILTIN_INSTRUCTION_UNITS: u32 = 3_000;
const MIN_HEAP_BYTES: u32 = 32 * 1024;
const MAX_HEAP_BYTES: u32 = 256 * 1024;
const MAX_LOADED_DATA_BYTES: u32 = 64 * 1024 * 1024;
const LAMPORTS_PER_SIGNATURE: u64 = 5_000;
const MICRO_LAMPORTS: u64 = 1_000_000;

// Agave block_cost_limits.rs, block cost units.
const SIGNATURE_COST: u32 = 720;
const SECP256K1_VERIFY_COST: u32 = 6_690;
const ED25519_VERIFY_STRICT_COST: u32 = 2_400;
const SECP256R1_VERIFY_COST: u32 = 4_800;
const WRITE_LOCK_COST: u32 = 300;
const DATA_BYTES_PER_COST_UNIT: u32 = 4;

/**
 * Policy: what runs natively here costs the block what it costs this engine, not the 200,000 units that Agave reserves for an
 * sBPF instruction: System, Compute Budget and the like 150 (Agave's old builtin cost), Token 300, Associated Token 2,000 (it
 * calls System and Token), Memo 400, Address Lookup Table 750, the upgradeable loader 2,370 and 2 million for each ELF that it verifies
 * (10 million at most: a transaction must fit a block). Agave's charge for the loaded data limit is left out: accounts
 * live in memory here.
 */
const BUILTIN_COST: u32 = 150;
const TOKEN_COST: u32 = 300;
const ASSOCIATED_TOKEN_COST: u32 = 2_000;
const MEMO_COST: u32 = 400;
const ADDRESS_LOOKUP_TABLE_COST: u32 = 750;
const LOADER_COST: u32 = 2_370;
const ELF_COST: u32 = 2_000_000;
const MAX_ELF_COST: u32 = 10_000_000;

/** An option that was not given. */
const NOT_GIVEN: u64 = u64.MAX_VALUE;

let error: u32 = 0;
/** Version 1 has its budget in the config, and its Compute Budget instructions say nothing. */
let configured: bool = false;
let lamportsGiven: u64 = 0;
let unitLimit: u64 = NOT_GIVEN;
let unitPrice: u64 = 0;
let priceGiven: bool = false;
let heapSize: u64 = NOT_GIVEN;
let heapIndex: u32 = 0;
let loadedLimit: u64 = NOT_GIVEN;
let defaultUnits: u32 = 0;
let nativeCost: u32 = 0;
let hasSbpf: bool = false;
let dataBytes: u32 = 0;
let extraSignatures: u32 = 0;
let extraSignatureCost: u32 = 0;
let elfCost: u32 = 0;
let allocates: u32 = 0;

export function budgetReset(): void {
  error = 0;
  configured = false;
  unitLimit = NOT_GIVEN;
  unitPrice = 0;
  priceGiven = false;
  heapSize = NOT_GIVEN;
  loadedLimit = NOT_GIVEN;
  defaultUnits = 0;
  nativeCost = 0;
  hasSbpf = false;
  dataBytes = 0;
  extraSignatures = 0;
  extraSignatureCost = 0;
  elfCost = 0;
  allocates = 0;
}

// @ts-ignore: decorator
@inline
export function budgetHeapSound(bytes: u64): bool {
  return bytes >= MIN_HEAP_BYTES && bytes <= MAX_HEAP_BYTES && (bytes & 1023) == 0;
}

/**
 * The config of a version 1 transaction (SIMD-0385; Agave runtime-transaction/src/transaction_meta.rs): lamports above the base fee,
 * compute units, bytes of loaded data (0 where they are not given) and of heap, which is sound or refuses the transaction.
 */
export function budgetConfig(lamports: u64, units: u32, loaded: u32, heapGiven: bool, heap: u32): void {
  configured = true;
  lamportsGiven = lamports;
  unitLimit = units;
  loadedLimit = loaded;
  if (heapGiven) heapSize = heap;
}

// @ts-ignore: decorator
@inline
function duplicate(index: u32): void {
  error = TX_DUPLICATE_INSTRUCTION | (index << 8);
}

const NUMBER: usize = 1;
/** One Compute Budget instruction: a Borsh enum (u8 variant, then its number); bytes after it are ignored. */
function computeBudget(index: u32, data: usize, len: u32): void {
  if (error) return; // the first error is the one that shows
  const variant: u32 = len > 0 ? load<u8>(data) : 0;
  if (variant == 3 && len >= 9) {
    if (priceGiven) return duplicate(index);
    priceGiven = true;
    unitPrice = load<u64>(data, NUMBER);
    return;
  }
  if (len < 5 || variant == 0 || variant == 3 || variant > 4) {
    error = TX_INSTRUCTION_ERROR | (index << 8); // InvalidInstructionData
    return;
  }
  const value: u64 = load<u32>(data, NUMBER);
  if (variant == 1) {
    if (heapSize != NOT_GIVEN) return duplicate(index);
    heapSize = value;
    heapIndex = index;
  } else if (variant == 2) {
    if (unitLimit != NOT_GIVEN) return duplicate(index);
    unitLimit = value;
  } else {
    if (loadedLimit != NOT_GIVEN) return duplicate(index);
    loadedLimit = value;
  }
}

// @ts-ignore: decorator
@inline
function precompile(data: usize, len: u32, costEach: u32): void {
  const count: u32 = len > 0 ? load<u8>(data) : 0;
  extraSignatures += count;
  extraSignatureCost += count * costEach;
}

/** Data that one account, and all accounts of a transaction, may get (wasm/svm/runtime/accounts.ts). */
const MAX_ACCOUNT_DATA: u64 = 10 << 20;
const MAX_ALLOCATED: u32 = 20 << 20;

/** Instructions of the System program that name bytes, where their fields begin, and where the length of a seed is. */
const CREATE_ACCOUNT: u32 = 0;
const CREATE_WITH_SEED: u32 = 3;
const ALLOCATE: u32 = 8;
const ALLOCATE_WITH_SEED: u32 = 9;
const SYSTEM_FIELDS: usize = 4;
const SYSTEM_SEED: usize = 36;
const LOADER_FIELDS: usize = 4;

/** Bytes of data of accounts that the parsed transaction makes by itself: a program it calls adds 10 KiB an account at the most. */
export function budgetAllocates(): u32 {
  return allocates;
}
function allocate(bytes: u64): void {
  if (bytes <= MAX_ACCOUNT_DATA) allocates = min(allocates + <u32>bytes, MAX_ALLOCATED);
}
/** CreateAccount, CreateAccountWithSeed, Allocate and AllocateWithSeed say how many bytes. */
function systemInstruction(data: usize, len: u32): void {
  nativeCost += BUILTIN_COST;
  if (len < 12) return;
  const instruction = load<u32>(data);
  if (instruction == ALLOCATE) allocate(load<u64>(data, SYSTEM_FIELDS));
  else if (instruction == CREATE_ACCOUNT && len >= 20) allocate(load<u64>(data, SYSTEM_FIELDS + 8));
  else if ((instruction == CREATE_WITH_SEED || instruction == ALLOCATE_WITH_SEED) && len >= 44) {
    // Behind the seed, whose length comes after the key it belongs to; the first has lamports before the bytes.
    const seed = load<u64>(data, SYSTEM_SEED);
    const at = seed + <u64>SYSTEM_SEED + (instruction == CREATE_WITH_SEED ? 16 : 8);
    if (seed <= 32 && at + 8 <= <u64>len) allocate(load<u64>(data + <usize>at));
  }
}

/** Deploy, Upgrade and ExtendProgram read and verify a whole ELF. */
function loaderInstruction(data: usize, len: u32): void {
  nativeCost += LOADER_COST;
  const instruction: u32 = len >= 4 ? load<u32>(data) : 0;
  if (instruction == 2 && len >= 12) allocate(load<u64>(data, LOADER_FIELDS));
  else if (instruction == 6 && len >= 8) allocate(load<u32>(data, LOADER_FIELDS));
  if (instruction == 2 || instruction == 3 || instruction == 6) elfCost = min(elfCost + ELF_COST, MAX_ELF_COST);
}

/**
 * Whether the program is neither built in nor native here. One that a network runs from its real ELF counts as the native one: it does about
 * as much, and every instance reads the same record from a transaction, of whatever network it is.
 */
// @ts-ignore: decorator
@inline
function isSbpf(program: i32): bool {
  return program == -1 || program == WK_STAKE || program == WK_CONFIG || program == WK_FEATURE;
}

/** Takes note of instruction `index`, of the program that is well-known key `program` (-1: any other program). */
export function budgetInstruction(index: u32, program: i32, data: usize, len: u32): void {
  dataBytes += len;
  defaultUnits += wellKnownFlags(program) & WK_BUILTIN ? BUILTIN_INSTRUCTION_UNITS : DEFAULT_INSTRUCTION_UNITS;
  if (isSbpf(program)) hasSbpf = true;
  else if (program == WK_TOKEN) nativeCost += TOKEN_COST;
  else if (program == WK_ASSOCIATED_TOKEN) nativeCost += ASSOCIATED_TOKEN_COST;
  else if (program == WK_MEMO_V4 || program == WK_MEMO_V3 || program == WK_MEMO_V1) nativeCost += MEMO_COST;
  else if (program == WK_ADDRESS_LOOKUP_TABLE) nativeCost += ADDRESS_LOOKUP_TABLE_COST;
  else if (program == WK_BPF_LOADER_UPGRADEABLE) loaderInstruction(data, len);
  else if (program == WK_SYSTEM) systemInstruction(data, len);
  else nativeCost += BUILTIN_COST;
  if (program == WK_COMPUTE_BUDGET) {
    if (!configured) computeBudget(index, data, len);
  } else if (program == WK_ED25519) precompile(data, len, ED25519_VERIFY_STRICT_COST);
  else if (program == WK_SECP256K1) precompile(data, len, SECP256K1_VERIFY_COST);
  else if (program == WK_SECP256R1) precompile(data, len, SECP256R1_VERIFY_COST);
}

/** ceil(price * limit / 10^6), at most u64::MAX; limit < 2^21. */
export function priorityFee(price: u64, limit: u32): u64 {
  const whole = price / MICRO_LAMPORTS;
  const part = ((price % MICRO_LAMPORTS) * <u64>limit + (MICRO_LAMPORTS - 1)) / MICRO_LAMPORTS;
  if (limit != 0 && whole > (u64.MAX_VALUE - part) / <u64>limit) return u64.MAX_VALUE;
  return whole * <u64>limit + part;
}

/**
 * What `lamports` above the base fee are a unit, micro-lamports: 0 where there are no units or it does not fit (Agave
 * runtime-transaction/src/transaction_meta.rs compute_unit_price_in_microlamports). limit < 2^21.
 */
export function effectivePrice(lamports: u64, limit: u32): u64 {
  if (!limit) return 0;
  const whole = lamports / <u64>limit;
  if (whole > u64.MAX_VALUE / MICRO_LAMPORTS) return 0;
  const part = ((lamports % <u64>limit) * MICRO_LAMPORTS) / <u64>limit; // < 10^6
  const price = whole * MICRO_LAMPORTS;
  return price > u64.MAX_VALUE - part ? 0 : price + part;
}

/** Writes the budget fields of the record. */
export function budgetFinish(record: usize, numSignatures: u32, numWriteLocks: u32): void {
  if (!error && heapSize != NOT_GIVEN && !budgetHeapSound(heapSize)) {
    error = TX_INSTRUCTION_ERROR | (heapIndex << 8);
  }
  if (!error && !configured && loadedLimit == 0) error = TX_INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT;
  const limit: u32 = min<u32>(unitLimit == NOT_GIVEN ? defaultUnits : <u32>unitLimit, MAX_COMPUTE_UNIT_LIMIT);
  const base: u64 = LAMPORTS_PER_SIGNATURE * <u64>(numSignatures + extraSignatures);
  const priority = configured ? lamportsGiven : priorityFee(unitPrice, limit);
  const units: u32 = error ? 0 : hasSbpf ? limit : unitLimit == NOT_GIVEN ? nativeCost : min<u32>(nativeCost, limit);
  store<u32>(record, limit, REC_CU_LIMIT);
  store<u64>(record, configured ? effectivePrice(lamportsGiven, limit) : unitPrice, REC_CU_PRICE);
  store<u32>(record, loadedLimit == NOT_GIVEN ? MAX_LOADED_DATA_BYTES : min<u32>(<u32>loadedLimit, MAX_LOADED_DATA_BYTES), REC_LOADED_DATA_LIMIT);
  store<u32>(record, heapSize == NOT_GIVEN || error ? MIN_HEAP_BYTES : <u32>heapSize, REC_HEAP_SIZE);
  store<u32>(record, error, REC_BUDGET_ERROR);
  store<u32>(
    record,
    numSignatures * SIGNATURE_COST + extraSignatureCost + elfCost + numWriteLocks * WRITE_LOCK_COST + dataBytes / DATA_BYTES_PER_COST_UNIT + units,
    REC_COST,
  );
  store<u64>(record, priority > u64.MAX_VALUE - base ? u64.MAX_VALUE : base + priority, REC_FEE);
}
