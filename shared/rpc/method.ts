/** A method of the RPC: schemas of its positional parameters and what it does. */
import type { z } from "zod";
import type { Call } from "./call.ts";
import { accessRefused, INVALID_PARAMS, invalidParams, RpcError } from "./errors.ts";
import type { Json } from "./json.ts";
import { paramError } from "./params.ts";

export interface Method {
  /** Checks the parameters, throws RpcError. */
  run(call: Call, params: unknown): Promise<Json>;
  /** What it reads and answers may be large: of a batch one at a time. */
  readonly isLarge?: boolean;
  /** It changes the chain: on a forked network it fetches what it needs itself, and is never run twice. */
  readonly acts?: boolean;
}

export type Methods = Readonly<Record<string, Method>>;

type Outputs<S extends readonly z.ZodType[]> = { [K in keyof S]: z.output<S[K]> };

const requiredCounts = new WeakMap<readonly z.ZodType[], number>();

/** Parameters before the last one that may not be absent are required. */
function requiredCount(schemas: readonly z.ZodType[]): number {
  let count = requiredCounts.get(schemas);
  if (count === undefined) {
    count = schemas.findLastIndex((schema) => !schema.safeParse(undefined).success) + 1;
    requiredCounts.set(schemas, count);
  }
  return count;
}

/** The parameters as an array; throws RpcError as jsonrpc-core does. */
export function parseParams<const S extends readonly z.ZodType[]>(schemas: S, params: unknown): Outputs<S> {
  const given = params === undefined || params === null ? [] : params;
  if (!Array.isArray(given)) throw invalidParams("Invalid params: expected an array of parameters.");
  const required = requiredCount(schemas);
  if (given.length < required) throw invalidParams(`\`params\` should have at least ${required} argument(s)`);
  if (given.length > schemas.length) throw tooMany(required, schemas.length, given.length);
  return schemas.map((schema, position) => parseParam(schema, given[position], position)) as Outputs<S>;
}

/** What was parsed before, by schema: the text of a parameter, "" when it is absent. Clients say the same things again and again. */
const parsedBefore = new WeakMap<z.ZodType, Map<string, unknown>>();
/** Parsed parameters that are kept for one schema, and the longest text of one. */
const MAX_KEPT = 64;
const MAX_KEPT_TEXT = 256;

/** Of a configuration: anything else is as quickly parsed. Its members are plain values; undefined: it is not to be kept. */
function textOf(value: unknown): string | undefined {
  if (value === undefined) return "";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  let length = 0;
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    const isPlain = typeof member === "string" || typeof member === "boolean" || typeof member === "number";
    length += name.length + (typeof member === "string" ? member.length : 8);
    if (!isPlain || length > MAX_KEPT_TEXT) return undefined;
  }
  return JSON.stringify(value);
}

function parseParam(schema: z.ZodType, value: unknown, position: number): unknown {
  const text = textOf(value);
  const before = text === undefined ? undefined : parsedBefore.get(schema);
  if (before?.has(text!)) return before.get(text!);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw paramError(position, parsed.error);
  if (text !== undefined) keep(schema, text, parsed.data);
  return parsed.data;
}

/** Whoever gets it only reads it. */
function keep(schema: z.ZodType, text: string, data: unknown): void {
  const kept = parsedBefore.get(schema) ?? new Map<string, unknown>();
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(text, deepFreeze(data));
  parsedBefore.set(schema, kept);
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

function tooMany(required: number, allowed: number, given: number): RpcError {
  const expected =
    allowed === 0 ? "No parameters were expected" : `Expected from ${required} to ${allowed} parameters.`;
  return new RpcError(INVALID_PARAMS, `Invalid parameters: ${expected}`, `Got: ${given}`);
}

export function method<const S extends readonly z.ZodType[]>(
  schemas: S,
  run: (call: Call, ...args: Outputs<S>) => Promise<Json> | Json,
): Method {
  return {
    run: async (call, params) => run(call, ...parseParams(schemas, params)),
  };
}

/** A method that changes the chain without a signature: for requests that no foreign page can have sent (access.ts). */
export function guarded(name: string, { run, ...rest }: Method): Method {
  return {
    ...rest,
    run: async (call, params) => {
      if (call.asker.refusal) throw accessRefused(name, call.asker.refusal);
      return run(call, params);
    },
  };
}

/** A method that changes the chain. */
export const acting = (method: Method): Method => ({ ...method, acts: true });

/** A method of whose answers only one at a time is in memory. */
export function large<const S extends readonly z.ZodType[]>(
  schemas: S,
  run: (call: Call, ...args: Outputs<S>) => Promise<Json> | Json,
): Method {
  return { ...method(schemas, run), isLarge: true };
}
