/** WASM modules are imported as compiled modules (wrangler.toml: rule CompiledWasm). */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
/** Files of bytes (Wrangler's default rule Data). */
declare module "*.bin" {
  const bytes: ArrayBuffer;
  export default bytes;
}
