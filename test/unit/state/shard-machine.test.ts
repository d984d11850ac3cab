/** The shard machine over its real engine: what a checkpoint leaves in memory and in storage. */
import { expect, it } from "vitest";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { decodeAccountList, encodeAccountList } from "../../../shared/state/accounts.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../../shared/state/shard-machine.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import { engineOf, keyOf, proposalOf, RENT_EXEMPT, type Transfer, transferRecord, wallet } from "./chain.ts";

const FEE = 5000n;
const BANK = keyOf("bank");
const GENESIS = encodeAccountList([wallet(BANK, 1_000_000_000_000n)]);

class Shard {
  readonly engine: ShardEngine = engineOf();
  readonly #machine = new ShardMachine(this.engine, { shard: 0, checkpointRows: 8, checkpointBytes: 1 << 20 }, GENESIS);
  readonly #storage: SimulatedStorage;

  constructor(storage: SimulatedStorage) {
    this.#storage = storage;
    this.#machine.boot(storage);
  }

  run(slot: number, transfers: readonly Transfer[]): void {
    const records = transfers.map((transfer, blockIndex) => ({ blockIndex, record: transferRecord(transfer) }));
    const proposal = proposalOf({ slot, shard: 0, prevSlot: slot - 1, records });
    viewOf(proposal).setBigUint64(64, BigInt(Math.max(0, slot - 3)), true);
    const effects = this.#machine.step({
      type: "message",
      from: "builder",
      message: { type: "proposal", slot, proposal },
    });
    this.#storage.apply(effects.filter((effect): effect is Write => effect.type === "put" || effect.type === "delete"));
  }

  tombstones(): number {
    const lists = [...this.engine.collect(0, this.engine.applied())];
    return lists.flatMap((list) => decodeAccountList(list)!).filter((account) => account.lamports === 0n).length;
  }
}

it("accounts that are gone leave memory once a checkpoint has replaced all earlier ones, and stay gone after a restart", () => {
  const storage = new SimulatedStorage();
  const shard = new Shard(storage);
  const gone: Uint8Array[] = [];
  const kept: Uint8Array[] = [];
  let most = 0;
  for (let slot = 1; slot <= 400; slot += 2) {
    const short = keyOf(`short ${slot}`);
    const long = keyOf(`long ${slot}`);
    shard.run(slot, [
      { from: BANK, to: short, lamports: RENT_EXEMPT + FEE },
      { from: BANK, to: long, lamports: RENT_EXEMPT },
    ]);
    shard.run(slot + 1, [{ from: short, to: BANK, lamports: RENT_EXEMPT }]);
    gone.push(short);
    if (slot < 40) kept.push(long);
    most = Math.max(most, shard.tombstones());
  }
  // Two hundred accounts went. What is left waits for the next checkpoint of everything.
  expect(most).toBeLessThan(200);
  expect(shard.tombstones()).toBeLessThan(100);
  const keys = concatBytes(BANK, ...gone, ...kept);
  const before = shard.engine.read(keys, 400);
  expect(decodeAccountList(before)!.filter((account) => account.lamports === 0n)).toHaveLength(gone.length);
  const again = new Shard(storage);
  expect(again.engine.read(keys, 400)).toEqual(before);
  expect(again.engine.lamports()).toBe(shard.engine.lamports());
  expect(again.engine.count()).toBe(shard.engine.count());
});
