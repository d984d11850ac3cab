/** A ledger over storage in memory that takes blocks of made-up transactions: for suites that read it. */
import type { AddressQuery } from "../../../shared/ledger/address-page.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { REC } from "../../../shared/protocol/record.ts";
import { keyOf, transferRecord } from "../state/chain.ts";
import { LedgerNet, type NetShape } from "./ledger-net.ts";

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
  readonly net: LedgerNet;
  #time = GENESIS_TIME;
  #transactions = 0n;
  #made = 0;

  constructor(shape: NetShape = {}) {
    this.net = new LedgerNet(shape, GENESIS_TIME);
  }

  /** Blocks read from storage. */
  get reads(): number {
    return this.net.reads.get("blocks") ?? 0;
  }

  readonly query = {
    page: (query: AddressQuery) => this.net.read(this.net.reader.page(query)),
    samples: (limit: number) => this.net.read(this.net.reader.samples(limit)),
    priorityFees: (addresses: readonly Uint8Array[]) => this.net.read(this.net.reader.priorityFees(addresses)),
    countBlocks: (from: number, to: number) => this.net.read(this.net.reader.countBlocks(from, to)),
  };

  /** Machines that know only what is stored. */
  restart(): void {
    this.net.restart();
  }

  /** One block; the signatures of its transactions. */
  add(made: readonly MadeTransaction[], { slot = this.net.ledger.tipSlot + 1, time = this.#time } = {}): Uint8Array[] {
    const parentSlot = this.net.ledger.tipSlot;
    this.#time = time;
    this.#transactions += BigInt(made.length);
    const records = made.map(({ from, to, price = 0n }) => {
      const record = transferRecord({ from, to, lamports: 1n }).slice();
      record.set(concatBytes(keyOf(`r ${this.#made}`), keyOf(`s ${this.#made++}`)), REC.HEADER + 1);
      viewOf(record).setUint32(REC.CU_LIMIT, 1_000, true);
      viewOf(record).setBigUint64(REC.CU_PRICE, price, true);
      return record;
    });
    const results = concatBytes(...made.map(resultOf));
    const header = {
      parentSlot,
      unixTimestamp: time,
      numTransactions: made.length,
      transactionCount: this.#transactions,
    };
    this.net.block(records, results, slot, header);
    return records.map((record) => record.slice(REC.HEADER + 1, REC.HEADER + 65));
  }
}
