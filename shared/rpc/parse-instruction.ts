/**
 * `jsonParsed` instructions, as Agave's transaction-status gives them: System, Stake, Vote, SPL Token, Associated Token,
 * Memo, Address Lookup Table and the loaders v2 and v3. Whatever is not exactly such an instruction is answered partially decoded.
 */
import { encodeBase58 } from "./base58.ts";
import { type Accounts, apply, Fields, type Members, type Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import * as key from "./keys.ts";
import { LOADER_2_INSTRUCTIONS, LOADER_INSTRUCTIONS } from "./parse-loader.ts";
import { STAKE_INSTRUCTIONS } from "./parse-stake.ts";
import { parseTokenInstruction } from "./parse-token-instruction.ts";
import { VOTE_INSTRUCTIONS } from "./parse-vote.ts";

export interface CompiledInstruction {
  readonly programIdIndex: number;
  readonly accounts: ArrayLike<number>;
  readonly data: Uint8Array;
}

const SYSTEM: readonly Shape[] = [
  [
    "createAccount",
    2,
    (f, a) => ({ source: a[0], newAccount: a[1], lamports: f.u64(), space: f.u64(), owner: f.key() }),
  ],
  ["assign", 1, (f, a) => ({ account: a[0], owner: f.key() })],
  ["transfer", 2, (f, a) => ({ source: a[0], destination: a[1], lamports: f.u64() })],
  [
    "createAccountWithSeed",
    2,
    (f, a) => ({
      source: a[0],
      newAccount: a[1],
      base: f.key(),
      seed: f.text(),
      lamports: f.u64(),
      space: f.u64(),
      owner: f.key(),
    }),
  ],
  ["advanceNonce", 3, (_, a) => ({ nonceAccount: a[0], recentBlockhashesSysvar: a[1], nonceAuthority: a[2] })],
  [
    "withdrawFromNonce",
    5,
    (f, a) => ({
      nonceAccount: a[0],
      destination: a[1],
      recentBlockhashesSysvar: a[2],
      rentSysvar: a[3],
      nonceAuthority: a[4],
      lamports: f.u64(),
    }),
  ],
  [
    "initializeNonce",
    3,
    (f, a) => ({ nonceAccount: a[0], recentBlockhashesSysvar: a[1], rentSysvar: a[2], nonceAuthority: f.key() }),
  ],
  ["authorizeNonce", 2, (f, a) => ({ nonceAccount: a[0], nonceAuthority: a[1], newAuthorized: f.key() })],
  ["allocate", 1, (f, a) => ({ account: a[0], space: f.u64() })],
  ["allocateWithSeed", 2, (f, a) => ({ account: a[0], base: f.key(), seed: f.text(), space: f.u64(), owner: f.key() })],
  ["assignWithSeed", 2, (f, a) => ({ account: a[0], base: f.key(), seed: f.text(), owner: f.key() })],
  [
    "transferWithSeed",
    3,
    (f, a) => ({
      source: a[0],
      sourceBase: a[1],
      destination: a[2],
      lamports: f.u64(),
      sourceSeed: f.text(),
      sourceOwner: f.key(),
    }),
  ],
  ["upgradeNonce", 1, (_, a) => ({ nonceAccount: a[0] })],
];

function newAddresses(f: Fields): string[] {
  const count = f.u64();
  if (count > BigInt(Math.floor(f.data.length / 32))) throw new RangeError("instruction data end too early");
  return Array.from({ length: Number(count) }, () => f.key());
}

const LOOKUP_TABLE: readonly Shape[] = [
  [
    "createLookupTable",
    4,
    (f, a) => ({
      lookupTableAccount: a[0],
      lookupTableAuthority: a[1],
      payerAccount: a[2],
      systemProgram: a[3],
      recentSlot: f.u64(),
      bumpSeed: f.u8(),
    }),
  ],
  ["freezeLookupTable", 2, (_, a) => ({ lookupTableAccount: a[0], lookupTableAuthority: a[1] })],
  [
    "extendLookupTable",
    2,
    (f, a) => ({
      lookupTableAccount: a[0],
      lookupTableAuthority: a[1],
      newAddresses: newAddresses(f),
      payerAccount: a.length >= 4 ? a[2] : undefined,
      systemProgram: a.length >= 4 ? a[3] : undefined,
    }),
  ],
  ["deactivateLookupTable", 2, (_, a) => ({ lookupTableAccount: a[0], lookupTableAuthority: a[1] })],
  ["closeLookupTable", 3, (_, a) => ({ lookupTableAccount: a[0], lookupTableAuthority: a[1], recipient: a[2] })],
];

const createAssociated = (type: string): Shape => [
  type,
  6,
  (_, a) => ({ source: a[0], account: a[1], wallet: a[2], mint: a[3], systemProgram: a[4], tokenProgram: a[5] }),
];

const ASSOCIATED_TOKEN: readonly Shape[] = [
  createAssociated("create"),
  createAssociated("createIdempotent"),
  [
    "recoverNested",
    7,
    (_, a) => ({
      nestedSource: a[0],
      nestedMint: a[1],
      destination: a[2],
      nestedOwner: a[3],
      ownerMint: a[4],
      wallet: a[5],
      tokenProgram: a[6],
    }),
  ],
];

/** u32 variant first (bincode). */
function parseBincode(shapes: readonly Shape[], data: Uint8Array, accounts: Accounts): Json {
  const fields = new Fields(data);
  const shape = shapes[fields.u32()];
  return shape === undefined || accounts.length === 0 ? null : apply(shape, fields, accounts);
}

function parseAssociatedToken(data: Uint8Array, accounts: Accounts): Json {
  if (data.length > 1) return null;
  const shape = ASSOCIATED_TOKEN[data[0] ?? 0];
  return shape === undefined ? null : apply(shape, new Fields(data), accounts);
}

function parseMemo(data: Uint8Array): Json {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
}

type InstructionParser = readonly [program: string, parse: (data: Uint8Array, accounts: Accounts) => Json];

const PROGRAMS: Readonly<Record<string, InstructionParser>> = {
  [key.SYSTEM_PROGRAM]: ["system", (data, accounts) => parseBincode(SYSTEM, data, accounts)],
  [key.STAKE_PROGRAM]: ["stake", (data, accounts) => parseBincode(STAKE_INSTRUCTIONS, data, accounts)],
  [key.VOTE_PROGRAM]: ["vote", (data, accounts) => parseBincode(VOTE_INSTRUCTIONS, data, accounts)],
  [key.TOKEN_PROGRAM]: ["spl-token", parseTokenInstruction],
  [key.TOKEN_2022_PROGRAM]: ["spl-token", parseTokenInstruction],
  [key.ASSOCIATED_TOKEN_PROGRAM]: ["spl-associated-token-account", parseAssociatedToken],
  [key.MEMO_V1_PROGRAM]: ["spl-memo", parseMemo],
  [key.MEMO_V3_PROGRAM]: ["spl-memo", parseMemo],
  [key.MEMO_V4_PROGRAM]: ["spl-memo", parseMemo],
  [key.ADDRESS_LOOKUP_TABLE_PROGRAM]: [
    "address-lookup-table",
    (data, accounts) => parseBincode(LOOKUP_TABLE, data, accounts),
  ],
  [key.BPF_LOADER_2]: ["bpf-loader", (data, accounts) => parseBincode(LOADER_2_INSTRUCTIONS, data, accounts)],
  [key.BPF_LOADER_UPGRADEABLE]: [
    "bpf-upgradeable-loader",
    (data, accounts) => parseBincode(LOADER_INSTRUCTIONS, data, accounts),
  ],
};

/** `null` where the program is none of those above, or the instruction none of its own. */
function parseKnown(programId: string, data: Uint8Array, accounts: Accounts): Json {
  const program = PROGRAMS[programId];
  if (program === undefined) return null;
  try {
    const parsed = program[1](data, accounts);
    return parsed === null ? null : { program: program[0], programId, parsed };
  } catch (error) {
    // Data that end too early or are no UTF-8.
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

export function parsedInstruction(
  instruction: CompiledInstruction,
  keys: readonly string[],
  stackHeight: number | null,
): Json {
  const programId = keys[instruction.programIdIndex] ?? "";
  const accounts = Array.from(instruction.accounts, (index) => keys[index] ?? "");
  const parsed = parseKnown(programId, instruction.data, accounts);
  if (parsed !== null) return { ...(parsed as Members), stackHeight };
  return { programId, accounts, data: encodeBase58(instruction.data), stackHeight };
}
