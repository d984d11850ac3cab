/** Calls that read: each is allowed, together they are much work. */
import { randomBytes } from "node:crypto";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { HttpConnection, requestBytes } from "../../load/http-connection.ts";
import { type Attack, type Context, repeat, type Start } from "../attack.ts";
import { fundedPayers } from "../payers.ts";

const SYSTEM = "11111111111111111111111111111111";
const SIGNATURES_A_CALL = 256;
const ACCOUNTS_A_CALL = 100;
/** Accounts that a network has at least before it is asked for all of them. */
const ACCOUNTS = { full: 1_000, small: 40 };

export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

const signature = () => encodeBase58(randomBytes(64));
const address = () => encodeBase58(randomBytes(32));
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** One POST. */
export function rpcRequest(url: URL, calls: readonly Call[]): Uint8Array {
  const batch = calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call }));
  return requestBytes("POST", url, Buffer.from(JSON.stringify(batch)), "application/json");
}

/** Sends the same batch again and again on each of `lanes` connections. */
export function repeatBatch(context: Context, lanes: number, calls: readonly Call[]): Start {
  const request = rpcRequest(context.url, calls);
  const connections = times(lanes, () => new HttpConnection(context.url));
  return (end) =>
    repeat(context, end, lanes, async (lane) => {
      const { status, body } = await connections[lane]!.send(request);
      context.tally.answer(status, body, calls.length);
    });
}

const statuses = (): Call => ({
  method: "getSignatureStatuses",
  params: [times(SIGNATURES_A_CALL, signature), { searchTransactionHistory: true }],
});

const programAccounts: Call = { method: "getProgramAccounts", params: [SYSTEM, { encoding: "base64" }] };

export async function systemAccountsCalls(context: Context, calls: number): Promise<Call[]> {
  await fundedPayers(context, context.small ? ACCOUNTS.small : ACCOUNTS.full);
  return times(calls, () => programAccounts);
}

function unknownAddresses(calls: number): Call[] {
  return Array.from({ length: calls }, (_, i): Call => {
    if (i % 4 > 0) return { method: "getSignaturesForAddress", params: [address(), { limit: 1_000 }] };
    return { method: "getMultipleAccounts", params: [times(i % 8 ? 1 : ACCOUNTS_A_CALL, address)] };
  });
}

export const READS: readonly Attack[] = [
  {
    name: "statuses",
    what: "44 x getSignatureStatuses of 256 unknown signatures in one POST, again and again",
    prepare: async (context) => repeatBatch(context, 1, times(context.small ? 4 : 44, statuses)),
  },
  {
    name: "addresses",
    what: "batches of 1,000 calls about unknown addresses (histories, accounts) on two connections",
    prepare: async (context) => repeatBatch(context, 2, unknownAddresses(context.small ? 24 : 1_000)),
  },
  {
    name: "program-accounts",
    what: "1,000 x getProgramAccounts of the System program in one batch, again and again",
    prepare: async (context) => repeatBatch(context, 1, await systemAccountsCalls(context, context.small ? 20 : 1_000)),
  },
];
