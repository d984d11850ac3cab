/** The accounts a simulated network starts with, and transactions over them built byte by byte. */
import { createHash } from "node:crypto";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { encodeTransaction, hex, type Ix, u32, u64 } from "../conformance/random-wire.ts";
import { randomWorkload } from "../conformance/random-workload.ts";
import { SYSTEM } from "../conformance/random-world.ts";

export const key = (name: string): Uint8Array =>
  new Uint8Array(createHash("sha256").update(`infinisvm simulation ${name}`).digest());
export const keys = (name: string, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => key(`${name} ${i}`));

export const GENESIS_HASH = key("genesis");
export const GENESIS_TIMESTAMP = 1_700_000_000;

export const HOT = keys("hot", 4);
export const COLD = keys("cold", 16);
/** Cannot pay a fee more than once or twice. */
export const POOR = keys("poor", 3);
/** Emptied and filled again. */
export const PURSES = keys("purse", 6);
export const PURSE_LAMPORTS = 1_000_000n;
/** Do not exist at the start. */
export const NEW = keys("new", 6);
/** Like purses, but nobody's at the start: created, emptied, created again. */
export const SHELLS = keys("shell", 6);
export const NONCES = keys("nonce", 2);
export const TABLE = key("lookup table");
const TABLE_KEYS = [HOT[1]!, COLD[0]!, COLD[1]!, PURSES[0]!, NEW[0]!];

const LOOKUP_PROGRAM = decodeBase58("AddressLookupTab1e1111111111111111111111111")!;
const RECENT_BLOCKHASHES = decodeBase58("SysvarRecentB1ockHashes11111111111111111111")!;
const RENT_EPOCH_EXEMPT = (1n << 64n) - 1n;

export const account = (
  id: Uint8Array,
  lamports: bigint,
  owner: Uint8Array = SYSTEM,
  data: Uint8Array = new Uint8Array(0),
): Account => ({
  key: id,
  owner,
  lamports,
  rentEpoch: RENT_EPOCH_EXEMPT,
  executable: false,
  data,
});

const nonceData = (): Uint8Array =>
  Uint8Array.from([...u32(1), ...u32(1), ...HOT[0]!, ...key("first nonce"), ...u64(5000)]);
const tableData = (): Uint8Array =>
  Uint8Array.from([
    ...u32(1),
    ...u64(2n ** 64n - 1n),
    ...u64(0),
    0,
    1,
    ...HOT[0]!,
    0,
    0,
    ...TABLE_KEYS.flatMap((k) => [...k]),
  ]);

export function plainAccounts(): Account[] {
  return [
    ...HOT.map((id) => account(id, 10_000_000_000n)),
    ...COLD.map((id) => account(id, 1_000_000_000n)),
    ...POOR.map((id, i) => account(id, 890_880n + 6_000n * BigInt(i))),
    ...PURSES.map((id) => account(id, PURSE_LAMPORTS)),
    ...NONCES.map((id) => account(id, 1_447_680n, SYSTEM, nonceData())),
    account(TABLE, 10_000_000n, LOOKUP_PROGRAM, tableData()),
  ];
}

/** Token transactions come from a few fixed worlds: to make one costs as much as to run a seed. */
export interface TokenLibrary {
  readonly accounts: readonly Account[];
  readonly transactions: readonly Uint8Array[];
}
export const LIBRARIES = 8;
const LIBRARY_SIZE = 300;
const libraries = new Map<number, TokenLibrary>();

export function tokenLibrary(number: number): TokenLibrary {
  let library = libraries.get(number);
  if (!library) {
    const made = randomWorkload(number, LIBRARY_SIZE, {
      blockhash: SYSTEM,
      associatedToken: true,
      memo: true,
      version1: 0.25,
    });
    const accounts = made.accounts.map(({ key: id, owner, lamports, data }) => account(id, lamports, owner, data));
    library = { accounts, transactions: made.transactions };
    libraries.set(number, library);
  }
  return library;
}

export const transfer = (from: Uint8Array, to: Uint8Array, lamports: bigint): Ix => ({
  program: SYSTEM,
  accounts: [
    { key: from, signer: true, writable: true },
    { key: to, writable: true },
  ],
  data: [...u32(2), ...u64(lamports)],
});

export const advanceNonce = (nonce: Uint8Array): Ix => ({
  program: SYSTEM,
  accounts: [{ key: nonce, writable: true }, { key: RECENT_BLOCKHASHES }, { key: HOT[0]!, signer: true }],
  data: u32(4),
});

const NO_SIGNATURE = new Uint8Array(64);

/** Blockhash and signatures are left zero: patched in when the transaction is sent. */
export function legacy(payer: Uint8Array, instructions: readonly Ix[]): Uint8Array {
  return encodeTransaction(payer, instructions, SYSTEM, () => NO_SIGNATURE);
}

/** A transfer from `payer` to an address that only the lookup table names. */
export function viaTable(payer: Uint8Array, index: number, lamports: bigint) {
  const wire = Uint8Array.from([
    ...[1, ...NO_SIGNATURE],
    ...[0x80, 1, 0, 1, 2, ...payer, ...SYSTEM, ...SYSTEM],
    ...[1, 1, 2, 0, 2, 12, ...u32(2), ...u64(lamports)],
    ...[1, ...TABLE, 1, index, 0],
  ]);
  return { wire, loaded: TABLE_KEYS[index]! };
}
export const TABLE_SIZE = TABLE_KEYS.length;
export { hex };
