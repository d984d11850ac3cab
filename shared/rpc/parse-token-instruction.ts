/**
 * Instructions of both token programs as Agave's transaction-status shows them (parse_token.rs; spl-token-2022-interface,
 * instruction.rs: u8 tag, then fields). It reads both programs' data with Token-2022's table.
 */
import { type Accounts, apply, Fields, type Members, type Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import { CONFIDENTIAL_FAMILIES } from "./parse-token-confidential.ts";
import { EXTENSION_FAMILIES } from "./parse-token-extension.ts";
import { parseTokenInterface } from "./parse-token-interface.ts";
import { EXTENSION_TYPES } from "./token-extensions.ts";
import { amountText, optionalKey, type Parser, signedBy, tokenAmount } from "./token-shapes.ts";

const AUTHORITY_TYPES = [
  "mintTokens",
  "freezeAccount",
  "accountOwner",
  "closeAccount",
  "transferFeeConfig",
  "withheldWithdraw",
  "closeMint",
  "interestRate",
  "permanentDelegate",
  "confidentialTransferMint",
  "transferHookProgramId",
  "confidentialTransferFeeConfig",
  "metadataPointer",
  "groupPointer",
  "groupMemberPointer",
  "scaledUiAmount",
  "pause",
  "permissionedBurn",
] as const;
const BATCH_TAG = 255;

const owner = (a: Accounts, at: number) => signedBy("owner", a, at);
const authority = (a: Accounts, at: number) => signedBy("authority", a, at);
const mintAuthority = (a: Accounts, at: number) => signedBy("mintAuthority", a, at);
const freezeAuthority = (a: Accounts, at: number) => signedBy("freezeAuthority", a, at);

function initializeMint(f: Fields, a: Accounts, rentSysvar: string | undefined): Members {
  return {
    mint: a[0],
    decimals: f.u8(),
    mintAuthority: f.key(),
    rentSysvar,
    freezeAuthority: optionalKey(f) ?? undefined,
  };
}

function setAuthority(f: Fields, a: Accounts): Members {
  const type = AUTHORITY_TYPES[f.u8()];
  if (type === undefined) throw new RangeError("not an authority type");
  const owned = type === "accountOwner" || type === "closeAccount" ? "account" : "mint";
  return { [owned]: a[0], authorityType: type, newAuthority: optionalKey(f), ...authority(a, 1) };
}

function uiAmountText(f: Fields): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(f.rest());
}

/** u16 numbers up to the end. */
function extensionTypes(f: Fields): string[] {
  const names: string[] = [];
  while (f.rest().length > 0) {
    const name = EXTENSION_TYPES[f.u16()];
    if (name === undefined) throw new RangeError("not an extension type");
    names.push(name);
  }
  return names;
}

function accountDataSize(f: Fields, a: Accounts): Members {
  const types = extensionTypes(f);
  return { mint: a[0], extensionTypes: types.length === 0 ? undefined : types };
}

const SHAPES: Readonly<Record<number, Shape>> = {
  0: ["initializeMint", 2, (f, a) => initializeMint(f, a, a[1])],
  1: ["initializeAccount", 4, (_, a) => ({ account: a[0], mint: a[1], owner: a[2], rentSysvar: a[3] })],
  2: ["initializeMultisig", 3, (f, a) => ({ multisig: a[0], rentSysvar: a[1], signers: a.slice(2), m: f.u8() })],
  3: ["transfer", 3, (f, a) => ({ source: a[0], destination: a[1], amount: amountText(f), ...authority(a, 2) })],
  4: ["approve", 3, (f, a) => ({ source: a[0], delegate: a[1], amount: amountText(f), ...owner(a, 2) })],
  5: ["revoke", 2, (_, a) => ({ source: a[0], ...owner(a, 1) })],
  6: ["setAuthority", 2, setAuthority],
  7: ["mintTo", 3, (f, a) => ({ mint: a[0], account: a[1], amount: amountText(f), ...mintAuthority(a, 2) })],
  8: ["burn", 3, (f, a) => ({ account: a[0], mint: a[1], amount: amountText(f), ...authority(a, 2) })],
  9: ["closeAccount", 3, (_, a) => ({ account: a[0], destination: a[1], ...owner(a, 2) })],
  10: ["freezeAccount", 3, (_, a) => ({ account: a[0], mint: a[1], ...freezeAuthority(a, 2) })],
  11: ["thawAccount", 3, (_, a) => ({ account: a[0], mint: a[1], ...freezeAuthority(a, 2) })],
  12: [
    "transferChecked",
    4,
    (f, a) => ({ source: a[0], mint: a[1], destination: a[2], tokenAmount: tokenAmount(f), ...authority(a, 3) }),
  ],
  13: [
    "approveChecked",
    4,
    (f, a) => ({ source: a[0], mint: a[1], delegate: a[2], tokenAmount: tokenAmount(f), ...owner(a, 3) }),
  ],
  14: [
    "mintToChecked",
    3,
    (f, a) => ({ mint: a[0], account: a[1], tokenAmount: tokenAmount(f), ...mintAuthority(a, 2) }),
  ],
  15: ["burnChecked", 3, (f, a) => ({ account: a[0], mint: a[1], tokenAmount: tokenAmount(f), ...authority(a, 2) })],
  16: ["initializeAccount2", 3, (f, a) => ({ account: a[0], mint: a[1], owner: f.key(), rentSysvar: a[2] })],
  17: ["syncNative", 1, (_, a) => ({ account: a[0] })],
  18: ["initializeAccount3", 2, (f, a) => ({ account: a[0], mint: a[1], owner: f.key() })],
  19: ["initializeMultisig2", 2, (f, a) => ({ multisig: a[0], signers: a.slice(1), m: f.u8() })],
  20: ["initializeMint2", 1, (f, a) => initializeMint(f, a, undefined)],
  21: ["getAccountDataSize", 1, accountDataSize],
  22: ["initializeImmutableOwner", 1, (_, a) => ({ account: a[0] })],
  23: ["amountToUiAmount", 1, (f, a) => ({ mint: a[0], amount: amountText(f) })],
  24: ["uiAmountToAmount", 1, (f, a) => ({ mint: a[0], uiAmount: uiAmountText(f) })],
  25: ["initializeMintCloseAuthority", 1, (f, a) => ({ mint: a[0], newAuthority: optionalKey(f) })],
  29: [
    "reallocate",
    4,
    (f, a) => ({
      account: a[0],
      payer: a[1],
      systemProgram: a[2],
      extensionTypes: extensionTypes(f),
      ...owner(a, 3),
    }),
  ],
  31: ["createNativeMint", 3, (_, a) => ({ payer: a[0], nativeMint: a[1], systemProgram: a[2] })],
  32: ["initializeNonTransferableMint", 1, (_, a) => ({ mint: a[0] })],
  35: ["initializePermanentDelegate", 1, (f, a) => ({ mint: a[0], delegate: f.key() })],
  38: ["withdrawExcessLamports", 3, (_, a) => ({ source: a[0], destination: a[1], ...authority(a, 2) })],
  45: [
    "unwrapLamports",
    3,
    (f, a) => ({
      source: a[0],
      destination: a[1],
      amount: f.option(() => amountText(f)) ?? undefined,
      ...authority(a, 2),
    }),
  ],
};

const FAMILIES: Readonly<Record<number, Parser>> = { ...EXTENSION_FAMILIES, ...CONFIDENTIAL_FAMILIES };

/** Instructions one behind the other: u8 number of accounts, u8 length of the data, data; the accounts likewise. */
function parseBatch(f: Fields, a: Accounts): Json {
  const instructions: Json[] = [];
  for (let next = 0; f.rest().length > 0; ) {
    const count = f.u8();
    const data = f.bytes(f.u8());
    if (next + count > a.length || data[0] === BATCH_TAG) return null;
    const parsed = parseTokenInstruction(data, a.slice(next, next + count));
    if (parsed === null) return null;
    instructions.push(parsed);
    next += count;
  }
  return { type: "batch", info: { instructions } };
}

/** `null`, RangeError and TypeError: none of the programs' instructions. */
export function parseTokenInstruction(data: Uint8Array, accounts: Accounts): Json {
  if (accounts.length === 0) return null;
  const fields = new Fields(data);
  const tag = fields.u8();
  const shape = SHAPES[tag];
  if (shape !== undefined) return apply(shape, fields, accounts);
  const family = tag === BATCH_TAG ? parseBatch : FAMILIES[tag];
  return family === undefined ? parseTokenInterface(data, accounts) : family(fields, accounts);
}
