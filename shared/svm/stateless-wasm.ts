/** An instance that keeps nothing between calls (the edge's): after a trap the next call gets a new one. */
import { WasmInstance } from "./wasm-instance.ts";

export class StatelessWasm extends WasmInstance {
  override call(name: string, bytes: Uint8Array, ...rest: (number | bigint)[]): number {
    try {
      return super.call(name, bytes, ...rest);
    } catch (fault) {
      if (fault instanceof WebAssembly.RuntimeError) this.renew();
      throw fault;
    }
  }
}
