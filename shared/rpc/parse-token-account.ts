/** `jsonParsed` mints, token accounts and multisigs of both token programs, as Agave's parse_token.rs gives them. */
import { encodeBase58 } from "./base58.ts";
import type { Json } from "./json.ts";
import { uiExtensions } from "./token-extensions.ts";
import { readMint, readMultisig, readTokenAccount, type TokenAccount, TYPE_ACCOUNT, TYPE_MINT } from "./token-state.ts";
import { type MintScale, scaledTokenAmount } from "./ui-amount.ts";

const base58OrNull = (bytes: Uint8Array | null) => (bytes === null ? null : encodeBase58(bytes));
const base58OrAbsent = (bytes: Uint8Array | null) => (bytes === null ? undefined : encodeBase58(bytes));

function parseAccount(account: TokenAccount, data: Uint8Array, scale: MintScale): Json {
  return {
    type: "account",
    info: {
      mint: encodeBase58(account.mint),
      owner: encodeBase58(account.owner),
      tokenAmount: scaledTokenAmount(account.amount, scale),
      delegate: base58OrAbsent(account.delegate),
      state: account.state,
      isNative: account.isNative !== null,
      rentExemptReserve: account.isNative === null ? undefined : scaledTokenAmount(account.isNative, scale),
      delegatedAmount: account.delegate === null ? undefined : scaledTokenAmount(account.delegatedAmount, scale),
      closeAuthority: base58OrAbsent(account.closeAuthority),
      extensions: uiExtensions(data, TYPE_ACCOUNT),
    },
  };
}

/** `null`: not parsable. `scale`: of a token account's mint, where it is known. */
export function parseTokenData(data: Uint8Array, scale: MintScale | undefined): Json {
  const account = readTokenAccount(data);
  if (account !== null) return scale === undefined ? null : parseAccount(account, data, scale);
  const mint = readMint(data);
  if (mint !== null) {
    return {
      type: "mint",
      info: {
        mintAuthority: base58OrNull(mint.mintAuthority),
        supply: String(mint.supply),
        decimals: mint.decimals,
        isInitialized: true,
        freezeAuthority: base58OrNull(mint.freezeAuthority),
        extensions: uiExtensions(data, TYPE_MINT),
      },
    };
  }
  const multisig = readMultisig(data);
  if (multisig === null) return null;
  return {
    type: "multisig",
    info: {
      numRequiredSigners: multisig.required,
      numValidSigners: multisig.valid,
      isInitialized: true,
      signers: multisig.signers.map(encodeBase58),
    },
  };
}
