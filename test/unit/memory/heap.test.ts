// The allocator against a list of live blocks: no overlap, alignment, reuse of what was freed; others may take from the runtime between.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const RUNS = Number(process.env.FUZZ_RUNS ?? 60);

interface Heap {
  readonly memory: WebAssembly.Memory;
  heapAlloc(size: number): number;
  heapFree(at: number, size: number): void;
  heapCapacity(size: number): number;
  heapKeep(size: number): number;
  heapLiveBytes(): bigint;
  runtimeAlloc(size: number): number;
}
const ENTRY = "heap-and-runtime.ts";
const SOURCE = `
export { heapAlloc, heapFree, heapCapacity, heapKeep, heapLiveBytes } from "./wasm/memory/heap";
export function runtimeAlloc(size: u32): usize { return heap.alloc(size); }
`;
let binary: Uint8Array;
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
const fresh = (): Heap => new WebAssembly.Instance(new Module(binary)).exports as unknown as Heap;

beforeAll(async () => {
  const { error, stderr } = await asc.main(
    [ENTRY, "--baseDir", root, "--runtime", "stub", "-O3", "--use", "abort=", "--outFile", "heap.wasm"],
    {
      readFile: (name, baseDir) => {
        if (name === ENTRY) return SOURCE;
        try {
          return readFileSync(resolve(baseDir, name), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) binary = contents as Uint8Array;
      },
    },
  );
  if (error) throw new Error(String(stderr));
});

const size = fc.oneof(
  fc.nat(40),
  fc.nat(5_000),
  fc.constantFrom(16, 17, 24, 32, 33, 48, 49_152, 49_153, 65_536, 65_537),
  fc.nat(400_000),
);
/** What is allocated; which live block is freed then; what somebody else takes from the runtime. */
const step = fc.record({
  size,
  free: fc.option(fc.nat()),
  taken: fc.option(fc.integer({ min: 1, max: 300 }), { freq: 1 }),
});

describe("heap", () => {
  it("hands out blocks that are aligned and never overlap, and counts them", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const heap = fresh();
        const live: { at: number; size: number; fill: number }[] = [];
        const taken: { at: number; size: number }[] = [];
        steps.forEach(({ size, free, taken: more }, i) => {
          if (more !== null) {
            const at = heap.runtimeAlloc(more) >>> 0;
            new Uint8Array(heap.memory.buffer).fill(255, at, at + more);
            taken.push({ at, size: more });
          }
          const at = heap.heapAlloc(size) >>> 0;
          expect(at % 16).toBe(0);
          expect(heap.heapCapacity(size)).toBeGreaterThanOrEqual(size);
          const fill = (i % 254) + 1;
          new Uint8Array(heap.memory.buffer).fill(fill, at, at + heap.heapCapacity(size));
          live.push({ at, size, fill });
          if (free === null) return;
          const [gone] = live.splice(free % live.length, 1);
          heap.heapFree(gone!.at, gone!.size);
        });
        // Whoever wrote last into an overlap would show.
        const bytes = new Uint8Array(heap.memory.buffer);
        for (const { at, size, fill } of live) {
          expect(bytes.subarray(at, at + heap.heapCapacity(size)).every((byte) => byte === fill)).toBe(true);
        }
        for (const { at, size } of taken)
          expect(bytes.subarray(at, at + size).every((byte) => byte === 255)).toBe(true);
        const sum = live.reduce((n, block) => n + heap.heapCapacity(block.size), 0);
        expect(heap.heapLiveBytes()).toBe(BigInt(sum));
      }),
      { numRuns: RUNS },
    );
  });

  it("reuses large blocks of any size for any other", () => {
    const heap = fresh();
    const round = (n: number): void => {
      const sizes = Array.from({ length: 20 }, (_, i) => 60_000 + ((i * 37 + n * 101) % 50) * 10_000);
      const blocks = sizes.map((bytes) => heap.heapAlloc(bytes));
      blocks.forEach((at, i) => {
        heap.heapFree(at, sizes[i]!);
      });
    };
    for (let n = 0; n < 50; n++) round(n);
    const before = heap.memory.buffer.byteLength;
    for (let n = 50; n < 2_000; n++) round(n);
    expect(heap.memory.buffer.byteLength).toBe(before);
    expect(heap.heapLiveBytes()).toBe(0n);
  });

  it("reuses the memory of blocks that were too small for what came next", () => {
    const heap = fresh();
    const LARGEST = 10 << 20;
    let at = heap.heapAlloc(65_536);
    for (let bytes = 131_072; bytes <= LARGEST; bytes += 65_536) {
      const next = heap.heapAlloc(bytes);
      heap.heapFree(at, bytes - 65_536);
      at = next;
    }
    expect(heap.heapLiveBytes()).toBe(BigInt(LARGEST));
    expect(heap.memory.buffer.byteLength).toBeLessThan(4 * LARGEST);
  });

  it("grows memory by an eighth or a few hundred KiB, not to the double", () => {
    const heap = fresh();
    let largest = 0;
    for (let bytes = 0; bytes < 64 << 20; bytes += 1 << 16) {
      heap.heapAlloc(1 << 16);
      largest = Math.max(largest, heap.memory.buffer.byteLength / (bytes + (2 << 20)));
    }
    expect(largest).toBeLessThan(1.2);
  });

  it("does not double for what is kept for ever, whoever asks in between", () => {
    const heap = fresh();
    let asked = 0;
    for (let n = 0; n < 400; n++) {
      heap.heapAlloc(100_000 + n * 10);
      const at = heap.heapKeep(n % 7 === 0 ? 200_000 : 40);
      expect(at % 16).toBe(0);
      asked += heap.heapCapacity(100_000 + n * 10) + (n % 7 === 0 ? 200_000 : 40);
      expect(heap.memory.buffer.byteLength).toBeLessThan(asked * 1.2 + (1 << 20));
    }
  });
});
