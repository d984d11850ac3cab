/**
 * The judge. Knows nothing of how a block was made: it reads the stored blocks, what the shards hold and have answered, and what clients
 * were told, and holds them against the invariants of docs/architecture.md.
 */
import { createHash } from "node:crypto";
import { decodeBlock, decodeCarry, frameOffsets, resultOffsets, type ShardCarry } from "../../shared/protocol/block.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { type BlockHeader, decodeHeader } from "../../shared/protocol/header.ts";
import { decodeRecord, frameRecords, REC, requestsWrite } from "../../shared/protocol/record.ts";
import { type Account, type ShardSeeds, shardOf } from "../../shared/state/accounts.ts";
import type { ReadAnswer, ScanAnswer, SentTransaction } from "./clients.ts";
import { demand } from "./failure.ts";
import { effectsOf, Reference } from "./reference.ts";
import { STAKE, StakeReference, VOTE } from "./stake-reference.ts";
import { GENESIS_HASH, GENESIS_TIMESTAMP, hex } from "./world.ts";

export interface Evidence {
  readonly shards: number;
  readonly seeds: ShardSeeds;
  readonly accounts: readonly Account[];
  /** Flags of the programs that run from their real ELFs. */
  readonly realPrograms: number;
  /** Stored blocks by their slot, ascending. */
  readonly blocks: ReadonlyMap<number, Uint8Array>;
  /** The clock was moved: slots may have no block. */
  readonly skips: boolean;
  readonly told: ReadonlyMap<number, Uint8Array>;
  readonly sent: Iterable<SentTransaction>;
  readonly laneFrames: ReadonlyMap<string, Uint8Array>;
  readonly reads: readonly ReadAnswer[];
  readonly scans: readonly ScanAnswer[];
  /** The present accounts of all shards: undefined when a shard does not know the key as its own. */
  readonly stateOf: (key: Uint8Array) => Uint8Array;
  /** Keys of everything that changed on any shard. */
  readonly changedKeys: Iterable<Uint8Array>;
  readonly lamports: readonly bigint[];
}

export interface Verdict {
  readonly slots: number;
  readonly landed: number;
  readonly notLanded: number;
  /** Appearances of transactions that were put off. */
  readonly deferred: number;
  /** Appearances of transactions that had landed. */
  readonly repeated: number;
  readonly crossShardSlots: number;
  /** Blocks before which slots were skipped. */
  readonly gaps: number;
}

/** txError of a result. */
const DEFERRED = 200;
const ALREADY_PROCESSED = 7;

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

function groupBy<T>(items: Iterable<T>, by: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}

/** The first signature of the record that the bytes begin with: the oracle reads by itself where it is. */
function firstSignature(record: Uint8Array): Uint8Array {
  const isV1 = record[6] === 1;
  const at = isV1 ? 64 + (record[4]! | (record[5]! << 8)) - 64 * record[7]! : 65;
  return record.subarray(at, at + 64);
}

interface Place {
  readonly slot: number;
  readonly index: number;
  readonly landed: boolean;
  /** Put off: it must come again. */
  readonly deferred: boolean;
}

export class Oracle {
  readonly #evidence: Evidence;
  readonly #reference: Reference;
  readonly #headers: BlockHeader[] = [];
  readonly #bySlot = new Map<number, BlockHeader>();
  #epochStart = GENESIS_TIMESTAMP;
  readonly #stakes: StakeReference;
  #carry: ShardCarry[] = [];
  /** Every appearance of a signature in a block. */
  readonly #places = new Map<string, Place[]>();
  readonly #readsBySlot: Map<number, ReadAnswer[]>;
  readonly #scansBySlot: Map<number, ScanAnswer[]>;
  readonly #changed = new Map<string, Uint8Array>();
  #landed = 0;
  #notLanded = 0;
  #deferred = 0;
  #repeated = 0;
  #crossShardSlots = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#reference = new Reference(evidence.accounts, evidence.realPrograms);
    this.#stakes = new StakeReference(this.#staking());
    this.#readsBySlot = groupBy(evidence.reads, ({ slot }) => slot);
    this.#scansBySlot = groupBy(evidence.scans, ({ slot }) => slot);
  }

  judge(): Verdict {
    const { blocks, told } = this.#evidence;
    for (const [slot, block] of told) {
      const stored = blocks.get(slot);
      demand(stored !== undefined, "lost", `block ${slot} was told and is not stored`);
      demand(hex(stored) === hex(block), "lost", `block ${slot} is not what was told`);
    }
    for (const [slot, block] of blocks) this.#block(slot, block);
    this.#state();
    this.#decided();
    this.#order();
    return {
      slots: blocks.size - 1,
      landed: this.#landed,
      notLanded: this.#notLanded,
      deferred: this.#deferred,
      repeated: this.#repeated,
      crossShardSlots: this.#crossShardSlots,
      gaps: this.#headers.filter(({ slot, parentSlot }) => slot > parentSlot + 1).length,
    };
  }

  /** Stake and vote accounts as they are now. */
  #staking(): Uint8Array[] {
    return [STAKE, VOTE].flatMap((owner) => this.#reference.scan(owner));
  }

  #block(slot: number, bytes: Uint8Array): void {
    const block = decodeBlock(bytes);
    const header = decodeHeader(block.header);
    const carry = decodeCarry(block.carry);
    const parent = this.#headers.at(-1);
    this.#headers.push(header);
    this.#bySlot.set(slot, header);
    const sum = carry.reduce((total, { lamports }) => total + lamports, 0n);
    demand(sum === header.capitalization, "conservation", `slot ${slot}: the shards' sums are not the capitalization`);
    if (parent) {
      this.#links(slot, header, parent, block.frame);
      const fees = this.#results(slot, header, parent, block.frame, block.results);
      this.#execute(slot, { header, parent, carry }, block.frame, block.results, fees);
    } else {
      const total = this.#evidence.accounts.reduce((all, { lamports }) => all + lamports, 0n);
      demand(header.capitalization === total, "conservation", "the genesis block does not count the genesis accounts");
    }
    this.#carry = carry;
    this.#reads(slot);
  }

  /** What was read as of the end of this slot. */
  #reads(slot: number): void {
    for (const read of this.#readsBySlot.get(slot) ?? []) {
      const right = hex(this.#reference.read(read.key)) === hex(read.account);
      demand(right, "read", () => `account ${hex(read.key).slice(0, 8)} was read wrong as of slot ${slot}`);
    }
    const { shards, seeds } = this.#evidence;
    for (const { shard, owner, list } of this.#scansBySlot.get(slot) ?? []) {
      const all = this.#reference.scan(owner);
      const own = all.filter((account) => shardOf(account.subarray(0, 32), shards, seeds) === shard);
      const right = hex(list.subarray(8)) === own.map(hex).join("");
      demand(right, "read", () => `a scan of shard ${shard} as of slot ${slot} is wrong`);
    }
  }

  #links(slot: number, header: BlockHeader, parent: BlockHeader, frame: Uint8Array): void {
    const numbers = new Uint8Array(24);
    const view = new DataView(numbers.buffer);
    view.setBigUint64(0, BigInt(slot), true);
    view.setBigUint64(8, BigInt(header.view), true);
    view.setBigInt64(16, BigInt(header.unixTimestamp), true);
    const domain = new TextEncoder().encode("infinisvm-blockhash");
    const blockhash = sha256(domain, parent.blockhash, numbers, sha256(frame));
    const parentHash = sha256(decodeBlock(this.#evidence.blocks.get(parent.slot)!).header);
    const same = (a: Uint8Array, b: Uint8Array, what: string): void =>
      demand(hex(a) === hex(b), "chain", `slot ${slot}: ${what} is wrong`);
    demand(header.slot === slot && header.parentSlot === parent.slot, "chain", `slot ${slot} is out of its place`);
    demand(this.#evidence.skips || slot === parent.slot + 1, "lost", "the stored blocks have a gap");
    const raised = header.height - parent.height;
    demand(
      raised === 0 || raised === 1,
      "chain",
      `slot ${slot}: the height goes from ${parent.height} to ${header.height}`,
    );
    demand(viewOf(frame).getUint32(0, true) > 0 || raised === 1, "chain", `slot ${slot} is empty and raises no height`);
    demand(header.unixTimestamp >= parent.unixTimestamp, "chain", `slot ${slot}: time runs backwards`);
    same(header.parentBlockhash, parent.slot === 0 ? GENESIS_HASH : parent.blockhash, "parent blockhash");
    same(header.blockhash, blockhash, "blockhash");
    same(header.parentHeaderHash, parentHash, "parent header hash");
  }

  /** Counts, fees, and that no signature lands twice. Returns the fees. */
  #results(slot: number, header: BlockHeader, parent: BlockHeader, frame: Uint8Array, results: Uint8Array): bigint {
    const records = frameOffsets(frame);
    const offsets = resultOffsets(results, records.length);
    const view = viewOf(results);
    let fees = 0n;
    let landed = 0;
    let deferredHere = 0;
    for (const [index, at] of offsets.entries()) {
      const isLanded = view.getUint8(at + 8) === 1;
      demand(view.getUint32(at + 4, true) === index, "results", `slot ${slot}: result ${index} is out of its place`);
      if (isLanded) {
        landed++;
        fees += view.getBigUint64(at + 16, true);
      }
      const signature = hex(firstSignature(frame.subarray(records[index]!)));
      const places = this.#places.get(signature) ?? [];
      const before = places.find((place) => place.landed);
      demand(
        !before || !isLanded,
        "once",
        () => `${signature.slice(0, 24)} lands in slot ${slot} after it has landed in ${before!.slot}`,
      );
      const repeated = !isLanded && view.getUint8(at + 9) === ALREADY_PROCESSED;
      demand(!repeated || before !== undefined, "once", () => `slot ${slot}: transaction ${index} had not landed`);
      if (repeated) this.#repeated++;
      const deferred = !isLanded && view.getUint8(at + 9) === DEFERRED;
      if (deferred) {
        deferredHere++;
        const brought = frame[records[index]! + REC.FLAGS]! & 4;
        demand(brought === 0, "results", `slot ${slot}: transaction ${index} brings everything along and is put off`);
      }
      this.#places.set(signature, [...places, { slot, index, landed: isLanded, deferred }]);
    }
    this.#landed += landed;
    this.#notLanded += offsets.length - landed - deferredHere;
    this.#deferred += deferredHere;
    const paid = parent.capitalization - header.capitalization;
    demand(paid === fees, "conservation", `slot ${slot}: ${paid} lamports are gone and ${fees} were paid as fees`);
    demand(
      header.fees === fees,
      "conservation",
      `slot ${slot}: the header names ${header.fees} lamports of fees, not ${fees}`,
    );
    demand(header.numTransactions === landed, "chain", `slot ${slot}: number of transactions`);
    demand(
      header.transactionCount === parent.transactionCount + BigInt(landed),
      "chain",
      `slot ${slot}: transaction count`,
    );
    demand(hex(header.resultsHash) === hex(sha256(results)), "chain", `slot ${slot}: results hash`);
    return fees;
  }

  /** One transaction after another on one engine: the same results, the same changes, the same commitment to them. */
  #execute(
    slot: number,
    { header, parent, carry }: { header: BlockHeader; parent: BlockHeader; carry: ShardCarry[] },
    frame: Uint8Array,
    results: Uint8Array,
    fees: bigint,
  ): void {
    const hashes = Array.from(
      { length: Math.min(slot, 512) },
      (_, i) => this.#bySlot.get(slot - 1 - i)?.blockhash ?? new Uint8Array(32),
    );
    const { unixTimestamp, blockhash } = header;
    const { height } = parent;
    const epoch = Math.floor(slot / 432_000);
    if (epoch > this.#stakes.epoch) {
      this.#epochStart = unixTimestamp;
      this.#stakes.advance(epoch, this.#staking());
    }
    const epochRecord = this.#stakes.record();
    const epochHash = epochRecord.length > 0 ? sha256(epochRecord) : new Uint8Array(32);
    demand(hex(header.epochHash) === hex(epochHash), "stake", `slot ${slot}: the stakes of epoch ${epoch} are wrong`);
    demand(header.epochStartTimestamp === this.#epochStart, "chain", `slot ${slot}: beginning of the epoch`);
    const recent = this.#headers
      .slice(0, -1)
      .filter((one, at) => (at === 0 || one.height > this.#headers[at - 1]!.height) && one.height > height - 150)
      .map((one) => one.blockhash)
      .reverse();
    const before = this.#reference.engine.lamports();
    const outcome = this.#reference.execute({
      slot,
      unixTimestamp,
      epochStartTimestamp: this.#epochStart,
      parentBlockhash: parent.blockhash,
      blockhash,
      frame,
      hashes,
      recent,
      height,
      parentSlot: parent.slot,
      epochRecord,
    });
    demand(
      hex(outcome.results) === hex(results),
      "results",
      () => `slot ${slot}: ${firstDifference(results, outcome.results)}`,
    );
    const after = this.#reference.engine.lamports();
    demand(before - after === fees, "conservation", `slot ${slot}: execution makes or loses lamports`);
    this.#commitments(slot, { header, parent, carry }, outcome.changed);
  }

  #commitments(
    slot: number,
    { header, parent, carry }: { header: BlockHeader; parent: BlockHeader; carry: ShardCarry[] },
    changed: readonly Uint8Array[],
  ): void {
    const { shards, seeds } = this.#evidence;
    const own = groupBy(changed, (account) => shardOf(account.subarray(0, 32), shards, seeds));
    for (const account of changed) this.#changed.set(hex(account.subarray(0, 32)), account.slice(0, 32));
    for (let shard = 0; shard < shards; shard++) {
      const before = this.#carry[shard]!;
      const after = carry[shard]!;
      if (after.prevSlot === slot) continue;
      demand(!own.has(shard), "state", `slot ${slot}: shard ${shard} had no part and its accounts change`);
      demand(after.lamports === before.lamports, "conservation", `slot ${slot}: lamports of shard ${shard}`);
    }
    if (carry.filter(({ prevSlot }) => prevSlot === slot).length > 1) this.#crossShardSlots++;
    const effectHash = sha256(effectsOf(changed, seeds));
    demand(hex(header.effectHash) === hex(effectHash), "state", `slot ${slot}: something else changed`);
    const stateRoot = sha256(parent.stateRoot, effectHash);
    demand(hex(header.stateRoot) === hex(stateRoot), "chain", `slot ${slot}: state root`);
  }

  /** The accounts as they are now. */
  #state(): void {
    const { accounts, changedKeys, stateOf, lamports } = this.#evidence;
    const keys = new Map(accounts.map(({ key }) => [hex(key), key]));
    for (const [name, key] of this.#changed) keys.set(name, key);
    for (const key of changedKeys) keys.set(hex(key), key);
    for (const [name, key] of keys) {
      const is = stateOf(key);
      const should = this.#reference.read(key);
      demand(
        hex(is) === hex(should),
        "state",
        () => `account ${name.slice(0, 8)}: ${hex(is)} instead of ${hex(should)}`,
      );
    }
    const total = lamports.reduce((sum, each) => sum + each, 0n);
    demand(
      total === this.#headers.at(-1)!.capitalization,
      "conservation",
      "the shards' lamports are not the capitalization",
    );
  }

  /** What a lane has promised to carry is in a block, as long as its blockhash can be used; what cannot run has not landed. */
  #decided(): void {
    const tip = this.#headers.at(-1)!.height;
    const heightAt = (slot: number): number => this.#bySlot.get(slot)!.height;
    for (const { number, signature, freshness, blockhashSlot, promised } of this.#evidence.sent) {
      const places = this.#places.get(signature) ?? [];
      if (freshness === "unknown")
        demand(!places.some((place) => place.landed), "once", `transaction ${number} landed with an unknown blockhash`);
      for (const place of places) {
        const age = blockhashSlot < 0 ? 0 : heightAt(place.slot) - heightAt(blockhashSlot);
        demand(
          !place.landed || blockhashSlot < 0 || (place.slot > blockhashSlot && age <= 150),
          "once",
          `transaction ${number} landed with an expired blockhash`,
        );
      }
      const usable = freshness === "unknown" ? false : freshness !== "recent" || tip - heightAt(blockhashSlot) < 150;
      demand(
        !promised || !usable || places.some((place) => !place.deferred),
        "liveness",
        `transaction ${number} was promised and is in no block${places.length > 0 ? ", but put off" : ""}`,
      );
    }
  }

  /** Of transactions that came through one lane only once: those that share a written account keep their order. */
  #order(): void {
    const counts = new Map<string, number>();
    const lanes = new Map<string, { seq: number; frame: Uint8Array }[]>();
    for (const [name, frame] of this.#evidence.laneFrames) {
      const [lane, seq] = name.split(" ") as [string, string];
      lanes.set(lane, [...(lanes.get(lane) ?? []), { seq: Number(seq), frame }]);
      for (const record of frameRecords(frame)) {
        const signature = hex(firstSignature(record));
        counts.set(signature, (counts.get(signature) ?? 0) + 1);
      }
    }
    for (const [lane, frames] of lanes) {
      const last = new Map<string, Place & { signature: string }>();
      for (const record of frames.sort((a, b) => a.seq - b.seq).flatMap(({ frame }) => frameRecords(frame))) {
        const signature = hex(firstSignature(record));
        const place = this.#places.get(signature)?.[0];
        // What was put off is not in its place.
        if (!place || place.deferred || counts.get(signature) !== 1) continue;
        const decoded = decodeRecord(record);
        for (const [i, key] of decoded.accountKeys.entries()) {
          if (!requestsWrite(decoded, i)) continue;
          const name = hex(key);
          const before = last.get(name);
          const inOrder =
            !before ||
            before.signature === signature ||
            before.slot < place.slot ||
            (before.slot === place.slot && before.index < place.index);
          demand(inOrder, "order", () => {
            const where = `in slot ${place.slot}, ${place.index} and ${before!.slot}, ${before!.index}`;
            return `${lane}: ${signature.slice(0, 24)} overtook ${before!.signature.slice(0, 24)} on ${name.slice(0, 8)}: ${where}`;
          });
          last.set(name, { ...place, signature });
        }
      }
    }
  }
}

function firstDifference(is: Uint8Array, should: Uint8Array): string {
  let at = 0;
  while (at < is.length && is[at] === should[at]) at++;
  return `byte ${at} of the results is ${is[at]} instead of ${should[at]}`;
}
