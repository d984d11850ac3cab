/**
 * Extensions of Token-2022 mints and accounts (spl-token-2022-interface, extension/mod.rs), and how Agave's account-decoder shows
 * them (parse_token_extension.rs: UiExtension).
 *
 *   0        base (mint 82 bytes and zeros to 165, account 165)
 *   165 u8   1 mint, 2 account
 *   166      entries: u16 type, u16 length, value; type 0 ends them
 */
import { viewOf } from "../protocol/bytes.ts";
import { formatShortest } from "./float-text.ts";
import { Fields, type Members } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import {
  ACCOUNT_STATES,
  AE_CIPHERTEXT_SIZE,
  ELGAMAL_CIPHERTEXT_SIZE,
  ELGAMAL_KEY_SIZE,
  readMint,
  TOKEN_ACCOUNT_SIZE,
  TYPE_ACCOUNT,
  TYPE_MINT,
} from "./token-state.ts";
import type { InterestBearing, ScaledUiAmount } from "./ui-amount.ts";

/** Where the entries begin. */
const ENTRIES = TOKEN_ACCOUNT_SIZE + 1;

/** UiExtensionType of Agave's transaction-status, by number. */
export const EXTENSION_TYPES = [
  "uninitialized",
  "transferFeeConfig",
  "transferFeeAmount",
  "mintCloseAuthority",
  "confidentialTransferMint",
  "confidentialTransferAccount",
  "defaultAccountState",
  "immutableOwner",
  "memoTransfer",
  "nonTransferable",
  "interestBearingConfig",
  "cpiGuard",
  "permanentDelegate",
  "nonTransferableAccount",
  "transferHook",
  "transferHookAccount",
  "confidentialTransferFeeConfig",
  "confidentialTransferFeeAmount",
  "metadataPointer",
  "tokenMetadata",
  "groupPointer",
  "tokenGroup",
  "groupMemberPointer",
  "tokenGroupMember",
  "confidentialMintBurn",
  "scaledUiAmount",
  "pausable",
  "pausableAccount",
  "permissionedBurn",
] as const;
type ExtensionName = (typeof EXTENSION_TYPES)[number];

interface Entry {
  readonly type: number;
  readonly value: Uint8Array;
}

/**
 * Entries that are read. Policy: the program lets an account have each extension once; one that was set otherwise could have millions of
 * empty ones.
 */
const MAX_ENTRIES = 1_024;

/** The entries up to the first that does not fit, or is one too many. */
function readEntries(data: Uint8Array): { entries: Entry[]; fit: boolean } {
  const view = viewOf(data);
  const entries: Entry[] = [];
  for (let at = ENTRIES; at + 2 <= data.length; ) {
    const type = view.getUint16(at, true);
    if (type === 0) break;
    const start = at + 4;
    if (start > data.length) return { entries, fit: false };
    at = start + view.getUint16(at + 2, true);
    if (at > data.length || entries.length === MAX_ENTRIES) return { entries, fit: false };
    entries.push({ type, value: data.subarray(start, at) });
  }
  return { entries, fit: true };
}

/** Numbers of the extensions that a mint or an account has. */
export function extensionTypes(data: Uint8Array): number[] {
  return readEntries(data).entries.map((entry) => entry.type);
}

type State = (f: Fields) => Members;
/** Which accounts may have it, and its members; none: it has no content that is looked at. */
type Extension = readonly [on: typeof TYPE_MINT | typeof TYPE_ACCOUNT, state: State | null, name?: string];

const flag = (f: Fields) => f.u8() !== 0;
const transferFee = (f: Fields) => ({ epoch: f.u64(), maximumFee: f.u64(), transferFeeBasisPoints: f.u16() });
const ciphertext = (f: Fields) => f.base64(ELGAMAL_CIPHERTEXT_SIZE);

function metadata(f: Fields): Members {
  const base = {
    updateAuthority: f.keyOrNull(),
    mint: f.key(),
    name: f.borshText(),
    symbol: f.borshText(),
    uri: f.borshText(),
  };
  const additionalMetadata: Json[] = [];
  // Every pair reads at least eight bytes, so that a false count ends with the data.
  for (let left = f.u32(); left > 0; left--) additionalMetadata.push([f.borshText(), f.borshText()]);
  return { ...base, additionalMetadata };
}

const EXTENSIONS: Readonly<Partial<Record<ExtensionName, Extension>>> = {
  transferFeeConfig: [
    TYPE_MINT,
    (f) => ({
      transferFeeConfigAuthority: f.keyOrNull(),
      withdrawWithheldAuthority: f.keyOrNull(),
      withheldAmount: f.u64(),
      olderTransferFee: transferFee(f),
      newerTransferFee: transferFee(f),
    }),
  ],
  transferFeeAmount: [TYPE_ACCOUNT, (f) => ({ withheldAmount: f.u64() })],
  mintCloseAuthority: [TYPE_MINT, (f) => ({ closeAuthority: f.keyOrNull() })],
  confidentialTransferMint: [
    TYPE_MINT,
    (f) => ({
      authority: f.keyOrNull(),
      autoApproveNewAccounts: flag(f),
      auditorElgamalPubkey: f.base64OrNull(ELGAMAL_KEY_SIZE),
    }),
  ],
  confidentialTransferAccount: [
    TYPE_ACCOUNT,
    (f) => ({
      approved: flag(f),
      elgamalPubkey: f.base64(ELGAMAL_KEY_SIZE),
      pendingBalanceLo: ciphertext(f),
      pendingBalanceHi: ciphertext(f),
      availableBalance: ciphertext(f),
      decryptableAvailableBalance: f.base64(AE_CIPHERTEXT_SIZE),
      allowConfidentialCredits: flag(f),
      allowNonConfidentialCredits: flag(f),
      pendingBalanceCreditCounter: f.u64(),
      maximumPendingBalanceCreditCounter: f.u64(),
      expectedPendingBalanceCreditCounter: f.u64(),
      actualPendingBalanceCreditCounter: f.u64(),
    }),
  ],
  // A state that is none reads as the default, uninitialized.
  defaultAccountState: [TYPE_MINT, (f) => ({ accountState: ACCOUNT_STATES[f.u8()] ?? ACCOUNT_STATES[0] })],
  immutableOwner: [TYPE_ACCOUNT, null],
  memoTransfer: [TYPE_ACCOUNT, (f) => ({ requireIncomingTransferMemos: flag(f) })],
  nonTransferable: [TYPE_MINT, null],
  interestBearingConfig: [
    TYPE_MINT,
    (f) => ({
      rateAuthority: f.keyOrNull(),
      initializationTimestamp: f.i64(),
      preUpdateAverageRate: f.i16(),
      lastUpdateTimestamp: f.i64(),
      currentRate: f.i16(),
    }),
  ],
  cpiGuard: [TYPE_ACCOUNT, (f) => ({ lockCpi: flag(f) })],
  permanentDelegate: [TYPE_MINT, (f) => ({ delegate: f.keyOrNull() })],
  nonTransferableAccount: [TYPE_ACCOUNT, null],
  transferHook: [TYPE_MINT, (f) => ({ authority: f.keyOrNull(), programId: f.keyOrNull() })],
  transferHookAccount: [TYPE_ACCOUNT, (f) => ({ transferring: flag(f) })],
  confidentialTransferFeeConfig: [
    TYPE_MINT,
    (f) => ({
      authority: f.keyOrNull(),
      withdrawWithheldAuthorityElgamalPubkey: f.base64(ELGAMAL_KEY_SIZE),
      harvestToMintEnabled: flag(f),
      withheldAmount: ciphertext(f),
    }),
  ],
  confidentialTransferFeeAmount: [TYPE_ACCOUNT, (f) => ({ withheldAmount: ciphertext(f) })],
  metadataPointer: [TYPE_MINT, (f) => ({ authority: f.keyOrNull(), metadataAddress: f.keyOrNull() })],
  groupPointer: [TYPE_MINT, (f) => ({ authority: f.keyOrNull(), groupAddress: f.keyOrNull() })],
  tokenGroup: [TYPE_MINT, (f) => ({ updateAuthority: f.keyOrNull(), mint: f.key(), size: f.u64(), maxSize: f.u64() })],
  groupMemberPointer: [TYPE_MINT, (f) => ({ authority: f.keyOrNull(), memberAddress: f.keyOrNull() })],
  tokenGroupMember: [TYPE_MINT, (f) => ({ mint: f.key(), group: f.key(), memberNumber: f.u64() })],
  confidentialMintBurn: [
    TYPE_MINT,
    (f) => ({
      confidentialSupply: ciphertext(f),
      decryptableSupply: f.base64(AE_CIPHERTEXT_SIZE),
      supplyElgamalPubkey: f.base64(ELGAMAL_KEY_SIZE),
      pendingBurn: ciphertext(f),
    }),
  ],
  scaledUiAmount: [
    TYPE_MINT,
    (f) => ({
      authority: f.keyOrNull(),
      multiplier: formatShortest(f.f64()),
      newMultiplierEffectiveTimestamp: f.i64(),
      newMultiplier: formatShortest(f.f64()),
    }),
    "scaledUiAmountConfig",
  ],
  pausable: [TYPE_MINT, (f) => ({ authority: f.keyOrNull(), paused: flag(f) }), "pausableConfig"],
  pausableAccount: [TYPE_ACCOUNT, null],
  permissionedBurn: [TYPE_MINT, (f) => ({ authority: f.keyOrNull() }), "permissionedBurnConfig"],
};

/** `null`: the value is longer or shorter than the extension, or no text where there should be one. */
function stateOf(state: State, value: Uint8Array, mayBeLonger: boolean): Json {
  try {
    const fields = new Fields(value);
    const members = state(fields);
    if (!mayBeLonger) fields.end();
    return members;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

function uiExtension(name: ExtensionName, value: Uint8Array, on: number): Json {
  const isMetadata = name === "tokenMetadata";
  const [owner, state, shown] = isMetadata ? ([TYPE_MINT, metadata] as const) : EXTENSIONS[name]!;
  if (state === null) return { extension: name };
  const members = owner === on ? stateOf(state, value, isMetadata) : null;
  return members === null ? { extension: "unparseableExtension" } : { extension: shown ?? name, state: members };
}

/** `undefined`: none, and Agave leaves the member out. `on`: TYPE_MINT or TYPE_ACCOUNT. */
export function uiExtensions(data: Uint8Array, on: number): Json | undefined {
  const { entries, fit } = readEntries(data);
  // Agave shows no extension at all where one does not fit or is of a type that it does not know.
  if (!fit || entries.length === 0 || entries.some(({ type }) => type >= EXTENSION_TYPES.length)) return undefined;
  // Of a type that is there twice, the first is read for both.
  const shown = new Map<number, Json>();
  for (const { type, value } of entries) {
    if (!shown.has(type)) shown.set(type, uiExtension(EXTENSION_TYPES[type]!, value, on));
  }
  return entries.map(({ type }) => shown.get(type)!);
}

/** What decides how amounts of a mint are shown. */
export interface MintConfig {
  readonly decimals: number;
  readonly interestBearing: InterestBearing | undefined;
  readonly scaledUiAmount: ScaledUiAmount | undefined;
}

const AUTHORITY_SIZE = 32;
const INTEREST_BEARING_SIZE = 52;
const SCALED_UI_AMOUNT_SIZE = 56;

/** The first entry of a type, behind the authority that it begins with; none if its length is not `size`. */
function configOf(entries: readonly Entry[], type: ExtensionName, size: number): Fields | undefined {
  const value = entries.find((entry) => entry.type === EXTENSION_TYPES.indexOf(type))?.value;
  return value?.length === size ? new Fields(value.subarray(AUTHORITY_SIZE)) : undefined;
}

/** `null`: not an initialised mint. */
export function readMintConfig(data: Uint8Array): MintConfig | null {
  const mint = readMint(data);
  if (mint === null) return null;
  const { entries } = readEntries(data);
  const interest = configOf(entries, "interestBearingConfig", INTEREST_BEARING_SIZE);
  const scaled = configOf(entries, "scaledUiAmount", SCALED_UI_AMOUNT_SIZE);
  return {
    decimals: mint.decimals,
    interestBearing: interest && {
      initializationTimestamp: interest.i64(),
      preUpdateAverageRate: interest.i16(),
      lastUpdateTimestamp: interest.i64(),
      currentRate: interest.i16(),
    },
    scaledUiAmount: scaled && {
      multiplier: scaled.f64(),
      newMultiplierEffectiveTimestamp: scaled.i64(),
      newMultiplier: scaled.f64(),
    },
  };
}
