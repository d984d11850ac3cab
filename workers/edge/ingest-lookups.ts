/** Address table lookups of a batch: each table is read once, whoever names it. */
import type { Backend } from "../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { readAccounts } from "../../shared/rpc/call.ts";
import { lookupTables, resolveLookups } from "../../shared/rpc/lookup-tables.ts";
import type { RpcServices } from "../../shared/rpc/services.ts";
import type { LookupResolver } from "./ingest.ts";

export function lookupResolver(backend: Backend, services: RpcServices): LookupResolver {
  return async (records) => {
    const head = await backend.head();
    const wanted = records.map((record) => lookupTables(record).map((key) => ({ key, name: encodeBase58(key) })));
    const keys = new Map(wanted.flat().map(({ key, name }) => [name, key]));
    const accounts = await readAccounts(backend, services, head, [...keys.values()]);
    const tables = new Map([...keys.keys()].map((name, i) => [name, accounts[i] ?? null]));
    return records.map((record, i) => {
      const own = wanted[i]!.map(({ name }) => tables.get(name) ?? null);
      const error = resolveLookups(record, own, head.context) ?? services.checkLocks(record);
      return error === null ? 0 : error.txError;
    });
  };
}
