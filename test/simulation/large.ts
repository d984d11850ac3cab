/**
 * Networks with large accounts: a workload that writes, reads and makes them, and the judge of what blocks may have of them. The judge knows
 * sizes from the genesis and from what was created, a pipeline later; it reads the blocks and what was in flight when each was cut.
 */
import { decodeBlock, resultOffsets } from "../../shared/protocol/block.ts";
import { PIPELINE_DEPTH } from "../../shared/protocol/limits.ts";
import type { NodeId } from "../../shared/protocol/messages.ts";
import { type DecodedRecord, decodeRecord, frameRecords, requestsWrite } from "../../shared/protocol/record.ts";
import type { Account } from "../../shared/state/accounts.ts";
import type { Ix } from "../conformance/random-wire.ts";
import { u32, u64 } from "../conformance/random-wire.ts";
import { SYSTEM } from "../conformance/random-world.ts";
import type { Clients } from "./clients.ts";
import type { Cluster, Sabotage } from "./cluster.ts";
import { Dice } from "./dice.ts";
import { demand } from "./failure.ts";
import type { FaultRates } from "./faults.ts";
import { naming } from "./programs.ts";
import { type RunReport, runSeed } from "./run.ts";
import type { Batch } from "./workload.ts";
import { account, COLD, HOT, hex, key, keys, legacy, plainAccounts, transfer } from "./world.ts";

/** Bytes of large accounts that blocks in flight may write together. */
export const LIMIT = 64 << 10;
const KIB = 1 << 10;
const OWNER = key("owner of large accounts");
const BOOKS = keys("book", 10);
/** Made by the workload. */
const MADE = keys("made book", 8);
const MADE_BYTES = 28 * KIB;

const booksOf = (): Account[] =>
  BOOKS.map((id, i) => account(id, 1_000_000_000n, OWNER, new Uint8Array((18 + 3 * i) * KIB).fill(i + 1)));

const create = (from: Uint8Array, made: Uint8Array): Ix => ({
  program: SYSTEM,
  accounts: [
    { key: from, signer: true, writable: true },
    { key: made, signer: true, writable: true },
  ],
  data: [...u32(0), ...u64(400_000_000n), ...u64(BigInt(MADE_BYTES)), ...OWNER],
});

/** What transaction `number` does: small payments, one or two large accounts written, some read, three written at once, one made. */
function instructionsOf(dice: Dice, number: number): Ix[] {
  const name = `tx ${number}`;
  const payer = dice.pick(`payer of ${name}`, [...HOT, ...COLD]);
  const amount = BigInt(1 + number);
  const book = (what: string): Uint8Array => dice.pick(`${what} of ${name}`, [...BOOKS, ...MADE]);
  switch (dice.pick(`kind of ${name}`, ["small", "write", "write", "write", "two", "read", "three", "make"] as const)) {
    case "small":
      return [transfer(payer, dice.pick(`payee of ${name}`, COLD), amount)];
    case "write":
      return [transfer(payer, book("book"), amount)];
    case "two":
      return [transfer(payer, book("book"), amount), transfer(payer, book("other"), amount)];
    case "read":
      return [naming(transfer(payer, dice.pick(`payee of ${name}`, COLD), amount), book("book"), book("other"))];
    case "three":
      // 96 KiB: more than the limit, so it comes alone.
      return BOOKS.slice(4, 7).map((id) => transfer(payer, id, amount));
    case "make":
      return [create(payer, dice.pick(`made by ${name}`, MADE))];
  }
}

function workload(dice: Dice, lanes: number): Batch[] {
  const batches = dice.between("batches", 8, 20);
  let number = 0;
  return Array.from({ length: batches }, (_, i) => ({
    atMs: dice.below(`time of batch ${i}`, 300),
    submissions: [{ afterMs: 0, lane: dice.below(`lane of batch ${i}`, lanes) }],
    transactions: Array.from({ length: dice.between(`size of batch ${i}`, 1, 6) }, () => {
      const instructions = instructionsOf(dice, number);
      const wire = legacy(instructions[0]!.accounts[0]!.key, instructions);
      return { number: number++, wire, freshness: "recent" as const };
    }),
  }));
}

interface Placed {
  readonly slot: number;
  /** Accounts known to be large, and whether it writes them. */
  readonly uses: ReadonlyMap<string, boolean>;
  readonly makes: boolean;
}

export interface LargeVerdict {
  /** Blocks that write large accounts; of these those with one that is over the limit by itself. */
  readonly blocks: number;
  readonly alone: number;
  /** The most that was in flight together, those apart. */
  readonly most: number;
  /** Blocks that were cut while others with large accounts were in flight. */
  readonly overlapping: number;
}

export class LargeJudge {
  /** Tip that the builder knew as stored when it first sent a slot's proposals. */
  readonly #storedAt = new Map<number, number>();

  sent(cluster: Cluster, from: NodeId, slot: number): void {
    const tip = cluster.builder.machine?.tip;
    if (from === "builder" && tip && !this.#storedAt.has(slot)) this.#storedAt.set(slot, tip.slot);
  }

  judge(blocks: ReadonlyMap<number, Uint8Array>, laneFrames: ReadonlyMap<string, Uint8Array>): LargeVerdict {
    /** Bytes of each large account, and the first slot whose builder must know. */
    const sizes = new Map(booksOf().map(({ key: id, data }) => [hex(id), { bytes: data.length, from: 0 }]));
    const written = new Map<number, number>();
    const placed = new Map<string, Placed>();
    const all: Placed[] = [];
    let [alone, most, overlapping] = [0, 0, 0];
    for (const [slot, bytes] of blocks) {
      const { frame, results } = decodeBlock(bytes);
      const records = frameRecords(frame);
      const offsets = resultOffsets(results, records.length);
      /** By account: whether any transaction of the block writes it. */
      const used = new Map<string, boolean>();
      const own: Placed[] = [];
      let [write, read] = [0, 0];
      for (const [i, record] of records.entries()) {
        const decoded = decodeRecord(record);
        const uses = new Map<string, boolean>();
        for (const [at, id] of decoded.accountKeys.entries()) {
          const size = sizes.get(hex(id));
          if (size && size.from <= slot) uses.set(hex(id), requestsWrite(decoded, at));
        }
        for (const [name, isWrite] of uses) used.set(name, isWrite || (used.get(name) ?? false));
        const made = madeBy(decoded);
        if (made) {
          write += MADE_BYTES;
          const isMade = results[offsets[i]! + 8] === 1 && results[offsets[i]! + 9] === 0;
          if (isMade) sizes.set(hex(made), { bytes: MADE_BYTES, from: slot + PIPELINE_DEPTH });
        }
        const place = { slot, uses, makes: made !== undefined };
        own.push(place);
        all.push(place);
        // After a crash of the builder a lane sends again what has landed already: that is no turn of its own.
        const signature = hex(decoded.signatures[0]!);
        if (!placed.has(signature)) placed.set(signature, place);
      }
      for (const [name, isWrite] of used) {
        if (isWrite) write += sizes.get(name)!.bytes;
        else read += sizes.get(name)!.bytes;
      }
      written.set(slot, write);
      let beside = 0;
      for (let other = (this.#storedAt.get(slot) ?? slot) + 1; other < slot; other++) beside += written.get(other) ?? 0;
      const fits = write === 0 || write + beside <= LIMIT;
      const isAlone = beside === 0 && own.some((place) => bringsAll(place, own, used));
      demand(
        (fits && read <= 2 * LIMIT) || isAlone,
        "bound",
        `block ${slot} writes ${write} bytes of large accounts and reads ${read}, beside ${beside} in flight`,
      );
      if (write > 0 && beside > 0) overlapping++;
      if (!fits) alone++;
      else if (write > 0) most = Math.max(most, write + beside);
    }
    this.#order(placed, all, laneFrames);
    return { blocks: [...written.values()].filter((bytes) => bytes > 0).length, alone, most, overlapping };
  }

  /**
   * Of one lane: what uses large accounts was not overtaken by something later that brings one into its block, that is uses one as nobody
   * else in the block does.
   */
  #order(
    placed: ReadonlyMap<string, Placed>,
    all: readonly Placed[],
    laneFrames: ReadonlyMap<string, Uint8Array>,
  ): void {
    const users = new Map<string, number>();
    const useOf = (slot: number, name: string, isWrite: boolean): string =>
      `${slot} ${name}${isWrite ? " writes" : ""}`;
    for (const { slot, uses } of all) {
      for (const [name, isWrite] of uses) {
        for (const use of isWrite ? [useOf(slot, name, true), useOf(slot, name, false)] : [useOf(slot, name, false)])
          users.set(use, (users.get(use) ?? 0) + 1);
      }
    }
    const brings = ({ slot, uses, makes }: Placed): boolean =>
      makes || [...uses].some(([name, isWrite]) => users.get(useOf(slot, name, isWrite)) === 1);
    const lanes = new Map<string, { seq: number; frame: Uint8Array }[]>();
    for (const [name, frame] of laneFrames) {
      const [lane, seq] = name.split(" ") as [string, string];
      lanes.set(lane, [...(lanes.get(lane) ?? []), { seq: Number(seq), frame }]);
    }
    const sent = new Map<string, number>();
    for (const frame of laneFrames.values()) {
      for (const record of frameRecords(frame)) {
        const signature = hex(decodeRecord(record).signatures[0]!);
        sent.set(signature, (sent.get(signature) ?? 0) + 1);
      }
    }
    for (const [lane, frames] of lanes) {
      const records = frames.sort((a, b) => a.seq - b.seq).flatMap(({ frame }) => frameRecords(frame));
      let last = 0;
      for (const record of records) {
        const signature = hex(decodeRecord(record).signatures[0]!);
        const place = placed.get(signature);
        // What a client has sent twice has no place of its own in the order.
        if (!place || sent.get(signature) !== 1 || (place.uses.size === 0 && !place.makes)) continue;
        const isRight = place.slot >= last || !brings(place);
        demand(isRight, "order", `${lane}: large accounts of slot ${place.slot} overtook those of ${last}`);
        last = Math.max(last, place.slot);
      }
    }
  }
}

/** Whether nothing of the block's large accounts is there but for this one. */
function bringsAll(place: Placed, all: readonly Placed[], used: ReadonlyMap<string, boolean>): boolean {
  if (all.some((other) => other !== place && other.makes)) return false;
  return [...used].every(([name, isWrite]) => place.uses.has(name) && (place.uses.get(name) || !isWrite));
}

function madeBy(decoded: DecodedRecord): Uint8Array | undefined {
  const [instruction] = decoded.instructions;
  return instruction?.data[0] === 0 ? decoded.accountKeys[instruction.accounts[1]!] : undefined;
}

export interface LargeOutcome {
  readonly report: RunReport;
  readonly verdict: LargeVerdict | undefined;
}

/** A network of a seed, its faults and its workload from it too. Lanes send each transaction once. */
export function runLarge(seed: number, sabotage: Sabotage = {}, rates: Partial<FaultRates> = {}): LargeOutcome {
  const dice = new Dice(seed);
  const lanes = dice.between("lanes of large", 1, 2);
  const judge = new LargeJudge();
  let network: { cluster: Cluster; clients: Clients } | undefined;
  let verdict: LargeVerdict | undefined;
  const report = runSeed({
    seed,
    rates,
    shape: {
      shards: dice.pick("shards of large", [1, 2, 3, 4]),
      // Slots are shorter than a block takes: blocks are in flight together.
      slotMs: dice.pick("slot time of large", [1, 2, 5, 20]),
      lanes,
      accounts: [...plainAccounts(), ...booksOf()],
      accountBytes: LIMIT,
      // Something large is let go, comes back and goes to checkpoints.
      memoryBytes: dice.pick("memory of large", [0, 100_000, 64 << 20]),
    },
    workload: workload(dice, lanes),
    sabotage: {
      ...sabotage,
      send: (from, to, message) => {
        if (message.type === "proposal") judge.sent(network!.cluster, from, message.slot);
        return sabotage.send?.(from, to, message) ?? [message];
      },
    },
    prepare: (cluster, clients) => {
      network = { cluster, clients };
    },
    atRest: (cluster) => {
      verdict = judge.judge(cluster.blocks(), network!.clients.laneFrames);
    },
  });
  return { report, verdict };
}
