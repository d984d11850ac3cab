/**
 * `POST /v1/accounts {"first": 0, "last": 65535}`: every account whose key begins with two bytes in that range, as it is now, as an account list
 * (docs/interfaces.md section 5); without the faucet's. 413 when that is more than 24 MiB: ask for halves. It walks everything that is stored,
 * so it is for who may use the faucet (shared/rpc/access.ts); `npm run snapshot` asks.
 */
import * as z from "zod";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { equalBytes } from "../../shared/protocol/bytes.ts";
import { decodeAccountList, encodeAccountList } from "../../shared/state/accounts.ts";
import { COST } from "../../shared/turns/costs.ts";
import { type Work, WorkRefused } from "../../shared/turns/work.ts";
import type { EdgeAccess } from "./access.ts";
import type { EdgeBackend } from "./backend.ts";
import { readBody } from "./body.ts";
import { busy, problem } from "./problem.ts";

const MAX_REQUEST_BYTES = 1_024;
const prefix = z.number().int().min(0).max(0xffff);
const rangeSchema = z.strictObject({ first: prefix, last: prefix });

function rangeOf(body: Uint8Array | null): z.output<typeof rangeSchema> | undefined {
  try {
    const parsed = rangeSchema.safeParse(JSON.parse(new TextDecoder().decode(body ?? new Uint8Array(0))));
    return parsed.success && parsed.data.first <= parsed.data.last ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export async function accountsRange(
  request: Request,
  access: EdgeAccess,
  backend: EdgeBackend,
  work: Work,
): Promise<Response> {
  if (access.asker(request).refusal) return problem(ErrorCode.EDGE_FORBIDDEN);
  const range = rangeOf(await readBody(request, MAX_REQUEST_BYTES));
  if (!range) return problem(ErrorCode.EDGE_RANGE);
  work.kind = "bulk";
  try {
    const list = await work.run(COST.scan, () => backend.everyAccount(range.first, range.last));
    if (list === null) return problem(ErrorCode.EDGE_RANGE_TOO_LARGE);
    const { faucet } = await backend.info();
    const accounts = decodeAccountList(list)!.filter(({ key }) => !faucet || !equalBytes(key, faucet));
    const body = encodeAccountList(accounts);
    return new Response(body, { headers: { "content-type": "application/octet-stream" } });
  } catch (fault) {
    if (!(fault instanceof WorkRefused)) throw fault;
    return busy(fault);
  } finally {
    work.end();
  }
}
