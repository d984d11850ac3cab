/**
 * Which earlier segments a new checkpoint takes in. Segments are kept so that each is at least twice as large as the
 * next newer one: an account is rewritten O(log n) times, and a restart reads O(live bytes).
 */
export interface Segment {
  /** The segments up to this one are complete up to this slot. */
  readonly upTo: number;
  /** Row ids, ascending without gaps. */
  readonly ids: number[];
  bytes: number;
}

export interface CheckpointPlan {
  /** Segments that stay. The rest is replaced. */
  readonly keep: number;
  /** Everything changed after this slot goes into the new segment. */
  readonly since: number;
}

/** `segments` oldest first; `logBytes`: an estimate of what the new segment holds without merging. */
export function checkpointPlan(segments: readonly Segment[], logBytes: number): CheckpointPlan {
  let keep = segments.length;
  let bytes = logBytes;
  while (keep > 0 && segments[keep - 1]!.bytes < bytes * 2) {
    keep--;
    bytes += segments[keep]!.bytes;
  }
  return { keep, since: keep > 0 ? segments[keep - 1]!.upTo : 0 };
}
