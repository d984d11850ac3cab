/** A ledger over storage in memory that takes blocks of made-up transactions: for suites that read it. */
import type { StorageView } from "../../../shared/protocol/actor.ts";
import { encodeBlock, encodeCarry } from "../../../shared/protocol/block.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { decodeHeader, encodeHeader } from "../../../shared/protocol/header.ts";
import { makeFrame, REC } from "../../../shared/protocol/record.ts";
import { LedgerMachine } from "../../../shared/state/ledger-machine.ts";
import { LedgerQuery } from "../../../shared/state/ledger-query.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import { keyOf, transferRecord } from "./chain.ts";

export const GENESIS_TIME = 1_000;

export interface MadeTransaction {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly failed?: boolean;
  /** Micro-lamports a compute unit. */
  readonly price?: bigint;
  /** Token balances before and after: of account 1, owned by the key. */
  readonly tokens?: { readonly owner: Uint8Array; readonly before?: bigint; readonly after?: bigint };
}

function tokenBalance(owner: Uint8Array, amount: bigint): Uint8Array {
  const balance = new Uint8Array(88);
  balance[0] = 1;
  balance.set(owner, 40);
  viewOf(balance).setBigUint64(72, amount, true);
  return balance;
}

function resultOf({ failed, tokens }: MadeTransaction): Uint8Array {
  const header = new Uint8Array(48);
  const view = viewOf(header);
  header[8] = 1;
  if (failed) header.set([9, 0, 1], 9);
  const before = tokens?.before === undefined ? [] : [tokenBalance(tokens.owner, tokens.before)];
  const after = tokens?.after === undefined ? [] : [tokenBalance(tokens.owner, tokens.after)];
  header[44] = tokens ? 1 : 0;
  view.setUint16(32, tokens ? 3 : 0, true);
  view.setUint16(40, before.length, true);
  view.setUint16(42, after.length, true);
  const result = concatBytes(header, new Uint8Array(tokens ? 3 * 16 : 0), ...before, ...after);
  viewOf(result).setUint32(0, result.length, true);
  return result;
}

export class LedgerChain {
  readonly storage = new SimulatedStorage();
  machine = this.#machine();
  /** Blocks read from storage. */
  reads = 0;
  query!: LedgerQuery;
  readonly #genesis: Uint8Array;
  #time = GENESIS_TIME;
  #transactions = 0n;
  #made = 0;

  constructor() {
    this.restart();
    this.#genesis = this.storage.get("blocks", 0)!.slice(0, 320);
  }

  #machine(): LedgerMachine {
    return new LedgerMachine({ genesisHash: keyOf("genesis"), genesisTimestamp: GENESIS_TIME, genesisLamports: [0n] });
  }

  /** A machine that knows only what is stored. */
  restart(): void {
    const view: StorageView = {
      get: (table, id) => {
        if (table === "blocks") this.reads++;
        return this.storage.get(table, id);
      },
      list: (table, from, to) => this.storage.list(table, from, to),
    };
    this.machine = this.#machine();
    this.storage.apply(this.machine.boot(view) as Write[]);
    this.query = new LedgerQuery(this.machine, view);
  }

  /** One block; the signatures of its transactions. */
  add(made: readonly MadeTransaction[], { slot = this.machine.tipSlot + 1, time = this.#time } = {}): Uint8Array[] {
    const parentSlot = this.machine.tipSlot;
    this.#time = time;
    this.#transactions += BigInt(made.length);
    const header = encodeHeader({
      ...decodeHeader(this.#genesis),
      slot,
      parentSlot,
      unixTimestamp: time,
      numTransactions: made.length,
      transactionCount: this.#transactions,
    });
    const records = made.map(({ from, to, price = 0n }) => {
      const record = transferRecord({ from, to, lamports: 1n }).slice();
      record.set(concatBytes(keyOf(`r ${this.#made}`), keyOf(`s ${this.#made++}`)), REC.HEADER + 1);
      viewOf(record).setUint32(REC.CU_LIMIT, 1_000, true);
      viewOf(record).setBigUint64(REC.CU_PRICE, price, true);
      return record;
    });
    const results = concatBytes(...made.map(resultOf));
    const block = encodeBlock({ header, carry: encodeCarry([]), frame: makeFrame(records), results });
    const effects = this.machine.step({ type: "message", from: "builder", message: { type: "block", slot, block } });
    this.storage.apply(effects.filter((effect): effect is Write => effect.type === "put" || effect.type === "delete"));
    return records.map((record) => record.slice(REC.HEADER + 1, REC.HEADER + 65));
  }
}
