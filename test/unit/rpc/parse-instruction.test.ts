/** `jsonParsed` of the instructions that the published builders make. Expected shapes: Agave's transaction-status. */
import * as spl from "@solana/spl-token";
import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  PublicKey,
  SYSVAR_RECENT_BLOCKHASHES_PUBKEY,
  SYSVAR_RENT_PUBKEY,
  SystemProgram,
  type TransactionInstruction,
} from "@solana/web3.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { parsedInstruction } from "../../../shared/rpc/parse-instruction.ts";

const [A, B, C, D, E, M1, M2] = Array.from({ length: 7 }, (_, i) => new PublicKey(new Uint8Array(32).fill(i + 1))) as [
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
];
const [a, b, c, d, e, m1, m2] = [A, B, C, D, E, M1, M2].map(String) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const RECENT = SYSVAR_RECENT_BLOCKHASHES_PUBKEY.toBase58();
const RENT = SYSVAR_RENT_PUBKEY.toBase58();
const SYSTEM = SystemProgram.programId.toBase58();
const TOKEN = spl.TOKEN_PROGRAM_ID.toBase58();

// biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested.
function parsed(instruction: TransactionInstruction): any {
  const keys = [...instruction.keys.map(({ pubkey }) => pubkey.toBase58()), instruction.programId.toBase58()];
  const accounts = instruction.keys.map((_, i) => i);
  return parsedInstruction({ programIdIndex: keys.length - 1, accounts, data: instruction.data }, keys, 1);
}

type Case = [type: string, instruction: TransactionInstruction, info: Record<string, unknown>];

const nonceInit = SystemProgram.createNonceAccount({ fromPubkey: A, noncePubkey: B, authorizedPubkey: C, lamports: 5 })
  .instructions[1]!;
const system: Case[] = [
  [
    "createAccount",
    SystemProgram.createAccount({ fromPubkey: A, newAccountPubkey: B, lamports: 5, space: 7, programId: C }),
    { source: a, newAccount: b, lamports: 5n, space: 7n, owner: c },
  ],
  ["assign", SystemProgram.assign({ accountPubkey: A, programId: B }), { account: a, owner: b }],
  [
    "transfer",
    SystemProgram.transfer({ fromPubkey: A, toPubkey: B, lamports: 9 }),
    { source: a, destination: b, lamports: 9n },
  ],
  [
    "createAccountWithSeed",
    SystemProgram.createAccountWithSeed({
      fromPubkey: A,
      newAccountPubkey: B,
      basePubkey: C,
      seed: "söd",
      lamports: 5,
      space: 7,
      programId: D,
    }),
    { source: a, newAccount: b, base: c, seed: "söd", lamports: 5n, space: 7n, owner: d },
  ],
  [
    "advanceNonce",
    SystemProgram.nonceAdvance({ noncePubkey: A, authorizedPubkey: B }),
    { nonceAccount: a, recentBlockhashesSysvar: RECENT, nonceAuthority: b },
  ],
  [
    "withdrawFromNonce",
    SystemProgram.nonceWithdraw({ noncePubkey: A, authorizedPubkey: B, toPubkey: C, lamports: 3 }),
    {
      nonceAccount: a,
      destination: c,
      recentBlockhashesSysvar: RECENT,
      rentSysvar: RENT,
      nonceAuthority: b,
      lamports: 3n,
    },
  ],
  [
    "initializeNonce",
    nonceInit,
    { nonceAccount: b, recentBlockhashesSysvar: RECENT, rentSysvar: RENT, nonceAuthority: c },
  ],
  [
    "authorizeNonce",
    SystemProgram.nonceAuthorize({ noncePubkey: A, authorizedPubkey: B, newAuthorizedPubkey: C }),
    { nonceAccount: a, nonceAuthority: b, newAuthorized: c },
  ],
  ["allocate", SystemProgram.allocate({ accountPubkey: A, space: 8 }), { account: a, space: 8n }],
  [
    "allocateWithSeed",
    SystemProgram.allocate({ accountPubkey: A, basePubkey: B, seed: "s", space: 8, programId: C }),
    { account: a, base: b, seed: "s", space: 8n, owner: c },
  ],
  [
    "assignWithSeed",
    SystemProgram.assign({ accountPubkey: A, basePubkey: B, seed: "s", programId: C }),
    { account: a, base: b, seed: "s", owner: c },
  ],
  [
    "transferWithSeed",
    SystemProgram.transfer({ fromPubkey: A, basePubkey: B, toPubkey: C, lamports: 4, seed: "s", programId: D }),
    { source: a, sourceBase: b, destination: c, lamports: 4n, sourceSeed: "s", sourceOwner: d },
  ],
];

const amount = (raw: number, decimals: number, text: string) => ({
  amount: String(raw),
  decimals,
  uiAmountString: text,
  uiAmount: expect.anything(),
});
const token: Case[] = [
  [
    "initializeMint",
    spl.createInitializeMintInstruction(A, 6, B, C),
    { mint: a, decimals: 6, mintAuthority: b, freezeAuthority: c, rentSysvar: RENT },
  ],
  ["initializeMint2", spl.createInitializeMint2Instruction(A, 6, B, null), { mint: a, decimals: 6, mintAuthority: b }],
  [
    "initializeAccount",
    spl.createInitializeAccountInstruction(A, B, C),
    { account: a, mint: b, owner: c, rentSysvar: RENT },
  ],
  [
    "initializeAccount2",
    spl.createInitializeAccount2Instruction(A, B, C),
    { account: a, mint: b, owner: c, rentSysvar: RENT },
  ],
  ["initializeAccount3", spl.createInitializeAccount3Instruction(A, B, C), { account: a, mint: b, owner: c }],
  [
    "initializeMultisig",
    spl.createInitializeMultisigInstruction(A, [M1, M2], 2),
    { multisig: a, rentSysvar: RENT, signers: [m1, m2], m: 2 },
  ],
  ["transfer", spl.createTransferInstruction(A, B, C, 12), { source: a, destination: b, amount: "12", authority: c }],
  [
    "transfer",
    spl.createTransferInstruction(A, B, C, 12, [M1, M2]),
    { source: a, destination: b, amount: "12", multisigAuthority: c, signers: [m1, m2] },
  ],
  ["approve", spl.createApproveInstruction(A, B, C, 12), { source: a, delegate: b, amount: "12", owner: c }],
  ["revoke", spl.createRevokeInstruction(A, B), { source: a, owner: b }],
  [
    "setAuthority",
    spl.createSetAuthorityInstruction(A, B, spl.AuthorityType.MintTokens, C),
    { mint: a, authorityType: "mintTokens", newAuthority: c, authority: b },
  ],
  [
    "setAuthority",
    spl.createSetAuthorityInstruction(A, B, spl.AuthorityType.CloseAccount, null),
    { account: a, authorityType: "closeAccount", newAuthority: null, authority: b },
  ],
  ["mintTo", spl.createMintToInstruction(A, B, C, 12), { mint: a, account: b, amount: "12", mintAuthority: c }],
  ["burn", spl.createBurnInstruction(A, B, C, 12), { account: a, mint: b, amount: "12", authority: c }],
  [
    "closeAccount",
    spl.createCloseAccountInstruction(A, B, C, [M1]),
    { account: a, destination: b, multisigOwner: c, signers: [m1] },
  ],
  ["freezeAccount", spl.createFreezeAccountInstruction(A, B, C), { account: a, mint: b, freezeAuthority: c }],
  ["thawAccount", spl.createThawAccountInstruction(A, B, C), { account: a, mint: b, freezeAuthority: c }],
  [
    "transferChecked",
    spl.createTransferCheckedInstruction(A, B, C, D, 1_500, 3),
    { source: a, mint: b, destination: c, tokenAmount: amount(1_500, 3, "1.5"), authority: d },
  ],
  [
    "approveChecked",
    spl.createApproveCheckedInstruction(A, B, C, D, 1_500, 3),
    { source: a, mint: b, delegate: c, tokenAmount: amount(1_500, 3, "1.5"), owner: d },
  ],
  [
    "mintToChecked",
    spl.createMintToCheckedInstruction(A, B, C, 1_500, 3),
    { mint: a, account: b, tokenAmount: amount(1_500, 3, "1.5"), mintAuthority: c },
  ],
  [
    "burnChecked",
    spl.createBurnCheckedInstruction(A, B, C, 1_500, 3),
    { account: a, mint: b, tokenAmount: amount(1_500, 3, "1.5"), authority: c },
  ],
  ["syncNative", spl.createSyncNativeInstruction(A), { account: a }],
  ["initializeImmutableOwner", spl.createInitializeImmutableOwnerInstruction(A, spl.TOKEN_PROGRAM_ID), { account: a }],
  ["amountToUiAmount", spl.createAmountToUiAmountInstruction(A, 7), { mint: a, amount: "7" }],
  ["uiAmountToAmount", spl.createUiAmountToAmountInstruction(A, "1.5"), { mint: a, uiAmount: "1.5" }],
];

const created = { source: a, account: b, wallet: c, mint: d, systemProgram: SYSTEM, tokenProgram: TOKEN };
const associated: Case[] = [
  ["create", spl.createAssociatedTokenAccountInstruction(A, B, C, D), created],
  ["createIdempotent", spl.createAssociatedTokenAccountIdempotentInstruction(A, B, C, D), created],
  [
    "recoverNested",
    spl.createRecoverNestedInstruction(A, B, C, D, E, M1),
    { nestedSource: a, nestedMint: b, destination: c, nestedOwner: d, ownerMint: e, wallet: m1, tokenProgram: TOKEN },
  ],
];

const [createTable, tableKey] = AddressLookupTableProgram.createLookupTable({ authority: A, payer: B, recentSlot: 77 });
const table = { lookupTableAccount: c, lookupTableAuthority: a };
const tables: Case[] = [
  [
    "createLookupTable",
    createTable,
    {
      lookupTableAccount: tableKey.toBase58(),
      lookupTableAuthority: a,
      payerAccount: b,
      systemProgram: SYSTEM,
      recentSlot: 77n,
      bumpSeed: expect.any(Number),
    },
  ],
  ["freezeLookupTable", AddressLookupTableProgram.freezeLookupTable({ lookupTable: C, authority: A }), table],
  [
    "extendLookupTable",
    AddressLookupTableProgram.extendLookupTable({ lookupTable: C, authority: A, payer: B, addresses: [D, E] }),
    { ...table, newAddresses: [d, e], payerAccount: b, systemProgram: SYSTEM },
  ],
  [
    "extendLookupTable",
    AddressLookupTableProgram.extendLookupTable({ lookupTable: C, authority: A, addresses: [D] }),
    { ...table, newAddresses: [d] },
  ],
  ["deactivateLookupTable", AddressLookupTableProgram.deactivateLookupTable({ lookupTable: C, authority: A }), table],
  [
    "closeLookupTable",
    AddressLookupTableProgram.closeLookupTable({ lookupTable: C, authority: A, recipient: B }),
    { ...table, recipient: b },
  ],
];

describe.each([
  ["system", system],
  ["spl-token", token],
  ["spl-associated-token-account", associated],
  ["address-lookup-table", tables],
])("%s", (program, cases) => {
  test.each(cases)("%s", (type, instruction, info) => {
    const shown = parsed(instruction);
    expect(shown).toMatchObject({ program, programId: instruction.programId.toBase58(), stackHeight: 1 });
    expect(shown.parsed.type).toBe(type);
    expect(Object.fromEntries(Object.entries(shown.parsed.info).filter(([, value]) => value !== undefined))).toEqual(
      info,
    );
  });

  test("one account or byte too few is shown as it is", () => {
    for (const [, instruction] of cases) {
      for (let length = 0; length < instruction.data.length; length++) {
        const data = instruction.data.subarray(0, length);
        const keys = ["x", instruction.programId.toBase58()];
        const shown = parsedInstruction({ programIdIndex: 1, accounts: [], data }, keys, null);
        expect(shown).toEqual({ programId: keys[1], accounts: [], data: encodeBase58(data), stackHeight: null });
      }
    }
  });
});

test("a program that is not known", () => {
  expect(parsed(ComputeBudgetProgram.setComputeUnitLimit({ units: 1 }))).toMatchObject({
    accounts: [],
    data: expect.any(String),
  });
});

test("any data and accounts are shown somehow", () => {
  const programs = [
    SYSTEM,
    TOKEN,
    spl.ASSOCIATED_TOKEN_PROGRAM_ID.toBase58(),
    AddressLookupTableProgram.programId.toBase58(),
    "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
  ];
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc
      .tuple(fc.nat(30), fc.uint8Array({ maxLength: 90 }))
      .map(([tag, rest]) => Uint8Array.from([tag, 0, 0, 0, ...rest])),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...programs),
      data,
      fc.array(fc.nat(9), { maxLength: 8 }),
      (program, bytes, accounts) => {
        expect(
          parsedInstruction({ programIdIndex: 0, accounts, data: bytes }, [program, a, b, c, d, e], 1),
        ).toHaveProperty("programId", program);
      },
    ),
    { numRuns: 2_000 },
  );
});
