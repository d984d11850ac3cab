/** The code of an isolate: edge worker and all objects as one script (build.ts), a function of what stands for the isolate's globals. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Script } from "node:vm";
import { buildWasm } from "../../infra/build/wasm.mjs";
import { ISOLATE, WASM } from "../../infra/package/files.ts";
import { buildIsolate } from "./build.ts";

/** Names that the script has from whoever runs it. */
const GLOBALS = [
  "Date",
  "setTimeout",
  "clearTimeout",
  "crypto",
  "console",
  "navigator",
  "Request",
  "Response",
  "ReadableStream",
  "WebSocketPair",
  "WebSocketRequestResponsePair",
  "WASM_MODULE",
] as const;
export type IsolateGlobals = Readonly<Record<Exclude<(typeof GLOBALS)[number], "WASM_MODULE">, unknown>>;

export interface IsolateExports {
  readonly default: { fetch(request: unknown, env: unknown): Promise<unknown> };
  readonly [className: string]: unknown;
}

type Run = (module: { exports: unknown }, require: NodeJS.Require, ...globals: unknown[]) => void;

// The types of Workers call WebAssembly.Module abstract: there, modules only come from imports.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
const require = createRequire(import.meta.url);

let loaded: Promise<(globals: IsolateGlobals) => IsolateExports> | undefined;

async function load(): Promise<(globals: IsolateGlobals) => IsolateExports> {
  await buildWasm();
  await buildIsolate();
  const source = `(function (module, require, ${GLOBALS.join(", ")}) {${readFileSync(ISOLATE, "utf8")}\n})`;
  const run = new Script(source, { filename: ISOLATE }).runInThisContext() as Run;
  const wasm = new Module(readFileSync(WASM));
  return (globals) => {
    const module = { exports: {} };
    run(module, require, ...GLOBALS.map((name) => (name === "WASM_MODULE" ? wasm : globals[name])));
    return module.exports as IsolateExports;
  };
}

/** Runs the script with these globals: an isolate of its own. Script and WASM module are compiled once a process. */
export function isolateCode(): Promise<(globals: IsolateGlobals) => IsolateExports> {
  loaded ??= load();
  return loaded;
}
