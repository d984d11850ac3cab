/** Instructions of the SPL Token program (spl-token-interface, instruction.rs: u8 tag, then fields) as Agave shows them. */
import { type Accounts, apply, Fields, type Members, type Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import { uiTokenAmount } from "./ui-amount.ts";

const AUTHORITY_TYPES: readonly (readonly [name: string, owned: "mint" | "account"])[] = [
  ["mintTokens", "mint"],
  ["freezeAccount", "mint"],
  ["accountOwner", "account"],
  ["closeAccount", "account"],
];

/** The single owner, or a multisig and its signers. */
function signers(accounts: Accounts, at: number, single: string, multisig: string): Members {
  if (accounts.length <= at + 1) return { [single]: accounts[at] };
  return { [multisig]: accounts[at], signers: accounts.slice(at + 1) };
}

const owner = (a: Accounts, at: number) => signers(a, at, "owner", "multisigOwner");
const authority = (a: Accounts, at: number) => signers(a, at, "authority", "multisigAuthority");
const mintAuthority = (a: Accounts, at: number) => signers(a, at, "mintAuthority", "multisigMintAuthority");
const freezeAuthority = (a: Accounts, at: number) => signers(a, at, "freezeAuthority", "multisigFreezeAuthority");

/** u8 tag, then the key when it is 1. */
function optionalKey(f: Fields): string | null {
  const tag = f.u8();
  if (tag > 1) throw new RangeError("not an option");
  return tag === 1 ? f.key() : null;
}

const amount = (f: Fields) => String(f.u64());
function tokenAmount(f: Fields): Json {
  const raw = f.u64();
  return uiTokenAmount(raw, f.u8());
}

function initializeMint(f: Fields, a: Accounts, rentSysvar: string | undefined): Members {
  const decimals = f.u8();
  const mintAuthorityKey = f.key();
  return {
    mint: a[0],
    decimals,
    mintAuthority: mintAuthorityKey,
    rentSysvar,
    freezeAuthority: optionalKey(f) ?? undefined,
  };
}

function setAuthority(f: Fields, a: Accounts): Members {
  const type = AUTHORITY_TYPES[f.u8()];
  if (type === undefined) throw new RangeError("not an authority type");
  return { [type[1]]: a[0], authorityType: type[0], newAuthority: optionalKey(f), ...authority(a, 1) };
}

function uiAmountText(f: Fields): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(f.rest());
}

const SHAPES: readonly Shape[] = [
  ["initializeMint", 2, (f, a) => initializeMint(f, a, a[1])],
  ["initializeAccount", 4, (_, a) => ({ account: a[0], mint: a[1], owner: a[2], rentSysvar: a[3] })],
  ["initializeMultisig", 3, (f, a) => ({ multisig: a[0], rentSysvar: a[1], signers: a.slice(2), m: f.u8() })],
  ["transfer", 3, (f, a) => ({ source: a[0], destination: a[1], amount: amount(f), ...authority(a, 2) })],
  ["approve", 3, (f, a) => ({ source: a[0], delegate: a[1], amount: amount(f), ...owner(a, 2) })],
  ["revoke", 2, (_, a) => ({ source: a[0], ...owner(a, 1) })],
  ["setAuthority", 2, setAuthority],
  ["mintTo", 3, (f, a) => ({ mint: a[0], account: a[1], amount: amount(f), ...mintAuthority(a, 2) })],
  ["burn", 3, (f, a) => ({ account: a[0], mint: a[1], amount: amount(f), ...authority(a, 2) })],
  ["closeAccount", 3, (_, a) => ({ account: a[0], destination: a[1], ...owner(a, 2) })],
  ["freezeAccount", 3, (_, a) => ({ account: a[0], mint: a[1], ...freezeAuthority(a, 2) })],
  ["thawAccount", 3, (_, a) => ({ account: a[0], mint: a[1], ...freezeAuthority(a, 2) })],
  [
    "transferChecked",
    4,
    (f, a) => ({ source: a[0], mint: a[1], destination: a[2], tokenAmount: tokenAmount(f), ...authority(a, 3) }),
  ],
  [
    "approveChecked",
    4,
    (f, a) => ({ source: a[0], mint: a[1], delegate: a[2], tokenAmount: tokenAmount(f), ...owner(a, 3) }),
  ],
  ["mintToChecked", 3, (f, a) => ({ mint: a[0], account: a[1], tokenAmount: tokenAmount(f), ...mintAuthority(a, 2) })],
  ["burnChecked", 3, (f, a) => ({ account: a[0], mint: a[1], tokenAmount: tokenAmount(f), ...authority(a, 2) })],
  ["initializeAccount2", 3, (f, a) => ({ account: a[0], mint: a[1], owner: f.key(), rentSysvar: a[2] })],
  ["syncNative", 1, (_, a) => ({ account: a[0] })],
  ["initializeAccount3", 2, (f, a) => ({ account: a[0], mint: a[1], owner: f.key() })],
  ["initializeMultisig2", 2, (f, a) => ({ multisig: a[0], signers: a.slice(1), m: f.u8() })],
  ["initializeMint2", 1, (f, a) => initializeMint(f, a, undefined)],
  ["getAccountDataSize", 1, (_, a) => ({ mint: a[0] })],
  ["initializeImmutableOwner", 1, (_, a) => ({ account: a[0] })],
  ["amountToUiAmount", 1, (f, a) => ({ mint: a[0], amount: amount(f) })],
  ["uiAmountToAmount", 1, (f, a) => ({ mint: a[0], uiAmount: uiAmountText(f) })],
];

/** `null`: none of the classic program's instructions. */
export function parseTokenInstruction(data: Uint8Array, accounts: Accounts): Json {
  const fields = new Fields(data);
  const shape = SHAPES[fields.u8()];
  return shape === undefined || accounts.length === 0 ? null : apply(shape, fields, accounts);
}
