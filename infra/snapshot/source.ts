/** Reading a running network as a whole: every account at one moment, and its blocks. */

import { decodeAccountList } from "../../shared/rpc/accounts.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { readInHalves } from "../../shared/state/key-ranges.ts";
import { noNetwork } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { rpcCall } from "../start/rpc.ts";

const LAST = 0xffff;
/** How often it is begun again where transactions landed meanwhile. */
const ATTEMPTS = 10;
const TOO_LARGE = 413;
const BUSY = 429;
/** Pages have about so many bytes; a range that has more is halved, so that the same accounts are always the same pages. */
const PAGE_BYTES = 256 << 10;
const BLOCKS_A_CALL = 5_000;

export interface Moment {
  readonly genesisHash: string;
  readonly slot: number;
  readonly unixTimestamp: number;
}

/** A range of keys by their first two bytes, and the accounts in it as an account list. */
export interface RangeList {
  readonly first: number;
  readonly last: number;
  readonly list: Uint8Array;
}

const call = async <T>(url: string, method: string, params: readonly unknown[] = []): Promise<T> => {
  try {
    return await rpcCall<T>(url, method, params);
  } catch (error) {
    if (error instanceof TypeError) throw new Failure("network-unreachable", noNetwork(url, error));
    throw error;
  }
};

/** Null: more than one answer has. */
async function range(url: string, first: number, last: number): Promise<Uint8Array | null> {
  for (;;) {
    const response = await fetch(`${url}/v1/accounts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ first, last }),
    });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    if (response.status === TOO_LARGE) return null;
    if (response.status !== BUSY) {
      throw new Failure(
        "network-unreachable",
        `${url}/v1/accounts: status ${response.status}, ${await response.text()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(response.headers.get("retry-after") ?? 1)));
  }
}

async function everyRange(url: string): Promise<RangeList[]> {
  const lists: RangeList[] = [];
  const read = (first: number, last: number) => range(url, first, last);
  const tooMany = () => new Failure("bad-snapshot", "there are more accounts than can be walked (512 MiB a shard)");
  for await (const { first, last, found } of readInHalves(read, tooMany)) lists.push({ first, last, list: found });
  return lists;
}

/** Every account at one moment: no transaction has landed from the first look to the last. Throws a Failure for a network that is too busy. */
export async function readNetwork(
  url: string,
): Promise<{ readonly moment: Moment; readonly ranges: readonly RangeList[] }> {
  const genesisHash = await call<string>(url, "getGenesisHash");
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await call<number>(url, "getTransactionCount");
    const slot = await call<number>(url, "getSlot");
    const unixTimestamp = await call<number>(url, "getBlockTime", [slot]);
    const ranges = await everyRange(url);
    if ((await call<number>(url, "getTransactionCount")) === before) {
      return { moment: { genesisHash, slot, unixTimestamp }, ranges };
    }
  }
  throw new Failure(
    "network-busy",
    `transactions land at ${url} all the time: no moment could be read; stop what sends them`,
  );
}

const prefixOf = ({ key }: Account): number => (key[0]! << 8) | key[1]!;
const sizeOf = (accounts: readonly Account[]): number => accounts.reduce((sum, { data }) => sum + 96 + data.length, 0);

/** Accounts by pages: halves of the range of keys until each is small. Empty ones are left out. */
export function* pagesOf(accounts: readonly Account[], first = 0, last = LAST): Generator<readonly Account[]> {
  if (accounts.length === 0) return;
  if (first === last || accounts.length === 1 || sizeOf(accounts) <= PAGE_BYTES) {
    yield accounts;
    return;
  }
  const middle = (first + last) >> 1;
  yield* pagesOf(
    accounts.filter((account) => prefixOf(account) <= middle),
    first,
    middle,
  );
  yield* pagesOf(
    accounts.filter((account) => prefixOf(account) > middle),
    middle + 1,
    last,
  );
}

/** Ascending by key. */
export const accountsOf = (ranges: readonly RangeList[]): Account[] =>
  [...ranges].sort((a, b) => a.first - b.first).flatMap(({ list }) => decodeAccountList(list)!);

/** Blocks as getBlock answers them, one JSON text each, ascending. Slots without a block have none. */
export async function* blocksOf(url: string, from: number, to: number | undefined): AsyncGenerator<string> {
  const end = to ?? (await call<number>(url, "getSlot"));
  for (let start = from; start <= end; start += BLOCKS_A_CALL) {
    const slots = await call<number[]>(url, "getBlocks", [start, Math.min(end, start + BLOCKS_A_CALL - 1)]);
    for (const slot of slots) yield await blockText(url, slot);
  }
}

/** The text as it came: no number goes through a double. */
async function blockText(url: string, slot: number): Promise<string> {
  const config = { encoding: "json", transactionDetails: "full", maxSupportedTransactionVersion: 1, rewards: false };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: slot, method: "getBlock", params: [slot, config] }),
  });
  const text = await response.text();
  const found = /^\{"jsonrpc":"2\.0","result":(.*),"id":\d+\}$/s.exec(text);
  if (!found) throw new Failure("bad-snapshot", `block ${slot}: ${text.slice(0, 200)}`);
  return `{"slot":${slot},${found[1]!.slice(1)}`;
}
