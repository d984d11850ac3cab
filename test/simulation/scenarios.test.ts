/** Situations that are worth a name. Each ends with the oracle's judgement over everything, like every seed does. */
import { describe, expect, it } from "vitest";
import { decodeHeader } from "../../shared/protocol/header.ts";
import type { Message } from "../../shared/protocol/messages.ts";
import { splitList } from "./reference.ts";
import { wrap } from "./sabotage.ts";
import { batch, type Outcome, play, SCENARIO_SHAPE } from "./scenario.ts";
import { COLD, HOT, hex, NEW, PURSE_LAMPORTS, PURSES, plainAccounts, SHELLS, transfer } from "./world.ts";

/** Payments among all, so that every slot has loans between shards. */
const payments = (count: number, everyMs: number, fromMs = 0, first = 0) =>
  Array.from({ length: count }, (_, i) =>
    batch(
      first + i,
      fromMs + i * everyMs,
      0,
      [transfer(HOT[i % 4]!, COLD[i % 16]!, BigInt(1_000 + first + i))],
      [transfer(COLD[(i + 5) % 16]!, HOT[(i + 1) % 4]!, BigInt(2_000 + first + i))],
    ),
  );

function good(outcome: Outcome): void {
  if (outcome.failure) throw outcome.failure;
  expect(outcome.acted).toBeGreaterThan(0);
  expect(outcome.verdict!.landed).toBeGreaterThan(0);
}

describe("the lender dies", () => {
  it("between its loan and the return", () => {
    good(
      play({
        workload: payments(6, 30),
        onMessage: (play, from, _to, { type }) => {
          if (type !== "loan" || play.acted >= 5) return undefined;
          play.acted++;
          play.kill(from);
          return undefined;
        },
      }),
    );
  });

  it("when the return is on its way, and the borrower after it", () => {
    good(
      play({
        workload: payments(6, 30),
        onMessage: (play, from, to, { type }) => {
          if (type !== "return" || play.acted >= 6) return undefined;
          play.acted++;
          play.kill(to);
          if (play.acted % 2 === 0) play.kill(from, 300);
          return "lose";
        },
      }),
    );
  });

  it("after it has committed what it lent read-only, while the borrower still waits", () => {
    let lost = 0;
    good(
      play({
        workload: payments(4, 10),
        onMessage: (play, from, _to, { type }) => {
          if (type === "committed" && play.acted < 4) {
            play.acted++;
            play.kill(from, 50);
          }
          return type === "loan" && lost++ < 4 ? "lose" : undefined;
        },
      }),
    );
  });
});

describe("the builder dies", () => {
  it("between the proposal's row and its messages", () => {
    good(
      play({
        workload: payments(6, 25),
        onMessage: (play, _from, _to, message) => {
          if (message.type !== "proposal" || message.slot % 2 === 0 || play.acted > 12) return undefined;
          play.acted++;
          play.kill("builder");
          return "lose";
        },
      }),
    );
  });

  it("after some shards have the proposal", () => {
    good(
      play({
        workload: payments(6, 25),
        onMessage: (play, _from, to, { type }) => {
          if (type !== "proposal" || to === "shard-0" || play.acted > 8) return undefined;
          play.acted++;
          play.kill("builder", 100);
          return "lose";
        },
      }),
    );
  });

  it("with frames in its pool: the lane sends them again", () => {
    good(
      play({
        shape: { slotMs: 50 },
        workload: payments(6, 25),
        onMessage: (play, _from, _to, message) => {
          if (message.type === "taken" && play.acted < 3) {
            play.acted++;
            play.kill("builder");
          }
          return undefined;
        },
      }),
    );
  });

  it("when the ledger has stored a block and nobody told it", () => {
    good(
      play({
        workload: payments(6, 25),
        onMessage: (play, _from, _to, message) => {
          if (message.type !== "stored" || message.slot === 0 || play.acted >= 3) return undefined;
          play.acted++;
          play.kill("builder");
          return "lose";
        },
      }),
    );
  });

  it("and is told an old tip first when it comes back", () => {
    // `stored` of slot 1 is overtaken by everything; it arrives when the ledger and the shards are far beyond, and the shards have nothing left of slot 2.
    let old: Message | undefined;
    good(
      play({
        workload: payments(10, 40),
        prepare: (play) => {
          play.cluster.scheduler.after(700, () => {
            play.acted++;
            play.cluster.builder.kill(0);
            play.cluster.builder.wake();
            play.cluster.builder.deliver("ledger-0", old!);
          });
        },
        onMessage: (_play, _from, _to, message) => {
          if (message.type === "stored" && message.slot === 1) old = message;
          return undefined;
        },
      }),
    );
  });
});

describe("the ledger", () => {
  it("stores blocks whose answers are lost", () => {
    good(
      play({
        workload: payments(6, 25),
        onMessage: (play, _from, _to, message) => {
          if (message.type !== "stored" || message.slot === 0 || play.acted >= 5) return undefined;
          play.acted++;
          return "lose";
        },
      }),
    );
  });

  it("gets blocks in the wrong order and twice, and dies in between", () => {
    const held: Message[] = [];
    good(
      play({
        workload: payments(8, 25),
        onMessage: (play, _from, _to, message) => {
          if (message.type !== "block") return undefined;
          if (message.slot % 2 === 1 && play.acted < 6) {
            play.acted++;
            held.push(message);
            return "lose";
          }
          if (play.acted === 3) play.kill("ledger-0", 20);
          return [message, ...held.splice(0), message];
        },
      }),
    );
  });
});

describe("a shard", () => {
  it("answers a repeated proposal after its commit with the same bytes", () => {
    const answers = new Map<string, string>();
    good(
      play({
        workload: payments(6, 25),
        onMessage: (play, from, _to, message) => {
          if (message.type !== "committed") return undefined;
          const name = `${from} ${message.slot}`;
          const bytes = Buffer.from([...message.results, ...message.effects]).toString("hex");
          expect(answers.get(name) ?? bytes).toBe(bytes);
          if (answers.has(name)) return undefined;
          answers.set(name, bytes);
          play.acted++;
          if (message.slot % 2 === 0) play.kill(from);
          return "lose";
        },
      }),
    );
  });

  it("comes back from checkpoint and log, again and again", () => {
    good(
      play({
        shape: { checkpointRows: 3, checkpointBytes: 1 << 30 },
        workload: payments(30, 25),
        onMessage: (play, from, _to, message) => {
          if (message.type !== "committed" || message.slot % 4 !== 0) return undefined;
          play.acted++;
          play.kill(from);
          return undefined;
        },
      }),
    );
  });

  it("merges its checkpoints", () => {
    const outcome = play({
      shape: { checkpointRows: 1, checkpointBytes: 1, shards: 2 },
      workload: payments(60, 25),
      prepare: (play) => {
        play.acted++;
      },
    });
    good(outcome);
    for (const shard of outcome.cluster.shards) {
      expect(shard.storage.count("log")).toBeLessThan(8);
      expect(shard.machine!.runs).toBeLessThan(12);
      expect(shard.storage.count("parts")).toBeLessThan(24);
    }
  });

  it("keeps a checkpoint of slots in which none of its accounts changed", () => {
    // Every shard only lends for reading, or fails to execute anything, in some slot before a checkpoint: nothing to store but the slot's number.
    for (let i = 0; i < 16; i++) {
      const workload = Array.from({ length: 8 }, (_, n) =>
        batch(n, n * 30, 0, [transfer(HOT[0]!, COLD[i]!, 1n << 60n)], [transfer(HOT[0]!, COLD[i]!, 1n << 61n)]),
      );
      const outcome = play({
        shape: { checkpointRows: 1, checkpointBytes: 1 },
        workload,
        prepare: (play) => {
          play.acted++;
        },
      });
      good(outcome);
    }
  });

  it("does not bring back an account of the genesis that was emptied", () => {
    const workload = [
      batch(0, 0, 0, ...PURSES.map((purse) => [transfer(purse, NEW[0]!, PURSE_LAMPORTS - 5_000n)])),
      ...payments(20, 25, 100, 100),
      ...payments(20, 25, 700, 200),
    ];
    const outcome = play({
      shape: { checkpointRows: 2, checkpointBytes: 1 },
      workload,
      prepare: (play) => {
        play.acted++;
      },
    });
    good(outcome);
    const { cluster } = outcome;
    for (const purse of PURSES) {
      const list = cluster.shards[cluster.shardOf(purse)]!.machine!.read(purse, Number.MAX_SAFE_INTEGER);
      expect(new DataView(list.buffer).getBigUint64(8 + 64, true)).toBe(0n);
    }
  });
});

describe("a lane", () => {
  it("whose frame is lost under steady load closes the gap soon, not when the load ends", () => {
    let delivered = 0;
    const outcome = play({
      workload: payments(100, 10),
      onMessage: (play, _from, _to, message) => {
        if (message.type === "frames" && message.seq === 20 && play.acted === 0) {
          play.acted++;
          return "lose";
        }
        if (message.type === "taken" && message.seq >= 20 && delivered === 0) delivered = play.cluster.scheduler.now;
        return undefined;
      },
    });
    good(outcome);
    expect(delivered).toBeLessThan(330);
  });

  it("that meets a builder which has just started does not wait long", () => {
    const told: number[] = [];
    const outcome = play({
      workload: payments(1, 0),
      onMessage: (play, _from, _to, message) => {
        if (message.type === "blockStored") told.push(play.cluster.scheduler.now);
        play.acted++;
        return undefined;
      },
    });
    good(outcome);
    expect(told[0]).toBeLessThan(200);
  });
});

describe("a lane that lives long", () => {
  it("sweeps its rows, keeps its place in the hash chain, and comes back in between", () => {
    const outcome = play({
      workload: payments(220, 8),
      onMessage: (play, from, to, { type }) => {
        if (type === "taken" && play.acted < 16 && play.cluster.scheduler.now > 100 * (play.acted + 1)) {
          play.acted++;
          play.kill(play.acted % 2 === 0 ? to : from);
        }
        return undefined;
      },
    });
    good(outcome);
    expect(outcome.cluster.lanes[0]!.storage.count("frames")).toBeLessThan(70);
    expect(outcome.verdict!.landed).toBe(440);
  });
});

it("a builder whose pool is full says so, and everything gets its turn", () => {
  good(
    play({
      shape: { lanes: 3, slotMs: 50 },
      workload: payments(60, 3).map((b, i) => ({ ...b, submissions: [{ lane: i % 3, afterMs: 0 }] })),
      sabotage: {
        planner: (planner) => wrap(planner, { admit: (frame) => planner.waiting() < 6 && planner.admit(frame) }),
      },
      onMessage: (play, _from, _to, { type }) => {
        if (type === "busy") play.acted++;
        return undefined;
      },
    }),
  );
});

it.each([1, 8])(
  "a builder whose shards are full of known messages takes a frame a height of %i slots, and everything gets its turn",
  (heightStride) => {
    const outcome = play({
      shape: { lanes: 3, slotMs: 50, maxKnown: 10, heightStride },
      workload: payments(60, 3).map((b, i) => ({ ...b, submissions: [{ lane: i % 3, afterMs: 0 }] })),
      onMessage: (play, _from, _to, { type }) => {
        if (type === "busy") play.acted++;
        return undefined;
      },
    });
    good(outcome);
    expect(outcome.verdict!.landed).toBe(120);
    const sizes = [...outcome.clients.told.values()].map((block) => decodeHeader(block).numTransactions);
    // A frame has one batch of two.
    expect(Math.max(...sizes.slice(8))).toBe(2);
  },
);

it.each([false, true])(
  "a transaction that did not land may be sent again, builder restarted in between: %s",
  (restart) => {
    const [pauper] = NEW as [Uint8Array];
    const poor = batch(0, 0, 0, [transfer(pauper, COLD[0]!, 1_000n)]);
    const outcome = play({
      workload: [poor, batch(1, 200, 0, [transfer(HOT[0]!, pauper, 2_000_000n)]), { ...poor, atMs: 400 }],
      prepare: (play) => {
        play.acted++;
      },
      onMessage: (play, _from, _to, message) => {
        if (restart && message.type === "blockStored" && message.slot === 2) play.kill("builder", 3);
        return undefined;
      },
    });
    good(outcome);
    expect(outcome.verdict!.notLanded).toBe(1);
    expect(outcome.verdict!.landed).toBe(2);
  },
);

it.each(["lane-0", "builder"] as const)("the clock of %s is set back by an hour", (id) => {
  const told: number[] = [];
  const outcome = play({
    workload: payments(20, 25),
    prepare: (play) => {
      play.acted++;
      const host = play.cluster.node(id)!;
      const clock = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(host), "clock")!.get!;
      Object.defineProperty(host, "clock", {
        get: () => clock.call(host) - (play.cluster.scheduler.now > 200 ? 3_600_000 : 0),
      });
    },
    onMessage: (play, _from, _to, { type }) => {
      if (type === "blockStored") told.push(play.cluster.scheduler.now);
      return undefined;
    },
  });
  good(outcome);
  expect(told.at(-1)).toBeLessThan(20 * 25 + 200);
});

it("a builder that dies beyond the window of blockhashes sends the same proposals again", () => {
  // Seven hundred slots: more than a slot context lists and far more than the ring of proposals holds.
  const outcome = play({
    shape: { heartbeatMs: 20 },
    workload: [...payments(2, 25), ...payments(6, 25, 14_500, 100)],
    prepare: (play) => play.cluster.builder.event({ type: "watch" }),
    onMessage: (play, _from, _to, message) => {
      if (message.type !== "proposal" || message.slot < 100 || play.acted >= 6) return undefined;
      play.acted++;
      play.kill("builder", 3);
      return play.acted % 2 === 0 ? "lose" : undefined;
    },
  });
  good(outcome);
  expect(outcome.verdict!.slots).toBeGreaterThan(600);
});

it("a builder of a busy chain starts again although usable blockhashes are older than a slot context reaches", () => {
  // Each slot has a payment, so that only every eighth raises the height: 600 slots are 75 heights.
  const outcome = play({
    shape: { slotMs: 4, heartbeatMs: 400, heightStride: 8 },
    workload: payments(640, 8),
    onMessage: (play, _from, _to, message) => {
      if (message.type !== "proposal" || message.slot < 540 || play.acted >= 2) return undefined;
      play.acted++;
      play.kill("builder", 3);
      return undefined;
    },
  });
  good(outcome);
  expect(outcome.verdict!.slots).toBeGreaterThan(540);
});

it("accounts that come and go leave nothing in memory after a checkpoint of everything, and nothing comes back", () => {
  const kept = new Set<string>();
  const rounds = Array.from({ length: 12 }, (_, i) => [
    batch(2 * i, i * 60, 0, ...SHELLS.map((shell) => [transfer(HOT[0]!, shell, PURSE_LAMPORTS + BigInt(i))])),
    batch(
      2 * i + 1,
      i * 60 + 30,
      0,
      ...SHELLS.map((shell) => [transfer(shell, HOT[1]!, PURSE_LAMPORTS + BigInt(i) - 5_000n)]),
    ),
  ]);
  const outcome = play({
    shape: { checkpointRows: 1, checkpointBytes: 1, shards: 2 },
    workload: [...rounds.flat(), ...payments(40, 25, 900, 100)],
    prepare: (play) => {
      play.acted++;
    },
    atRest: ({ engines }) => {
      for (const list of engines.flatMap((engine) => [...engine!.collect(0, engine!.applied())])) {
        for (const account of splitList(list)) kept.add(hex(account.subarray(0, 32)));
      }
    },
  });
  good(outcome);
  expect(kept.has(hex(HOT[0]!))).toBe(true);
  expect(SHELLS.map(hex).filter((shell) => kept.has(shell))).toEqual([]);
});

describe("an idle chain", () => {
  it("sleeps: nothing at all happens", () => {
    const outcome = play({
      workload: payments(1, 0),
      prepare: (play) => {
        play.acted++;
      },
    });
    good(outcome);
    expect(outcome.events).toBeLessThan(200);
  });

  it.each([1, 2, 7, 8])(
    "is as quick after a long time as at the start, without waiting for a retry (seed %i)",
    (seed) => {
      const told: number[] = [];
      const outcome = play({
        shape: { heartbeatMs: 50, slotMs: 4 },
        jitter: true,
        seed,
        // Four slots, then three hundred empty ones, in which no shard has a part, then work for all shards again.
        workload: [...payments(4, 25), ...payments(4, 25, 16_000, 1_000)],
        prepare: (play) => {
          play.acted++;
          play.cluster.builder.event({ type: "watch" });
        },
        onMessage: (play, _from, _to, message) => {
          if (message.type === "blockStored" && message.block.length > 1000) told.push(play.cluster.scheduler.now);
          return undefined;
        },
      });
      good(outcome);
      const late = told.filter((time) => time >= 16_000);
      expect(late.length).toBeGreaterThan(0);
      // Four batches in 75 ms; each needs lane, builder, loan, return, commit, ledger: a few messages of at most 4 ms.
      expect(late.at(-1)! - 16_000).toBeLessThan(75 + 100);
    },
  );
});

it("the scenarios' network has accounts on every shard", () => {
  const outcome = play({
    workload: payments(1, 0),
    prepare: (play) => {
      play.acted++;
    },
  });
  const shards = new Set(plainAccounts().map(({ key }) => outcome.cluster.shardOf(key)));
  expect(shards.size).toBe(SCENARIO_SHAPE.shards);
});
