/**
 * Transactions and accounts of the benchmarks that run after the signature check, made inside workerd: keys are hashes of
 * an index, signatures are made up, bytes are patched into a template.
 */
import { ACCOUNT_HEADER, LIST_HEADER } from "../../../shared/state/accounts.ts";
import { encodeTransaction, u32, u64, v1Config } from "../../conformance/random-wire.ts";
import { prng } from "../prng.ts";

const SYSTEM = new Uint8Array(32);
/** TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA */
const TOKEN = Uint8Array.of(
  6,
  221,
  246,
  225,
  215,
  101,
  161,
  147,
  217,
  203,
  225,
  70,
  206,
  235,
  121,
  172,
  28,
  180,
  133,
  237,
  95,
  91,
  55,
  145,
  58,
  140,
  245,
  133,
  126,
  255,
  0,
  169,
);
const TOKEN_ACCOUNT_SIZE = 165;
const LAMPORTS = 10n ** 12n;
const TOKENS = 10n ** 12n;

/** First key of a wire transaction with one signature: count, signature, three bytes of header, count of keys. */
const KEYS_AT = 1 + 64 + 3 + 1;
/** Of a version 1 transaction (SIMD-0385), whose signature comes last. */
const V1_KEYS_AT = 42;
/** Enough for a transfer. */
const V1_CONFIG = v1Config({ units: 10_000, loaded: 1 << 20 });

/** Key of account `index` of a kind: 32 bytes that look random and need no hashing library. */
export function writeKey(out: Uint8Array, at: number, kind: number, index: number): void {
  const below = prng(Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(kind + 1, 0x85ebca6b));
  for (let i = 0; i < 32; i += 2) {
    const value = below(65_536);
    out[at + i] = value;
    out[at + i + 1] = value >> 8;
  }
  // The index itself, so that no two keys are the same.
  new DataView(out.buffer, out.byteOffset).setUint32(at + 28, index);
}

function keyOf(kind: number, index: number): Uint8Array {
  const key = new Uint8Array(32);
  writeKey(key, 0, kind, index);
  return key;
}

/** `v1`: transfers of SOL as version 1 transactions. */
export type Kind = "sol" | "token" | "v1";
const WALLET = 1;
const TOKEN_ACCOUNT = 2;
const MINT = 3;

/** Accounts `from` to `to` of a kind as an account list. */
export function accountList(kind: "wallet" | "token", from: number, to: number): Uint8Array {
  const dataSize = kind === "token" ? (TOKEN_ACCOUNT_SIZE + 7) & ~7 : 0;
  const out = new Uint8Array(LIST_HEADER + (to - from) * (ACCOUNT_HEADER + dataSize));
  const view = new DataView(out.buffer);
  view.setUint32(0, to - from, true);
  const mint = keyOf(MINT, 0);
  let at = LIST_HEADER;
  for (let index = from; index < to; index++) {
    writeKey(out, at, kind === "token" ? TOKEN_ACCOUNT : WALLET, index);
    if (kind === "token") out.set(TOKEN, at + 32);
    view.setBigUint64(at + 64, LAMPORTS, true);
    view.setBigUint64(at + 72, (1n << 64n) - 1n, true);
    if (kind === "token") {
      view.setUint32(at + 80, TOKEN_ACCOUNT_SIZE, true);
      const data = at + ACCOUNT_HEADER;
      out.set(mint, data);
      writeKey(out, data + 32, WALLET, index);
      view.setBigUint64(data + 64, TOKENS, true);
      out[data + 108] = 1; // initialised
    }
    at += ACCOUNT_HEADER + dataSize;
  }
  return out;
}

function template(kind: Kind, blockhash: Uint8Array): Uint8Array {
  const key = (index: number) => keyOf(9, index);
  const sign = () => new Uint8Array(64);
  if (kind !== "token") {
    const accounts = [
      { key: key(0), signer: true, writable: true },
      { key: key(1), writable: true },
    ];
    const transfer = { program: SYSTEM, accounts, data: [...u32(2), ...u64(1)] };
    return encodeTransaction(key(0), [transfer], blockhash, sign, kind === "v1" ? V1_CONFIG : undefined);
  }
  const accounts = [
    { key: key(1), writable: true },
    { key: key(2), writable: true },
    { key: key(0), signer: true },
  ];
  return encodeTransaction(key(0), [{ program: TOKEN, accounts, data: [3, ...u64(1)] }], blockhash, sign);
}

/** Chooses an index below `count`. */
export type Choose = () => number;

export interface Transfers {
  readonly kind: Kind;
  readonly count: number;
  readonly blockhash: Uint8Array;
  readonly choose: Choose;
  /** Number of the first: amounts make every transaction unique. */
  readonly first: number;
}

/** `count` transfers as the body of an ingest request: u16 length and bytes of each. */
export function transferBatch({ kind, count, blockhash, choose, first }: Transfers): Uint8Array {
  const wire = template(kind, blockhash);
  const size = 2 + wire.length;
  const signatureAt = kind === "v1" ? wire.length - 64 : 1;
  const keysAt = kind === "v1" ? V1_KEYS_AT : KEYS_AT;
  const amountAt = (kind === "v1" ? signatureAt : wire.length) - 8;
  const out = new Uint8Array(count * size);
  const view = new DataView(out.buffer);
  for (let i = 0; i < count; i++) {
    const at = i * size;
    view.setUint16(at, wire.length, true);
    const tx = at + 2;
    out.set(wire, tx);
    view.setUint32(tx + signatureAt, first + i, true);
    view.setUint32(tx + signatureAt + 32, Math.imul(first + i, 0x9e3779b1), true);
    const from = choose();
    let to = choose();
    while (to === from) to = choose();
    writeKey(out, tx + keysAt, WALLET, from);
    if (kind === "token") {
      writeKey(out, tx + keysAt + 32, TOKEN_ACCOUNT, from);
      writeKey(out, tx + keysAt + 64, TOKEN_ACCOUNT, to);
    } else writeKey(out, tx + keysAt + 32, WALLET, to);
    view.setUint32(tx + amountAt, first + i + 1, true);
  }
  return out;
}

export function uniform(count: number, seed: number): Choose {
  const below = prng(seed);
  return () => below(count);
}

/** Zipf's law: account k is chosen in proportion to 1 / (k + 1)^exponent. */
export function zipf(count: number, exponent: number, seed: number): Choose {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += 1 / (k + 1) ** exponent;
    sums[k] = sum;
  }
  const below = prng(seed);
  return () => {
    const wanted = ((below(65_536) * 65_536 + below(65_536)) / 2 ** 32) * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
