/**
 * A block executes to the same whether anybody wants its details (logs, balances, inner instructions) or not: same errors, compute units,
 * fees, same accounts, same effect hash. Over System and the real Token, Associated Token and Memo programs.
 */
import { expect, it } from "vitest";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { ALL_REAL_PROGRAMS } from "../../../shared/protocol/real-programs.ts";
import { keyBytes, TOKEN_PROGRAM } from "../../../shared/rpc/keys.ts";
import { decodeAccountList, encodeAccountList } from "../../../shared/state/accounts.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { STANDARD_PROGRAMS } from "../../carried-programs.ts";
import { randomWorkload } from "../../conformance/random-workload.ts";
import { wasmModule } from "../../wasm-module.ts";
import { programdataOf, withImplicit } from "../scheduling/programdata.ts";
import { contextOf, engineOf, proposalOf } from "../state/chain.ts";

const SLOT = 1;
const TRANSACTIONS = 1_000;
const FLAGS_AT = 96 + 96;
const DETAIL_AT = 76;

const TOKEN = keyBytes(TOKEN_PROGRAM);
const { accounts, transactions } = randomWorkload(3, TRANSACTIONS, {
  blockhash: contextOf(SLOT).slice(128, 160),
  associatedToken: true,
  memo: true,
});
const parser = new WasmInstance(wasmModule());
const records = transactions.flatMap((wire, blockIndex) =>
  parser.call("txParse", wire) === 0
    ? [{ blockIndex, record: withImplicit(parser.out(), [programdataOf(TOKEN)]) }]
    : [],
);

interface Outcome {
  readonly hash: string;
  readonly lamports: bigint;
  /** Of every result: landed, error with its fields, fee, compute units, loaded bytes. */
  readonly results: string[];
}

async function run(detail: boolean): Promise<Outcome> {
  const engine = engineOf();
  const world = accounts.map((account) => ({ rentEpoch: 2n ** 64n - 1n, executable: false, ...account }));
  const genesis = [...decodeAccountList(STANDARD_PROGRAMS)!, ...world];
  engine.load(encodeAccountList(genesis), 0);
  const proposal = proposalOf({ slot: SLOT, shard: 0, prevSlot: 0, records });
  viewOf(proposal).setUint32(FLAGS_AT, ALL_REAL_PROGRAMS, true);
  viewOf(proposal).setUint32(DETAIL_AT, detail ? 1 : 0, true);
  expect(engine.begin(proposal)).toBe(0);
  expect(engine.execute()).toBe(0);
  engine.commit();
  const { effects, lamports, results } = engine.outcomeAt(SLOT)!;
  const view = viewOf(results);
  const heads: string[] = [];
  for (let at = 8; at < results.length; at += view.getUint32(at, true)) {
    heads.push(Buffer.from(results.subarray(at + 8, at + 32)).toString("hex"));
  }
  return { hash: Buffer.from(effects).toString("hex"), lamports, results: heads };
}

it("a block executes to the same with and without details", async () => {
  const without = await run(false);
  expect(await run(true)).toEqual(without);
  expect(without.results.length).toBe(records.length);
  expect(new Set(without.results).size).toBeGreaterThan(50);
});
