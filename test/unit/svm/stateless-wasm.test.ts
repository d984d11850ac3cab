import { expect, it } from "vitest";
import { StatelessWasm } from "../../../shared/svm/stateless-wasm.ts";
import { wasmModule } from "../../wasm-module.ts";

it("a trap costs one call: the next one gets a new instance", () => {
  const wasm = new StatelessWasm(wasmModule());
  const before = wasm.memory;
  expect(wasm.call("txParse", new Uint8Array(10))).toBeLessThan(0);
  expect(wasm.memory).toBe(before);
  const trap = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  wasm.exports = { ...wasm.exports, txParse: trap };
  expect(() => wasm.call("txParse", new Uint8Array(10))).toThrow(WebAssembly.RuntimeError);
  expect(wasm.memory).not.toBe(before);
  expect(wasm.call("txParse", new Uint8Array(10))).toBeLessThan(0);
});
