// Kept programs of a shard: what runs is what the account holds, whatever was kept of it before.
import { expect, it } from "vitest";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { decodeBase58 } from "../../../shared/rpc/base58.ts";
import { encodeAccountList } from "../../../shared/state/accounts.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";
import { digestOf, engineOf, keyOf, proposalOf, resultsOf, SEEDS, wallet } from "./chain.ts";

const LOADER = decodeBase58("BPFLoader2111111111111111111111111111111111")!;
const [PAYER, PROGRAM] = [keyOf("payer"), keyOf("program")];

/** The record of a transaction that calls the program. */
function callRecord(): Uint8Array {
  const wire = concatBytes(
    Uint8Array.of(1),
    new Uint8Array(64),
    Uint8Array.of(1, 0, 1, 2),
    PAYER,
    PROGRAM,
    digestOf(0),
    Uint8Array.of(1, 1, 0, 0),
  );
  const parser = new WasmInstance(wasmModule());
  expect(parser.call("txParse", wire)).toBe(0);
  return parser.out();
}

it("an engine that begins anew runs nothing it kept of the chain before", () => {
  const engine = engineOf();
  /** The Custom code that the program ends with. */
  const run = (answer: number): number => {
    const data = assemble(`mov64 r0, ${answer}\nexit`, { version: 0 });
    const rentEpoch = 2n ** 64n - 1n;
    const program = { key: PROGRAM, owner: LOADER, lamports: 10n ** 9n, rentEpoch, executable: true, data };
    engine.instance.exports.engineInit!(0, 1, SEEDS.seed0, SEEDS.seed1);
    engine.load(encodeAccountList([wallet(PAYER, 10n ** 9n), program]), 5);
    const records = [{ blockIndex: 0, record: callRecord() }];
    expect(engine.begin(proposalOf({ slot: 6, shard: 0, prevSlot: 5, records }))).toBe(0);
    expect(engine.execute()).toBe(0);
    engine.commit();
    const [[, result]] = resultsOf(engine.outcomeAt(6)!.results) as [[number, Uint8Array]];
    return viewOf(result).getUint32(12, true);
  };
  expect(run(1)).toBe(1);
  expect(run(2)).toBe(2);
});
