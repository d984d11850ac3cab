/** What became of a transaction, in one shape for landed ones, failed ones and those that were refused before they could land. */
import type { Signature } from "@solana/kit";

export interface Outcome {
  /** Undefined: it was refused before it had one. */
  readonly signature: Signature | undefined;
  /** Undefined: it has not landed. */
  readonly slot: bigint | undefined;
  /** As JSON-RPC has it, null for none: "BlockhashNotFound", { InstructionError: [0, { Custom: 1 }] }, ... */
  readonly err: unknown;
  readonly logs: readonly string[];
  /** Compute units. */
  readonly units: bigint;
}

interface Refusal {
  readonly message?: unknown;
  readonly data?: unknown;
  readonly context?: unknown;
  readonly cause?: unknown;
  readonly logs?: unknown;
  readonly transactionLogs?: unknown;
}

const linesOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.map(String) : undefined;

/** kit's text for an error of a transaction that it takes apart. */
const INSTRUCTION = /instruction #?(\d+)/i;
const CUSTOM = /custom program error: (?:#|0x)?([0-9a-f]+)/i;

/**
 * What a client threw, as an outcome: RpcFailure of this package, kit's SolanaError, web3.js' SendTransactionError. Undefined: nothing that
 * says what became of a transaction.
 */
export function outcomeOf(error: unknown): Outcome | undefined {
  const { data, context, cause, message, logs, transactionLogs } = (error ?? {}) as Refusal;
  const told = { ...((data ?? {}) as object), ...((context ?? {}) as object) } as Record<string, unknown>;
  const lines = linesOf(told.logs) ?? linesOf(logs) ?? linesOf(transactionLogs);
  const inner = cause === undefined ? undefined : outcomeOf(cause);
  const err = told.err ?? inner?.err ?? errorOfText(String(message ?? ""));
  if (err === undefined && lines === undefined && inner === undefined) return undefined;
  return {
    signature: undefined,
    slot: undefined,
    err: err ?? String(message),
    logs: lines ?? inner?.logs ?? [],
    units: BigInt((told.unitsConsumed as bigint | number | undefined) ?? inner?.units ?? 0),
  };
}

function errorOfText(text: string): unknown {
  const custom = CUSTOM.exec(text)?.[1];
  if (custom === undefined) return undefined;
  const code = Number.parseInt(custom, /0x/i.test(text) ? 16 : 10);
  return { InstructionError: [Number(INSTRUCTION.exec(text)?.[1] ?? 0), { Custom: code }] };
}

/** Name of the error: of the instruction's, where one failed. */
export function errorName(err: unknown): string | undefined {
  if (err === null || err === undefined) return undefined;
  if (typeof err === "string") return err;
  const [name, detail] = Object.entries(err)[0] ?? [];
  if (name !== "InstructionError") return name;
  const inner = (detail as readonly [unknown, unknown])[1];
  return typeof inner === "string" ? inner : Object.keys(inner as object)[0];
}

/** Code of a program's own error. */
export function customCode(err: unknown): number | undefined {
  const inner = (err as { InstructionError?: readonly [unknown, { Custom?: number | bigint }] } | null)
    ?.InstructionError;
  const code = inner?.[1]?.Custom;
  return code === undefined ? undefined : Number(code);
}
