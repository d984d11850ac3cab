/** Instructions of Token-2022's extensions: a second u8 after the tag says which (Agave's transaction-status, parse_token/extension/). */
import { formatShortest } from "./float-text.ts";
import type { Accounts, Fields, Members, Shape } from "./instruction-fields.ts";
import { proofs } from "./parse-token-confidential.ts";
import { exact, family, optionalKey, type Parser, signedBy, tokenAmount } from "./token-shapes.ts";
import { ACCOUNT_STATES } from "./token-state.ts";
import { uiTokenAmount } from "./ui-amount.ts";

function initializeTransferFee(f: Fields, a: Accounts): Members {
  return {
    mint: a[0],
    transferFeeConfigAuthority: optionalKey(f) ?? undefined,
    withdrawWithheldAuthority: optionalKey(f) ?? undefined,
    transferFeeBasisPoints: f.u16(),
    maximumFee: f.u64(),
  };
}

function transferWithFee(f: Fields, a: Accounts): Members {
  const amount = f.u64();
  const decimals = f.u8();
  return {
    source: a[0],
    mint: a[1],
    destination: a[2],
    tokenAmount: uiTokenAmount(amount, decimals),
    feeAmount: uiTokenAmount(f.u64(), decimals),
    ...signedBy("authority", a, 3),
  };
}

function withdrawFromAccounts(f: Fields, a: Accounts): Members | null {
  const sources = f.u8();
  if (a.length < 3 + sources) throw new RangeError("too few accounts");
  const first = a.length - sources;
  return {
    mint: a[0],
    feeRecipient: a[1],
    sourceAccounts: a.slice(first),
    ...signedBy("withdrawWithheldAuthority", a.slice(0, first), 2),
  };
}

const TRANSFER_FEE: readonly Shape[] = [
  ["initializeTransferFeeConfig", 1, initializeTransferFee],
  ["transferCheckedWithFee", 4, transferWithFee],
  [
    "withdrawWithheldTokensFromMint",
    3,
    (_, a) => ({ mint: a[0], feeRecipient: a[1], ...signedBy("withdrawWithheldAuthority", a, 2) }),
  ],
  ["withdrawWithheldTokensFromAccounts", 3, withdrawFromAccounts],
  ["harvestWithheldTokensToMint", 1, (_, a) => ({ mint: a[0], sourceAccounts: a.slice(1) })],
  [
    "setTransferFee",
    2,
    (f, a) => ({
      mint: a[0],
      transferFeeBasisPoints: f.u16(),
      maximumFee: f.u64(),
      ...signedBy("transferFeeConfigAuthority", a, 1),
    }),
  ],
];

function accountState(f: Fields): string {
  const state = ACCOUNT_STATES[f.u8()];
  if (state === undefined) throw new RangeError("not an account state");
  return state;
}

const DEFAULT_ACCOUNT_STATE: readonly Shape[] = [
  exact(["initializeDefaultAccountState", 1, (f, a) => ({ mint: a[0], accountState: accountState(f) })]),
  exact([
    "updateDefaultAccountState",
    2,
    (f, a) => ({ mint: a[0], accountState: accountState(f), ...signedBy("freezeAuthority", a, 1) }),
  ]),
];

const switched = (type: string): Shape => [type, 2, (_, a) => ({ account: a[0], ...signedBy("owner", a, 1) })];

/** A pointer from a mint to the account that has its metadata, group or membership, or to the program of its hook. */
function pointer(name: string, target: string): readonly Shape[] {
  return [
    exact([
      `initialize${name}`,
      1,
      (f, a) => ({ mint: a[0], authority: f.keyOrNull() ?? undefined, [target]: f.keyOrNull() ?? undefined }),
    ]),
    exact([
      `update${name}`,
      2,
      (f, a) => ({ mint: a[0], [target]: f.keyOrNull() ?? undefined, ...signedBy("authority", a, 1) }),
    ]),
  ];
}

const INTEREST_BEARING: readonly Shape[] = [
  exact([
    "initializeInterestBearingConfig",
    1,
    (f, a) => ({ mint: a[0], rateAuthority: f.keyOrNull(), rate: f.i16() }),
  ]),
  exact([
    "updateInterestBearingConfigRate",
    2,
    (f, a) => ({ mint: a[0], newRate: f.i16(), ...signedBy("rateAuthority", a, 1) }),
  ]),
];

const SCALED_UI_AMOUNT: readonly Shape[] = [
  exact([
    "initializeScaledUiAmountConfig",
    1,
    (f, a) => ({ mint: a[0], authority: f.keyOrNull(), multiplier: formatShortest(f.f64()) }),
  ]),
  exact([
    "updateMultiplier",
    2,
    (f, a) => ({
      mint: a[0],
      newMultiplier: formatShortest(f.f64()),
      newMultiplierTimestamp: f.i64(),
      ...signedBy("authority", a, 1),
    }),
  ]),
];

const paused = (type: string): Shape => [type, 2, (_, a) => ({ mint: a[0], ...signedBy("authority", a, 1) })];

const PAUSABLE: readonly Shape[] = [
  exact(["initializePausableConfig", 1, (f, a) => ({ mint: a[0], authority: f.key() })]),
  paused("pause"),
  paused("resume"),
];

const burned = (a: Accounts): Members => ({ account: a[0], mint: a[1], permissionedBurnAuthority: a[2] });

function confidentialBurn(f: Fields, a: Accounts): Members {
  const { members, next } = proofs(f, a, {
    at: 2,
    // The authority of permissioned burns and the owner come behind the proofs.
    trailing: 2,
    balance: "newDecryptableAvailableBalance",
    names: ["equality", "ciphertextValidity", "range"],
  });
  const named = next < a.length - 1;
  return {
    account: a[0],
    mint: a[1],
    ...members,
    permissionedBurnAuthority: named ? a[next] : undefined,
    ...signedBy("authority", a, named ? next + 1 : next),
  };
}

const PERMISSIONED_BURN: readonly Shape[] = [
  exact(["initializePermissionedBurnConfig", 1, (f, a) => ({ mint: a[0], authority: f.key() })]),
  exact(["permissionedBurn", 4, (f, a) => ({ ...burned(a), amount: String(f.u64()), ...signedBy("authority", a, 3) })]),
  exact([
    "permissionedBurnChecked",
    4,
    (f, a) => ({ ...burned(a), tokenAmount: tokenAmount(f), ...signedBy("authority", a, 3) }),
  ]),
  exact(["permissionedConfidentialBurn", 4, confidentialBurn]),
];

/** By the instruction's first byte. */
export const EXTENSION_FAMILIES: Readonly<Record<number, Parser>> = {
  26: family(TRANSFER_FEE),
  28: family(DEFAULT_ACCOUNT_STATE),
  30: family([switched("enableRequiredMemoTransfers"), switched("disableRequiredMemoTransfers")]),
  33: family(INTEREST_BEARING),
  34: family([switched("enableCpiGuard"), switched("disableCpiGuard")]),
  36: family(pointer("TransferHook", "programId")),
  39: family(pointer("MetadataPointer", "metadataAddress")),
  40: family(pointer("GroupPointer", "groupAddress")),
  41: family(pointer("GroupMemberPointer", "memberAddress")),
  43: family(SCALED_UI_AMOUNT),
  44: family(PAUSABLE),
  46: family(PERMISSIONED_BURN),
};
