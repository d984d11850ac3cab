/** What a command says when it fails for a reason outside of it, in one line as the Solana CLI does it. */
import { Failure } from "../network/failure.ts";

/** Of infra/program, and of kit. */
const OUTSIDE = new Set(["ProgramError", "SolanaError"]);

/** Null: a fault of this program, of which a stack trace is wanted. */
export function errorLine(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof TypeError && error.message === "fetch failed") {
    const cause = error.cause as { code?: string; address?: string; port?: number; message?: string } | undefined;
    const where = cause?.port === undefined ? "" : ` at ${cause.address ?? "localhost"}:${cause.port}`;
    return `Error: no network answers${where} (${cause?.code ?? cause?.message ?? "no connection"}); npm start starts one`;
  }
  // Plain errors are what the RPC answered (infra/start/rpc.ts).
  const isOutside = error instanceof Failure || error.constructor === Error || OUTSIDE.has(error.name);
  return isOutside ? `Error: ${error.message}` : null;
}
