// Accounts that are in storage only, and a slot that is open while storage gets a checkpoint.
import { expect, it } from "vitest";
import { encodeAccountList, shardOf } from "../../../shared/state/accounts.ts";
import { tagOf } from "../scheduling/reference.ts";
import { engineOf, keyOf, type Lease, proposalOf, SEEDS, transferRecord, wallet } from "./chain.ts";

const onShard = (shard: number, nth = 0): Uint8Array => {
  for (let i = 0, seen = 0; ; i++) if (shardOf(keyOf(i), 2, SEEDS) === shard && seen++ === nth) return keyOf(i);
};

it("an account that a slot has deleted stays deleted for the slot that is open when the checkpoint is there", () => {
  const [payer, purse, other, foreign] = [onShard(0), onShard(0, 1), onShard(0, 2), onShard(1)];
  const stored = [wallet(payer, 50_000_000n), wallet(purse, 10_000_000n), wallet(other, 10_000_000n)];
  const engine = engineOf(0, 2);
  engine.restore(1, { lamports: 70_000_000n, count: 3 });
  const drain = { from: purse, to: payer, lamports: 9_995_000n };
  const first = proposalOf({
    slot: 2,
    shard: 0,
    prevSlot: 1,
    records: [{ blockIndex: 0, record: transferRecord(drain) }],
  });
  expect(engine.coldOfProposal(first).length).toBe(64);
  engine.fetch(encodeAccountList(stored.slice(0, 2)));
  expect([engine.begin(first), engine.execute()]).toEqual([0, 0]);
  engine.commit();
  engine.stable(2);
  expect([engine.coldCount(), engine.count()]).toEqual([1, 2]);

  const lender = engineOf(1, 2);
  lender.load(encodeAccountList([wallet(foreign, 10_000_000n)]), 0);
  const lease = (shard: number): Lease[] => [{ shard, writable: true, key: foreign }];
  const records = [
    { blockIndex: 0, record: transferRecord({ from: foreign, to: payer, lamports: 1_000_000n }) },
    { blockIndex: 1, record: transferRecord({ from: payer, to: purse, lamports: 2_000_000n }) },
  ];
  const second = proposalOf({ slot: 3, shard: 0, prevSlot: 2, borrows: lease(1), records });
  expect(engine.coldOfProposal(second).length).toBe(0);
  expect(engine.begin(second)).toBe(0);
  const tags = [{ shard: 0, tag: tagOf(records[0]!.record, SEEDS.seed0, SEEDS.seed1), height: 2 }];
  expect(lender.begin(proposalOf({ slot: 3, shard: 1, prevSlot: 0, lends: lease(0), tags }))).toBe(0);
  engine.clean(2);
  expect(engine.receiveLoan(1, lender.loan(0))).toBe(0);
  expect(engine.execute()).toBe(0);
  expect(engine.fault()).toBeUndefined();
  engine.commit();
  expect(engine.count()).toBe(3);
});

it("an account that a slot has lent stays in memory while the slot is not stable, also after a restart", () => {
  const [lent, payer, payee] = [onShard(1), onShard(1, 1), onShard(1, 2)];
  const stored = [wallet(lent, 10_000_000n), wallet(payer, 10_000_000n), wallet(payee, 10_000_000n)];
  const lends: Lease[] = [{ shard: 0, writable: false, key: lent }];
  const started = (): ReturnType<typeof engineOf> => {
    const engine = engineOf(1, 2);
    engine.restore(0, { lamports: 30_000_000n, count: 3 });
    return engine;
  };
  const lender = started();
  const first = proposalOf({ slot: 1, shard: 1, prevSlot: 0, lends });
  lender.fetch(encodeAccountList(stored.slice(0, lender.coldOfProposal(first).length / 32)));
  expect([lender.begin(first), lender.execute()]).toEqual([0, 0]);
  const loan = lender.loan(0);
  const row = lender.commit().slice();

  const again = started();
  expect(again.coldOfRow(row)).toEqual(lent);
  again.fetch(encodeAccountList(stored.slice(0, 1)));
  expect(again.replay(row)).toBe(0);
  const records = [{ blockIndex: 0, record: transferRecord({ from: payer, to: payee, lamports: 1n }) }];
  const second = proposalOf({ slot: 2, shard: 1, prevSlot: 1, records });
  expect(again.coldOfProposal(second).length).toBe(64);
  again.fetch(encodeAccountList(stored.slice(1)));
  expect([again.begin(second), again.execute()]).toEqual([0, 0]);
  again.commit();
  again.evict(0);
  expect(again.loanAt(1, 0)).toEqual(loan);
  again.stable(2);
  again.clean(2);
  again.evict(0);
  expect(again.coldCount()).toBe(3);
});
