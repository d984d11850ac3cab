/**
 * `jsonParsed` of the instructions that the published Token-2022 client builds. Expected: Agave's transaction-status, parse_token.rs
 * and parse_token/extension/, with the values of their tests where they have any.
 */
import * as client from "@solana-program/token-2022";
import { describe, expect, test } from "vitest";
import { a, amount, b, build, type Case, c, d, e, multiSigners, parse, shown, signers } from "./token-2022-builders.ts";

const SYSTEM = "11111111111111111111111111111111";
const RENT = "SysvarRent111111111111111111111111111111111";

const base: Case[] = [
  [
    "InitializeMint",
    { mint: a, decimals: 2, mintAuthority: b, freezeAuthority: c },
    "initializeMint",
    { mint: a, decimals: 2, mintAuthority: b, freezeAuthority: c, rentSysvar: RENT },
  ],
  [
    "InitializeMint2",
    { mint: a, decimals: 2, mintAuthority: b },
    "initializeMint2",
    { mint: a, decimals: 2, mintAuthority: b },
  ],
  [
    "InitializeAccount",
    { account: a, mint: b, owner: c },
    "initializeAccount",
    { account: a, mint: b, owner: c, rentSysvar: RENT },
  ],
  [
    "InitializeAccount2",
    { account: a, mint: b, owner: c },
    "initializeAccount2",
    { account: a, mint: b, owner: c, rentSysvar: RENT },
  ],
  ["InitializeAccount3", { account: a, mint: b, owner: c }, "initializeAccount3", { account: a, mint: b, owner: c }],
  [
    "InitializeMultisig",
    { multisig: a, m: 2, signers },
    "initializeMultisig",
    { multisig: a, m: 2, signers, rentSysvar: RENT },
  ],
  ["InitializeMultisig2", { multisig: a, m: 2, signers }, "initializeMultisig2", { multisig: a, m: 2, signers }],
  [
    "Transfer",
    { source: a, destination: b, authority: c, amount: 42 },
    "transfer",
    { source: a, destination: b, authority: c, amount: "42" },
  ],
  [
    "Approve",
    { source: a, delegate: b, owner: c, amount: 42 },
    "approve",
    { source: a, delegate: b, owner: c, amount: "42" },
  ],
  ["Revoke", { source: a, owner: b, multiSigners }, "revoke", { source: a, multisigOwner: b, signers }],
  [
    "MintTo",
    { mint: a, token: b, mintAuthority: c, amount: 42 },
    "mintTo",
    { mint: a, account: b, mintAuthority: c, amount: "42" },
  ],
  [
    "Burn",
    { account: a, mint: b, authority: c, amount: 42 },
    "burn",
    { account: a, mint: b, authority: c, amount: "42" },
  ],
  ["CloseAccount", { account: a, destination: b, owner: c }, "closeAccount", { account: a, destination: b, owner: c }],
  ["FreezeAccount", { account: a, mint: b, owner: c }, "freezeAccount", { account: a, mint: b, freezeAuthority: c }],
  ["ThawAccount", { account: a, mint: b, owner: c }, "thawAccount", { account: a, mint: b, freezeAuthority: c }],
  [
    "TransferChecked",
    { source: a, mint: b, destination: c, authority: d, amount: 42, decimals: 2 },
    "transferChecked",
    { source: a, mint: b, destination: c, authority: d, tokenAmount: amount("42", 2, 0.42, "0.42") },
  ],
  [
    "ApproveChecked",
    { source: a, mint: b, delegate: c, owner: d, amount: 42, decimals: 2 },
    "approveChecked",
    { source: a, mint: b, delegate: c, owner: d, tokenAmount: amount("42", 2, 0.42, "0.42") },
  ],
  [
    "MintToChecked",
    { mint: a, token: b, mintAuthority: c, amount: 42, decimals: 2 },
    "mintToChecked",
    { mint: a, account: b, mintAuthority: c, tokenAmount: amount("42", 2, 0.42, "0.42") },
  ],
  [
    "BurnChecked",
    { account: a, mint: b, authority: c, amount: 42, decimals: 2 },
    "burnChecked",
    { account: a, mint: b, authority: c, tokenAmount: amount("42", 2, 0.42, "0.42") },
  ],
  ["SyncNative", { account: a }, "syncNative", { account: a }],
  ["GetAccountDataSize", { mint: a }, "getAccountDataSize", { mint: a }],
  ["InitializeImmutableOwner", { account: a }, "initializeImmutableOwner", { account: a }],
  ["AmountToUiAmount", { mint: a, amount: 4242 }, "amountToUiAmount", { mint: a, amount: "4242" }],
  ["UiAmountToAmount", { mint: a, uiAmount: "42.42" }, "uiAmountToAmount", { mint: a, uiAmount: "42.42" }],
  [
    "InitializeMintCloseAuthority",
    { mint: a, closeAuthority: b },
    "initializeMintCloseAuthority",
    { mint: a, newAuthority: b },
  ],
  [
    "InitializeMintCloseAuthority",
    { mint: a, closeAuthority: null },
    "initializeMintCloseAuthority",
    { mint: a, newAuthority: null },
  ],
  [
    "Reallocate",
    { token: a, payer: b, owner: c, newExtensionTypes: [2, 8], multiSigners },
    "reallocate",
    {
      account: a,
      payer: b,
      multisigOwner: c,
      signers,
      systemProgram: SYSTEM,
      extensionTypes: ["transferFeeAmount", "memoTransfer"],
    },
  ],
  [
    "CreateNativeMint",
    { payer: a, nativeMint: b },
    "createNativeMint",
    { payer: a, nativeMint: b, systemProgram: SYSTEM },
  ],
  ["InitializeNonTransferableMint", { mint: a }, "initializeNonTransferableMint", { mint: a }],
  ["InitializePermanentDelegate", { mint: a, delegate: b }, "initializePermanentDelegate", { mint: a, delegate: b }],
  [
    "WithdrawExcessLamports",
    { source: a, destination: b, authority: c },
    "withdrawExcessLamports",
    { source: a, destination: b, authority: c },
  ],
  [
    "UnwrapLamports",
    { source: a, destination: b, authority: c, amount: 7 },
    "unwrapLamports",
    { source: a, destination: b, authority: c, amount: "7" },
  ],
  [
    "UnwrapLamports",
    { source: a, destination: b, authority: c, amount: null },
    "unwrapLamports",
    { source: a, destination: b, authority: c },
  ],
];

const fees: Case[] = [
  [
    "InitializeTransferFeeConfig",
    {
      mint: a,
      transferFeeConfigAuthority: b,
      withdrawWithheldAuthority: c,
      transferFeeBasisPoints: 42,
      maximumFee: 2121,
    },
    "initializeTransferFeeConfig",
    {
      mint: a,
      transferFeeConfigAuthority: b,
      withdrawWithheldAuthority: c,
      transferFeeBasisPoints: 42,
      maximumFee: 2121n,
    },
  ],
  [
    "InitializeTransferFeeConfig",
    {
      mint: a,
      transferFeeConfigAuthority: null,
      withdrawWithheldAuthority: null,
      transferFeeBasisPoints: 42,
      maximumFee: 2121,
    },
    "initializeTransferFeeConfig",
    { mint: a, transferFeeBasisPoints: 42, maximumFee: 2121n },
  ],
  [
    "TransferCheckedWithFee",
    { source: a, mint: b, destination: c, authority: d, amount: 55, decimals: 2, fee: 5, multiSigners },
    "transferCheckedWithFee",
    {
      source: a,
      mint: b,
      destination: c,
      multisigAuthority: d,
      signers,
      tokenAmount: amount("55", 2, 0.55, "0.55"),
      feeAmount: amount("5", 2, 0.05, "0.05"),
    },
  ],
  [
    "WithdrawWithheldTokensFromMint",
    { mint: a, feeReceiver: b, withdrawWithheldAuthority: c },
    "withdrawWithheldTokensFromMint",
    { mint: a, feeRecipient: b, withdrawWithheldAuthority: c },
  ],
  [
    "WithdrawWithheldTokensFromAccounts",
    { mint: a, feeReceiver: b, withdrawWithheldAuthority: c, numTokenAccounts: 2, multiSigners, sources: [d, e] },
    "withdrawWithheldTokensFromAccounts",
    { mint: a, feeRecipient: b, multisigWithdrawWithheldAuthority: c, signers, sourceAccounts: [d, e] },
  ],
  [
    "HarvestWithheldTokensToMint",
    { mint: a, sources: [b, c] },
    "harvestWithheldTokensToMint",
    { mint: a, sourceAccounts: [b, c] },
  ],
  [
    "SetTransferFee",
    { mint: a, transferFeeConfigAuthority: b, transferFeeBasisPoints: 42, maximumFee: 2121, multiSigners },
    "setTransferFee",
    { mint: a, transferFeeBasisPoints: 42, maximumFee: 2121n, multisigtransferFeeConfigAuthority: b, signers },
  ],
];

const switches: Case[] = [
  [
    "InitializeDefaultAccountState",
    { mint: a, state: 2 },
    "initializeDefaultAccountState",
    { mint: a, accountState: "frozen" },
  ],
  [
    "UpdateDefaultAccountState",
    { mint: a, freezeAuthority: b, state: 1, multiSigners },
    "updateDefaultAccountState",
    { mint: a, accountState: "initialized", multisigFreezeAuthority: b, signers },
  ],
  ["EnableMemoTransfers", { token: a, owner: b }, "enableRequiredMemoTransfers", { account: a, owner: b }],
  [
    "DisableMemoTransfers",
    { token: a, owner: b, multiSigners },
    "disableRequiredMemoTransfers",
    { account: a, multisigOwner: b, signers },
  ],
  ["EnableCpiGuard", { token: a, owner: b }, "enableCpiGuard", { account: a, owner: b }],
  [
    "DisableCpiGuard",
    { token: a, owner: b, multiSigners },
    "disableCpiGuard",
    { account: a, multisigOwner: b, signers },
  ],
  ["InitializePausableConfig", { mint: a, authority: b }, "initializePausableConfig", { mint: a, authority: b }],
  // The program takes 32 zero bytes for none; Agave shows the key that they are.
  [
    "InitializePausableConfig",
    { mint: a, authority: null },
    "initializePausableConfig",
    { mint: a, authority: SYSTEM },
  ],
  ["Pause", { mint: a, authority: b }, "pause", { mint: a, authority: b }],
  ["Resume", { mint: a, authority: b }, "resume", { mint: a, authority: b }],
];

const pointers: Case[] = [
  [
    "InitializeTransferHook",
    { mint: a, authority: b, programId: c },
    "initializeTransferHook",
    { mint: a, authority: b, programId: c },
  ],
  ["InitializeTransferHook", { mint: a, authority: null, programId: null }, "initializeTransferHook", { mint: a }],
  [
    "UpdateTransferHook",
    { mint: a, authority: b, programId: c },
    "updateTransferHook",
    { mint: a, authority: b, programId: c },
  ],
  [
    "InitializeMetadataPointer",
    { mint: a, authority: b, metadataAddress: c },
    "initializeMetadataPointer",
    { mint: a, authority: b, metadataAddress: c },
  ],
  [
    "UpdateMetadataPointer",
    { mint: a, metadataPointerAuthority: b, metadataAddress: c, multiSigners },
    "updateMetadataPointer",
    { mint: a, metadataAddress: c, multisigAuthority: b, signers },
  ],
  [
    "InitializeGroupPointer",
    { mint: a, authority: b, groupAddress: c },
    "initializeGroupPointer",
    { mint: a, authority: b, groupAddress: c },
  ],
  [
    "UpdateGroupPointer",
    { mint: a, groupPointerAuthority: b, groupAddress: null },
    "updateGroupPointer",
    { mint: a, authority: b },
  ],
  [
    "InitializeGroupMemberPointer",
    { mint: a, authority: b, memberAddress: c },
    "initializeGroupMemberPointer",
    { mint: a, authority: b, memberAddress: c },
  ],
  [
    "UpdateGroupMemberPointer",
    { mint: a, groupMemberPointerAuthority: b, memberAddress: c },
    "updateGroupMemberPointer",
    { mint: a, authority: b, memberAddress: c },
  ],
];

const rates: Case[] = [
  [
    "InitializeInterestBearingMint",
    { mint: a, rateAuthority: b, rate: -42 },
    "initializeInterestBearingConfig",
    { mint: a, rateAuthority: b, rate: -42 },
  ],
  [
    "UpdateRateInterestBearingMint",
    { mint: a, rateAuthority: b, rate: 42, multiSigners },
    "updateInterestBearingConfigRate",
    { mint: a, newRate: 42, multisigRateAuthority: b, signers },
  ],
  [
    "InitializeScaledUiAmountMint",
    { mint: a, authority: null, multiplier: 2.5 },
    "initializeScaledUiAmountConfig",
    { mint: a, authority: null, multiplier: "2.5" },
  ],
  [
    "UpdateMultiplierScaledUiMint",
    { mint: a, authority: b, multiplier: 1e-7, effectiveTimestamp: 1_000 },
    "updateMultiplier",
    { mint: a, authority: b, newMultiplier: "0.0000001", newMultiplierTimestamp: 1_000n },
  ],
];

const metadata: Case[] = [
  [
    "InitializeTokenMetadata",
    {
      metadata: a,
      updateAuthority: b,
      mint: c,
      mintAuthority: d,
      name: "Mega Token",
      symbol: "MEGA",
      uri: "https://mega.com",
    },
    "initializeTokenMetadata",
    {
      metadata: a,
      updateAuthority: b,
      mint: c,
      mintAuthority: d,
      name: "Mega Token",
      symbol: "MEGA",
      uri: "https://mega.com",
    },
  ],
  [
    "UpdateTokenMetadataField",
    { metadata: a, updateAuthority: b, field: client.tokenMetadataField("Uri"), value: "https://ultra-mega.com" },
    "updateTokenMetadataField",
    { metadata: a, updateAuthority: b, field: "uri", value: "https://ultra-mega.com" },
  ],
  [
    "UpdateTokenMetadataField",
    { metadata: a, updateAuthority: b, field: client.tokenMetadataField("Key", ["new_field"]), value: "new_value" },
    "updateTokenMetadataField",
    { metadata: a, updateAuthority: b, field: "new_field", value: "new_value" },
  ],
  [
    "RemoveTokenMetadataKey",
    { metadata: a, updateAuthority: b, key: "new_field", idempotent: false },
    "removeTokenMetadataKey",
    { metadata: a, updateAuthority: b, key: "new_field", idempotent: false },
  ],
  [
    "UpdateTokenMetadataUpdateAuthority",
    { metadata: a, updateAuthority: b, newUpdateAuthority: null },
    "updateTokenMetadataAuthority",
    { metadata: a, updateAuthority: b, newAuthority: null },
  ],
  ["EmitTokenMetadata", { metadata: a, start: 1, end: 2 }, "emitTokenMetadata", { metadata: a, start: 1n, end: 2n }],
  ["EmitTokenMetadata", { metadata: a, end: 2 }, "emitTokenMetadata", { metadata: a, end: 2n }],
  [
    "InitializeTokenGroup",
    { group: a, mint: b, mintAuthority: c, updateAuthority: d, maxSize: 300 },
    "initializeTokenGroup",
    { group: a, mint: b, mintAuthority: c, updateAuthority: d, maxSize: 300n },
  ],
  [
    "UpdateTokenGroupMaxSize",
    { group: a, updateAuthority: b, maxSize: 500 },
    "updateTokenGroupMaxSize",
    { group: a, updateAuthority: b, maxSize: 500n },
  ],
  [
    "UpdateTokenGroupUpdateAuthority",
    { group: a, updateAuthority: b, newUpdateAuthority: c },
    "updateTokenGroupAuthority",
    { group: a, updateAuthority: b, newAuthority: c },
  ],
  [
    "InitializeTokenGroupMember",
    { member: a, memberMint: b, memberMintAuthority: c, group: d, groupUpdateAuthority: e },
    "initializeTokenGroupMember",
    { member: a, memberMint: b, memberMintAuthority: c, group: d, groupUpdateAuthority: e },
  ],
];

const all = [...base, ...fees, ...switches, ...pointers, ...rates, ...metadata];

test.each(all)("%s %#", (builder, input, type, info) => {
  expect(parse(build(builder, input))).toEqual(shown(type, info));
});

test("whatever the client builds is parsed under a name of its own: a new instruction shows here", () => {
  const built = Object.keys(client).flatMap((key) => /^get(\w+)Instruction$/.exec(key)?.[1] ?? []);
  const confidential = /Confidential|ElgamalPubkey|HarvestToMint$|PermissionedBurn/;
  const tested = new Set([...all.map(([builder]) => builder), "SetAuthority", "Batch"]);
  const missing = built.filter((builder) => !tested.has(builder) && !confidential.test(builder));
  const associated = ["CreateAssociatedToken", "CreateAssociatedTokenIdempotent", "RecoverNestedAssociatedToken"];
  expect(missing.toSorted()).toEqual(associated);
});

const AUTHORITIES: [number, string][] = [
  [0, "mintTokens"],
  [1, "freezeAccount"],
  [4, "transferFeeConfig"],
  [5, "withheldWithdraw"],
  [6, "closeMint"],
  [7, "interestRate"],
  [8, "permanentDelegate"],
  [9, "confidentialTransferMint"],
  [10, "transferHookProgramId"],
  [11, "confidentialTransferFeeConfig"],
  [12, "metadataPointer"],
  [13, "groupPointer"],
  [14, "groupMemberPointer"],
  [15, "scaledUiAmount"],
  [16, "pause"],
  [17, "permissionedBurn"],
];

describe("setAuthority", () => {
  const set = (authorityType: number, newAuthority: string | null) =>
    build("SetAuthority", { owned: a, owner: b, authorityType, newAuthority });
  test.each(AUTHORITIES)("type %d of a mint is %s", (type, authorityType) => {
    const info = { mint: a, authorityType, newAuthority: c, authority: b };
    expect(parse(set(type, c))).toEqual(shown("setAuthority", info));
  });
  test("of an account", () => {
    const shownAs = (authorityType: string) =>
      shown("setAuthority", { account: a, authorityType, newAuthority: null, authority: b });
    expect(parse(set(2, null))).toEqual(shownAs("accountOwner"));
    expect(parse(set(3, null))).toEqual(shownAs("closeAccount"));
  });
  test("an unknown type is shown partially decoded", () => {
    const built = set(17, c);
    expect(
      parse(
        built,
        0,
        Uint8Array.from(built.data, (byte, i) => (i === 1 ? 18 : byte)),
      ),
    ).toMatchObject({
      accounts: [a, b],
    });
  });
});

const refused = { programId: client.TOKEN_2022_PROGRAM_ADDRESS, stackHeight: 1 };
const joined = (...parts: ArrayLike<number>[]) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));

describe("getAccountDataSize", () => {
  const built = build("GetAccountDataSize", { mint: a });
  const ask = (...types: number[]) => parse(built, 0, Uint8Array.of(21, ...types));
  test("names the extensions that it asks for", () => {
    expect(ask(7, 0)).toEqual(shown("getAccountDataSize", { mint: a, extensionTypes: ["immutableOwner"] }));
    expect(ask(2, 0, 28, 0)).toEqual(
      shown("getAccountDataSize", { mint: a, extensionTypes: ["transferFeeAmount", "permissionedBurn"] }),
    );
  });
  test("half a number or an unknown one is shown partially decoded", () => {
    for (const types of [[7], [29, 0], [7, 0, 1]]) expect(ask(...types)).toMatchObject({ ...refused, accounts: [a] });
  });
});

describe("batch", () => {
  const transfer = build("Transfer", { source: a, destination: b, authority: c, amount: 42 });
  const sync = build("SyncNative", { account: d });
  const batch = (client.getBatchInstruction as unknown as (list: unknown[]) => ReturnType<typeof build>)([
    transfer,
    sync,
  ]);
  test("shows each instruction with its own accounts", () => {
    expect(parse(batch)).toEqual(
      shown("batch", {
        instructions: [
          { type: "transfer", info: { source: a, destination: b, authority: c, amount: "42" } },
          { type: "syncNative", info: { account: d } },
        ],
      }),
    );
  });
  test("whose parts are not all instructions is shown partially decoded", () => {
    const cases = {
      "accounts missing": parse(batch, 1),
      "data cut": parse(batch, 0, batch.data.subarray(0, batch.data.length - 1)),
      "a batch in a batch": parse(batch, 0, joined([255, 1, 1, 255])),
      "an instruction without accounts": parse(batch, 0, joined([255, 0, 1, 17])),
      "no instruction": parse(batch, 0, joined([255, 1, 1, 200])),
    };
    for (const [what, answer] of Object.entries(cases)) expect(answer, what).toMatchObject(refused);
  });
  test("of nothing has no instructions", () => {
    expect(parse(batch, 0, Uint8Array.of(255))).toEqual(shown("batch", { instructions: [] }));
  });
});

describe("data that Agave's parser refuses are shown partially decoded", () => {
  const withData = (builder: string, input: unknown, change: (data: Uint8Array) => Uint8Array) => {
    const built = build(builder, input);
    return parse(built, 0, change(built.data));
  };
  const longer = (data: Uint8Array) => joined(data, [0]);
  const shorter = (data: Uint8Array) => data.slice(0, -1);
  test.each(
    [...switches, ...pointers, ...rates, ...metadata].filter(
      ([, , type]) => !/Required|CpiGuard|pause|resume/.test(type),
    ),
  )("%s %#: a byte more or less", (builder, input) => {
    expect(withData(builder, input, longer)).toMatchObject(refused);
    expect(withData(builder, input, shorter)).toMatchObject(refused);
  });
  test("switches and fees may be longer", () => {
    const owner = { token: a, owner: b };
    expect(withData("EnableCpiGuard", owner, longer)).toEqual(shown("enableCpiGuard", { account: a, owner: b }));
    expect(withData("HarvestWithheldTokensToMint", { mint: a, sources: [] }, longer)).toEqual(
      shown("harvestWithheldTokensToMint", { mint: a, sourceAccounts: [] }),
    );
  });
  test("a second tag that does not exist, or none", () => {
    const built = build("Pause", { mint: a, authority: b });
    for (const tag of [26, 27, 28, 30, 33, 34, 36, 37, 39, 40, 41, 42, 43, 44, 46]) {
      expect(parse(built, 0, Uint8Array.of(tag)), `${tag}`).toMatchObject(refused);
      expect(parse(built, 0, Uint8Array.of(tag, 99)), `${tag}`).toMatchObject(refused);
    }
    for (const tag of [47, 100, 254]) expect(parse(built, 0, Uint8Array.of(tag)), `${tag}`).toMatchObject(refused);
  });
  test("an account state that does not exist", () => {
    const built = build("InitializeDefaultAccountState", { mint: a, state: 2 });
    expect(parse(built, 0, Uint8Array.of(28, 0, 3))).toMatchObject(refused);
  });
  test("fewer sources than it says", () => {
    const input = { mint: a, feeReceiver: b, withdrawWithheldAuthority: c, numTokenAccounts: 2, sources: [d, e] };
    const built = build("WithdrawWithheldTokensFromAccounts", input);
    expect(parse(built)).toHaveProperty("parsed");
    expect(parse(built, 1)).toMatchObject(refused);
  });
  test("a name that is no UTF-8, a field that does not exist", () => {
    const input = { metadata: a, updateAuthority: b, field: client.tokenMetadataField("Key", ["k"]), value: "v" };
    const at = (index: number, byte: number) => (data: Uint8Array) =>
      Uint8Array.from(data, (old, i) => (i === index ? byte : old));
    expect(withData("UpdateTokenMetadataField", input, at(13, 0xff))).toMatchObject(refused);
    expect(withData("UpdateTokenMetadataField", input, at(8, 4))).toMatchObject(refused);
  });
});

test("the classic program's withdrawExcessLamports has the same shape", () => {
  const built = build("WithdrawExcessLamports", { source: a, destination: b, authority: c, multiSigners });
  const classic = {
    ...built,
    programAddress: "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" as typeof built.programAddress,
  };
  expect(parse(classic)).toMatchObject({
    program: "spl-token",
    programId: "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    parsed: { type: "withdrawExcessLamports", info: { source: a, destination: b, multisigAuthority: c, signers } },
  });
});
