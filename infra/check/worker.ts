/** Run by workerd in place of the network's worker, over the same storage: objects of any class that only read what is there. */
import { DurableObject } from "cloudflare:workers";
import { BlobStore } from "../../durable-objects/host/blob-store.ts";

/** What one object has. */
export interface ObjectReport {
  /** Its name; where that cannot be read its id. */
  readonly object: string;
  readonly rows: number;
  readonly bytes: number;
  readonly problems: readonly string[];
}

/** Problems told of one object. */
const MOST = 100;
/** As the host of a state machine arms it. */
const WATCHDOG_MS = 10_000;

export class Stored extends DurableObject {
  /** The watchdog's alarm stays: when it goes off here it is armed again, for the network's next start. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + WATCHDOG_MS);
  }

  async check(): Promise<ObjectReport> {
    const { sql } = this.ctx.storage;
    let object = this.ctx.id.toString();
    try {
      const name = new BlobStore(sql, "object").get("genesis", 1);
      if (name) object = new TextDecoder().decode(name);
    } catch (error) {
      return { object, rows: 0, bytes: 0, problems: [error instanceof Error ? error.message : String(error)] };
    }
    return { object, ...new BlobStore(sql, object).check(MOST) };
  }
}

type Env = Readonly<Record<string, DurableObjectNamespace<Stored>>>;

/** `/BINDING/ID`: reads that object. */
export const handler = {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, binding, id] = new URL(request.url).pathname.split("/");
    const namespace = env[binding!]!;
    return Response.json(await namespace.get(namespace.idFromString(id!)).check());
  },
};
