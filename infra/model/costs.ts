/**
 * What the model is fed with: microseconds and bytes a transaction, as `npm run bench` measures them. The defaults are one
 * full run; `--measured FILE` takes those of another (the bench writes build/bench.json).
 */

/** CPU microseconds a SOL transfer, by the object that spends them. */
export interface StageCosts {
  /** Parsing, blockhash age, signatures, copies. */
  readonly edgeUs: number;
  readonly laneUs: number;
  /** Duplicates and admission to the pool. */
  readonly admitUs: number;
  /** Union-find, placement, proposals. */
  readonly cutUs: number;
  /** Block hash, row, merging of results, sealing. */
  readonly builderUs: number;
  /** An account that crosses: lent, borrowed, given back, taken back; both shards together. */
  readonly leaseUs: number;
  readonly executeUs: number;
  /** Writes sorted, hashed and encoded, and the machine around it. */
  readonly commitUs: number;
  /** Both indexes. */
  readonly ledgerUs: number;
}

export interface PlatformCosts {
  /** A call between objects, half of it at each end. */
  readonly callUs: number;
  readonly callNsPerByte: number;
  /** Until a row is durable: a wait, not work. */
  readonly rowUs: number;
  readonly rowNsPerByte: number;
  /** CPU of making a row durable, whatever its size. */
  readonly rowCpuUs: number;
  /** An HTTP request to the edge. */
  readonly requestUs: number;
}

export interface MeasuredRun {
  readonly shards: number;
  /** By the clock. */
  readonly perSecond: number;
  /** CPU microseconds of the process a transaction: what it would do with a core of its own is a million over this. */
  readonly cpuUs: number;
  readonly crossShardShare: number;
}

/** Of the bench's two-process part: CPU a transfer of the generator, of one process with everything, of the two of a split network. */
export interface LoadCosts {
  readonly loadCpuUs: number;
  readonly oneCpuUs: number;
  readonly twoCpuUs: readonly number[];
}

export interface Costs {
  readonly measuredOn: string;
  readonly stages: StageCosts;
  readonly platform: PlatformCosts;
  /** One workerd process with all objects, on one core: what the model is checked against. */
  readonly runs: readonly MeasuredRun[];
  readonly load: LoadCosts;
}

/** Bytes of a SOL transfer where it passes (docs/interfaces.md): they follow from the formats. */
export const BYTES = {
  /** Wire transaction and its length. */
  wire: 217,
  /** Record: header, wire transaction, padding. */
  record: 280,
  /** Record and place in a shard proposal. */
  proposed: 288,
  /** An entry in the lend list and one in the borrow list. */
  leaseEntries: 80,
  /** Account without data in a loan, a return or a log row. */
  account: 88,
  /** Result with balances and logs. */
  result: 200,
} as const;

interface BenchFile {
  readonly date?: string;
  readonly parts?: {
    readonly stages?: { readonly stages: Record<string, number>; readonly crossShardShare: number };
    readonly platform?: Omit<PlatformCosts, "requestUs" | "rowCpuUs">;
    readonly scale?: { readonly runs: readonly MeasuredRun[] };
    readonly "two-process"?: LoadCosts;
  };
}

/** Takes from a bench file what it has, the rest from `base`. */
export function costsFrom(file: BenchFile, base: Costs): Costs {
  const { stages: pipeline, platform, scale, "two-process": two } = file.parts ?? {};
  const taken = [pipeline && "stages", platform && "platform", scale && "scale", two && "two-process"];
  return {
    measuredOn: `${file.date ?? "unknown"}, ${taken.filter(Boolean).join(", ")}`,
    stages: pipeline ? stagesOf(pipeline.stages, pipeline.crossShardShare) : base.stages,
    platform: { ...base.platform, ...platform },
    runs: scale ? scale.runs : base.runs,
    load: two ? { loadCpuUs: two.loadCpuUs, oneCpuUs: two.oneCpuUs, twoCpuUs: two.twoCpuUs } : base.load,
  };
}

/** The stages of the pipeline without I/O (test/bench/pipeline.ts), by the object that runs them. */
export function stagesOf(stages: Readonly<Record<string, number>>, crossShardShare: number): StageCosts {
  const of = (...names: readonly string[]) => names.reduce((sum, name) => sum + (stages[name] ?? 0), 0);
  return {
    edgeUs: of("parse", "verify"),
    laneUs: of("lane machine"),
    admitUs: of("order"),
    cutUs: of("plan"),
    builderUs: of("builder machine"),
    leaseUs: crossShardShare > 0 ? of("lease") / crossShardShare : of("lease"),
    executeUs: of("execute"),
    commitUs: of("commit", "shard machine"),
    ledgerUs: of("ledger machine"),
  };
}
