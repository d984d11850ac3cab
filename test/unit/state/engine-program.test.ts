// Kept programs of a shard: what runs is what the account holds, whatever was kept of it before.
import { expect, it } from "vitest";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { decodeBase58 } from "../../../shared/rpc/base58.ts";
import { BPF_LOADER_UPGRADEABLE, DEV_NETWORK_PROGRAM, keyBytes } from "../../../shared/rpc/keys.ts";
import { encodeAccountList } from "../../../shared/state/accounts.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { encodeTransaction, u32, u64 } from "../../conformance/random-wire.ts";
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

it("a program that is set by decree runs in the same slot, and none that was taken back does", () => {
  const engine = engineOf();
  const elfOf = (answer: number) => assemble(`mov64 r0, ${answer}\nexit`, { version: 0 });
  const rentEpoch = 2n ** 64n - 1n;
  const program = { key: PROGRAM, owner: LOADER, lamports: 10n ** 9n, rentEpoch, executable: true, data: elfOf(1) };
  engine.load(encodeAccountList([wallet(PAYER, 10n ** 9n), program]), 5);
  const parser = new WasmInstance(wasmModule());
  const record = (instructions: Parameters<typeof encodeTransaction>[1]): Uint8Array => {
    const wire = encodeTransaction(PAYER, instructions, digestOf(0), () => new Uint8Array(64));
    expect(parser.call("txParse", wire)).toBe(0);
    return parser.out();
  };
  // Where the loader is named a program that is called can be written too.
  const loader = { key: keyBytes(BPF_LOADER_UPGRADEABLE), signer: false, writable: false };
  let calls = 0;
  /** Each is a message of its own. */
  const call = () => ({ program: PROGRAM, accounts: [loader], data: [calls++] });
  let nonce = 0n;
  const set = (answer: number) => {
    const elf = elfOf(answer);
    const data = [
      1,
      16,
      0,
      0,
      ...u32(elf.length),
      ...u64(0),
      ...u64(0),
      ...u64(nonce++),
      ...new Uint8Array(32),
      ...elf,
    ];
    const accounts = [PAYER, PROGRAM].map((key, i) => ({ key, signer: i === 0, writable: true }));
    return { program: keyBytes(DEV_NETWORK_PROGRAM), accounts, data };
  };
  /** The Custom code that each transaction ends with; undefined: it succeeds. */
  const run = (slot: number, ...transactions: Uint8Array[]): (number | undefined)[] => {
    const records = transactions.map((one, blockIndex) => ({ blockIndex, record: one }));
    const proposal = proposalOf({ slot, shard: 0, prevSlot: slot - 1, records });
    viewOf(proposal).setUint32(96 + 96, 0x80000000, true);
    proposal.set(PAYER.subarray(0, 28), 96 + 100);
    expect(engine.begin(proposal)).toBe(0);
    expect(engine.execute()).toBe(0);
    engine.commit();
    return resultsOf(engine.outcomeAt(slot)!.results).map(([, result]) =>
      result[9] === 0 ? undefined : viewOf(result).getUint32(12, true),
    );
  };
  expect(run(6, record([call()]))).toEqual([1]);
  const decreed = run(
    7,
    record([set(2), call()]),
    record([call()]),
    record([set(3)]),
    record([call()]),
    record([set(4), call()]),
  );
  expect(decreed).toEqual([2, 1, undefined, 3, 4]);
  expect(run(8, record([call()]))).toEqual([3]);
});
