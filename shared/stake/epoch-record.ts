/**
 * The epoch record: what all stakes are in an epoch (docs/interfaces.md section 3). It is the same for all slots
 * of the epoch, so contexts and headers have its hash only. The empty record, without history and voters, has a hash of zeros.
 */
import type { Sha256 } from "../protocol/actor.ts";
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import {
  EPOCH_RECORD,
  EPOCH_RECORD_MAGIC_VALUE,
  EPOCH_RECORD_MAX_HISTORY,
  EPOCH_RECORD_MAX_VOTERS,
  HISTORY,
  VOTER,
} from "../protocol/layouts/context.ts";
import type { HistoryEntry, StakeAmounts } from "./delegation.ts";

/** Entries of StakeHistory, one an epoch. Consensus. */
export const MAX_HISTORY = EPOCH_RECORD_MAX_HISTORY;
/**
 * Vote accounts with stake in a record, the largest first where there are more. Policy: the others' stake counts in the total, and is 0 for
 * who asks for theirs; Agave has no limit. Consensus.
 */
export const MAX_VOTERS = EPOCH_RECORD_MAX_VOTERS;

export interface Voter {
  readonly key: Uint8Array;
  /** Lamports that count in the epoch. */
  readonly stake: bigint;
}

export interface EpochRecord {
  readonly epoch: number;
  /** Of all vote accounts, lamports. */
  readonly totalStake: bigint;
  /** Of epoch - 1, epoch - 2, ...: at most MAX_HISTORY. */
  readonly history: readonly StakeAmounts[];
  /** Ascending by key, each with stake. */
  readonly voters: readonly Voter[];
}

/** Nobody has ever had stake, and no epoch has ended. */
export const EMPTY_EPOCH: EpochRecord = { epoch: 0, totalStake: 0n, history: [], voters: [] };
/** Bytes of the empty record. */
export const NO_RECORD = new Uint8Array(0);
export const NO_RECORD_HASH = new Uint8Array(32);

export const entryOf =
  ({ epoch, history }: Pick<EpochRecord, "epoch" | "history">): HistoryEntry =>
  (wanted) => {
    const age = BigInt(epoch - 1) - wanted;
    return age < 0n || age >= BigInt(history.length) ? undefined : history[Number(age)];
  };

/** No bytes for the empty record. */
export function encodeEpochRecord({ epoch, totalStake, history, voters }: EpochRecord): Uint8Array {
  if (history.length === 0 && voters.length === 0) return NO_RECORD;
  const writer = new ByteWriter()
    .u32(EPOCH_RECORD_MAGIC_VALUE)
    .u32(EPOCH_RECORD.HEADER + history.length * HISTORY.SIZE + voters.length * VOTER.SIZE)
    .u64(epoch)
    .u64(totalStake)
    .u32(history.length)
    .u32(voters.length);
  for (const [age, { effective, activating, deactivating }] of history.entries()) {
    writer
      .u64(epoch - 1 - age)
      .u64(effective)
      .u64(activating)
      .u64(deactivating);
  }
  for (const { key, stake } of voters) writer.raw(key).u64(stake);
  return writer.bytes();
}

/** Throws RangeError on anything that is not a record. */
export function decodeEpochRecord(bytes: Uint8Array): EpochRecord {
  if (bytes.length === 0) return EMPTY_EPOCH;
  const reader = new ByteReader(bytes);
  if (reader.u32() !== EPOCH_RECORD_MAGIC_VALUE || reader.u32() !== bytes.length)
    throw new RangeError("not an epoch record");
  const epoch = Number(reader.u64());
  const totalStake = reader.u64();
  const entries = reader.u32();
  const count = reader.u32();
  const history = Array.from({ length: entries }, (): StakeAmounts => {
    reader.u64();
    return { effective: reader.u64(), activating: reader.u64(), deactivating: reader.u64() };
  });
  const voters = Array.from({ length: count }, (): Voter => ({ key: reader.raw(32).slice(), stake: reader.u64() }));
  if (!reader.done) throw new RangeError("trailing bytes after an epoch record");
  return { epoch, totalStake, history, voters };
}

/** What contexts and headers have of a record. */
export function epochHash(sha256: Sha256, record: Uint8Array): Uint8Array {
  return record.length === 0 ? NO_RECORD_HASH : sha256(record).slice();
}
