/** The isolate's WASM instance, made when it is first needed. */
import module from "../../build/infinisvm.wasm";
import { StatelessWasm } from "../../shared/svm/stateless-wasm.ts";

let instance: StatelessWasm | undefined;

export function sharedWasm(): StatelessWasm {
  instance ??= new StatelessWasm(module);
  return instance;
}
