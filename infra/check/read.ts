/** Opens the storage of a stopped network in a workerd of its own, and reads everything in it, object by object. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configText } from "../network/capnp.ts";
import type { Deployable, ObjectBinding } from "../network/deployable.ts";
import type { SocketOptions } from "../network/listeners.ts";
import { killAndWait } from "../network/process.ts";
import { storedCode } from "../network/worker-code.ts";
import { configFile, OBJECTS_FOLDER, uniqueKeyOf, workerConfig } from "../network/worker-config.ts";
import { WorkerdProcess } from "../network/workerd-process.ts";
import type { ObjectReport } from "./worker.ts";

/** workerd's own database of each class. */
const METADATA = "metadata.sqlite";

interface ObjectFile extends ObjectBinding {
  readonly id: string;
}

/** The databases of all objects below `storage`. */
function objectFiles(storage: string, { name, objects }: Deployable): ObjectFile[] {
  return objects.flatMap((object) => {
    let names: string[] = [];
    try {
      names = readdirSync(join(storage, OBJECTS_FOLDER, uniqueKeyOf(name, object.className)));
    } catch {
      // No object of this class has stored anything yet.
    }
    return names
      .filter((file) => file.endsWith(".sqlite") && file !== METADATA)
      .map((file) => ({ ...object, id: file.slice(0, -".sqlite".length) }));
  });
}

export interface OpenObject {
  readonly className: string;
  readonly id: string;
  /** What the object's class in `source` answers. */
  ask(query: string): Promise<Response>;
}

const SOCKET: SocketOptions = { name: "stored", host: "127.0.0.1", port: 0 };

/**
 * Every object of the network whose objects are in `storage`, run by another worker: a module that exports `handler`, which is called with
 * `/BINDING/ID`, and the class of all its objects, `Stored`. Unset: worker.ts.
 */
export async function withObjects(
  storage: string,
  worker: string | undefined,
  use: (objects: readonly OpenObject[]) => Promise<void>,
): Promise<void> {
  const { deployable, code } = await storedCode(worker);
  const files = objectFiles(storage, deployable);
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-check-"));
  const config = join(folder, configFile());
  const sockets = [SOCKET];
  writeFileSync(config, configText(workerConfig({ deployable, code, storage, variables: {}, data: {}, sockets })));
  const ended = Promise.withResolvers<void>();
  const workerd = new WorkerdProcess({
    config,
    sockets,
    onLine() {},
    onExit: () => ended.resolve(),
  });
  try {
    const port = (await workerd.ports).get(SOCKET.name)!;
    await use(
      files.map(({ className, binding, id }) => {
        const url = `http://127.0.0.1:${port}/${binding}/${id}`;
        return { className, id, ask: (query) => fetch(`${url}${query}`) };
      }),
    );
  } finally {
    if (workerd.pid !== undefined) {
      await killAndWait(workerd.pid);
      await ended.promise;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `storage`: folder of the objects. Calls `report` for each. */
export function readObjects(storage: string, report: (object: ObjectReport) => void): Promise<void> {
  return withObjects(storage, undefined, async (objects) => {
    for (const { className, id, ask } of objects) {
      const response = await ask("");
      const text = await response.text();
      if (response.ok) report(JSON.parse(text) as ObjectReport);
      else report({ object: `${className} ${id}`, rows: 0, bytes: 0, problems: [text.split("\n")[0]!] });
    }
  });
}
