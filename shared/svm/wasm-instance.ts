/**
 * One instance of the WASM module and the copying of bytes in and out of it. Numbers cross the boundary as i32/u32
 * (number) or u64 (bigint); everything larger goes through the two buffers of wasm/memory/io.ts.
 */

import type { MemoryReport } from "../protocol/actor.ts";
import { assertSameLayouts } from "../protocol/layouts/check.ts";

export type WasmExport = (...args: (number | bigint)[]) => number | bigint | undefined;

export class WasmInstance {
  exports!: Record<string, WasmExport>;
  memory!: WebAssembly.Memory;
  readonly #module: WebAssembly.Module;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.renew();
  }

  /** Begins anew with an instance that knows nothing: after a trap, what is in memory can no longer be trusted. */
  renew(): void {
    const instance = new WebAssembly.Instance(this.#module, {});
    assertSameLayouts(instance.exports);
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.exports = instance.exports as unknown as Record<string, WasmExport>;
  }

  /** Linear memory, which only grows, and what of it is in use. */
  memoryReport(): MemoryReport {
    const live = BigInt.asUintN(64, this.exports.heapLiveBytes!() as bigint);
    return { wasmBytes: this.memory.buffer.byteLength, wasmLiveBytes: Number(live) };
  }

  /** Copies `bytes` into the input buffer; the pointer is valid until the next write. */
  write(bytes: Uint8Array): number {
    const at = (this.exports.ioIn!(bytes.length) as number) >>> 0;
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return at;
  }

  /** The output of the last call where it lies: valid until the next call, for whoever copies its parts at once. */
  view(): Uint8Array {
    const at = (this.exports.ioOutPtr!() as number) >>> 0;
    const length = (this.exports.ioOutLen!() as number) >>> 0;
    return new Uint8Array(this.memory.buffer, at, length);
  }

  /** A copy of the output of the last call. */
  out(): Uint8Array {
    return this.view().slice();
  }

  /** Calls an export with one byte string and further numbers; returns its i32. */
  call(name: string, bytes: Uint8Array, ...rest: (number | bigint)[]): number {
    const at = this.write(bytes);
    return this.exports[name]!(at, bytes.length, ...rest) as number;
  }
}
