/** Token accounts written by hand: what surfnet_setTokenAccount changes, in the layout of token-state.ts. */
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { extensionTypes } from "./token-extensions.ts";
import { ACCOUNT_STATES, TOKEN_ACCOUNT_SIZE, TYPE_ACCOUNT } from "./token-state.ts";

/** What is absent stays as it is. */
export interface TokenAccountEdit {
  readonly amount?: bigint | undefined;
  /** Null: none. */
  readonly delegate?: Uint8Array | null | undefined;
  readonly delegatedAmount?: bigint | undefined;
  readonly state?: (typeof ACCOUNT_STATES)[number] | undefined;
  readonly closeAuthority?: Uint8Array | null | undefined;
}

/** Of Token-2022: what a token account of a mint with that extension has (spl-token-2022-interface extension/mod.rs), and its length. */
const REQUIRED: Readonly<Record<number, readonly [type: number, length: number]>> = {
  1: [2, 8], // TransferFeeConfig -> TransferFeeAmount
  9: [13, 0], // NonTransferable -> NonTransferableAccount
  14: [15, 1], // TransferHook -> TransferHookAccount
  26: [27, 0], // Pausable -> PausableAccount
};
const IMMUTABLE_OWNER = 7;

function extension(type: number, length: number): Uint8Array {
  const out = new Uint8Array(4 + length);
  viewOf(out).setUint16(0, type, true);
  viewOf(out).setUint16(2, length, true);
  return out;
}

/** Data of a new associated token account, initialised. `mintData`: the mint's; `reserve`: lamports of a native account that are not its tokens. */
export function newTokenAccount(
  mint: Uint8Array,
  mintData: Uint8Array,
  owner: Uint8Array,
  options: { readonly token2022: boolean; readonly reserve: bigint | null },
): Uint8Array {
  const base = new Uint8Array(TOKEN_ACCOUNT_SIZE);
  base.set(mint, 0);
  base.set(owner, 32);
  base[108] = ACCOUNT_STATES.indexOf("initialized");
  if (options.reserve !== null) {
    base[109] = 1;
    viewOf(base).setBigUint64(113, options.reserve, true);
  }
  if (!options.token2022) return base;
  const required = extensionTypes(mintData).flatMap((type) => (REQUIRED[type] ? [extension(...REQUIRED[type])] : []));
  return concatBytes(base, Uint8Array.of(TYPE_ACCOUNT), ...required, extension(IMMUTABLE_OWNER, 0));
}

function setOption(data: Uint8Array, at: number, key: Uint8Array | null): void {
  data.fill(0, at, at + 36);
  if (key === null) return;
  data[at] = 1;
  data.set(key, at + 4);
}

/** A copy of the data with the changes; what Token-2022 has behind them stays. */
export function editTokenAccount(data: Uint8Array, edit: TokenAccountEdit): Uint8Array {
  const out = data.slice();
  const view = viewOf(out);
  if (edit.amount !== undefined) view.setBigUint64(64, edit.amount, true);
  if (edit.delegate !== undefined) setOption(out, 72, edit.delegate);
  if (edit.state !== undefined) out[108] = ACCOUNT_STATES.indexOf(edit.state);
  if (edit.delegatedAmount !== undefined) view.setBigUint64(121, edit.delegatedAmount, true);
  if (edit.closeAuthority !== undefined) setOption(out, 129, edit.closeAuthority);
  return out;
}
