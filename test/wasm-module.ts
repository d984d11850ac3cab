/** The module that every suite and benchmark runs: build/infinisvm.wasm, compiled once a process. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

// The types of Workers call WebAssembly.Module abstract: there, modules only come from imports.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
let compiled: WebAssembly.Module | undefined;

export function wasmModule(): WebAssembly.Module {
  compiled ??= new Module(readFileSync(join(import.meta.dirname, "../build/infinisvm.wasm")));
  return compiled;
}
