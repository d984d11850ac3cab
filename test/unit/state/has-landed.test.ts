import { expect, it } from "vitest";
import { ByteWriter } from "../../../shared/protocol/bytes.ts";
import { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { messageTag } from "../../../shared/svm/message-tag.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { makeWallets, randomTransfers } from "../../bench/wallets.ts";
import { wasmModule } from "../../wasm-module.ts";
import { SEEDS } from "./chain.ts";

const wasm = new WasmInstance(wasmModule());

function tagsOf(count: number): bigint[] {
  return randomTransfers(makeWallets("landed", 2), count, new Uint8Array(32), 1).map((wire) => {
    expect(wasm.call("txParse", wire)).toBe(0);
    return messageTag(wasm, SEEDS, wasm.out());
  });
}

it("a shard knows a message that has landed by its tag and the height of its blockhash", () => {
  const [landed, other] = tagsOf(2) as [bigint, bigint];
  expect(landed).not.toBe(other);
  const engine = new ShardEngine(wasmModule(), { shardIndex: 0, shardCount: 1, ...SEEDS });
  engine.loadKnown(new ByteWriter().u64(landed).u32(7).bytes());
  expect(engine.hasLanded(7n, landed)).toBe(true);
  expect(engine.hasLanded(8n, landed)).toBe(false);
  expect(engine.hasLanded(7n, other)).toBe(false);
});

it("what is no record has no tag", () => {
  expect(messageTag(wasm, SEEDS, new Uint8Array(8))).toBe(0n);
});
