/** `GET /v1/blocks/SLOT`: a block as the builder sealed it (shared/protocol/block.ts), for who checks it himself (client/block.ts). */
import { ErrorCode } from "../../shared/errors/codes.ts";
import { RpcError } from "../../shared/rpc/errors.ts";
import { COST } from "../../shared/turns/costs.ts";
import { type Work, WorkRefused } from "../../shared/turns/work.ts";
import type { EdgeBackend } from "./backend.ts";
import { busy, problem } from "./problem.ts";

/** 404 where there is no block of that slot, or no longer; 429 with a time; 500 with what is damaged. */
export async function blockBytes(slot: number, backend: EdgeBackend, work: Work): Promise<Response> {
  try {
    const bytes = await work.run(COST.block, () => backend.blockBytes(slot));
    if (!bytes) return problem(ErrorCode.EDGE_NOT_FOUND);
    return new Response(bytes as BodyInit, { headers: { "content-type": "application/octet-stream" } });
  } catch (fault) {
    if (fault instanceof WorkRefused) return busy(fault);
    if (!(fault instanceof RpcError)) throw fault;
    const content = { title: fault.message, status: 500, code: ErrorCode.EDGE_INTERNAL };
    return Response.json(content, { status: 500, headers: { "content-type": "application/problem+json" } });
  } finally {
    work.end();
  }
}
