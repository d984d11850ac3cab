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
  return schemas.map((schema, position) => {
    const parsed = schema.safeParse(given[position]);
    if (!parsed.success) throw paramError(position, parsed.error);
    return parsed.data;
  }) as Outputs<S>;
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
export function guarded(name: string, { run }: Method): Method {
  return {
    run: async (call, params) => {
      if (call.asker.refusal) throw accessRefused(name, call.asker.refusal);
      return run(call, params);
    },
  };
}

/** A method of whose answers only one at a time is in memory. */
export function large<const S extends readonly z.ZodType[]>(
  schemas: S,
  run: (call: Call, ...args: Outputs<S>) => Promise<Json> | Json,
): Method {
  return { ...method(schemas, run), isLarge: true };
}
