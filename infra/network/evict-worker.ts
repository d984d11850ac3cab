/**
 * Run by workerd beside the network's worker, for tests: takes objects out of memory, as the platform does now and then. workerd evicts an
 * object only once nothing is under way in it. One that never comes to rest goes with all others of its process, in the middle of whatever
 * they do, as when the platform moves them.
 */
import unsafe from "workerd:unsafe";
import { EVICT_TOKEN_HEADER, type EvictRequest } from "./evict-request.ts";

/** How long an object may take to come to rest. */
const PATIENCE_MS = 2_000;

type Env = Readonly<Record<string, DurableObjectNamespace>> & { readonly TOKEN: string };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.headers.get(EVICT_TOKEN_HEADER) !== env.TOKEN) return new Response(null, { status: 403 });
    const { className, name } = (await request.json()) as EvictRequest;
    const namespace = env[className]!;
    const stub = namespace.get(namespace.idFromName(name));
    // What ends with an error is out already, or goes now.
    const evicted = unsafe.evict(stub).catch(() => {});
    const rested = await Promise.race([evicted.then(() => true), scheduler.wait(PATIENCE_MS).then(() => false)]);
    if (!rested) await unsafe.abortAllDurableObjects();
    return new Response();
  },
};
