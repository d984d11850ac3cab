/** RpcServices on an instance of the WASM module of its own (docs/interfaces.md sections 2 and 6). */
import { ErrorCode } from "../errors/codes.ts";
import { sanitizeErrorToCode } from "../errors/transaction-error.ts";
import { ByteReader, concatBytes, viewOf } from "../protocol/bytes.ts";
import {
  PROFILE,
  SIM,
  SIM_FLAG_PROFILE,
  SIM_FLAG_RESULT_ONLY,
  SIM_FLAG_SKIP_BLOCKHASH,
} from "../protocol/layouts/engine.ts";
import { RESULT } from "../protocol/layouts/result.ts";
import { CONTEXT_SIZE } from "../protocol/limits.ts";
import { makeFrame } from "../protocol/record.ts";
import { keyText } from "../state/accounts.ts";
import { type LoadedAccount, stubbedListSize, writeStubbedList } from "../state/stubs.ts";
import type { WasmInstance } from "../svm/wasm-instance.ts";
import { decodeAccountList } from "./accounts.ts";
import type { ProfiledInstruction, RpcServices, SimulationOptions } from "./services.ts";

/** `u32 n, n x u8 verdict`, then the good records: of a frame of one. */
function verifiedRecord(out: Uint8Array): Uint8Array | null {
  const reader = new ByteReader(out);
  return reader.u32() === 1 && reader.u8() === 1 ? reader.rest() : null;
}

function keepCode(wasm: WasmInstance, data: Uint8Array): Uint8Array {
  const code = wasm.call("engineKeepCode", data);
  if (code < 0) throw new Error(`engineKeepCode: ${code}`);
  return wasm.out();
}

function simulationInput(
  context: Uint8Array,
  accounts: readonly LoadedAccount[],
  record: Uint8Array,
  { skipBlockhashCheck, resultOnly, profile }: SimulationOptions,
  stubs: boolean,
): Uint8Array {
  const list = SIM.HEADER;
  const input = new Uint8Array(list + stubbedListSize(accounts, stubs) + record.length);
  const checks = skipBlockhashCheck ? SIM_FLAG_SKIP_BLOCKHASH : 0;
  const flags = checks | (resultOnly ? SIM_FLAG_RESULT_ONLY : 0) | (profile ? SIM_FLAG_PROFILE : 0);
  input.set(context, SIM.CONTEXT);
  viewOf(input).setUint32(SIM.FLAGS, flags, true);
  input.set(record, writeStubbedList(input, list, accounts, stubs));
  return input;
}

/** Account list, entries (wasm/svm/runtime/trace.ts), u32 how many. */
function profileOf(bytes: Uint8Array): [Uint8Array, ProfiledInstruction[]] {
  const view = viewOf(bytes);
  const count = view.getUint32(bytes.length - 4, true);
  const start = bytes.length - 4 - count * PROFILE.SIZE;
  const instructions = Array.from({ length: count }, (_, i): ProfiledInstruction => {
    const at = start + i * PROFILE.SIZE;
    return {
      outer: bytes[at + PROFILE.OUTER]!,
      stackHeight: bytes[at + PROFILE.STACK_HEIGHT]!,
      program: bytes[at + PROFILE.PROGRAM_INDEX]!,
      failed: bytes[at + PROFILE.FAILED] !== 0,
      unitsBefore: view.getBigUint64(at + PROFILE.UNITS_BEFORE, true),
      unitsAfter: view.getBigUint64(at + PROFILE.UNITS_AFTER, true),
    };
  });
  return [bytes.subarray(0, start), instructions];
}

/** Runs what needs the epoch record behind a context, which is given to an instance that lacks it. */
function withEpoch(wasm: WasmInstance, context: Uint8Array, run: (context: Uint8Array) => number): number {
  const own = context.subarray(0, CONTEXT_SIZE);
  const code = run(own);
  if (code !== -ErrorCode.ENGINE_EPOCH_MISSING || context.length === CONTEXT_SIZE) return code;
  const kept = wasm.call("engineEpoch", context.subarray(CONTEXT_SIZE));
  return kept === 0 ? run(own) : kept;
}

/** `carried`: account list of the programs that simulations have whether or not they are among their accounts (shared/state/carried.ts). */
export function wasmServices(wasm: WasmInstance, carried?: () => Uint8Array): RpcServices {
  // A new instance after a trap carries nothing yet.
  let carriedBy: unknown;
  const carry = () => {
    if (!carried || carriedBy === wasm.exports) return;
    const code = wasm.call("engineCarry", carried());
    if (code < 0) throw new Error(`engineCarry: ${code}`);
    carriedBy = wasm.exports;
  };
  const wellKnown: RpcServices["wellKnown"] = (context, keys) => {
    if (keys.length === 0) return [];
    // Few calls name any, and then the context, 21 KiB, need not be copied.
    if (wasm.call("engineNamesWellKnown", concatBytes(...keys)) === 0) return keys.map(() => null);
    const code = withEpoch(wasm, context, (own) => wasm.call("engineWellKnown", concatBytes(own, ...keys)));
    if (code < 0) throw new Error(`engineWellKnown: ${code}`);
    return decodeAccountList(wasm.out()).map((account) => (account.lamports === 0n ? null : account));
  };
  /** By key, of those that may be: there are a few dozen. */
  const asked = new Map<string, boolean>();
  const isWellKnown = (context: Uint8Array, key: Uint8Array): boolean => {
    const text = keyText(key);
    const known = asked.get(text) ?? wellKnown(context, [key])[0] !== null;
    asked.set(text, known);
    return known;
  };
  return {
    wellKnown,
    areWellKnown: (context, keys) =>
      keys.map((key) => wasm.call("engineNamesWellKnown", key) === 1 && isWellKnown(context, key)),
    parse(wire) {
      const code = wasm.call("txParse", wire);
      return code === 0 ? { ok: true, record: wasm.out() } : { ok: false, code: -code };
    },
    verify(record) {
      return wasm.call("txVerifyFrame", makeFrame([record])) === 1 ? verifiedRecord(wasm.out()) : null;
    },
    isSigned: (record) => wasm.call("txVerifyRecord", record) === 1,
    checkLocks(record) {
      const code = wasm.call("txCheckLocks", record);
      return code === 0 ? null : sanitizeErrorToCode(code);
    },
    simulate(context, accounts, record, options = {}) {
      carry();
      const run = (stubs: boolean) =>
        withEpoch(wasm, context, (own) =>
          wasm.call("engineSimulate", simulationInput(own, accounts, record, options, stubs)),
        );
      let code = run(true);
      if (code === -ErrorCode.ENGINE_CODE_MISSING) {
        // A new instance, or one that had no room.
        for (const { hash, data } of accounts) if (hash) keepCode(wasm, data);
        code = run(true);
      }
      if (code === -ErrorCode.ENGINE_CODE_MISSING) code = run(false);
      if (code < 0) throw new Error(`engineSimulate: ${code}`);
      const out = wasm.out();
      const resultLength = viewOf(out).getUint32(RESULT.LEN, true);
      const result = out.subarray(0, resultLength);
      const rest = out.subarray(resultLength);
      if (!options.profile) return { result, accounts: rest, profile: [] };
      const [list, profile] = profileOf(rest);
      return { result, accounts: list, profile };
    },
    keepCode: (data) => keepCode(wasm, data),
  };
}
