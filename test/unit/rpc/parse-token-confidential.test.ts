/**
 * `jsonParsed` of Token-2022's confidential instructions. Expected: Agave's transaction-status, parse_token/extension/confidential_*.rs
 * and permissioned_burn.rs. Proofs are accounts of their own (offset 0) or other instructions, seen through a sysvar.
 */
import { expect, test } from "vitest";
import { a, amount, b, build, type Case, c, d, e, m1, m2, parse, shown } from "./token-2022-builders.ts";

const INSTRUCTIONS = "Sysvar1nstructions1111111111111111111111111";
const AE = new Uint8Array(36).fill(1);
const AE_TEXT = Buffer.from(AE).toString("base64");
const CIPHER = new Uint8Array(64).fill(2);
const KEY_TEXT = Buffer.alloc(32, 5).toString("base64");
const withoutProof = {
  equalityProofInstructionOffset: 0,
  ciphertextValidityProofInstructionOffset: 0,
  rangeProofInstructionOffset: 0,
};
const threeProofs = {
  equalityProofInstructionOffset: 1,
  ciphertextValidityProofInstructionOffset: 2,
  rangeProofInstructionOffset: 3,
};
const records = { equalityRecord: m1, ciphertextValidityRecord: m2, rangeRecord: e };
const contexts = {
  equalityProofContextStateAccount: m1,
  ciphertextValidityProofContextStateAccount: m2,
  rangeProofContextStateAccount: e,
};
const burnCiphers = { burnAmountAuditorCiphertextLo: CIPHER, burnAmountAuditorCiphertextHi: CIPHER };
const transferCiphers = { transferAmountAuditorCiphertextLo: CIPHER, transferAmountAuditorCiphertextHi: CIPHER };

const confidential: Case[] = [
  [
    "InitializeConfidentialTransferMint",
    { mint: a, authority: b, autoApproveNewAccounts: true, auditorElgamalPubkey: e },
    "initializeConfidentialTransferMint",
    { mint: a, authority: b, autoApproveNewAccounts: true, auditorElGamalPubkey: KEY_TEXT },
  ],
  [
    "UpdateConfidentialTransferMint",
    { mint: a, authority: b, autoApproveNewAccounts: false, auditorElgamalPubkey: null },
    "updateConfidentialTransferMint",
    { mint: a, confidentialTransferMintAuthority: b, autoApproveNewAccounts: false, auditorElGamalPubkey: null },
  ],
  [
    "ConfigureConfidentialTransferAccount",
    {
      token: a,
      mint: b,
      instructionsSysvarOrContextState: c,
      authority: d,
      decryptableZeroBalance: AE,
      maximumPendingBalanceCreditCounter: 10_000,
      proofInstructionOffset: 0,
    },
    "configureConfidentialTransferAccount",
    {
      account: a,
      mint: b,
      proofContextStateAccount: c,
      owner: d,
      decryptableZeroBalance: AE_TEXT,
      maximumPendingBalanceCreditCounter: 10_000n,
      proofInstructionOffset: 0,
    },
  ],
  [
    "ApproveConfidentialTransferAccount",
    { token: a, mint: b, authority: c },
    "approveConfidentialTransferAccount",
    { account: a, mint: b, confidentialTransferAuditorAuthority: c },
  ],
  [
    "EmptyConfidentialTransferAccount",
    { token: a, instructionsSysvarOrContextState: INSTRUCTIONS, authority: b, proofInstructionOffset: -1 },
    "emptyConfidentialTransferAccount",
    { account: a, instructionsSysvar: INSTRUCTIONS, owner: b, proofInstructionOffset: -1 },
  ],
  [
    "ConfidentialDeposit",
    { token: a, mint: b, authority: c, amount: 7, decimals: 2 },
    "depositConfidentialTransfer",
    { account: a, mint: b, owner: c, amount: 7n, decimals: 2 },
  ],
  [
    "ConfidentialWithdraw",
    {
      token: a,
      mint: b,
      instructionsSysvar: INSTRUCTIONS,
      rangeRecord: c,
      authority: d,
      amount: 7,
      decimals: 2,
      newDecryptableAvailableBalance: AE,
      equalityProofInstructionOffset: 1,
      rangeProofInstructionOffset: 0,
    },
    "withdrawConfidentialTransfer",
    {
      account: a,
      mint: b,
      instructionsSysvar: INSTRUCTIONS,
      rangeProofContextStateAccount: c,
      owner: d,
      amount: 7n,
      decimals: 2,
      newDecryptableAvailableBalance: AE_TEXT,
      equalityProofInstructionOffset: 1,
      rangeProofInstructionOffset: 0,
    },
  ],
  [
    "ConfidentialTransfer",
    {
      sourceToken: a,
      mint: b,
      destinationToken: c,
      ...records,
      authority: d,
      newSourceDecryptableAvailableBalance: AE,
      ...transferCiphers,
      ...withoutProof,
    },
    "confidentialTransfer",
    {
      source: a,
      mint: b,
      destination: c,
      owner: d,
      newSourceDecryptableAvailableBalance: AE_TEXT,
      ...withoutProof,
      ...contexts,
    },
  ],
  [
    "ConfidentialTransferWithFee",
    {
      sourceToken: a,
      mint: b,
      destinationToken: c,
      instructionsSysvar: INSTRUCTIONS,
      feeSigmaRecord: e,
      authority: d,
      newSourceDecryptableAvailableBalance: AE,
      ...transferCiphers,
      equalityProofInstructionOffset: 1,
      transferAmountCiphertextValidityProofInstructionOffset: 2,
      feeSigmaProofInstructionOffset: 0,
      feeCiphertextValidityProofInstructionOffset: 4,
      rangeProofInstructionOffset: 5,
    },
    "confidentialTransferWithFee",
    {
      source: a,
      mint: b,
      destination: c,
      instructionsSysvar: INSTRUCTIONS,
      feeSigmaProofContextStateAccount: e,
      owner: d,
      newSourceDecryptableAvailableBalance: AE_TEXT,
      equalityProofInstructionOffset: 1,
      transferAmountCiphertextValidityProofInstructionOffset: 2,
      feeSigmaProofInstructionOffset: 0,
      feeCiphertextValidityProofInstructionOffset: 4,
      rangeProofInstructionOffset: 5,
    },
  ],
  [
    "ApplyConfidentialPendingBalance",
    { token: a, authority: b, expectedPendingBalanceCreditCounter: 3, newDecryptableAvailableBalance: AE },
    "applyPendingConfidentialTransferBalance",
    { account: a, owner: b, expectedPendingBalanceCreditCounter: 3n, newDecryptableAvailableBalance: AE_TEXT },
  ],
  [
    "EnableConfidentialCredits",
    { token: a, authority: b },
    "enableConfidentialTransferConfidentialCredits",
    { account: a, owner: b },
  ],
  [
    "DisableConfidentialCredits",
    { token: a, authority: b },
    "disableConfidentialTransferConfidentialCredits",
    { account: a, owner: b },
  ],
  [
    "EnableNonConfidentialCredits",
    { token: a, authority: b },
    "enableConfidentialTransferNonConfidentialCredits",
    { account: a, owner: b },
  ],
  [
    "DisableNonConfidentialCredits",
    { token: a, authority: b },
    "disableConfidentialTransferNonConfidentialCredits",
    { account: a, owner: b },
  ],
  [
    "ConfigureConfidentialTransferAccountWithRegistry",
    { token: a, mint: b, elgamalRegistry: c },
    "configureConfidentialAccountWithRegistry",
    { account: a, mint: b, registry: c },
  ],
  [
    "InitializeConfidentialTransferFee",
    { mint: a, authority: null, withdrawWithheldAuthorityElGamalPubkey: e },
    "initializeConfidentialTransferFeeConfig",
    { mint: a, withdrawWithheldAuthorityElGamalPubkey: KEY_TEXT },
  ],
  [
    "WithdrawWithheldTokensFromMintForConfidentialTransferFee",
    {
      mint: a,
      destination: b,
      instructionsSysvarOrContextState: c,
      authority: d,
      proofInstructionOffset: 0,
      newDecryptableAvailableBalance: AE,
    },
    "withdrawWithheldConfidentialTransferTokensFromMint",
    {
      mint: a,
      feeRecipient: b,
      proofContextStateAccount: c,
      withdrawWithheldAuthority: d,
      proofInstructionOffset: 0,
      newDecryptableAvailableBalance: AE_TEXT,
    },
  ],
  [
    "HarvestWithheldTokensToMintForConfidentialTransferFee",
    { mint: a, sources: [b, c] },
    "harvestWithheldConfidentialTransferTokensToMint",
    { mint: a, sourceAccounts: [b, c] },
  ],
  [
    "EnableHarvestToMint",
    { mint: a, authority: b },
    "enableConfidentialTransferFeeHarvestToMint",
    { account: a, owner: b },
  ],
  [
    "DisableHarvestToMint",
    { mint: a, authority: b },
    "disableConfidentialTransferFeeHarvestToMint",
    { account: a, owner: b },
  ],
  [
    "InitializeConfidentialMintBurn",
    { mint: a, supplyElgamalPubkey: e, decryptableSupply: AE },
    "initializeConfidentialMintBurnMint",
    { mint: a, supplyElGamalPubkey: KEY_TEXT, decryptableSupply: AE_TEXT },
  ],
  [
    "RotateSupplyElgamalPubkey",
    {
      mint: a,
      instructionsSysvarOrContextState: INSTRUCTIONS,
      authority: b,
      newSupplyElgamalPubkey: e,
      proofInstructionOffset: 1,
    },
    "rotateConfidentialMintBurnSupplyElGamalPubkey",
    {
      mint: a,
      instructionsSysvar: INSTRUCTIONS,
      owner: b,
      newSupplyElGamalPubkey: KEY_TEXT,
      proofInstructionOffset: 1,
    },
  ],
  [
    "UpdateConfidentialMintBurnDecryptableSupply",
    { mint: a, authority: b, newDecryptableSupply: AE },
    "updateConfidentialMintBurnDecryptableSupply",
    { mint: a, owner: b, newDecryptableSupply: AE_TEXT },
  ],
  [
    "ConfidentialMint",
    {
      token: a,
      mint: b,
      instructionsSysvar: INSTRUCTIONS,
      authority: d,
      newDecryptableSupply: AE,
      mintAmountAuditorCiphertextLo: CIPHER,
      mintAmountAuditorCiphertextHi: CIPHER,
      ...threeProofs,
    },
    "confidentialMint",
    {
      destination: a,
      mint: b,
      owner: d,
      instructionsSysvar: INSTRUCTIONS,
      newDecryptableSupply: AE_TEXT,
      ...threeProofs,
    },
  ],
  [
    "ConfidentialBurn",
    {
      token: a,
      mint: b,
      ...records,
      authority: d,
      newDecryptableAvailableBalance: AE,
      ...burnCiphers,
      ...withoutProof,
    },
    "confidentialBurn",
    { destination: a, mint: b, owner: d, newDecryptableAvailableBalance: AE_TEXT, ...withoutProof, ...contexts },
  ],
  ["ApplyConfidentialPendingBurn", { mint: a, authority: b }, "applyPendingBurn", { mint: a, owner: b }],
];

const permissioned: Case[] = [
  [
    "InitializePermissionedBurn",
    { mint: a, authority: b },
    "initializePermissionedBurnConfig",
    { mint: a, authority: b },
  ],
  [
    "PermissionedBurn",
    { account: a, mint: b, permissionedBurnAuthority: c, authority: d, amount: 42 },
    "permissionedBurn",
    { account: a, mint: b, permissionedBurnAuthority: c, authority: d, amount: "42" },
  ],
  [
    "PermissionedBurnChecked",
    { account: a, mint: b, permissionedBurnAuthority: c, authority: d, amount: 42, decimals: 2 },
    "permissionedBurnChecked",
    { account: a, mint: b, permissionedBurnAuthority: c, authority: d, tokenAmount: amount("42", 2, 0.42, "0.42") },
  ],
  [
    "PermissionedConfidentialBurn",
    {
      token: a,
      mint: b,
      ...records,
      permissionedBurnAuthority: c,
      authority: d,
      newDecryptableAvailableBalance: AE,
      ...burnCiphers,
      ...withoutProof,
    },
    "permissionedConfidentialBurn",
    {
      account: a,
      mint: b,
      permissionedBurnAuthority: c,
      authority: d,
      newDecryptableAvailableBalance: AE_TEXT,
      ...withoutProof,
      ...contexts,
    },
  ],
];

test.each([...confidential, ...permissioned])("%s", (builder, input, type, info) => {
  expect(parse(build(builder, input))).toEqual(shown(type, info));
});
