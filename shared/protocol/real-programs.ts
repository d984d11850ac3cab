/**
 * The carried programs: every instance has a copy of their accounts, from the genesis (wasm/svm/carried.ts), unless a network begins with them
 * as accounts of its shards only. A flag a program for that, in the slot context and in NETWORK; twin: REAL_... of
 * wasm/transaction/well-known.ts.
 */
import {
  ADDRESS_LOOKUP_TABLE_DATA,
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  ASSOCIATED_TOKEN_PROGRAM,
  MEMO_V1_PROGRAM,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  TOKEN_PROGRAM,
  TOKEN_PROGRAM_DATA,
} from "../rpc/keys.ts";

export interface RealProgram {
  readonly flag: number;
  readonly addresses: readonly string[];
  /** Of those that the upgradeable loader owns. */
  readonly programData?: string;
}

/** By the name that the options have for it. */
export const REAL_PROGRAMS: Readonly<Record<string, RealProgram>> = {
  token: { flag: 1, addresses: [TOKEN_PROGRAM], programData: TOKEN_PROGRAM_DATA },
  "associated-token": { flag: 2, addresses: [ASSOCIATED_TOKEN_PROGRAM] },
  memo: { flag: 4, addresses: [MEMO_V1_PROGRAM, MEMO_V3_PROGRAM, MEMO_V4_PROGRAM] },
  "address-lookup-table": {
    flag: 8,
    addresses: [ADDRESS_LOOKUP_TABLE_PROGRAM],
    programData: ADDRESS_LOOKUP_TABLE_DATA,
  },
};

export const ALL_REAL_PROGRAMS: number = Object.values(REAL_PROGRAMS).reduce((sum, { flag }) => sum | flag, 0);

/** Names in one order, whatever order the flags were given in. */
export function realProgramNames(flags: number): string[] {
  return Object.keys(REAL_PROGRAMS).filter((name) => flags & REAL_PROGRAMS[name]!.flag);
}

export function realProgramAddresses(flags: number): string[] {
  return realProgramNames(flags).flatMap((name) => REAL_PROGRAMS[name]!.addresses);
}
