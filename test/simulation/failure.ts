/** What a run is found guilty of. */
export type FailureKind =
  /** A state machine stopped with an assertion or an error code. */
  | "exception"
  /** Lamports came from nowhere or went there. */
  | "conservation"
  /** A signature landed twice. */
  | "once"
  /** Something that was told as confirmed is gone or has changed. */
  | "lost"
  /** A stored block's results are not what executing it one transaction after another gives. */
  | "results"
  /** The accounts of the shards are not what executing the blocks gives. */
  | "state"
  /** What a shard answered to a reader never was the state of that slot. */
  | "read"
  /** A reader goes on using a tip after somebody was told of a newer block. */
  | "stale"
  /** The epoch record is not what the accounts give at the end of the epoch before. */
  | "stake"
  /** Links, hashes or sums of the headers are wrong. */
  | "chain"
  /** Transactions of a lane that share a written account changed their order. */
  | "order"
  /** A message was sent again with other contents. */
  | "repeat"
  /** Two generations of the ledger take blocks, or none, or one is out of its place. */
  | "handover"
  /** A queue grew beyond its limit. */
  | "bound"
  /** All faults are over and something still waits, or objects disagree. */
  | "liveness";

export class SimulationFailure extends Error {
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export function demand(condition: boolean, kind: FailureKind, message: string | (() => string)): asserts condition {
  if (!condition) throw new SimulationFailure(kind, typeof message === "string" ? message : message());
}
