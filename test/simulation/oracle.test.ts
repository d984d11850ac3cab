/** The oracle is tested as the network is: with parts that are broken on purpose. A test fails when the oracle lets it pass. */
import { describe, expect, it } from "vitest";
import { concatBytes, viewOf } from "../../shared/protocol/bytes.ts";
import { HEADER_SIZE } from "../../shared/protocol/header.ts";
import type { Message } from "../../shared/protocol/messages.ts";
import { frameRecords, makeFrame } from "../../shared/protocol/record.ts";
import { BuilderMachine } from "../../shared/scheduling/builder-machine.ts";
import type { PlannerPort } from "../../shared/scheduling/planner-port.ts";
import type { ShardEnginePort } from "../../shared/state/shard-port.ts";
import type { FailureKind } from "./failure.ts";
import { describeFailure } from "./minimise.ts";
import { splitList } from "./reference.ts";
import { runSeed } from "./run.ts";
import {
  accountsOf,
  changed,
  LAMPORTS,
  lamportsOf,
  listOf,
  resent,
  rotated,
  silent,
  withoutTags,
  wrap,
} from "./sabotage.ts";
import { batch, type Play, play, type Scenario } from "./scenario.ts";
import { COLD, HOT, transfer } from "./world.ts";

/** Two payments by the same payer in each batch, one within the hot set, so that shards lend and return several accounts at once. */
const workload = Array.from({ length: 12 }, (_, i) =>
  batch(
    i,
    i * 25,
    i % 2,
    [
      transfer(HOT[i % 4]!, COLD[i % 16]!, BigInt(1_000 + i)),
      transfer(HOT[i % 4]!, COLD[(i + 3) % 16]!, BigInt(7_000 + i)),
    ],
    [transfer(HOT[i % 4]!, HOT[(i + 1) % 4]!, BigInt(20_000 + i))],
    [transfer(COLD[i % 16]!, HOT[(i + 2) % 4]!, BigInt(100 + i))],
  ),
);

/** Payments between strangers: several groups a block, whose shards lend to each other. */
const strangers = Array.from({ length: 8 }, (_, i) =>
  batch(
    i,
    i * 25,
    0,
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((j) => [transfer(COLD[j]!, COLD[8 + ((j + i) % 8)]!, BigInt(1_000 + i))]),
  ),
);

/** Shards that do not say what has landed: the lender of what it knows, the borrower of what has landed with it. */
const silentLender = (engine: ShardEnginePort): ShardEnginePort =>
  wrap(engine, {
    loan: (to) => silent(engine.loan(to)),
    loanAt: (slot, to) => {
      const loan = engine.loanAt(slot, to);
      return loan && silent(loan);
    },
  });
const silentBorrower = (engine: ShardEnginePort): ShardEnginePort =>
  wrap(engine, {
    returned: (to) => silent(engine.returned(to)),
    returnedAt: (slot, to) => {
      const returned = engine.returnedAt(slot, to);
      return returned && silent(returned);
    },
  });

function caught(scenario: Partial<Scenario>, ...kinds: FailureKind[]): void {
  let current: Play | undefined;
  const outcome = play({
    workload,
    ignoreRepeats: true,
    ...scenario,
    shape: { lanes: 2, ...scenario.shape },
    prepare: (p) => {
      current = p;
      scenario.prepare?.(p);
    },
  });
  expect(current).toBeDefined();
  expect(outcome.failure?.message, "the oracle noticed nothing").toBeDefined();
  expect(kinds, outcome.failure!.message).toContain(outcome.failure!.kind);
}

it("has nothing to say against the network as it is", () => {
  const outcome = play({ workload, shape: { lanes: 2 } });
  if (outcome.failure) throw outcome.failure;
  expect(outcome.verdict!.landed).toBe(36);
  expect(outcome.verdict!.crossShardSlots).toBeGreaterThan(5);
});

it("a shard takes the first slice of a slot for all of it", () => {
  const sabotage: Scenario["sabotage"] = {
    engine: (engine) => wrap(engine, { executeSome: (units) => Math.min(0, engine.executeSome(units)) }),
  };
  caught({ sabotage, shape: { stepUnits: 1 } }, "exception");
});

describe("a broken lease", () => {
  it("the lender hands out what the accounts have become, not what they were", () => {
    // Asked again for a loan of a slot that it has done, it lends the present state; the borrower, which has lost the slot, executes on top of it.
    let lentAgain = 0;
    const sabotage: Scenario["sabotage"] = {
      engine: (engine, shard) =>
        wrap(engine, {
          loanAt: (slot, toShard) => {
            const loan = engine.loanAt(slot, toShard);
            if (!loan) return undefined;
            const keys = concatBytes(...accountsOf(loan).map((account) => account.subarray(0, 32)));
            lentAgain++;
            return resent(loan, () => engines()[shard]!.read(keys, Number.MAX_SAFE_INTEGER));
          },
        }),
    };
    let current: Play | undefined;
    const engines = () => current!.cluster.engines;
    // Whoever writes the row of a slot for which it has sent a return before dies instead, once: its partners are done, it begins again.
    const returned = new Set<string>();
    const dying = new Set<string>();
    caught(
      {
        workload: strangers,
        sabotage: {
          ...sabotage,
          writes: (id, writes) => {
            const row = writes.find(({ type, table }) => type === "put" && table === "log");
            if (row?.type !== "put" || !returned.delete(`${id} ${row.id}`) || dying.size > 3) return writes;
            dying.add(`${id} ${current!.cluster.scheduler.now}`);
            current!.kill(id, 30);
            return [];
          },
        },
        prepare: (p) => {
          current = p;
        },
        onMessage: (p, from, _to, message) => {
          if (message.type === "return") returned.add(`${from} ${message.slot}`);
          return dying.has(`${from} ${p.cluster.scheduler.now}`) ? "lose" : undefined;
        },
      },
      "results",
      "state",
    );
    expect(lentAgain).toBeGreaterThan(0);
  });

  it("the lender mixes up what it lends", () => {
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) => wrap(engine, { loan: (to) => resent(engine.loan(to), rotated) }),
    };
    caught({ sabotage }, "state", "results");
  });

  it("the borrower mixes up what it returns", () => {
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) => wrap(engine, { returned: (to) => resent(engine.returned(to), rotated) }),
    };
    caught({ sabotage }, "state", "results");
  });

  it("the borrower returns an account with another owner", () => {
    const stolen = (list: Uint8Array): Uint8Array => changed(list, (account) => account.fill(9, 32, 64));
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) => wrap(engine, { returned: (to) => resent(engine.returned(to), stolen) }),
    };
    caught({ sabotage }, "state", "results");
  });

  it("a writable lease is forgotten: the borrower gives back what it was lent", () => {
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) => {
        const lent = new Map<number, Map<string, Uint8Array>>();
        const name = (account: Uint8Array): string => Buffer.from(account.subarray(0, 32)).toString("hex");
        return wrap(engine, {
          receiveLoan: (from, accounts) => {
            lent.set(from, new Map(accountsOf(accounts).map((account) => [name(account), account.slice()])));
            return engine.receiveLoan(from, accounts);
          },
          returned: (to) =>
            resent(engine.returned(to), (list) =>
              changed(list, (account) => lent.get(to)?.get(name(account)) ?? account),
            ),
        });
      },
    };
    // The builder's own sum finds this one before the block exists.
    caught({ sabotage }, "exception", "conservation", "state");
  });
});

describe("double execution", () => {
  const again = workload.map((b) => ({
    ...b,
    submissions: [...b.submissions, { lane: 0, afterMs: 200 }, { lane: 1, afterMs: 350 }],
  }));

  it("what is sent again is in blocks again, and does not land again", () => {
    const outcome = play({ workload: again, shape: { lanes: 2 } });
    if (outcome.failure) throw outcome.failure;
    expect(outcome.verdict!.landed).toBe(36);
    expect(outcome.verdict!.repeated).toBeGreaterThan(36);
  });

  it("a shard that lends a fee payer does not say what it knows", () => {
    caught({ sabotage: { engine: silentLender }, workload: again }, "once");
  });

  it("a shard that borrowed a fee payer does not say what has landed", () => {
    caught({ sabotage: { engine: silentBorrower }, workload: again }, "once");
  });

  it("a planner leaves out the tags: nobody takes that for new", () => {
    const blind = (planner: PlannerPort): PlannerPort =>
      wrap(planner, {
        cut: () => {
          const cut = planner.cut();
          const shards = cut.shards.map(({ shard, proposal }) => ({ shard, proposal: withoutTags(proposal) }));
          return { ...cut, shards };
        },
      });
    caught({ sabotage: { planner: blind } }, "exception");
  });

  it("what had landed before a checkpoint is lost at a restart", () => {
    const blackouts = [700, 1_400];
    const shape = { lanes: 2, checkpointRows: 2 };
    const late = workload.map((b) => ({
      ...b,
      submissions: [...b.submissions, { lane: 0, afterMs: 900 }, { lane: 1, afterMs: 1_600 }],
    }));
    const prepare = (p: Play): void => {
      for (const at of blackouts) p.cluster.scheduler.after(at, () => p.cluster.blackout(50));
    };
    const healthy = play({ workload: late, shape, prepare });
    if (healthy.failure) throw healthy.failure;
    expect(healthy.verdict!.repeated).toBeGreaterThan(30);
    const sabotage: Scenario["sabotage"] = {
      writes: (_, writes) => writes.filter((write) => write.type !== "put" || write.table !== "known"),
    };
    caught({ workload: late, shape, prepare, sabotage }, "once");
  });

  it("a shard applies the effects of a slot once more, unseen", () => {
    // The same payment again between two accounts that it gives back: the sums stay right.
    const once = (list: Uint8Array): Uint8Array => {
      const accounts = splitList(list);
      if (accounts.length < 2 || lamportsOf(accounts[0]!) < 10_000_000n) return list;
      return changed(list, (account, i) => {
        const change = i === 0 ? -1_000n : i === 1 ? 1_000n : 0n;
        viewOf(account).setBigUint64(LAMPORTS, lamportsOf(account) + change, true);
        return account;
      });
    };
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) => wrap(engine, { returned: (to) => resent(engine.returned(to), once) }),
    };
    caught({ sabotage }, "state", "results");
  });

  it("a shard executes something else than the block says", () => {
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) =>
        wrap(engine, {
          begin: (proposal) => {
            const other = proposal.slice();
            // The amount of the last record's transfer: its low byte stands 8 bytes before the padding or 7 before the end.
            const at = other.lastIndexOf(2, other.length - 12);
            if (other[at + 1] === 0 && other[at + 2] === 0 && other[at + 3] === 0) other[at + 4]! ^= 1;
            return engine.begin(other);
          },
        }),
    };
    // Where the payer is borrowed, its owner was not asked about such a message: the shard refuses to go on.
    caught({ sabotage }, "results", "state", "exception");
  });
});

describe("a lost write", () => {
  it("the host drops a shard's log rows", () => {
    caught(
      {
        sabotage: {
          writes: (id, writes) => (id === "shard-1" ? writes.filter(({ table }) => table !== "log") : writes),
        },
      },
      "state",
    );
  });

  it("the host drops one row in the middle of a shard's log", () => {
    let rows = 0;
    caught(
      {
        sabotage: {
          writes: (id, writes) =>
            writes.filter(({ type, table }) => id !== "shard-1" || type !== "put" || table !== "log" || ++rows !== 4),
        },
      },
      "exception",
      "state",
    );
  });

  it("a checkpoint forgets an account", () => {
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) =>
        wrap(engine, {
          *collect(since, asOf) {
            for (const list of engine.collect(since, asOf)) yield listOf(splitList(list).slice(1));
          },
        }),
    };
    caught({ sabotage, shape: { checkpointRows: 2, checkpointBytes: 1 } }, "exception", "state");
  });

  it("a checkpoint keeps an old version of two accounts", () => {
    const sabotage: Scenario["sabotage"] = {
      engine: (engine) =>
        wrap(engine, {
          *collect(since, asOf) {
            for (const list of engine.collect(since, asOf)) yield changed(list, (account) => account.fill(7, 72, 80));
          },
        }),
    };
    caught({ sabotage, shape: { checkpointRows: 2, checkpointBytes: 1 } }, "state");
  });

  describe("a shard that keeps little in memory", () => {
    const shape = { checkpointRows: 2, checkpointBytes: 1, memoryBytes: 0, pageBytes: 400, partBytes: 2_000 };

    it("has nothing wrong with it", () => {
      const outcome = play({ workload, shape: { lanes: 2, ...shape } });
      if (outcome.failure) throw outcome.failure;
      expect(outcome.verdict!.landed).toBe(36);
    });

    it("does not look for what is not in memory", () => {
      const sabotage: Scenario["sabotage"] = {
        engine: (engine) =>
          wrap(engine, {
            coldOfProposal: (proposal) => {
              engine.coldOfProposal(proposal);
              return new Uint8Array(0);
            },
          }),
      };
      caught({ sabotage, shape }, "results", "conservation", "state", "exception");
    });

    it("never asks what it needs", () => {
      const sabotage: Scenario["sabotage"] = {
        engine: (engine) => wrap(engine, { coldOfProposal: () => new Uint8Array(0) }),
      };
      caught({ sabotage, shape }, "exception");
    });

    it("loses an account on the way from storage", () => {
      let fetches = 0;
      const sabotage: Scenario["sabotage"] = {
        engine: (engine) =>
          wrap(engine, {
            fetch: (list) => engine.fetch(++fetches === 6 ? listOf(splitList(list).slice(1)) : list),
          }),
      };
      caught({ sabotage, shape }, "results", "conservation", "state", "exception");
    });

    it("lets accounts go that storage does not have as they are", () => {
      const sabotage: Scenario["sabotage"] = {
        engine: (engine) => wrap(engine, { clean: (slot) => engine.clean(slot + 1000) }),
      };
      caught(
        { sabotage, shape: { ...shape, checkpointRows: 6, checkpointBytes: 1 << 20 } },
        "results",
        "conservation",
        "state",
        "read",
        "exception",
      );
    });

    it("loses a page of accounts", () => {
      let pages = 0;
      const sabotage: Scenario["sabotage"] = {
        writes: (_, writes) => writes.filter(({ type, table }) => type !== "put" || table !== "pages" || ++pages !== 9),
      };
      caught({ sabotage, shape }, "exception");
    });

    it("forgets a manifest while the log is cut", () => {
      let manifests = 0;
      const sabotage: Scenario["sabotage"] = {
        writes: (id, writes) =>
          id === "shard-1" && writes.some(({ table }) => table === "manifest") && ++manifests > 4
            ? writes.filter(({ table }) => table !== "manifest")
            : writes,
      };
      caught({ sabotage, shape }, "exception", "state");
    });
  });

  it("the ledger's block is told and not written", () => {
    caught(
      {
        sabotage: {
          writes: (id, writes) => (id === "ledger-0" ? writes.filter((w) => w.type !== "put" || w.id !== 5) : writes),
        },
      },
      "lost",
      "exception",
    );
  });

  it("the ledger's newest block is told and not written", () => {
    // Only the last one: nothing after it shows the gap, only what was told.
    caught(
      {
        workload: workload.slice(0, 1),
        sabotage: {
          writes: (id, writes) =>
            id === "ledger-0" ? writes.filter((w) => w.table !== "blocks" || w.type !== "put" || w.id === 0) : writes,
        },
      },
      "lost",
    );
  });

  it("a block changes after it was told", () => {
    caught(
      {
        sabotage: {
          writes: (id, writes) =>
            writes.flatMap((write) => {
              if (id !== "ledger-0" || write.type !== "put" || write.table !== "blocks" || write.id !== 6)
                return [write];
              return [write, { ...write, id: 3 }];
            }),
        },
      },
      "lost",
    );
  });

  it("the lane answers before it has written", () => {
    caught(
      {
        sabotage: { writes: (id, writes) => (id === "lane-0" ? [] : writes) },
        onMessage: (p, from, _to, { type }) => {
          if (from !== "lane-0" || type !== "frames" || p.acted > 0) return undefined;
          p.acted++;
          p.kill("lane-0");
          return "lose";
        },
      },
      "liveness",
    );
  });

  it("the builder sends a proposal that it has not written, and dies", () => {
    caught(
      {
        sabotage: {
          writes: (id, writes) =>
            writes.filter((w) => id !== "builder" || w.type !== "put" || w.table !== "proposals" || w.id !== 3),
        },
        onMessage: (p, _from, _to, message) => {
          if (message.type !== "proposal" || message.slot !== 3 || p.acted > 0) return undefined;
          p.acted++;
          p.kill("builder");
          return undefined;
        },
      },
      "liveness",
      "exception",
      "state",
    );
  });
});

describe("a wrong block", () => {
  /** Changes the block of slot 4 on its way to the ledger. */
  const withBlock = (change: (block: Uint8Array) => void): Partial<Scenario> => ({
    onMessage: (p, _from, _to, message) => {
      if (message.type !== "block" || message.slot !== 4) return undefined;
      p.acted++;
      const block = message.block.slice();
      change(block);
      return [{ ...message, block }];
    },
  });
  const flip = (at: number) =>
    withBlock((block) => {
      block[at]! ^= 1;
    });

  it.each([
    ["time", 32],
    ["parent blockhash", 40],
    ["parent header hash", 104],
    ["state root", 168],
    ["results hash", 200],
    ["number of transactions", 232],
    ["transaction count", 256],
  ])("%s", (_, at) => caught(flip(at), "chain", "exception"));

  // The ledger does not take it: it is not the block that the message is about.
  it("blockhash", () => caught(flip(72), "liveness"));
  it("effect hash", () => caught(flip(136), "state"));
  it("fees", () => caught(flip(240), "conservation"));
  it("capitalization", () => caught(flip(248), "conservation"));
  it("lamports made by the header and a shard's sum together", () => {
    const make = withBlock((block) => {
      const view = viewOf(block);
      view.setBigUint64(248, view.getBigUint64(248, true) + 1n, true);
      const carry = HEADER_SIZE + 4 + 4 + 8;
      view.setBigUint64(carry, view.getBigUint64(carry, true) + 1n, true);
    });
    caught(make, "conservation");
  });
  it("a result", () => {
    caught(
      {
        onMessage: (_p, _from, _to, message) => {
          if (message.type !== "committed" || message.slot !== 4) return undefined;
          const results = message.results.slice();
          results[results.length - 8]! ^= 1;
          return [{ ...message, results }];
        },
      },
      "results",
    );
  });
});

it("the order of a lane is turned round", () => {
  const sabotage: Scenario["sabotage"] = {
    planner: (planner) => wrap(planner, { admit: (frame) => planner.admit(makeFrame(frameRecords(frame).reverse())) }),
  };
  caught({ sabotage }, "order");
});

it("a reader is answered with an old state", () => {
  caught(
    {
      prepare: ({ cluster, clients }) => {
        const old: Uint8Array[] = [];
        cluster.scheduler.after(60, () => void old.push(clients.readAccount(HOT[0]!)!));
        cluster.scheduler.after(330, () => {
          clients.reads.push({ slot: clients.tip, key: HOT[0]!, account: old[0]! });
        });
      },
    },
    "read",
  );
});

it("a message is sent again with other contents", () => {
  const scenario = (type: Message["type"]): Partial<Scenario> => ({
    ignoreRepeats: false,
    onMessage: (_p, _from, _to, message) => {
      if (message.type !== type) return undefined;
      const other = { ...message } as Record<string, unknown>;
      for (const [name, value] of Object.entries(other)) {
        if (!(value instanceof Uint8Array) || name === "digest") continue;
        other[name] = value.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte));
      }
      return [message, other as unknown as Message];
    },
  });
  for (const type of ["proposal", "loan", "return", "committed", "block"] as const) caught(scenario(type), "repeat");
});

describe("a network that stops", () => {
  it.each(["loan", "return", "committed", "stored", "taken"])(
    "no %s ever arrives at its third time and after",
    (type) => {
      caught(
        { onMessage: (p, _from, _to, message) => (message.type === type && ++p.acted > 2 ? "lose" : undefined) },
        "liveness",
      );
    },
  );
});

it("a seed that fails is printed with the smallest run that does", () => {
  const sabotage = { engine: silentBorrower };
  const found = Array.from({ length: 20 }, (_, i) => ({ seed: i + 1, sabotage })).find((how) => runSeed(how).failure);
  expect(found).toBeDefined();
  const report = runSeed(found!);
  const text = describeFailure(found!, report);
  expect(text).toContain(`seed ${found!.seed}: once:`);
  expect(text).toContain(`--from ${found!.seed}`);
  expect(text).toMatch(/smallest run found \(\d+ tried\): \d+ of \d+ faults, [12] of \d+ transactions/);
  expect(text).toContain("client > lane-");
});

it("concatenates nothing by accident", () => {
  // The helpers keep what they do not change: a list taken apart and put together is the same list.
  const list = concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), new Uint8Array(88));
  expect(listOf(splitList(list))).toEqual(list);
});

it("catches a tip that is used for longer than the builder vouches for it", () => {
  const sabotage: Scenario["sabotage"] = {
    machine: (machine) => {
      if (!(machine instanceof BuilderMachine)) return machine;
      const tipSince: BuilderMachine["tipSince"] = (...asked) => {
        const tip = machine.tipSince(...asked);
        return tip && { ...tip, leaseMs: tip.leaseMs * 40 };
      };
      return wrap(machine, { tipSince });
    },
  };
  caught({ sabotage }, "stale");
});
