/**
 * The import `host.crypto` of the WASM module: cryptography that is called rarely and is left to @noble/curves.
 *
 *   crypto(op, in, inLen, out, outLen): 0, or why not (HOST_CRYPTO_...)
 *
 * Pure and deterministic: the same bytes give the same answer in every runtime. Nothing is thrown into WASM: what goes wrong is a
 * code, and then nothing is written. wasm/svm/host-crypto.ts is the other side.
 */
import { secp256k1Recover, secp256r1Verify } from "./crypto/ecdsa.ts";
import { Refused } from "./crypto/refused.ts";

/** The input is refused: no point, not in the group, a bad signature, ... */
const HOST_CRYPTO_REFUSED = -1;
/** A number, length or operation that the WASM side never asks for. */
const HOST_CRYPTO_UNKNOWN = -2;

const SECP256K1_RECOVER = 0;
const SECP256R1_VERIFY = 1;

function run(op: number, input: Uint8Array): Uint8Array | undefined {
  if (op === SECP256K1_RECOVER) return secp256k1Recover(input);
  return op === SECP256R1_VERIFY ? secp256r1Verify(input) : undefined;
}

/** One operation on bytes; the output is written only when the answer is 0. */
export function hostCrypto(op: number, input: Uint8Array, output: Uint8Array): number {
  try {
    const result = run(op, input);
    if (result === undefined || result.length !== output.length) return HOST_CRYPTO_UNKNOWN;
    output.set(result);
    return 0;
  } catch (error) {
    return error instanceof Refused ? HOST_CRYPTO_REFUSED : HOST_CRYPTO_UNKNOWN;
  }
}

/** What an instance of the WASM module imports; `memory` answers the memory of that instance. */
export function hostImports(memory: () => WebAssembly.Memory): WebAssembly.Imports {
  return {
    host: {
      crypto(op: number, input: number, inputLength: number, output: number, outputLength: number): number {
        const { buffer } = memory();
        return hostCrypto(
          op >>> 0,
          new Uint8Array(buffer, input >>> 0, inputLength >>> 0),
          new Uint8Array(buffer, output >>> 0, outputLength >>> 0),
        );
      },
    },
  };
}
