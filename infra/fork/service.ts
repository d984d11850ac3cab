/** What stands behind the binding FORK of a forked network (shared/fork/protocol.ts), in the process that runs it. */
import {
  decodeTokenQuery,
  encodeAccountsAnswer,
  FORK_STATUS,
  MAX_FORK_ANSWER,
  MAX_FORK_KEYS,
} from "../../shared/fork/protocol.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { programDataKey } from "../../shared/rpc/program-data.ts";
import { type Account, keyText, splitKeys } from "../../shared/state/accounts.ts";
import type { ForkSource } from "./source.ts";

export interface ForkAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** A request and its answer. */
export type ForkService = (path: string, body: Uint8Array) => Promise<ForkAnswer>;

const REFUSED: ForkAnswer = { status: 400, body: new Uint8Array(0) };

/** `most`: bytes of data from which on the rest of an answer is LATER. */
export function forkService(source: ForkSource, most = MAX_FORK_ANSWER): ForkService {
  return async (path, body) => {
    if (path === "/again") source.forget(splitKeys(body));
    if (path === "/accounts" || path === "/again") return accounts(source, body, most);
    if (path === "/token-accounts") return tokenAccounts(source, body);
    return REFUSED;
  };
}

async function accounts(source: ForkSource, body: Uint8Array, most: number): Promise<ForkAnswer> {
  if (body.length === 0 || body.length % 32 !== 0 || body.length > 32 * MAX_FORK_KEYS) return REFUSED;
  const keys = splitKeys(body);
  const { found, code } = await source.accounts(keys);
  const codeByKey = new Map(code.map((account) => [keyText(account.key), account]));
  const statuses = new Uint8Array(keys.length);
  const answer = new Map<string, Account>();
  let bytes = 0;
  for (const [i, account] of found.entries()) {
    if (!account) {
      statuses[i] = account === null ? FORK_STATUS.ABSENT : FORK_STATUS.UNKNOWN;
      continue;
    }
    const programData = programDataKey(account);
    const own = [account, ...((programData && listOf(codeByKey.get(keyText(programData)))) ?? [])];
    const more = own.reduce((sum, { data }) => sum + data.length, 0);
    // One goes however large it is.
    if (answer.size > 0 && bytes + more > most) {
      statuses[i] = FORK_STATUS.LATER;
      continue;
    }
    bytes += more;
    statuses[i] = FORK_STATUS.PRESENT;
    for (const one of own) answer.set(keyText(one.key), one);
  }
  return { status: 200, body: encodeAccountsAnswer({ statuses, accounts: [...answer.values()] }) };
}

const listOf = (account: Account | undefined): Account[] => (account ? [account] : []);

async function tokenAccounts(source: ForkSource, body: Uint8Array): Promise<ForkAnswer> {
  const query = decodeTokenQuery(body);
  if (!query) return REFUSED;
  const keys = await source.tokenAccounts(query);
  const status = keys ? FORK_STATUS.PRESENT : FORK_STATUS.UNKNOWN;
  return { status: 200, body: concatBytes(Uint8Array.of(status), ...(keys ?? [])) };
}
