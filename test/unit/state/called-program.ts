/** A program that fails with a number of its own, so that a result says which version ran; upgradeable or not. */
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { BPF_LOADER_2, BPF_LOADER_UPGRADEABLE, keyBytes } from "../../../shared/rpc/keys.ts";
import type { Account } from "../../../shared/state/accounts.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { encodeTransaction, type Meta, u32, u64 } from "../../conformance/random-wire.ts";
import { wasmModule } from "../../wasm-module.ts";
import { programdataOf } from "../scheduling/programdata.ts";
import { contextOf, keyOf, wallet } from "./chain.ts";

const parser = new WasmInstance(wasmModule());

export const PAYER = wallet(keyOf("payer"), 10_000_000_000n);
export const PROGRAM = keyOf("program");
export const PROGRAM_DATA = programdataOf(PROGRAM);
/** Of the slot context in which the calls execute. */
export const SLOT = 9;
export const CONTEXT = contextOf(SLOT);

/** All versions have files of one size. */
const elfOf = (version: number): Uint8Array =>
  assemble(`
  entrypoint:
    mov64 r0, ${version}
    exit
  .rodata
  padding: .zero 2000`);

const owned = (key: Uint8Array, owner: string, executable: boolean, data: Uint8Array): Account => ({
  key,
  owner: keyBytes(owner),
  lamports: 10_000_000_000n,
  rentEpoch: (1n << 64n) - 1n,
  executable,
  data,
});

/** The program's account: it names the one with the code. */
export const program = (): Account =>
  owned(PROGRAM, BPF_LOADER_UPGRADEABLE, true, Uint8Array.from([...u32(2), ...PROGRAM_DATA]));
/** Deployed in slot `slot`, of nobody. */
export const programData = (version: number, slot = 0): Account =>
  owned(
    PROGRAM_DATA,
    BPF_LOADER_UPGRADEABLE,
    false,
    Uint8Array.from([...u32(3), ...u64(slot), 0, ...new Uint8Array(32), ...elfOf(version)]),
  );
/** The same under the loader whose programs do not change. */
export const finalProgram = (version: number): Account => owned(PROGRAM, BPF_LOADER_2, true, elfOf(version));

/** The record of a transaction that calls the program with these accounts. */
export function callRecord(accounts: Meta[] = []): Uint8Array {
  const sign = () => new Uint8Array(64);
  const instructions = [{ program: PROGRAM, accounts, data: [] }];
  const code = parser.call("txParse", encodeTransaction(PAYER.key, instructions, CONTEXT.slice(128, 160), sign));
  if (code !== 0) throw new Error(`txParse: ${code}`);
  return parser.out();
}

/** Which version a result says has run; undefined where none did. */
export function versionOf(result: Uint8Array): number | undefined {
  const custom = result[9] === 9 && result[11] === 25;
  return custom ? new DataView(result.buffer, result.byteOffset).getUint32(12, true) : undefined;
}
