/** WASM modules are imported as compiled modules (wrangler.toml: rule CompiledWasm). */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
