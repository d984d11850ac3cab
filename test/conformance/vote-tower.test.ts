/** TowerSync and the older forms of the same, here and on Agave's runtime. */
import { beforeEach, describe, expect, it } from "vitest";
import { failed } from "./loader-fixture.ts";
import {
  EPOCH,
  other,
  syncTower,
  TOWER_FORMS,
  type Tower,
  towerBytes,
  VOTE_SIZE,
  type VoteState,
  VoteWorld,
  vote,
  voteIx,
  voter,
  voterSigns,
  voteState,
  withdrawer,
} from "./vote-fixture.ts";

let w: VoteWorld;
let now: bigint;
beforeEach(async () => {
  w = await VoteWorld.create();
  w.c.advance(60);
  w.set();
  now = BigInt(w.c.currentSlot());
});
/** Oldest slot in SlotHashes, and the newest. */
const oldest = (): bigint => now - BigInt(w.c.context().hashes.length);
type Votes = readonly (readonly [bigint, number])[];
const tower = (votes: Votes, more: Partial<Tower> = {}): Tower => ({
  votes,
  hash: w.hash(votes.at(-1)?.[0] ?? now - 1n),
  ...more,
});
/** The compact forms cannot say slots that fall. */
const rises = (votes: Votes): boolean => votes.every(([slot], i) => !i || slot >= votes[i - 1]![0]);
const sync = (votes: Votes, error: unknown = null, more: Partial<Tower> = {}) =>
  w.run(syncTower(tower(votes, more), rises(votes) ? 14 : 8), error === null ? null : failed(error));
const custom = (code: number) => ({ Custom: code });
/** The account has this state, then the tower is sent. */
const from = (state: VoteState, votes: Votes, error: unknown = null, more: Partial<Tower> = {}) => {
  w.set(state);
  sync(votes, error, more);
};
const back = (slots: number): bigint => now - BigInt(slots);
const landed = (votes: Votes, latency = 1): readonly (readonly [number, bigint, number])[] =>
  votes.map(([slot, n]) => [latency, slot, n]);

describe("a tower", () => {
  it("is taken over in all of its forms", () => {
    for (const form of TOWER_FORMS) {
      w.set();
      const votes: Votes = [
        [back(20), 3],
        [back(15), 2],
        [back(14), 1],
      ];
      w.run(syncTower(tower(votes, { root: back(30), timestamp: 77n }), form));
      w.run(
        syncTower(tower([...votes, [back(2), 1]].map(([s], i) => [s, 4 - i] as [bigint, number])), form),
        failed(custom(12)),
      );
    }
  });
  it("is signed for by the voter of the epoch", () => {
    const votes: Votes = [[back(1), 1]];
    w.run(syncTower(tower(votes), 14, voterSigns(other)), failed("MissingRequiredSignature"));
    w.run(syncTower(tower(votes), 14, voterSigns(withdrawer)), failed("MissingRequiredSignature"));
    w.run(syncTower(tower(votes), 14, [[vote, "w"]]), failed("MissingRequiredSignature"));
    w.run(
      syncTower(tower(votes), 14, [
        [vote, "r"],
        [voter, "rs"],
      ]),
      failed("ReadonlyDataModified"),
    );
    w.set({ voters: [[1n, voter]] });
    sync(votes, "InvalidAccountData");
    w.set(new Uint8Array(VOTE_SIZE));
    sync(votes, "InvalidAccountData");
    w.set({ version: 2, voters: [] });
    sync(votes, "UninitializedAccount");
  });
  it("keeps the voter of the epoch, and forgets old ones, when it is taken", () => {
    w.c.skip(7 * EPOCH);
    now = BigInt(w.c.currentSlot());
    from(
      {
        voters: [
          [2n, other],
          [6n, voter],
          [9n, withdrawer],
        ],
      },
      [[back(1), 1]],
    );
    from(
      {
        voters: [
          [2n, voter],
          [8n, other],
        ],
      },
      [[back(1), 1]],
    );
  });
  it("has votes", () => {
    sync([], custom(3));
  });
  it("is newer than the last vote", () => {
    const last = { votes: landed([[back(5), 1]]) };
    from(last, [[back(6), 1]], custom(0));
    from(last, [[back(5), 1]], custom(0));
    from(last, [
      [back(5), 2],
      [back(4), 1],
    ]);
  });
  it("ends with a slot and its hash that are known", () => {
    const hash = w.hash(back(1));
    sync([[now, 1]], custom(1), { hash });
    sync([[oldest() - 1n, 1]], custom(0), { hash });
    sync([[back(2), 1]], custom(2), { hash });
    sync([[oldest(), 1]], null, { hash: w.hash(oldest()) });
  });
  it("has slots of this chain", () => {
    sync(
      [
        [back(4), 2],
        [now + 5n, 1],
      ],
      custom(1),
      { hash: w.hash(back(1)) },
    );
  });
  it("may have a root that is known, or takes an old vote's or the old root in its place", () => {
    sync([[back(2), 1]], null, { root: back(3) });
    const old: VoteState = {
      votes: landed([
        [oldest() - 20n, 2],
        [oldest() - 10n, 1],
        [oldest() + 3n, 1],
      ]),
      root: oldest() - 40n,
    };
    const next: Votes = [
      [oldest() + 3n, 9],
      [back(2), 8],
    ];
    for (const root of [1n, 0n, oldest() - 41n, oldest() - 40n, oldest() - 15n, oldest() - 10n, oldest() - 1n]) {
      from(old, next, null, { root });
    }
    from({ ...old, root: null }, next, null, { root: oldest() - 10n });
    from({ root: null }, [[back(2), 1]], null, { root: 5n });
    from({ root: 9n }, [[back(2), 1]], null, { root: 5n });
  });
  it("cannot go back with its root", () => {
    from({ root: back(9) }, [[back(2), 1]], custom(12), { root: back(10) });
    from({ root: back(9) }, [[back(2), 1]], custom(12));
    from({ root: back(9) }, [[back(2), 1]], null, { root: back(9) });
  });
  it("takes slot 0 as no root", () => {
    from({ root: null }, [[back(2), 1]], null, { root: 0n });
    from({ root: 0n }, [[back(2), 1]], null, { root: 0n });
  });
  it("has 31 votes at most", () => {
    const votes = (n: number): Votes => Array.from({ length: n }, (_, i) => [back(n + 1 - i), n - i] as const);
    sync(votes(31));
    w.set();
    sync(votes(32), custom(15));
    w.set();
    sync(
      votes(31).map(([slot, n]) => [slot, n + 1]),
      custom(11),
    );
  });
  it("has votes in order, each locked out until the next", () => {
    const wrong: [Votes, unknown][] = [
      [[[back(5), 0]], custom(10)],
      [[[back(5), 32]], custom(11)],
      [[[back(5), 255]], custom(11)],
      [
        [
          [back(4), 2],
          [back(5), 1],
        ],
        custom(8),
      ],
      [
        [
          [back(5), 2],
          [back(5), 1],
        ],
        custom(8),
      ],
      [
        [
          [back(5), 1],
          [back(4), 1],
        ],
        custom(9),
      ],
      [
        [
          [back(5), 1],
          [back(4), 2],
        ],
        custom(9),
      ],
      [
        [
          [back(8), 2],
          [back(3), 1],
        ],
        custom(7),
      ],
      [
        [
          [back(7), 2],
          [back(3), 1],
        ],
        null,
      ],
    ];
    for (const [votes, error] of wrong) from({}, votes, error);
    from({}, [[back(5), 1]], custom(14), { root: back(5) });
    from(
      {},
      [
        [back(5), 2],
        [back(4), 1],
      ],
      custom(14),
      { root: back(5) },
    );
    w.run(voteIx(voterSigns(), towerBytes(8, tower([[back(5), 2 ** 32 - 1]]))), failed(custom(11)));
  });
  it("leaves out slots that are too old and were not voted for", () => {
    const old = oldest() - 5n;
    const votes: Votes = [
      [old - 1n, 12],
      [old, 11],
      [old + 1n, 10],
      [back(3), 9],
    ];
    from({}, votes);
    from(
      {
        votes: landed([
          [old, 10],
          [old + 1n, 9],
        ]),
      },
      votes,
    );
    from({ votes: landed([[old - 1n, 10]]) }, votes);
    from(
      {},
      [
        [old, 11],
        [old - 1n, 10],
        [back(3), 9],
      ],
      custom(8),
    );
    from(
      {},
      [
        [old, 11],
        [old, 10],
        [back(3), 9],
      ],
      custom(8),
    );
  });
  it("keeps what binds the voter", () => {
    const state: VoteState = {
      votes: landed(
        [
          [back(20), 3],
          [back(10), 2],
          [back(9), 1],
        ],
        4,
      ),
    };
    from(state, [
      [back(20), 4],
      [back(10), 3],
      [back(9), 2],
      [back(8), 1],
    ]);
    from(
      state,
      [
        [back(20), 2],
        [back(5), 1],
      ],
      custom(7),
    );
    from(
      state,
      [
        [back(20), 4],
        [back(7), 1],
      ],
      custom(6),
    );
    from(state, [
      [back(20), 4],
      [back(5), 1],
    ]);
    from(
      state,
      [
        [back(20), 5],
        [back(10), 1],
        [back(8), 1],
      ],
      custom(9),
    );
    from(
      state,
      [
        [back(20), 5],
        [back(10), 3],
        [back(9), 2],
        [back(2), 1],
      ],
      custom(7),
    );
    from(
      state,
      [
        [back(20), 4],
        [back(10), 1],
      ],
      custom(0),
    );
    from(
      {
        votes: landed([
          [back(20), 3],
          [back(10), 5],
        ]),
      },
      [
        [back(20), 6],
        [back(10), 4],
        [back(9), 1],
      ],
      custom(13),
    );
    from(
      {
        votes: landed([
          [back(20), 3],
          [back(10), 1],
        ]),
      },
      [
        [back(20), 5],
        [back(5), 1],
      ],
    );
  });
  it("earns credits by how soon the votes landed, when they are rooted", () => {
    const votes = (latency: number): VoteState => ({
      votes: [
        [latency, back(20), 5],
        [1, back(10), 4],
      ],
      credits: [[0n, 100n, 0n]],
    });
    for (const latency of [0, 1, 2, 3, 10, 16, 17, 18, 19, 200, 255]) {
      from(
        votes(latency),
        [
          [back(10), 5],
          [back(8), 1],
        ],
        null,
        { root: back(20) },
      );
    }
    from(votes(2), [[back(8), 1]], null, { root: back(9) });
    from({ ...votes(2), credits: [[0n, 2n ** 64n - 3n, 0n]] }, [[back(8), 1]], null, { root: back(9) });
  });
  it("notes the credits of each epoch, of 64 at most", () => {
    w.c.skip(3 * EPOCH);
    now = BigInt(w.c.currentSlot());
    const credits = (list: [bigint, bigint, bigint][]): VoteState => ({ credits: list, votes: landed([[back(9), 2]]) });
    const rooted = (state: VoteState) => from(state, [[back(8), 1]], null, { root: back(9) });
    rooted(credits([]));
    rooted(credits([[3n, 7n, 5n]]));
    rooted(credits([[2n, 7n, 5n]]));
    rooted(credits([[2n, 5n, 5n]]));
    rooted(credits([[4n, 5n, 3n]]));
    const many = Array.from({ length: 64 }, (_, i): [bigint, bigint, bigint] => [BigInt(i), BigInt(i + 1), BigInt(i)]);
    rooted(credits(many.map(([, a, b], i) => [i < 63 ? BigInt(i) - 70n + 2n ** 64n : 2n, a, b])));
    rooted(credits(many.slice(0, 63).map(([, a, b]) => [2n, a, b])));
    from({ root: back(9) }, [[back(8), 1]], null, { root: back(9) });
    from({}, [[back(8), 1]], null, { root: 0n });
  });
  it("takes a timestamp that does not go back, one for a slot", () => {
    const at = (slot: bigint, time: bigint): VoteState => ({ timestamp: [slot, time] });
    const send = (state: VoteState, timestamp: bigint, error: unknown = null) =>
      from(state, [[back(3), 1]], error, { timestamp });
    send(at(0n, 0n), 0n);
    send(at(back(4), 50n), 50n);
    send(at(back(4), 50n), 49n, custom(4));
    send(at(back(2), 50n), 51n, custom(4));
    send(at(back(3), 50n), 50n);
    send(at(back(3), 50n), 51n, custom(4));
    send(at(0n, 0n), -1n, custom(4));
    send(at(0n, 2n ** 64n - 9n), -1n);
    send(at(0n, 5n), 2n ** 63n - 1n);
  });
  it("may be cut off anywhere, or say what cannot be, and is then refused", () => {
    for (const form of TOWER_FORMS) {
      const bytes = towerBytes(
        form,
        tower(
          [
            [back(3), 2],
            [back(2), 1],
          ],
          { root: back(9), timestamp: 5n },
        ),
      );
      for (let length = 0; length < bytes.length; length += 3) {
        w.run(voteIx(voterSigns(), bytes.slice(0, length)), failed("InvalidInstructionData"));
      }
    }
    const start = towerBytes(14, tower([[back(2), 1]])).slice(0, 12);
    const rest = new Array<number>(200).fill(0);
    const tails = [
      [0x80, 0x00],
      [0xff, 0xff, 0x04],
      [0xff, 0xff, 0x83, 0x00],
      [0x81, 0x80, 0x00],
      [1, 0x80, 0x00, 1],
      [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 1],
      [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
      [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1, 1, 1],
      [0, ...new Array<number>(32).fill(0), 2],
    ];
    for (const tail of tails) {
      w.run(voteIx(voterSigns(), [...start, ...tail, ...rest]), failed("InvalidInstructionData"));
    }
    const huge = [8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, ...rest];
    w.run(voteIx(voterSigns(), huge), failed("InvalidInstructionData"));
  });
  it("finds its way through states that no program made", () => {
    const odd: VoteState[] = [
      {
        votes: landed([
          [back(5), 1],
          [back(20), 2],
        ]),
      },
      { votes: landed([[back(5), 2 ** 32 - 1]]) },
      { votes: landed([[2n ** 64n - 1n, 31]]) },
      { votes: landed(Array.from({ length: 60 }, (_, i) => [BigInt(i), 60 - i] as const)) },
      {
        votes: landed([
          [back(30), 0],
          [back(20), 0],
        ]),
        root: now,
      },
      {
        votes: landed([
          [9n, 3],
          [2n, 2],
          [9n, 1],
          [4n, 1],
        ]),
      },
    ];
    for (const state of odd) {
      for (const root of [null, 3n, back(10)]) {
        w.set(state);
        const next = tower(
          [
            [4n, 9],
            [9n, 8],
            [back(5), 4],
            [back(2), 1],
          ],
          { root },
        );
        w.c.expectSame(w.c.transaction({ payer: other, instructions: [syncTower(next)] }));
        w.set(state);
        const short = tower(
          [
            [back(5), 4],
            [back(2), 1],
          ],
          { root },
        );
        w.c.expectSame(w.c.transaction({ payer: other, instructions: [syncTower(short)] }));
      }
    }
  });
});

describe("a state of an older version", () => {
  const votes: Votes = [
    [50n, 2],
    [51n, 1],
  ];
  it("becomes one of version 4 when it is written", () => {
    for (const version of [1, 2] as const) {
      w.set({ version, votes: landed(votes), size: VOTE_SIZE, credits: [[0n, 8n, 1n]], root: 4n });
      sync([[back(3), 1]], null, { root: 5n });
      expect(w.data()[0]).toBe(3);
    }
  });
  it("gets the room for it, where there are the lamports", () => {
    const small = voteState({ version: 1, votes: landed(votes) });
    w.set(small, 10n ** 9n);
    sync([[back(3), 1]], null, { root: 5n });
    expect(w.data().length).toBe(VOTE_SIZE);
    w.set(small);
    sync([[back(3), 1]], "AccountNotRentExempt", { root: 5n });
    w.set({ version: 3, size: VOTE_SIZE - 1 });
    sync([[back(3), 1]], "AccountNotRentExempt");
  });
  it("does not fit into its account with too many of anything", () => {
    const full = landed(Array.from({ length: 230 }, (_, i) => [BigInt(i), 1] as const));
    w.set({
      version: 3,
      votes: full,
      voters: [
        [0n, voter],
        [1n, other],
      ],
    });
    sync([[back(3), 1]], null);
    const voters = Array.from({ length: 88 }, (_, i): [bigint, typeof voter] => [BigInt(i), voter]);
    w.set({ version: 3, voters });
    w.c.expectSame(w.c.transaction({ payer: other, instructions: [syncTower(tower([[back(3), 1]]))] }));
    w.set({ version: 3, voters: [...voters, [88n, voter], [89n, voter]] });
    w.c.expectSame(w.c.transaction({ payer: other, instructions: [syncTower(tower([[back(3), 1]]))] }));
  });
  it("is cut off nowhere", () => {
    for (const version of [1, 2, 3] as const) {
      const whole = voteState({ version, votes: landed(votes), root: 5n, credits: [[0n, 1n, 0n]], size: 1_900 });
      for (const length of [0, 3, 4, 36, 68, 69, 100, 140, 144, 150, 180, 200, 230, 300, 1_700, 1_800]) {
        const data = whole.slice(0, length);
        w.set(data, 10n ** 9n);
        w.c.expectSame(w.c.transaction({ payer: other, instructions: [syncTower(tower([[back(3), 1]]))] }));
      }
    }
    w.set(voteState().fill(2, 144, 145));
    sync([[back(3), 1]], "InvalidAccountData");
    w.set(voteState().fill(2, 153, 154));
    sync([[back(3), 1]], "InvalidAccountData");
    w.set(voteState().fill(4, 0, 1));
    sync([[back(3), 1]], "InvalidAccountData");
    w.set(voteState().fill(255, 145, 153));
    sync([[back(3), 1]], "InvalidAccountData");
  });
});
