/** RpcServices on an instance of the WASM module of its own (docs/interfaces.md sections 2 and 6). */
import { sanitizeErrorToCode } from "../errors/transaction-error.ts";
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { makeFrame } from "../protocol/record.ts";
import type { WasmInstance } from "../svm/wasm-instance.ts";
import { decodeAccountList } from "./accounts.ts";
import type { RpcServices } from "./services.ts";

const SKIP_BLOCKHASH_CHECK = 1;

/** `u32 n, n x u8 verdict`, then the good records. */
function verifiedRecord(out: Uint8Array): Uint8Array | null {
  return viewOf(out).getUint32(0, true) === 1 && out[4] === 1 ? out.subarray(5) : null;
}

export function wasmServices(wasm: WasmInstance): RpcServices {
  return {
    parse(wire) {
      const code = wasm.call("txParse", wire);
      return code === 0 ? { ok: true, record: wasm.out() } : { ok: false, code: -code };
    },
    verify(record) {
      return wasm.call("txVerifyFrame", makeFrame([record])) === 1 ? verifiedRecord(wasm.out()) : null;
    },
    checkLoaded(record) {
      const code = wasm.call("txCheckLoaded", record);
      return code === 0 ? null : sanitizeErrorToCode(code);
    },
    simulate(context, accounts, record, skipBlockhashCheck) {
      const input = new Uint8Array(context.length + 8 + accounts.length + record.length);
      input.set(context, 0);
      viewOf(input).setUint32(context.length, skipBlockhashCheck ? SKIP_BLOCKHASH_CHECK : 0, true);
      input.set(accounts, context.length + 8);
      input.set(record, context.length + 8 + accounts.length);
      const code = wasm.call("engineSimulate", input);
      if (code < 0) throw new Error(`engineSimulate: ${code}`);
      const out = wasm.out();
      const resultLength = viewOf(out).getUint32(0, true);
      return { result: out.subarray(0, resultLength), accounts: out.subarray(resultLength) };
    },
    wellKnown(context, keys) {
      if (keys.length === 0) return [];
      const code = wasm.call("engineWellKnown", concatBytes(context, ...keys));
      if (code < 0) throw new Error(`engineWellKnown: ${code}`);
      return decodeAccountList(wasm.out()).map((account) => (account.lamports === 0n ? null : account));
    },
  };
}
