/** What a long run is given. */
export interface RunInput {
  /** Transactions. */
  readonly count: number;
  /** Bytes of a generation of the ledger. */
  readonly generationBytes: number;
  /** Of its own: emptied before and removed after the run. */
  readonly folder: string;
  /** `history` ends before its count when this says so, and is judged as it is. */
  readonly stops?: () => boolean;
  /** Told how many have landed, often. */
  readonly say: (landed: number) => void;
}

/** An object of the platform has 10 GB and a generation 8 of them; index partitions are full at 3 (shared/ledger/ledger-shape.ts). */
export const OBJECT_SHARE = 10 / 8;
export const INDEX_SHARE = 3 / 8;
