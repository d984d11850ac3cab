/** The isolate's WASM instance, made when it is first needed. */
import module from "../../build/infinisvm.wasm";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";

let instance: WasmInstance | undefined;

export function edgeWasm(): WasmInstance {
  instance ??= new WasmInstance(module);
  return instance;
}
