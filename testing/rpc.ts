/** kit's RPC over an engine, and the calls that a network makes itself. */
import { createSolanaRpcFromTransport } from "@solana/kit";
import { type Json, parse, stringify } from "../shared/rpc/json.ts";
import type { Engine, TestRpc } from "./engine.ts";

/** An error that JSON-RPC answered: `code`, and in `data` for a failed preflight `err` and `logs`. */
export class RpcFailure extends Error {
  override readonly name = "RpcFailure";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Throws RpcFailure for what the network refuses. */
export async function ask<T>(engine: Pick<Engine, "call">, method: string, params: readonly Json[] = []): Promise<T> {
  const answer = parse(await engine.call(stringify({ jsonrpc: "2.0", id: 1, method, params }))) as Answer;
  if (answer.error) throw new RpcFailure(Number(answer.error.code), answer.error.message, answer.error.data);
  return answer.result as T;
}

interface Payload {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** `around`: told of each call of sendTransaction, which it makes itself. */
export function rpcOver(
  engine: Pick<Engine, "call">,
  around?: (wire: string, send: () => Promise<string>) => Promise<string>,
): TestRpc {
  const transport = async ({ payload }: { readonly payload: unknown }) => {
    const send = () => engine.call(stringify(payload as Json));
    const { method, params } = payload as Payload;
    const isSent = around !== undefined && method === "sendTransaction" && typeof params?.[0] === "string";
    return parse(isSent ? await around(params[0] as string, send) : await send());
  };
  return createSolanaRpcFromTransport(transport as never) as TestRpc;
}
