/**
 * A Hono worker that does nothing: it reads a body of any size and answers with so many bytes, itself or by way of an object.
 *
 *   POST /none?bytes=N      no object call
 *   POST /one?bytes=N       one object call, which carries the body there and the answer back
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface BareEnv {
  readonly BARE: DurableObjectNamespace<BareObject>;
}

/** With how many object calls. */
export type BarePath = "none" | "one";

const HEADERS = { "content-type": "application/json; charset=utf-8" };

const answers = new Map<string, string>();

function answerOf(bytes: string): string {
  let answer = answers.get(bytes);
  if (answer === undefined) {
    answer = "x".repeat(Number(bytes));
    answers.set(bytes, answer);
  }
  return answer;
}

export class BareObject extends DurableObject<BareEnv> {
  async answer(_body: Uint8Array, bytes: string): Promise<string> {
    return answerOf(bytes);
  }
}

const app = new Hono<{ Bindings: BareEnv }>();

app.post("/none", async (c) => {
  await c.req.raw.arrayBuffer();
  return new Response(answerOf(c.req.query("bytes")!), { headers: HEADERS });
});

app.post("/one", async (c) => {
  const body = new Uint8Array(await c.req.raw.arrayBuffer());
  const { BARE } = c.env;
  const answer = await BARE.get(BARE.idFromName("bare")).answer(body, c.req.query("bytes")!);
  return new Response(answer, { headers: HEADERS });
});

export default app;

/** A network has a second port: infra/network/workerd.ts. */
export const pubsub = { fetch: app.fetch };
