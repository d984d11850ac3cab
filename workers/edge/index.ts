/**
 * The edge worker: the network's only entry.
 *
 *   POST /, any path        JSON-RPC, single calls and batches          workers/edge/rpc
 *   GET  /, any (upgrade)   WebSocket: PubSub                            durable-objects/subscriptions
 *   POST /v1/transactions   many transactions as bytes                   ingest.ts
 *   POST /v1/accounts       every account of a range of keys            accounts-range.ts
 *   GET  /v1/stream         the same over a WebSocket, which also tells what became of them   stream.ts
 *   GET  /v1/blocks/SLOT    a block as it was sealed, as bytes: to be checked   block-bytes.ts
 *   GET  /v1/status         tip and speed, without waking an idle chain  status.ts
 *   GET  /v1/stats          what the objects have done since they began  stats.ts
 *   GET  /health            "ok"
 *
 * Any path, as Agave has it: URLs come with `/rpc`, a key or one slash too many. What is below /v1 is ours.
 */
import { type Context, Hono } from "hono";
import { type Env, subscriptionsStub } from "../../durable-objects/host/env.ts";
import { carriedPrograms } from "../../durable-objects/host/genesis.ts";
import { sharedWasm } from "../../durable-objects/host/shared-wasm.ts";
import { storageRoom } from "../../durable-objects/host/storage-room.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import { errorAnswer, MAX_BODY_BYTES, MAX_DEV_BODY_BYTES, tooLarge } from "../../shared/rpc/engine.ts";
import { storageFull } from "../../shared/rpc/errors.ts";
import { wasmServices } from "../../shared/rpc/wasm-services.ts";
import { EdgeAccess, preflight } from "./access.ts";
import { accountsRange } from "./accounts-range.ts";
import { EdgeBackend } from "./backend.ts";
import { blockBytes } from "./block-bytes.ts";
import { ClientGone, readBody } from "./body.ts";
import { ADDRESS_HEADER, addressOf, clientOf } from "./client.ts";
import { type IngestServices, ingest, SignaturePace } from "./ingest.ts";
import { lookupResolver } from "./ingest-lookups.ts";
import { bodyOf } from "./long-answer.ts";
import { problem, retryAfter } from "./problem.ts";
import { ProgramCache } from "./program-cache.ts";
import { createRpc, type Rpc } from "./rpc/index.ts";
import { networkStats } from "./stats.ts";
import { networkStatus } from "./status.ts";
import { openStream } from "./stream.ts";
import { EdgeTurns } from "./turns.ts";

type EdgeContext = Context<{ Bindings: Env }>;

interface Edge {
  readonly backend: EdgeBackend;
  readonly access: EdgeAccess;
  readonly rpc: Rpc;
  readonly maxBodyBytes: number;
  readonly turns: EdgeTurns;
  readonly ingest: IngestServices;
}

let edge: Edge | undefined;

/** Made when an isolate gets its first request that needs the chain; its bindings never change. */
function edgeOf(env: Env): Edge {
  if (!edge) {
    const wasm = sharedWasm();
    const network = parseNetwork(env.NETWORK);
    const services = wasmServices(wasm, () => carriedPrograms(env, network));
    const backend = new EdgeBackend(env, new ProgramCache(services.keepCode), services);
    const onFault = (fault: unknown, method: string) => console.error(`${method}: ${fault}`);
    const resolveLookups = lookupResolver(backend, services);
    const maxBodyBytes = backend.dev ? MAX_DEV_BODY_BYTES : MAX_BODY_BYTES;
    const explain = (fault: unknown) => (storageRoom.blame(fault) ? storageFull() : undefined);
    const rpc = createRpc(backend, services, { onFault, explain, maxBodyBytes });
    const ingest = { backend, wasm, resolveLookups, pace: new SignaturePace(), fork: backend.fork };
    edge = { backend, access: new EdgeAccess(network), rpc, maxBodyBytes, turns: new EdgeTurns(), ingest };
  }
  return edge;
}

async function jsonRpc(request: Request, env: Env): Promise<Response> {
  const { access, rpc, maxBodyBytes: most, turns } = edgeOf(env);
  const cors = access.corsHeaders(request);
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8", ...cors };
  const asker = access.asker(request);
  // Only development methods take more.
  const maxBodyBytes = most > MAX_BODY_BYTES && asker.refusal ? MAX_BODY_BYTES : most;
  const bytes = await readBody(request, maxBodyBytes);
  if (!bytes) return new Response(errorAnswer(null, tooLarge(maxBodyBytes)), { status: 413, headers });
  const work = turns.work(() => clientOf(request))();
  try {
    const { status, body, retryAfterMs } = await rpc.handle(bytes, asker, work);
    if (retryAfterMs !== undefined) Object.assign(headers, retryAfter(retryAfterMs));
    return new Response(
      bodyOf(body, () => work.end()),
      { status, headers },
    );
  } catch (fault) {
    work.end();
    throw fault;
  }
}

/** Also while NETWORK is not set, when `edgeOf` throws: the page then reads why. */
function corsHeaders(request: Request, env: Env): Record<string, string> {
  try {
    return edgeOf(env).access.corsHeaders(request);
  } catch {
    return { "access-control-allow-origin": "*" };
  }
}

const app = new Hono<{ Bindings: Env }>();

app.use(async (c, next) => {
  if (c.req.method === "OPTIONS") return preflight(c.req.raw, corsHeaders(c.req.raw, c.env));
  await next();
  // The answer to a WebSocket upgrade is the object's own and cannot be changed.
  if (c.res.status === 101) return;
  for (const [name, value] of Object.entries(corsHeaders(c.req.raw, c.env))) c.res.headers.set(name, value);
});

/** The object tells PubSub from the edge's own streams by the path, so that clients' do not reach it. */
async function pubSub(c: EdgeContext): Promise<Response> {
  const refused = edgeOf(c.env).access.refuseUpgrade(c.req.raw);
  if (refused) return refused;
  const request = new Request(new URL("/", c.req.url), c.req.raw);
  request.headers.set(ADDRESS_HEADER, addressOf(c.req.raw));
  const answer = await subscriptionsStub(c.env).fetch(request);
  return answer.webSocket ? answer : new Response(answer.body, answer);
}

const newWork = (c: EdgeContext) => edgeOf(c.env).turns.work(clientOf(c.req.raw));

app.post("/v1/transactions", (c) => {
  const { access, ingest: services } = edgeOf(c.env);
  // What upstream has is fetched for who may open a stream.
  const isForeign = services.fork !== undefined && access.refuseUpgrade(c.req.raw) !== null;
  return ingest(c.req.raw, isForeign ? { ...services, fork: undefined } : services, newWork(c)());
});
app.get("/v1/stream", async (c) => {
  const { access, ingest } = edgeOf(c.env);
  return access.refuseUpgrade(c.req.raw) ?? openStream(c.req.raw, c.env, ingest, newWork(c));
});
app.post("/v1/accounts", (c) => {
  const { access, backend } = edgeOf(c.env);
  return accountsRange(c.req.raw, access, backend, newWork(c)());
});
app.get("/v1/blocks/:slot{[0-9]{1,15}}", (c) =>
  blockBytes(Number(c.req.param("slot")), edgeOf(c.env).backend, newWork(c)()),
);
app.get("/v1/status", async (c) => {
  const status = await networkStatus(c.env);
  return c.json(status, status.ready ? 200 : 503);
});
app.get("/v1/stats", async (c) => c.json({ ...(await networkStats(c.env)), edge: edgeOf(c.env).turns.stats }));
app.get("/health", (c) => c.text("ok"));

app.all("/v1/stream", () => problem(ErrorCode.EDGE_METHOD, { allow: "GET, OPTIONS" }));
app.all("/v1/blocks/:slot{[0-9]{1,15}}", () => problem(ErrorCode.EDGE_METHOD, { allow: "GET, OPTIONS" }));
app.all("/v1/accounts", () => problem(ErrorCode.EDGE_METHOD, { allow: "POST, OPTIONS" }));
app.all("/v1/transactions", () => problem(ErrorCode.EDGE_METHOD, { allow: "POST, OPTIONS" }));
app.all("/v1/*", () => problem(ErrorCode.EDGE_NOT_FOUND));
app.get("*", async (c, next) => {
  if (c.req.header("upgrade")?.toLowerCase() === "websocket") return pubSub(c);
  await next();
});
app.all("/", () => problem(ErrorCode.EDGE_METHOD, { allow: "POST, OPTIONS" }));
app.notFound(() => problem(ErrorCode.EDGE_NOT_FOUND));
app.onError(fault);

function fault(error: unknown): Response {
  if (storageRoom.blame(error)) return problem(ErrorCode.STORE_FULL, { "retry-after": "1" });
  if (!(error instanceof ClientGone)) console.error(`edge: ${error}`);
  return problem(ErrorCode.EDGE_INTERNAL);
}

/** Where the path begins in a URL, at the earliest. */
const AFTER_SCHEME = "http://".length;

/** A POST to any path, as Agave has it, but for what is below /v1. */
function isJsonRpc({ method, url }: Request): boolean {
  return method === "POST" && !url.startsWith("/v1", url.indexOf("/", AFTER_SCHEME + 1));
}

/** JSON-RPC is nearly all that comes, and does without the router, whose way there and back is a tenth of a short call. */
async function fetchEdge(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  if (!isJsonRpc(request)) return app.fetch(request, env, context);
  try {
    return await jsonRpc(request, env);
  } catch (error) {
    const response = fault(error);
    for (const [name, value] of Object.entries(corsHeaders(request, env))) response.headers.set(name, value);
    return response;
  }
}

export default { fetch: fetchEdge };
