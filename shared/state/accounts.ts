/** Encoded accounts, account lists, requests for them, and which shard owns a key (docs/interfaces.md sections 5 and 6). */
import { compareBytes, compareKeys, viewOf } from "../protocol/bytes.ts";
import { ENC, LIST } from "../protocol/layouts/account.ts";
import { LARGEST, MEMCMP, RANGE, SCAN } from "../protocol/layouts/engine.ts";

export const ACCOUNT_HEADER = ENC.HEADER;
export const LIST_HEADER = LIST.HEADER;
/** Bytes of data an account may have. */
export const MAX_ACCOUNT_DATA = 10 * 1024 * 1024;
/** Bytes of the largest answer to a read: what a transaction may load (64 MiB) with keys and headers. Twin: wasm/state/query.ts. */
export const MAX_READ_BYTES = 68 << 20;
/** Bytes of the largest answer to a scan. */
export const MAX_SCAN_BYTES = 24 << 20;

export interface Account {
  readonly key: Uint8Array;
  readonly owner: Uint8Array;
  /** 0: the account does not exist. */
  readonly lamports: bigint;
  readonly rentEpoch: bigint;
  readonly executable: boolean;
  readonly data: Uint8Array;
}

const align8 = (n: number): number => (n + 7) & ~7;

export function encodedAccountSize(account: Account): number {
  return ACCOUNT_HEADER + (account.lamports === 0n ? 0 : align8(account.data.length));
}

/** Writes an account at `at` of `out`; returns where the next one goes. What has no lamports is written as a tombstone. */
export function writeAccount(out: Uint8Array, at: number, account: Account): number {
  out.set(account.key, at + ENC.KEY);
  if (account.lamports === 0n) return at + ACCOUNT_HEADER;
  const view = viewOf(out);
  out.set(account.owner, at + ENC.OWNER);
  view.setBigUint64(at + ENC.LAMPORTS, account.lamports, true);
  view.setBigUint64(at + ENC.RENT_EPOCH, account.rentEpoch, true);
  view.setUint32(at + ENC.DATA_LEN, account.data.length, true);
  view.setUint8(at + ENC.EXECUTABLE, account.executable ? 1 : 0);
  out.set(account.data, at + ACCOUNT_HEADER);
  return at + ACCOUNT_HEADER + align8(account.data.length);
}

export function encodeAccount(account: Account): Uint8Array {
  const out = new Uint8Array(encodedAccountSize(account));
  writeAccount(out, 0, account);
  return out;
}

export function encodeAccountList(accounts: readonly Account[]): Uint8Array {
  const out = new Uint8Array(
    accounts.reduce((sum, account) => sum + encodedAccountSize(account), LIST_HEADER as number),
  );
  viewOf(out).setUint32(LIST.COUNT, accounts.length, true);
  let at: number = LIST_HEADER;
  for (const account of accounts) at = writeAccount(out, at, account);
  return out;
}

/** Bytes of the encoded account at `at`, 0 when there is none within `bytes`. */
export function accountSizeAt(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < ACCOUNT_HEADER) return 0;
  const dataLength = viewOf(bytes).getUint32(at + ENC.DATA_LEN, true);
  if (dataLength > MAX_ACCOUNT_DATA) return 0;
  const size = ACCOUNT_HEADER + align8(dataLength);
  return size <= bytes.length - at ? size : 0;
}

/** The account at `at`, which accountSizeAt has found. Its arrays are views of `bytes`. */
export function accountAt(bytes: Uint8Array, at: number): Account {
  const view = viewOf(bytes);
  return {
    key: bytes.subarray(at + ENC.KEY, at + ENC.KEY + 32),
    owner: bytes.subarray(at + ENC.OWNER, at + ENC.OWNER + 32),
    lamports: view.getBigUint64(at + ENC.LAMPORTS, true),
    rentEpoch: view.getBigUint64(at + ENC.RENT_EPOCH, true),
    executable: bytes[at + ENC.EXECUTABLE] !== 0,
    data: bytes.subarray(at + ACCOUNT_HEADER, at + ACCOUNT_HEADER + view.getUint32(at + ENC.DATA_LEN, true)),
  };
}

/** Where each account of a list starts, and where the last one ends; undefined when it is not an account list. `sizeAt`: of what it has. */
export function accountOffsets(list: Uint8Array, sizeAt = accountSizeAt): number[] | undefined {
  if (list.length < LIST_HEADER) return undefined;
  const count = viewOf(list).getUint32(LIST.COUNT, true);
  if (count > (list.length - LIST_HEADER) / ACCOUNT_HEADER) return undefined;
  const offsets: number[] = [LIST_HEADER];
  for (let i = 0; i < count; i++) {
    const size = sizeAt(list, offsets[i]!);
    if (size === 0) return undefined;
    offsets.push(offsets[i]! + size);
  }
  return offsets[count] === list.length ? offsets : undefined;
}

/** The accounts of a list as views of it; undefined when it is not one. */
export function decodeAccountList(list: Uint8Array): Account[] | undefined {
  return accountOffsets(list)
    ?.slice(0, -1)
    .map((at) => accountAt(list, at));
}

interface Part {
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
}

function partsOf(list: Uint8Array, sizeAt = accountSizeAt): Part[] {
  const offsets = accountOffsets(list, sizeAt);
  if (!offsets) throw new RangeError("not an account list");
  return offsets.slice(0, -1).map((at, i) => ({
    key: list.subarray(at + ENC.KEY, at + ENC.KEY + 32),
    bytes: list.subarray(at, offsets[i + 1]!),
  }));
}

function listOf(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, LIST_HEADER as number));
  viewOf(out).setUint32(LIST.COUNT, parts.length, true);
  let at: number = LIST_HEADER;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** One list, sorted by key, of sorted lists without common keys. */
export function mergeAccountLists(lists: readonly Uint8Array[]): Uint8Array {
  const parts = mergeInParts(lists, Number.POSITIVE_INFINITY);
  return parts.next().value as Uint8Array;
}

interface Merged {
  readonly list: Uint8Array;
  readonly view: DataView;
  readonly offsets: readonly number[];
  /** Of its accounts, the next one. */
  next: number;
}

/** The same; after every so many accounts others may have their turn. */
export function* mergeInParts(lists: readonly Uint8Array[], atOnce: number): Generator<undefined, Uint8Array> {
  if (lists.length === 1) return lists[0]!;
  const inputs = lists.map((list): Merged => {
    const offsets = accountOffsets(list);
    if (!offsets) throw new RangeError("not an account list");
    return { list, view: viewOf(list), offsets, next: 0 };
  });
  const out = new Uint8Array(lists.reduce((sum, list) => sum + list.length - LIST_HEADER, LIST_HEADER as number));
  let left = inputs.filter(({ offsets }) => offsets.length > 1);
  let to: number = LIST_HEADER;
  let count = 0;
  while (left.length > 0) {
    let least = left[0]!;
    for (const input of left) {
      if (compareKeys(input.view, input.offsets[input.next]!, least.view, least.offsets[least.next]!) < 0)
        least = input;
    }
    const from = least.offsets[least.next++]!;
    const end = least.offsets[least.next]!;
    out.set(least.list.subarray(from, end), to);
    to += end - from;
    if (least.next === least.offsets.length - 1) left = left.filter((input) => input !== least);
    if (++count % atOnce === 0) yield;
  }
  viewOf(out).setUint32(LIST.COUNT, count, true);
  return out;
}

/** The accounts of a list in ascending order, how many exist and what they have. */
export function sortedTotals(list: Uint8Array): { list: Uint8Array; totals: { lamports: bigint; count: number } } {
  const accounts = decodeAccountList(list)!.sort((a, b) => compareBytes(a.key, b.key));
  const existing = accounts.filter(({ lamports }) => lamports > 0n);
  const lamports = existing.reduce((sum, account) => sum + account.lamports, 0n);
  return { list: encodeAccountList(existing), totals: { lamports, count: existing.length } };
}

/** A key as the key of a Map: cheaper than base58, and for nobody to read. */
export const keyText = (key: Uint8Array): string => String.fromCharCode.apply(null, key as unknown as number[]);

/** One list with one entry for each key, in their order, from lists that hold them; a tombstone where none does. */
export function pickAccounts(
  lists: readonly Uint8Array[],
  keys: readonly Uint8Array[],
  sizeAt = accountSizeAt,
): Uint8Array {
  const found = new Map(lists.flatMap((list) => partsOf(list, sizeAt)).map(({ key, bytes }) => [keyText(key), bytes]));
  return listOf(keys.map((key) => found.get(keyText(key)) ?? tombstone(key)));
}

/** A list as several, with `counts` accounts each, in order. Throws RangeError where that is not what it has. */
export function sliceList(list: Uint8Array, counts: readonly number[], sizeAt = accountSizeAt): Uint8Array[] {
  const offsets = accountOffsets(list, sizeAt);
  if (!offsets || counts.reduce((sum, count) => sum + count, 1) !== offsets.length)
    throw new RangeError("not a list of so many accounts");
  let first = 0;
  return counts.map((count) => {
    const [from, to] = [offsets[first]!, offsets[first + count]!];
    first += count;
    const out = new Uint8Array(LIST_HEADER + to - from);
    viewOf(out).setUint32(LIST.COUNT, count, true);
    out.set(list.subarray(from, to), LIST_HEADER);
    return out;
  });
}

export function tombstone(key: Uint8Array): Uint8Array {
  const out = new Uint8Array(ACCOUNT_HEADER);
  out.set(key, ENC.KEY);
  return out;
}

export interface ScanFilter {
  readonly dataSize?: bigint;
  readonly memcmp: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

const memcmpSize = (bytes: Uint8Array): number => MEMCMP.HEADER + ((bytes.length + 3) & ~3);

/** Input of the engine's scan. At most 255 memcmp filters of at most 65,535 bytes. */
export function encodeScanRequest(owner: Uint8Array, filter: ScanFilter, limitBytes = MAX_SCAN_BYTES): Uint8Array {
  const size = filter.memcmp.reduce((sum, { bytes }) => sum + memcmpSize(bytes), SCAN.HEADER as number);
  const out = new Uint8Array(size);
  const view = viewOf(out);
  out.set(owner, SCAN.OWNER);
  out[SCAN.HAS_DATA_SIZE] = filter.dataSize === undefined ? 0 : 1;
  out[SCAN.NUM_MEMCMP] = filter.memcmp.length;
  view.setUint32(SCAN.LIMIT, limitBytes, true);
  view.setBigUint64(SCAN.DATA_SIZE, filter.dataSize ?? 0n, true);
  let at: number = SCAN.HEADER;
  for (const { offset, bytes } of filter.memcmp) {
    view.setUint32(at + MEMCMP.OFFSET, offset, true);
    view.setUint16(at + MEMCMP.LEN, bytes.length, true);
    out.set(bytes, at + MEMCMP.HEADER);
    at += memcmpSize(bytes);
  }
  return out;
}

/** Input of the engine's scan of every owner's accounts: those whose keys begin with two bytes in [first, last], big-endian. */
export function encodeRangeRequest(first: number, last: number): Uint8Array {
  const range = new Uint8Array(RANGE.SIZE);
  viewOf(range).setUint16(RANGE.FIRST, first);
  viewOf(range).setUint16(RANGE.LAST, last);
  const request = encodeScanRequest(range, { memcmp: [] });
  request[SCAN.EVERY_OWNER] = 1;
  return request;
}

export interface ShardSeeds {
  readonly seed0: bigint;
  readonly seed1: bigint;
}

/** siphash24(seed0, seed1, key) & 4095, in 32-bit halves: the virtual shard of a key. */
export function virtualShardOf(key: Uint8Array, { seed0, seed1 }: ShardSeeds): number {
  const low = (v: bigint): number => Number(v & 0xffffffffn) | 0;
  const high = (v: bigint): number => Number((v >> 32n) & 0xffffffffn) | 0;
  const k0 = [low(seed0), high(seed0)] as const;
  const k1 = [low(seed1), high(seed1)] as const;
  // v0..v3 as (low, high); the constants are "somepseudorandomlygeneratedbytes".
  const v = Int32Array.of(
    k0[0] ^ 0x70736575,
    k0[1] ^ 0x736f6d65,
    k1[0] ^ 0x6e646f6d,
    k1[1] ^ 0x646f7261,
    k0[0] ^ 0x6e657261,
    k0[1] ^ 0x6c796765,
    k1[0] ^ 0x79746573,
    k1[1] ^ 0x74656462,
  );
  const view = viewOf(key);
  const word = (i: number): number => view.getInt32(i * 4, true);
  for (let i = 0; i < 8; i += 2) absorb(v, word(i), word(i + 1));
  absorb(v, 0, 32 << 24);
  v[4]! ^= 0xff;
  for (let i = 0; i < 4; i++) sipRound(v);
  return (v[0]! ^ v[2]! ^ v[4]! ^ v[6]!) & 4095;
}

function absorb(v: Int32Array, low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  sipRound(v);
  sipRound(v);
  v[0]! ^= low;
  v[1]! ^= high;
}

/** v[a] += v[b]; v[b] = rotl(v[b], bits) ^ v[a], on 64-bit words in halves. */
function addRotateXor(v: Int32Array, a: number, b: number, bits: number): void {
  const sum = (v[a]! >>> 0) + (v[b]! >>> 0);
  v[a] = sum | 0;
  v[a + 1] = (v[a + 1]! + v[b + 1]! + (sum > 0xffffffff ? 1 : 0)) | 0;
  const low = v[b]!;
  const high = v[b + 1]!;
  v[b] = ((low << bits) | (high >>> (32 - bits))) ^ v[a]!;
  v[b + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[a + 1]!;
}
function swapHalves(v: Int32Array, a: number): void {
  const low = v[a]!;
  v[a] = v[a + 1]!;
  v[a + 1] = low;
}
function sipRound(v: Int32Array): void {
  addRotateXor(v, 0, 2, 13);
  swapHalves(v, 0);
  addRotateXor(v, 4, 6, 16);
  addRotateXor(v, 0, 6, 21);
  addRotateXor(v, 4, 2, 17);
  swapHalves(v, 4);
}

/** The shard of `shardCount` that owns a key. */
export function shardOf(key: Uint8Array, shardCount: number, seeds: ShardSeeds): number {
  return (virtualShardOf(key, seeds) * shardCount) >> 12;
}

/** Accounts in the answer to getLargestAccounts (Agave: NUM_LARGEST_ACCOUNTS). Twin: wasm/state/largest.ts. */
const NUM_LARGEST = 20;

export interface AccountBalance {
  readonly key: Uint8Array;
  readonly lamports: bigint;
}

/** The largest of what several shards answer, descending by lamports, then by key. */
export function mergeLargest(lists: readonly Uint8Array[]): AccountBalance[] {
  const all = lists.flatMap((list) => {
    const view = viewOf(list);
    return Array.from({ length: list.length / LARGEST.SIZE }, (_, i) => ({
      key: list.slice(i * LARGEST.SIZE + LARGEST.KEY, i * LARGEST.SIZE + LARGEST.KEY + 32),
      lamports: view.getBigUint64(i * LARGEST.SIZE + LARGEST.LAMPORTS, true),
    }));
  });
  return largestOf(all);
}

/** The largest of them, in that order. */
export function largestOf(balances: AccountBalance[]): AccountBalance[] {
  const order = (a: AccountBalance, b: AccountBalance) =>
    a.lamports === b.lamports ? compareBytes(b.key, a.key) : a.lamports < b.lamports ? 1 : -1;
  return balances.sort(order).slice(0, NUM_LARGEST);
}

/** As the engine puts them out. */
export function encodeLargest(balances: readonly AccountBalance[]): Uint8Array {
  const out = new Uint8Array(balances.length * LARGEST.SIZE);
  const view = viewOf(out);
  for (const [i, { key, lamports }] of balances.entries()) {
    out.set(key, i * LARGEST.SIZE + LARGEST.KEY);
    view.setBigUint64(i * LARGEST.SIZE + LARGEST.LAMPORTS, lamports, true);
  }
  return out;
}

/** 32 bytes each. */
export function splitKeys(keys: Uint8Array): Uint8Array[] {
  return Array.from({ length: keys.length / 32 }, (_, i) => keys.subarray(i * 32, i * 32 + 32));
}
