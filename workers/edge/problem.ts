/** Errors of HTTP as RFC 9457 problem details, with a code of shared/errors. */
import { ErrorCode } from "../../shared/errors/codes.ts";
import { ERROR_TEXT } from "../../shared/errors/messages.ts";
import type { WorkRefused } from "../../shared/turns/work.ts";

const STATUS: Readonly<Record<number, number>> = {
  [ErrorCode.EDGE_NOT_FOUND]: 404,
  [ErrorCode.EDGE_METHOD]: 405,
  [ErrorCode.EDGE_BODY_TOO_LARGE]: 413,
  [ErrorCode.EDGE_BUSY]: 429,
  [ErrorCode.EDGE_INTERNAL]: 500,
  [ErrorCode.EDGE_UPGRADE]: 426,
  [ErrorCode.EDGE_RANGE_TOO_LARGE]: 413,
  [ErrorCode.EDGE_FORBIDDEN]: 403,
  [ErrorCode.STORE_FULL]: 503,
  [ErrorCode.EDGE_FULL]: 503,
  [ErrorCode.EDGE_ADDRESS_FULL]: 429,
};
const BAD_REQUEST = 400;

/** The header that says when to come back: whole seconds. */
export const retryAfter = (ms: number): { readonly "retry-after": string } => ({
  "retry-after": String(Math.ceil(ms / 1_000)),
});

/** 429 with a time. */
export const busy = ({ retryAfterMs }: WorkRefused): Response => problem(ErrorCode.EDGE_BUSY, retryAfter(retryAfterMs));

export function problem(code: ErrorCode, headers: Record<string, string> = {}): Response {
  const status = STATUS[code] ?? BAD_REQUEST;
  const content = { title: ERROR_TEXT[code], status, code };
  return Response.json(content, { status, headers: { ...headers, "content-type": "application/problem+json" } });
}
