/** What the parsers of both token programs' instructions share: signers, optional keys, families of instructions with a second tag. */
import { type Accounts, apply, type Fields, type Members, type Shape } from "./instruction-fields.ts";
import type { Json } from "./json.ts";
import { uiTokenAmount } from "./ui-amount.ts";

/** Reads the instruction from behind its tag. `null`, RangeError and TypeError: none of these instructions. */
export type Parser = (f: Fields, a: Accounts) => Json;

type Role =
  | "owner"
  | "authority"
  | "mintAuthority"
  | "freezeAuthority"
  | "rateAuthority"
  | "withdrawWithheldAuthority"
  | "transferFeeConfigAuthority";

/** The account at `at` in that role, or as a multisig whose signers are the accounts behind it. */
export function signedBy(role: Role, accounts: Accounts, at: number): Members {
  if (accounts.length <= at + 1) return { [role]: accounts[at] };
  // Agave spells this one as it is.
  const name = role === "transferFeeConfigAuthority" ? role : `${role[0]!.toUpperCase()}${role.slice(1)}`;
  return { [`multisig${name}`]: accounts[at], signers: accounts.slice(at + 1) };
}

/** u8 tag, then the value when it is 1 (not bincode: of the token programs' instructions). */
export const optionalKey = (f: Fields): string | null => f.option(() => f.key());

export const amountText = (f: Fields): string => String(f.u64());

export function tokenAmount(f: Fields): Json {
  const raw = f.u64();
  return uiTokenAmount(raw, f.u8());
}

/** A shape whose data end with what it reads. */
export function exact([type, minAccounts, info]: Shape): Shape {
  return [
    type,
    minAccounts,
    (f, a) => {
      const members = info(f, a);
      f.end();
      return members;
    },
  ];
}

/** A u8, then one of `shapes`. */
export function family(shapes: readonly Shape[]): Parser {
  return (f, a) => {
    const shape = shapes[f.u8()];
    return shape === undefined ? null : apply(shape, f, a);
  };
}
