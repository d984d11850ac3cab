/** SPL tokens: balances, supplies, and accounts by owner, delegate or mint. */
import { compareBytes } from "../../../shared/protocol/bytes.ts";
import type { Account } from "../../../shared/rpc/accounts.ts";
import type { Head } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, mintScale, NATIVE_MINT_SCALE, withContext } from "../../../shared/rpc/call.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import type { AccountTests } from "../../../shared/rpc/filters.ts";
import { isTokenProgram, keyBytes, NATIVE_MINT, TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { large, type Methods, method } from "../../../shared/rpc/method.ts";
import { accountConfig, commitmentConfig, text, toKey, tokenAccountsFilter } from "../../../shared/rpc/params.ts";
import { readMint, readTokenAccount } from "../../../shared/rpc/token-state.ts";
import { type MintScale, scaledTokenAmount } from "../../../shared/rpc/ui-amount.ts";
import { scan, showKeyed } from "./accounts.ts";

const NUM_LARGEST_ACCOUNTS = 20;
const OWNER_OFFSET = 32;
const DELEGATE_OFFSET = 72;

const ownedByTokenProgram = (account: Account) => isTokenProgram(encodeBase58(account.owner));

/** The program that owns a mint, and how its amounts are shown. */
interface MintInfo {
  readonly program: Uint8Array;
  readonly scale: MintScale;
}

const scaleOf = (call: Call, head: Head, mint: Account) => mintScale((keys) => call.accounts(head, keys), mint);

/** Throws RpcError as Agave does. */
async function mintInfo(call: Call, head: Head, mint: Uint8Array): Promise<MintInfo> {
  if (encodeBase58(mint) === NATIVE_MINT) return { program: keyBytes(TOKEN_PROGRAM), scale: NATIVE_MINT_SCALE };
  const account = await call.account(head, mint);
  if (account === null) throw invalidParams("Invalid param: could not find mint");
  const scale = await scaleOf(call, head, account);
  if (scale === null) throw invalidParams("Invalid param: Token mint could not be unpacked");
  return { program: account.owner, scale };
}

async function tokenMint(call: Call, head: Head, mint: Uint8Array): Promise<MintInfo> {
  const info = await mintInfo(call, head, mint);
  if (!isTokenProgram(encodeBase58(info.program))) throw invalidParams("Invalid param: not a Token mint");
  return info;
}

type Filter = { readonly mint: string } | { readonly programId: string };

/** The token program to search, and the mint to search for. */
async function searched(
  call: Call,
  head: Head,
  filter: Filter,
): Promise<{ program: Uint8Array; mint: Uint8Array | null }> {
  if ("mint" in filter) {
    const mint = toKey(filter.mint);
    return { program: (await tokenMint(call, head, mint)).program, mint };
  }
  const program = toKey(filter.programId);
  if (!isTokenProgram(filter.programId)) throw invalidParams("Invalid param: unrecognized Token program id");
  return { program, mint: null };
}

/** Token accounts whose data have these bytes at these offsets. */
function tokenAccountsWith(memcmp: readonly { offset: number; bytes: Uint8Array }[]): AccountTests {
  return { filter: { memcmp }, accepts: (account) => readTokenAccount(account.data) !== null };
}

const mintAt = (mint: Uint8Array | null) => (mint === null ? [] : [{ offset: 0, bytes: mint }]);
/** COption::Some, then the key. */
const someKey = (key: Uint8Array) => Uint8Array.from([1, 0, 0, 0, ...key]);

function tokenAccounts(by: "owner" | "delegate", what: (key: Uint8Array) => { offset: number; bytes: Uint8Array }) {
  return large([text, tokenAccountsFilter, accountConfig], async (call, address, filter, options) => {
    const key = toKey(address);
    if (call.backend.fork) {
      const named = "mint" in filter ? ({ of: "mint", filter: filter.mint } as const) : { filter: filter.programId };
      await call.fetchTokenAccounts({ by, key, of: "program", ...named, filter: toKey(named.filter) });
    }
    const head = await call.head(options.minContextSlot);
    const { program, mint } = await searched(call, head, filter);
    const found = await scan(call, head, program, tokenAccountsWith([...mintAt(mint), what(key)]));
    const view = { encoding: options.encoding ?? "binary", dataSlice: options.dataSlice } as const;
    return withContext(head.slot, await showKeyed(call, head, program, found, view));
  });
}

export const tokenMethods: Methods = {
  getTokenAccountBalance: method([text, commitmentConfig], async (call, address) => {
    const key = toKey(address);
    const head = await call.head();
    const account = await call.account(head, key);
    if (account === null) throw invalidParams("Invalid param: could not find account");
    const state = ownedByTokenProgram(account) ? readTokenAccount(account.data) : null;
    if (state === null) throw invalidParams("Invalid param: not a Token account");
    const { scale } = await mintInfo(call, head, state.mint);
    return withContext(head.slot, scaledTokenAmount(state.amount, scale));
  }),

  getTokenSupply: method([text, commitmentConfig], async (call, address) => {
    const key = toKey(address);
    const head = await call.head();
    const account = await call.account(head, key);
    if (account === null) throw invalidParams("Invalid param: could not find account");
    if (!ownedByTokenProgram(account)) throw invalidParams("Invalid param: not a Token mint");
    const mint = readMint(account.data);
    const scale = await scaleOf(call, head, account);
    if (mint === null || scale === null) throw invalidParams("Invalid param: mint could not be unpacked");
    return withContext(head.slot, scaledTokenAmount(mint.supply, scale));
  }),

  getTokenAccountsByOwner: tokenAccounts("owner", (owner) => ({ offset: OWNER_OFFSET, bytes: owner })),
  getTokenAccountsByDelegate: tokenAccounts("delegate", (key) => ({ offset: DELEGATE_OFFSET, bytes: someKey(key) })),

  getTokenLargestAccounts: large([text, commitmentConfig], async (call, address) => {
    const mint = toKey(address);
    const head = await call.head();
    const { program, scale } = await tokenMint(call, head, mint);
    const accounts = await scan(call, head, program, tokenAccountsWith(mintAt(mint)));
    const amounts = accounts.map((account) => ({
      key: account.key,
      amount: readTokenAccount(account.data)?.amount ?? 0n,
    }));
    // Of equal ones those with the largest addresses, as Agave's heap has them.
    amounts.sort((a, b) => (a.amount === b.amount ? compareBytes(b.key, a.key) : a.amount < b.amount ? 1 : -1));
    return withContext(
      head.slot,
      // Agave flattens the amount beside the address.
      amounts
        .slice(0, NUM_LARGEST_ACCOUNTS)
        .map((entry) => ({ address: encodeBase58(entry.key), ...scaledTokenAmount(entry.amount, scale) })),
    );
  }),
};
