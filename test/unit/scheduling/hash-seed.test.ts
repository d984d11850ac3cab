/** Keys made to collide in the tables of an instance whose seed everybody knows: slow there, and the same blocks as anywhere. */
import { expect, it } from "vitest";
import { makeFrame } from "../../../shared/protocol/record.ts";
import { Planner } from "../../../shared/scheduling/planner.ts";
import { wasmModule } from "../../wasm-module.ts";
import { contextOf, keyOf, SEEDS, transferRecord } from "../state/chain.ts";

// The twin of keyHash in wasm/memory/bytes.ts with the seed that an instance starts with.
const MASK = (1n << 64n) - 1n;
const FACTOR = 0xd6e8feb86659fd93n;
const SEED = 0x9e3779b97f4a7c15n;
const fold = (h: bigint): bigint => h ^ (h >> 32n);
const mix = (h: bigint): bigint => fold((fold(h) * FACTOR) & MASK);

/** Keys whose hashes are all the same, each different in its first 24 bytes. */
function collidingKeys(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const key = keyOf(`colliding ${i}`).slice();
    const view = new DataView(key.buffer);
    const word = (at: number): bigint => view.getBigUint64(at, true);
    const before = mix((mix((mix(word(0) ^ SEED) + word(8)) & MASK) + word(16)) & MASK);
    view.setBigUint64(24, (0x1234n - before) & MASK, true);
    return key;
  });
}

function cutOf(keys: readonly Uint8Array[], hashSeed?: bigint): Uint8Array[] {
  const planner = new Planner(wasmModule(), { shardCount: 4, ...SEEDS, ...(hashSeed !== undefined && { hashSeed }) });
  planner.setContext(contextOf(1));
  const records = keys.slice(1).map((to, i) => transferRecord({ from: keys[i]!, to, lamports: 1n }));
  for (let at = 0; at < records.length; at += 1000) planner.admit(makeFrame(records.slice(at, at + 1000)));
  const { frame, shards } = planner.cut();
  return [frame, ...shards.map(({ proposal }) => proposal)];
}

it("a planner with a seed of its own cuts the same block", () => {
  const keys = collidingKeys(6000);
  const known = cutOf(keys);
  const secret = cutOf(keys, 0xfedc_ba98_7654_3211n);
  expect(secret).toEqual(known);
  expect(secret[0]!.length).toBeGreaterThan(1_000_000);
});
