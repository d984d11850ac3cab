/**
 * What workerd is told about the network's worker: its code, bindings, objects and sockets.
 *
 *   client ──▶ RPC port ──────────▶ default entry point of the worker
 *   client ──▶ WebSocket port ────▶ its entry point `pubsub`, the same handler
 */
import { join } from "node:path";
import { type CapnpStruct, Embed } from "./capnp.ts";
import { type CodeFile, modulesOf } from "./code-file.ts";
import type { Deployable } from "./deployable.ts";
import type { LauncherServices } from "./launcher-services.ts";
import type { SocketOptions } from "./listeners.ts";
import type { SplitWorker } from "./split/setup.ts";

/** The objects' folder below the storage of a network, and the name of its service. */
export const OBJECTS_FOLDER = "do";
/** Beside it, while a network runs: what workerd is told, one file a process. */
export const configFile = (half?: string): string => (half ? `workerd-${half}.capnp` : "workerd.capnp");
const OBJECTS = "objects";

/** Of which workerd makes an object's id, and the name of the folder of its class. */
export const uniqueKeyOf = (worker: string, className: string): string => `${worker}-${className}`;

/** What a Worker may fetch from: everywhere, by certificates of the usual authorities. */
const INTERNET: CapnpStruct = {
  name: "internet",
  network: { allow: ["public", "private"], tlsOptions: { trustBrowserCas: true } },
};

export interface WorkerConfig {
  readonly deployable: Deployable;
  readonly code: readonly CodeFile[];
  /** Folder of the objects' storage. */
  readonly storage: string;
  /** Variables by name, as the worker has them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Files of bytes by the name of their binding; absolute. */
  readonly data: Readonly<Record<string, string>>;
  readonly sockets: readonly SocketOptions[];
  readonly split?: SplitWorker | undefined;
  /** Services of the launcher, which the worker has under their names. */
  readonly launcher?: Pick<LauncherServices, "names" | "config">;
  /** Beside the worker, with the sockets of the same names. */
  readonly services?: readonly CapnpStruct[];
}

const at = (host: string, port: number) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

function bindingsOf({ deployable, variables, data, split, launcher }: WorkerConfig): CapnpStruct[] {
  const objects = split?.objects ?? deployable.objects;
  return [
    ...Object.entries(variables).map(([name, value]) => ({ name, json: JSON.stringify(value) })),
    ...Object.entries(data).map(([name, path]) => ({ name, data: new Embed(path) })),
    ...(launcher?.names ?? []).map((name) => ({ name, service: { name } })),
    ...objects.map(({ binding, className }) => ({ name: binding, durableObjectNamespace: { className } })),
    ...(split?.bindings ?? []),
  ];
}

/** A Config of workerd's. A socket leads to the service of its name, or to the worker. */
export function workerConfig(config: WorkerConfig): CapnpStruct {
  const { deployable, code, storage, sockets, split, launcher, services = [] } = config;
  const { name, compatibilityDate, compatibilityFlags, objects } = deployable;
  const worker: CapnpStruct = {
    modules: modulesOf(code),
    compatibilityDate,
    compatibilityFlags,
    bindings: bindingsOf(config),
    durableObjectNamespaces: [
      ...(split?.objects ?? objects).map(({ className }) => {
        return { className, uniqueKey: uniqueKeyOf(name, className), enableSql: true };
      }),
      ...(split?.namespaces ?? []),
    ],
    durableObjectStorage: { localDisk: OBJECTS },
  };
  const others = new Set(services.map((service) => service.name));
  return {
    structuredLogging: true,
    services: [
      { name, worker },
      { name: OBJECTS, disk: { path: join(storage, OBJECTS_FOLDER), writable: true } },
      INTERNET,
      ...(launcher?.config ?? []),
      ...services,
    ],
    sockets: sockets.map(({ name: socket, host, port, entrypoint }) => {
      const service = others.has(socket) ? { name: socket } : { name, entrypoint };
      return { name: socket, address: at(host, port), http: {}, service };
    }),
  };
}
