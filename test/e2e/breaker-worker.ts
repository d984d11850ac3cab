/** Run by workerd over the storage of a stopped network: changes what is stored, as a failing disk would. */
import { DurableObject } from "cloudflare:workers";

export class Stored extends DurableObject {
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + 10_000);
  }

  /** Flips a bit in the middle of the row that a query names; the object's name. Null: there is no such row. */
  async flip(table: string, id: number): Promise<string | null> {
    const { sql } = this.ctx.storage;
    const known = sql.exec("SELECT name FROM sqlite_master WHERE name = ?", table).toArray();
    if (known.length === 0) return null;
    const key = id * 1024;
    const [row] = sql.exec<{ bytes: ArrayBuffer }>(`SELECT bytes FROM "${table}" WHERE key = ?`, key).toArray();
    if (!row) return null;
    const bytes = new Uint8Array(row.bytes);
    bytes[bytes.length >> 1]! ^= 4;
    sql.exec(`UPDATE "${table}" SET bytes = ? WHERE key = ?`, bytes.buffer as ArrayBuffer, key);
    const [name] = sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM genesis WHERE key = 1024").toArray();
    return new TextDecoder().decode(name!.bytes);
  }
}

type Env = Readonly<Record<string, DurableObjectNamespace<Stored>>>;

/** `/BINDING/ID?table=T&id=N`. */
export const handler = {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const [, binding, id] = url.pathname.split("/");
    const namespace = env[binding!]!;
    const { searchParams } = url;
    const stub = namespace.get(namespace.idFromString(id!));
    return Response.json(await stub.flip(searchParams.get("table")!, Number(searchParams.get("id"))));
  },
};
