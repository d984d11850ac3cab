/** What a transaction did: who called whom, what that cost and said, what accounts were before and after. */
import { type Address, getBase58Encoder, type Signature } from "@solana/kit";
import type { Outcome } from "./outcome.ts";
import type { AccountRecords, AccountState } from "./recorder.ts";

export interface TracedCall {
  readonly program: Address;
  /** 1: an instruction of the transaction; 2: called by it; ... */
  readonly stackHeight: number;
  readonly accounts: readonly Address[];
  readonly data: Uint8Array;
  /** Compute units with all that it called, as the log says it; undefined: the log does not (a program that is built in). */
  readonly units: bigint | undefined;
  readonly failed: boolean;
  /** Its own lines, without those of what it called. */
  readonly logs: readonly string[];
  readonly calls: readonly TracedCall[];
}

export interface TokenBalance {
  readonly mint: Address;
  readonly owner: Address | undefined;
  /** In the smallest unit. */
  readonly before: bigint;
  readonly after: bigint;
}

export interface AccountDiff {
  readonly address: Address;
  readonly lamports: { readonly before: bigint; readonly after: bigint };
  readonly tokens: TokenBalance | undefined;
  /** With the option recordAccounts; null: there was none. */
  readonly before: AccountState | null | undefined;
  readonly after: AccountState | null | undefined;
}

export interface Trace extends Outcome {
  readonly signature: Signature;
  readonly slot: bigint;
  readonly fee: bigint;
  /** In the order in which they were made. */
  readonly calls: readonly TracedCall[];
  /** Those that changed, in the order of the transaction. */
  readonly accounts: readonly AccountDiff[];
}

interface Instruction {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  /** Base58. */
  readonly data: string;
  readonly stackHeight?: number | null;
}

interface TokenAmount {
  readonly accountIndex: number;
  readonly mint: Address;
  readonly owner?: Address;
  readonly uiTokenAmount: { readonly amount: string };
}

/** An answer of getTransaction. */
export interface LandedTransaction {
  readonly slot: number | bigint;
  readonly transaction: {
    readonly signatures: readonly Signature[];
    readonly message: { readonly accountKeys: readonly Address[]; readonly instructions: readonly Instruction[] };
  };
  readonly meta: {
    readonly err: unknown;
    readonly fee: number | bigint;
    readonly computeUnitsConsumed?: number | bigint;
    readonly logMessages?: readonly string[] | null;
    readonly innerInstructions?:
      | readonly { readonly index: number; readonly instructions: readonly Instruction[] }[]
      | null;
    readonly preBalances: readonly (number | bigint)[];
    readonly postBalances: readonly (number | bigint)[];
    readonly preTokenBalances?: readonly TokenAmount[] | null;
    readonly postTokenBalances?: readonly TokenAmount[] | null;
    readonly loadedAddresses?: { readonly writable: readonly Address[]; readonly readonly: readonly Address[] };
  };
}

interface OpenCall extends TracedCall {
  units: bigint | undefined;
  failed: boolean;
  readonly logs: string[];
  readonly calls: OpenCall[];
}

const INVOKE = /^Program (\w+) invoke \[(\d+)\]$/;
const CONSUMED = /^Program (\w+) consumed (\d+) of \d+ compute units$/;
const ENDED = /^Program (\w+) (success|failed: .*)$/;

function callsOf(
  { transaction, meta }: LandedTransaction,
  keys: readonly Address[],
): { roots: OpenCall[]; all: OpenCall[] } {
  const base58 = getBase58Encoder();
  const roots: OpenCall[] = [];
  const all: OpenCall[] = [];
  const open: OpenCall[] = [];
  const begin = ({ programIdIndex, accounts, data }: Instruction, stackHeight: number) => {
    const call: OpenCall = {
      program: keys[programIdIndex]!,
      stackHeight,
      accounts: accounts.map((index) => keys[index]!),
      data: new Uint8Array(base58.encode(data)),
      units: undefined,
      failed: false,
      logs: [],
      calls: [],
    };
    open.length = Math.min(open.length, stackHeight - 1);
    (open.at(-1)?.calls ?? roots).push(call);
    open.push(call);
    all.push(call);
  };
  for (const [index, instruction] of transaction.message.instructions.entries()) {
    begin(instruction, 1);
    for (const inner of meta.innerInstructions?.find((one) => Number(one.index) === index)?.instructions ?? []) {
      begin(inner, Number(inner.stackHeight ?? 2));
    }
  }
  return { roots, all };
}

/** Gives each line to the call that it belongs to. A program that logs no beginning has none; what was cut off is nobody's. */
function giveLogs(all: readonly OpenCall[], lines: readonly string[]): void {
  const open: OpenCall[] = [];
  let next = 0;
  for (const line of lines) {
    const [, program, height] = INVOKE.exec(line) ?? [];
    if (program !== undefined) {
      const at = all.findIndex(
        (call, i) => i >= next && call.program === program && call.stackHeight === Number(height),
      );
      if (at < 0) return;
      next = at + 1;
      open.length = Math.min(open.length, Number(height) - 1);
      open.push(all[at]!);
    }
    const call = open.at(-1);
    if (!call) continue;
    call.logs.push(line);
    const consumed = CONSUMED.exec(line);
    if (consumed?.[1] === call.program) call.units = BigInt(consumed[2]!);
    const ended = ENDED.exec(line);
    if (ended?.[1] === call.program) {
      call.failed = ended[2] !== "success";
      open.pop();
    }
  }
}

function tokensAt({ meta }: LandedTransaction, index: number): TokenBalance | undefined {
  const of = (list: readonly TokenAmount[] | null | undefined) =>
    list?.find((one) => Number(one.accountIndex) === index);
  const [was, is] = [of(meta.preTokenBalances), of(meta.postTokenBalances)];
  const either = is ?? was;
  if (!either) return undefined;
  const amount = (one: TokenAmount | undefined) => BigInt(one?.uiTokenAmount.amount ?? 0);
  return { mint: either.mint, owner: either.owner, before: amount(was), after: amount(is) };
}

const sameState = (a: AccountState | null | undefined, b: AccountState | null | undefined): boolean =>
  a === b ||
  (!!a && !!b && a.owner === b.owner && a.executable === b.executable && Buffer.compare(a.data, b.data) === 0);

export function traceOf(landed: LandedTransaction, records: AccountRecords | undefined): Trace {
  const { transaction, meta, slot } = landed;
  const { writable = [], readonly = [] } = meta.loadedAddresses ?? {};
  const keys = [...transaction.message.accountKeys, ...writable, ...readonly];
  const { roots, all } = callsOf(landed, keys);
  const logs = meta.logMessages ?? [];
  giveLogs(all, logs);
  const diffs = keys.map((address, i): AccountDiff => {
    const lamports = { before: BigInt(meta.preBalances[i]!), after: BigInt(meta.postBalances[i]!) };
    const record = records?.get(address);
    return { address, lamports, tokens: tokensAt(landed, i), before: record?.before, after: record?.after };
  });
  const changed = diffs.filter(
    ({ lamports, tokens, before, after }) =>
      lamports.before !== lamports.after || (tokens && tokens.before !== tokens.after) || !sameState(before, after),
  );
  return {
    signature: transaction.signatures[0]!,
    slot: BigInt(slot),
    err: meta.err,
    logs,
    units: BigInt(meta.computeUnitsConsumed ?? 0),
    fee: BigInt(meta.fee),
    calls: roots,
    accounts: changed,
  };
}

/** The calls as lines of text, for the terminal. */
export function showCalls(calls: readonly TracedCall[], indent = ""): string[] {
  return calls.flatMap(({ program, units, failed, calls: inner }) => {
    const cost = units === undefined ? "" : ` ${units} units`;
    return [`${indent}${program}${cost}${failed ? " FAILED" : ""}`, ...showCalls(inner, `${indent}  `)];
  });
}
