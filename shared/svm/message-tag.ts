/** The tag of a record's message (wasm/transaction/tag.ts): what its payer's shard keeps it from landing twice by. */
import type { ShardSeeds } from "../state/accounts.ts";
import type { WasmInstance } from "./wasm-instance.ts";

export function messageTag(wasm: WasmInstance, { seed0, seed1 }: ShardSeeds, record: Uint8Array): bigint {
  const at = wasm.write(record);
  return BigInt.asUintN(64, wasm.exports.txTag!(seed0, seed1, at, record.length) as bigint);
}
