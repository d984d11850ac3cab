/**
 * What the builder knows of each lane: which frames it has admitted, and up to which one all are settled (in a durable
 * proposal, rejected or expired), so that the lane may forget them.
 */
interface Lane {
  /** Frames up to here are in the pool or beyond. */
  admitted: number;
  /** Frames up to here are settled. */
  taken: number;
  /** Frames with transactions in the pool; `end` is the admission number after their last one. */
  readonly frames: { readonly seq: number; readonly end: number }[];
}

export class LaneBook {
  readonly #lanes = new Map<number, Lane>();

  #lane(id: number): Lane {
    let lane = this.#lanes.get(id);
    if (!lane) {
      lane = { admitted: 0, taken: 0, frames: [] };
      this.#lanes.set(id, lane);
    }
    return lane;
  }

  /**
   * Whether `seq` is the next frame of the lane, is in already, or comes before one that is missing. The lane vouches that
   * everything before `oldest` was reported taken.
   */
  place(id: number, seq: number, oldest: number): "next" | "known" | "ahead" {
    const lane = this.#lane(id);
    if (oldest > lane.admitted + 1) {
      lane.admitted = oldest - 1;
      lane.taken = oldest - 1;
    }
    if (seq <= lane.admitted) return "known";
    return seq === lane.admitted + 1 ? "next" : "ahead";
  }

  /** `end`: the planner's admission count after the frame. */
  admit(id: number, seq: number, end: number): void {
    const lane = this.#lane(id);
    lane.admitted = seq;
    lane.frames.push({ seq, end });
  }

  /** Everything admitted before number `oldestWaiting` has left the pool. Returns the lanes that moved on. */
  settle(oldestWaiting: number): number[] {
    const moved: number[] = [];
    for (const [id, lane] of this.#lanes) {
      let n = 0;
      while (n < lane.frames.length && lane.frames[n]!.end <= oldestWaiting) n++;
      if (n === 0) continue;
      lane.taken = lane.frames[n - 1]!.seq;
      lane.frames.splice(0, n);
      moved.push(id);
    }
    return moved;
  }

  taken(id: number): number {
    return this.#lane(id).taken;
  }

  snapshot(): Map<number, number> {
    return new Map([...this.#lanes].map(([id, lane]) => [id, lane.taken]));
  }

  /** After a restart, from the rows in ascending order. */
  restore(taken: ReadonlyMap<number, number>): void {
    for (const [id, seq] of taken) {
      const lane = this.#lane(id);
      lane.taken = Math.max(lane.taken, seq);
      lane.admitted = lane.taken;
    }
  }
}
