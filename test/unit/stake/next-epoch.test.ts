/** Epoch records, against the reference of the simulation, which has nothing in common with them but the rules. STAKE_RECORDS: how many (60). */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes } from "../../../shared/protocol/bytes.ts";
import { stakeAmounts, U64_MAX } from "../../../shared/stake/delegation.ts";
import {
  decodeEpochRecord,
  EMPTY_EPOCH,
  encodeEpochRecord,
  entryOf,
  epochHash,
  MAX_HISTORY,
  MAX_VOTERS,
} from "../../../shared/stake/epoch-record.ts";
import { genesisEpochRecord, nextEpoch } from "../../../shared/stake/next-epoch.ts";
import { decodeSummary, encodeSummary, isVoteAccount, StakeCollector } from "../../../shared/stake/summary.ts";
import { type Account, encodeAccount } from "../../../shared/state/accounts.ts";
import { u32, u64 } from "../../conformance/random-wire.ts";
import { STAKE, StakeReference, VOTE } from "../../simulation/stake-reference.ts";

const RECORDS = Number(process.env.STAKE_RECORDS ?? 60);
const sha256 = (...parts: readonly Uint8Array[]) =>
  new Uint8Array(
    createHash("sha256")
      .update(concatBytes(...parts))
      .digest(),
  );
const key = (n: number): Uint8Array => sha256(Uint8Array.from(u32(n)));

const account = (id: Uint8Array, owner: Uint8Array, data: Uint8Array): Account => ({
  key: id,
  owner,
  lamports: 1n,
  rentEpoch: 0n,
  executable: false,
  data,
});
function stake(id: number, voter: Uint8Array, lamports: bigint, from: bigint, until: bigint = U64_MAX): Account {
  const data = new Uint8Array(200);
  data.set([...u32(2), ...new Array<number>(120).fill(1), ...voter, ...u64(lamports), ...u64(from), ...u64(until)]);
  return account(key(id), STAKE, data);
}
function vote(id: number, version = 3, size = 3762): Account {
  const data = new Uint8Array(size);
  data.set([...u32(version), 1]);
  return account(key(id), VOTE, data);
}
const summaryOf = (accounts: readonly Account[], known: { epoch: number; history: [] } = { epoch: 0, history: [] }) => {
  const collector = new StakeCollector(known);
  for (const one of accounts) collector.add(one);
  return collector.finish();
};

describe("a record of an epoch", () => {
  it(`is that of the reference, whatever shard has which account: ${RECORDS} chains of epochs`, () => {
    let state = 12_345;
    const below = (n: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % n;
    };
    let moving = 0;
    for (let chain = 0; chain < RECORDS; chain++) {
      const votes = [vote(1), vote(2, 1, 3731), vote(3, 2), vote(4, 3, 3761)];
      const accounts = new Map<number, Account>();
      const all = () => [...votes, ...accounts.values()];
      const randomStake = (id: number, epoch: number, isGenesis: boolean): Account => {
        const from = isGenesis && below(2) ? U64_MAX : BigInt(epoch + (isGenesis ? below(3) : 0));
        const until = below(3) ? U64_MAX : BigInt(epoch + below(3));
        const lamports = BigInt(1 + below(1 << 20)) * (below(3) ? 1_000_000_007n : 1n) * (below(9) ? 1n : 1_019n);
        return stake(id, votes[below(4)]!.key, lamports, from, until);
      };
      for (let id = 10; id < 10 + below(8); id++) accounts.set(id, randomStake(id, 0, true));
      const reference = new StakeReference(all().map(encodeAccount));
      let record = decodeEpochRecord(genesisEpochRecord([list(all())]));
      expect(encodeEpochRecord(record)).toEqual(reference.record());
      const stale = [record];
      for (let step = 0; step < 12; step++) {
        for (let i = 0; i < below(4); i++) {
          const id = 10 + below(12);
          if (below(4) === 0) accounts.delete(id);
          else accounts.set(id, randomStake(id, record.epoch, false));
        }
        const epoch = record.epoch + (below(5) ? 1 : 1 + below(40));
        const shards = 1 + below(4);
        const summaries = Array.from({ length: shards }, (_, shard) => {
          // A shard that had no part for a while knows an older record.
          const collector = new StakeCollector(stale[below(stale.length)]!);
          for (const one of all()) if (one.key[0]! % shards === shard) collector.add(one);
          const summary = decodeSummary(encodeSummary(collector.finish()));
          moving += summary.moving.length;
          return summary;
        });
        record = nextEpoch(record, epoch, summaries);
        reference.advance(
          epoch,
          all().map((one) => encodeAccount(one)),
        );
        const bytes = encodeEpochRecord(record);
        expect(equalBytes(bytes, reference.record()), `chain ${chain}, epoch ${epoch}`).toBe(true);
        expect(decodeEpochRecord(bytes)).toEqual(record);
        stale.push(record);
      }
    }
    expect(moving).toBeGreaterThan(RECORDS * 10);
  });

  it("is the empty one, with a hash of zeros, as long as there is neither stake nor an epoch that has ended", () => {
    expect(genesisEpochRecord([list([vote(1)])])).toEqual(new Uint8Array(0));
    expect(epochHash(sha256, new Uint8Array(0))).toEqual(new Uint8Array(32));
    const next = nextEpoch(EMPTY_EPOCH, 1, [summaryOf([vote(1)])]);
    expect(next).toEqual({ ...EMPTY_EPOCH, epoch: 1, history: [{ effective: 0n, activating: 0n, deactivating: 0n }] });
    expect(epochHash(sha256, encodeEpochRecord(next))).toEqual(sha256(encodeEpochRecord(next)));
  });

  it("remembers 512 epochs, the newest first", () => {
    const one = summaryOf([vote(1), stake(9, key(1), 5n, U64_MAX)]);
    const record = nextEpoch(EMPTY_EPOCH, 1_000, [one]);
    expect(record.history.length).toBe(MAX_HISTORY);
    expect(entryOf(record)(999n)).toEqual({ effective: 5n, activating: 0n, deactivating: 0n });
    expect(entryOf(record)(487n)).toBeUndefined();
    expect(entryOf(record)(1_000n)).toBeUndefined();
  });

  it("has the largest 8,192 vote accounts, and the stake of all in the total", () => {
    const count = MAX_VOTERS + 3;
    const accounts = Array.from({ length: count }, (_, i) => vote(i));
    const stakes = accounts.map((one, i) => stake(100_000 + i, one.key, BigInt(10 + i), U64_MAX));
    const record = nextEpoch(EMPTY_EPOCH, 0, [summaryOf([...accounts, ...stakes])]);
    expect(record.voters.length).toBe(MAX_VOTERS);
    expect(record.totalStake).toBe(BigInt((count * (10 + 10 + count - 1)) / 2));
    expect(record.voters.every(({ stake }) => stake > 12n)).toBe(true);
  });

  it("counts what is delegated to no vote account in the history only", () => {
    const record = nextEpoch(EMPTY_EPOCH, 1, [summaryOf([stake(9, key(1), 5n, U64_MAX), vote(2, 2, 3762)])]);
    expect(record).toMatchObject({ totalStake: 0n, voters: [] });
    expect(record.history[0]!.effective).toBe(5n);
  });
});

describe("bytes that are no record or summary", () => {
  it("are refused", () => {
    const record = encodeEpochRecord(nextEpoch(EMPTY_EPOCH, 2, []));
    expect(() => decodeEpochRecord(record.subarray(0, record.length - 1))).toThrow(RangeError);
    expect(() => decodeEpochRecord(concatBytes(record, new Uint8Array(1)))).toThrow(RangeError);
    expect(() => decodeEpochRecord(new Uint8Array(32))).toThrow(RangeError);
    const summary = encodeSummary(summaryOf([vote(1)]));
    expect(() => decodeSummary(summary.subarray(1))).toThrow(RangeError);
    expect(() => decodeSummary(concatBytes(summary, new Uint8Array(1)))).toThrow(RangeError);
  });
});

describe("vote accounts", () => {
  it.each([
    [3, 3762, true],
    [3, 3731, false],
    [2, 3762, true],
    [1, 3731, true],
    [1, 3762, false],
    [0, 3762, false],
    [4, 3762, false],
  ])("of version %i with %i bytes: %s", (version, size, expected) => {
    expect(isVoteAccount(vote(1, version, size))).toBe(expected);
  });
  it("that are not initialized, or somebody else's, are none", () => {
    expect(isVoteAccount(account(key(1), VOTE, new Uint8Array(3762)))).toBe(false);
    expect(isVoteAccount(account(key(1), STAKE, vote(1).data))).toBe(false);
    expect(isVoteAccount(account(key(1), VOTE, new Uint8Array(3)))).toBe(false);
  });
});

describe("a delegation", () => {
  const none = () => undefined;
  it("counts in full where the history does not reach, and not at all when it was deactivated before", () => {
    const one = { stake: 7n, activationEpoch: 3n, deactivationEpoch: U64_MAX };
    expect(stakeAmounts(one, 9n, none)).toEqual({ effective: 7n, activating: 0n, deactivating: 0n });
    expect(stakeAmounts({ ...one, deactivationEpoch: 5n }, 9n, none).effective).toBe(0n);
  });
  it("moves by a lamport an epoch at least", () => {
    const entry = () => ({ effective: 0n, activating: 10n, deactivating: 10n });
    const one = { stake: 10n, activationEpoch: 0n, deactivationEpoch: U64_MAX };
    expect([1n, 2n, 9n, 10n].map((epoch) => stakeAmounts(one, epoch, entry).effective)).toEqual([1n, 2n, 9n, 10n]);
    const leaving = { ...one, activationEpoch: U64_MAX, deactivationEpoch: 0n };
    expect([0n, 1n, 9n, 10n].map((epoch) => stakeAmounts(leaving, epoch, entry).deactivating)).toEqual([
      10n,
      9n,
      1n,
      0n,
    ]);
  });
  it("of all lamports that a u64 holds stays within it", () => {
    const entry = () => ({ effective: U64_MAX, activating: 1n, deactivating: 1n });
    const one = { stake: U64_MAX, activationEpoch: 0n, deactivationEpoch: U64_MAX };
    expect(stakeAmounts(one, 1n, entry).effective).toBe(U64_MAX);
    expect(stakeAmounts({ ...one, activationEpoch: U64_MAX, deactivationEpoch: 0n }, 1n, entry).effective).toBe(0n);
  });
});

function list(accounts: readonly Account[]): Uint8Array {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, accounts.length, true);
  return concatBytes(head, ...accounts.map(encodeAccount));
}
