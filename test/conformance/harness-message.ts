/** Messages as bytes, every part free to be wrong: what no client library would build. */
import { getBase58Encoder } from "@solana/kit";
import { type Key, keyBytes } from "./harness.ts";
import { u16, u32 } from "./random-wire.ts";

export interface RawInstruction {
  readonly program: number;
  readonly accounts: readonly number[];
  readonly data: ArrayLike<number>;
}
export interface RawLookup {
  readonly table: Key;
  readonly writable: readonly number[];
  readonly readonly: readonly number[];
}
export interface RawMessage {
  /** Required signatures, read-only ones of them, read-only ones of the rest. */
  readonly header: readonly [number, number, number];
  readonly keys: readonly Key[];
  readonly blockhash: string;
  readonly instructions: readonly RawInstruction[];
  /** Present: version 0. */
  readonly lookups?: readonly RawLookup[];
  readonly signatures?: number;
}

const compact = (n: number): number[] =>
  n < 0x80 ? [n] : n < 0x4000 ? [(n & 0x7f) | 0x80, n >> 7] : [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, n >> 14];
const list = (items: ArrayLike<number>): number[] => [...compact(items.length), ...Array.from(items)];

/** The wire transaction, signatures zero. */
export function rawTransaction(message: RawMessage): Uint8Array {
  const { header, keys, blockhash, instructions, lookups } = message;
  const count = message.signatures ?? header[0];
  return Uint8Array.from([
    ...compact(count),
    ...new Array(count * 64).fill(0),
    ...(lookups ? [0x80] : []),
    ...header,
    ...compact(keys.length),
    ...keys.flatMap((key) => [...keyBytes(key)]),
    ...getBase58Encoder().encode(blockhash),
    ...compact(instructions.length),
    ...instructions.flatMap((i) => [i.program, ...list(i.accounts), ...list(i.data)]),
    ...(lookups
      ? [
          ...compact(lookups.length),
          ...lookups.flatMap((l) => [...keyBytes(l.table), ...list(l.writable), ...list(l.readonly)]),
        ]
      : []),
  ]);
}

export interface RawV1 {
  readonly header: readonly [number, number, number];
  readonly keys: readonly Key[];
  readonly blockhash: string;
  readonly instructions: readonly RawInstruction[];
  /** Config mask; the values follow it as they are. */
  readonly mask?: number;
  readonly values?: readonly number[];
  readonly signatures?: number;
  /** In place of the counts that are true. */
  readonly numInstructions?: number;
  readonly numKeys?: number;
}

/** A version 1 transaction (SIMD-0385), signatures zero. */
export function rawV1({ header, keys, blockhash, instructions, mask = 0, values = [], ...given }: RawV1): Uint8Array {
  return Uint8Array.from([
    0x81,
    ...header,
    ...u32(mask),
    ...getBase58Encoder().encode(blockhash),
    given.numInstructions ?? instructions.length,
    given.numKeys ?? keys.length,
    ...keys.flatMap((key) => [...keyBytes(key)]),
    ...values,
    ...instructions.flatMap((i) => [i.program, i.accounts.length, ...u16(i.data.length)]),
    ...instructions.flatMap((i) => [...i.accounts, ...Array.from(i.data)]),
    ...new Array(64 * (given.signatures ?? header[0])).fill(0),
  ]);
}
