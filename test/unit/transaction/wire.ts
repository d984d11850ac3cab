/** Wire transactions built from plain models, and the module they are parsed with. */
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";

export interface Instruction {
  program: number;
  accounts: number[];
  data: Uint8Array;
}
export interface Lookup {
  table: Uint8Array;
  writable: number[];
  readonly: number[];
}
export interface Model {
  signatures: Uint8Array[];
  version: "legacy" | number;
  header: [number, number, number];
  keys: Uint8Array[];
  blockhash: Uint8Array;
  instructions: Instruction[];
  lookups: Lookup[];
}

export function compact(n: number): number[] {
  const out: number[] = [];
  let value = n;
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if (value === 0) return [...out, byte];
    out.push(byte | 0x80);
  }
}

export function message(model: Model): Uint8Array {
  const bytes: number[] = [];
  if (model.version !== "legacy") bytes.push(0x80 | model.version);
  bytes.push(...model.header, ...compact(model.keys.length));
  for (const key of model.keys) bytes.push(...key);
  bytes.push(...model.blockhash, ...compact(model.instructions.length));
  for (const { program, accounts, data } of model.instructions) {
    bytes.push(program, ...compact(accounts.length), ...accounts, ...compact(data.length), ...data);
  }
  if (model.version !== "legacy") {
    bytes.push(...compact(model.lookups.length));
    for (const { table, writable, readonly } of model.lookups) {
      bytes.push(...table, ...compact(writable.length), ...writable, ...compact(readonly.length), ...readonly);
    }
  }
  return Uint8Array.from(bytes);
}

export function wire(model: Model): Uint8Array {
  const bytes: number[] = [...compact(model.signatures.length)];
  for (const signature of model.signatures) bytes.push(...signature);
  return Uint8Array.from([...bytes, ...message(model)]);
}

/** 32 bytes that say who they are. */
export function key(n: number): Uint8Array {
  const out = new Uint8Array(32);
  new DataView(out.buffer).setUint32(4, n + 1);
  out[0] = 1;
  return out;
}
export function signature(n: number): Uint8Array {
  const out = new Uint8Array(64).fill(7);
  new DataView(out.buffer).setUint32(0, n);
  return out;
}

export function instance(): WasmInstance {
  return new WasmInstance(wasmModule());
}

/** A transfer-like transaction of one signer. */
export function simple(patch: Partial<Model> = {}): Model {
  return {
    signatures: [signature(1)],
    version: "legacy",
    header: [1, 0, 1],
    keys: [key(1), key(2), new Uint8Array(32)],
    blockhash: new Uint8Array(32).fill(9),
    instructions: [{ program: 2, accounts: [0, 1], data: Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0) }],
    lookups: [],
    ...patch,
  };
}
