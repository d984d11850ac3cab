// Compiles wasm/crypto/index.ts by itself, once a test process, and wraps its memory for tests.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

export interface CryptoExports {
  memory: WebAssembly.Memory;
  cryptoScratch(size: number): number;
  sha256(ptr: number, len: number, out: number): void;
  sha256Init(): void;
  sha256Update(ptr: number, len: number): void;
  sha256Final(out: number): void;
  sha512(ptr: number, len: number, out: number): void;
  sha512Init(): void;
  sha512Update(ptr: number, len: number): void;
  sha512Final(out: number): void;
  keccak256Init(): void;
  keccak256Update(ptr: number, len: number): void;
  keccak256Final(out: number): void;
  siphash24(k0: bigint, k1: bigint, ptr: number, len: number): bigint;
  siphash13(k0: bigint, k1: bigint, ptr: number, len: number): bigint;
  siphash24Pair(k0: bigint, k1: bigint, a: number, b: number): bigint;
  siphash24Second(): bigint;
  isOnCurve(ptr: number): number;
  blake3(ptr: number, len: number, out: number): void;
  blake3Many4(inPtrs: number, len: number, outs: number): void;
  ed25519Verify(msg: number, msgLen: number, sig: number, pubkey: number): number;
  ed25519KeyCacheClear(): void;
  ed25519VerifyBatch(table: number, count: number, verdicts: number): number;
}

/** Compiles AssemblyScript that imports from the project, as "./wasm/...", with these options. */
export async function compileEntry(entry: string, ...options: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["entry.ts", "--runtime", "stub", "-O3", ...options, "--outFile", "entry.wasm"],
    {
      readFile: (name: string) => {
        if (name === "entry.ts") return entry;
        try {
          return readFileSync(resolve(root, name), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name: string, contents: Uint8Array | string) => {
        if (name.endsWith(".wasm") && typeof contents !== "string") binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(stderr.toString());
  return new Uint8Array(binary);
}

async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      "wasm/crypto/index.ts",
      "--baseDir",
      root,
      "--runtime",
      "stub",
      "-O3",
      "--enable",
      "simd",
      "--outFile",
      "crypto.wasm",
    ],
    {
      writeFile: (name: string, contents: Uint8Array | string) => {
        if (name.endsWith(".wasm") && typeof contents !== "string") binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`wasm/crypto does not compile: ${error?.message}\n${stderr.toString()}`);
  return new Uint8Array(binary);
}

// The types of Workers leave out what only Node may do: compile at run time.
export const WebAssemblyModule = WebAssembly.Module as unknown as new (binary: Uint8Array) => WebAssembly.Module;

let compiled: Promise<WebAssembly.Module> | undefined;

/** A fresh instance with 1 MiB of scratch memory at `scratch`. */
export async function loadCrypto(): Promise<{
  wasm: CryptoExports;
  scratch: number;
  put(at: number, bytes: Uint8Array): void;
  take(at: number, length: number): Uint8Array;
}> {
  compiled ??= compile().then((binary) => new WebAssemblyModule(binary));
  const instance = await WebAssembly.instantiate(await compiled, {
    env: {
      abort() {
        throw new Error("abort in wasm/crypto");
      },
    },
  });
  const wasm = instance.exports as unknown as CryptoExports;
  const scratch = wasm.cryptoScratch(1 << 20);
  return {
    wasm,
    scratch,
    put: (at, bytes) => new Uint8Array(wasm.memory.buffer).set(bytes, at),
    take: (at, length) => new Uint8Array(wasm.memory.buffer).slice(at, at + length),
  };
}

/** A small deterministic generator (xorshift128+ is enough for test data). */
export function randomSource(seed: number): (length: number) => Uint8Array {
  let s0 = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
  let s1 = 0xd1b54a32d192ed03n;
  const mask = (1n << 64n) - 1n;
  const next = (): number => {
    let x = s0 & mask;
    s0 = s1;
    x = (x ^ (x << 23n)) & mask;
    s1 = x ^ s0 ^ (x >> 17n) ^ (s0 >> 26n);
    return Number((s0 + s1) & 0xffn);
  };
  for (let i = 0; i < 16; i++) next();
  return (length) => Uint8Array.from({ length }, next);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
