/** The WASM planner (wasm/scheduling/planner.ts) behind PlannerPort: batches of bytes in, a cut out. */

import { ErrorCode, errorName } from "../errors/codes.ts";
import type { MemoryReport } from "../protocol/actor.ts";
import { type BlockLimits, DEFAULT_BLOCK_LIMITS } from "../protocol/block-limits.ts";
import { viewOf } from "../protocol/bytes.ts";
import { PLANNED, readPlannedBlock, SHARE } from "../protocol/layouts/planner.ts";
import { VERDICTS } from "../protocol/layouts/record.ts";
import { WasmInstance } from "../svm/wasm-instance.ts";
import type { Cut, PlannerPort } from "./planner-port.ts";

const NO_LIMIT = 0xffff_ffff;

export interface PlannerConfig {
  /** 1 to 64. */
  readonly shardCount: number;
  readonly seed0: bigint;
  readonly seed1: bigint;
  /** Of a block. Unset: the usual ones. */
  readonly limits?: BlockLimits;
  /** A secret of the host against keys made to collide in the tables. At most it decides which size hint displaces which. */
  readonly hashSeed?: bigint;
}

/** What became of each transaction of a frame. */
export const Verdict = { WAITING: 0, DUPLICATE: 1, TOO_OLD: 2, MALFORMED: 4 } as const;

export interface WasmCut extends Cut {
  /** Transactions dropped in this cut because their blockhash is too old. */
  readonly numExpired: number;
  /** Transactions of the largest conflict group. */
  readonly largestGroup: number;
  readonly cost: bigint;
}

/** Copies what it takes out of `bytes`, each part by itself: the parts go to different objects. */
export function decodeCut(bytes: Uint8Array): WasmCut {
  const view = viewOf(bytes);
  const planned = readPlannedBlock(bytes);
  const frameEnd = PLANNED.HEADER + planned.frameLen;
  let at = frameEnd;
  const shards = Array.from({ length: planned.shards }, () => {
    const shard = view.getUint32(at + SHARE.SHARD, true);
    const start = at + SHARE.HEADER;
    at = start + view.getUint32(at + SHARE.LEN, true);
    return { shard, proposal: bytes.slice(start, at) };
  });
  return {
    numTransactions: planned.transactions,
    numExpired: planned.expired,
    numGroups: planned.groups,
    numCrossShard: planned.crossShard,
    cost: planned.cost,
    accountBytes: Number(planned.accountBytes),
    largestGroup: planned.largestGroup,
    heavy: planned.heavy,
    frame: bytes.slice(PLANNED.HEADER, frameEnd),
    shards,
  };
}

/** An instance of its own; it starts empty. */
export class Planner implements PlannerPort {
  readonly #wasm: WasmInstance;
  readonly #accountBytes: number;

  constructor(module: WebAssembly.Module, config: PlannerConfig) {
    this.#wasm = new WasmInstance(module);
    if (config.hashSeed !== undefined) this.#check(this.#wasm.exports.engineHashSeed!(config.hashSeed) as number);
    const { shardCount, seed0, seed1, limits = DEFAULT_BLOCK_LIMITS } = config;
    const { transactions, bytes, cost, accountCost, accountBytes } = limits;
    this.#accountBytes = accountBytes;
    const init = this.#wasm.exports.plannerInit!;
    this.#check(init(shardCount, seed0, seed1, transactions, bytes, cost, accountCost, accountBytes) as number);
  }

  memory(): MemoryReport {
    return this.#wasm.memoryReport();
  }

  #check(code: number): number {
    if (code < 0) throw new Error(`planner: ${errorName(code) ?? code}`);
    return code;
  }

  setContext(context: Uint8Array): void {
    this.#check(this.#wasm.call("plannerSetContext", context));
  }

  /** One verdict for each transaction; null when there is no room for the frame. A malformed frame has no transactions. */
  admitFrame(frame: Uint8Array): Uint8Array | null {
    const code = this.#wasm.call("plannerAdmit", frame);
    if (code === -ErrorCode.PLANNER_FULL) return null;
    if (code === -ErrorCode.PLANNER_MALFORMED) return new Uint8Array(0);
    this.#check(code);
    return this.#wasm.out().subarray(VERDICTS.HEADER);
  }

  admit(frame: Uint8Array): boolean {
    // The verdicts stay in the instance: nobody answers a client from them.
    const code = this.#wasm.call("plannerAdmit", frame);
    if (code === -ErrorCode.PLANNER_FULL) return false;
    if (code !== -ErrorCode.PLANNER_MALFORMED) this.#check(code);
    return true;
  }

  readmit(frame: Uint8Array): boolean {
    const code = this.#wasm.call("plannerReadmit", frame);
    if (code === -ErrorCode.PLANNER_FULL) return false;
    this.#check(code);
    return true;
  }

  noteProgram(keys: Uint8Array): void {
    this.#check(this.#wasm.call("plannerNoteProgram", keys));
  }

  cut(heavy = NO_LIMIT, room = this.#accountBytes): WasmCut {
    this.#check(this.#wasm.exports.plannerCut!(Math.min(heavy, NO_LIMIT), room) as number);
    return decodeCut(this.#wasm.view());
  }

  /** First signatures (64 bytes each) of what has expired since the last call. */
  dropExpired(): Uint8Array {
    this.#check(this.#wasm.exports.plannerDropExpired!() as number);
    return this.#wasm.out();
  }

  noteSizes(sizes: Uint8Array): void {
    this.#check(this.#wasm.call("plannerNoteSizes", sizes));
  }
  newSizes(): Uint8Array | undefined {
    return this.#check(this.#wasm.exports.plannerSizes!() as number) === 1 ? this.#wasm.out() : undefined;
  }

  waiting(): number {
    return this.#wasm.exports.plannerWaiting!() as number;
  }
  oldestWaiting(): number {
    return Number(this.#wasm.exports.plannerOldestWaiting!());
  }
  admitted(): number {
    return Number(this.#wasm.exports.plannerAdmitted!());
  }
}
