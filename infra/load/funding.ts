/** Gives the accounts of a plan what its transfers need, from the faucet; what they have already from an earlier run counts. */
import type { KeyObject } from "node:crypto";
import { CONFIRMED } from "../../shared/ingest/batch.ts";
import type { IngestClient } from "../../shared/ingest/client.ts";
import { ByteWriter } from "../../shared/protocol/bytes.ts";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { rpcCall } from "../start/rpc.ts";
import {
  ATA_PROGRAM,
  associatedTokenAddress,
  COMPUTE_BUDGET_PROGRAM,
  KeyList,
  publicKeyOf,
  SYSTEM_PROGRAM,
  secretOf,
  TOKEN_PROGRAM,
} from "./accounts.ts";
import { type Instruction, signTransaction } from "./message.ts";
import { type Plan, ROW } from "./plan.ts";

const FEE = 5_000n;
/** Above what is needed: rent of an account, and fees of a token account's creation. */
const RESERVE = 10_000_000n;
const MINT_SIZE = 82;
const MINT_RENT = 1_461_600n;
const TOKEN_ACCOUNT_RENT = 2_039_280n;
const TOKEN_ACCOUNT_AMOUNT_AT = 64;
const DECIMALS = 6;
const MAX_UNITS = 1_400_000;

/** Accounts in one question; the most that getMultipleAccounts takes. */
const READ = 100;
const READS_AT_ONCE = 8;
/** Of each kind of instruction so many fit into a transaction. */
const TRANSFERS = 18;
const CREATIONS = 10;
const MINTS = 16;
/** Transactions signed with one blockhash, and under way at once. */
const ROUND = 1_000;

export interface Funded {
  readonly owners: KeyList;
  readonly tokenAccounts: KeyList | null;
}

export type Say = (text: string) => void;

interface Fund {
  readonly url: string;
  readonly client: IngestClient;
  readonly funder: KeyObject;
}

interface RpcAccount {
  readonly lamports: number;
  readonly data: readonly [string, string];
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

async function readAccounts(
  url: string,
  keys: KeyList,
  dataSlice: { readonly offset: number; readonly length: number },
): Promise<(RpcAccount | null)[]> {
  const out: (RpcAccount | null)[] = new Array(keys.count).fill(null);
  let next = 0;
  const worker = async () => {
    while (next < keys.count) {
      const first = next;
      next += READ;
      const count = Math.min(READ, keys.count - first);
      const names = Array.from({ length: count }, (_, i) => encodeBase58(keys.get(first + i)));
      const options = { encoding: "base64", dataSlice };
      const { value } = await rpcCall<{ value: (RpcAccount | null)[] }>(url, "getMultipleAccounts", [names, options]);
      value.forEach((account, i) => {
        out[first + i] = account;
      });
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, worker));
  return out;
}

export async function latestBlockhash(url: string): Promise<{ blockhash: Uint8Array; lastValidBlockHeight: number }> {
  const { value } = await rpcCall<{ value: { blockhash: string; lastValidBlockHeight: number } }>(
    url,
    "getLatestBlockhash",
  );
  return { blockhash: decodeBase58(value.blockhash)!, lastValidBlockHeight: value.lastValidBlockHeight };
}

/** Signs a transaction of each list, sends it, and throws when one is not confirmed. */
async function sendAll(fund: Fund, lists: readonly Instruction[][], signers: readonly KeyObject[] = []): Promise<void> {
  for (const round of chunks(lists, ROUND)) {
    const { blockhash } = await latestBlockhash(fund.url);
    const transactions = round.map((list) => signTransaction([fund.funder, ...signers], list, blockhash));
    const batch = await fund.client.submit(transactions);
    if (batch.counts[CONFIRMED] === batch.count) continue;
    const i = transactions.findIndex((_, n) => batch.fate(n) !== "confirmed");
    const why = JSON.stringify(batch.error(i) ?? batch.code(i));
    throw new Error(`funding: a transaction is ${batch.fate(i)} ${why}`);
  }
}

/** Lamports asked for at once: a faucet has a limit for a call. */
const AIRDROP = 5_000_000_000_000n;

/** Back once the account has at least so much. */
export async function airdrop(url: string, address: Uint8Array, lamports: bigint): Promise<void> {
  const name = encodeBase58(address);
  const balance = async () => (await rpcCall<{ value: number }>(url, "getBalance", [name])).value;
  for (let rest = lamports; (await balance()) < lamports && rest > 0n; rest -= AIRDROP) {
    const before = await balance();
    await rpcCall(url, "requestAirdrop", [name, Number(rest < AIRDROP ? rest : AIRDROP)]);
    while ((await balance()) <= before) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const system = (data: ByteWriter, ...accounts: Instruction["accounts"]): Instruction => ({
  program: SYSTEM_PROGRAM,
  accounts,
  data: data.bytes(),
});

export function transfer(from: Uint8Array, to: Uint8Array, lamports: bigint): Instruction {
  const data = new ByteWriter().u32(2).u64(lamports);
  return system(data, { key: from, signer: true, writable: true }, { key: to, writable: true });
}

const unitLimit: Instruction = {
  program: COMPUTE_BUDGET_PROGRAM,
  accounts: [],
  data: new ByteWriter().u8(2).u32(MAX_UNITS).bytes(),
};

function createMint(payer: Uint8Array, mint: Uint8Array): Instruction[] {
  const create = new ByteWriter().u32(0).u64(MINT_RENT).u64(MINT_SIZE).raw(TOKEN_PROGRAM);
  const initialize = new ByteWriter().u8(20).u8(DECIMALS).raw(payer).u8(0);
  return [
    system(create, { key: payer, signer: true, writable: true }, { key: mint, signer: true, writable: true }),
    { program: TOKEN_PROGRAM, accounts: [{ key: mint, writable: true }], data: initialize.bytes() },
  ];
}

/** create_idempotent of the Associated Token Account program. */
function createTokenAccount(payer: Uint8Array, owner: Uint8Array, account: Uint8Array, mint: Uint8Array): Instruction {
  const accounts = [
    { key: payer, signer: true, writable: true },
    { key: account, writable: true },
    { key: owner },
    { key: mint },
    { key: SYSTEM_PROGRAM },
    { key: TOKEN_PROGRAM },
  ];
  return { program: ATA_PROGRAM, accounts, data: Uint8Array.of(1) };
}

function mintTo(mint: Uint8Array, to: Uint8Array, authority: Uint8Array, amount: bigint): Instruction {
  const accounts = [
    { key: mint, writable: true },
    { key: to, writable: true },
    { key: authority, signer: true },
  ];
  return { program: TOKEN_PROGRAM, accounts, data: new ByteWriter().u8(7).u64(amount).bytes() };
}

/** What each account spends on fees, and what it sends. */
function spending({ rows, accounts }: Plan): { fees: BigInt64Array; amounts: BigInt64Array } {
  const fees = new BigInt64Array(accounts);
  const amounts = new BigInt64Array(accounts);
  for (let i = 0; i < rows.length; i += ROW) {
    fees[rows[i]!]! += FEE;
    amounts[rows[i]!]! += BigInt(rows[i + 2]!);
  }
  return { fees, amounts };
}

async function fundLamports(fund: Fund, owners: KeyList, needs: BigInt64Array, extra: bigint): Promise<void> {
  const there = await readAccounts(fund.url, owners, { offset: 0, length: 0 });
  const funder = publicKeyOf(fund.funder);
  const missing: Instruction[] = [];
  let sum = 0n;
  needs.forEach((need, i) => {
    const has = BigInt(there[i]?.lamports ?? 0);
    if (has >= need) return;
    // Twice, so that the next run finds enough.
    const lamports = need * 2n - has;
    sum += lamports;
    missing.push(transfer(funder, owners.get(i), lamports));
  });
  const fees = BigInt(missing.length + owners.count) * FEE + RESERVE;
  await airdrop(fund.url, funder, sum + extra + fees);
  await sendAll(fund, chunks(missing, TRANSFERS));
}

async function fundTokens(fund: Fund, plan: Plan, owners: KeyList, amounts: BigInt64Array): Promise<KeyList> {
  const funder = publicKeyOf(fund.funder);
  const mintSecret = secretOf(plan.seed, "mint");
  const mint = publicKeyOf(mintSecret);
  const tokenAccounts = KeyList.make(plan.accounts, (i) => associatedTokenAddress(owners.get(i), mint));
  const mints = KeyList.make(1, () => mint);
  const [mintThere] = await readAccounts(fund.url, mints, { offset: 0, length: 0 });
  if (!mintThere) await sendAll(fund, [createMint(funder, mint)], [mintSecret]);
  const there = await readAccounts(fund.url, tokenAccounts, { offset: TOKEN_ACCOUNT_AMOUNT_AT, length: 8 });
  const creations: Instruction[] = [];
  const supplies: Instruction[] = [];
  there.forEach((account, i) => {
    if (!account) creations.push(createTokenAccount(funder, owners.get(i), tokenAccounts.get(i), mint));
    const has = account ? Buffer.from(account.data[0], "base64").readBigUInt64LE() : 0n;
    const need = amounts[i]!;
    if (has < need) supplies.push(mintTo(mint, tokenAccounts.get(i), funder, need * 2n - has));
  });
  await sendAll(
    fund,
    chunks(creations, CREATIONS).map((list) => [unitLimit, ...list]),
  );
  await sendAll(
    fund,
    chunks(supplies, MINTS).map((list) => [unitLimit, ...list]),
  );
  return tokenAccounts;
}

export async function fundAccounts(url: string, client: IngestClient, plan: Plan, say: Say): Promise<Funded> {
  say(`preparing ${plan.accounts} accounts`);
  const owners = KeyList.make(plan.accounts, (i) => publicKeyOf(secretOf(plan.seed, i)));
  const fund: Fund = { url, client, funder: secretOf(plan.seed, "funder") };
  const { fees, amounts } = spending(plan);
  const needs = fees.map((fee, i) => fee + RESERVE + (plan.token ? 0n : amounts[i]!));
  const rent = plan.token ? BigInt(plan.accounts) * TOKEN_ACCOUNT_RENT + MINT_RENT : 0n;
  await fundLamports(fund, owners, needs, rent);
  const tokenAccounts = plan.token ? await fundTokens(fund, plan, owners, amounts) : null;
  return { owners, tokenAccounts };
}
