/** How each of the two processes of a split network is configured, and how it is told where the other one is. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CapnpStruct, VOID } from "../capnp.ts";
import type { Deployable, ObjectBinding } from "../deployable.ts";
import { FRONT, LINK, PEER, SERIES, type SplitVariable, TOKEN_HEADER } from "./plan.ts";

/** Run by workerd: infra/network/split/worker.ts. */
const WORKER = join(dirname(fileURLToPath(import.meta.url)), "worker.ts");

/** "front": the edge and the objects beside it; it has the network's ports. "back": all other objects. */
export type Half = "front" | "back";

/** Where an object lives, by its name. */
export function splitHalfOf(objectName: string): Half {
  return objectName.startsWith("lane-") ? "front" : "back";
}

export interface SplitOptions {
  readonly half: Half;
  /** Of the objects of the network, but for those of a series. */
  readonly objectNames: readonly string[];
  /** The same for both halves. */
  readonly token: string;
}

/** Source of the module that is run instead of the worker's main module. */
export function splitSource({ main, objects }: Pick<Deployable, "main" | "objects">): string {
  const lines = [
    `import * as main from ${JSON.stringify(main)};`,
    `import { splitHandler, splitObject } from ${JSON.stringify(WORKER)};`,
    `export { Link } from ${JSON.stringify(WORKER)};`,
    "export default splitHandler(main.default);",
    "export const pubsub = splitHandler(main.pubsub);",
    ...objects.map(
      ({ className }) => `export const ${className} = splitObject(${JSON.stringify(className)}, main.${className});`,
    ),
  ];
  return lines.join("\n");
}

export interface SplitWorker {
  /** Of those of the worker, the ones whose objects are in this process. */
  readonly objects: readonly ObjectBinding[];
  /** Beside them. */
  readonly bindings: readonly CapnpStruct[];
  readonly namespaces: readonly CapnpStruct[];
}

/** What one half has in the configuration. `uniqueKeyOf`: of a class. */
export function splitWorker(
  { name, objects }: Pick<Deployable, "name" | "objects">,
  uniqueKeyOf: (className: string) => string,
  { half, objectNames, token }: SplitOptions,
): SplitWorker {
  const isHere = ({ binding }: ObjectBinding) => FRONT.includes(binding) === (half === "front");
  const here = objects.filter(isHere);
  const remote = objects.filter((object) => !isHere(object));
  const variable: SplitVariable = {
    service: name,
    remote: Object.fromEntries(
      remote.map(({ binding, className }) => [binding, { className, uniqueKey: uniqueKeyOf(className) }]),
    ),
    local: Object.fromEntries(here.map(({ className }) => [className, uniqueKeyOf(className)])),
    names: objectNames,
    series: SERIES,
    token,
  };
  return {
    objects: here,
    bindings: [
      { name: "SPLIT", json: JSON.stringify(variable) },
      { name: PEER, workerdDebugPort: VOID },
      { name: LINK, durableObjectNamespace: { className: "Link" } },
    ],
    namespaces: [{ className: "Link", ephemeralLocal: VOID, preventEviction: true }],
  };
}

/** Tells a process, at its private port, where the other one is; "": it is down. */
export async function tellPeer(port: number, token: string, address: string): Promise<void> {
  const headers = { [TOKEN_HEADER]: token };
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: address });
  await response.arrayBuffer();
}
