/**
 * The Instructions sysvar, byte for byte as solana-sdk's instructions-sysvar crate lays it out. No program here reads it yet and litesvm does
 * not show it, so the bytes are written out by hand from the crate's construct_instructions_data.
 */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import asc from "assemblyscript/asc";
import { beforeAll, describe, expect, it } from "vitest";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { Conformance, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { rawTransaction } from "./harness-message.ts";
import { moduleOf } from "./harness-wasm.ts";

const root = join(import.meta.dirname, "../..");
const ENTRY = join(root, "wasm/instructions-sysvar-test-entry.ts");
const SOURCE = `
export { layoutFingerprint } from "./layouts/fingerprint";
export { ioIn, ioOutPtr, ioOutLen } from "./memory/io";
export { txParse } from "./transaction/parse";
import { outBytes, outReset } from "./memory/io";
import { buildInstructionsSysvar, instructionsSysvarLen, messageOpen } from "./svm/runtime/message";
export function sysvarOf(record: usize, len: u32): i32 {
  messageOpen(record);
  const data = buildInstructionsSysvar();
  outReset();
  outBytes(data, instructionsSysvarLen());
  return 0;
}`;

let wasm: WasmInstance;
beforeAll(async () => {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    [
      ENTRY,
      "--outFile",
      "out.wasm",
      "--runtime",
      "stub",
      "--enable",
      "simd",
      "--enable",
      "bulk-memory",
      "--use",
      "abort=",
    ],
    {
      readFile: (name: string, base: string) => {
        const path = resolve(base, name);
        if (path === ENTRY) return SOURCE;
        try {
          return readFileSync(path, "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (_: string, contents: string | Uint8Array) => {
        if (typeof contents !== "string") binary = new Uint8Array(contents);
      },
    },
  );
  if (error || !binary) throw new Error(`${error?.message}\n${stderr.toString()}`);
  wasm = new WasmInstance(moduleOf(binary));
});

describe("Instructions sysvar", () => {
  it("instructions, offsets, flags after demotion, index", async () => {
    const c = await Conformance.create();
    const [payer, signer, target, program] = [testKey(1), testKey(2), testKey(3), testKey(4)];
    // payer: signer and writable; signer: read-only; target, System (asked for writable), program
    const wire = rawTransaction({
      header: [2, 1, 1],
      keys: [payer, signer, target, SYSTEM, program],
      blockhash: c.latestBlockhash(),
      instructions: [
        { program: 3, accounts: [0, 2], data: [1, 2, 3] },
        { program: 4, accounts: [1, 3, 1], data: [] },
        { program: 3, accounts: [], data: new Array(300).fill(9) },
      ],
    });
    expect(wasm.call("txParse", wire)).toBe(0);
    wasm.call("sysvarOf", wasm.out());
    const meta = (flags: number, key: string): number[] => [flags, ...keyBytes(key)];
    const first = [2, 0, ...meta(3, payer), ...meta(2, target), ...keyBytes(SYSTEM), 3, 0, 1, 2, 3];
    const second = [3, 0, ...meta(1, signer), ...meta(0, SYSTEM), ...meta(1, signer), ...keyBytes(program), 0, 0];
    const third = [0, 0, ...keyBytes(SYSTEM), 44, 1, ...new Array(300).fill(9)];
    const offsets = [8, 8 + first.length, 8 + first.length + second.length];
    const table = offsets.flatMap((offset) => [offset & 255, offset >> 8]);
    expect([...wasm.out()]).toEqual([3, 0, ...table, ...first, ...second, ...third, 0, 0]);
  });
});
