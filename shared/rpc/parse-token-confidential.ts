/**
 * Instructions of Token-2022's confidential extensions: names, accounts and the numbers that are not encrypted; ciphertexts and
 * keys in base64 (Agave's transaction-status, parse_token/extension/confidential_*.rs).
 */
import type { Accounts, Fields, Members, Shape } from "./instruction-fields.ts";
import { exact, family, type Parser, signedBy } from "./token-shapes.ts";
import { AE_CIPHERTEXT_SIZE, ELGAMAL_CIPHERTEXT_SIZE, ELGAMAL_KEY_SIZE } from "./token-state.ts";

const balance = (f: Fields) => f.base64(AE_CIPHERTEXT_SIZE);
const elGamalKey = (f: Fields) => f.base64(ELGAMAL_KEY_SIZE);

interface ProofPlan {
  /** Index of the first account that may belong to a proof. */
  readonly at: number;
  /** Accounts behind them, at least. */
  readonly trailing: number;
  /** Name of the new balance, which the data begin with; the amount's two ciphertexts for the auditor follow. */
  readonly balance: string;
  readonly names: readonly string[];
}

/** Accounts of the proofs whose offset is 0, behind the sysvar if one is not; `next`: the account behind them. */
function proofAccounts(
  a: Accounts,
  plan: Pick<ProofPlan, "at" | "trailing" | "names">,
  offsets: readonly number[],
): { members: Members; next: number } {
  const members: Members = {};
  let next = plan.at;
  const take = (name: string) => {
    if (next >= a.length - plan.trailing) return;
    members[name] = a[next++];
  };
  if (offsets.some((offset) => offset !== 0)) take("instructionsSysvar");
  for (const [i, name] of plan.names.entries()) {
    members[`${name}ProofInstructionOffset`] = offsets[i];
    if (offsets[i] === 0) take(`${name}ProofContextStateAccount`);
  }
  return { members, next };
}

/** A balance, two ciphertexts, one i8 for each proof: how many instructions away it is, 0 for an account. */
export function proofs(f: Fields, a: Accounts, plan: ProofPlan): { members: Members; next: number } {
  const newBalance = balance(f);
  f.bytes(2 * ELGAMAL_CIPHERTEXT_SIZE);
  const offsets = plan.names.map(() => f.i8());
  const { members, next } = proofAccounts(a, plan, offsets);
  return { members: { [plan.balance]: newBalance, ...members }, next };
}

/** The one account of a proof: its context, or the sysvar where the proof is another instruction. */
const proofAccount = (offset: number, account: string | undefined): Members => ({
  proofInstructionOffset: offset,
  [offset === 0 ? "proofContextStateAccount" : "instructionsSysvar"]: account,
});

const owner = (a: Accounts, at: number) => signedBy("owner", a, at);
const ofAccount = (type: string): Shape => [type, 2, (_, a) => ({ account: a[0], ...owner(a, 1) })];

function configureAccount(f: Fields, a: Accounts): Members {
  return {
    account: a[0],
    mint: a[1],
    decryptableZeroBalance: balance(f),
    maximumPendingBalanceCreditCounter: f.u64(),
    ...proofAccount(f.i8(), a[2]),
    ...owner(a, 3),
  };
}

function withdraw(f: Fields, a: Accounts): Members {
  const base = {
    account: a[0],
    mint: a[1],
    amount: f.u64(),
    decimals: f.u8(),
    newDecryptableAvailableBalance: balance(f),
  };
  const names = ["equality", "range"];
  const { members, next } = proofAccounts(a, { at: 2, trailing: 1, names }, [f.i8(), f.i8()]);
  return { ...base, ...members, ...owner(a, next) };
}

const TRANSFER_PROOFS = ["equality", "ciphertextValidity", "range"];
const TRANSFER_WITH_FEE_PROOFS = [
  "equality",
  "transferAmountCiphertextValidity",
  "feeSigma",
  "feeCiphertextValidity",
  "range",
];

function transfer(type: string, names: readonly string[]): Shape {
  return exact([
    type,
    4,
    (f, a) => {
      const plan = { at: 3, trailing: 1, balance: "newSourceDecryptableAvailableBalance", names };
      const { members, next } = proofs(f, a, plan);
      return { source: a[0], mint: a[1], destination: a[2], ...members, ...owner(a, next) };
    },
  ]);
}

const TRANSFER: readonly Shape[] = [
  exact([
    "initializeConfidentialTransferMint",
    1,
    (f, a) => ({
      mint: a[0],
      authority: f.keyOrNull() ?? undefined,
      autoApproveNewAccounts: f.u8() !== 0,
      auditorElGamalPubkey: f.base64OrNull(ELGAMAL_KEY_SIZE),
    }),
  ]),
  exact([
    "updateConfidentialTransferMint",
    2,
    (f, a) => ({
      mint: a[0],
      confidentialTransferMintAuthority: a[1],
      autoApproveNewAccounts: f.u8() !== 0,
      auditorElGamalPubkey: f.base64OrNull(ELGAMAL_KEY_SIZE),
    }),
  ]),
  exact(["configureConfidentialTransferAccount", 4, configureAccount]),
  [
    "approveConfidentialTransferAccount",
    3,
    (_, a) => ({ account: a[0], mint: a[1], confidentialTransferAuditorAuthority: a[2] }),
  ],
  exact([
    "emptyConfidentialTransferAccount",
    3,
    (f, a) => ({ account: a[0], ...proofAccount(f.i8(), a[1]), ...owner(a, 2) }),
  ]),
  exact([
    "depositConfidentialTransfer",
    3,
    (f, a) => ({ account: a[0], mint: a[1], amount: f.u64(), decimals: f.u8(), ...owner(a, 2) }),
  ]),
  exact(["withdrawConfidentialTransfer", 4, withdraw]),
  transfer("confidentialTransfer", TRANSFER_PROOFS),
  exact([
    "applyPendingConfidentialTransferBalance",
    2,
    (f, a) => ({
      account: a[0],
      expectedPendingBalanceCreditCounter: f.u64(),
      newDecryptableAvailableBalance: balance(f),
      ...owner(a, 1),
    }),
  ]),
  ofAccount("enableConfidentialTransferConfidentialCredits"),
  ofAccount("disableConfidentialTransferConfidentialCredits"),
  ofAccount("enableConfidentialTransferNonConfidentialCredits"),
  ofAccount("disableConfidentialTransferNonConfidentialCredits"),
  transfer("confidentialTransferWithFee", TRANSFER_WITH_FEE_PROOFS),
  ["configureConfidentialAccountWithRegistry", 3, (_, a) => ({ account: a[0], mint: a[1], registry: a[2] })],
];

function withdrawFromAccounts(f: Fields, a: Accounts): Members {
  const sources = f.u8();
  if (a.length < 4 + sources) throw new RangeError("too few accounts");
  const first = a.length - sources;
  return {
    mint: a[0],
    feeRecipient: a[1],
    ...proofAccount(f.i8(), a[2]),
    newDecryptableAvailableBalance: balance(f),
    sourceAccounts: a.slice(first),
    ...signedBy("withdrawWithheldAuthority", a.slice(0, first), 3),
  };
}

const FEE: readonly Shape[] = [
  exact([
    "initializeConfidentialTransferFeeConfig",
    1,
    (f, a) => ({
      mint: a[0],
      authority: f.keyOrNull() ?? undefined,
      withdrawWithheldAuthorityElGamalPubkey: elGamalKey(f),
    }),
  ]),
  exact([
    "withdrawWithheldConfidentialTransferTokensFromMint",
    4,
    (f, a) => ({
      mint: a[0],
      feeRecipient: a[1],
      ...proofAccount(f.i8(), a[2]),
      newDecryptableAvailableBalance: balance(f),
      ...signedBy("withdrawWithheldAuthority", a, 3),
    }),
  ]),
  exact(["withdrawWithheldConfidentialTransferTokensFromAccounts", 4, withdrawFromAccounts]),
  ["harvestWithheldConfidentialTransferTokensToMint", 1, (_, a) => ({ mint: a[0], sourceAccounts: a.slice(1) })],
  ofAccount("enableConfidentialTransferFeeHarvestToMint"),
  ofAccount("disableConfidentialTransferFeeHarvestToMint"),
];

const ofMint = (type: string, info: (f: Fields) => Members): Shape => [
  type,
  2,
  (f, a) => ({ mint: a[0], ...info(f), ...owner(a, 1) }),
];

function mintOrBurn(type: string, balanceName: string): Shape {
  return exact([
    type,
    3,
    (f, a) => {
      const plan = { at: 2, trailing: 1, balance: balanceName, names: TRANSFER_PROOFS };
      const { members, next } = proofs(f, a, plan);
      return { destination: a[0], mint: a[1], ...members, ...owner(a, next) };
    },
  ]);
}

const MINT_BURN: readonly Shape[] = [
  exact([
    "initializeConfidentialMintBurnMint",
    1,
    (f, a) => ({ mint: a[0], supplyElGamalPubkey: elGamalKey(f), decryptableSupply: balance(f) }),
  ]),
  exact([
    "rotateConfidentialMintBurnSupplyElGamalPubkey",
    3,
    (f, a) => ({
      mint: a[0],
      newSupplyElGamalPubkey: elGamalKey(f),
      ...proofAccount(f.i8(), a[1]),
      ...owner(a, 2),
    }),
  ]),
  exact(ofMint("updateConfidentialMintBurnDecryptableSupply", (f) => ({ newDecryptableSupply: balance(f) }))),
  mintOrBurn("confidentialMint", "newDecryptableSupply"),
  mintOrBurn("confidentialBurn", "newDecryptableAvailableBalance"),
  ofMint("applyPendingBurn", () => ({})),
];

/** By the instruction's first byte. */
export const CONFIDENTIAL_FAMILIES: Readonly<Record<number, Parser>> = {
  27: family(TRANSFER),
  37: family(FEE),
  42: family(MINT_BURN),
};
