/**
 * The stake and vote accounts of a shard, once more in storage: when an epoch ends all of them are wanted, and to look for them among all
 * accounts would take as long as there are accounts.
 *
 *   checkpoint of the shard ─ those of its changes that are, or were, owned by Stake or Vote ─▶ sorted runs of their own
 *   epoch ends: the runs, and over them what has changed in memory since ─▶ shared/stake/summary.ts
 *
 * On a shard that has never had such an account one row is written at its beginning, and no page is read.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import type { EpochRecord } from "../stake/epoch-record.ts";
import { isStaking, StakeCollector, type StakeSummary } from "../stake/summary.ts";
import { AccountStore, type StoreConfig } from "./account-store.ts";
import { accountAt, accountOffsets, keyText, LIST_HEADER } from "./accounts.ts";
import type { Codec } from "./pack.ts";
import { ListBuilder } from "./run-reader.ts";

const TABLES = { manifest: "stake-manifest", parts: "stake-parts", pages: "stake-pages" };
/** The index has no totals of its own. */
const NO_TOTALS = { lamports: 0n, count: 0 };
const OWNER = 32;
/** A tombstone is an account's header with nothing but the key. */
const TOMBSTONE = 88;
const KEY = 32;

function* accountsOf(list: Uint8Array): Generator<Uint8Array> {
  const offsets = accountOffsets(list);
  if (!offsets) throw new RangeError("not an account list");
  for (const [i, at] of offsets.slice(0, -1).entries()) yield list.subarray(at, offsets[i + 1]!);
}
const ownerOf = (account: Uint8Array): Uint8Array => account.subarray(OWNER, OWNER + KEY);

export class StakeIndex {
  readonly #store: AccountStore;
  #changed = new ListBuilder();

  constructor(config: StoreConfig, codec: Codec | undefined) {
    this.#store = new AccountStore(config, codec, TABLES);
  }

  /** False: nothing was ever stored. */
  boot(storage: StorageView): boolean {
    return this.#store.boot(storage);
  }
  /** The first checkpoint, from all accounts of the shard as of `slot`, ascending. Its row is written even if none has to do with stakes. */
  begin(slot: number, lists: Iterable<Uint8Array>): Effect[] {
    const staking = new ListBuilder();
    for (const list of lists) {
      for (const account of accountsOf(list)) if (isStaking(ownerOf(account))) staking.add(account);
    }
    return [...this.#store.checkpoint(slot, NO_TOTALS, [staking.finish()]), ...this.#store.seal()];
  }
  settle(): void {
    this.#store.settle();
  }
  /** Whether this step has changed it: then it may not again. */
  get busy(): boolean {
    return this.#store.busy;
  }

  /** Passes on what the next checkpoint stores, account lists ascending from one to the next, tombstones too, and notes what is its own. */
  *watch(changed: Iterable<Uint8Array>): Generator<Uint8Array> {
    this.#changed = new ListBuilder();
    for (const list of changed) {
      for (const account of accountsOf(list)) {
        if (isStaking(ownerOf(account))) this.#changed.add(account.slice());
        else if (this.#store.mayHave(account.subarray(0, KEY))) this.#changed.add(tombstoneOf(account));
      }
      yield list;
    }
  }
  /** As of `slot`: of what was watched. */
  checkpoint(slot: number): Effect[] {
    const list = this.#changed;
    this.#changed = new ListBuilder();
    return list.bytes === LIST_HEADER ? [] : this.#store.checkpoint(slot, NO_TOTALS, [list.finish()]);
  }

  /** Work that checkpoints leave behind, as AccountStore.maintain, and the row that makes a step's changes count. */
  finish(bytes: number): Effect[] {
    return [...this.#store.maintain(bytes), ...this.#store.seal()];
  }

  /** `changed`: account lists of what has changed since the last checkpoint, tombstones too. `known`: an epoch record at hand. */
  summary(changed: Iterable<Uint8Array>, known: Pick<EpochRecord, "epoch" | "history">): StakeSummary {
    const collector = new StakeCollector(known);
    const seen = new Set<string>();
    for (const list of changed) {
      for (const account of accountsOf(list)) {
        const isOne = isStaking(ownerOf(account));
        if (isOne || this.#store.mayHave(account.subarray(0, KEY))) seen.add(keyText(account.subarray(0, KEY)));
        if (isOne) collector.add(accountAt(account, 0));
      }
    }
    for (const list of this.#store.lists()) {
      for (const account of accountsOf(list)) {
        if (!seen.has(keyText(account.subarray(0, KEY)))) collector.add(accountAt(account, 0));
      }
    }
    return collector.finish();
  }
}

function tombstoneOf(account: Uint8Array): Uint8Array {
  const out = new Uint8Array(TOMBSTONE);
  out.set(account.subarray(0, KEY));
  return out;
}
