/** The modules of a worker, as files. */
import { Embed } from "./capnp.ts";

export interface CodeFile {
  /** Under which it is imported; the main module is the first. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** As `modules` of a Worker in workerd's configuration. */
export function modulesOf(files: readonly CodeFile[]) {
  return files.map(({ name, path }) => {
    const kind = name.endsWith(".wasm") ? "wasm" : name.endsWith(".js") ? "esModule" : "data";
    return { name, [kind]: new Embed(path) };
  });
}
