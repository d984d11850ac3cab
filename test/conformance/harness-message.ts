/** Messages as bytes, every part free to be wrong: what no client library would build. */
import { getBase58Encoder } from "@solana/kit";
import { type Key, keyBytes } from "./harness.ts";

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
